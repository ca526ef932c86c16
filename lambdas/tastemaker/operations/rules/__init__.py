"""What several operations check."""

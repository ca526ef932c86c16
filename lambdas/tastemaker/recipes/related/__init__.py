"""The family that relates items to an item."""

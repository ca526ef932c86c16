"""The family that recommends actions to users."""

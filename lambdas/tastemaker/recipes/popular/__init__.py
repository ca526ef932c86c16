"""The family that gives everybody the same list."""

"""The family that answers a user: one engine, several recipes."""

"""The commands of `tastemaker` that talk to a service."""

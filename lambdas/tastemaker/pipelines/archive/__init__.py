"""Recorded events in files: what every night takes out of the events table, and reads of both (docs/events.md)."""

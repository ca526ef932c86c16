"""Metric attribution end to end: events of several sources, a service that is killed, and what comes out."""

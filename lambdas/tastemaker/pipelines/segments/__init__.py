"""Batch segment jobs: infra/state_machines/segments.asl.json."""

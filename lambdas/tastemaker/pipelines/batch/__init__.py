"""Batch inference jobs: infra/state_machines/batch.asl.json."""

"""Dataset export jobs: infra/state_machines/export.asl.json."""

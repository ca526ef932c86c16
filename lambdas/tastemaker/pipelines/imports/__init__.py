"""Dataset import jobs: infra/state_machines/import.asl.json."""

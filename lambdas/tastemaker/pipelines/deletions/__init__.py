"""Data deletion jobs: infra/state_machines/deletion.asl.json."""

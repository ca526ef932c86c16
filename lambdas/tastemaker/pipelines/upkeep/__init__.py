"""What happens by itself, every quarter of an hour: infra/state_machines/schedule.asl.json."""

"""Trainings: infra/state_machines/training.asl.json."""

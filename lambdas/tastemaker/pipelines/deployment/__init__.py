"""Deployments of campaigns: infra/state_machines/deployment.asl.json."""

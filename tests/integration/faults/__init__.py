"""Every side-effecting AWS call of an import fails once, in every way it can; `python -m tests.integration.faults`."""

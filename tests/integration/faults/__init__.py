"""Every side-effecting AWS call of every machine fails once, in every way it can; `make faults`."""

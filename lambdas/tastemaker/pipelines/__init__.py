"""The steps of long work: plain functions of (deps, input) -> output that may be repeated at any time."""

"""Entry points of the six Lambda functions: log, delegate, return."""

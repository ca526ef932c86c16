"""Entry points of the four Lambda functions: log, delegate, return."""

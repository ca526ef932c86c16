"""Entry points of the five Lambda functions: log, delegate, return."""

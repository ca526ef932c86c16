"""Ports to everything that outlives a request, and the only boto3 code."""

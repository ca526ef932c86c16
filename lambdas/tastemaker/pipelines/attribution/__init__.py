"""Metric attribution: events summed by source and quarter of an hour, published to CloudWatch and as CSV reports."""

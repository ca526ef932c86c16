"""The steps of batch jobs."""

"""The API `personalize-events`."""

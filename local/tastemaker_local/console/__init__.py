"""The console: a page that the local service has beside the API that it asks. Its sources are in `console/`."""

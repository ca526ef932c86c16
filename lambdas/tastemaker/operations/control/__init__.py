"""The API `personalize`: one module per kind of resource, and nothing in them but its operations."""

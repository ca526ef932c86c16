"""The filter language: read, checked, bound to a request's values, told in words."""

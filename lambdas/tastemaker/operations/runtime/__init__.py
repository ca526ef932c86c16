"""The API `personalize-runtime`, and the operations of our own that explain its answers."""

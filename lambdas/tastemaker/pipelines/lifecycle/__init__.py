"""What many workflows do to resources: begin, settle, fail, stop, serve, follow, retrain, remove."""

"""What `--data` keeps: a journal of calls, stored objects, snapshots."""

"""A dataset on disk: its snapshots, how they are switched, its columns and counts."""

"""A dataset: the CSV that it is read from, its snapshots and how they are switched, its columns, tables and counts."""

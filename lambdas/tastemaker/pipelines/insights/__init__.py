"""What the data of a snapshot are like, counted once beside it."""

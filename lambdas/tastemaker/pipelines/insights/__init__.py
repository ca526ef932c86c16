"""What the data of a snapshot are like, counted once and stored beside it."""

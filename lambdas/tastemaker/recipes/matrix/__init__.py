"""The item-item matrix that engines score with."""

"""What a deployment costs: list prices, what its templates count, and the bill of a month."""

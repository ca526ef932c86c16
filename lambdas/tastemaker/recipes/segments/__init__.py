"""User segments: who is likeliest to take an item, or any item of a kind."""

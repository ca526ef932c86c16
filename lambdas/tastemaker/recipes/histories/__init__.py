"""What engines read from histories: baskets, repeats, popularity."""

"""Items whose texts mean something alike: words and their pieces, a truncated SVD, and an exact search."""

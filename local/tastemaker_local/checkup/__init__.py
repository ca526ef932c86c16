"""A deployment as `tastemaker doctor` looks at it: what is asked, and what is wrong in plain words."""

"""Custom resources of stacks, over the operations themselves."""

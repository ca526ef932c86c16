"""How well a model does, and what a training takes."""

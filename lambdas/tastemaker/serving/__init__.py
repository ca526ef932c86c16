"""A model that answers: its files, where it is kept, and how it is asked."""

"""The synthesized templates are safe and complete."""

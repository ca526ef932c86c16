"""Tastemaker on a laptop: the synthesized templates deployed to moto, served over HTTP."""

"""`tastemaker demo`: the main job on real data, told on a terminal, through boto3 alone."""

from tastemaker_local.demo.story import run

__all__ = ["run"]

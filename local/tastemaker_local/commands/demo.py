"""`tastemaker demo`: the main job on real data; its words and its story are the folder demo's."""

import argparse

from tastemaker_local import demo, surroundings


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add none: the demo has a parser of its own."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Tell the story, whatever AWS account the user has settings for."""
    surroundings.forget_user_settings()
    return demo.run(options.words)

"""What a training counts of many events, as a work document for spark/job.py: the engines' own numbers, said once."""

from collections.abc import Mapping, Sequence
from typing import Any

from tastemaker.recipes.matrix import counted, grams, learner, transitions
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.personal.searches import TAUGHT_EVENTS

# A part of the shuffle has so many events: some 60 bytes each while they are sorted.
EVENTS_BY_PART = 1_000_000


def reduce_work(  # noqa: PLR0917 - where everything is, and by what
    events: Sequence[str], described: Mapping[str, Sequence[str]], target: str, stage: str, kernel: Kernel, rows: int
) -> dict[str, Any]:
    """Return the work document of what is counted by a kernel of so many rows of events, as tables below `target`.

    URIs are of events (user_id, item_id, timestamp, weight), and of the ids (id) of users and items that are described.
    """
    alike = {"window": kernel.window, "exponent": kernel.exponent}
    return {
        "step": "reduce",
        "events": list(events),
        "described": {kind: list(described.get(kind, ())) for kind in ("user", "item")},
        "parts": 1 + rows // EVENTS_BY_PART,
        "most": TAUGHT_EVENTS,
        "whole": learner.WHOLE,
        "heads": [list(each) for each in learner.HEADS],
        "pairs": {
            "head": {**alike, "reach": grams.REACH, "pairs": grams.PAIR_BUDGET, "sums": _head_sums(kernel)},
            "tail": {
                **alike,
                "reach": learner.TAIL_REACH,
                "pairs": learner.TAIL_PAIRS,
                "least": counted.TAIL_KEPT,
                "cells": counted.TAIL_CELLS,
                "sums": _tail_sums(kernel),
            },
            "after": {"basket": transitions.LARGEST_BASKET, "kept": transitions.SUCCESSORS},
        },
        "target": target,
        "stage": stage,
    }


def _head_sums(kernel: Kernel) -> dict[str, list[float]]:
    """Return weights by how many baskets the row is later, 0 .. window."""
    later = kernel.order()[kernel.window + 1 : 0 : -1]
    return {"covariance": later.real.tolist(), "targets": later.imag.tolist()}


def _tail_sums(kernel: Kernel) -> dict[str, list[float]]:
    """Return weights by lag of the column's basket behind the row's, -window .. window."""
    past, future = (kernel.weights(rows_follow=follow)[1:-1] for follow in (False, True))
    return {"covariance": past.real.tolist(), "past": past.imag.tolist(), "future": future.imag.tolist()}

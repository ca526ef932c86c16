"""What a training counts of many events, as a work document for spark/job.py: the engines' own numbers, said once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tastemaker.pipelines.datasets.snapshots import Manifest
from tastemaker.pipelines.training import clocks
from tastemaker.recipes.matrix import grams, learner
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.personal.searches import TAUGHT_EVENTS
from tastemaker.recipes.related.aws_similar_items import LATELY
from tastemaker.recipes.related.aws_sims import KEPT

Uri = Callable[[str, str], str]
# A part of the shuffle has so many events: some 60 bytes each while they are sorted.
EVENTS_BY_PART = 1_000_000
TAIL_KEPT = 64


def reduce_work(
    manifests: Mapping[str, Manifest], bucket: str, target: str, uri: Uri, counts: Sequence[str] = ("head", "tail")
) -> dict[str, Any]:
    """Return the work document of the counts of snapshots (by dataset type) that go below a key.

    Every event of the snapshot counts alike; a solution's own choice of events would be the expression `weight`.
    """
    kernel, events = Kernel(), manifests["INTERACTIONS"]

    def parts(type_: str) -> list[str]:
        return [uri(bucket, part.key) for part in manifests[type_].parts] if type_ in manifests else []

    return {
        "step": "reduce",
        "events": parts("INTERACTIONS"),
        "described": {"user": parts("USERS"), "item": parts("ITEMS")},
        "seconds": clocks.seconds("TIMESTAMP", "DIV"),
        "weight": "1",
        "parts": 1 + events.rows // EVENTS_BY_PART,
        "most": TAUGHT_EVENTS,
        "whole": learner.WHOLE,
        "heads": [list(each) for each in learner.HEADS],
        "counts": list(counts),
        "pairs": {
            "head": {
                "window": kernel.window,
                "exponent": kernel.exponent,
                "reach": grams.REACH,
                "pairs": grams.PAIR_BUDGET,
            },
            "tail": {
                "window": kernel.window,
                "exponent": kernel.exponent,
                "reach": learner.TAIL_REACH,
                "pairs": learner.TAIL_PAIRS,
                "kept": TAIL_KEPT,
            },
            "together": {"most": LATELY, "least": 1, "kept": KEPT, "discount": 0.5},
        },
        "target": uri(bucket, target),
        "stage": uri(bucket, f"{target}-stage"),
    }

"""Do reasons hold? A named history item is taken away, and the item that it spoke for must fall.

For users of real data, asked as users whose events the service has but no training has seen: the 25 recommendations
with their reasons, then once more as if the user had never had anything to do with the named item. An item falls if
its score is lower or it is no longer among the 500 best. As a control another item of the same history, one that is
not named, is taken away instead: if that lowered items as often, reasons would say nothing.

    make bench-reasons                 # 1,000 recommendations of each data set
    .venv/bin/python -m bench.quality.reasons [--recommendations 1000] [--sets complete-journey ml-100k]
"""

import argparse
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.quality import sets
from bench.reports import RESULTS, machine
from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.model import ServedModel, open_model
from tastemaker.store.ports import Event

SETS = {"complete-journey": sets.complete_journey, "ml-100k": sets.movielens}
RECIPE = "aws-user-personalization-v2"
ASKED, PER_USER, LONG = 25, 10, 500
# What an answer tells of an item.
TOLD, LEAST = 5, 0.01
# A user who is asked about this many trainings never saw.
HELD_OUT = 10
Scores = dict[str, float]
Fall = tuple[bool, bool]


def main() -> None:
    """Test, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recommendations", type=int, default=1_000)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    options = parser.parse_args()
    arguments = f"--recommendations {options.recommendations} --sets {' '.join(options.sets)}"
    lines = [f"$ python -m bench.quality.reasons {arguments}", machine()]
    for name in options.sets:
        lines += [f"{name}: {line}" for line in tested(SETS[name](), options.recommendations)]
        print("\n".join(lines), flush=True)
    (RESULTS / "reasons.txt").write_text("\n".join(lines) + "\n")


@dataclass(slots=True)
class Outcomes:
    """What became of recommendations: whether each fell, and to a worse place, by what was taken away; seconds."""

    strongest: list[Fall] = field(default_factory=list)
    named: list[Fall] = field(default_factory=list)
    others: list[Fall] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


def tested(data: TrainingData, most: int) -> list[str]:
    """Return what the removal test says of a data set."""
    model, strangers = trained(data)
    rng, outcomes = random.Random(0), Outcomes()  # noqa: S311  a bench draws, it keeps no secret
    for user in strangers:
        if len(outcomes.strongest) >= most:
            break
        look(model, events_of(data, user), rng, outcomes)
    share = {
        name: f"{np.mean(getattr(outcomes, name), axis=0)[0]:.1%} fall" for name in ("strongest", "named", "others")
    }
    worse = f"{np.mean(outcomes.strongest, axis=0)[1]:.1%} to a worse place"
    p50, p99 = np.quantile(outcomes.took, [0.5, 0.99]) * 1e3
    return [
        f"{len(outcomes.strongest)} recommendations, strongest history item taken away: {share['strongest']}, {worse}",
        f"each of the {len(outcomes.named)} history items named for them: {share['named']}",
        f"control, an item of the history that is not named: {share['others']}",
        f"the reasons of {ASKED} items take p50 {p50:.1f} ms, p99 {p99:.1f} ms",
    ]


def look(model: ServedModel, events: list[Event], rng: random.Random, outcomes: Outcomes) -> None:
    """Take away what is named for some of a user's recommendations."""
    before = asked(model, events)
    start = time.perf_counter()
    reasons = model.reasons(Asking("somebody", events), list(before)[:ASKED])
    outcomes.took.append(time.perf_counter() - start)
    for item, causes in rng.sample(list(zip(before, reasons, strict=False)), min(PER_USER, len(reasons))):
        items = [cause.item_id for cause in causes[:TOLD] if cause.kind == "History" and cause.share >= LEAST]
        if items:
            falls = [fell(before, asked(model, without(events, each)), item) for each in items]
            outcomes.strongest.append(falls[0])
            outcomes.named += falls
            rest = sorted({event["item_id"] for event in events} - {cause.item_id for cause in causes})
            outcomes.others += [
                fell(before, asked(model, without(events, each)), item) for each in rng.sample(rest, min(1, len(rest)))
            ]


def trained(data: TrainingData) -> tuple[ServedModel, list[int]]:
    """Return the model of nine users in ten, and the others."""
    users = np.random.default_rng(0).permutation(len(data.user_ids))
    strangers = users[: len(users) // HELD_OUT]
    part = data.where(~np.isin(data.interactions.users, strangers))
    recipe = registry.get(RECIPE)
    with TemporaryDirectory() as folder:
        extra = {"events": {"recorded_before": 0.0}}
        artifacts.save(Path(folder), recipe=recipe, model=recipe.fit(part), data=part, manifest_extra=extra)
        return open_model(Path(folder)), strangers.tolist()


def events_of(data: TrainingData, user: int) -> list[Event]:
    """Return a user's events as they are recorded, oldest first."""
    mine = data.interactions.users == user
    items, times = data.item_ids[data.interactions.items[mine]], data.interactions.timestamps[mine]
    rows = zip(items.tolist(), times.tolist(), strict=True)
    return [{"item_id": item, "timestamp": moment, "event_type": "buy"} for item, moment in rows]


def asked(model: ServedModel, events: list[Event]) -> Scores:
    """Return the best items with their scores, best first."""
    return {item: score or 0.0 for item, score in model.recommend(Asking("somebody", events), LONG)}


def without(events: list[Event], item: str | None) -> list[Event]:
    """Return the events of a user who never had anything to do with an item."""
    return [event for event in events if event["item_id"] != item]


def fell(before: Scores, after: Scores, item: str) -> Fall:
    """Return whether an item's score is lower than it was, and whether its place is worse."""
    places = [list(each).index(item) if item in each else LONG for each in (before, after)]
    return after.get(item, 0.0) < before[item], places[1] > places[0]


if __name__ == "__main__":
    main()

"""Other exploration weights, judged by what a campaign or recommender has shown and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.recipes.measuring.off_policy import ESTIMATORS, Estimate, Log, as_it_was, exploring_with, gain

WEIGHTS: Final = (0.0, 0.1, 0.3, 0.5, 1.0)
Answer = Mapping[str, Any]


class NothingExplored(Exception):
    """The log does not tell of other weights; the message says why."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A weight with what each estimator says of it, and by how much it would have earned more than the logged ones."""

    weight: float
    estimates: Mapping[str, Estimate]
    gain: Estimate

    @classmethod
    def of(cls, log: Log, weight: float) -> Self:
        """Judge a weight."""
        exploring = Exploring.of({"explorationWeight": str(weight), "explorationItemAgeCutOff": "1"})
        view = exploring_with(log, exploring.chance)
        return cls(weight, {name: estimate(view) for name, estimate in ESTIMATORS.items()}, gain(view, as_it_was(log)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """Weights in the order that was asked for, and what they are judged by: `explored` and `earned` are of one item."""

    answers: int
    items: int
    explored: float
    rewards: int
    earned: float
    weights: Sequence[Judged]


def judge(answers: Iterable[Answer], weights: Sequence[float], event_type: str | None = None) -> Judgement:
    """Judge weights by logged answers, as GetLoggedAnswers gives them; raise NothingExplored if they do not tell."""
    log = log_of(answers, event_type)
    if log.explored.all():
        raise NothingExplored("all that is logged was explored: more answers are needed to judge another weight")
    return Judgement(
        answers=len(np.unique(log.answers)),
        items=len(log.rewards),
        explored=float(log.explored.mean()),
        rewards=int(log.rewards.sum()),
        earned=float(log.rewards.mean()),
        weights=[Judged.of(log, weight) for weight in weights],
    )


def log_of(answers: Iterable[Answer], event_type: str | None = None) -> Log:
    """Return what was shown where exploring was possible; an item is rewarded if an event of the type names both.

    Answers with a promotion have no propensities, those of a campaign that does not explore tell of nothing else.
    """
    rows = [row for number, answer in enumerate(answers) for row in _rows(number, answer, event_type)]
    if not rows:
        raise NothingExplored("there is no logged answer that explored: an exploration weight above 0 is needed")
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Log(columns[0].astype(float), columns[1].astype(float), columns[2].astype(bool), columns[3], columns[4])


def _rows(number: int, answer: Answer, event_type: str | None) -> Iterator[tuple[bool, float, bool, int, int]]:
    chance = answer.get("chance", 0.0)
    if not chance:
        return
    rewards = {
        event["itemId"]
        for event in answer["events"]
        if event_type is None or event["eventType"].lower() == event_type.lower()
    }
    for place, item in enumerate(answer["items"]):
        if "propensity" not in item:
            return
        by_chance = bool(item.get("explored"))
        possible = chance if by_chance or item["propensity"] < 1 else 0.0
        yield item["itemId"] in rewards, possible, by_chance, place, number

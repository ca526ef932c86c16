"""Learns the engine from counts of all events: what a sample of users has chosen, and all that is counted anew.

Kernel, ridge and weights, what is a strong score, segments and contexts are the sample's; the matrix, popularity,
repeat rates, transitions and what descriptions are worth come from everybody's events.
"""

from dataclasses import dataclass

from tastemaker.recipes.attributes import contents, descriptions, priors
from tastemaker.recipes.attributes.descriptions import Descriptions
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import Indices, TrainingData
from tastemaker.recipes.histories import popularity_over_time, repeats
from tastemaker.recipes.histories.occurrences import Occurrences
from tastemaker.recipes.matrix.counted import CountedProblem
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Pull, learn_counted
from tastemaker.recipes.matrix.neighbours import ItemMatrix
from tastemaker.recipes.matrix.transitions import Transitions
from tastemaker.recipes.matrix.whole import Whole
from tastemaker.recipes.personal import candidates, costs
from tastemaker.recipes.personal.columns import NEW
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.engine import Personal
from tastemaker.recipes.personal.panels import Sources


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of all events, for which a sample of users has settled how they are weighed.

    `items` (events,): the items of all events, in the order of time; `sampled` (users of the sample,): which of all
    users each of them is.
    """

    problem: CountedProblem
    occurrences: Occurrences
    transitions: Transitions
    items: Indices
    sampled: Indices


def kernel(like: Personal) -> Kernel:
    """Return how pairs of events are to be counted."""
    return like.choice.kernel


def memory(counts: Counts) -> float:
    """Return the bytes that learning from what was counted needs at its peak."""
    return costs.assembling_memory(counts)


def counting_seconds(counts: Counts) -> float:
    """Return the seconds of cores that counting takes."""
    return costs.BY_EVENT_SPREAD * counts.events


def learn(like: Personal, counted: Counted, data: TrainingData, *, progress: Progress) -> Personal:
    """Learn of all users, as a model of some of them has chosen; `data` describes items, and has no events."""
    seen, rows = counted.occurrences, descriptions.describe(data)
    progress(0.1, "learning what follows what")
    neighbours = _matrix(like, counted, rows)
    progress(0.5, "learning what is popular")
    popularity = popularity_over_time.of_ordered(counted.items, seen.at, seen.events, seen.users, seen.n_users)
    discovery = Discovery(
        neighbours,
        popularity,
        like.sources.discovery.scale,
        contents.learn(data, rows, neighbours, seen=seen) if rows is not None else None,
        counted.transitions if like.weights.new[NEW.next] else None,
    )
    segments = like.sources.segments
    sources = Sources(
        discovery,
        repeats.repeat_rates(seen.events, seen.users),
        repeats.usual_odds(seen.total, seen.users),
        segments=segments and segments.among(counted.sampled, seen.n_users),
        leanings=data.objective.leanings() if data.objective else None,
        contexts=like.sources.contexts,
        vocabulary=rows.vocabulary if rows is not None else None,
    )
    return Personal(sources, like.weights, like.choice)


def _matrix(like: Personal, counted: Counted, rows: Descriptions | None) -> ItemMatrix:
    problem, seen, choice = counted.problem, counted.occurrences, like.choice
    alone = learn_counted(problem, choice.ridge, len(seen.events))
    if not choice.pull or rows is None or not isinstance(alone, Whole):
        return alone
    expected = priors.learn(rows, seen.users, seen.n_users, problem.order, alone.among(problem.order))
    return learn_counted(problem, choice.ridge, len(seen.events), Pull(expected, candidates.PULL))

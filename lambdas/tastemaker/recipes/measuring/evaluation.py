"""Amazon's offline protocol: 10 % of users held out, their oldest 90 % asks, their newest 10 % answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from tastemaker.recipes import workers
from tastemaker.recipes.contract import Model, Progress, Recipe, share, silent
from tastemaker.recipes.data import Floats, Ids, Indices, Interactions, Mask, Query, Times, TrainingData
from tastemaker.recipes.measuring import metrics
from tastemaker.recipes.measuring.metrics import paired_difference

__all__ = ["Case", "Evaluation", "cases", "evaluate", "held_out", "judge", "paired_difference", "split"]

HELD_OUT = 0.1
# Beyond this many test users the intervals no longer shrink visibly, but the minutes still grow.
MAX_CASES = 10_000
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Case:
    """One held-out user: the question, the items chosen afterwards, and those that the answer must leave out.

    `later` are the places of the events afterwards among all.
    """

    query: Query
    relevant: Indices
    exclusions: Indices | None = None
    later: Times | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was asked and has answered; `known` is what it had learned from.

    A `related` one was asked with the last item of each history alone.
    """

    questions: Sequence[Case]
    lists: Sequence[Indices]
    known: Interactions
    related: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metrics under Amazon's names, their 95 % intervals, what each user contributed, and perhaps the model judged."""

    metrics: dict[str, float]
    intervals: dict[str, list[float]]
    users: Indices
    per_user: dict[str, Floats]
    model: Model | None = None
    asked: Asked | None = None


def evaluate(
    recipe: Recipe,
    data: TrainingData,
    parameters: Mapping[str, str],
    *,
    seed: int,
    progress: Progress = silent,
    parts: tuple[TrainingData, list[Case]] | None = None,
) -> Evaluation:
    """Train on nine users of ten and judge the answers to the tenth; `parts` is their `split`, if it is there."""
    if recipe.measure is not None:
        evaluation: Evaluation = recipe.measure(recipe, data, parameters, seed=seed, progress=progress)
        return evaluation
    training, questions = parts or split(data, seed=seed)
    model = recipe.fit(training, parameters, seed=seed, progress=share(progress, 0.0, 0.9))
    worth = data.objective.worth if data.objective else None
    known, related = training.interactions, recipe.metadata.needs_item
    with workers.one_blas_thread():
        evaluation = judge(model, questions, known, related=related, worth=worth, seed=seed, progress=progress)
    return replace(evaluation, model=model)


def split(data: TrainingData, *, seed: int) -> tuple[TrainingData, list[Case]]:
    """Return the data of the users trained on, and one case per held-out user; what is taken by then is excluded."""
    users = held_out(data.user_ids, data.interactions, seed=seed)
    outside = np.ones(data.interactions.n_users, bool)
    outside[users] = False
    questions = cases(data.interactions, users, seed=seed)
    if data.taken is not None:
        questions = _without(_taken_before(questions, data.taken), questions)
    return data.where(outside[data.interactions.users]), questions


def held_out(user_ids: Ids, interactions: Interactions, *, seed: int, share: float = HELD_OUT) -> Indices:
    """Return the share of users with the smallest hash: the same for every recipe on the same data."""
    lengths = np.diff(interactions.starts())
    eligible = np.flatnonzero(lengths >= 2)  # noqa: PLR2004  one event to ask with, one to answer
    hashes = np.array([_hash(user_ids[user], seed) for user in eligible], np.uint64)
    count = min(len(eligible), max(1, round(share * int((lengths > 0).sum()))))
    return np.sort(eligible[np.argsort(hashes, kind="stable")[:count]]).astype(np.int32)


def _hash(user_id: str, seed: int) -> int:
    return int.from_bytes(blake2b(f"{seed}:{user_id}".encode(), digest_size=8).digest(), "big")


def cases(
    interactions: Interactions, users: Indices, *, whole_baskets: bool = False, seed: int | None = None
) -> list[Case]:
    """Cut each user's events into the oldest 90 % and the newest 10 % (at least one event).

    Amazon counts events; with `whole_baskets` the cut moves back to the border of the basket it falls into. Which of
    the events of one moment come first is drawn with a seed; without one, they stand in the order of their items.
    """
    starts = interactions.starts()
    users = users[:: 1 + len(users) // MAX_CASES]
    if seed is not None:
        return [_drawn_case(interactions, int(user), starts, seed) for user in users]
    return [_case(interactions, int(user), starts, whole_baskets=whole_baskets) for user in users]


def _drawn_case(interactions: Interactions, user: int, starts: Times, seed: int) -> Case:
    """Cut a user's events so that nothing depends on what items are called."""
    begin, end = int(starts[user]), int(starts[user + 1])
    count = end - begin - max(1, int((end - begin) * HELD_OUT))
    draw = np.random.default_rng((seed, user)).permutation(end - begin)
    order = begin + np.lexsort((draw, interactions.timestamps[begin:end]))
    # A history is in the order that models know.
    past, later = np.sort(order[:count]), order[count:]
    query = Query(
        interactions.items[past],
        interactions.timestamps[past],
        interactions.weights[past],
        item=int(interactions.items[order[count - 1]]) if count else None,
        user=user,
        now=int(interactions.timestamps[later[0]]),
    )
    return Case(query, np.unique(interactions.items[later]), later=later)


def _case(interactions: Interactions, user: int, starts: Times, *, whole_baskets: bool) -> Case:
    begin, end = int(starts[user]), int(starts[user + 1])
    cut = end - max(1, int((end - begin) * HELD_OUT))
    if whole_baskets:
        border = begin + int(np.searchsorted(interactions.timestamps[begin:end], interactions.timestamps[cut]))
        cut = border if border > begin else cut
    return _ask_for(interactions, user, begin, cut, end)


def _ask_for(interactions: Interactions, user: int, begin: int, cut: int, end: int) -> Case:
    past = slice(begin, cut)
    query = Query(
        interactions.items[past],
        interactions.timestamps[past],
        interactions.weights[past],
        item=int(interactions.items[cut - 1]) if cut > begin else None,
        user=user,
        now=int(interactions.timestamps[cut]),
    )
    return Case(query, np.unique(interactions.items[cut:end]))


def first_baskets(interactions: Interactions, users: Indices) -> list[Case]:
    """Ask each user for the first basket, before anything was known."""
    starts, questions = interactions.starts(), []
    for user in users.tolist():
        begin, end = int(starts[user]), int(starts[user + 1])
        last = int(np.searchsorted(interactions.timestamps[begin:end], interactions.timestamps[begin], "right"))
        questions.append(_ask_for(interactions, user, begin, begin, begin + last))
    return questions


def next_baskets(interactions: Interactions, users: Indices, *, each: int, seed: int) -> list[Case]:
    """Ask each user for some baskets, drawn from all but the first, with what was known before each of them."""
    starts, rng = interactions.starts(), np.random.default_rng(seed)
    questions = []
    for user in users.tolist():
        begin, end = int(starts[user]), int(starts[user + 1])
        times = interactions.timestamps[begin:end]
        borders = np.flatnonzero(np.diff(times)) + 1
        for border in np.sort(rng.permutation(borders)[:each]).tolist():
            last = int(np.searchsorted(times, times[border], "right"))
            questions.append(_ask_for(interactions, user, begin, begin + border, begin + last))
    return questions


def judge(
    model: Model,
    questions: list[Case],
    known: Interactions,
    *,
    related: bool = False,
    exclude_seen: bool = False,
    worth: Floats | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Ask a model every question and measure its lists; seen items may be kept out as a second view.

    With what items are `worth` (items,) to an objective, what the lists bring is measured too.
    """
    if exclude_seen:
        questions = _without([case.query.history_items for case in questions], questions)
    rows, lists = list[dict[str, float]](), list[Indices]()
    for number, case in enumerate(questions):
        if number % 100 == 0:
            progress(0.9 + 0.1 * number / len(questions), "measuring the recommendations")
        answer = _ask(model, case, known.n_items, related=related)
        gain = {} if worth is None else {metrics.REWARDS: metrics.reward(answer, case.relevant, worth)}
        rows.append(metrics.score_list(answer, case.relevant) | gain)
        lists.append(answer)
    coverage = np.zeros(known.n_items, bool)
    coverage[np.concatenate([*lists, np.empty(0, np.int32)])] = True
    measured = summary(rows, [case.query.user for case in questions], coverage, seed)
    return replace(measured, asked=Asked(questions, lists, known, related))


def _ask(model: Model, case: Case, n_items: int, *, related: bool) -> Indices:
    allowed: Mask | None = None
    if case.exclusions is not None:
        allowed = np.ones(n_items, bool)
        allowed[case.exclusions] = False
    query = case.query
    if related:
        query = Query.of(item=query.item, now=query.now)
    return model.recommend(query, metrics.LENGTH, allowed).items


def _without(exclusions: list[Indices], questions: list[Case]) -> list[Case]:
    """Exclude items from each answer, and drop the questions that have no other answer."""
    pairs = zip(questions, exclusions, strict=True)
    remainder = [Case(case.query, np.setdiff1d(case.relevant, out).astype(np.int32), out) for case, out in pairs]
    return [case for case in remainder if len(case.relevant)]


def _taken_before(questions: list[Case], events: Interactions) -> list[Indices]:
    """Return what would have been kept out when each question was asked."""
    starts = events.starts()
    rows = [slice(int(starts[user]), int(starts[user + 1])) for user in (case.query.user or 0 for case in questions)]
    pairs = zip(questions, rows, strict=True)
    return [events.items[row][events.timestamps[row] < case.query.now] for case, row in pairs]


def summary(rows: Sequence[Mapping[str, float]], users: Sequence[int | None], coverage: Mask, seed: int) -> Evaluation:
    """Return the means of what was measured of each user, and the share of items in any list: `coverage` (items,)."""
    keys = sorted(rows[0] if rows else metrics.score_list(np.empty(0, np.int32), np.zeros(1, np.int32)))
    table = np.array([[row[key] for key in keys] for row in rows], np.float32).reshape(len(rows), len(keys))
    means = table.mean(axis=0) if rows else np.zeros(len(keys))
    share_of_items = float(coverage.mean()) if len(coverage) else 0.0
    values = {"coverage": share_of_items} | dict(zip(keys, means.tolist(), strict=True))
    bounds = np.round(metrics.intervals(table, seed), DECIMALS).tolist() if rows else []
    return Evaluation(
        {key: round(value, DECIMALS) for key, value in values.items()},
        dict(zip(keys, bounds, strict=bool(rows))),
        np.array(users, np.int32),
        {key: table[:, place] for place, key in enumerate(keys)},
    )

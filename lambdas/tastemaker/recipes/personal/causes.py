"""Why the engine of `personal` recommends an item: how far its score falls without each thing that speaks for it.

With p_j the score of item j (its share of the odds of all that is considered) and p_j(-c) its score without cause c,

    fall_jc = log p_j - log p_j(-c),        share_jc = fall_jc / sum over causes with a fall above 0

so that whatever is named lowers the item when it is taken away: by construction, for the answer is made once more
without it ("leave one covariate out": Lei et al., "Distribution-Free Predictive Inference for Regression", 2018, 6.1).
A history item is taken away with all its events; popularity by giving all items that are considered the same; metadata
by letting descriptions fit nobody's history; a segment and a context by not being asked for. Of a popular own
item either may say enough without the other: both are named for it if it falls without both.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Cause, CauseKind, Floats, Indices, Query
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix.neighbours import ItemMatrix
from tastemaker.recipes.personal import discovery
from tastemaker.recipes.personal.columns import NEW, OWN, numbers
from tastemaker.recipes.personal.panels import Panel, Sources, Weights

Name = tuple[CauseKind, int | None]
# How a question is answered: the panel of what is considered for a query.
LayOut = Callable[[Sources, Query], Panel]
# Each history item that is tried costs an answer: own ones among the recommended, and those that lead to them most.
_REPEATED, _LEADING = 40, 20


def find(sources: Sources, weights: Weights, query: Query, items: Indices, lay_out: LayOut) -> list[list[Cause]]:
    """Return the causes of each item, strongest first; `items` must be in every panel that is laid out."""
    whole = lay_out(sources, query)

    def scores(panel: Panel) -> NDArray[np.float64]:
        return _log_scores(panel, weights, items)

    panels: dict[Name, Panel] = {
        ("Popularity", None): _evenly_popular(whole),
        ("Metadata", None): _undescribed(whole),
    }
    if sources.segments is not None:
        panels["Segment", None] = lay_out(replace(sources, segments=None), query)
    if query.context:
        panels["Context", None] = lay_out(sources, replace(query, context=None))
    for item in _tried(sources.discovery.neighbours, Own.of(query), items):
        panels["History", item] = lay_out(sources, _without(query, item))
    before = scores(whole)
    found = _shares({cause: before - scores(panel) for cause, panel in panels.items()}, len(items))
    for place in [place for place, causes in enumerate(found) if not causes]:
        item = int(items[place])
        neither = scores(_evenly_popular(lay_out(sources, _without(query, item))))
        if neither[place] < before[place]:
            found[place] = [Cause("Popularity", 0.5), Cause("History", 0.5, item)]
    return found


def _log_scores(panel: Panel, weights: Weights, items: Indices) -> NDArray[np.float64]:
    """Return the log scores of some items of a panel."""
    candidates, odds = panel.log_odds(weights)
    order = np.argsort(candidates)
    of_items = odds[order[np.searchsorted(candidates, items, sorter=order)]].astype(np.float64)
    highest = float(odds.max())
    total = np.log(np.exp(odds.astype(np.float64) - highest).sum())
    return np.asarray(of_items - highest - total)


def _shares(falls: Mapping[Name, NDArray[np.float64]], size: int) -> list[list[Cause]]:
    causes = list(falls)
    matrix = np.maximum(np.array([falls[cause] for cause in causes]).reshape(len(causes), size), 0.0)
    shares = matrix / np.maximum(matrix.sum(axis=0), 1e-12)
    order = np.argsort(-shares, axis=0, kind="stable")
    return [
        [Cause(causes[row][0], float(shares[row, place]), causes[row][1]) for row in column if shares[row, place] > 0]
        for place, column in enumerate(order.T.tolist())
    ]


def _without(query: Query, item: int) -> Query:
    """Return the query of a user who never had anything to do with an item."""
    others = query.history_items != item
    parts = (query.history_items, query.history_times, query.history_weights)
    rest = Query.of(*(part[others] for part in parts), item=query.item, user=query.user)
    return replace(rest, context=query.context)


def _tried(neighbours: ItemMatrix, own: Own, items: Indices) -> list[int]:
    """Return the history items that are worth trying: own ones of the answer, and those whose rows lead to it most."""
    mine = items[own.has(items)][:_REPEATED].tolist()
    weights = discovery.fading(own).sum(axis=0)
    looked_up = np.argsort(-weights, kind="stable")[: neighbours.LOOKED_UP]
    pulls = np.array([_pull(neighbours, int(own.items[place]), items) for place in looked_up])
    pulls = pulls.reshape(len(looked_up), len(items)) * weights[looked_up, None]
    strongest = np.argsort(-_relative(pulls).max(axis=1, initial=0.0), kind="stable")[:_LEADING]
    return list(dict.fromkeys([*mine, *own.items[looked_up[strongest]].tolist()]))


def _pull(neighbours: ItemMatrix, item: int, items: Indices) -> Floats:
    """Return the entries of an item's row of B at some items, 0 where there is none."""
    columns, values = neighbours.row(item)
    order = np.argsort(items)
    place = np.minimum(np.searchsorted(items, columns, sorter=order), len(items) - 1)
    there = items[order[place]] == columns
    entries = np.zeros(len(items), np.float32)
    entries[order[place[there]]] = values[there]
    return entries


def _relative(pulls: Floats) -> Floats:
    """Return each history item's part (history items, items) of what leads to an item."""
    positive = np.maximum(pulls, 0)
    return np.asarray(positive / np.maximum(positive.sum(axis=0), 1e-12))


def _evenly_popular(panel: Panel) -> Panel:
    """Return a panel whose items are all as popular as their mean."""
    of_own, of_new = (list(numbers(row.popularity, row.quiet, row.short)) for row in (OWN, NEW))
    own, new = panel.own.copy(), panel.new.copy()
    usual = np.concatenate([own[:, of_own], new[:, of_new]]).mean(axis=0)
    own[:, of_own], new[:, of_new] = usual, usual
    # What stands in for popularity where an item has few events counts as far as its events do not.
    for features, row in ((own, OWN), (new, NEW)):
        stand_in, expected = features[:, row.described], features[:, row.expected]
        features[:, row.expected] = stand_in * (expected.sum() / max(float(stand_in.sum()), 1e-9))
    return replace(panel, own=own, new=new)


def _undescribed(panel: Panel) -> Panel:
    """Return a panel whose items' descriptions fit no history."""
    own, new = panel.own.copy(), panel.new.copy()
    for features, row in ((own, OWN), (new, NEW)):
        features[:, row.lifts] = np.log(discovery.FLOOR) * features[:, [row.described]]
    return replace(panel, own=own, new=new)

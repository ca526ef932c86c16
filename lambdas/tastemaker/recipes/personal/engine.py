"""The engine of User-Personalization and Personalized-Ranking: what repeats, what follows, what is popular now.

A user is a history H. Its items are the user's own ones, all others are new ones; each kind has one equation, and both
are log-odds, so that one list holds both. With g_i and f_j the features of an item, v and w the weights:

    P(own item i is taken again)  =  sigmoid(own_odds_i)      own_odds_i  =  v . g_i + v_0 + own_more_i        (1)
    P(new item j is taken)        =  sigmoid(new_odds_j)      new_odds_j  =  w . f_j + w_0 + new_more_j        (2)

    score_k  =  exp(odds_k) / sum exp(odds)        over all own and new items that are considered (`panels`)

The features (`columns`) are r by repeats, e by events, p the popularity that fills up short histories, d by what an
item is, and habit, how the user repeats. With n_j the events of item j and t_j the trust in what they say of it:

    g_i  =  (r_i, e_i, p_i, 0, habit)        f_j  =  (t_j e_j, p_j, (1 - t_j) d_j, habit)

    t_j  =  n_j / (n_j + EVIDENCE)
    r_i  =  (log counts of i in H, faded by baskets, by days and not at all;  once_i;  rates_i;  rhythm_i)
    e_j  =  (log s_j by tempo;  log share_j;  rises_j;  log mean s_j;  log next_j)
    d_j  =  (log lift_j by tempo;  log expected_j;  1)
    p_j  =  (t_j log share_j + (1 - t_j) log expected_j - top;  t_j rises_j) / (1 + own items)^2
    s_j  =  max(0, sum h_i B_ij) / scale    h_i the weights of H's items by tempo, B the matrix of SeqRidge (`seqridge`)
    lift_j  =  max(0, x_j . sum h_i V_i)    x_j the description of j, V what its items lead to (`contents`)

For own items and without descriptions t = 1 and d is left out; s and lift are raised by FLOOR for their logarithms;
share, rises and top are popularity over time; next is how much likelier than usual j comes right after the newest
basket (`transitions`), and is there only if it has a weight; p stands in other columns, `quiet`, where H is empty. What
is added:

    own_more_i  =  leanings_i + contexts_i         new_more_j  =  leanings_j + contexts_j + segments_j + doubt_j

    contexts, segments   a factor times the lifts of all values of the context, of the user's columns
    leanings, doubt      what an objective aims at;  (1 - t_j) log alive, as an item that nobody has met may be dead

The weights are learned on what held-out users took next. Each of v and w is a logistic regression, once for each of
several sets of columns (`blend`); of those that validation cannot tell from the best the mean is taken, and w_0 moves
by OFFSETS[order], where one kind belongs before the other. Those of d are learned on items that are treated as if they
had no events. Kernel and ridge of B are chosen before, by a plain blend, and whether a B that is kept whole is held to
what descriptions expect of it (`searches`, `priors`); B, popularity and the rest of what features are made of are
learned once more from all users in the end.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import logistic
from tastemaker.recipes.attributes.contents import Contents
from tastemaker.recipes.attributes.contexts import Contexts
from tastemaker.recipes.attributes.descriptions import Vocabulary
from tastemaker.recipes.attributes.segments import Segments
from tastemaker.recipes.contract import Arrays, Told
from tastemaker.recipes.data import Cause, Floats, Indices, Mask, Newcomers, Query, Ranking
from tastemaker.recipes.histories.popularity_over_time import PopularityOverTime
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.matrix.transitions import Transitions
from tastemaker.recipes.matrix.whole import Whole
from tastemaker.recipes.personal import causes
from tastemaker.recipes.personal.candidates import Choice
from tastemaker.recipes.personal.columns import NEW, OWN
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.panels import Panel, Sources, Weights

# What the arrays of popularity over time are called in artifacts, since before they had that name here.
_POPULARITY = "trends"


class Personal:
    """A fitted engine: answers histories, of known users and unknown ones alike."""

    def __init__(self, sources: Sources, weights: Weights, choice: Choice) -> None:
        self.sources, self.weights, self.choice = sources, weights, choice

    def recommend(self, query: Query, k: int, allowed: Mask | None = None) -> Ranking:
        """Return the k likeliest items with their share of all that were considered.

        Of a query with placeholders, items that are there for a filter's sake come last and have nan for a score, if
        there are fewer than k others.
        """
        items, odds = self.sources.lay_out(query, k, allowed).log_odds(self.weights)
        if not query.placeholders:
            return _best(items, odds, k)
        beyond = self.sources.beyond_popularity(query, k, allowed, items)
        return _filled(items, odds, beyond, k) if np.count_nonzero(beyond) < k else _best(items, odds, k)

    def rank(self, query: Query, items: Indices) -> Ranking:
        """Return the given items, likeliest first; scores sum to 1 over the list."""
        items, odds = self.sources.lay_out_list(query, items).log_odds(self.weights)
        return _best(items, odds, len(items))

    def causes(
        self, query: Query, items: Indices, allowed: Mask | None = None, *, listed: bool = False
    ) -> list[list[Cause]]:
        """Return what speaks for each of some items: of an answer, or of a list that was ranked."""

        def lay_out(sources: Sources, question: Query) -> Panel:
            if listed:
                return sources.lay_out_list(question, items)
            return sources.lay_out(question, len(items), allowed, also=items)

        return causes.find(self.sources, self.weights, query, items, lay_out)

    def grown(self, newcomers: Newcomers) -> Self:
        """Return the same with more items, found by their descriptions."""
        return type(self)(self.sources.grown(newcomers), self.weights, self.choice)

    def with_users(self, keep: Mask, told: Told) -> Self:
        """Return the same without who some users are and what only they have told: their histories are not here."""
        sources = self.sources
        segments = sources.segments and sources.segments.with_users(keep)
        contexts = sources.contexts and sources.contexts.told_by(told)
        return type(self)(replace(sources, segments=segments, contexts=contexts), self.weights, self.choice)

    @property
    def describes(self) -> bool:
        """Whether items can be told by what they are."""
        return self.sources.vocabulary is not None

    @property
    def settings(self) -> dict[str, Any]:
        """Return the few numbers beside the arrays, and how the weights came about."""
        return {"usual": self.sources.usual, **asdict(self.choice), "weights": dict(self.weights.origin)}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the matrix, popularity and weights."""
        sources, discovery = self.sources, self.sources.discovery
        kept = "whole" if isinstance(discovery.neighbours, Whole) else "neighbours"
        arrays = _packed(kept, discovery.neighbours) | _packed(_POPULARITY, discovery.popularity)
        arrays |= _packed("contents", discovery.contents) | _packed("segments", sources.segments)
        arrays |= _packed("transitions", discovery.transitions)
        arrays |= _packed("contexts", sources.contexts) | _packed("vocabulary", sources.vocabulary)
        if sources.leanings is not None:
            arrays["leanings"] = sources.leanings
        return arrays | {
            "scale": discovery.scale,
            "rates": sources.rates,
            "own_weights": self.weights.own,
            "new_weights": self.weights.new,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Mapping[str, Any]) -> Self:
        """Build the engine again; ValueError if it is one with other features than this one's."""
        discovery = Discovery(
            _unpacked_if_there("whole", Whole, arrays) or _unpacked("neighbours", Neighbours, arrays),
            _unpacked(_POPULARITY, PopularityOverTime, arrays),
            arrays["scale"],
            contents=_unpacked_if_there("contents", Contents, arrays),
            transitions=_unpacked_if_there("transitions", Transitions, arrays),
        )
        sources = Sources(
            discovery,
            arrays["rates"],
            settings["usual"],
            segments=_unpacked_if_there("segments", Segments, arrays),
            leanings=arrays.get("leanings"),
            contexts=_unpacked_if_there("contexts", Contexts, arrays),
            vocabulary=_unpacked_if_there("vocabulary", Vocabulary, arrays),
        )
        weights = Weights(arrays["own_weights"], arrays["new_weights"], settings["weights"])
        if (len(weights.own), len(weights.new)) != (OWN.weights, NEW.weights):
            raise ValueError(f"the model weighs {len(weights.own) - 1} and {len(weights.new) - 1} features")
        return cls(sources, weights, Choice(Kernel(**settings["kernel"]), settings["ridge"], settings.get("pull", 0.0)))


def _packed(prefix: str, part: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401  a dataclass of arrays
    """Return the arrays of a part of the model by name; none of a part that it does not have."""
    return {} if part is None else {f"{prefix}_{name}": getattr(part, name) for name in part.__slots__}


def _unpacked(prefix: str, kind: Any, arrays: Arrays) -> Any:  # noqa: ANN401  as above
    return kind(**{name: arrays[f"{prefix}_{name}"] for name in kind.__slots__})


def _unpacked_if_there(prefix: str, kind: Any, arrays: Arrays) -> Any:  # noqa: ANN401  as above
    return _unpacked(prefix, kind, arrays) if f"{prefix}_{kind.__slots__[0]}" in arrays else None


def _best(items: Indices, odds: Floats, k: int) -> Ranking:
    shares = logistic.share_out(odds)
    if k < len(items):
        strong = np.argpartition(-odds, k - 1)[:k] if k else np.empty(0, np.int64)
        items, odds, shares = items[strong], odds[strong], shares[strong]
    order = np.lexsort((items, -odds))
    return Ranking(items[order].astype(np.int32), shares[order])


def _filled(items: Indices, odds: Floats, beyond: Mask, k: int) -> Ranking:
    """Return all items that more than popularity speaks for, then others without a score."""
    first = _best(items[beyond], odds[beyond], k)
    rest = _best(items[~beyond], odds[~beyond], k - len(first.items)).items
    scores = np.zeros(0, np.float32) if first.scores is None else first.scores
    return Ranking(np.append(first.items, rest), np.append(scores, np.full(len(rest), np.nan, np.float32)))

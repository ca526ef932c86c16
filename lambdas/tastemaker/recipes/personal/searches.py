"""Chooses how the item-item matrix is learned, on users held out inside the training data.

No single setting wins: the ridge, and how far the order of events counts, differ by data set. Both are judged by plain
scores, before any weight is learned; the counts of a kernel cost seconds, a ridge one factorisation.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from tastemaker.recipes.contract import Progress
from tastemaker.recipes.data import Floats, Indices, Interactions, TrainingData
from tastemaker.recipes.histories import popularity_over_time, repeats
from tastemaker.recipes.histories.baskets import first_times, last_events
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.histories.repeats import Own
from tastemaker.recipes.matrix.grams import Kernel
from tastemaker.recipes.matrix.learner import Learner
from tastemaker.recipes.matrix.neighbours import Neighbours
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import ndcg
from tastemaker.recipes.personal import blend, discovery
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.panels import Sources

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FIRST_RIDGE = 3
# Where people follow a thread from one thing to the next, the last one says nearly all; where they come back to a
# taste, order says little.
KERNELS = (Kernel(), Kernel(past=1.0, future=1.5), Kernel(past=1.5, future=3.0, mixture=0.8))
UNTAUGHT_KERNEL, UNTAUGHT_RIDGE = KERNELS[1], 3.0
# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS = 1000
# Validation users: a tenth, but enough of them where there are few, and not more than help.
VALIDATION_SHARE, VALIDATION_LEAST, VALIDATION_MOST = 0.1, 500, 1000
VALIDATION_SHARE_MOST = 0.2
# Beside the newest tenth, validation users are asked for this many single baskets, as a live client asks.
NEXT_BASKETS = 2
# The ridge and the kernel are chosen on this many questions.
JUDGES = 600


@dataclass(frozen=True, slots=True)
class Choice:
    """How the item-item matrix is learned; `ridge` is lam over the mean of A's diagonal."""

    kernel: Kernel
    ridge: float


@dataclass(slots=True)
class Search:
    """The state of one fit: what is learned from, the validation users' questions, and what was counted so far.

    `training` are the events of all other users. `cases` ask for the newest tenth, `singles` for a basket in between,
    `firsts` for the first one; the kernel and the ridge are chosen on `judges`, whose histories are `owns`.
    """

    everything: Interactions
    training: Interactions
    learner: Learner
    cases: list[Case]
    singles: list[Case]
    firsts: list[Case]
    judges: list[Case]
    owns: list[Own]

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        """Draw the validation users, and count what follows what among the others."""
        users = _validation_users(data, seed)
        events, others = data.interactions, np.ones(data.interactions.n_users, bool)
        others[users] = False
        mask = others[events.users]
        training, validation = events.where(mask) if len(users) else events, events.where(~mask)
        progress(0.05, "counting what follows what")
        kernel = KERNELS[0] if len(users) else UNTAUGHT_KERNEL
        learner = Learner.of(_paired(training), _paired(validation), kernel)
        cases = evaluation.cases(events, users, whole_baskets=True)
        singles = evaluation.next_baskets(events, users, each=NEXT_BASKETS, seed=seed)
        firsts = evaluation.first_baskets(events, users)
        questions = [*cases, *singles]
        judges = questions[:: 1 + len(questions) // JUDGES]
        return cls(events, training, learner, cases, singles, firsts, judges, [Own.of(case.query) for case in judges])

    def choose(self) -> Choice:
        """Return the kernel and the ridge whose plain scores find the validation users' new items best."""
        if not self.cases:
            return Choice(self.learner.kernel, UNTAUGHT_RIDGE)
        step, best = self._climb(FIRST_RIDGE, {})
        for kernel in KERNELS[1:]:
            other = self.learner.with_kernel(kernel)
            if (quality := self._quality(other, step)) > best:
                self.learner = other
                step, best = self._climb(step, {step: quality})
        return Choice(self.learner.kernel, RIDGES[step])

    def _climb(self, step: int, quality: dict[int, float]) -> tuple[int, float]:
        """Go from one ridge to the next for as long as that is better; some qualities by step may be there."""
        while True:
            near = [each for each in (step - 1, step, step + 1) if 0 <= each < len(RIDGES)]
            quality |= {each: self._quality(self.learner, each) for each in near if each not in quality}
            best = max(near, key=lambda each: (quality[each], each == step))
            if best == step:
                return step, quality[step]
            step = best

    def learn(self, choice: Choice) -> Sources:
        """Learn from the users that are not held out."""
        return self._sources(self.learner.learn(choice.ridge), self.training)

    def learn_all(self, choice: Choice, before: Sources) -> Sources:
        """Learn from all users."""
        neighbours = self.learner.learn_all(choice.ridge, _paired(self.everything), before.discovery.neighbours)
        return self._sources(neighbours, self.everything)

    def _quality(self, learner: Learner, step: int) -> float:
        """Return the NDCG of scores among the head on items that are new to each user."""
        histories = _histories(self.owns, learner.head, self.everything.n_items)
        scores = learner.head_scores(histories, RIDGES[step])
        return blend.mean(map(partial(_plain_ndcg, learner.head), scores, self.judges, self.owns))

    def _sources(self, neighbours: Neighbours, events: Interactions) -> Sources:
        return _sources(neighbours, events, discovery.strong_scores(neighbours, self.owns))


def learn_chosen(events: Interactions, choice: Choice, scale: Floats) -> Sources:
    """Learn from all users what a search has chosen; `scale` (tempos,) is what a strong score is."""
    nobody = events.where(np.zeros(len(events), bool))
    learner = Learner.of(_paired(events), nobody, choice.kernel)
    return _sources(learner.learn(choice.ridge), events, scale)


def _sources(neighbours: Neighbours, events: Interactions, scale: Floats) -> Sources:
    users = distinct_users(events)
    return Sources(
        Discovery(neighbours, popularity_over_time.learn(events, users), scale),
        repeats.repeat_rates(events, users),
        repeats.usual_odds(len(events), users),
    )


def _paired(events: Interactions) -> Interactions:
    """Return the events of which pairs are counted: a repeat is explained by itself, the matrix is for what is new."""
    return last_events(first_times(events), TAUGHT_EVENTS)


def _validation_users(data: TrainingData, seed: int) -> Indices:
    """Draw validation users by hash; the seed is moved on so that they are not the evaluation's."""
    users = int((np.diff(data.interactions.starts()) > 0).sum())
    count = min(max(VALIDATION_SHARE * users, VALIDATION_LEAST), VALIDATION_SHARE_MOST * users, VALIDATION_MOST)
    if count < blend.ENOUGH:
        return np.empty(0, np.int32)
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=count / users)


def _histories(owns: list[Own], head: Indices, n_items: int) -> Floats:
    """Return the histories as weights of the head's items, all tempos added up: (cases, head)."""
    place = np.full(n_items, -1, np.int32)
    place[head] = np.arange(len(head), dtype=np.int32)
    rows = np.zeros((len(owns), len(head)), np.float32)
    for row, own in zip(rows, owns, strict=True):
        mine = place[own.items]
        row[mine[mine >= 0]] = discovery.fading(own).sum(axis=0)[mine >= 0]
    return rows


def _plain_ndcg(head: Indices, scores: Floats, case: Case, own: Own) -> float:
    relevant = case.relevant[~own.has(case.relevant)]
    if not len(relevant):
        return math.nan
    scores = np.where(own.has(head), -np.inf, scores)
    best = head[blend.best_places(scores, blend.CUTOFF)]
    return ndcg(np.isin(best, relevant), len(relevant), blend.CUTOFF)

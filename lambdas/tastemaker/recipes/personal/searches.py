"""Chooses how the item-item matrix is learned, on users held out inside the training data.

No single setting wins: the ridge, and how far the order of events counts, differ by data set. Both are judged by a
plain blend (`judges`), before any weight is learned; the counts of a kernel cost seconds, a ridge one factorisation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes.contract import Progress
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData
from tastemaker.recipes.histories import popularity_over_time, repeats
from tastemaker.recipes.histories.baskets import first_times, last_events
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner
from tastemaker.recipes.matrix.neighbours import ItemMatrix
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.personal import blend, candidates, costs, discovery
from tastemaker.recipes.personal.candidates import FIRST_RIDGE, RIDGES, UNTAUGHT_KERNEL, UNTAUGHT_RIDGE, Choice
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.judges import Judges
from tastemaker.recipes.personal.panels import Sources

# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS = 1000


@dataclass(slots=True)
class Trials:
    """What was tried among the head, how good it was, and the counts of the best one's kernel."""

    learner: Learner
    judges: Judges
    histories: Floats
    best: Choice
    qualities: dict[Choice, float]

    @classmethod
    def begin(cls, learner: Learner, judges: Judges, n_items: int) -> Self:
        """Try what was counted first."""
        first = Choice(learner.kernel, FIRST_RIDGE)
        trials = cls(learner, judges, judges.histories(learner.head, n_items), first, {})
        trials._try(learner, first)
        return trials

    def try_kernels(self, kernels: Iterable[Kernel]) -> None:
        """Count with other kernels, and judge each with the best ridge so far."""
        for kernel in kernels:
            learner = self.learner.with_kernel(kernel)
            if self._try(learner, Choice(kernel, self.best.ridge)):
                self.learner = learner

    def climb(self) -> None:
        """Go from one ridge to the next for as long as that is better."""
        better = True
        while better:
            step = RIDGES.index(self.best.ridge)
            near = RIDGES[max(0, step - 1) : step + 2]
            better = any(self._try(self.learner, Choice(self.best.kernel, ridge)) for ridge in near)

    def finalists(self, count: int) -> list[Choice]:
        """Return the best choices."""
        return sorted(self.qualities, key=lambda each: -self.qualities[each])[:count]

    def _try(self, learner: Learner, choice: Choice) -> bool:
        """Judge a choice, unless it was before, and return whether it is the best one now."""
        if choice in self.qualities:
            return False
        scores = learner.head_scores(self.histories, choice.ridge)
        self.qualities[choice] = self.judges.judge_head(learner.head, scores)
        if self.qualities[choice] <= self.qualities.get(self.best, -1.0):
            return False
        self.best = choice
        return True


@dataclass(slots=True)
class Search:
    """The state of one fit: what is learned from, the validation users' questions, and what was counted so far.

    `training` are the events of all other users. `cases` ask for the newest tenth, `singles` for a basket in between,
    `opens` for the rest of a basket and what comes then, `firsts` for the first basket; `judges` choose.
    """

    everything: Interactions
    training: Interactions
    learner: Learner
    cases: list[Case]
    singles: list[Case]
    opens: list[Case]
    firsts: list[Case]
    judges: Judges

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        """Draw the validation users, and count what follows what among the others."""
        users = _validation_users(data, seed)
        events, others = data.interactions, np.ones(data.interactions.n_users, bool)
        others[users] = False
        mask = others[events.users]
        training, validation = events.where(mask) if len(users) else events, events.where(~mask)
        progress(0.05, "counting what follows what")
        kernel = candidates.KERNELS[0] if len(users) else UNTAUGHT_KERNEL
        learner = Learner.of(paired(training), paired(validation), kernel, keeps_whole=True)
        cases = evaluation.cases(events, users, whole_baskets=True)
        singles = evaluation.next_baskets(events, users, each=candidates.NEXT_BASKETS, seed=seed)
        opens = [case for case in evaluation.cases(events, users) if _is_open(case.query)]
        firsts = evaluation.first_baskets(events, users)
        judges = Judges.of([cases, singles, opens], candidates.judges(len(learner.head)))
        return cls(events, training, learner, cases, singles, opens, firsts, judges)

    def choose(self) -> list[Choice]:
        """Return the kernel and the ridge that find best; two where the head may mislead, for there is more than it."""
        if not self.cases:
            return [Choice(self.learner.kernel, UNTAUGHT_RIDGE)]
        trials = Trials.begin(self.learner, self.judges, self.everything.n_items)
        kernels, exponents = candidates.affordable(costs.trial_seconds(Counts.of(self.everything)))
        trials.try_kernels(kernels[1:])
        trials.climb()
        trials.try_kernels([replace(trials.best.kernel, exponent=each) for each in exponents[1:]])
        trials.climb()
        self.learner = trials.learner
        return trials.finalists(1 if len(self.learner.head) == len(self.learner.order) else 2)

    def learn(self, choices: list[Choice]) -> tuple[Choice, Sources]:
        """Learn from the users that are not held out, and choose among several choices by what is served of each."""
        learned = []
        for choice in choices:
            learner = self._of(choice.kernel)
            learned.append((choice, learner, learner.learn(choice.ridge)))
        if len(learned) > 1:
            learned.sort(key=lambda each: -self.judges.judge(each[2]))
        choice, self.learner, neighbours = learned[0]
        return choice, self._sources(neighbours, self.training)

    def _of(self, kernel: Kernel) -> Learner:
        return self.learner if kernel == self.learner.kernel else self.learner.with_kernel(kernel)

    def learn_all(self, choice: Choice, before: Sources) -> Sources:
        """Learn from all users."""
        neighbours = self.learner.learn_all(choice.ridge, paired(self.everything), before.discovery.neighbours)
        return self._sources(neighbours, self.everything)

    def _sources(self, neighbours: ItemMatrix, events: Interactions) -> Sources:
        return _sources(neighbours, events, discovery.strong_scores(neighbours, self.judges.owns))


def learn_chosen(events: Interactions, choice: Choice, scale: Floats) -> Sources:
    """Learn from all users what a search has chosen; `scale` (tempos,) is what a strong score is."""
    nobody = events.where(np.zeros(len(events), bool))
    learner = Learner.of(paired(events), nobody, choice.kernel, keeps_whole=True)
    return _sources(learner.learn(choice.ridge), events, scale)


def _sources(neighbours: ItemMatrix, events: Interactions, scale: Floats) -> Sources:
    users = distinct_users(events)
    return Sources(
        Discovery(neighbours, popularity_over_time.learn(events, users), scale),
        repeats.repeat_rates(events, users),
        repeats.usual_odds(len(events), users),
    )


def paired(events: Interactions) -> Interactions:
    """Return the events of which pairs are counted: a repeat is explained by itself, the matrix is for what is new."""
    return last_events(first_times(events), TAUGHT_EVENTS)


def _validation_users(data: TrainingData, seed: int) -> Indices:
    """Draw validation users by hash; the seed is moved on so that they are not the evaluation's."""
    users = int((np.diff(data.interactions.starts()) > 0).sum())
    count = candidates.validation_users(users)
    if count < blend.ENOUGH:
        return np.empty(0, np.int32)
    return evaluation.held_out(data.user_ids, data.interactions, seed=seed + 1, share=count / users)


def _is_open(query: Query) -> bool:
    """Whether the newest basket is asked to go on."""
    return bool(len(query.history_times)) and int(query.history_times[-1]) == query.now

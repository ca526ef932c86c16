"""Chooses how the item-item matrix is learned, on users held out inside the training data.

No single setting wins: the ridge, and how far the order of events counts, differ by data set. Both are judged by a
plain blend (`judges`), before any weight is learned; the counts of a kernel cost seconds, a ridge one factorisation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tastemaker.recipes.attributes import priors
from tastemaker.recipes.attributes.descriptions import Descriptions
from tastemaker.recipes.contract import Progress
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData
from tastemaker.recipes.histories import popularity_over_time, repeats
from tastemaker.recipes.histories.baskets import first_times, last_events
from tastemaker.recipes.histories.popularity import distinct_users
from tastemaker.recipes.matrix.kernels import Kernel
from tastemaker.recipes.matrix.learner import Learner, Pull
from tastemaker.recipes.matrix.neighbours import ItemMatrix
from tastemaker.recipes.matrix.whole import Whole
from tastemaker.recipes.measuring import evaluation
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.measuring.metrics import beyond_doubt
from tastemaker.recipes.personal import blend, candidates, costs, discovery
from tastemaker.recipes.personal.candidates import FIRST_RIDGE, RIDGES, UNTAUGHT_KERNEL, UNTAUGHT_RIDGE, Choice
from tastemaker.recipes.personal.discovery import Discovery
from tastemaker.recipes.personal.judges import Judges
from tastemaker.recipes.personal.panels import Sources

# What a user did longer ago than this many events teaches nothing measurable.
TAUGHT_EVENTS = 1000


@dataclass(slots=True)
class Fold:
    """Some validation users and what is learned without them; `training` are the events of all other users.

    `cases` ask for the newest tenth, `singles` for a basket in between, `opens` for the rest of a basket and what comes
    then, `firsts` for the first basket; `judges` choose. One of several folds `keeps` nothing that was counted: few
    users are counted quickly, and the matrices of many folds are large.
    """

    training: Interactions
    learner: Learner
    cases: list[Case]
    singles: list[Case]
    opens: list[Case]
    firsts: list[Case]
    judges: Judges
    keeps: bool = True
    pull: Pull | None = None

    @classmethod
    def of(cls, events: Interactions, users: Indices, seed: int, *, keeps: bool = True) -> Self:
        """Count what follows what among the others, and ask these users."""
        others = np.ones(events.n_users, bool)
        others[users] = False
        mask = others[events.users]
        training, validation = events.where(mask) if len(users) else events, events.where(~mask)
        kernel = candidates.KERNELS[0] if len(users) else UNTAUGHT_KERNEL
        learner = Learner.of(paired(training), paired(validation), kernel, keeps_whole=True)
        cases = evaluation.cases(events, users, whole_baskets=True)
        singles = evaluation.next_baskets(events, users, each=candidates.NEXT_BASKETS, seed=seed)
        opens = [case for case in evaluation.cases(events, users) if _is_open(case.query)]
        firsts = evaluation.first_baskets(events, users)
        judges = Judges.of([cases, singles, opens], candidates.judges(len(learner.head)))
        fold = cls(training, learner, cases, singles, opens, firsts, judges, keeps)
        fold.learner = fold.kept(learner)
        return fold

    def counted(self, kernel: Kernel) -> Learner:
        """Return what is counted with a kernel."""
        known = kernel == self.learner.kernel and self.learner.is_counted
        return self.learner if known else self.learner.with_kernel(kernel)

    def kept(self, learner: Learner) -> Learner:
        """Return a learner with what it has counted, as far as that is kept."""
        return learner if self.keeps else learner.uncounted()

    def learned(self, choice: Choice) -> tuple[Learner, ItemMatrix]:
        """Return the counts of a choice, and what is learned of them without these users."""
        learner = self.counted(choice.kernel)
        neighbours = learner.learn(choice.ridge)
        return self.kept(learner), neighbours

    def sources(self, neighbours: ItemMatrix, events: Interactions) -> Sources:
        """Return all that is learned from events beside a matrix."""
        return _sources(neighbours, events, discovery.strong_scores(neighbours, self.judges.owns))


@dataclass(slots=True)
class Trials:
    """What was tried among the head, and how good it was in the mean of all folds, which keep what the best counted."""

    folds: list[Fold]
    histories: list[Floats]
    best: Choice
    qualities: dict[Choice, float]

    @classmethod
    def begin(cls, folds: list[Fold]) -> Self:
        """Try what was counted first."""
        histories = [fold.judges.histories(fold.learner.head, fold.training.n_items) for fold in folds]
        trials = cls(folds, histories, Choice(folds[0].learner.kernel, FIRST_RIDGE), {})
        trials._try(trials.best)
        return trials

    def try_kernels(self, kernels: Iterable[Kernel]) -> None:
        """Count with other kernels, and judge each with the best ridge so far."""
        for kernel in kernels:
            self._try(Choice(kernel, self.best.ridge))

    def climb(self) -> None:
        """Go from one ridge to the next for as long as that is better."""
        better = True
        while better:
            step = RIDGES.index(self.best.ridge)
            near = RIDGES[max(0, step - 1) : step + 2]
            better = any(self._try(Choice(self.best.kernel, ridge)) for ridge in near)

    def finalists(self, count: int) -> list[Choice]:
        """Return the best choices."""
        return sorted(self.qualities, key=lambda each: -self.qualities[each])[:count]

    def _try(self, choice: Choice) -> bool:
        """Judge a choice, unless it was before, and return whether it is the best one now."""
        if choice in self.qualities:
            return False
        judged = [self._judged(*fold, choice) for fold in zip(self.folds, self.histories, strict=True)]
        self.qualities[choice] = float(np.mean([quality for quality, _ in judged]))
        if self.qualities[choice] <= self.qualities.get(self.best, -1.0):
            return False
        self.best = choice
        for fold, (_, learner) in zip(self.folds, judged, strict=True):
            fold.learner = learner
        return True

    @staticmethod
    def _judged(fold: Fold, histories: Floats, choice: Choice) -> tuple[float, Learner]:
        learner = fold.counted(choice.kernel)
        quality = fold.judges.judge_head(learner.head, learner.head_scores(histories, choice.ridge))
        return quality, fold.kept(learner)


@dataclass(slots=True)
class Search:
    """The state of one fit: all events, and the folds of validation users, each with what was counted so far.

    Where there are few users one fold of them is too few to choose by, so that others are held out in turn.
    """

    everything: Interactions
    folds: list[Fold]

    @classmethod
    def begin(cls, data: TrainingData, seed: int, progress: Progress) -> Self:
        """Draw the validation users, and count what follows what among the others."""
        progress(0.05, "counting what follows what")
        events = data.interactions
        groups = _validation_users(data, seed)
        return cls(events, [Fold.of(events, users, seed, keeps=len(groups) == 1) for users in groups])

    def choose(self) -> list[Choice]:
        """Return the kernel and the ridge that find best; two where the head may mislead, for there is more than it."""
        learner = self.folds[0].learner
        if not self.folds[0].cases:
            return [Choice(learner.kernel, UNTAUGHT_RIDGE)]
        trials = Trials.begin(self.folds)
        trial = costs.trial_seconds(Counts.of(self.everything))
        kernels, exponents = candidates.affordable(trial * len(self.folds))
        trials.try_kernels(kernels[1:])
        trials.climb()
        trials.try_kernels([replace(trials.best.kernel, exponent=each) for each in exponents[1:]])
        trials.climb()
        return trials.finalists(1 if len(learner.head) == len(learner.order) else 2)

    def learn(self, choices: list[Choice], rows: Descriptions | None = None) -> tuple[Choice, list[Sources]]:
        """Learn from all but the validation users, by fold, and choose among several choices by what each serves.

        What items are, in `rows`, pulls the matrix where that finds better beyond doubt.
        """
        learned = [[fold.learned(choice) for fold in self.folds] for choice in choices]
        best = 0 if len(choices) == 1 else int(np.argmax([self._served(each) for each in learned]))
        choice, matrices = choices[best], [neighbours for _, neighbours in learned[best]]
        for fold, (learner, _) in zip(self.folds, learned[best], strict=True):
            fold.learner = learner
        if rows is not None and self.folds[0].cases:
            choice, matrices = self._pulled(choice, matrices, rows)
        pairs = zip(self.folds, matrices, strict=True)
        return choice, [fold.sources(neighbours, fold.training) for fold, neighbours in pairs]

    def _pulled(self, choice: Choice, alone: list[ItemMatrix], rows: Descriptions) -> tuple[Choice, list[ItemMatrix]]:
        """Return the choice and the matrices with descriptions, or without unless they find better beyond doubt."""
        pulls = [_pull(fold.learner, each, fold.training, rows) for fold, each in zip(self.folds, alone, strict=True)]
        if None in pulls:
            return choice, alone
        pairs = zip(self.folds, pulls, strict=True)
        pulled = [fold.counted(choice.kernel).learn(choice.ridge, pull) for fold, pull in pairs]
        folds = zip(self.folds, pulled, alone, strict=True)
        gains = [fold.judges.values(those) - fold.judges.values(these) for fold, those, these in folds]
        if beyond_doubt(np.concatenate(gains)) <= 0:
            return choice, alone
        self.folds[0].pull = pulls[0]
        return replace(choice, pull=candidates.PULL), pulled

    def _served(self, learned: list[tuple[Learner, ItemMatrix]]) -> float:
        """Return what matrices find as they are served, in the mean of all folds."""
        matrices = zip(self.folds, learned, strict=True)
        return float(np.mean([fold.judges.judge(neighbours) for fold, (_, neighbours) in matrices]))

    def learn_all(self, choice: Choice, before: Sources) -> Sources:
        """Learn from all users; `before` is what the first fold has learned."""
        first = self.folds[0]
        learner = first.counted(choice.kernel)
        neighbours = learner.learn_all(choice.ridge, self._everyone, before.discovery.neighbours, first.pull)
        return first.sources(neighbours, self.everything)

    def _everyone(self) -> Interactions:
        return paired(self.everything)


def learn_chosen(events: Interactions, choice: Choice, scale: Floats, rows: Descriptions | None = None) -> Sources:
    """Learn from all users what a search has chosen; `scale` (tempos,) is what a strong score is."""
    nobody = events.where(np.zeros(len(events), bool))
    learner = Learner.of(paired(events), nobody, choice.kernel, keeps_whole=True)
    neighbours = learner.learn(choice.ridge)
    if choice.pull and rows is not None:
        neighbours = learner.learn(choice.ridge, _pull(learner, neighbours, events, rows))
    return _sources(neighbours, events, scale)


def _pull(learner: Learner, alone: ItemMatrix, events: Interactions, rows: Descriptions) -> Pull | None:
    """Return what descriptions expect of a matrix that was learned from events alone; None if it is not whole."""
    if not isinstance(alone, Whole):
        return None
    users, order = distinct_users(events), learner.order
    return Pull(priors.learn(rows, users, events.n_users, order, alone.among(order)), candidates.PULL)


def _sources(neighbours: ItemMatrix, events: Interactions, scale: Floats) -> Sources:
    users, counts = distinct_users(events), np.bincount(events.items, minlength=events.n_items)
    return Sources(
        Discovery(neighbours, popularity_over_time.learn(events, users), scale),
        repeats.repeat_rates(counts, users),
        repeats.usual_odds(len(events), users),
    )


def paired(events: Interactions) -> Interactions:
    """Return the events of which pairs are counted: a repeat is explained by itself, the matrix is for what is new."""
    return last_events(first_times(events), TAUGHT_EVENTS)


def _validation_users(data: TrainingData, seed: int) -> list[Indices]:
    """Draw the validation users of each fold by hash; the seed is moved on so that they are not the evaluation's."""
    events = data.interactions
    counts = Counts(len(events), int((np.diff(events.starts()) > 0).sum()), events.n_items)
    count, folds = candidates.validation_users(counts.users), costs.folds(counts)
    if count < blend.ENOUGH:
        return [np.empty(0, np.int32)]
    drawn = evaluation.held_out(data.user_ids, events, seed=seed + 1, share=count * folds / counts.users)
    dealt = np.random.default_rng(seed).permutation(len(drawn)) % folds
    return [drawn[dealt == fold] for fold in range(folds)]


def _is_open(query: Query) -> bool:
    """Whether the newest basket is asked to go on."""
    return bool(len(query.history_times)) and int(query.history_times[-1]) == query.now

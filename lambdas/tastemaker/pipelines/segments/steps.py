"""The steps of a batch segment job: fix the moment, find the users for every line of its input, say that it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import cast

import numpy as np

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.domain.training.rungs import CONTAINER
from tastemaker.errors import JobFailed, JobOutgrown
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.serving import verified
from tastemaker.pipelines.segments import recordings
from tastemaker.pipelines.segments.files import Files
from tastemaker.pipelines.segments.needs import BY_USER, KEPT, need_of
from tastemaker.pipelines.segments.questions import MOST_LINES, Question, member_of
from tastemaker.recipes.data import Indices, Mask
from tastemaker.serving.finding import Finder, Target
from tastemaker.serving.model import ServedModel
from tastemaker.store.ports import Record

# A function ends after 15 minutes without a word; this leaves time to store the answers and to say it ourselves.
_LONGEST = 13 * 60.0
_IDS_AT_ONCE = 50_000
_PREPARED = 0.1


def prepare(deps: Deps, work: Input) -> Input:
    """Fix the moment that the job is asked at, find out whether it can read and write at all, settle where it runs."""
    deps.progress(work["arn"], 0.0, "looking for the input")
    job = deps.resources.get(work["arn"])
    files = Files(deps.objects, job)
    sizes = files.sizes()
    files.probe()
    pinned = choosing.pin_of((job,))
    choosing.require_there(deps, pinned)
    return choosing.place(deps, {**work, "until": deps.clock()}, need_of(deps, job, sizes), pinned=pinned)


def run(deps: Deps, work: Input) -> Input:
    """Find the users for all lines; a job whose lines are all wrong leaves no output."""
    job = deps.resources.get(work["arn"])
    files, version, rule = Files(deps.objects, job), deps.resources.get(job["solutionVersionArn"]), _rule(deps, job)
    deps.progress(work["arn"], 0.01, "loading the model and what happened since")
    finder = _finder(deps, version, rule, work["until"])
    deps.progress(work["arn"], _PREPARED, "reading the lines")
    keys, ask = files.keys(), _Asker(finder, version["_recipe"]["name"], rule)
    questions = {key: [ask(text) for text in files.lines(key, most=ask.most)] for key in keys}
    _require_a_target([each for some in questions.values() for each in some])
    meter = _Meter(deps, work["arn"], sum(map(len, questions.values())), longest=_longest(work))
    for key, some in questions.items():
        files.store(key, keys, _answers(finder, some, job["numResults"], meter))
    return work


def publish(deps: Deps, work: Input) -> Input:
    """Say that the answers are there."""
    finish(deps, work, {"status": ACTIVE}, when=BUSY | {ACTIVE})
    return work


def _longest(work: Input) -> float:
    """Return the seconds after which a job goes on elsewhere; a container has its own end."""
    return inf if work.get("rung", {}).get("name") == CONTAINER else _LONGEST


@dataclass(frozen=True, slots=True)
class _Asker:
    """Reads the lines of one job."""

    finder: Finder
    recipe: str
    rule: Filter | None

    @property
    def member(self) -> str:
        """What a line names its target under."""
        return member_of(self.recipe)

    @property
    def most(self) -> int:
        """How many lines an object may have."""
        return MOST_LINES[self.member]

    def __call__(self, text: bytes) -> Question:
        return Question.of(text, self.finder, member=self.member, rule=self.rule)


def _finder(deps: Deps, version: Record, rule: Filter | None, until: float) -> Finder:
    group = version["datasetGroupArn"]
    serving = verified(deps, version["_artifact"], group, version["_recipe"])
    trained = deps.models.get(serving["artifact"])
    if not isinstance(trained, ServedModel):
        raise TypeError(f"{serving['artifact']['prefix']} is not a model that is served")
    if rule and (lacking := trained.lacks(rule)):
        raise JobFailed(f"The trained model has no data of {lacking[0]}: import it and train a new version.")
    begin = trained.recorded_before
    since = recordings.happened(deps, version, begin, until)
    items, people = (recordings.put(deps, group, type_, begin, until) for type_ in ("ITEMS", "USERS"))
    items = recordings.strangers(since, trained.artifact.item_ids, until) | items
    return Finder(trained.with_items(items) if items else trained, since, people)


def _rule(deps: Deps, job: Record) -> Filter | None:
    if "filterArn" not in job:
        return None
    return parse_filter(deps.resources.get(job["filterArn"])["filterExpression"])


def _require_a_target(questions: Sequence[Question]) -> None:
    """Fail a job whose input is of the wrong kind altogether."""
    if all(question.error for question in questions):
        reason = f"for the first: {questions[0].error}" if questions else "there are none."
        raise JobFailed(f"Not one of {len(questions)} lines could be answered; {reason}")


def _answers(finder: Finder, questions: Sequence[Question], count: int, meter: "_Meter") -> Iterator[bytes]:
    """Yield the answers in the order of the questions; as many are looked for at once as memory allows."""
    at_once = max(1, KEPT // (BY_USER * min(count, max(1, finder.n_users))))
    for first in range(0, len(questions), at_once):
        some = questions[first : first + at_once]
        found = iter(_found(finder, [each for each in some if not each.error], count, meter))
        for question in some:
            users = None if question.error else _ids(finder, next(found))
            yield from question.answer(users)
        meter.answered(len(some))


def _found(finder: Finder, questions: Sequence[Question], count: int, meter: "_Meter") -> list[Indices]:
    if not questions:
        return []
    masks = {rule: finder.allowed(rule) for rule in {each.rule for each in questions if each.rule}}
    targets = [cast("Target", each.target) for each in questions]
    allowed: list[Mask | None] = [masks[each.rule] if each.rule else None for each in questions]
    return finder.best(targets, count, allowed, lambda share: meter.looked(share * len(questions)))


def _ids(finder: Finder, users: Indices) -> Iterator[Sequence[str]]:
    for begin in range(0, len(users), _IDS_AT_ONCE):
        yield finder.names(np.asarray(users[begin : begin + _IDS_AT_ONCE]))


class _Meter:
    """Notes how far a job is, once a percent, and stops it before its function is stopped."""

    def __init__(self, deps: Deps, arn: str, lines: int, *, longest: float) -> None:
        self._deps, self._arn, self._lines = deps, arn, lines
        self._end = deps.clock() + longest
        self._done, self._percent = 0, -1

    def answered(self, lines: int) -> None:
        """Count lines that are answered."""
        self._done += lines
        self.looked(0)

    def looked(self, lines: float) -> None:
        """Note that so many more lines' worth of users were looked at."""
        if self._deps.clock() > self._end:
            raise JobOutgrown(
                f"The job had answered {self._done} of {self._lines} lines after {_LONGEST / 60:g} minutes, the most "
                "that a function may take; split the input into several jobs."
            )
        share = _PREPARED + (1 - _PREPARED) * (self._done + lines) / self._lines
        if int(share * 100) > self._percent:
            self._percent = int(share * 100)
            self._deps.progress(self._arn, min(share, 0.99), f"answered {self._done} lines")

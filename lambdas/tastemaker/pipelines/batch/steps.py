"""The steps of a batch inference job: answer every line of its input, then say that it is done."""

from pathlib import Path

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch.answers import Answer, LineAnswerer
from tastemaker.pipelines.batch.files import BatchFiles, lines
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.serving import verified
from tastemaker.serving.answerer import Answerer
from tastemaker.store.ports import Record

# A function ends after 15 minutes without a word; this leaves time to store the answers and to say it ourselves.
_LONGEST = 13 * 60.0


def run(deps: Deps, work: Input) -> Input:
    """Answer all lines on this machine first, then store the answers: a job that fails leaves none."""
    job = deps.resources.get(work["arn"])
    files = BatchFiles(deps.objects, job)
    deps.progress(work["arn"], 0.0, "looking for the input")
    sources = files.sources()
    files.probe()
    tally = _Tally(deps, work["arn"], sum(source.size for source in sources))
    answerer = _answerer(deps, job)
    with deps.workdir() as folder:
        for number, source in enumerate(sources):
            files.download(source, folder / "input")
            _answer_all(answerer, folder / "input", _answers(folder, number), tally)
        tally.require_an_answer()
        deps.progress(work["arn"], 0.97, "storing the answers")
        for number, source in enumerate(sources):
            files.upload(_answers(folder, number), source)
    return work


def publish(deps: Deps, work: Input) -> Input:
    """Say that the answers are there."""
    finish(deps, work, {"status": ACTIVE}, when=BUSY | {ACTIVE})
    return work


class _Tally:
    """Keeps count of a job's lines: notes progress once per percent, and stops before the function is stopped."""

    def __init__(self, deps: Deps, arn: str, total: int) -> None:
        self._deps, self._arn, self._total = deps, arn, total
        self._end = deps.clock() + _LONGEST
        self._read = self._lines = self._answered = 0
        self._percent = -1
        self._problem: str | None = None

    def add(self, size: int, answer: Answer) -> None:
        """Count a line of so many bytes."""
        self._read += size
        self._lines += 1
        self._answered += answer.error is None
        self._problem = self._problem or answer.error
        if self._deps.clock() > self._end:
            raise JobFailed(
                f"The job had answered {self._lines} lines after {_LONGEST / 60:g} minutes, the most that one job may "
                "take; split the input into several jobs."
            )
        percent = self._read * 96 // self._total
        if percent > self._percent:
            self._percent = percent
            self._deps.progress(self._arn, percent / 100, f"answered {self._lines} lines")

    def require_an_answer(self) -> None:
        """Fail a job whose input is of the wrong kind altogether."""
        if not self._answered:
            reason = f"for the first: {self._problem}" if self._problem else "there are none."
            raise JobFailed(f"Not one of {self._lines} lines could be answered; {reason}")


def _answers(folder: Path, number: int) -> Path:
    return folder / f"{number:04d}.out"


def _answerer(deps: Deps, job: Record) -> LineAnswerer:
    version = deps.resources.get(job["solutionVersionArn"])
    serving = verified(deps, version["_artifact"], version["datasetGroupArn"], version["_recipe"])
    model = deps.models.get(serving["artifact"])
    rule = None
    if "filterArn" in job:
        rule = parse_filter(deps.resources.get(job["filterArn"])["filterExpression"])
        if lacking := model.lacks(rule):
            raise JobFailed(f"The trained model has no data of {lacking[0]}: import it and train a new version.")
    recipe, exploring = version["_recipe"], Exploring(**job["_exploring"]) if job.get("_exploring") else None
    answerer = Answerer(model, recipe["name"], deps.events, serving["group"], exploring)
    return LineAnswerer(answerer, recipe, job.get("numResults"), rule, job["_arn"], strict=deps.config.strict)


def _answer_all(answerer: LineAnswerer, path: Path, target: Path, tally: _Tally) -> None:
    with target.open("wb") as out:
        for text in lines(path):
            answer = answerer.answer(text)
            out.write(answer.to_json())
            tally.add(len(text), answer)

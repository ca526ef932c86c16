"""The steps of a batch inference job: plan its parts, answer the lines of each, join the answers, say so."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tastemaker.domain.answers.exploration import Exploring
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.domain.resources.statuses import ACTIVE, BUSY
from tastemaker.errors import JobFailed
from tastemaker.pipelines.batch import live
from tastemaker.pipelines.batch.answers import LineAnswerer
from tastemaker.pipelines.batch.desks import GONE, Desk
from tastemaker.pipelines.batch.files import BatchFiles
from tastemaker.pipelines.batch.joining import Joining
from tastemaker.pipelines.batch.live import Recordings
from tastemaker.pipelines.batch.parts import Part
from tastemaker.pipelines.batch.plans import Plan
from tastemaker.pipelines.batch.themes import MOST_LINES, Themes
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.changes import finish
from tastemaker.pipelines.lifecycle.serving import loading, verified
from tastemaker.serving.answerer import Answerer
from tastemaker.store.ports import Record

# A function ends after 15 minutes without a word; this leaves time to store what is done and to be called again.
_LONGEST = 12 * 60.0
_NOTED_APART = 5.0  # seconds
# Shares of the whole job.
_ANSWERED = 0.95
# Of the parts that a Map of Step Functions works on at once.
_MOST_AT_ONCE = 40


def plan(deps: Deps, work: Input) -> Input:
    """Look at the input, the output and the model, and cut the input into parts; repeated, the plan stays as it is."""
    with _nothing_late(deps, work["arn"]):
        desk = Desk(deps, deps.resources.get(work["arn"]))
        outline = desk.plan() or _planned(deps, desk)
    at_once = min(_MOST_AT_ONCE, max(1, deps.config.batch_concurrency))
    return {**work, "parts": list(range(outline.parts)), "concurrency": at_once}


def answer(deps: Deps, work: Input) -> Input:
    """Answer the lines of one part, as many as one call can: `more` says that it is to be called again."""
    with _nothing_late(deps, work["arn"]):
        return _answer(deps, work)


@contextmanager
def _nothing_late(deps: Deps, arn: str) -> Iterator[None]:
    """Let a run that ends after its job, for Lambda had given it up and another took its place, leave nothing."""
    job = deps.resources.get(arn)
    try:
        yield
    finally:
        if (deps.resources.find(arn) or job)["status"] not in BUSY:
            Desk(deps, job).clear()


def _answer(deps: Deps, work: Input) -> Input:
    job = deps.resources.get(work["arn"])
    desk = Desk(deps, job)
    outline = _plan(desk)
    part = Part(desk, BatchFiles(deps.objects, job), outline, work["part"])
    if part.progress.done:
        return {**work, "more": False}
    meter = _Meter(deps, work["arn"], "answering", 0.0, _ANSWERED)
    before = min(len(desk.parts_begun()), outline.parts - 1)
    with closing(part.answer(_answerer(deps, job, outline, desk.news(outline)))) as shares:
        if meter.outlasts((before + share) / outline.parts for share in shares):
            part.keep()
    return {**work, "more": not part.progress.done}


def join(deps: Deps, work: Input) -> Input:
    """Store one object of answers for each input, as much as one call can; a job without any answer leaves none."""
    with _nothing_late(deps, work["arn"]):
        return _join(deps, work)


def _join(deps: Deps, work: Input) -> Input:
    job = deps.resources.get(work["arn"])
    desk = Desk(deps, job)
    outline = _plan(desk)
    joining = Joining(desk, BatchFiles(deps.objects, job), outline, desk.ends(outline.parts))
    joining.require_an_answer()
    meter = _Meter(deps, work["arn"], "storing the answers", _ANSWERED, 1.0)
    with closing(joining.join()) as shares:
        return {**work, "more": meter.outlasts(shares)}


def publish(deps: Deps, work: Input) -> Input:
    """Forget how the answers came about, and say that they are there: whoever is cut short before is begun anew."""
    Desk(deps, deps.resources.get(work["arn"])).clear()
    finish(deps, work, {"status": ACTIVE}, when=BUSY | {ACTIVE})
    return {name: value for name, value in work.items() if name not in {"parts", "more"}}


class _Meter:
    """Notes how far a step is between two shares of its job, and stops it before its function is stopped."""

    def __init__(self, deps: Deps, arn: str, phrase: str, low: float, high: float) -> None:
        self._deps, self._arn, self._phrase, self._low, self._high = deps, arn, phrase, low, high
        self._end = deps.clock() + _LONGEST
        self._noted = 0.0

    def outlasts(self, shares: Iterator[float]) -> bool:
        """Let a work go on that tells its share again and again; return whether its time was up before its end."""
        for share in shares:
            now = self._deps.clock()
            if now - self._noted >= _NOTED_APART:
                self._noted = now
                self._deps.progress(self._arn, self._low + (self._high - self._low) * share, self._phrase)
            if now > self._end:
                return True
        return False


def _planned(deps: Deps, desk: Desk) -> Plan:
    job, files = desk.job, BatchFiles(deps.objects, desk.job)
    deps.progress(job["_arn"], 0.0, "looking for the input")
    sources = files.sources(deps.config.quotas)
    files.probe()
    version = deps.resources.get(job["solutionVersionArn"])
    outline = Plan.of(deps.clock(), sources, MOST_LINES if "_themes" in job else None, version["_artifact"])
    verified(deps, version["_artifact"], version["datasetGroupArn"], version["_recipe"])
    model = _answerer(deps, job, outline, None).answerer.model
    desk.keep_plan(outline, live.news(deps.events, version["datasetGroupArn"], model.recorded_before))
    return _plan(desk)


def _plan(desk: Desk) -> Plan:
    outline = desk.plan()
    if outline is None:
        raise JobFailed(GONE)
    return outline


def _answerer(deps: Deps, job: Record, outline: Plan, news: live.Numbers | None) -> LineAnswerer:
    version = deps.resources.get(job["solutionVersionArn"])
    recipe, group = version["_recipe"], version["datasetGroupArn"]
    # A version may get another model while its jobs run.
    artifact = outline.artifact or version["_artifact"]
    with loading(artifact):
        model = deps.models.as_of(artifact, dataset_of(group, "ITEMS"), outline.moment)
    rule = None
    if "filterArn" in job:
        rule = parse_filter(deps.resources.get(job["filterArn"])["filterExpression"])
        if lacking := model.lacks(rule):
            raise JobFailed(f"The trained model has no data of {lacking[0]}: import it and train a new version.")
    exploring = Exploring(**job["_exploring"]) if job.get("_exploring") else None
    answerer = Answerer(model, recipe["name"], deps.events, group, exploring)
    recordings = Recordings(answerer, deps.records, outline.moment, news)
    themes = Themes.of(model, job["_themes"]) if "_themes" in job else None
    most, strict = job.get("numResults"), deps.config.strict
    influence = (job.get("batchInferenceJobConfig") or {}).get("rankingInfluence")
    arn = job["_arn"]
    return LineAnswerer(answerer, recordings, recipe, most, rule, arn, themes, strict=strict, influence=influence)

"""The steps of a training for which many machines count, before and after they do."""

from functools import partial

from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.lifecycle.readings import note_reading
from tastemaker.pipelines.training import peaks
from tastemaker.pipelines.training.assignments import about, assignment, recipe_of, spread_of
from tastemaker.pipelines.training.learned import learned
from tastemaker.pipelines.training.learning import learn
from tastemaker.pipelines.training.limits import check_assembling, check_memory
from tastemaker.pipelines.training.progress import reporter
from tastemaker.pipelines.training.quotes import predict_spread, with_truth
from tastemaker.pipelines.training.readings import read_fixed
from tastemaker.pipelines.training.spread.assembling import Assembly
from tastemaker.pipelines.training.spread.gathering import gathered_events, written
from tastemaker.pipelines.training.spread.places import SAMPLE, folder_of
from tastemaker.pipelines.training.storage import store_sample
from tastemaker.pipelines.training.updates import taken_over
from tastemaker.recipes.contract import share
from tastemaker.recipes.costs import Counts


def gather(deps: Deps, work: Input) -> Input:
    """Bring the chosen events to where Spark reads them, and choose with some users how it is to count."""
    peaks.forget()
    version, report = assignment(deps, work["arn"], work["change"]), reporter(deps, work["arn"])
    recipe = recipe_of(version)
    note_reading(deps, work)
    report(0.0, "gathering the events")
    work, gathered = read_fixed(deps, work, version, partial(gathered_events, deps, work, version))
    quote = predict_spread(deps, recipe, gathered.counts, version, work["rungs"])
    deps.note(work["arn"], {"_quote": quote})
    check_memory(deps.config, recipe, gathered.sample.interactions)
    outcome = learn(recipe, gathered.sample, version, taken_over(deps, version), share(report, 0.1, 0.5))
    store_sample(deps, f"{folder_of(work)}{SAMPLE}", recipe, gathered.sample, outcome)
    report(0.5, "counting on many machines")
    return {
        **work,
        "document": written(deps, work, recipe, gathered, outcome),
        "outcome": {"parameters": outcome.parameters, "tuned": outcome.tuned, "metrics": outcome.metrics},
        "learned": learned(outcome, gathered.sample, version) | {"events": gathered.counts.events},
        "quote": quote,
    }


def assemble(deps: Deps, work: Input) -> Input:
    """Solve what was counted, store the artifact, its manifest last."""
    peaks.forget()
    version, report = assignment(deps, work["arn"], work["change"]), reporter(deps, work["arn"])
    recipe = recipe_of(version)
    counts = Counts(*(work["quote"][name] for name in ("events", "users", "items")))
    check_assembling(deps.config, spread_of(recipe), counts)
    report(0.75, "reading what was counted")
    assembly = Assembly(deps, work, version, share(report, 0.8, 0.95))
    # What has replaced the snapshots meanwhile describes who took part, but its events were not counted.
    _, artifact = read_fixed(deps, work, version, assembly.stored)
    return {
        **work,
        "artifact": artifact,
        "metrics": work["outcome"]["metrics"],
        "tuned": work["outcome"]["tuned"],
        "quote": with_truth(work["quote"], deps.clock() - work["started"], work),
        "recipe": about(recipe),
        "columns": (version.get("solutionConfig") or {}).get("trainingDataConfig", {}),
    }

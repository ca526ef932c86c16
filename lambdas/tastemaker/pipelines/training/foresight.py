"""What a training will take, by the manifests of its snapshots alone: on which rung it begins."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from tastemaker.domain.training import automl, quotes
from tastemaker.domain.training.rungs import Need
from tastemaker.pipelines.archive.files import State, dataset_arn
from tastemaker.pipelines.datasets.snapshots import Manifest, read_manifest
from tastemaker.pipelines.deps import Deps, Input
from tastemaker.pipelines.ladder import choosing
from tastemaker.pipelines.training.assignments import is_to_choose, recipe_of, spread_of
from tastemaker.pipelines.training.learning import SEED, parameters_of
from tastemaker.pipelines.training.quotes import jobs_of, past_of
from tastemaker.pipelines.training.spread import legs
from tastemaker.recipes import catalog
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.measuring import forecast
from tastemaker.recipes.registry import get
from tastemaker.store.ports import Record

# Bytes of disk for each byte of the snapshots: these, what sorting them spills, and the model. It was 7,938 MB for 609
# (bench/results/ladder.txt).
_DISK = 13
# Of the events, the things and the users: the dataset's type, and the id that its events have.
_OF_ITEMS = ("INTERACTIONS", "ITEMS", "ITEM_ID")
_OF_ACTIONS = ("ACTION_INTERACTIONS", "ACTIONS", "ACTION_ID")


def placed(deps: Deps, work: Input, version: Record) -> Input:
    """Return a training's work with its rung: what its solution or recommender is tagged with, or the lowest."""
    solution = version.get("solutionArn")  # which a recommender does not have
    pinned = choosing.pin_of((deps.resources.find(solution) if solution else None, version))
    choosing.require_there(deps, pinned)
    manifests, alone = dict(_manifests(deps, work["snapshots"])), legs.why_alone(deps, version)
    filed = State.of(deps.resources.find(dataset_arn(version["datasetGroupArn"]))).gone
    read = sum(part.bytes for manifest in manifests.values() for part in manifest.parts)
    quote = (_contest if is_to_choose(version) else _training)(version, manifests, filed)
    need = need_of(quote, read, pace=quotes.pace(past_of(deps)))
    if alone:
        return choosing.place(deps, work, need, pinned=pinned, alone=alone)
    recipe, counts = recipe_of(version), _counts(manifests, _OF_ITEMS, filed)
    need = replace(need, spread=spread_of(recipe).counting_seconds(counts))
    work = choosing.place(deps, work, need, pinned=pinned)
    return legs.spread(deps, work, recipe, counts, read)


def need_of(quote: forecast.Quote, read: float, *, pace: float = 1.0) -> Need:
    """Return what a training takes that reads so many bytes of snapshots, on a machine of such a pace."""
    return Need(quote.memory / 2**20, quote.seconds * pace, _DISK * read / 2**30)


def _manifests(deps: Deps, snapshots: Mapping[str, str]) -> Iterator[tuple[str, Manifest]]:
    """Yield those that are there still: what is replaced meanwhile, the training itself reads anew."""
    for type_, key in snapshots.items():
        with suppress(FileNotFoundError):
            yield type_, read_manifest(deps.objects, deps.config.data_bucket, key)


def _training(version: Record, manifests: Mapping[str, Manifest], filed: int) -> forecast.Quote:
    recipe = recipe_of(version)
    is_of_actions = recipe.metadata.type == "PERSONALIZED_ACTIONS"
    counts = _counts(manifests, _OF_ACTIONS if is_of_actions else _OF_ITEMS, 0 if is_of_actions else filed)
    jobs = jobs_of(recipe, counts, parameters_of(version), version, SEED)
    return forecast.training(recipe, counts, jobs=jobs, update=version.get("trainingMode") == "UPDATE")


def _contest(version: Record, manifests: Mapping[str, Manifest], filed: int) -> forecast.Quote:
    config, counts = version.get("solutionConfig") or {}, _counts(manifests, _OF_ITEMS, filed)
    rows = automl.candidates(catalog.recipes(), config)
    recipes = [get(row["name"]) for row in rows if not automl.lacking(row, config)]
    tried = [(recipe, jobs_of(recipe, counts, {}, version, SEED)) for recipe in recipes]
    return forecast.contest(tried, counts) if tried else forecast.Quote(0.0, 0.0)


def _counts(manifests: Mapping[str, Manifest], names: tuple[str, str, str], filed: int) -> Counts:
    """Count at most what there is: who is described and never took part counts where there are more of those."""
    of_events, of_items, key = names
    events = manifests[of_events].stats if of_events in manifests else {}
    described = {type_: manifest.rows for type_, manifest in manifests.items()}
    users = max(events.get("distinct USER_ID", 0), described.get("USERS", 0))
    items = max(events.get(f"distinct {key}", 0), described.get(of_items, 0))
    # Of what was only recorded nobody knows yet whose it is.
    return Counts(max(1, events.get("rows", 0) + filed), max(1, users), max(1, items))

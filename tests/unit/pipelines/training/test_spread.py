"""The legs of a training by Spark: around what another has counted they make what one machine makes."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tastemaker.domain.resources.quotas import Quotas
from tastemaker.domain.training.rungs import Need, Rung
from tastemaker.errors import JobFailed
from tastemaker.pipelines.places import job_folder
from tastemaker.pipelines.training import steps
from tastemaker.pipelines.training.readings import snapshots_of
from tastemaker.pipelines.training.spread import legs
from tastemaker.pipelines.training.spread.steps import assemble, gather
from tastemaker.recipes.costs import Counts
from tastemaker.recipes.matrix import learner
from tests.counting import count
from tests.unit.pipelines.fakes import GROUP, HOME, INTERACTIONS, ITEMS, NOW, World, a_field, a_world

VERSION = f"{HOME}:solution/shop/1"
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
USERS = [a_field("USER_ID", "string"), a_field("AGE", ["null", "string"], categorical=True)]


def rows(at_once=2):
    """Eighty users with twenty events each, most of one of two genres, so many of them at every moment."""
    draw = np.random.default_rng(4)
    for user in range(80):
        for step in range(20):
            genre = user % 2 if draw.random() < 0.9 else draw.integers(2)
            item = 2 * int(25 * draw.random() ** 2) + genre
            yield f"u{user:02d},i{item:02d},{1_000_000 + 60 * user + 86_400 * (step // at_once)},View,{step}"


SPARK = {"tastemaker:rung": "spark"}


def filled(events=None, tags=None, **members):
    """A group with a version that is to be trained, whose datasets describe more than there are events of."""
    world = a_world()
    texts = {
        "INTERACTIONS": (INTERACTIONS, ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE", *(events or rows())]),
        "ITEMS": (
            ITEMS,
            ["ITEM_ID,GENRES,YEAR,DESCRIPTION", *(f"i{n:02d},g{n % 2}|all,{n},no {n}" for n in range(55))],
        ),
        "USERS": (USERS, ["USER_ID,AGE", *(f"u{n:02d},{'old' if n % 2 else 'young'}" for n in range(9, 85))]),
    }
    for type_, (columns, lines) in texts.items():
        world.put(f"{type_}.csv", "\n".join(lines))
        world.run(world.dataset(type_, columns), f"s3://bucket/{type_}.csv", name=type_)
    world.deps.resources.create({"_arn": GROUP, "_kind": "dataset-group", "_created": "1", "status": "ACTIVE"})
    for kind, arn in (("solution", VERSION.rpartition("/")[0]), ("solution-version", VERSION)):
        world.deps.resources.create(
            {
                "_arn": arn,
                "_kind": kind,
                "_parent": GROUP,
                "_created": "1",
                "_tags": tags or {},
                "status": "CREATE IN_PROGRESS",
                "datasetGroupArn": GROUP,
                "solutionArn": VERSION.rpartition("/")[0],
                "recipeArn": RECIPE,
                "trainingMode": "FULL",
                **members,
            }
        )
    return world.deps


def counted(deps, work, folder):
    """Do what Spark would, with the objects of the job as files."""
    text = deps.objects.read("data", work["document"]).decode().replace("s3://data/", f"{folder}/")
    for key, _, _ in deps.objects.list("data", job_folder(VERSION)):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        deps.objects.download("data", key, folder / key)
    result, before = count(json.loads(text)), len(str(folder)) + 1
    for path in Path(json.loads(text)["target"]).rglob("*.parquet"):
        deps.objects.write("data", str(path)[before:], path.read_bytes())
    deps.objects.write("data", work["document"].replace(".json", ".result.json"), json.dumps(result).encode())


def model(deps, work):
    """Return the arrays of a model by name."""
    prefix = work["artifact"]["prefix"]
    bodies = {
        key.removeprefix(prefix): deps.objects.read("models", key) for key, _, _ in deps.objects.list("models", prefix)
    }
    return {name: np.load(io.BytesIO(body)) for name, body in bodies.items() if name.endswith(".npy")}


def prepared(deps):
    return steps.prepare(deps, {"arn": VERSION, "change": "create"})


def spread(deps, folder):
    """Return the work of a training after all its legs."""
    work = gather(deps, prepared(deps))
    counted(deps, work, folder)
    return assemble(deps, work)


CASES = {
    "plain": ({}, 2),
    "order aside": ({"algorithmHyperParameters": {"apply_recency_bias": "false"}}, 2),
    "columns aside": ({"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"], "USERS": ["AGE"]}}}, 2),
    "events aside": ({"eventValueThreshold": "5"}, 2),
    "all at once": ({}, 20),
    "one by one": ({}, 1),
}


@pytest.mark.parametrize(("config", "at_once"), CASES.values(), ids=CASES)
def test_what_is_assembled_is_what_one_machine_learns(tmp_path, config, at_once):
    deps, alone = (filled(rows(at_once), tags, solutionConfig=config) for tags in (SPARK, {}))

    work = spread(deps, tmp_path)

    one = steps.fit(alone, prepared(alone))
    assert [leg["of"] for leg in work["legs"]] == ["training.gather", "spark", "training.assemble"]
    assert {name: work[name] for name in ("metrics", "tuned", "learned", "recipe")} == {
        name: one[name] for name in ("metrics", "tuned", "learned", "recipe")
    }
    expected = model(alone, one)
    for name, array in model(deps, work).items():
        equal(array, expected.pop(name), name)
    assert expected == {}


@pytest.mark.parametrize("full", [50, 15], ids=["long", "wide"])
def test_a_catalogue_with_a_tail_is_assembled(tmp_path, monkeypatch, full):
    monkeypatch.setattr(learner, "WHOLE", 10)
    monkeypatch.setattr(learner, "HEADS", ((0, 15),))
    monkeypatch.setattr(learner, "FULL", full)
    deps, alone = filled(tags=SPARK), filled()

    many, one = model(deps, spread(deps, tmp_path)), model(alone, steps.fit(alone, prepared(alone)))

    assert many.keys() == one.keys()
    assert "model_whole_values.npy" not in many
    for name, array in many.items():
        equal(array, one[name], name)


def equal(array, expected, name):
    """Numbers that were added up in another order differ in their last digit."""
    assert array.dtype == expected.dtype, name
    if array.dtype.kind == "U":
        np.testing.assert_array_equal(array, expected, err_msg=name)
    else:
        apart = 1 if name == "model_whole_values.npy" else 0 if array.dtype.kind == "i" else 1e-4
        np.testing.assert_allclose(array, expected, rtol=2e-3 if apart else 0, atol=apart, err_msg=name)


def test_of_a_sample_is_only_what_it_has_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(legs, "SAMPLED", 900)
    deps, alone = filled(tags=SPARK), filled()

    work = gather(deps, prepared(deps))

    sample = f"{job_folder(VERSION)}files/{NOW:.6f}/sample/history_items.npy"
    assert 600 < len(np.load(io.BytesIO(deps.objects.read("data", sample)))) < 1200
    assert (work["quote"]["events"], work["learned"]["events"]) == (1600, 1600)
    counted(deps, work, tmp_path)
    many, one = model(deps, assemble(deps, work)), model(alone, steps.fit(alone, prepared(alone)))
    for name in many:
        if name.startswith(("user_ids", "item_ids", "history_", "catalogue_", "model_trends", "model_rates")):
            equal(many[name], one[name], name)
    assert len(many["model_segments_starts.npy"]) == len(many["user_ids.npy"]) + 1


def test_an_import_while_spark_counts_is_not_what_was_learned(tmp_path):
    deps = filled(tags=SPARK)
    work = gather(deps, prepared(deps))
    counted(deps, work, tmp_path)
    deps.objects.write("bucket", "later.csv", b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\nnew,newer,1,View,1\n")
    World(deps).run(f"{HOME}:dataset/shop/INTERACTIONS", "s3://bucket/later.csv", name="later")

    made = assemble(deps, work)

    # It is by this that a schedule knows that there is something new.
    assert made["snapshots"] == work["snapshots"] != snapshots_of(deps, deps.resources.get(VERSION))
    assert "new" not in model(deps, made)["user_ids.npy"]
    assert len(model(deps, made)["history_items.npy"]) == 1600


def test_what_spark_refused_fails_the_training():
    deps = filled(tags=SPARK)
    work = gather(deps, prepared(deps))
    deps.objects.write("data", work["document"].replace(".json", ".result.json"), b'{"status": "REFUSED", "why": "?"}')

    with pytest.raises(JobFailed, match="Spark could not count the events"):
        assemble(deps, work)


def test_too_few_events_are_refused_as_by_one_machine():
    deps = filled(tags=SPARK)
    deps = replace(deps, config=replace(deps.config, quotas=Quotas.of({"training-interactions": 2_000})))

    with pytest.raises(JobFailed) as many:
        gather(deps, prepared(deps))
    with pytest.raises(JobFailed) as one:
        steps.fit(deps, prepared(deps))

    assert (
        str(many.value) == str(one.value) == "Create failed. Dataset has fewer than 2000 interactions. There are 1,600."
    )


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"recipeArn": RECIPE}, ""),
        ({"recipeArn": RECIPE.replace("user-personalization", "personalized-ranking")}, ""),
        ({"performAutoML": True}, "its recipe is chosen among several, each of which learns from all events"),
        ({"recipeArn": RECIPE, "performAutoML": True}, ""),
        ({"recipeArn": RECIPE.removesuffix("-v2")}, "aws-user-personalization learns from all events at once"),
        (
            {"recipeArn": "arn:aws:personalize:::recipe/aws-vod-top-picks"},
            "aws-vod-top-picks learns from all events at once",
        ),
        (
            {"recipeArn": RECIPE, "datasetGroupArn": f"{GROUP}-with-key"},
            "its dataset group has a key of its own, which Spark may not use",
        ),
    ],
)
def test_why_one_machine_does_it_alone(members, why):
    deps = filled()
    deps.resources.create({"_arn": f"{GROUP}-with-key", "_kind": "dataset-group", "_created": "2", "kmsKeyArn": "k"})

    assert legs.why_alone(deps, {"datasetGroupArn": GROUP, **members}) == why


def test_a_quote_of_spark_has_the_containers_around_it():
    work = prepared(filled(tags=SPARK))

    first, spark, last = (Rung.of(leg["rung"]) for leg in work["legs"])
    row = next(row for row in work["rungs"] if row["rung"] == "spark")
    assert row["cost"] > first.cost(0) + spark.cost(0) + last.cost(0)
    assert row["seconds"] > first.quoted(Need(0, 0))["seconds"] + last.quoted(Need(0, 0))["seconds"]


def test_a_sample_is_so_many_events_of_so_many_users():
    assert legs.share_of(0) == legs.share_of(legs.SAMPLED) == 1.0
    assert legs.share_of(4 * legs.SAMPLED) == 0.25
    assert legs.sample_of(Counts(4 * legs.SAMPLED, 1_000, 70)) == Counts(legs.SAMPLED, 250, 70)

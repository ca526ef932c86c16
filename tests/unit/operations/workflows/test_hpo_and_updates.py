"""What a search of hyperparameters and an UPDATE training leave on a version, as a boto3 client sees it."""

import hashlib
import json

import pytest

from tests.unit.operations.histories import shop

SIMS, V1, SIMILAR = "aws-sims", "aws-user-personalization", "aws-similar-items"
HPO = {
    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "3", "maxParallelTrainingJobs": "1"},
    "algorithmHyperParameterRanges": {
        "continuousHyperParameterRanges": [{"name": "popularity_discount_factor", "minValue": 0.1, "maxValue": 0.3}],
        "integerHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    },
}


@pytest.fixture
def shelves(build):
    """A dataset group with interactions, and its dataset."""
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    return group, dataset


def described(personalize, version):
    return personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]


def manifest_of(world, version):
    return world.manifest(version)


def update(world, personalize, solution):
    arn = personalize.create_solution_version(solutionArn=solution, trainingMode="UPDATE")["solutionVersionArn"]
    world.run()
    return arn


def test_a_search_reports_what_it_chose_inside_the_ranges_and_trains_with_it(world, personalize, build, shelves):
    config = {"hpoConfig": HPO, "algorithmHyperParameters": {"min_cointeraction_count": "2"}}
    version = build.version(build.solution(shelves[0], SIMS, performHPO=True, solutionConfig=config))

    reply = described(personalize, version)

    tuned = reply["tunedHPOParams"]["algorithmHyperParameters"]
    assert reply["performHPO"] is True
    assert reply["solutionConfig"] == config
    assert set(tuned) == {"popularity_discount_factor", "min_cointeraction_count"}
    assert 0.1 <= float(tuned["popularity_discount_factor"]) <= 0.3
    assert tuned["min_cointeraction_count"] == "2"
    assert manifest_of(world, version)["parameters"] == tuned


def test_without_a_search_nothing_is_said_to_be_tuned(personalize, build, shelves):
    given = {"popularity_discount_factor": "0.3"}
    version = build.version(build.solution(shelves[0], SIMS, solutionConfig={"algorithmHyperParameters": given}))

    reply = described(personalize, version)

    assert "tunedHPOParams" not in reply
    assert reply["solutionConfig"]["algorithmHyperParameters"] == given


def test_a_recipe_whose_tunable_parameters_have_no_counterpart_reports_their_values(personalize, build, shelves):
    version = build.version(build.solution(shelves[0], SIMILAR, performHPO=True))

    assert described(personalize, version)["tunedHPOParams"] == {
        "algorithmHyperParameters": {
            "popularity_discount_factor": "0.0",
            "item_id_hidden_dim": "100",
            "item_metadata_hidden_dim": "100",
        }
    }


def test_a_search_is_counted_in_the_quote(personalize, build, shelves):
    quotes = []
    for hpo in (False, True):
        version = build.version(build.solution(shelves[0], V1, performHPO=hpo))
        reply = personalize.describe_solution_version(solutionVersionArn=version)
        quotes.append(json.loads(reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-quote"]))

    assert quotes[1]["modelled"] > 1.1 * quotes[0]["modelled"]


def test_an_update_takes_over_what_the_newest_full_training_chose_and_knows_the_new_data(
    world, personalize, build, shelves
):
    group, dataset = shelves
    solution = build.solution(group, V1, performHPO=True)
    full = build.version(solution)
    build.imported(dataset, shop(users=70))

    version = update(world, personalize, solution)

    before, after = manifest_of(world, full), manifest_of(world, version)
    assert described(personalize, version)["status"] == "ACTIVE"
    assert after["files"]["user_ids"]["shape"] == [70]
    for key in ("kernel", "ridge", "weights"):
        assert after["settings"][key] == before["settings"][key]
    for name in ("model_own_weights", "model_new_weights"):
        assert after["files"][name]["sha256"] == before["files"][name]["sha256"]
    assert described(personalize, version)["tunedHPOParams"] == described(personalize, full)["tunedHPOParams"]


def test_an_update_has_the_metrics_of_the_full_training(world, personalize, build, shelves):
    group, dataset = shelves
    solution = build.solution(group, V1)
    full = build.version(solution)
    build.imported(dataset, shop(users=70))

    version = update(world, personalize, solution)

    metrics = [personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"] for arn in (full, version)]
    assert metrics[0] == metrics[1]


@pytest.mark.parametrize("harm", ["changed", "gone", "of another engine"])
def test_an_update_whose_older_model_cannot_be_read_trains_as_full(world, personalize, build, shelves, harm):
    solution = build.solution(shelves[0], V1)
    full = build.version(solution)
    [key] = [k for k in world.objects.objects if full.partition("solution/")[2] in k[1] and "own_weights" in k[1]]
    if harm == "gone":
        del world.objects.objects[key]
    elif harm == "changed":
        world.objects.objects[key] += b"x"
    else:
        world.resources.update(full, {"_artifact": renamed(world, full)})

    version = update(world, personalize, solution)

    reply = described(personalize, version)
    assert (reply["status"], reply["trainingMode"]) == ("ACTIVE", "UPDATE")
    assert personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    prefix = world.resources.get(version)["_artifact"]["prefix"]
    assert ("models", f"{prefix}evaluation.json") in world.objects.objects


def renamed(world, version):
    """Let a model be of a recipe that there no longer is."""
    artifact = world.resources.get(version)["_artifact"]
    manifest = {**manifest_of(world, version), "recipe": "aws-of-old"}
    text = json.dumps(manifest).encode()
    world.objects.write("models", f"{artifact['prefix']}manifest.json", text)
    return {**artifact, "sha256": hashlib.sha256(text).hexdigest()}

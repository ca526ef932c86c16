"""Erasing users from models: beside trainings, deployments and other deletions, cut short anywhere, and in vain."""

import copy
import json
from hashlib import sha256

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deletions import models
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.upkeep.steps import unanswering
from tests.dying import Killed
from tests.unit.operations.erasing import GONE, OTHERS, V2, Scene, stocked, with_her
from tests.unit.operations.errors import code, message
from tests.unit.operations.executions import Execution
from tests.unit.operations.histories import shop, visits
from tests.unit.operations.libraries import library_of, viewing
from tests.unit.operations.other_versions import as_stored_by_another_version

POPULAR = "aws-popularity-count"


@pytest.fixture
def group(build, once):
    return once(lambda: stocked(build))


@pytest.fixture
def scene(world, clients, build):
    return Scene(world, clients, build)


@pytest.fixture
def campaign(build, group):
    return build.campaign(build.version(build.solution(group, V2)))


def started(world) -> tuple[Execution, Deps]:
    """Take the workflow that was started last, to be moved on state by state."""
    return Execution(*world.workflows.started.pop()), Deps(**world.parts)


def until(execution: Execution, deps: Deps, state: str | None) -> None:
    while execution.at != state:
        execution.advance(deps)


class Fragile:
    """Lets the process die at one of the writes of objects and records, and counts them."""

    def __init__(self, world, monkeypatch) -> None:
        self.count, self.dies_at = 0, None
        for owner, names in ((world.objects, ("write", "delete")), (world.resources, ("update",))):
            for name in names:
                monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, function):
        def call(*arguments, **members):
            self.count += 1
            if self.count == self.dies_at:
                raise Killed
            return function(*arguments, **members)

        return call


def state_of(scene: Scene, campaign: str) -> dict:
    """All that an erasure is about, in a form to compare."""
    records = scene.world.resources
    objects = {key: body for (bucket, key), body in scene.world.objects.objects.items() if bucket == "models"}
    version = records.get(records.get(campaign)["solutionVersionArn"])
    return {
        "objects": objects,
        "serving": records.get(campaign)["_serving"],
        "artifact": version["_artifact"],
        "found": scene.found(GONE),
    }


def test_wherever_it_is_cut_short_it_ends_as_if_it_were_not(scene, build, monkeypatch):
    group = build.group()
    build.imported(build.dataset(group), with_her(shop(), "u1"))
    campaign = build.campaign(build.version(build.solution(group, POPULAR)))
    scene.erase(group)
    execution, deps = started(scene.world)
    until(execution, deps, "Strip")
    before, given = scene.world.copy(), copy.deepcopy((execution.work, execution.given))
    fragile = Fragile(scene.world, monkeypatch)
    until(execution, deps, None)
    expected = state_of(scene, campaign)
    assert expected["found"] == set()

    died = 0
    for dies_at in range(1, fragile.count + 1):
        scene.world = before.copy()
        execution, deps = Execution("deletion", {}), Deps(**scene.world.parts)
        execution.at, (execution.work, execution.given) = "Strip", copy.deepcopy(given)
        with monkeypatch.context() as patches:
            Fragile(scene.world, patches).dies_at = dies_at
            try:
                until(execution, deps, None)
            except Killed:
                died += 1
        until(execution, deps, None)
        assert state_of(scene, campaign) == expected, dies_at
    assert died == fragile.count > 20


def test_a_second_erasure_finds_nobody_and_changes_nothing(scene, group, campaign):
    first = scene.erased(group)
    before = state_of(scene, campaign)

    second = scene.erased(group)

    assert len(first["stripped"]) == 1
    assert (second["stripped"], second["retired"], second["models"]) == ([], [], [])
    assert state_of(scene, campaign) == before


def test_one_user_after_the_other_and_all_models_of_the_group(scene, group, build):
    solution = build.solution(group, V2)
    versions = [build.version(solution) for _ in range(2)]
    campaign = build.campaign(versions[1])
    scene.personalize.update_campaign(campaignArn=campaign, solutionVersionArn=versions[0])
    scene.world.run()
    before = scene.asked(V2, "u2", campaignArn=campaign)

    first, second = scene.erased(group), scene.erased(group, "u1", "u7")

    assert {model["arn"] for model in first["stripped"]} == set(versions)
    assert [model["users"] for model in second["stripped"]] == [2, 2]
    assert [m["before"] for m in second["stripped"]] == [m["after"] for m in first["stripped"]]
    assert scene.asked(V2, "u2", campaignArn=campaign) == before
    assert all(map(scene.is_replayed, before))  # the log names the model of before both
    record, artifacts = (
        scene.world.resources.get(campaign),
        [scene.world.resources.get(v)["_artifact"] for v in versions],
    )
    assert [each["_serving"]["artifact"] for each in (record, record["_before"])] == artifacts


def test_a_model_in_a_folder_without_a_digest_is_replaced_below_it(scene, group, build, world):
    version = build.version(build.solution(group, POPULAR))
    artifact = world.resources.get(version)["_artifact"]
    flat = f"{artifact['prefix'].rsplit('/', 2)[0]}/"
    for key, _, _ in world.objects.list("models", artifact["prefix"]):
        world.objects.write("models", f"{flat}{key.rpartition('/')[2]}", world.objects.read("models", key))
    world.objects.delete("models", artifact["prefix"])
    world.resources.update(version, {"_artifact": {**artifact, "prefix": flat}})
    campaign = build.campaign(version)
    before = scene.asked(POPULAR, "u2", campaignArn=campaign)

    told = scene.erased(group)
    world.cold_start()

    [row] = told["stripped"]
    assert row["before"] == flat
    assert row["after"].startswith(flat)
    assert scene.found(GONE) == set()
    assert scene.asked(POPULAR, "u2", campaignArn=campaign) == before
    assert all(map(scene.is_replayed, before))


def test_where_a_model_went_is_kept_as_long_as_anything_may_name_it(scene, group, campaign, world):
    scene.erased(group)
    [pointer] = [key for key, _, _ in world.objects.list("models", "") if key.endswith("successor.json")]

    scene.erased(group)
    assert world.objects.read("models", pointer)
    world.later(days=7.1)
    scene.erased(group)

    assert [key for key, _, _ in world.objects.list("models", "") if key.endswith("successor.json")] == []
    assert len(scene.ask(V2, "u2", campaignArn=campaign)["itemList"]) == 15


def test_a_process_gives_up_the_model_that_holds_her(scene, group, campaign):
    scene.asked(V2, "u2", campaignArn=campaign)
    shelf = scene.world.parts["models"]._models
    old = set(shelf._entries)

    scene.erased(group)
    scene.asked(V2, "u2", campaignArn=campaign)

    assert len(old) == 1
    assert old.isdisjoint(shelf._entries)


def test_what_it_was_measured_by_stays_without_her(scene, group, build):
    version = build.version(build.solution(group, V2))
    before = scene.personalize.get_evaluation(resourceArn=version)

    scene.erased(group)

    after = scene.personalize.get_evaluation(resourceArn=version)
    assert {name: after[name] for name in after if name != "ResponseMetadata"} == {
        name: before[name] for name in before if name != "ResponseMetadata"
    }


@pytest.mark.parametrize("damage", ["format", "file", "array", "ids", "evaluation"])
def test_a_model_that_cannot_be_read_is_removed(scene, group, campaign, damage):
    world, artifact = scene.world, scene.world.resources.get(campaign)["_serving"]["artifact"]
    if damage == "format":
        as_stored_by_another_version(world, campaign, format=1)
    elif damage == "file":
        world.objects.write("models", f"{artifact['prefix']}model_rates.npy", b"something else")
    elif damage == "array":
        world.objects.delete("models", f"{artifact['prefix']}model_rates.npy")
    else:
        name = "user_ids.npy" if damage == "ids" else "evaluation.npz"
        world.objects.write("models", f"{artifact['prefix']}{name}", b"")

    told = scene.erased(group)
    world.cold_start()

    [row] = told["retired"]
    assert (told["stripped"], told["models"], row["before"]) == ([], [], artifact["prefix"])
    assert "could not be read" in row["why"]
    assert row["users"] == (0 if damage in {"ids", "evaluation"} else 1)
    assert scene.found(GONE) == set()
    with pytest.raises(ClientError) as error:
        scene.ask(V2, "u2", campaignArn=campaign)
    assert code(error) == "InvalidInputException"
    assert f"the model was removed when users were deleted, for {row['why']}: train a new version" in message(error)
    [line] = unanswering(Deps(**world.parts), {})["unanswering"]
    assert "was removed when users were deleted" in line


def test_a_solution_that_trains_by_itself_replaces_a_removed_model(scene, group, build):
    solution = build.solution(group, V2, performAutoTraining=True)
    build.version(solution)
    campaign = build.campaign(f"{solution}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True})
    as_stored_by_another_version(scene.world, campaign, format=1)
    scene.erased(group)

    assert len(scene.world.look()) == 1
    scene.world.look()
    assert len(scene.ask(V2, "u2", campaignArn=campaign)["itemList"]) == 15
    assert scene.found(GONE) == set()


@pytest.mark.usefixtures("campaign")
def test_a_model_that_no_step_can_write_anew_is_removed_in_the_end(scene, group, monkeypatch):
    scene.erase(group)
    execution, deps = started(scene.world)
    until(execution, deps, "Strip")

    def killed(*_):
        raise Killed

    monkeypatch.setattr(models.erasing, "write_without", killed)
    for _ in range(3):
        with pytest.raises(Killed):
            execution.advance(deps)
    until(execution, deps, None)

    [row] = scene.receipt(execution.work["arn"])["retired"]
    assert row["why"] == "it could not be written anew in the time, memory and disk that a step has"
    assert scene.found(GONE) == set()


@pytest.mark.usefixtures("campaign")
@pytest.mark.parametrize("full", [OSError(28, "No space left on device"), MemoryError()])
def test_a_model_that_does_not_fit_is_removed(scene, group, monkeypatch, full):
    def fails(*_):
        raise full

    monkeypatch.setattr(models.erasing, "write_without", fails)

    assert len(scene.erased(group)["retired"]) == 1


@pytest.mark.usefixtures("campaign")
def test_a_fault_of_the_storage_removes_no_model(scene, group, monkeypatch):
    def refused(*_):
        raise PermissionError("s3://models")

    monkeypatch.setattr(models.erasing, "write_without", refused)
    arn = scene.erase(group)
    scene.world.run()

    job = scene.personalize.describe_data_deletion_job(dataDeletionJobArn=arn)["dataDeletionJob"]
    assert job["status"] == "FAILED"
    monkeypatch.undo()
    assert [model["users"] for model in scene.erased(group)["stripped"]] == [1]


def test_it_waits_for_a_training_that_has_read_before(scene, group, build):
    scene.personalize.create_solution_version(solutionArn=build.solution(group, POPULAR))
    training, deps = started(scene.world)
    until(training, deps, "Fit")
    reading = training.attempt  # its answer comes late

    def late():
        given = reading(deps)
        scene.erase(group)
        erasure, _ = started(scene.world)
        until(erasure, deps, "Strip")
        for _ in range(3):
            erasure.advance(deps)
        assert (erasure.at, erasure.given["more"]) == ("Strip", True)
        return given, erasure

    given, erasure = late()
    training.given, training.at = given, "Publish"
    until(training, deps, None)
    until(erasure, deps, None)

    told = scene.receipt(erasure.work["arn"])
    assert (told["training"], [model["users"] for model in told["stripped"]]) == ([], [1])
    assert scene.found(GONE) == set()


def test_it_does_not_wait_for_a_training_that_has_not_read_yet(scene, group, build):
    scene.personalize.create_solution_version(solutionArn=build.solution(group, POPULAR))
    training, deps = started(scene.world)
    until(training, deps, "Fit")

    told = scene.erased(group)
    until(training, deps, None)

    assert told["training"] == []
    assert scene.found(GONE) == set()


def test_what_a_training_has_left_half_stored_goes_too(scene, group, build, world):
    version = build.version(build.solution(group, POPULAR))
    prefix = world.resources.get(version)["_artifact"]["prefix"]
    home = prefix.rsplit("/", 2)[0]
    body = world.objects.read("models", f"{prefix}user_ids.npy")
    world.objects.write("models", f"{home}/0123456789abcdef/user_ids.npy", body)

    scene.erased(group)

    assert scene.found(GONE) == set()


def test_a_deployment_of_the_model_of_before_serves_the_one_of_after(scene, group, build):
    version = build.version(build.solution(group, V2))
    arn = scene.personalize.create_campaign(name="c", solutionVersionArn=version)["campaignArn"]
    deployment, deps = started(scene.world)
    until(deployment, deps, "Publish")

    scene.erased(group)
    until(deployment, deps, None)
    scene.world.cold_start()

    assert len(scene.ask(V2, "u2", campaignArn=arn)["itemList"]) == 15
    [hers] = scene.asked(V2, GONE, campaignArn=arn)
    assert [hers] == scene.asked(V2, "nobody-ever", campaignArn=arn)
    second = scene.erased(group)  # finds the record that the deployment wrote late
    assert second["stripped"] == []
    records = scene.world.resources
    assert records.get(arn)["_serving"]["artifact"] == records.get(version)["_artifact"]


@pytest.mark.usefixtures("campaign")
def test_two_erasures_take_turns(scene, group):
    first, second = scene.erase(group), scene.erase(group, "u1")
    later, deps = started(scene.world)
    sooner, _ = started(scene.world)
    for execution in (sooner, later):
        until(execution, deps, "Strip")
    sooner.attempt(deps)  # is at it, and its answer is lost
    later.advance(deps)
    assert later.given["more"] is True

    until(sooner, deps, None)
    until(later, deps, None)

    assert [len(scene.receipt(arn)["stripped"]) for arn in (first, second)] == [1, 1]
    assert scene.found(GONE) == set()
    assert not {key for key in scene.found("u1") if key.endswith("user_ids.npy")} & scene.found(GONE)


@pytest.mark.usefixtures("campaign")
def test_one_that_has_failed_keeps_no_other_from_its_turn(scene, group):
    scene.erase(group)
    failing, deps = started(scene.world)
    until(failing, deps, "Strip")
    failing.attempt(deps)
    failing.fail(deps, "Lambda.Unknown", "lost")

    assert scene.erased(group, "u1")["models"] == []


def test_what_serves_a_solution_that_is_deleted_meanwhile_leaves_nothing(scene, group, campaign, monkeypatch):
    write, once = models.erasing.write_without, []
    version = scene.world.resources.get(campaign)["solutionVersionArn"]

    def meanwhile(*given):
        if not once:
            once.append(given)
            for kind in (campaign, version, version.rpartition("/")[0]):
                scene.world.resources.delete(kind)
            scene.world.objects.delete("models", version.partition("solution/")[2].partition("/")[0])
        return write(*given)

    monkeypatch.setattr(models.erasing, "write_without", meanwhile)

    scene.erased(group)

    assert scene.world.objects.list("models", "") == []


def test_trends_stay_over_a_model_that_was_replaced(scene, build, world):
    group = library_of(build, with_her(viewing(), "u1"))
    arn = scene.personalize.create_recommender(
        name="r", datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-vod-trending-now"
    )["recommenderArn"]
    world.run()
    artifact = world.resources.get(arn)["_serving"]["artifact"]
    body = json.dumps({"rising": ["i30"], "falling": []}).encode()
    world.objects.write("models", "trends.recommender.r/1.json", body)
    trends = {"of": artifact["sha256"], "moment": 1.0, "key": "trends.recommender.r/1.json"}
    world.resources.update(arn, {"_trends": {**trends, "sha256": sha256(body).hexdigest()}})
    before = scene.asked("aws-vod-trending-now", *OTHERS, recommenderArn=arn)
    assert before[0]["itemList"][0]["itemId"] == "i30"

    scene.erased(group)

    assert scene.asked("aws-vod-trending-now", *OTHERS, recommenderArn=arn) == before


def test_of_a_context_that_only_she_has_told_nothing_is_left(scene, build, clients):
    part, own, recorded = (
        {"name": "DAY_PART", "type": ["null", "string"], "categorical": True},
        "her hour",
        "their hour",
    )
    group = build.group()
    hers = "".join(f"{GONE},i{place},{1_700_000_000 + place},{own},1\n" for place in range(20))
    build.imported(build.dataset(group, "Interactions", part, {"name": "FLOOR", "type": "int"}), visits() + hers)
    tracker = build.tracker(group)
    for user in (GONE, "u1"):
        event = {"eventType": "visit", "sentAt": 1_700_000_000, "itemId": "i1"}
        told = json.dumps({"dayPart": f"{recorded}|{own}" if user == GONE else recorded, "floor": 1})
        clients.personalize_events.put_events(
            trackingId=tracker, sessionId=user, userId=user, eventList=[{**event, "properties": told}]
        )
    build.version(build.solution(group, V2))
    assert {key.rpartition("/")[2] for key in scene.found(own)} >= {"model_contexts_values.npy"}

    scene.erased(group)

    assert scene.found(own) == set()
    assert {key.rpartition("/")[2] for key in scene.found(recorded)} == {"model_contexts_values.npy"}

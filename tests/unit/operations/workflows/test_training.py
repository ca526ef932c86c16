"""From CSV to campaign, through real boto3 clients and the real steps, on stores that are dictionaries."""

import copy
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tastemaker.errors import JobStopped
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.errors import code, message
from tests.unit.operations.executions import Execution
from tests.unit.operations.histories import shop


@pytest.fixture
def trained(build, once):
    """A dataset group with interactions and one trained version."""
    return once(lambda: stocked_and_trained(build))


def stocked_and_trained(build):
    group = build.stocked()
    return group, build.version(build.solution(group, "aws-user-personalization-v2"))


def test_an_import_job_is_active_when_its_rows_are_in_a_snapshot(personalize, build):
    dataset = build.dataset()

    job = build.imported(dataset, shop())

    described = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "ACTIVE"
    assert described["importMode"] == "FULL"
    assert personalize.list_dataset_import_jobs(datasetArn=dataset)["datasetImportJobs"][0]["status"] == "ACTIVE"


def test_a_bad_row_fails_the_import_as_a_whole_and_is_named(personalize, build):
    job = build.imported(build.dataset(), shop() + "u1,i1,yesterday\n")

    described = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    for part in ("data.csv", "1202", "TIMESTAMP", "yesterday"):
        assert part in described["failureReason"]


def test_a_missing_file_fails_the_import_in_the_real_services_words(world, personalize, build):
    arn = personalize.create_dataset_import_job(
        jobName="j", datasetArn=build.dataset(), dataSource={"dataLocation": "s3://bucket/nothing.csv"}
    )["datasetImportJobArn"]
    world.run()

    described = personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"].startswith("Invalid Data location. There is no object s3://")


def test_training_without_enough_data_fails_with_a_reason(personalize, build):
    group = build.group()
    build.imported(build.dataset(group), "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1700000000\n")

    version = build.version(build.solution(group))

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "CREATE FAILED"
    assert "1000" in described["failureReason"]


def test_a_trained_version_has_metrics_under_amazons_names(personalize, trained):
    _, version = trained

    metrics = personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]

    assert set(metrics) == {
        "coverage",
        "mean_reciprocal_rank_at_25",
        *(f"{name}_at_{k}" for name in ("normalized_discounted_cumulative_gain", "precision") for k in (5, 10, 25)),
    }
    assert all(0 <= value <= 1 for value in metrics.values())


def test_a_version_copies_its_solution_and_is_its_newest(personalize, trained):
    _, version = trained

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    solution = personalize.describe_solution(solutionArn=described["solutionArn"])["solution"]

    assert described["recipeArn"].endswith("aws-user-personalization-v2")
    assert described["trainingType"] == "MANUAL"
    assert solution["latestSolutionVersion"]["solutionVersionArn"] == version
    assert solution["status"] == "ACTIVE"


def test_metrics_of_a_version_in_training_are_refused(personalize, build):
    solution = build.solution(build.group())
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.get_solution_metrics(solutionVersionArn=version)


def test_a_campaign_recommends_what_the_users_half_buys(clients, build, trained):
    campaign = build.campaign(trained[1])

    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", numResults=10)

    assert {int(item["itemId"][1:]) >= 20 for item in reply["itemList"]} == {True}
    assert reply["recommendationId"].startswith("RID-")
    scores = [item["score"] for item in reply["itemList"]]
    assert scores == sorted(scores, reverse=True)


def test_an_event_changes_the_next_answer(clients, world, personalize, build, trained):
    group, version = trained
    campaign = build.campaign(version)
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)
    world.run()

    def ask():
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="newcomer", numResults=5)
        return [item["itemId"] for item in reply["itemList"]]

    before = ask()
    clients.personalize_events.put_events(
        trackingId=tracker["trackingId"],
        userId="newcomer",
        sessionId="s",
        eventList=[{"eventType": "buy", "sentAt": 1_750_000_000 + n, "itemId": f"i{20 + n}"} for n in range(3)],
    )

    assert ask() != before
    assert all(int(item[1:]) >= 20 for item in ask())


def test_an_unknown_tracker_is_invalid_input(clients):
    with pytest.raises(ClientError) as error:
        clients.personalize_events.put_events(
            trackingId="00000000-0000", sessionId="s", eventList=[{"eventType": "x", "sentAt": 1, "itemId": "i"}]
        )

    assert code(error) == "InvalidInputException"


def test_the_item_of_an_event_may_stand_in_its_properties(clients, world, personalize, build):
    group = build.group()
    build.dataset(group)
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)
    world.run()

    clients.personalize_events.put_events(
        trackingId=tracker["trackingId"],
        sessionId="s",
        eventList=[{"eventType": "x", "sentAt": 1, "properties": '{"ITEMid": "270"}'}],
    )

    assert [event["item_id"] for event in world.events.history(group, "s", limit=5)] == ["270"]


def test_a_ranking_keeps_unknown_items_last_and_without_score(clients, build, trained):
    campaign = build.campaign(trained[1])

    reply = clients.personalize_runtime.get_personalized_ranking(
        campaignArn=campaign, userId="u1", inputList=["new", "i3", "i25", "i30"]
    )

    ranking = reply["personalizedRanking"]
    assert ranking[-1] == {"itemId": "new"}
    assert {item["itemId"] for item in ranking[:2]} == {"i25", "i30"}
    assert sum(item.get("score", 0) for item in ranking) == pytest.approx(1, abs=1e-5)


def test_a_campaign_that_is_not_active_is_not_found_at_runtime(clients, personalize, trained):
    arn = personalize.create_campaign(name="early", solutionVersionArn=trained[1])["campaignArn"]

    with pytest.raises(ClientError) as error:
        clients.personalize_runtime.get_recommendations(campaignArn=arn, userId="u")

    assert code(error) == "ResourceNotFoundException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_an_update_serves_the_old_version_until_it_is_done(world, personalize, build, trained):
    _, old = trained
    campaign = build.campaign(old)
    solution = personalize.describe_solution_version(solutionVersionArn=old)["solutionVersion"]["solutionArn"]
    new = build.version(solution)

    personalize.update_campaign(campaignArn=campaign, solutionVersionArn=new)

    under_way = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    world.run()
    done = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert (under_way["status"], under_way["solutionVersionArn"]) == ("ACTIVE", old)
    assert under_way["latestCampaignUpdate"]["status"] == "CREATE PENDING"
    assert (done["status"], done["solutionVersionArn"]) == ("ACTIVE", new)
    assert done["latestCampaignUpdate"]["status"] == "ACTIVE"


def test_an_update_that_changes_nothing_is_refused(personalize, build, trained):
    campaign = build.campaign(trained[1])

    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=1)


def test_a_changed_artifact_is_refused_by_its_checksum(world, personalize, build, trained):
    key = next(key for key in world.objects.objects if key[1].endswith("item_ids.npy"))
    world.objects.objects[key] += b"x"

    campaign = build.campaign(trained[1])

    described = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert described["status"] == "CREATE FAILED"
    assert "SHA-256" in described["failureReason"]


def test_things_are_deleted_from_the_campaign_upwards(world, personalize, build, trained):
    group, version = trained
    solution = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["solutionArn"]
    campaign = build.campaign(version)
    dataset = personalize.list_datasets(datasetGroupArn=group)["datasets"][0]["datasetArn"]
    steps = [
        lambda: personalize.delete_campaign(campaignArn=campaign),
        lambda: personalize.delete_solution(solutionArn=solution),
        lambda: personalize.delete_dataset(datasetArn=dataset),
        lambda: personalize.delete_dataset_group(datasetGroupArn=group),
    ]

    for blocked in steps[1:]:
        with pytest.raises(personalize.exceptions.ResourceInUseException):
            blocked()
    for step in steps:
        step()
        world.run()

    assert personalize.list_dataset_groups()["datasetGroups"] == []
    assert [key for bucket, key in world.objects.objects if bucket in {"data", "models"}] == []


def test_a_solution_names_a_recipe_that_can_be_trained(build):
    with pytest.raises(ClientError) as error:
        build.solution(build.group(), "aws-no-such-recipe")

    assert code(error) == "ResourceNotFoundException"
    assert "aws-no-such-recipe" in message(error)


def test_a_training_whose_data_is_replaced_reads_what_is_there_then(world, personalize, build):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    download, once = world.objects.download, []

    def replaced(bucket: str, key: str, path: Path) -> None:
        if key.endswith(".parquet") and not once:
            once.append(key)
            build.imported(dataset, shop(users=70))
        download(bucket, key, path)

    world.objects.download = replaced
    version = build.version(build.solution(group))

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    manifest = world.manifest(version)
    assert described["status"] == "ACTIVE"
    assert manifest["snapshots"] == {"INTERACTIONS": world.resources.get(dataset)["_snapshot"]}
    assert manifest["files"]["user_ids"]["shape"] == [70]


def test_a_training_that_runs_twice_leaves_the_model_that_serves_as_it_is(clients, world, personalize, build):
    """Step Functions asks again where an answer was lost; the second run need not give the same bytes."""
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    solution = build.solution(group, "aws-popularity-count")
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    execution, deps = Execution(*world.workflows.started.pop()), Deps(**world.parts)
    while execution.at != "Fit":
        execution.advance(deps)
    late = copy.deepcopy(execution)
    execution.advance(deps)

    build.imported(dataset, shop(users=70))  # so the run that is late learns something else
    other = late.attempt(deps)["artifact"]
    while not execution.ended:
        execution.advance(deps)
    campaign = build.campaign(version)
    artifact = world.resources.get(version)["_artifact"]
    world.cold_start()
    answer = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", numResults=5)

    assert len(answer["itemList"]) == 5
    assert other["sha256"] != artifact["sha256"]
    assert world.resources.get(version)["_artifact"] == artifact


@pytest.mark.parametrize("state", ["Prepare", "Fit"])
def test_a_step_that_comes_after_the_end_of_its_training_changes_nothing(world, personalize, build, state):
    """Lambda gave it up, and another run took its place; what it noted would be taken for what the model has read."""
    solution = build.solution(build.stocked(), "aws-popularity-count")
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    execution, deps = Execution(*world.workflows.started.pop()), Deps(**world.parts)
    while execution.at != state:
        execution.advance(deps)
    late = copy.deepcopy(execution)
    while not execution.ended:
        execution.advance(deps)
    before = world.resources.get(version)

    with pytest.raises(JobStopped):
        late.attempt(deps)

    assert world.resources.get(version) == before


@pytest.mark.parametrize(
    "recipe",
    [
        "aws-user-personalization-v2",
        "aws-user-personalization",
        "aws-personalized-ranking-v2",
        "aws-personalized-ranking",
        "aws-similar-items",
        "aws-sims",
        "aws-trending-now",
        "aws-popularity-count",
        "aws-hrnn",
        "aws-hrnn-metadata",
        "aws-hrnn-coldstart",
    ],
)
@pytest.mark.parametrize("users", [1, 3])
def test_where_a_deployment_needs_no_more_a_handful_of_events_is_enough(world, clients, build, recipe, users):
    world.allow(training_interactions=2, training_users=1)
    group = build.group()
    rows = [f"u{user},i{(user + turn) % users},{1_700_000_000 + turn}" for user in range(users) for turn in range(2)]
    build.imported(build.dataset(group), "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]))

    version = build.version(build.solution(group, recipe))

    described = clients.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "ACTIVE", described.get("failureReason")
    build.campaign(version)

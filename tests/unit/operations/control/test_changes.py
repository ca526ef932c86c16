"""Updates and stops: what changes, when it is seen, and what refuses."""

import pytest

from tests.unit.operations.histories import shop


def test_a_training_that_has_not_begun_stops_at_once(world, personalize, build):
    solution = build.solution(build.group())
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    personalize.stop_solution_version_creation(solutionVersionArn=version)
    world.run()

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "CREATE STOPPED"
    assert "failureReason" not in described


def test_a_training_under_way_stops_at_its_next_step(world, personalize, build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    version = personalize.create_solution_version(solutionArn=build.solution(group))["solutionVersionArn"]
    world.resources.update(version, {"status": "CREATE IN_PROGRESS"})

    personalize.stop_solution_version_creation(solutionVersionArn=version)

    stopping = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["status"]
    world.resources.update(version, {"status": "CREATE IN_PROGRESS"})
    world.stop_at_first_progress(version)
    world.run()

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert (stopping, described["status"]) == ("CREATE STOPPING", "CREATE STOPPED")


def test_a_finished_training_cannot_be_stopped(personalize, build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    version = build.version(build.solution(group))

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.stop_solution_version_creation(solutionVersionArn=version)


def test_an_items_dataset_takes_a_wider_schema(world, personalize, build):
    dataset = build.dataset(type_="Items")
    wider = build.schema("Items", {"name": "SIZE", "type": ["null", "int"]})

    personalize.update_dataset(datasetArn=dataset, schemaArn=wider)

    under_way = personalize.describe_dataset(datasetArn=dataset)["dataset"]
    world.run()
    done = personalize.describe_dataset(datasetArn=dataset)["dataset"]
    assert under_way["schemaArn"] != wider == done["schemaArn"]
    assert under_way["latestDatasetUpdate"]["status"] == "CREATE PENDING"
    assert (done["status"], done["latestDatasetUpdate"]["status"]) == ("ACTIVE", "ACTIVE")


def test_a_schema_that_drops_a_field_replaces_none(personalize, build):
    dataset = build.dataset(type_="Items")
    narrower = build.schema("Users")

    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.update_dataset(datasetArn=dataset, schemaArn=narrower)


def test_a_solutions_training_plan_may_change(world, personalize, build):
    solution = build.solution(build.group(), performAutoTraining=False)

    personalize.update_solution(
        solutionArn=solution,
        performAutoTraining=True,
        solutionUpdateConfig={"autoTrainingConfig": {"schedulingExpression": "rate(3 days)"}},
    )
    world.run()

    described = personalize.describe_solution(solutionArn=solution)["solution"]
    assert described["performAutoTraining"] is True
    assert described["solutionConfig"]["autoTrainingConfig"] == {"schedulingExpression": "rate(3 days)"}
    assert described["latestSolutionUpdate"]["status"] == "ACTIVE"


def test_a_sync_needs_the_latest_version(personalize, build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    version = build.version(build.solution(group))
    sync = {"syncWithLatestSolutionVersion": True}

    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.create_campaign(name="c", solutionVersionArn=version, campaignConfig=sync)

    latest = version.rpartition("/")[0] + "/$LATEST"
    campaign = build.campaign(latest, campaignConfig=sync)
    assert personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"] == version

"""Automatic training through the deployed rule, its role's machine, and the functions."""

from tests.integration.client import readings
from tests.processes import until

RECIPE = "arn:aws:personalize:::recipe/aws-popularity-count"
SYNC = {"syncWithLatestSolutionVersion": True}


def test_a_solution_trains_by_itself_and_its_campaign_follows(client, look):
    group = client.group()
    client.imported(client.dataset(group), readings())
    solution = client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=RECIPE)["solutionArn"]
    versions = client.personalize.list_solution_versions

    look()
    until(lambda: versions(solutionArn=solution)["solutionVersions"])
    [first] = versions(solutionArn=solution)["solutionVersions"]
    trained = client.settled("solutionVersion", first["solutionVersionArn"])
    campaign = client.personalize.create_campaign(
        name="next", solutionVersionArn=f"{solution}/$LATEST", campaignConfig=SYNC
    )["campaignArn"]
    client.settled("campaign", campaign)
    second = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    assert (trained["status"], trained["trainingType"]) == ("ACTIVE", "AUTOMATIC")
    assert client.settled("solutionVersion", second)["status"] == "ACTIVE"
    until(lambda: client.settled("campaign", campaign)["solutionVersionArn"] == second)
    assert client.books(campaign, "reader-1")


def test_a_stopped_training_ends_its_execution_without_an_error(client, tastemaker):
    states = tastemaker.client("stepfunctions")
    group = client.group()
    client.imported(client.dataset(group), readings())
    solution = client.personalize.create_solution(name="next", datasetGroupArn=group, recipeArn=RECIPE)["solutionArn"]
    version = client.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    client.personalize.stop_solution_version_creation(solutionVersionArn=version)

    assert client.settled("solutionVersion", version)["status"] == "CREATE STOPPED"
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:tastemaker-training"
    until(lambda: states.list_executions(stateMachineArn=machine)["executions"][0]["status"] != "RUNNING")
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    stored = client.s3.list_objects_v2(Bucket="tastemaker-models-123456789012-us-east-1")
    assert execution["status"] == "SUCCEEDED"
    assert "Contents" not in stored

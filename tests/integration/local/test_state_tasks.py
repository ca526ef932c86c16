"""Step Functions' AWS SDK tasks for Personalize reach our service, with the names and errors that AWS has."""

import json

import pytest

from tests.integration.client import Client, readings
from tests.processes import SCHEMA, until

ROLE = "arn:aws:iam::123456789012:role/any"
HOME = "arn:aws:personalize:us-east-1:123456789012:"
STATES = "arn:aws:states:us-east-1:123456789012:"
SDK = "arn:aws:states:::aws-sdk:"


@pytest.fixture
def run(tastemaker):
    """Run states one after the other, and return how the execution ended."""
    states = tastemaker.client("stepfunctions")

    def execute(*tasks, **members):
        named = {f"{number}": {"Type": "Task", **task} for number, task in enumerate(tasks)}
        for number, state in enumerate(named.values(), 1):
            if "Next" not in state:
                state.update({"End": True} if number == len(named) else {"Next": str(number)})
        definition = json.dumps({"StartAt": "0", "States": named | members})
        machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
        ended = states.describe_execution(executionArn=execution)
        states.delete_state_machine(stateMachineArn=machine)
        return ended

    return execute


def task(action, service="personalize", **parameters):
    return {"Resource": f"{SDK}{service}:{action}", "Parameters": parameters}


def test_what_a_task_makes_is_there(tastemaker, run):
    ended = run(task("createSchema", Name="s", Schema=SCHEMA))

    arn = json.loads(ended["output"])["SchemaArn"]
    assert (ended["status"], arn) == ("SUCCEEDED", f"{HOME}schema/s")
    assert tastemaker.client("personalize").describe_schema(schemaArn=arn)["schema"]["schema"] == SCHEMA


def test_a_machine_makes_a_group_and_asks_until_it_is_active(run):
    describe = task("describeDatasetGroup") | {"Parameters": {"DatasetGroupArn.$": "$.DatasetGroupArn"}}
    choice = {"Variable": "$.Group.DatasetGroup.Status", "StringEquals": "ACTIVE", "Next": "Done"}

    ended = run(
        task("createDatasetGroup", Name="shop", Tags=[{"TagKey": "a", "TagValue": "b"}]),
        describe | {"ResultPath": "$.Group", "Next": "Ready"},
        Ready={"Type": "Choice", "Choices": [choice], "Default": "1"},
        Done={"Type": "Succeed"},
    )

    group = json.loads(ended["output"])["Group"]["DatasetGroup"]
    assert (group["Name"], group["Status"], group["DatasetGroupArn"]) == ("shop", "ACTIVE", f"{HOME}dataset-group/shop")


def test_lists_and_their_parts_have_the_names_of_step_functions(run):
    listed = json.loads(run(task("createDatasetGroup", Name="shop"), task("listDatasetGroups", MaxResults=5))["output"])

    assert [group["Name"] for group in listed["DatasetGroups"]] == ["shop"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (task("describeSchema", SchemaArn=f"{HOME}schema/no"), "Personalize.ResourceNotFoundException"),
        (task("createSchema", Name="s", Schema="nonsense"), "Personalize.InvalidInputException"),
        (
            task("getRecommendations", "personalizeruntime", CampaignArn=f"{HOME}campaign/no", UserId="u"),
            "PersonalizeRuntime.ResourceNotFoundException",
        ),
        (
            task("putEvents", "personalizeevents", TrackingId="no", SessionId="s", EventList=[
                {"EventType": "view", "SentAt": "2026-01-01T00:00:00Z", "ItemId": "i"}
            ]),
            "PersonalizeEvents.InvalidInputException",
        ),
        (task("getRole", "iam", RoleName="none"), "Iam.NoSuchEntityException"),
        (task("describeExecution", "sfn", ExecutionArn=f"{STATES}execution:a:b"), "Sfn.ExecutionDoesNotExistException"),
        (task("listRules", "eventbridge", EventBusName="none"), "EventBridge.ResourceNotFoundException"),
        (task("translateText", "translate", Text="x", SourceLanguageCode="en", TargetLanguageCode="de"),
         "Translate.TranslateException"),
    ],
)  # fmt: skip
def test_an_error_has_its_name(run, asked, error):
    uncaught = run(asked)
    caught = run(
        asked | {"Catch": [{"ErrorEquals": [error], "ResultPath": "$.why", "Next": "Caught"}]},
        Caught={"Type": "Succeed"},
    )

    assert (uncaught["status"], uncaught["error"], caught["status"]) == ("FAILED", error, "SUCCEEDED")
    assert json.loads(caught["output"])["why"]["Error"] == error


def test_what_moto_lacks_fails_the_task_with_its_name(run):
    ended = run(task("translateText", "translate", Text="x", SourceLanguageCode="en", TargetLanguageCode="de"))

    assert "TranslateText" in ended["cause"]
    assert "Status Code: 501" in ended["cause"]


def test_another_service_has_the_names_of_step_functions_too(tastemaker, run):
    tastemaker.client("s3").create_bucket(Bucket="lists")
    tastemaker.client("s3").put_object(Bucket="lists", Key="list", Body=b"a,b")
    tastemaker.client("s3").put_object(Bucket="lists", Key="picture", Body=b"\xff\xd8a")

    read = run(task("getObject", "s3", Bucket="lists", Key="list"))
    no_text = run(task("getObject", "s3", Bucket="lists", Key="picture"))
    drawn = run(task("generateRandom", "kms", NumberOfBytes=4))
    machines = run(task("listStateMachines", "sfn", MaxResults=1))

    assert json.loads(read["output"])["Body"] == "a,b"
    assert json.loads(no_text["output"])["Body"] == "\ufffd\ufffda"
    assert drawn["status"] == "SUCCEEDED"
    assert [next(iter(machine)) for machine in json.loads(machines["output"])["StateMachines"]] == ["StateMachineArn"]


def test_events_and_recommendations_go_through_a_machine(tastemaker, run):
    client = Client(tastemaker)
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign = client.campaign(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    event = {"EventType": "read", "SentAt": "2026-01-01T00:00:00Z", "ItemId": "book-0-1"}

    ended = run(
        task("putEvents", "personalizeevents", TrackingId=tracker, UserId="reader-1", SessionId="s", EventList=[event]),
        task("getRecommendations", "personalizeruntime", CampaignArn=campaign, UserId="reader-1", NumResults=3),
    )

    items = json.loads(ended["output"])["ItemList"]
    assert (ended["status"], len(items), set(items[0]) >= {"ItemId", "Score"}) == ("SUCCEEDED", 3, True)


def test_names_as_the_api_has_them_do_as_well(run):
    assert run(task("createSchema", name="s", schema=SCHEMA))["status"] == "SUCCEEDED"


def test_executions_without_a_name_are_several(tastemaker):
    states = tastemaker.client("stepfunctions")
    wait = {"StartAt": "0", "States": {"0": {"Type": "Pass", "End": True}}}
    machine = states.create_state_machine(name="m", definition=json.dumps(wait), roleArn=ROLE)["stateMachineArn"]

    arns = {states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(3)}

    assert len(arns) == 3

"""Callers with the policies of docs/deploy.md do their part, and nothing beside it."""

import json
import re
from textwrap import dedent

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.callers import Entrance
from tests.gateways import running
from tests.integration.client import readings
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()
EVENTS = [{"eventType": "read", "sentAt": 1_700_000_000, "itemId": "book-1-2"}]
READERS = "TASTEMAKER_READ_ONLY_PRINCIPALS"


@pytest.fixture
def entrance(cloud):
    with running(Entrance(cloud=cloud)) as gateway:
        yield gateway


@pytest.fixture
def user(tastemaker, entrance):
    """Return a function that makes a user with the policy of the page's words, and returns its clients."""
    iam = tastemaker.client("iam")

    def made(words):
        iam.create_user(UserName="caller")
        iam.put_user_policy(UserName="caller", PolicyName="calls", PolicyDocument=policy(words, entrance))
        key = iam.create_access_key(UserName="caller")["AccessKey"]
        return clients(entrance, key["AccessKeyId"], key["SecretAccessKey"])

    return made


@pytest.fixture
def analyst(tastemaker, entrance):
    """Return the clients of a session of the role that the page names as one who may only look."""
    iam, functions = tastemaker.client("iam"), tastemaker.client("lambda")
    [readers] = re.findall(r'^ {4}"tastemaker:read_only_principals": (\[.*\])$', PAGE, re.MULTILINE)
    variables = functions.get_function_configuration(FunctionName="tastemaker-control")["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName="tastemaker-control",
        Environment={"Variables": variables | {READERS: ",".join(json.loads(readers))}},
    )
    role = iam.create_role(RoleName="analyst", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(RoleName="analyst", PolicyName="calls", PolicyDocument=policy("control plane", entrance))
    keys = tastemaker.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")["Credentials"]
    yield clients(entrance, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    functions.update_function_configuration(FunctionName="tastemaker-control", Environment={"Variables": variables})


def test_an_application_is_recommended_to_and_kept_from_everything_else(client, user):
    group = client.group()
    client.imported(client.dataset(group), readings())
    campaign, ranked = client.campaign(group), client.campaign(group, "aws-personalized-ranking-v2", "ranked")
    control, events, runtime = user("only asks for recommendations")

    books = runtime.get_recommendations(campaignArn=campaign, userId="reader-1")["itemList"]
    order = runtime.get_personalized_ranking(campaignArn=ranked, userId="reader-1", inputList=["book-0-1", "book-1-2"])

    assert len(books) == 25
    assert len(order["personalizedRanking"]) == 2
    tracking = {"trackingId": "none", "sessionId": "s", "eventList": EVENTS}
    for call, arguments in (
        (control.list_dataset_groups, {}),
        (control.create_dataset_group, {"name": "mine"}),
        (control.delete_campaign, {"campaignArn": campaign}),
        (events.put_events, tracking),
        (events.put_items, {"datasetArn": group, "items": [{"itemId": "i"}]}),
        (runtime.get_action_recommendations, {"campaignArn": campaign, "userId": "reader-1"}),
    ):
        assert refusal(call, **arguments).startswith("User: arn:aws:iam::123456789012:user/caller is not authorized")


def test_a_recorder_records_and_is_kept_from_everything_else(client, user):
    group = client.group()
    client.dataset(group)
    tracker = client.personalize.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    control, events, runtime = user("only records events")

    reply = events.put_events(trackingId=tracker, userId="reader-1", sessionId="s", eventList=EVENTS)

    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200
    for call, arguments in (
        (control.list_dataset_groups, {}),
        (events.put_users, {"datasetArn": group, "users": [{"userId": "u"}]}),
        (runtime.get_recommendations, {"campaignArn": CAMPAIGN, "userId": "reader-1"}),
    ):
        assert "is not authorized to perform: execute-api:Invoke" in refusal(call, **arguments)


def test_an_analyst_looks_and_changes_nothing(client, analyst):
    group = client.group()
    control, events, runtime = analyst

    groups = control.list_dataset_groups()["datasetGroups"]

    assert [each["datasetGroupArn"] for each in groups] == [group]
    assert control.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["name"] == "library"
    assert "read_only_principals" in refusal(control.create_dataset_group, name="mine")
    assert "read_only_principals" in refusal(control.delete_dataset_group, datasetGroupArn=group)
    tracking = {"trackingId": "none", "sessionId": "s", "eventList": EVENTS}
    assert "execute-api:Invoke" in refusal(events.put_events, **tracking)
    assert "execute-api:Invoke" in refusal(runtime.get_recommendations, campaignArn=CAMPAIGN, userId="reader-1")
    assert client.personalize.list_dataset_groups()["datasetGroups"] == groups


def test_whoever_works_with_the_control_plane_may_do_all_of_it_and_loses_it_with_the_policy(tastemaker, user):
    control, _, runtime = user("control plane")

    arn = control.create_dataset_group(name="mine")["datasetGroupArn"]

    assert control.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["name"] == "mine"
    assert "execute-api:Invoke" in refusal(runtime.get_recommendations, campaignArn=CAMPAIGN, userId="reader-1")
    tastemaker.client("iam").delete_user_policy(UserName="caller", PolicyName="calls")
    assert "execute-api:Invoke" in refusal(control.list_dataset_groups)


CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/none"


def policy(words, entrance):
    """Return the policy that the page gives after some words, for the entrance's API."""
    [text] = re.findall(rf"{words}[^\n]*:\n\n((?: {{4}}.*\n)+)", PAGE)
    names = {"<region>": "us-east-1", "<account>": "123456789012", "<api id>": entrance.api()}
    for name, value in names.items():
        text = text.replace(name, value)
    return json.dumps({"Version": "2012-10-17", "Statement": [json.loads(dedent(text))]})


def clients(entrance, key, secret, token=None):
    """Return clients of the three APIs that sign for the gateway, as the page has it."""
    session = boto3.session.Session(key, secret, token, region_name="us-east-1")
    made = [
        session.client(name, endpoint_url=entrance.url)
        for name in ("personalize", "personalize-events", "personalize-runtime")
    ]
    for each in made:
        each.meta.events.register("choose-signer.*", sign_for_the_gateway)
    return made


def sign_for_the_gateway(context, **_):
    context["signing"] = {"signing_name": "execute-api"}


def refusal(call, **arguments):
    """Return the words of a 403."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    problem = caught.value.response
    assert (problem["ResponseMetadata"]["HTTPStatusCode"], problem["Error"]["Code"]) == (403, "AccessDeniedException")
    return problem["Error"]["Message"]

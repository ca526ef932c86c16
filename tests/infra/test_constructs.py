"""What the constructs write into a template."""

from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk.assertions import Template

from tastemaker_cdk import Campaign, DatasetGroup, EventTracker, Filter

ARN = "arn:aws:personalize:us-east-1:123456789012:"
VERSION = f"{ARN}solution/s/1"


def written(make, **context):
    """Return the custom resources of a stack by their types."""
    stack = Stack(App(context=context, analytics_reporting=False), "Shop")
    make(stack)
    resources = Template.from_stack(stack).to_json()["Resources"].values()
    return {each["Type"].removeprefix("Custom::Tastemaker"): each for each in resources}


def of_function(name):
    parts = ["", {"Ref": "AWS::Partition"}, {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}]
    words = ["arn:", parts[1], ":lambda:", parts[2], ":", parts[3], f":function:{name}"]
    return {"Fn::Join": ["", words]}


def test_properties_are_the_apis_members_and_constructs_stand_for_their_arns():
    def make(stack):
        group = DatasetGroup(stack, "Group", name="shop", tags={"part": "one"})
        Filter(stack, "Few", dataset_group_arn=group, filter_expression="EXCLUDE ...")

    found = written(make)

    assert found["DatasetGroup"]["Properties"] == {
        "ServiceToken": of_function("tastemaker-provider"),
        "Name": "shop",
        "Tags": [{"TagKey": "part", "TagValue": "one"}],
    }
    [reference] = [each for name, each in found["Filter"]["Properties"].items() if name == "DatasetGroupArn"]
    assert reference["Fn::GetAtt"][1] == "Arn"
    assert found["Filter"]["DeletionPolicy"] == "Delete"


def test_a_deployment_of_another_name_has_a_provider_of_its_own():
    found = written(lambda stack: EventTracker(stack, "T", dataset_group_arn=ARN), **{"tastemaker:name": "second"})

    assert found["EventTracker"]["Properties"]["ServiceToken"] == of_function("second-provider")


def test_a_stack_may_wait_less_or_not_at_all_and_keep_what_it_made():
    def make(stack):
        options = {"timeout": Duration.minutes(5), "removal_policy": RemovalPolicy.RETAIN, "provider_arn": "arn:x"}
        config = {"itemExplorationConfig": {"explorationWeight": "0.1"}}
        Campaign(stack, "C", solution_version_arn=VERSION, campaign_config=config, wait=False, **options)

    found = written(make)["Campaign"]

    assert found["DeletionPolicy"] == "Retain"
    assert found["Properties"] == {
        "ServiceToken": "arn:x",
        "ServiceTimeout": "300",
        "SolutionVersionArn": VERSION,
        "CampaignConfig": {"itemExplorationConfig": {"explorationWeight": "0.1"}},
        "Wait": False,
    }

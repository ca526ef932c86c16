"""Stacks with custom resources of ours: made after the answer, changed, taken back, deleted, and kept."""

import json

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.processes import SCHEMA, running, until

HOME = "arn:aws:personalize:us-east-1:123456789012:"
TOKEN = {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:tastemaker-provider"}
QUICKLY = {"Delay": 1, "MaxAttempts": 90}


def resource(title, depends="", **properties):
    more = {"DependsOn": depends} if depends else {}
    return {"Type": f"Custom::Tastemaker{title}", "Properties": {"ServiceToken": TOKEN, **properties}} | more


def of(name, attribute="Arn"):
    return {"Fn::GetAtt": [name, attribute]}


def shop(genre="drama", **more):
    items = json.dumps({**json.loads(SCHEMA), "name": "Items", "fields": ITEMS})
    resources = {
        # What refers to others comes first: the order of a template means nothing.
        "Few": resource("Filter", "Items", DatasetGroupArn=of("Group"), FilterExpression=words(genre)),
        "Items": resource("Dataset", Name="i", DatasetType="Items", DatasetGroupArn=of("Group"), SchemaArn=of("Text")),
        "Text": resource("Schema", Schema=items),
        "Group": resource("DatasetGroup", Name="shop", Tags=[{"TagKey": "size", "TagValue": 3}]),
    }
    outputs = {"Few": {"Value": of("Few")}, "Group": {"Value": {"Ref": "Group"}}}
    return {"Resources": resources | more, "Outputs": outputs}


ITEMS = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRE", "type": ["null", "string"], "categorical": True}]


def words(genre):
    return f'INCLUDE ItemID WHERE Items.GENRE IN ("{genre}")'


class Stacks:
    """The stack of a service that is ours to see, and what clients see of its resources."""

    def __init__(self, service):
        self.personalize, self.formation = service.client("personalize"), service.client("cloudformation")

    def create(self, template):
        self.formation.create_stack(StackName="stack", TemplateBody=json.dumps(template))
        return self.wait("stack_create_complete")

    def update(self, template):
        self.formation.update_stack(StackName="stack", TemplateBody=json.dumps(template))
        return self.wait("stack_update_complete")

    def delete(self):
        self.formation.delete_stack(StackName="stack")
        self.formation.get_waiter("stack_delete_complete").wait(StackName="stack", WaiterConfig=QUICKLY)

    def wait(self, name):
        self.formation.get_waiter(name).wait(StackName="stack", WaiterConfig=QUICKLY)
        return self.outputs()

    def outputs(self):
        (stack,) = self.formation.describe_stacks(StackName="stack")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def reasons(self):
        events = self.formation.describe_stack_events(StackName="stack")["StackEvents"]
        return {each["ResourceStatus"]: each.get("ResourceStatusReason", "") for each in events}

    def schemas(self):
        return self.personalize.list_schemas()["schemas"]

    def seen(self):
        listed = self.personalize
        return [
            *(each["datasetGroupArn"] for each in listed.list_dataset_groups()["datasetGroups"]),
            *(each["schemaArn"] for each in listed.list_schemas()["schemas"]),
            *(each["datasetArn"] for each in listed.list_datasets()["datasets"]),
            *(each["filterArn"] for each in listed.list_filters()["Filters"]),
        ]


@pytest.fixture
def stacks(tastemaker):
    return Stacks(tastemaker)


def test_a_stack_is_made_changed_and_deleted(stacks):
    made = stacks.create(shop())
    before = stacks.seen()
    resources = stacks.formation.describe_stack_resources(StackName="stack")["StackResources"]
    assert made == {"Few": before[3], "Group": f"{HOME}dataset-group/shop"}
    assert {each["PhysicalResourceId"] for each in resources} == set(before)
    tags = stacks.personalize.list_tags_for_resource(resourceArn=made["Group"])["tags"]
    assert tags == [{"tagKey": "size", "tagValue": "3"}]

    changed = stacks.update(shop("comedy"))

    after = stacks.seen()
    assert after[:3] == before[:3]
    assert after[3:] == [changed["Few"]] != before[3:]
    found = stacks.personalize.describe_filter(filterArn=changed["Few"])["filter"]
    assert found["filterExpression"] == words("comedy")
    stacks.delete()
    assert stacks.seen() == []


def test_create_stack_answers_at_once_and_what_fails_is_taken_back_with_its_reason(stacks):
    template = shop(Bad=resource("Filter", "Items", DatasetGroupArn=of("Group"), FilterExpression="INCLUDE"))

    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        stacks.create(template)

    reasons = stacks.reasons()
    assert reasons["CREATE_IN_PROGRESS"] == "User Initiated"
    assert "Received response status [FAILED] from custom resource. Message: " in reasons["CREATE_FAILED"]
    assert stacks.seen() == []


def test_an_update_that_fails_is_taken_back(stacks):
    made = stacks.create(shop())
    before = stacks.seen()
    bad = resource("Filter", "Few", DatasetGroupArn=of("Group"), FilterExpression="INCLUDE")
    group = resource("DatasetGroup", Name="shop", Tags=[{"TagKey": "size", "TagValue": 4}])

    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        stacks.update(shop("comedy", Group=group, Bad=bad))
    with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
        stacks.update(shop("comedy", Text=resource("Schema", Schema="{}"), Group=group))

    assert (stacks.outputs(), stacks.seen()) == (made, before)
    assert "Message: " in stacks.reasons()["UPDATE_FAILED"]
    tags = stacks.personalize.list_tags_for_resource(resourceArn=made["Group"])["tags"]
    assert tags == [{"tagKey": "size", "tagValue": "3"}]
    assert stacks.update(shop("comedy"))["Few"] != made["Few"]


def test_a_function_that_is_not_there_is_named(stacks):
    template = {"Resources": {"Group": resource("DatasetGroup", ServiceToken="arn:aws:lambda:us-east-1:1:function:x")}}

    with pytest.raises(WaiterError):
        stacks.create(template)

    assert "function:x" in stacks.reasons()["CREATE_FAILED"]


def test_a_change_set_makes_a_stack_too(stacks):
    stacks.formation.create_change_set(
        StackName="stack", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps(shop())
    )
    stacks.formation.execute_change_set(StackName="stack", ChangeSetName="first")

    assert stacks.wait("stack_create_complete")["Group"] == f"{HOME}dataset-group/shop"


def test_a_reset_ends_the_work_on_a_stack(stacks, tastemaker):
    stacks.formation.create_stack(StackName="stack", TemplateBody=json.dumps(shop()))

    tastemaker.reset()

    with pytest.raises(ClientError, match="does not exist"):
        stacks.outputs()
    assert stacks.seen() == []


def test_a_stack_that_was_cut_off_has_failed_and_is_made_whole_by_an_update(tmp_path):
    with running("--data", tmp_path) as service:
        stacks = Stacks(service)
        stacks.formation.create_stack(StackName="stack", TemplateBody=json.dumps(shop()))
        until(stacks.schemas)
        service.kill()

    with running("--data", tmp_path) as service:
        stacks = Stacks(service)
        (stack,) = stacks.formation.describe_stacks(StackName="stack")["Stacks"]
        assert stack["StackStatus"] == "CREATE_FAILED"
        assert stacks.update(shop("comedy"))["Group"] == f"{HOME}dataset-group/shop"
        resources = stacks.formation.describe_stack_resources(StackName="stack")["StackResources"]
        assert {each["PhysicalResourceId"] for each in resources} <= set(stacks.seen())
        stacks.delete()
        # What was being made in the moment of the kill may be left.
        assert [arn for arn in stacks.seen() if ":schema/" not in arn] == []


def test_a_stack_outlives_a_restart_as_it_was(tmp_path):
    with running("--data", tmp_path) as service:
        stacks = Stacks(service)
        made = stacks.create(shop())
        before = stacks.seen()
        service.kill()

    with running("--data", tmp_path) as service:
        stacks = Stacks(service)
        assert (stacks.outputs(), stacks.seen()) == (made, before)
        assert stacks.update(shop("comedy"))["Few"] != made["Few"]
        stacks.delete()
        assert stacks.seen() == []
        with pytest.raises(ClientError, match="does not exist"):
            stacks.outputs()

"""CloudFormation's types of Personalize make resources of our service."""

import copy
import json

import pytest
from botocore.exceptions import ClientError

from tests.processes import SCHEMA, running, until

HOME = "arn:aws:personalize:us-east-1:123456789012:"
PERSONALIZE = "AWS::Personalize::"
ROWS = b"USER_ID,ITEM_ID,TIMESTAMP\na,x,86400\nb,y,172800\n"


def resource(word, depends="", **properties):
    return {"Type": PERSONALIZE + word, "Properties": properties} | ({"DependsOn": depends} if depends else {})


def of(name, attribute):
    return {"Fn::GetAtt": [name, attribute]}


def shop(job="first", key="rows.csv", **more):
    source = {"DataLocation": f"s3://mine/{key}"}
    imported = {"JobName": job, "DataSource": source, "RoleArn": "arn:aws:iam::123456789012:role/reader"}
    dataset = {"Name": "d", "DatasetType": "Interactions", "SchemaArn": {"Ref": "Schema"}, "DatasetImportJob": imported}
    recipe = "arn:aws:personalize:::recipe/aws-sims"
    resources = {
        # What refers to others comes first: the order of a template means nothing.
        "Data": resource("Dataset", DatasetGroupArn=of("Group", "DatasetGroupArn"), **dataset),
        "Group": resource("DatasetGroup", Name="shop"),
        "Schema": resource("Schema", Name="s", Schema=SCHEMA),
        "Next": resource("Solution", "Data", Name="n", DatasetGroupArn={"Ref": "Group"}, RecipeArn=recipe),
    }
    pairs = {"Data": "DatasetArn", "Group": "DatasetGroupArn", "Schema": "SchemaArn", "Next": "SolutionArn"}
    outputs = {name: {"Value": of(name, attribute)} for name, attribute in pairs.items()}
    return {"Resources": resources | more, "Outputs": outputs}


ARNS = {
    "Data": f"{HOME}dataset/shop/INTERACTIONS",
    "Group": f"{HOME}dataset-group/shop",
    "Schema": f"{HOME}schema/s",
    "Next": f"{HOME}solution/n",
}


class Stacks:
    """The stacks of a service, and what clients see of their resources."""

    def __init__(self, service):
        self.personalize, self.formation = service.client("personalize"), service.client("cloudformation")
        self._s3, self._iam = service.client("s3"), service.client("iam")

    def data(self):
        self._s3.create_bucket(Bucket="mine")
        self._s3.put_object(Bucket="mine", Key="rows.csv", Body=ROWS)
        self._s3.put_object(Bucket="mine", Key="bad.csv", Body=b"USER_ID,ITEM_ID,TIMESTAMP\na,x,never\n")
        self._iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
        return self

    def create(self, template, name="stack"):
        self.formation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def update(self, template):
        self.formation.update_stack(StackName="stack", TemplateBody=json.dumps(template))

    def outputs(self):
        (stack,) = self.formation.describe_stacks(StackName="stack")["Stacks"]
        return stack["StackStatus"], {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def names(self):
        """Return the names of all stacks that are ours to see."""
        stacks = self.formation.describe_stacks()["Stacks"]
        return [stack["StackName"] for stack in stacks if not stack["StackName"].startswith("Tastemaker")]

    def seen(self):
        listed = self.personalize
        return {
            "Group": [each["datasetGroupArn"] for each in listed.list_dataset_groups()["datasetGroups"]],
            "Schema": [each["schemaArn"] for each in listed.list_schemas()["schemas"]],
            "Data": [each["datasetArn"] for each in listed.list_datasets()["datasets"]],
            "Next": [each["solutionArn"] for each in listed.list_solutions()["solutions"]],
        }

    def jobs(self):
        jobs = self.personalize.list_dataset_import_jobs()["datasetImportJobs"]
        return {job["jobName"]: job["status"] for job in jobs}


NOTHING = {name: [] for name in ARNS}
WHOLE = {name: [arn] for name, arn in ARNS.items()}


@pytest.fixture
def stacks(tastemaker):
    return Stacks(tastemaker).data()


def test_a_stack_makes_what_it_names_and_takes_it_away_again(stacks):
    stacks.create(shop())

    resources = stacks.formation.describe_stack_resources(StackName="stack")["StackResources"]
    assert stacks.outputs() == ("CREATE_COMPLETE", ARNS)
    assert stacks.seen() == WHOLE
    assert stacks.jobs() == {"first": "ACTIVE"}
    assert {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources} == ARNS
    stacks.formation.delete_stack(StackName="stack")
    assert (stacks.seen(), stacks.names()) == (NOTHING, [])


def test_another_import_job_is_an_update(stacks):
    stacks.create(shop())

    stacks.update(shop(job="second"))

    assert stacks.jobs() == {"first": "ACTIVE", "second": "ACTIVE"}
    assert stacks.outputs() == ("UPDATE_COMPLETE", ARNS)


def test_a_resource_of_another_name_replaces_the_old_one(stacks):
    stacks.create({"Resources": {"Schema": resource("Schema", Name="old", Schema=SCHEMA)}})

    stacks.update({"Resources": {"Schema": resource("Schema", Name="new", Schema=SCHEMA)}})

    assert stacks.seen()["Schema"] == [f"{HOME}schema/new"]


def test_what_only_a_replacement_could_change_wants_another_name(stacks):
    stacks.create(shop())
    template = copy.deepcopy(shop())
    template["Resources"]["Group"]["Properties"]["Domain"] = "ECOMMERCE"

    with pytest.raises(ClientError, match="Rename shop and update the stack again"):
        stacks.update(template)

    assert stacks.seen() == WHOLE


@pytest.mark.parametrize("word", ["Campaign", "Recommender", "Filter", "EventTracker", "SolutionVersion"])
def test_a_type_that_cloudformation_lacks_is_refused(stacks, word):
    template = shop(More=resource(word, Name="n"))
    told = f"Unrecognized resource types: \\[AWS::Personalize::{word}\\]"

    with pytest.raises(ClientError, match=told):
        stacks.create(template)
    assert (stacks.seen(), stacks.names()) == (NOTHING, [])
    for kind in ("CREATE", "UPDATE"):
        change = {"StackName": "new", "ChangeSetName": "c", "ChangeSetType": kind}
        if kind == "UPDATE":
            stacks.create({"Resources": {"Schema": resource("Schema", Name="s", Schema=SCHEMA)}})
            change["StackName"] = "stack"
        with pytest.raises(ClientError, match=told):
            stacks.formation.create_change_set(**change, TemplateBody=json.dumps(template))
    with pytest.raises(ClientError, match=told):
        stacks.update(template)
    assert stacks.names() == ["stack"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Schema": resource("Schema", Name="s", Schema="nonsense")}, "InvalidInputException"),
        ({"Schema": resource("Schema", Schema=SCHEMA)}, "required key \\[Name\\] not found"),
        ({"Group": resource("DatasetGroup", Name="shop", Colour="red")}, "Colour"),
        (
            {"Next": resource("Solution", "Data", Name="n", DatasetGroupArn={"Ref": "Group"}, RecipeArn="no")},
            "Solution",
        ),
    ],
)
def test_a_stack_that_cannot_be_made_leaves_nothing(stacks, changed, told):
    with pytest.raises(ClientError, match=told) as refused:
        stacks.create(shop(**changed))

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert (stacks.seen(), stacks.names()) == (NOTHING, [])
    stacks.create(shop())
    assert stacks.outputs()[0] == "CREATE_COMPLETE"


def test_an_import_that_fails_fails_the_stack_with_its_reason(stacks):
    with pytest.raises(ClientError, match="line 2, column TIMESTAMP"):
        stacks.create(shop(key="bad.csv"))

    assert (stacks.seen(), stacks.names()) == (NOTHING, [])


def test_an_attribute_that_a_type_lacks_is_refused(stacks):
    template = shop()
    template["Outputs"]["Odd"] = {"Value": of("Group", "Arn")}

    with pytest.raises(ClientError, match="does not support attribute type Arn"):
        stacks.create(template)


def test_a_type_of_another_service_that_moto_lacks_is_named_where_it_is_needed(stacks):
    template = {"Resources": {"Index": {"Type": "AWS::Kendra::Index", "Properties": {}}}}

    stacks.create(template, "ignored")
    assert stacks.formation.describe_stack_resources(StackName="ignored")["StackResources"] == []
    with pytest.raises(ClientError, match="moto cannot"):
        stacks.create(template | {"Outputs": {"A": {"Value": of("Index", "Arn")}}})
    assert stacks.names() == ["ignored"]


def test_a_stack_outlives_a_restart_as_it_was(tmp_path):
    with running("--data", tmp_path) as service:
        stacks = Stacks(service).data()
        stacks.create(shop())
        stacks.update(shop(job="second"))
        stacks.create({"Resources": {"Schema": resource("Schema", Name="gone", Schema=SCHEMA)}}, "gone")
        stacks.formation.delete_stack(StackName="gone")
        stacks.personalize.delete_solution(solutionArn=ARNS["Next"])
        until(lambda: not stacks.seen()["Next"])
        before = stacks.jobs()
        service.kill()

    with running("--data", tmp_path) as service:
        stacks = Stacks(service)
        assert stacks.outputs() == ("UPDATE_COMPLETE", ARNS)
        assert (stacks.jobs(), stacks.names()) == (before, ["stack"])
        assert stacks.seen() == WHOLE | {"Next": []}
        stacks.formation.delete_stack(StackName="stack")
        assert stacks.seen() == NOTHING

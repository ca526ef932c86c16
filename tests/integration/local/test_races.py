"""Many callers at one moment, over HTTP: a name is given once, and a resource has one end."""

import json
from collections import Counter
from threading import Barrier, Thread

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tastemaker_local.pytest_plugin import Tastemaker
from tests.processes import SCHEMA, until

CALLERS = 50
HOME = "arn:aws:personalize:us-east-1:123456789012:"
ONCE = Config(retries={"total_max_attempts": 1})
RECIPE = "arn:aws:personalize:::recipe/aws-popularity-count"
EXPRESSION = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'


@pytest.fixture
def personalize(tastemaker):
    return tastemaker.client("personalize")


@pytest.fixture
def workflows(tastemaker):
    return tastemaker.client("stepfunctions")


@pytest.fixture
def group(personalize):
    return made(personalize, "dataset_group", "datasetGroup", name="g")


@pytest.fixture
def dataset(personalize, group):
    fields = json.loads(SCHEMA)
    fields["fields"].append({"name": "EVENT_TYPE", "type": "string"})
    schema = personalize.create_schema(name="s", schema=json.dumps(fields))["schemaArn"]
    kind = {"datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}
    return made(personalize, "dataset", "dataset", name="d", **kind)


@pytest.fixture
def history(tastemaker, personalize, dataset):
    rows = "".join(f"u{row % 60},i{row % 37},{row},watch\n" for row in range(1200))
    tastemaker.client("s3").create_bucket(Bucket="mine")
    tastemaker.client("s3").put_object(Bucket="mine", Key="e.csv", Body=f"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n{rows}")
    source = {"dataLocation": "s3://mine/e.csv"}
    made(personalize, "dataset_import_job", "datasetImportJob", jobName="j", datasetArn=dataset, dataSource=source)


def made(personalize, kind, member, **members):
    """Create a resource and wait until it is ACTIVE."""
    arn = getattr(personalize, f"create_{kind}")(**members)[f"{member}Arn"]
    describe = getattr(personalize, f"describe_{kind}")
    until(lambda: describe(**{f"{member}Arn": arn})[member]["status"] == "ACTIVE")
    return arn


def at_once(*calls):
    """Make each call in a thread of its own, all at one moment, and return "done" or the error's code of each."""
    barrier, said = Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        barrier.wait()
        try:
            call()
            said[place] = "done"
        except ClientError as error:
            said[place] = error.response["Error"]["Code"]

    threads = [Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.fixture(scope="module")
def crowd(tastemaker_endpoint):
    """Return fifty clients, each with connections of its own."""
    return [Tastemaker(tastemaker_endpoint).client("personalize", config=ONCE) for _ in range(CALLERS)]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("create_dataset_group", {}),
        ("create_schema", {"schema": SCHEMA}),
        ("create_solution", {"recipeArn": RECIPE, "datasetGroupArn": ...}),
        ("create_filter", {"filterExpression": EXPRESSION, "datasetGroupArn": ...}),
        ("create_event_tracker", {"datasetGroupArn": ...}),
    ],
)
def test_fifty_callers_of_one_name_give_one_resource(crowd, group, operation, members):
    given = {name: group if value is ... else value for name, value in members.items()}

    said = at_once(*(lambda one=one: getattr(one, operation)(name="one", **given) for one in crowd))

    assert Counter(said) == {"done": 1, "ResourceAlreadyExistsException": CALLERS - 1}
    kind = operation.removeprefix("create_")
    listed = getattr(crowd[0], f"list_{kind}s")()
    (found,) = (page for name, page in listed.items() if name != "ResponseMetadata")
    assert sum(resource["name"] == "one" for resource in found) == 1


@pytest.mark.usefixtures("history")
def test_an_update_and_a_delete_of_a_solution_leave_one_state(crowd, workflows, group):
    for days in range(2, 8):
        made(crowd[0], "solution", "solution", name=f"s{days}", datasetGroupArn=group, recipeArn=RECIPE)
        plan = {"autoTrainingConfig": {"schedulingExpression": f"rate({days} days)"}}
        race(crowd, workflows, "solution", f"s{days}", solutionUpdateConfig=plan)


@pytest.mark.usefixtures("history")
def test_an_update_and_a_delete_of_a_campaign_leave_one_state(crowd, workflows, group):
    personalize = crowd[0]
    solution = made(personalize, "solution", "solution", name="s", datasetGroupArn=group, recipeArn=RECIPE)
    version = made(personalize, "solution_version", "solutionVersion", solutionArn=solution)
    for number in range(4):
        made(personalize, "campaign", "campaign", name=f"c{number}", solutionVersionArn=version)
        race(crowd, workflows, "campaign", f"c{number}", minProvisionedTPS=2)


def race(crowd, workflows, kind, name, **change):
    """Let two callers update a resource and two delete it; check that what they were told came true."""
    target = {f"{kind}Arn": f"{HOME}{kind}/{name}"}
    calls = [lambda: getattr(crowd[0], f"update_{kind}")(**target, **change)] * 2
    calls += [lambda: getattr(crowd[1], f"delete_{kind}")(**target)] * 2

    said = at_once(*calls)

    assert set(said) <= {"done", "ResourceInUseException", "ResourceNotFoundException", "InvalidInputException"}
    assert said[2:].count("done") <= 1
    deleted = "done" in said[2:]
    assert deleted or "done" in said[:2]
    until(lambda: state(crowd[0], kind, target) == ("gone" if deleted else "updated"))
    # With no workflow left, nobody comes late to bring a deleted one back.
    until(lambda: not under_way(workflows))
    assert state(crowd[0], kind, target) == ("gone" if deleted else "updated")


def state(personalize, kind, target):
    try:
        found = getattr(personalize, f"describe_{kind}")(**target)[kind]
    except personalize.exceptions.ResourceNotFoundException:
        return "gone"
    update = found.get(f"latest{kind.title()}Update", {})
    return "updated" if (found["status"], update.get("status")) == ("ACTIVE", "ACTIVE") else "under way"


def under_way(workflows):
    machines = [machine["stateMachineArn"] for machine in workflows.list_state_machines()["stateMachines"]]
    running = [workflows.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"] for arn in machines]
    return any(running)

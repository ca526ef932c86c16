"""What goes beyond AWS works, and a strict service refuses it: one test for each kind of `domain/supersets.py`."""

import gzip
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tastemaker.domain import supersets
from tastemaker.domain.resources.quotas import BadQuota, Quotas
from tastemaker.domain.supersets import SUPERSETS
from tests.transport import answer_with
from tests.unit.operations.errors import code, message
from tests.unit.operations.headers import headers
from tests.unit.operations.histories import shop

RECIPE = "arn:aws:personalize:::recipe/"
ROLE = "arn:aws:iam::123456789012:role/reader"
# Kinds that only local mode knows: tests/integration/local/test_strict.py.
OF_LOCAL_MODE = {supersets.UNSIGNED, supersets.TASK_NAMES}
DOCUMENT = Path(__file__).parents[4] / "docs/differences.md"


@pytest.fixture
def group(build):
    """A dataset group with a shop of two tastes and its items."""
    made = build.group()
    rows = ["ITEM_ID,GENRE", *(f"i{number},{'drama' if number % 2 else 'comedy'}" for number in range(40))]
    build.imported(build.dataset(made, "Items"), "\n".join(rows) + "\n")
    build.imported(build.dataset(made), shop())
    return made


@pytest.fixture
def campaign(build, group):
    return build.campaign(build.version(build.solution(group, "aws-user-personalization-v2")))


def refused(world, ask):
    """Ask a service that is not strict, then one that is; return what that says."""
    ask()
    world.be_strict()
    with pytest.raises(ClientError) as refusal:
        ask()
    assert code(refusal) == "InvalidInputException"
    return message(refusal)


def test_a_personalizer_ranks_lists(world, clients, campaign):
    ask = clients.personalize_runtime.get_personalized_ranking

    said = refused(world, lambda: ask(campaignArn=campaign, userId="u1", inputList=["i1", "i2"]))

    assert said == f"Campaign {campaign} has recipe aws-user-personalization-v2, which does not rank lists."


@pytest.mark.parametrize("recipe", ["aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"])
def test_legacy_recipes_train(world, build, group, recipe):
    said = refused(world, lambda: build.solution(group, recipe))

    assert f"recipeArn {RECIPE}{recipe} is a legacy recipe" in said


def test_columns_are_included_by_name(world, build, group):
    config = {"trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["GENRE"]}}}

    said = refused(world, lambda: build.solution(group, "aws-user-personalization-v2", solutionConfig=config))

    assert said.startswith("solutionConfig.trainingDataConfig.includedDatasetColumns is not available for recipe aws-")


def test_reserved_columns_may_be_double(world, build):
    fields = {"name": "EVENT_VALUE", "type": ["null", "double"]}
    groups = iter([build.group(), build.group()])

    said = refused(world, lambda: build.dataset(next(groups), "Interactions", fields))

    assert said == (
        "The schema does not fit a dataset of type INTERACTIONS: the reserved field EVENT_VALUE must be float, "
        "not double."
    )


def test_own_columns_are_double_on_aws_too(world, build):
    world.be_strict()

    assert build.dataset(build.group(), "Items", {"name": "WEIGHT", "type": "double"})


def test_words_in_filter_values_need_no_quotes(world, clients, group, campaign):
    rule = clients.personalize.create_filter(
        name="f", datasetGroupArn=group, filterExpression="INCLUDE ItemID WHERE Items.GENRE IN ($G)"
    )["filterArn"]
    world.run()

    def ask(values="drama"):
        members = {"campaignArn": campaign, "userId": "u1", "filterArn": rule, "filterValues": {"G": values}}
        return clients.personalize_runtime.get_recommendations(**members)["itemList"]

    plain = ask()
    said = refused(world, ask)

    assert said == 'filterValues.G must have its values in quotes, as in "\\"drama\\"", not drama.'
    assert ask('"drama"') == plain
    assert ask("'drama'") == plain
    assert ask("3") == []


def test_an_import_may_do_without_a_role(world, build):
    dataset = build.dataset()
    rows = iter([shop(), shop()])

    said = refused(world, lambda: build.imported(dataset, next(rows)))

    assert said == "roleArn is required: the role with which the job reads s3://bucket/data.csv."


def ended(world, build, clients, dataset, body):
    """Import bytes, and return the status and the reason of the job."""
    world.objects.write("bucket", "data.csv", body)
    arn = clients.personalize.create_dataset_import_job(
        jobName=build.name(), datasetArn=dataset, dataSource={"dataLocation": "s3://bucket/data.csv"}, roleArn=ROLE
    )["datasetImportJobArn"]
    world.run()
    job = clients.personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
    return job["status"], job.get("failureReason", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            gzip.compress(shop().encode()),
            "s3://bucket/data.csv is a gzip file; it must be CSV in UTF-8 that is not packed.",
        ),
        (shop(users=49).encode(), "The files hold 980 interactions; an import must bring at least 1,000."),
    ],
    ids=[supersets.GZIP, supersets.FEW_RECORDS],
)
def test_files_may_be_packed_and_short(world, build, clients, body, reason):
    dataset = build.dataset()
    before = ended(world, build, clients, dataset, body)
    world.be_strict()

    assert before == ("ACTIVE", "")
    assert ended(world, build, clients, dataset, body) == ("CREATE FAILED", reason)
    assert ended(world, build, clients, dataset, shop(users=50).encode()) == ("ACTIVE", "")


def test_few_records_are_enough_for_items(world, build, clients):
    dataset = build.dataset(type_="Items")
    world.be_strict()

    assert ended(world, build, clients, dataset, b"ITEM_ID,GENRE\ni1,drama\n") == ("ACTIVE", "")


@pytest.mark.parametrize("strict", [False, True])
def test_lists_of_users_to_delete_may_be_packed(world, clients, group, strict):
    world.objects.write("bucket", "gone.csv", gzip.compress(b"USER_ID\nu1\n"))
    if strict:
        world.be_strict()

    arn = clients.personalize.create_data_deletion_job(
        jobName="j", datasetGroupArn=group, dataSource={"dataLocation": "s3://bucket/gone.csv"}, roleArn=ROLE
    )["dataDeletionJobArn"]
    world.run()

    job = clients.personalize.describe_data_deletion_job(dataDeletionJobArn=arn)["dataDeletionJob"]
    assert (job["status"], "is a gzip file" in job.get("failureReason", "")) == (
        ("FAILED", True) if strict else ("COMPLETED", False)
    )


def test_minima_of_data_may_be_lowered():
    quotas = Quotas.of({"training-interactions": 10, "campaigns": 1})

    with pytest.raises(BadQuota, match="the quota training-interactions cannot be 10, which is below 1000"):
        quotas.require_minima()
    Quotas.of({"training-users": 25, "campaigns": 1}).require_minima()


HOME = "arn:aws:personalize:us-east-1:123456789012"


@pytest.mark.parametrize(
    ("api", "operation", "members"),
    [
        ("personalize", "get_data_insights", {"datasetGroupArn": f"{HOME}:dataset-group/g"}),
        ("personalize", "get_evaluation", {"resourceArn": f"{HOME}:solution/s/1"}),
        ("personalize", "get_attribution_figures", {"metricAttributionArn": f"{HOME}:metric-attribution/m"}),
        ("personalize-runtime", "explain_filter", {"filterArn": f"{HOME}:filter/f"}),
        ("personalize-runtime", "get_logged_answers", {"sourceArn": f"{HOME}:campaign/c"}),
        ("personalize-runtime", "replay_recommendation", {"recommendationId": "RID-1"}),
    ],
)
def test_operations_of_our_own_are_there(world, raw_clients, api, operation, members):
    def ask():
        with answer_with(raw_clients, world.services()), pytest.raises(ClientError) as problem:
            getattr(raw_clients[api], operation)(**members)
        return code(problem)

    before = ask()
    world.be_strict()

    assert before in {"ResourceNotFoundException", "InvalidInputException"}
    assert ask() == "UnknownOperationException"


def test_reasons_are_told_and_strictly_passed_over(world, clients, campaign):
    def with_reasons():
        with headers(clients.personalize_runtime, reasons="true") as client:
            items = client.get_recommendations(campaignArn=campaign, userId="u1")["itemList"]
        return any(reason.startswith("History") for item in items for reason in item.get("reason", ()))

    before = with_reasons()
    world.be_strict()

    assert (before, with_reasons()) == (True, False)


def test_the_page_has_every_kind_with_its_source():
    page = DOCUMENT.read_text()

    assert [kind for kind in SUPERSETS if f"| `{kind}` | {SUPERSETS[kind].meaning} |" not in page] == []
    assert SUPERSETS.keys() > OF_LOCAL_MODE
    assert all(each.source for each in SUPERSETS.values())

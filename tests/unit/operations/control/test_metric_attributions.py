"""Metric attributions: what is checked when one is made; how they are read, changed and deleted."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.control.records import put
from tests.unit.operations.errors import code, message

CONFIG = {"roleArn": "arn:aws:iam::123456789012:role/personalize"}
EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}
PRICE = {"name": "PRICE", "type": ["null", "float"]}


def metric(name="watches", expression="SAMPLECOUNT()"):
    return {"eventType": "watch", "metricName": name, "expression": expression}


@pytest.fixture
def group(build, personalize, world):
    """A dataset group with typed events and priced items, the latter not imported."""
    arn = build.group()
    for type_, fields in (("Interactions", (EVENT_TYPE,)), ("Items", (PRICE,))):
        schema = build.schema(type_, *fields)
        personalize.create_dataset(name=build.name(), datasetGroupArn=arn, datasetType=type_, schemaArn=schema)
        world.run()
    return arn


@pytest.fixture
def refusal(personalize, group):
    def refuse(**members):
        given = {"name": "a", "datasetGroupArn": group, "metrics": [metric()], "metricsOutputConfig": CONFIG, **members}
        with pytest.raises(ClientError) as error:
            personalize.create_metric_attribution(**given)
        return code(error), message(error)

    return refuse


@pytest.fixture
def attribution(world, group):
    return put_attribution(world, group, "attribution", metric("b"), metric("a"), metric("c"))


def put_attribution(world, group, name, *metrics, status="ACTIVE"):
    arn = f"{NOWHERE}metric-attribution/{name}"
    own = {"name": name, "metricAttributionArn": arn, "datasetGroupArn": group, "metricsOutputConfig": CONFIG}
    put(world, arn, "metric-attribution", status, group, **own, _metrics=list(metrics))
    return arn


def names(personalize, arn):
    listed = personalize.list_metric_attribution_metrics(metricAttributionArn=arn)["metrics"]
    return [each["metricName"] for each in listed]


def import_items(build, personalize, group):
    datasets = personalize.list_datasets(datasetGroupArn=group)["datasets"]
    [items] = [each["datasetArn"] for each in datasets if each["datasetType"] == "ITEMS"]
    build.imported(items, "ITEM_ID,GENRE,PRICE\ni1,x,1.5\n")


def test_an_attribution_goes_from_pending_to_active_and_leaves_a_test_value(personalize, group, world):
    place = {**CONFIG, "s3DataDestination": {"path": "s3://reports/shop"}}
    arn = personalize.create_metric_attribution(
        name="a", datasetGroupArn=group, metrics=[metric()], metricsOutputConfig=place
    )["metricAttributionArn"]

    before = personalize.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]["status"]
    world.run()
    after = personalize.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]

    assert (before, after["status"]) == ("CREATE PENDING", "ACTIVE")
    assert after["metricsOutputConfig"] == place
    assert names(personalize, arn) == ["watches"]
    [(namespace, value)] = world.metrics.data
    assert (namespace, value.name, value.sum) == ("Personalize", "PermissionCheck", 0.0)
    assert world.objects.read("reports", "shop/_CHECK") == b""


@pytest.mark.parametrize(
    ("port", "problem"),
    [
        ("metrics", "Insufficient privileges: arn:aws:iam::123456789012:role/personalize must allow cloudwatch:PutM"),
        ("objects", "Insufficient privileges for writing to s3://reports/shop: arn:aws:iam::123456789012:role/perso"),
    ],
)
def test_a_role_that_may_not_write_makes_the_creation_fail_and_says_why(build, group, monkeypatch, port, problem):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(getattr(build.world, port), "put" if port == "metrics" else "upload_stream", refuse)
    place = {**CONFIG, "s3DataDestination": {"path": "s3://reports/shop"}}
    arn = build.client.create_metric_attribution(
        name="a", datasetGroupArn=group, metrics=[metric()], metricsOutputConfig=place
    )["metricAttributionArn"]
    build.world.run()

    described = build.client.describe_metric_attribution(metricAttributionArn=arn)["metricAttribution"]
    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"].startswith(problem)


@pytest.mark.parametrize("type_", ["", " ", "EVENT_TYPE", "timestamp"])
def test_an_event_type_that_no_event_can_have_is_refused(refusal, type_):
    given = refusal(metrics=[{**metric(), "eventType": type_}])

    assert given[0] == "InvalidInputException"
    assert "eventType" in given[1]


@pytest.mark.parametrize("name", ["", "  ", "vues é", "a\nb", "a" * 256])
def test_a_name_that_cloudwatch_cannot_have_is_refused(refusal, name):
    given = refusal(metrics=[metric(name)])

    assert given[0] == "InvalidInputException"
    assert given[1].startswith("metricName must be 1 to 255 printable ASCII characters")


def test_the_quota_of_metrics_may_be_lowered(world, refusal):
    world.allow(metrics_per_attribution=1)

    assert refusal(metrics=[metric("a"), metric("b")])[1] == (
        "A metric attribution has 1 to 1 metrics; this one would have 2."
    )


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("COUNT()", "must be SAMPLECOUNT(), SUM(Items.COLUMN) or SUM(Interactions.COLUMN)"),
        ("SUM(Users.AGE)", "must be SAMPLECOUNT()"),
        ("SUM(Items.WEIGHT)", "WEIGHT is not in the schema of the Items dataset."),
        ("SUM(Items.GENRE)", "Items.GENRE cannot be summed: it is of type string."),
    ],
)
def test_an_expression_must_be_one_of_the_groups_numbers(refusal, expression, problem):
    given = refusal(metrics=[metric(expression=expression)])

    assert given[0] == "InvalidInputException"
    assert given[1].startswith("Metric watches: ")
    assert problem in given[1]


@pytest.mark.parametrize("imported", [True, False])
def test_items_may_be_summed_before_and_after_their_import(build, personalize, group, imported):
    if imported:
        import_items(build, personalize, group)

    arn = personalize.create_metric_attribution(
        name="a",
        datasetGroupArn=group,
        metrics=[metric(expression="sum( Items.price )")],
        metricsOutputConfig=CONFIG,
    )["metricAttributionArn"]

    assert names(personalize, arn) == ["watches"]


def test_a_group_needs_events_with_types(build, refusal):
    plain = build.group()
    build.dataset(plain)

    assert refusal(datasetGroupArn=plain)[1].endswith("needs an Interactions dataset whose schema has EVENT_TYPE.")
    assert refusal(datasetGroupArn=NOWHERE + "dataset-group/none")[0] == "ResourceNotFoundException"


def test_metric_names_counts_and_places_are_checked(refusal):
    assert refusal(metrics=[metric(), metric()]) == (
        "ResourceAlreadyExistsException",
        "A metric with the name watches already exists.",
    )
    assert refusal(metrics=[])[0] == "InvalidInputException"
    assert refusal(metrics=[metric(f"m{n}") for n in range(11)])[0] == "InvalidInputException"
    wrong = {**CONFIG, "s3DataDestination": {"path": "https://x/y"}}
    assert "must be s3://BUCKET/KEY, not https://x/y." in refusal(metricsOutputConfig=wrong)[1]


def test_a_group_has_one_attribution_and_a_name_is_taken_once(build, personalize, world, attribution, refusal):
    already = ("ResourceAlreadyExistsException", f"Another resource with Arn {attribution} already exists.")
    other = build.group()
    schema = build.schema("Interactions", EVENT_TYPE)
    personalize.create_dataset(name="x", datasetGroupArn=other, datasetType="Interactions", schemaArn=schema)
    world.run()

    assert refusal() == already
    assert refusal(datasetGroupArn=other, name="attribution") == already


def test_an_attribution_is_described_without_its_metrics(personalize, group, attribution):
    described = personalize.describe_metric_attribution(metricAttributionArn=attribution)["metricAttribution"]

    del described["creationDateTime"], described["lastUpdatedDateTime"]
    assert described == {
        "name": "attribution",
        "metricAttributionArn": attribution,
        "datasetGroupArn": group,
        "metricsOutputConfig": CONFIG,
        "status": "ACTIVE",
    }


def test_metrics_are_listed_in_pages_by_name(personalize, attribution):
    pages = personalize.get_paginator("list_metric_attribution_metrics").paginate(
        metricAttributionArn=attribution, PaginationConfig={"PageSize": 2}
    )

    found = [page["metrics"] for page in pages]
    assert found == [[metric("a"), metric("b")], [metric("c")]]


def test_a_page_token_of_another_list_is_refused(personalize, world, group, attribution):
    other = put_attribution(world, group, "other", metric("a"), metric("b"))
    token = personalize.list_metric_attribution_metrics(metricAttributionArn=other, maxResults=1)["nextToken"]

    with pytest.raises(personalize.exceptions.InvalidNextTokenException):
        personalize.list_metric_attribution_metrics(metricAttributionArn=attribution, nextToken=token)


def test_attributions_are_listed_in_pages_by_group(personalize, world, build, group):
    made = [put_attribution(world, group, f"a-{number}", metric()) for number in range(3)]
    put_attribution(world, build.group(), "elsewhere", metric())

    pages = personalize.get_paginator("list_metric_attributions").paginate(
        datasetGroupArn=group, PaginationConfig={"PageSize": 2}
    )

    assert [each["metricAttributionArn"] for page in pages for each in page["metricAttributions"]] == made


def test_an_update_removes_before_it_adds_and_is_seen_at_once(personalize, attribution):
    place = {**CONFIG, "s3DataDestination": {"path": "s3://bucket/reports/"}}

    reply = personalize.update_metric_attribution(
        metricAttributionArn=attribution,
        removeMetrics=["b", "c"],
        addMetrics=[metric("c"), metric("d")],
        metricsOutputConfig=place,
    )

    described = personalize.describe_metric_attribution(metricAttributionArn=attribution)["metricAttribution"]
    assert reply["metricAttributionArn"] == attribution
    assert names(personalize, attribution) == ["a", "c", "d"]
    assert described["metricsOutputConfig"] == place
    assert described["lastUpdatedDateTime"] > described["creationDateTime"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"addMetrics": [metric("a")]}, "ResourceAlreadyExistsException"),
        ({"removeMetrics": ["unknown"]}, "InvalidInputException"),
        ({"removeMetrics": ["a", "b", "c"]}, "InvalidInputException"),
        ({"addMetrics": [metric(f"m{n}") for n in range(8)]}, "InvalidInputException"),
        ({"addMetrics": [metric("d", "SUM(Items.GENRE)")]}, "InvalidInputException"),
        ({"metricsOutputConfig": CONFIG}, "InvalidInputException"),
        ({}, "InvalidInputException"),
    ],
    ids=["twice", "unknown", "none left", "too many", "text", "the same", "nothing"],
)
def test_an_update_that_cannot_be_is_refused_and_changes_nothing(personalize, attribution, members, expected):
    with pytest.raises(ClientError) as error:
        personalize.update_metric_attribution(metricAttributionArn=attribution, **members)

    assert code(error) == expected
    assert names(personalize, attribution) == ["a", "b", "c"]


def test_an_attribution_that_is_changing_cannot_be_updated(personalize, world, group):
    arn = put_attribution(world, group, "late", metric("a"), status="CREATE PENDING")

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.update_metric_attribution(metricAttributionArn=arn, addMetrics=[metric("b")])
    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.delete_metric_attribution(metricAttributionArn=arn)


def test_operations_on_metrics_need_an_arn_that_exists(personalize):
    arn = NOWHERE + "metric-attribution/none"

    for call in (personalize.update_metric_attribution, personalize.list_metric_attribution_metrics):
        for members, problem in (({}, "is required."), ({"metricAttributionArn": arn}, "does not exist.")):
            with pytest.raises(ClientError) as error:
                call(**members)
            assert message(error).endswith(problem)


def test_a_deleted_attribution_is_seen_going_and_then_gone(personalize, world, attribution):
    personalize.delete_metric_attribution(metricAttributionArn=attribution)

    before = personalize.describe_metric_attribution(metricAttributionArn=attribution)["metricAttribution"]["status"]
    world.run()
    assert before == "DELETE PENDING"
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_metric_attribution(metricAttributionArn=attribution)


class Priced:
    """A group with imported prices, and an attribution that sums what a test says."""

    def __init__(self, build, personalize, group) -> None:
        self.build, self.client, self.group = build, personalize, group
        import_items(build, personalize, group)
        datasets = personalize.list_datasets(datasetGroupArn=group)["datasets"]
        self.datasets = {each["datasetType"]: each["datasetArn"] for each in datasets}

    def attribute(self, *metrics) -> str:
        given = {"name": "a", "datasetGroupArn": self.group, "metricsOutputConfig": CONFIG, "metrics": list(metrics)}
        arn = self.client.create_metric_attribution(**given)["metricAttributionArn"]
        self.build.world.run()
        return arn

    def is_kept(self, type_: str) -> bool:
        """Say whether a dataset may not be deleted because of the attribution; if it may, it is gone."""
        try:
            self.client.delete_dataset(datasetArn=self.datasets[type_])
        except self.client.exceptions.ResourceInUseException as error:
            return "cannot be deleted while metric attribution" in str(error)
        self.build.world.run()
        return False


REVENUE = metric("revenue", "SUM(Items.PRICE)")


@pytest.fixture
def priced(build, personalize, group):
    return Priced(build, personalize, group)


def test_items_whose_column_is_summed_are_not_deleted_until_the_attribution_is(priced, personalize, world):
    arn = priced.attribute(metric(), REVENUE)
    kept = priced.is_kept("ITEMS"), priced.is_kept("INTERACTIONS")
    personalize.delete_metric_attribution(metricAttributionArn=arn)
    going = priced.is_kept("ITEMS")
    world.run()

    assert (kept, going) == ((True, True), True)
    assert (priced.is_kept("ITEMS"), priced.is_kept("INTERACTIONS")) == (False, False)


def test_items_that_no_metric_sums_are_not_kept(priced):
    priced.attribute(metric())

    assert (priced.is_kept("INTERACTIONS"), priced.is_kept("ITEMS")) == (True, False)


def test_an_update_keeps_the_items_that_it_begins_to_sum_and_lets_others_go(priced, personalize):
    arn = priced.attribute(metric())
    personalize.update_metric_attribution(metricAttributionArn=arn, addMetrics=[REVENUE])
    kept = priced.is_kept("ITEMS")
    personalize.update_metric_attribution(metricAttributionArn=arn, removeMetrics=["revenue"])

    assert (kept, priced.is_kept("ITEMS")) == (True, False)


def test_items_that_are_going_cannot_be_summed(priced, personalize):
    arn = priced.attribute(metric())
    personalize.delete_dataset(datasetArn=priced.datasets["ITEMS"])

    with pytest.raises(ClientError, match="The dataset group has no Items dataset"):
        personalize.update_metric_attribution(metricAttributionArn=arn, addMetrics=[REVENUE])


def test_no_schema_and_no_import_takes_a_summed_column_away(priced, build, personalize):
    priced.attribute(REVENUE)
    items = priced.datasets["ITEMS"]
    renamed = build.schema("Items", {**PRICE, "name": "COST"})
    retyped = build.schema("Items", {**PRICE, "type": ["null", "string"]})
    for schema in (renamed, retyped):
        with pytest.raises(personalize.exceptions.InvalidInputException, match="The schema cannot replace"):
            personalize.update_dataset(datasetArn=items, schemaArn=schema)

    failed = build.imported(items, "ITEM_ID,GENRE\ni1,x\n")

    job = personalize.describe_dataset_import_job(datasetImportJobArn=failed)["datasetImportJob"]
    assert job["status"] == "CREATE FAILED"
    assert "missing the following columns:[PRICE]" in job["failureReason"]

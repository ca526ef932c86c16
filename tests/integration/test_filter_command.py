"""`tastemaker filter explain` through the deployed templates, and the warnings that a filter is made with."""

import json
from functools import partial

import pytest

from tests.integration.client import INTERACTIONS, Client, readings

FIELDS = {**INTERACTIONS, "fields": [*INTERACTIONS["fields"], {"name": "EVENT_TYPE", "type": "string"}]}
READ = "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPES) | INCLUDE ItemID WHERE Items.YEAR < 2000"


def _group(tastemaker):
    (group,) = tastemaker.client("personalize").list_dataset_groups()["datasetGroups"]
    return group["datasetGroupArn"]


@pytest.fixture
def explain(command):
    return partial(command, "filter", "explain", "--filter")


@pytest.fixture
def shelf(tastemaker):
    """A campaign on readings that all have a type, of described books; returns what makes a filter there."""
    client = Client(tastemaker)
    group = client.group()
    head, *rows = readings().splitlines()
    text = "\n".join([f"{head},EVENT_TYPE", *(f"{row},read" for row in rows)]) + "\n"
    books = sorted({row.split(",")[1] for row in rows})
    years = [f"{book},{1990 + number}" for number, book in enumerate(books)]
    year = {"name": "YEAR", "type": ["null", "int"]}
    items = {**FIELDS, "name": "Items", "fields": [{"name": "ITEM_ID", "type": "string"}, year]}
    for type_, schema, table in (
        ("Interactions", FIELDS, text),
        ("Items", items, "\n".join(["ITEM_ID,YEAR", *years]) + "\n"),
    ):
        arn = client.personalize.create_schema(name=type_, schema=json.dumps(schema))["schemaArn"]
        made = {"name": type_, "datasetGroupArn": group, "schemaArn": arn, "datasetType": type_}
        dataset = client.personalize.create_dataset(**made)["datasetArn"]
        client.settled("dataset", dataset)
        client.s3.put_object(Bucket="readings", Key=type_, Body=table.encode())
        source = {"dataLocation": f"s3://readings/{type_}"}
        job = client.personalize.create_dataset_import_job(jobName=type_, datasetArn=dataset, dataSource=source)
        assert client.settled("datasetImportJob", job["datasetImportJobArn"])["status"] == "ACTIVE"
    client.campaign(group)

    def make(expression):
        made = client.personalize.create_filter(name="f", datasetGroupArn=group, filterExpression=expression)
        client.settled("filter", made["filterArn"])
        return made

    return make, books


def test_the_command_says_which_clause_keeps_an_item_out(explain, shelf):
    make, books = shelf
    arn = make(READ)["filterArn"]

    status, said, _ = explain(arn, "--user", "newcomer", "--item", books[-1], "--values", 'TYPES="read","lent"')

    said = " ".join(said.split())
    assert status == 0
    for part in (
        f"10 of {len(books)} items pass",
        'Interactions.EVENT_TYPE IN ("read","lent") 0 no none',
        f'Items.YEAR < "2000" 10 no {1990 + len(books) - 1}.0',
        f"{books[-1]} is out: no INCLUDE includes it.",
        'warning: Interactions.EVENT_TYPE IN ("read","lent"): no item meets it.',
    ):
        assert part in said, said


def test_names_do_as_well_as_arns_and_the_campaign_that_answers_is_said(tastemaker, explain, shelf):
    shelf[0](READ)
    other = Client(tastemaker).campaign(_group(tastemaker), "aws-sims", "similar")
    said = []
    for words in ([], ["--campaign", "next"], ["--campaign", other]):
        status, text, _ = explain("f", "--user", "u", *words)
        assert status == 0
        said.append(" ".join(text.split()))

    assert "campaign/similar, the newest of the dataset group; --campaign or --recommender names another" in said[0]
    assert (
        "answered by arn:aws:personalize:us-east-1:123456789012:campaign/next " in said[1],
        "newest" in said[1],
    ) == (
        True,
        False,
    )
    assert f"answered by {other} " in said[2]


@pytest.mark.parametrize(("option", "kind"), [("--filter", "filter"), ("--campaign", "campaign")])
def test_an_unknown_name_is_named(explain, option, kind):
    arn = "arn:aws:personalize:us-east-1:123456789012:filter/nothing"
    words = [arn, option, "nothing"] if option != "--filter" else ["nothing"]

    status, _, complaint = explain(*words)

    assert (status, f"there is no {kind} named nothing" in complaint) == (1, True)


def test_what_is_put_is_seen_by_the_next_command(tastemaker, explain, shelf):
    make, books = shelf
    filter_arn = make(READ)["filterArn"]
    datasets = tastemaker.client("personalize").list_datasets()["datasets"]
    arn = next(each["datasetArn"] for each in datasets if each["datasetType"] == "ITEMS")
    put = tastemaker.client("personalize-events").put_items
    said = []

    for items in ({}, {"new": 1980}, {books[0]: 2020, "newer": 1970}):
        if items:
            given = [{"itemId": id_, "properties": json.dumps({"year": year})} for id_, year in items.items()]
            put(datasetArn=arn, items=given)
        status, text, _ = explain(filter_arn, "--user", "u", "--values", 'TYPES="read"')
        assert status == 0
        said.append(" ".join(text.split()))

    for text, (passing, items) in zip(said, ((10, 0), (11, 1), (11, 2)), strict=True):
        assert f"{passing} of {len(books) + items} items pass" in text


def test_the_reply_is_printed_as_it_is(explain, shelf):
    make, books = shelf
    arn = make(READ)["filterArn"]

    status, said, _ = explain(arn, "--user", "u", "--json")

    told = json.loads(said)
    assert (status, told["items"], told["passing"]) == (0, len(books), 10)
    assert told["notApplied"] == ["Interactions.EVENT_TYPE IN ($TYPES)"]


def test_a_filter_that_can_never_match_is_made_with_a_warning(shelf):
    made = shelf[0]("INCLUDE ItemID WHERE Items.YEAR < 1900")

    headers = made["ResponseMetadata"]["HTTPHeaders"]
    assert "the imported values go from 1990 to" in json.loads(headers["x-tastemaker-warnings"])[0]


def test_the_command_says_what_is_wrong(explain):
    arn = "arn:aws:personalize:us-east-1:123456789012:filter/nothing"

    status, _, complaint = explain(arn)

    assert (status, "ResourceNotFoundException" in complaint) == (1, True)

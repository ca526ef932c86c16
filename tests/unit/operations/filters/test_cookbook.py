"""The page's filters on the page's shop: each is made, asked for, and leaves the items that the page says."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[4] / "docs"
SHOP = DOCS / "samples" / "shop"
ROW = re.compile(
    r"^\| (?P<what>[^|`]+) \| `(?P<filter>(?:IN|EX)CLUDE .+?)` \| (?:`(?P<values>.+?)`)? ?\| (?P<left>[\w ]+) \|$"
)
ROWS = [match for line in (DOCS / "filters.md").read_text().splitlines() if (match := ROW.match(line))]


@pytest.fixture
def shop(world, build, personalize):
    """The sample's datasets, each from its schema and its file."""
    world.allow(training_interactions=5, training_users=1)
    group = build.group()
    for kind in ("Interactions", "Items", "Users"):
        schema = (SHOP / f"{kind.lower()}.json").read_text()
        arn = personalize.create_schema(name=build.name(), schema=schema)["schemaArn"]
        dataset = personalize.create_dataset(
            name=build.name(), datasetGroupArn=group, datasetType=kind, schemaArn=arn
        )["datasetArn"]  # fmt: skip
        world.run()
        job = build.imported(dataset, (SHOP / f"{kind.lower()}.csv").read_text())
        assert (
            personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["status"] == "ACTIVE"
        )
    return group


def test_each_leaves_what_the_page_says(shop, world, build, clients):
    campaign = build.campaign(build.version(build.solution(shop)))

    def left(row):
        expression = row["filter"].replace(r"\|", "|")
        made = clients.personalize.create_filter(name=build.name(), datasetGroupArn=shop, filterExpression=expression)
        world.run()
        reply = clients.personalize_runtime.get_recommendations(
            campaignArn=campaign,
            userId="ann",
            filterArn=made["filterArn"],
            filterValues=json.loads(row["values"] or "{}"),
        )
        return {item["itemId"] for item in reply["itemList"]}

    assert len(ROWS) == 11
    assert {row["what"]: left(row) for row in ROWS} == {row["what"]: set(row["left"].split()) for row in ROWS}


def test_who_is_too_young_is_shown_no_alcohol(shop, world, build, clients):
    expression = next(row["filter"] for row in ROWS if "alcohol" in row["what"])
    campaign = build.campaign(build.version(build.solution(shop)))
    made = clients.personalize.create_filter(name="young", datasetGroupArn=shop, filterExpression=expression)
    world.run()

    shown = clients.personalize_runtime.get_recommendations(
        campaignArn=campaign, userId="ben", filterArn=made["filterArn"]
    )["itemList"]

    assert {"tea", "mug"} < {item["itemId"] for item in shown}
    assert "wine" not in {item["itemId"] for item in shown}

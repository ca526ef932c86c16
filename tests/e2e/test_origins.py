"""A page of another origin, in a real browser: it records events and shows recommendations."""

import json
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e import browser
from tests.processes import SCHEMA, running, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="needs Chromium on the PATH"),
]

BUCKET = "books"


@pytest.fixture(scope="module")
def shop():
    """Run a service with a campaign and an event tracker; return what the page is told."""
    with running() as service:
        yield {"endpoint": service.url, **_built(service)}


@pytest.fixture(scope="module")
def origin():
    with browser.site() as url:
        yield url


def test_a_page_records_events_and_shows_what_follows_from_them(shop, origin, tmp_path):
    picture = os.environ.get("SCREENSHOT")

    visit = browser.visit(
        f"{origin}/shop.html?{urlencode(shop)}", tmp_path, screenshot=Path(picture) if picture else None
    )

    assert visit.text("state") == "done"
    assert visit.console == []
    before, after = visit.text("before").split(), visit.text("after").split()
    assert (len(before), len(after)) == (5, 5)
    assert sum(book.startswith("shelf-3-") for book in after) >= 4 > sum(book.startswith("shelf-3-") for book in before)
    assert visit.text("campaign") == "campaign books: ACTIVE"


def test_a_page_can_read_why_it_was_refused(shop, origin, tmp_path):
    elsewhere = shop | {"campaign": f"{shop['campaign']}x"}

    visit = browser.visit(f"{origin}/shop.html?{urlencode(elsewhere)}", tmp_path)

    assert visit.text("state").startswith("failed: ResourceNotFoundException:")
    assert [line for line in visit.console if "CORS" in line] == []


def test_a_page_that_may_not_call_learns_nothing(shop, origin, tmp_path):
    with running("--cors-origins", "https://shop.example") as service:
        visit = browser.visit(f"{origin}/shop.html?{urlencode(shop | {'endpoint': service.url})}", tmp_path)

    assert visit.text("state") == "failed: Failed to fetch"
    assert "CORS" in " ".join(visit.console)


def _built(service):
    personalize, s3 = service.client("personalize"), service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="readings.csv", Body=_readings())
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = service.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    schema = personalize.create_schema(name=BUCKET, schema=SCHEMA)["schemaArn"]
    group = _active(personalize, "dataset_group", personalize.create_dataset_group(name=BUCKET))
    place = {"name": BUCKET, "schemaArn": schema, "datasetGroupArn": group, "datasetType": "Interactions"}
    dataset = _active(personalize, "dataset", personalize.create_dataset(**place))
    source = {"dataSource": {"dataLocation": f"s3://{BUCKET}/readings.csv"}, "roleArn": role}
    job = personalize.create_dataset_import_job(jobName=BUCKET, datasetArn=dataset, **source)
    _active(personalize, "dataset_import_job", job)
    tracker = personalize.create_event_tracker(name=BUCKET, datasetGroupArn=group)
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    solution = personalize.create_solution(name=BUCKET, datasetGroupArn=group, recipeArn=recipe)["solutionArn"]
    version = _active(personalize, "solution_version", personalize.create_solution_version(solutionArn=solution))
    campaign = _active(personalize, "campaign", personalize.create_campaign(name=BUCKET, solutionVersionArn=version))
    return {"campaign": campaign, "tracker": tracker["trackingId"]}


def _active(personalize, kind, reply):
    member = kind.title().replace("_", "")
    member = member[0].lower() + member[1:]
    arn = reply[f"{member}Arn"]
    describe = getattr(personalize, f"describe_{kind}")
    until(lambda: describe(**{f"{member}Arn": arn})[member]["status"] == "ACTIVE")
    return arn


def _readings():
    """Sixty readers, each of the books of one of five shelves."""
    rows = (f"reader-{at % 60},shelf-{at % 5}-book-{at * 7 % 11},{1_700_000_000 + at}" for at in range(3000))
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]).encode()

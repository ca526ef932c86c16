"""`tastemaker imports` through the deployed templates: what an unmodified client is not told."""

import json
import time

import pytest

PATIENCE = 60
FIELDS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRE", "type": "string", "categorical": True},
    {"name": "YEAR", "type": "int"},
]


def films(bad):
    years = ["1995", *["2006\u20132007"] * bad, *["2001"] * (99 - bad)]
    return "ITEM_ID,GENRE,YEAR\n" + "".join(f"{number},Drama,{year}\n" for number, year in enumerate(years))


def settled(describe, member, arn):
    deadline = time.monotonic() + PATIENCE
    while (thing := describe(**{f"{member}Arn": arn})[member])["status"] not in {"ACTIVE", "CREATE FAILED"}:
        assert time.monotonic() < deadline, arn
    return thing


@pytest.fixture
def cinema(tastemaker):
    """A dataset group whose items were imported with one bad year, and then with six, which failed."""
    personalize, s3 = tastemaker.client("personalize"), tastemaker.client("s3")
    s3.create_bucket(Bucket="studios")
    group = personalize.create_dataset_group(name="cinema")["datasetGroupArn"]
    settled(personalize.describe_dataset_group, "datasetGroup", group)
    text = json.dumps({"type": "record", "name": "Items", "namespace": "n", "fields": FIELDS, "version": "1.0"})
    schema = personalize.create_schema(name="films", schema=text)["schemaArn"]
    members = {"name": "films", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Items"}
    dataset = personalize.create_dataset(**members)["datasetArn"]
    settled(personalize.describe_dataset, "dataset", dataset)
    for name, bad in (("first", 1), ("second", 6)):
        s3.put_object(Bucket="studios", Key=f"{name}.csv", Body=films(bad).encode())
        source = {"dataLocation": f"s3://studios/{name}.csv"}
        job = personalize.create_dataset_import_job(jobName=name, datasetArn=dataset, dataSource=source)
        settled(personalize.describe_dataset_import_job, "datasetImportJob", job["datasetImportJobArn"])
    return group


def test_the_command_shows_what_was_lost_and_what_failed(command, cinema):
    status, said, _ = command("imports", "cinema")

    said = " ".join(said.split())
    assert status == 0
    for part in (
        cinema,
        "second: CREATE FAILED (FULL)",
        "cannot be read in YEAR (6 of 100)",
        "first: ACTIVE (FULL, 100 rows in the dataset) unreadable YEAR 1",
        "s3://studios/first.csv, line 3, column YEAR: '2006\u20132007' must be an integer of at most 32 bits",
    ):
        assert part in said, said
    assert said.index("second:") < said.index("first:")


def test_it_gives_the_same_to_programs_and_insights_show_the_newest(command, cinema):
    imported = command("imports", cinema, "--json", "--most", "5")
    insights = command("insights", cinema)

    assert (imported[0], insights[0]) == (0, 0)
    jobs, said = json.loads(imported[1])["ITEMS"], " ".join(insights[1].split())
    assert [(job["jobName"], job["status"], "failureReason" in job) for job in jobs] == [
        ("second", "CREATE FAILED", True),
        ("first", "ACTIVE", False),
    ]
    assert jobs[1]["report"]["unreadable YEAR"] == 1
    assert "second: CREATE FAILED" in said
    assert "YEAR could not be read in 1 records of the newest import" in said


def test_a_group_that_is_not_there_is_said(command):
    status, _, complaint = command("imports", "nowhere")

    assert (status, "there is no dataset group named nowhere" in complaint) == (1, True)

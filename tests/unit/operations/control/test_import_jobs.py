"""What DescribeDatasetImportJob says of an import that left something out: nothing that AWS has no word for."""

import json

import pytest

ROLE = "arn:aws:iam::123456789012:role/deletions"
YEAR = {"name": "YEAR", "type": "int"}
HEADER = "x-tastemaker-imported"


def films(bad, rows=400):
    years = ["1995", *bad, *["2001"] * (rows - len(bad) - 1)]
    return "ITEM_ID,GENRE,YEAR\n" + "".join(f"{number},Drama,{year}\n" for number, year in enumerate(years))


@pytest.fixture
def described(personalize, build):
    def ask(text, *columns):
        job = build.imported(build.dataset(build.group(), "Items", *columns), text)
        reply = personalize.describe_dataset_import_job(datasetImportJobArn=job)
        return reply["datasetImportJob"], reply["ResponseMetadata"]["HTTPHeaders"][HEADER]

    return ask


def test_an_active_job_has_no_reason_and_its_header_has_what_was_lost(described):
    job, header = described(films(["2006\u20132007"]), YEAR)

    report = json.loads(header)
    assert (job["status"], "failureReason" in job) == ("ACTIVE", False)
    assert report["unreadable YEAR"] == 1
    assert report["firstRejects"][0]["value"] == "2006\u20132007"
    assert report["warnings"] == [
        "YEAR cannot be read in 1 records and is missing there: it must be an integer of at most 32 bits."
    ]


def test_a_header_stays_as_short_as_api_gateway_takes_it(described):
    columns = [{"name": f"COLUMN_{number}", "type": "int"} for number in range(60)]
    head = ",".join(["ITEM_ID", "GENRE", *(column["name"] for column in columns)])
    bad = "0,x" + ",\U0001f600" * 60 + "\n"
    text = f"{head}\n{bad}" + "".join(f"{number},x{',1' * 60}\n" for number in range(1, 40))

    _, header = described(text, *columns)

    report = json.loads(header)
    assert len(header) <= 6_000
    assert sum(value for name, value in report.items() if name.startswith("unreadable ")) == 60
    assert report["warnings"]


def test_insights_warn_of_it(personalize, build):
    group = build.group()
    build.dataset(group)
    build.imported(build.dataset(group, "Items", YEAR), films(["x"]))

    reply = personalize.get_data_insights(datasetGroupArn=group)

    [year] = [column for column in reply["datasets"][1]["columns"] if column["columnName"] == "YEAR"]
    assert year["unreadable"] == 1
    assert {
        "code": "UNREADABLE",
        "datasetType": "ITEMS",
        "columnName": "YEAR",
        "message": "YEAR could not be read in 1 records of the newest import and is missing there.",
    } in reply["warnings"]


def test_insights_say_how_many_moments_are_none(world, personalize, build):
    group = build.group()
    now = int(world.now)
    moments = [now - 1, now * 1_000, now * 1_000_000, now + 500]
    rows = "".join(f"u,i,{moment}\n" for moment in moments)
    build.imported(build.dataset(group), "USER_ID,ITEM_ID,TIMESTAMP\n" + rows)

    warnings = {one["code"]: one["message"] for one in personalize.get_data_insights(datasetGroupArn=group)["warnings"]}

    assert warnings["MILLISECONDS"] == "TIMESTAMP looks like milliseconds; it must be in seconds (1 of 4 records)."
    assert warnings["MICROSECONDS"] == "TIMESTAMP looks like microseconds; it must be in seconds (1 of 4 records)."
    assert warnings["FUTURE"] == "TIMESTAMP lay in the future in 1 of 4 records when they came."


def test_a_deletion_of_users_forgets_what_was_shown(world, personalize, build):
    group = build.group()
    build.dataset(group)
    job = build.imported(
        build.dataset(group, "Users"), "USER_ID,AGE\nu,secret\n" + "".join(f"u{n},1\n" for n in range(40))
    )
    world.objects.write("bucket", "gone.csv", b"USER_ID\nu\n")
    personalize.create_data_deletion_job(
        jobName="d", datasetGroupArn=group, dataSource={"dataLocation": "s3://bucket/gone.csv"}, roleArn=ROLE
    )

    assert "secret" in json.dumps(world.resources.get(job), default=str)
    world.run()

    record = world.resources.get(job)
    assert "secret" not in json.dumps(record, default=str)
    assert "rejects" not in record["_imported"]
    assert record["_imported"]["unreadable AGE"] == 1
    kept = {place: body for place, body in world.objects.objects.items() if place[0] != "bucket"}
    assert not [place for place, body in kept.items() if b"secret" in body]

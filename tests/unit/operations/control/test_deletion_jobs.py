"""Data deletion jobs, through a real boto3 client: afterwards the users are nowhere."""

import json
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import pytest
from botocore.exceptions import ClientError

NOWHERE = "arn:aws:personalize:us-east-1:123456789012:"
ROLE = "arn:aws:iam::123456789012:role/deletions"
HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"
GONE = "the-user-to-delete"


@pytest.fixture
def delete(world, personalize, build):
    """Asks for a deletion of users."""

    def ask(group: str, *users: str, location: str = "s3://bucket/gone.csv", **members) -> str:
        world.objects.write("bucket", "gone.csv", "\n".join(["USER_ID", *users, ""]).encode())
        asked = {"jobName": build.name(), "datasetGroupArn": group, "roleArn": ROLE, **members}
        return personalize.create_data_deletion_job(dataSource={"dataLocation": location}, **asked)[
            "dataDeletionJobArn"
        ]

    return ask


@pytest.fixture
def described(personalize):
    return lambda arn: personalize.describe_data_deletion_job(dataDeletionJobArn=arn)["dataDeletionJob"]


def refusal(error: pytest.ExceptionInfo) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def readings(*more: str) -> str:
    """Enough for a training: 60 readers, and whoever else is named, with 20 books each."""
    readers = [*(f"reader-{n}" for n in range(60)), *more]
    rows = [f"{reader},book-{(n * 7 + step) % 30},{step}" for n, reader in enumerate(readers) for step in range(20)]
    return HEADER + "\n".join(rows) + "\n"


def plain(key: str, body: bytes) -> bytes:
    """An object's bytes, and what they say where they are compressed."""
    if key.endswith(".parquet"):
        with NamedTemporaryFile() as file, duckdb.connect() as session:
            Path(file.name).write_bytes(body)
            body += repr(session.execute(f"FROM read_parquet('{file.name}')").fetchall()).encode()
    return key.encode() + body


def everything(world, *, models: bool = False) -> bytes:
    """All that the service itself keeps: every object and every record, event and item."""
    buckets = {"data", "models"} if models else {"data"}
    objects = [plain(key, body) for (bucket, key), body in world.objects.objects.items() if bucket in buckets]
    tables = (world.resources._records, world.events._events, world.records._records)
    return b"".join([*objects, repr(tables).encode()])


def test_a_deletion_is_pending_then_completed_and_counts_what_it_removed(world, build, delete, described):
    group = build.group()
    build.imported(build.dataset(group), HEADER + f"{GONE},a,1\n{GONE},b,2\nother,a,3\n")

    arn = delete(group, GONE, jobName="first")
    before = described(arn)
    world.run()
    after = described(arn)

    assert arn == NOWHERE + "data-deletion-job/first"
    assert before == {
        "jobName": "first",
        "dataDeletionJobArn": arn,
        "datasetGroupArn": group,
        "dataSource": {"dataLocation": "s3://bucket/gone.csv"},
        "roleArn": ROLE,
        "status": "PENDING",
        "creationDateTime": before["creationDateTime"],
        "lastUpdatedDateTime": before["creationDateTime"],
    }
    ended = {"status": "COMPLETED", "numDeleted": 2, "lastUpdatedDateTime": after["lastUpdatedDateTime"]}
    assert after == before | ended


def test_afterwards_no_object_and_no_record_holds_the_user(world, clients, build, delete, described):
    group = build.group()
    events, users = build.dataset(group), build.dataset(group, "Users")
    build.imported(events, readings(GONE))
    build.imported(users, f"USER_ID,AGE\n{GONE},30\nother,40\n")
    build.imported(events, HEADER + f"{GONE},a,tomorrow\n")  # its failure quotes the row
    world.records.put(users, {GONE: {"age": 31}})
    tracker = clients.personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "view", "sentAt": 7, "itemId": "before login"}
    send = clients.personalize_events.put_events
    send(trackingId=tracker, sessionId="s", eventList=[event])
    send(trackingId=tracker, sessionId="s", userId=GONE, eventList=[event])
    assert GONE.encode() in everything(world)

    arn = delete(group, GONE)
    world.run()

    assert (described(arn)["status"], described(arn)["numDeleted"]) == ("COMPLETED", 20 + 1 + 2 + 1)
    assert GONE.encode() not in everything(world)
    assert b"before login" not in everything(world)


def test_a_model_trained_before_is_stripped_and_the_receipt_names_it(world, personalize, build, delete):
    group = build.group()
    build.imported(build.dataset(group), readings(GONE))
    solution = build.solution(group)
    old = build.version(solution)
    campaign = build.campaign(old)
    before = world.resources.get(campaign)["_serving"]["artifact"]

    first = receipt(world, personalize, delete(group, GONE, "never-there"))
    new = build.version(solution)
    prefix = f"{new.partition('solution/')[2]}/"
    stored = b"".join(body for (bucket, key), body in world.objects.objects.items() if key.startswith(prefix))
    second = receipt(world, personalize, delete(group, GONE))

    [model] = first["stripped"]
    after = world.resources.get(campaign)["_serving"]["artifact"]
    assert model == {"arn": old, "before": before["prefix"], "after": after["prefix"], "users": 1}
    assert world.resources.get(old)["_artifact"] == after
    assert first["deleted"] == {"INTERACTIONS": 20, "events": 0, "records": 0}
    assert (first["users"], first["training"], first["models"], first["retired"]) == (2, [], [], [])
    assert len(stored) > 1000
    assert GONE.encode() not in stored
    assert GONE.encode("utf-32-le") not in everything(world, models=True)
    assert (second["models"], second["stripped"], second["retired"]) == ([], [], [])
    assert GONE not in json.dumps([first, second])


def test_what_is_to_be_trained_meanwhile_learns_nothing_of_the_user(world, personalize, build, delete):
    group = build.group()
    build.imported(build.dataset(group), readings(GONE))
    version = personalize.create_solution_version(solutionArn=build.solution(group))["solutionVersionArn"]
    [training] = world.workflows.started
    world.workflows.started.clear()

    told = receipt(world, personalize, delete(group, GONE))
    world.workflows.started.append(training)
    world.run()

    assert told["training"] == []
    status = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["status"]
    assert status == "ACTIVE"
    assert GONE.encode("utf-32-le") not in everything(world, models=True)


def receipt(world, personalize, arn: str) -> dict:
    """Run what waits, and read the receipt that a deletion job's header names."""
    world.run()
    reply = personalize.describe_data_deletion_job(dataDeletionJobArn=arn)
    place = reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-receipt"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    return json.loads(world.objects.read(bucket, key))


def test_events_after_the_deletion_are_a_new_beginning(world, clients, build, delete):
    group = build.group()
    build.dataset(group)
    tracker = clients.personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]

    delete(group, GONE)
    world.run()
    event = {"eventType": "view", "sentAt": 7, "itemId": "i"}
    clients.personalize_events.put_events(trackingId=tracker, sessionId="s", userId=GONE, eventList=[event])

    assert len(world.events.history(group, GONE, limit=5)) == 1


def test_users_of_another_group_stay(world, build, delete):
    here, there = build.group(), build.group()
    for group in (here, there):
        build.imported(build.dataset(group), HEADER + f"{GONE},a,1\n")

    delete(here, GONE)
    world.run()

    left = [
        key
        for key, _, _ in world.objects.list("data", "")
        if GONE.encode() in plain(key, world.objects.read("data", key))
    ]
    assert {key.split("/")[1] for key in left} == {there.rpartition("/")[2]}


def test_deletions_are_listed_newest_first_in_pages(personalize, build, delete):
    group = build.group()
    arns = [delete(group, GONE) for _ in range(3)]
    delete(build.group(), GONE)

    first = personalize.list_data_deletion_jobs(datasetGroupArn=group, maxResults=2)
    rest = personalize.list_data_deletion_jobs(datasetGroupArn=group, maxResults=2, nextToken=first["nextToken"])

    listed = first["dataDeletionJobs"] + rest["dataDeletionJobs"]
    assert [job["dataDeletionJobArn"] for job in listed] == arns[::-1]
    assert listed[0].keys() == {
        *("jobName", "dataDeletionJobArn", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"),
    }
    assert "nextToken" not in rest
    assert len(personalize.list_data_deletion_jobs()["dataDeletionJobs"]) == 4


def test_what_is_not_there_is_not_found(described, delete):
    with pytest.raises(ClientError) as creating:
        delete(NOWHERE + "dataset-group/none", GONE)
    with pytest.raises(ClientError) as describing:
        described(NOWHERE + "data-deletion-job/none")

    assert refusal(creating)[0] == refusal(describing)[0] == "ResourceNotFoundException"


def test_a_group_that_is_not_active_has_nobody_to_delete(personalize, delete):
    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]

    with pytest.raises(ClientError) as error:
        delete(group, GONE)

    assert refusal(error)[0] == "ResourceInUseException"


@pytest.mark.parametrize("location", ["https://bucket/gone.csv", "s3:///gone.csv"])
def test_the_list_lies_in_s3(build, delete, location):
    with pytest.raises(ClientError) as error:
        delete(build.group(), GONE, location=location)

    assert refusal(error)[0] == "InvalidInputException"


def test_a_job_name_is_taken_once(build, delete):
    group = build.group()
    delete(group, GONE, jobName="first")

    with pytest.raises(ClientError) as error:
        delete(group, GONE, jobName="first")

    assert refusal(error)[0] == "ResourceAlreadyExistsException"


def test_at_most_five_deletions_of_a_group_are_under_way(world, build, delete):
    group = build.group()
    for _ in range(5):
        delete(group, GONE)

    with pytest.raises(ClientError) as error:
        delete(group, GONE)
    delete(build.group(), GONE)
    world.run()

    told = "More than 5 resources with PENDING or IN_PROGRESS status."
    assert refusal(error) == ("LimitExceededException", told)
    assert delete(group, GONE)


def test_a_deletion_waits_for_imports_to_end(world, personalize, build, delete):
    group = build.group()
    dataset = build.dataset(group)
    source = {"dataLocation": "s3://bucket/data.csv"}
    job = personalize.create_dataset_import_job(jobName="i", datasetArn=dataset, dataSource=source)

    with pytest.raises(ClientError) as error:
        delete(group, GONE)
    world.run()

    code, message = refusal(error)
    assert code == "ResourceInUseException"
    assert job["datasetImportJobArn"] in message
    assert delete(group, GONE)


def test_an_import_waits_for_deletions_to_end(world, personalize, build, delete):
    group = build.group()
    dataset = build.dataset(group)
    deletion = delete(group, GONE)

    def ask() -> dict:
        source = {"dataLocation": "s3://bucket/data.csv"}
        return personalize.create_dataset_import_job(jobName="i", datasetArn=dataset, dataSource=source)

    with pytest.raises(ClientError) as error:
        ask()
    world.run()

    code, message = refusal(error)
    assert code == "ResourceInUseException"
    assert deletion in message
    assert ask()


def test_a_failed_deletion_says_why(world, build, delete, described):
    arn = delete(build.group(), GONE, location="s3://bucket/nothing-here")
    world.run()

    job = described(arn)
    assert job["status"] == "FAILED"
    assert job["failureReason"] == "Invalid Data location. There is no CSV file at s3://bucket/nothing-here."


def test_a_deleted_group_takes_its_deletions_and_receipts_along(world, personalize, build, delete):
    group = build.group()
    delete(group, GONE)
    world.run()

    personalize.delete_dataset_group(datasetGroupArn=group)
    world.run()

    assert personalize.list_data_deletion_jobs()["dataDeletionJobs"] == []
    assert world.objects.list("data", "") == []


def test_a_deleted_dataset_leaves_nothing_behind(world, personalize, build):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, HEADER + f"{GONE},a,1\n")
    build.imported(dataset, HEADER + f"{GONE},a,2\n")
    world.events.put(group, [{"user_id": GONE, "timestamp": 1, "event_id": "e", "recorded": 1.0}])

    personalize.delete_dataset(datasetArn=dataset)
    world.run()

    assert world.objects.list("data", "") == []
    assert GONE.encode() not in everything(world)

"""Dataset export jobs, through a real boto3 client."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.deps import Deps
from tests.unit.operations.executions import run_machine

NOWHERE = "arn:aws:personalize:us-east-1:123456789012:"
ROLE = "arn:aws:iam::123456789012:role/exports"
HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"


@pytest.fixture
def export(personalize, build):
    """Asks for an export; members replace the ones that work."""

    def ask(dataset: str, path: str = "s3://out/folder/", **members) -> str:
        asked = {"jobName": build.name(), "datasetArn": dataset, "roleArn": ROLE, **members}
        output = {"s3DataDestination": {"path": path}}
        return personalize.create_dataset_export_job(jobOutput=output, **asked)["datasetExportJobArn"]

    return ask


def refusal(error: pytest.ExceptionInfo) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_an_export_is_pending_then_active_and_the_file_is_there(world, personalize, build, export):
    dataset = build.dataset()
    build.imported(dataset, HEADER + "u,i,1\n")

    arn = export(dataset, jobName="first", ingestionMode="BULK")
    before = personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]
    world.run()
    after = personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]

    assert arn == NOWHERE + "dataset-export-job/first"
    assert before == {
        "jobName": "first",
        "datasetExportJobArn": arn,
        "datasetArn": dataset,
        "ingestionMode": "BULK",
        "roleArn": ROLE,
        "status": "CREATE PENDING",
        "jobOutput": {"s3DataDestination": {"path": "s3://out/folder/"}},
        "creationDateTime": before["creationDateTime"],
        "lastUpdatedDateTime": before["creationDateTime"],
    }
    assert after == before | {"status": "ACTIVE", "lastUpdatedDateTime": after["lastUpdatedDateTime"]}
    assert world.objects.read("out", "folder/first.csv") == (HEADER + "u,i,1\n").encode()


def test_an_export_is_of_put_data_unless_it_says_otherwise(world, personalize, build, export):
    dataset = build.dataset()
    build.imported(dataset, HEADER + "u,i,1\n")

    arn = export(dataset, jobName="first")
    world.run()

    job = personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]
    assert (job["ingestionMode"], job["status"]) == ("PUT", "ACTIVE")
    assert world.objects.read("out", "folder/first.csv") == HEADER.encode()


def test_events_that_were_put_are_exported(world, clients, build, export):
    group = build.group()
    dataset = build.dataset(group)
    tracker = clients.personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "view", "sentAt": 7, "itemId": "i"}
    clients.personalize_events.put_events(trackingId=tracker, userId="u", sessionId="s", eventList=[event])

    export(dataset, jobName="first")
    world.run()

    assert world.objects.read("out", "folder/first.csv") == (HEADER + "u,i,7\n").encode()


def test_a_late_run_stores_nothing_over_what_the_job_has_ended_with(world, personalize, build, export, monkeypatch):
    dataset = build.dataset()
    build.imported(dataset, HEADER + "u,i,1\n")
    arn = export(dataset, jobName="first", ingestionMode="BULK")
    [(machine, work)] = world.workflows.started
    world.workflows.started.clear()
    store = world.objects.upload_stream

    def meanwhile(stream, *place, **more):
        """Let the dataset have another row, and the job its end; what is late has begun to read before."""
        monkeypatch.setattr(world.objects, "upload_stream", store)
        build.imported(dataset, HEADER + "u,i,1\nv,i,2\n")
        run_machine(machine, work, Deps(**world.parts))
        store(stream, *place, **more)

    monkeypatch.setattr(world.objects, "upload_stream", meanwhile)
    run_machine(machine, work, Deps(**world.parts))

    job = personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]
    assert (job["status"], "failureReason" in job) == ("ACTIVE", False)
    assert b"v,i,2" in world.objects.read("out", "folder/first.csv")


def test_exports_are_listed_by_dataset_in_pages(personalize, build, export):
    dataset = build.dataset()
    arns = [export(dataset) for _ in range(3)]
    export(build.dataset())

    first = personalize.list_dataset_export_jobs(datasetArn=dataset, maxResults=2)
    rest = personalize.list_dataset_export_jobs(datasetArn=dataset, maxResults=2, nextToken=first["nextToken"])

    listed = first["datasetExportJobs"] + rest["datasetExportJobs"]
    assert [job["datasetExportJobArn"] for job in listed] == arns
    assert listed[0].keys() == {
        *("jobName", "datasetExportJobArn", "status", "creationDateTime", "lastUpdatedDateTime"),
    }
    assert "nextToken" not in rest
    assert len(personalize.list_dataset_export_jobs()["datasetExportJobs"]) == 4


def test_what_is_not_there_is_not_exported(personalize, export):
    with pytest.raises(ClientError) as creating:
        export(NOWHERE + "dataset/none/ITEMS")
    with pytest.raises(ClientError) as describing:
        personalize.describe_dataset_export_job(datasetExportJobArn=NOWHERE + "dataset-export-job/none")

    assert refusal(creating)[0] == refusal(describing)[0] == "ResourceNotFoundException"


def test_a_dataset_that_is_not_active_is_not_exported(personalize, build, export):
    group, schema = build.group(), build.schema()
    dataset = personalize.create_dataset(name="d", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema)[
        "datasetArn"
    ]

    with pytest.raises(ClientError) as error:
        export(dataset)

    assert refusal(error)[0] == "ResourceInUseException"


def test_actions_are_not_exported(world, build, export):
    dataset = build.dataset()
    world.resources.update(dataset, {"datasetType": "ACTIONS"})

    with pytest.raises(ClientError) as error:
        export(dataset)

    told = "A dataset of type ACTIONS cannot be exported; INTERACTIONS, ITEMS, USERS can."
    assert refusal(error) == ("InvalidInputException", told)


@pytest.mark.parametrize("path", ["s3://out/folder", "s3:///folder/", "https://out/folder/", "s3://out"])
def test_the_output_is_a_folder(build, export, path):
    with pytest.raises(ClientError) as error:
        export(build.dataset(), path)

    code, message = refusal(error)
    assert code == "InvalidInputException"
    assert message.startswith("Invalid S3 output path: jobOutput.s3DataDestination.path must be a folder")


def test_a_job_name_is_taken_once(build, export):
    dataset = build.dataset()
    export(dataset, jobName="first")

    with pytest.raises(ClientError) as error:
        export(dataset, jobName="first")

    assert refusal(error)[0] == "ResourceAlreadyExistsException"


def test_at_most_five_exports_are_under_way(world, build, export):
    dataset = build.dataset()
    for _ in range(5):
        export(dataset)

    with pytest.raises(ClientError) as error:
        export(dataset)
    world.run()

    assert refusal(error)[0] == "LimitExceededException"
    assert export(dataset)


def test_a_failed_export_says_why(world, personalize, build, export):
    dataset = build.dataset()

    def refuse(*_arguments, **_options) -> None:
        raise PermissionError("no")

    world.objects.upload_stream = refuse
    arn = export(dataset)
    world.run()

    job = personalize.describe_dataset_export_job(datasetExportJobArn=arn)["datasetExportJob"]
    assert job["status"] == "CREATE FAILED"
    assert "s3:PutObject" in job["failureReason"]


def test_a_deleted_dataset_takes_its_exports_along(world, personalize, build, export):
    dataset = build.dataset()
    export(dataset)
    world.run()

    personalize.delete_dataset(datasetArn=dataset)
    world.run()

    assert personalize.list_dataset_export_jobs()["datasetExportJobs"] == []

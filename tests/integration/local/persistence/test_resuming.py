"""An execution that was promised is brought to its end, if need be by the next process."""

import json

from tests.processes import BUCKET, SCHEMA, running, until


def test_an_execution_that_a_kill_interrupted_is_done_by_the_next_process(tmp_path, toy):
    options = ("--data", tmp_path / "data", "--assembly", toy)
    with running(*options) as service:
        _start(service, tmp_path)
        until((tmp_path / "started").exists)
        service.kill()
    (tmp_path / "gate").touch()

    with running(*options) as service:
        until(lambda: _items(service) == [{"id": {"S": "result"}, "by": {"S": _worker(service)}}])


def test_a_finished_execution_is_not_done_again(tmp_path, toy):
    options = ("--data", tmp_path / "data", "--assembly", toy)
    (tmp_path / "gate").touch()
    with running(*options) as service:
        execution = _start(service, tmp_path)
        until(lambda: _status(service, execution) == "SUCCEEDED")
        assert service.terminate() == 0
    (tmp_path / "started").unlink()

    with running(*options) as service:
        assert len(_items(service)) == 1

    assert not (tmp_path / "started").exists()


def test_a_stop_with_work_under_way_is_quick_and_clean(tmp_path, toy):
    with running("--assembly", toy) as service:
        _start(service, tmp_path)
        until((tmp_path / "started").exists)

        assert service.terminate() == 0


def _start(service, folder):
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:toy"
    given = json.dumps({"folder": str(folder)})
    reply = service.client("stepfunctions").start_execution(stateMachineArn=machine, name="one", input=given)
    return reply["executionArn"]


def _status(service, execution):
    return service.client("stepfunctions").describe_execution(executionArn=execution)["status"]


def _items(service):
    return service.client("dynamodb").scan(TableName="toy")["Items"]


def _worker(service):
    names = [found["FunctionName"] for found in service.client("lambda").list_functions()["Functions"]]
    return next(name for name in names if "Work" in name)


def test_an_import_that_a_kill_interrupted_is_seen_whole_or_not_at_all(tmp_path):
    with running("--data", tmp_path) as service:
        job = _import(service, rows=150_000)
        until(lambda: _job(service, job)["status"] == "CREATE IN_PROGRESS")
        service.kill()

    with running("--data", tmp_path) as service:
        until(lambda: _job(service, job)["status"] in {"ACTIVE", "CREATE FAILED"})
        found = _job(service, job)
        listed = service.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="snapshots/")["Contents"]

    manifests = [entry["Key"] for entry in listed if entry["Key"].endswith("manifest.json")]
    assert (found["status"], len(manifests)) == ("ACTIVE", 1)
    assert {entry["Key"].rpartition("/")[0] for entry in listed} == {manifests[0].rpartition("/")[0]}


def _import(service, rows):
    personalize, s3 = service.client("personalize"), service.client("s3")
    role = service.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    events = "".join(f"u{row % 997},i{row % 89},{row}\n" for row in range(rows))
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="events.csv", Body=f"USER_ID,ITEM_ID,TIMESTAMP\n{events}")
    schema = personalize.create_schema(name="s", schema=SCHEMA)["schemaArn"]
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    until(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE")
    dataset = personalize.create_dataset(name="d", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")[
        "datasetArn"
    ]
    until(lambda: personalize.describe_dataset(datasetArn=dataset)["dataset"]["status"] == "ACTIVE")
    source = {"dataLocation": "s3://mine/events.csv"}
    job = personalize.create_dataset_import_job(jobName="j", datasetArn=dataset, dataSource=source, roleArn=role)
    return job["datasetImportJobArn"]


def _job(service, arn):
    return service.client("personalize").describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]

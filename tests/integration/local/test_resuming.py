"""An execution that was promised is brought to its end, if need be by the next process."""

import json

from tests.integration.local.processes import running, until


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

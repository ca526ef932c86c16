"""Runs of EMR Serverless on this machine, by scripts that need no Spark."""

import json
import os
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from threading import enumerate as threads

import pytest
from moto.s3.models import s3_backends

from tastemaker.store.emr import Application, SparkJobs
from tastemaker.store.ports import JobEnd
from tastemaker_local.emulation import emr
from tests.processes import until

BUCKET, DOCUMENT = "tastemaker-data-123456789012-us-east-1", "jobs/run.json"
ROLE = "arn:aws:iam::123456789012:role/spark"
SIZES = {"memory": 16 << 10, "vcpus": 4, "seconds": 3_600}
# Bytes of an object that moto does not keep in memory any more; a multiple of its key's length.
LARGE = 18_000_000
# Notes which process it is, and works until it is ended.
ENDLESS = """
import os, pathlib, time
pathlib.Path(__file__).with_suffix(".pid").write_text(f"{os.getpid()} ")
time.sleep(600)
"""


@pytest.fixture
def jobs(tastemaker):
    client = tastemaker.client("emr-serverless")
    application = client.create_application(name="runs", releaseLabel="emr-7.10.0", type="SPARK")["applicationId"]
    tastemaker.client("s3").put_object(Bucket=BUCKET, Key=DOCUMENT, Body=json.dumps({"step": "any"}).encode())
    return SparkJobs(lambda: client, Application(application, "s3://assets/job.py", ROLE, BUCKET))


@contextmanager
def running(script, text, lacking=lambda: ""):
    """Let runs run a text of Python."""
    script.write_text(text)
    with emr.installed(script, os.environ, lacking):
        yield


def begun(jobs):
    return jobs.start("a-run", DOCUMENT, **SIZES)


def process_of(script):
    note = script.with_suffix(".pid")
    until(lambda: note.exists() and note.read_text().endswith(" "))
    return int(note.read_text())


def gone(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def is_over(run):
    """Whether nothing works for a run any more."""
    return run not in {each.name for each in threads()}


def test_a_run_that_is_cancelled_is_ended_with_its_process(jobs, tmp_path):
    with running(script := tmp_path / "job.py", ENDLESS):
        run = begun(jobs)
        process = process_of(script)
        assert jobs.look(run) is None

        jobs.stop(run, "stopped")

        assert jobs.look(run) == JobEnd(succeeded=False, reason="")
        until(lambda: gone(process))
        until(lambda: is_over(run))
    assert jobs.client().get_job_run(applicationId=jobs.application.id, jobRunId=run)["jobRun"]["state"] == "CANCELLED"


@pytest.mark.parametrize("lack", ["", "pyspark"])
def test_a_run_that_is_cancelled_before_it_has_a_process_gets_none(jobs, tmp_path, lack):
    waiting = Event()

    def lacking():
        waiting.wait()
        return lack

    with running(script := tmp_path / "job.py", ENDLESS, lacking):
        run = begun(jobs)
        jobs.stop(run, "stopped")
        waiting.set()

        until(lambda: is_over(run))

    assert jobs.client().get_job_run(applicationId=jobs.application.id, jobRunId=run)["jobRun"]["state"] == "CANCELLED"
    assert not script.with_suffix(".pid").exists()


@pytest.mark.parametrize(
    ("text", "succeeded", "reason"), [("", True, ""), ("raise SystemExit('it broke')", False, "it broke\n")]
)
def test_what_has_ended_is_not_cancelled(jobs, tmp_path, text, succeeded, reason):
    with running(tmp_path / "job.py", text):
        run = begun(jobs)
        until(lambda: jobs.look(run))

        jobs.stop(run, "stopped")

    assert jobs.look(run) == JobEnd(succeeded=succeeded, reason=reason)


def test_what_nobody_knows_is_not_cancelled(jobs):
    jobs.stop("nobody's", "stopped")


def test_what_the_machine_lacks_fails_a_run(jobs, tmp_path):
    with running(tmp_path / "job.py", ENDLESS, lambda: "java"):
        run = begun(jobs)
        until(lambda: jobs.look(run))

    assert "there is no java" in jobs.look(run).reason


@pytest.fixture
def store(tastemaker):
    """The objects of a bucket: three that are large, and one more."""
    s3 = tastemaker.client("s3")
    for key in ("a/0", "a/1", "a/2", "other"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * (LARGE // len(key)))
    return s3_backends["123456789012"]["aws"]


def disk_of(folder, store, **work):
    """A disk with a document, and what the document says once all is there."""
    store.put_object(BUCKET, DOCUMENT, json.dumps(work).encode())
    disk = emr.Disk(folder, store)
    return disk, json.loads(disk.document(f"s3://{BUCKET}/{DOCUMENT}").read_text())


@contextmanager
def holding(most):
    """Hold no more than so many bytes more at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def test_inputs_are_brought_piece_by_piece_and_nothing_else_is(store, tmp_path):
    uris = [f"s3://{BUCKET}/a/{number}" for number in range(3)]
    with holding(LARGE / 2):
        _, told = disk_of(tmp_path, store, parts=uris[:2], base={"parts": [uris[2]]}, target=f"s3://{BUCKET}/b")

    brought = [Path(each) for each in (*told["parts"], *told["base"]["parts"])]
    assert [(path.read_bytes()[:3], path.stat().st_size) for path in brought] == [
        (b"a/0", LARGE),
        (b"a/1", LARGE),
        (b"a/2", LARGE),
    ]
    there = {str(path.relative_to(tmp_path / "s3" / BUCKET)) for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {"a/0", "a/1", "a/2", DOCUMENT}


def test_what_messages_call_a_file_is_left_as_it_is(store, tmp_path):
    called = f"s3://{BUCKET}/other"

    _, told = disk_of(tmp_path, store, files=[{"uri": f"s3://{BUCKET}/a/0", "name": called}])

    [file] = told["files"]
    assert (file["uri"], file["name"]) == (f"{tmp_path}/s3/{BUCKET}/a/0", called)
    assert not (tmp_path / "s3" / BUCKET / "other").exists()


def test_two_documents_of_a_bucket_bring_what_each_names(store, tmp_path):
    for number in range(2):
        disk_of(tmp_path / str(number), store, parts=[f"s3://{BUCKET}/a/{number}"])

    found = [sorted(path.name for path in (tmp_path / str(n) / "s3" / BUCKET / "a").iterdir()) for n in range(2)]
    assert found == [["0"], ["1"]]


def test_outputs_are_stored_one_by_one_and_inputs_not_again(tastemaker, store, tmp_path):
    disk, told = disk_of(tmp_path, store, parts=[f"s3://{BUCKET}/a/0"], target=f"s3://{BUCKET}/b")
    before = store.get_object(BUCKET, "a/0")
    (target := Path(told["target"])).mkdir()
    for number in range(4):
        (target / f"{number}.parquet").write_bytes(bytes([number]) * LARGE)
        (target / f".{number}.parquet.crc").write_bytes(b"sum")

    with holding(3 * LARGE):
        disk.store()

    written = [each["Key"] for each in tastemaker.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="b/")["Contents"]]
    assert written == [f"b/{number}.parquet" for number in range(4)]
    assert [store.get_object(BUCKET, name).value for name in written] == [bytes([n]) * LARGE for n in range(4)]
    assert store.get_object(BUCKET, "a/0") is before

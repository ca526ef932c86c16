"""Runs of EMR Serverless on this machine, by scripts that need no Spark."""

import json
import os
from contextlib import contextmanager
from threading import Event
from threading import enumerate as threads

import pytest

from tastemaker.store.emr import Application, SparkJobs
from tastemaker.store.ports import JobEnd
from tastemaker_local.emulation import emr
from tests.processes import until

BUCKET, DOCUMENT = "tastemaker-data-123456789012-us-east-1", "jobs/run.json"
ROLE = "arn:aws:iam::123456789012:role/spark"
SIZES = {"memory": 16 << 10, "vcpus": 4, "seconds": 3_600}
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

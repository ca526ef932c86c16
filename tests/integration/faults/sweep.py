"""The clean run, from which the table of calls is made, and a run for each way in which one of them may fail."""

from dataclasses import dataclass

from tests.integration.faults.calls import Call, Fault, Injector, faults_of
from tests.integration.faults.stage import Hangs, Stage


@dataclass(frozen=True)
class Clean:
    """A run without faults: its calls, how it ended, and the manifests before, after, and after one import more."""

    calls: list
    told: dict
    status: str
    before: dict
    after: dict
    further: dict

    def cases(self):
        """Return every call with every way in which it may fail."""
        return [(call, fault) for call in self.calls for fault in faults_of(call)]


@dataclass(frozen=True)
class Outcome:
    """How a run with a fault ended, and what is wrong with that, if anything."""

    call: Call
    fault: Fault
    answer: str
    ended: str
    wrong: str

    def __str__(self):
        return (
            f"{self.call!s:36} {self.fault!s:20} {self.answer:32} {self.ended}{self.wrong and '   WRONG: '}{self.wrong}"
        )


def clean_run(service, scene):
    """Run the import without a fault."""
    stage = Stage(service, scene)
    before = stage.current()
    with Injector().listening(stage.clients) as injector:
        assert stage.ask() == "ok"
        status = stage.settled()["status"]
    after = stage.current()
    stage.ask("further", "FULL")
    assert stage.settled("further")["status"] == "ACTIVE"
    return Clean(injector.calls, injector.told, status, before, after, stage.current())


def faulty_run(service, scene, clean, call, fault):
    """Run the import with one call failing; say how it ended."""
    stage, injector = Stage(service, scene), Injector(call, fault)
    answer, ended = "", ""
    try:
        with injector.listening(stage.clients):
            answer = stage.ask(between=injector.revive if call.by == "control" else None)
            job = stage.settled(beside=lambda: _resume(stage, injector))
        ended = f"{job['status']} {job.get('failureReason', '')}".strip()
        wrong = _wrong(stage, clean, job) or _wrong_answer(injector, fault, answer, job["status"] == clean.status)
    except Hangs as problem:
        wrong = f"hangs: {problem}"
    except AssertionError as problem:
        wrong = str(problem)
    return Outcome(call, fault, answer, ended, wrong)


def _wrong_answer(injector, fault, answer, same):
    """Return what is wrong about a run whose data are right."""
    if not injector.fired.is_set():
        return "the call was not made"
    return "" if fault.how != "retried" or (answer == "ok" and same) else "a retry that works must not show"


def _resume(stage, injector):
    """Begin a killed step's execution anew, once nothing of it goes on."""
    if injector.dead == "tasks" and injector.silenced.wait(1.0):
        stage.begin_anew(injector.revive)


def _wrong(stage, clean, job):
    """Return what must not be, or nothing."""
    present = stage.current()
    if job["status"] == "ACTIVE" and (clean.status != "ACTIVE" or present != clean.after):
        return "ACTIVE without the clean run's snapshot"
    if job["status"] == "CREATE FAILED" and not job.get("failureReason"):
        return "no reason"
    if job["status"] == "CREATE FAILED" and present != clean.before:
        return "failed, and the old data are not what the dataset reads"
    return _wrong_further(stage, clean, job)


def _wrong_further(stage, clean, job):
    """Import once more: that must work, and leave nothing of what it replaced."""
    stage.ask("further", "FULL")
    further = stage.settled("further")
    if further["status"] != "ACTIVE" or stage.current() != clean.further:
        return f"the next import: {further['status']} {further.get('failureReason')}"
    # What a failed import has stored is nobody's, and stays until users or the dataset are deleted.
    unread = {clean.after["snapshot"]} - {clean.before["snapshot"]} if job["status"] != "ACTIVE" else set()
    left = stage.folders() - {clean.further["snapshot"]} - unread
    return f"replaced snapshots are left: {left}" if left else ""

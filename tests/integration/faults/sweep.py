"""The clean run, from which the table of calls is made, and a run for each way in which one of them may fail."""

import time
from dataclasses import dataclass

from tests.integration.faults.calls import Call, Fault, Injector, faults_of
from tests.integration.faults.stage import Hangs

_GOOD = {"ACTIVE", "COMPLETED"}


@dataclass(frozen=True)
class Clean:
    """A run without faults: its calls, how it ended, and what is seen before, after, and after one try more."""

    calls: list
    status: str
    before: object
    after: object
    further: object
    left: set

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
        wrong = self.wrong and f"   WRONG: {self.wrong}"
        return f"{self.call!s:36} {self.fault!s:20} {self.answer:32} {self.ended}{wrong}"


def clean_run(stage):
    """Let the machine run without a fault."""
    machine = stage.machine
    stage.reset()
    before = machine.seen(stage)
    with Injector().listening(stage.clients) as injector:
        assert stage.ask() == "ok"
        found = stage.settled()
    assert (found["status"] in _GOOD) != machine.fails, found
    after = machine.seen(stage)
    _further(stage)
    return Clean(injector.calls, found["status"], before, after, machine.seen(stage), machine.left(stage))


def faulty_run(stage, clean, call, fault):
    """Let it run with one call failing; say how it ended."""
    stage.reset()
    injector = Injector(call, fault, overtake=lambda: _overtake(stage))
    answer, ended = "", ""
    try:
        with injector.listening(stage.clients):
            answer = stage.ask(between=None if call.by == "tasks" else injector.revive)
            job = stage.settled(beside=lambda: _resume(stage, injector))
        ended = f"{job['status']} {job.get('failureReason', '')}".strip()
        wrong = _wrong(stage, clean, job) or _wrong_answer(injector, fault, answer, job["status"] == clean.status)
    except Hangs as problem:
        wrong = f"hangs: {problem}"
    except AssertionError as problem:
        wrong = str(problem)
    return Outcome(call, fault, answer, ended, wrong)


def _overtake(stage):
    """Let another execution of what is under way come to its end."""
    begun = {stage.begin_anew(each["stateMachineArn"], stage.given(each["executionArn"])) for each in stage.running()}
    while not all(map(stage.has_ended, begun)):
        time.sleep(0.01)


def _wrong_answer(injector, fault, answer, same):
    """Return what is wrong about a run whose data are right."""
    if not injector.fired.is_set():
        return "the call was not made"
    hidden = {"retried", "doubled", "overtaken"}
    return "" if fault.how not in hidden or (answer == "ok" and same) else f"{fault.how} must not show"


def _resume(stage, injector):
    """Begin a killed step's execution anew, once nothing of it goes on; or let nobody do."""
    if injector.dead in {"tasks", "provider"} and injector.silenced.wait(1.0):
        ended = stage.end_all(of_provider=injector.dead == "provider")
        injector.revive()
        if injector.begins_anew:
            for machine, given in ended:
                stage.begin_anew(machine, given)
    elif injector.dead and (not stage.running() or (injector.dead == "control" and injector.silenced.is_set())):
        injector.revive()  # who asks next, a workflow or the next look, asks another one


def _wrong(stage, clean, job):
    """Return what must not be, or nothing."""
    machine, present, good = stage.machine, stage.machine.seen(stage), job["status"] in _GOOD
    if good and clean.status not in _GOOD:
        return f"{job['status']} of what must fail"
    if not good and not job.get("failureReason"):
        return "no reason"
    is_done = good and not machine.by_looks
    right = [clean.after] if is_done else machine.after_failure(clean.before, clean.after)
    if present not in right:
        return f"{job['status']}, and there is {present}"
    if contradictions := stage.contradictions():
        return f"records are not true: {contradictions}"
    return _wrong_further(stage, clean, good)


def _wrong_further(stage, clean, good):
    """Try once more: that must work, and leave nothing of what it replaced."""
    found, machine = _further(stage, check=False), stage.machine
    present = machine.seen(stage)
    # What is seen of the tested job itself is not there if it failed.
    right = [clean.further] if good or machine.by_looks else [clean.further, clean.before, clean.after]
    if found["status"] not in _GOOD or present not in right:
        return f"the next try: {found['status']} {found.get('failureReason')} {present}"
    # What a failed import has stored is nobody's, and stays until users or the dataset are deleted.
    left = machine.left(stage) - clean.left
    return f"left: {left}" if left and good == (clean.status in _GOOD) else ""


def _further(stage, *, check=True):
    name = stage.machine.further(stage)
    found = stage.settled(name)
    assert not check or found["status"] in _GOOD, found
    return found

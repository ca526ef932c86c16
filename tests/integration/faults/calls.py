"""The side-effecting calls of the service's own AWS clients: noted in order, and one of them made to fail once."""

import json
import re
from collections import Counter
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from threading import Event, Lock, local
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from tastemaker import bootstrap
from tastemaker.config import environment
from tastemaker.store.clients import _session

_READING = re.compile(r"Get|List|Head|Describe|Query|Scan|BatchGet|AssumeRole")
# What differs from run to run in the name of a thing: digests, and moments.
_OF_THE_RUN = re.compile(r"\d+\.\d+|[0-9a-f]{8,}")
_REFUSAL = {"Code": "InternalServerError", "Message": "injected"}


@dataclass(frozen=True)
class Call:
    """One call of a run: in the next one it is the one that does the same to the same for the same time."""

    operation: str
    about: str
    nth: int
    by: str  # the function that makes it: control, or tasks

    def __str__(self):
        return f"{self.by}:{self.operation} {self.about}{f' ({self.nth + 1})' if self.nth else ''}"


@dataclass(frozen=True)
class Fault:
    """How a call fails.

    `retried`: botocore tries again and hides it. `refused`: a 500 to the last attempt. `unreachable`: the connection
    breaks, each time. `killed`: as that, and the function makes no other call; later somebody begins the execution
    anew. `abandoned`: as that, the execution is stopped, and nobody begins it anew. `repeated`: Lambda loses the
    function, and the state machine's Retry runs it again. `doubled`: the step runs a second time and comes to its end
    before the first goes on. `overtaken`: the same with a second execution of the whole machine.
    """

    how: str
    after: bool  # the call took effect, and its answer is lost

    def __str__(self):
        return f"{self.how}-{'after' if self.after else 'before'}"


BEFORE = tuple(
    Fault(how, after=False)
    for how in ("retried", "refused", "unreachable", "killed", "abandoned", "repeated", "doubled", "overtaken")
)
AFTER = tuple(Fault(how, after=True) for how in ("retried", "unreachable", "killed", "abandoned", "repeated"))
FAULTS = (*BEFORE, *AFTER)
_OF_STEPS = {"abandoned", "repeated", "doubled", "overtaken"}
# Nobody but CloudFormation notices that a request's execution was stopped, and says so an hour later.
_OF_OTHERS = {"control": _OF_STEPS, "tasks": set(), "provider": {"abandoned"}}


def faults_of(call):
    """A state machine repeats steps, not what a caller asked for."""
    return [fault for fault in FAULTS if fault.how not in _OF_OTHERS[call.by]]


_run_step = bootstrap.run_step
# A function that Lambda lost fails with this name, which the machines' Retry knows.
_Lost = type("Lambda.ServiceException", (Exception,), {})


class Injector:
    """Listens to clients, notes what they do, and lets the chosen call fail at its first attempt."""

    def __init__(self, call=None, fault=None, *, overtake=lambda: None):
        self.calls = []
        self.fired = Event()
        self.silenced = Event()  # a killed function tried to go on
        self._dead = None
        self._target, self._fault, self._overtake = call, fault, overtake
        self._listening = False
        self._counts, self._lock, self._current = Counter(), Lock(), local()

    @contextmanager
    def listening(self, clients):
        """Listen for the length of a `with` block."""
        hooks = [
            ("register_first", "before-call", self._before_call),
            ("register_first", "before-send", self._before_send),
            ("register_last", "before-send", self._after_send),  # moto answers in between
            ("register_last", "after-call", self._after_call),
            ("register_last", "after-call-error", self._after_error),
        ]
        # A session's hooks are those of the clients that it makes from now on: those that act as a caller's role.
        emitters = [*(client.meta.events for client in clients), _session().events]
        for emitter in emitters:
            for register, event, hook in hooks:
                getattr(emitter, register)(event, hook)
        self._listening = True
        try:
            with patch.object(bootstrap, "run_step", self._run_step):
                yield self
        finally:
            self._listening = False
            for emitter in emitters:
                for _, event, hook in hooks:
                    emitter.unregister(event, hook)

    @property
    def dead(self):
        """The function that was killed and not begun anew."""
        return self._dead

    def revive(self):
        """Let the killed function's successor work."""
        self._dead = None

    @property
    def begins_anew(self):
        """Whether what was killed is begun once more."""
        return self._fault.how != "abandoned"

    def _run_step(self, *step):
        """Run a step, remembering which it is."""
        before, self._current.step = getattr(self._current, "step", None), step
        try:
            return _run_step(*step)
        finally:
            self._current.step = before

    def _before_call(self, model, params, **_):
        """Begin a call; where a function asks our own API, calls of another function are in it."""
        self._open.append(None)
        try:
            return self._begin(model, params)
        except BaseException:
            self._open.pop()
            raise

    def _begin(self, model, params):
        function = _function()
        if not self._listening or function not in _OF_MACHINES:
            return None
        if self._dead and self._dead == (function or "tasks"):
            if function:
                self.silenced.set()
            raise _closed(params["url"])
        if _READING.match(model.name):
            return None
        self._open[-1] = call = self._noted(model.name, function or "tasks", params)
        if not self._is_due(call, after=False):
            return None
        if self._fault.how in {"doubled", "overtaken"}:
            return self._meanwhile()
        return self._fail(params["url"])

    def _meanwhile(self):
        """Let a second run of what is under way end, and then the first go on."""
        self.fired.set()
        if self._fault.how == "overtaken" or getattr(self._current, "step", None) is None:
            # Somebody else does: what the function may not, its role forbids in its own context.
            Context().run(self._overtake)
        else:
            with suppress(Exception):  # what a lost run says, nobody hears
                self._run_step(*self._current.step)

    def _before_send(self, request, **_):
        if self._is_due(self._now(), after=False, retried=True):
            self.fired.set()
            raise _closed(request.url)

    def _after_send(self, request, **_):
        if self._is_due(self._now(), after=True, retried=True):
            self.fired.set()
            raise _closed(request.url)

    def _after_call(self, model, **_):
        if self._is_due(self._end(), after=True):
            self._fail(model.name)

    def _after_error(self, **_):
        self._end()

    @property
    def _open(self):
        """The calls that this thread is in, the innermost last."""
        return vars(self._current).setdefault("calls", [])

    def _now(self):
        return self._open[-1] if self._open else None

    def _end(self):
        return self._open.pop() if self._open else None

    def _is_due(self, call, *, after, retried=False):
        due = call is not None and call == self._target and not self.fired.is_set()
        return due and self._fault.after == after and (self._fault.how == "retried") == retried

    def _fail(self, where):
        self.fired.set()
        if self._fault.how == "refused":
            said = {"Error": _REFUSAL, "ResponseMetadata": {"HTTPStatusCode": 500}}
            return AWSResponse(where, 500, {}, None), said
        if self._fault.how == "repeated":
            raise _Lost(f"{where}: injected")
        if self._fault.how in {"killed", "abandoned"}:
            self._dead = self._target.by
        raise _closed(where)

    def _noted(self, operation, function, params):
        with self._lock:
            kind = operation, _OF_THE_RUN.sub("*", _about(params)), function
            call = Call(*kind[:2], self._counts[kind], function)
            self._counts[kind] += 1
            self.calls.append(call)
        return call


# Functions whose calls belong to a job; threads that upload for one do not know theirs.
_OF_MACHINES = {"", "control", "tasks", "provider"}


def _closed(url):
    return ConnectionClosedError(endpoint_url=url, error="injected")


def _function():
    """Name the function that this thread runs; threads that upload for one do not know."""
    name = environment.get().get("AWS_LAMBDA_FUNCTION_NAME", "")
    return name.rpartition("-")[2].lower()


def _about(params):
    if params["url_path"] != "/":
        return params["url_path"]
    if not isinstance(params["body"], str | bytes):
        return ""
    body = json.loads(params["body"])
    record = json.loads(body.get("Item", {}).get("body", {}).get("S", "{}"))
    return " ".join(str(record[name]) for name in ("_kind", "status", "_progress") if name in record)

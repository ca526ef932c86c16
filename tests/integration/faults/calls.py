"""The side-effecting calls of the service's own AWS clients: noted in order, and one of them made to fail once."""

import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, local

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from tastemaker.config import environment

SERVICES = ("dynamodb", "s3", "stepfunctions")
_READING = re.compile(r"Get|List|Head|Describe|Query|Scan|BatchGet")
_REFUSAL = {"Code": "InternalServerError", "Message": "injected"}


@dataclass(frozen=True)
class Call:
    """One call of a run: the same place in the next one, for an import does the same things in the same order."""

    operation: str
    nth: int
    by: str  # the function that makes it: control, or tasks

    def __str__(self):
        return f"{self.by}:{self.operation}-{self.nth}"


@dataclass(frozen=True)
class Fault:
    """How a call fails.

    `retried`: botocore tries again and hides it. `refused`: a 500 to the last attempt. `unreachable`: the connection
    breaks, each time. `killed`: as that, and the function makes no other call; later somebody begins the execution
    anew. `repeated`: Lambda loses the function, and the state machine's Retry runs it again.
    """

    how: str
    after: bool  # the call took effect, and its answer is lost

    def __str__(self):
        return f"{self.how}-{'after' if self.after else 'before'}"


BEFORE = tuple(Fault(how, after=False) for how in ("retried", "refused", "unreachable", "killed", "repeated"))
AFTER = tuple(Fault(how, after=True) for how in ("retried", "unreachable", "killed", "repeated"))
FAULTS = (*BEFORE, *AFTER)


def faults_of(call):
    """A state machine repeats steps, not what a caller asked for."""
    return [fault for fault in FAULTS if call.by == "tasks" or fault.how != "repeated"]


# A function that Lambda lost fails with this name, which the machines' Retry knows.
_Lost = type("Lambda.ServiceException", (Exception,), {})


class Injector:
    """Listens to clients, notes what they do, and lets the chosen call fail at its first attempt."""

    def __init__(self, call=None, fault=None):
        self.calls = []
        self.told = {}
        self.fired = Event()
        self.silenced = Event()  # a killed function tried to go on
        self._dead = None
        self._target, self._fault = call, fault
        self._counts, self._lock, self._current = Counter(), Lock(), local()

    @contextmanager
    def listening(self, clients):
        """Listen for the length of a `with` block."""
        hooks = [
            ("register_first", "before-call", self._before_call),
            ("register_first", "before-send", self._before_send),
            ("register_last", "before-send", self._after_send),  # moto answers in between
            ("register_last", "after-call", self._after_call),
        ]
        for client in clients:
            for register, event, hook in hooks:
                getattr(client.meta.events, register)(event, hook)
        try:
            yield self
        finally:
            for client in clients:
                for _, event, hook in hooks:
                    client.meta.events.unregister(event, hook)

    @property
    def dead(self):
        """The function that was killed and not begun anew."""
        return self._dead

    def revive(self):
        """Let the killed function's successor work."""
        self._dead = None

    def _before_call(self, model, params, **_):
        self._current.call, function = None, _function()
        if self._dead and self._dead == (function or "tasks"):
            if function:
                self.silenced.set()
            raise _closed(params["url"])
        if _READING.match(model.name):
            return None
        self._current.call = call = self._noted(model.name, function or "tasks", params)
        return self._fail(params["url"]) if self._is_due(call, after=False) else None

    def _before_send(self, request, **_):
        if self._is_due(self._current.call, after=False, retried=True):
            self.fired.set()
            raise _closed(request.url)

    def _after_send(self, request, **_):
        if self._is_due(self._current.call, after=True, retried=True):
            self.fired.set()
            raise _closed(request.url)

    def _after_call(self, model, **_):
        if self._is_due(self._current.call, after=True):
            self._fail(model.name)

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
        if self._fault.how == "killed":
            self._dead = self._target.by
        raise _closed(where)

    def _noted(self, operation, function, params):
        with self._lock:
            call = Call(operation, self._counts[operation], function)
            self._counts[operation] += 1
            self.calls.append(call)
            self.told[call] = _about(params)
        return call


def _closed(url):
    return ConnectionClosedError(endpoint_url=url, error="injected")


def _function():
    """Name the function that this thread runs; threads that upload for one do not know."""
    name = environment.get().get("AWS_LAMBDA_FUNCTION_NAME", "")
    return name.rpartition("-")[2].lower()


def _about(params):
    if params["url_path"] != "/":
        return params["url_path"]
    body = json.loads(params["body"])
    record = json.loads(body.get("Item", {}).get("body", {}).get("S", "{}"))
    return " ".join(str(record[name]) for name in ("_kind", "status", "_progress") if name in record)

"""Who asks without pause waits while a step runs, and not a moment longer."""

import json
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from tastemaker_local.emulation.functions import Functions
from tastemaker_local.emulation.messages import Request
from tastemaker_local.emulation.pace import Pace
from tastemaker_local.emulation.routes import Route
from tastemaker_local.gateway import Gateway

PATIENCE = 60.0


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(per_second=10, at_once=3, clock=clock)


def delays(pace, count):
    return [pytest.approx(pace.delay()) for _ in range(count)]


def test_nobody_waits_while_nothing_runs(pace):
    assert delays(pace, 100) == [0] * 100


def test_the_first_questions_beside_a_step_do_not_wait_and_the_next_ones_queue(pace):
    with pace.step():
        assert [max(0, pace.delay()) for _ in range(6)] == pytest.approx([0, 0, 0, 0, 0.1, 0.2])


def test_who_asks_seldom_never_waits(pace, clock):
    with pace.step():
        for _ in range(100):
            assert pace.delay() <= 0
            clock.now += 0.11


def test_turns_that_were_booked_beside_one_step_do_not_count_beside_the_next(pace):
    with pace.step():
        delays(pace, 50)
    with pace.step():
        assert pace.delay() <= 0


def test_the_end_of_the_last_step_lets_everybody_go():
    pace, waiting = Pace(per_second=0.001, at_once=0), Event()

    def ask():
        pace.take_turn()
        waiting.set()
        pace.take_turn()

    asking = Thread(target=ask, daemon=True)
    with pace.step():
        with pace.step():
            asking.start()
            assert waiting.wait(PATIENCE)
        assert asking.is_alive()
    asking.join(PATIENCE)

    assert not asking.is_alive()


class Cloud:
    """Knows one route and counts what comes."""

    def __init__(self):
        self.told = []

    def inside(self):
        return nullcontext()

    def routes(self, _region):
        return self

    def find(self, _method, _path):
        return Route("api", "prod", "/", SimpleNamespace())

    def take_turn(self):
        self.told.append("turn")

    def call(self, _function, _event):
        self.told.append("call")
        return {"statusCode": 200}

    def flush(self):
        pass


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ("DescribeSolutionVersion", ["turn", "call"]),
        ("ListCampaigns", ["turn", "call"]),
        ("GetSolutionMetrics", ["turn", "call"]),
        ("CreateSolutionVersion", ["call"]),
        ("StopSolutionVersionCreation", ["call"]),
        (None, ["call"]),  # recommendations and events
    ],
)
def test_only_questions_of_the_control_plane_take_turns(operation, told):
    cloud = Cloud()
    scope = "Credential=test/20260101/us-east-1/personalize/aws4_request"
    target = {"x-amz-target": f"AmazonPersonalize.{operation}"} if operation else {}

    Gateway(cloud).answer(Request("POST", "/", {"authorization": scope, **target}))

    assert cloud.told == told


def test_a_state_machines_step_counts_as_running_and_an_api_call_does_not():
    told = []

    @contextmanager
    def step():
        told.append("begin")
        yield
        told.append("end")

    functions = Functions(step=step)

    called = functions.call(echo(), {"body": "b"})
    told.append("called")
    payload, failed = functions.run_step(echo(), {"body": "fail"})

    assert (called["body"], failed, json.loads(payload)["errorMessage"]) == ("b", True, "as asked")
    assert told == ["called", "begin", "end"]


def echo():
    """Return the toy function as moto would describe it."""
    return SimpleNamespace(
        function_arn="arn:echo",
        function_name="echo",
        handler="tests.integration.local.toy_handlers.echo",
        environment_vars={"GREETING": "hello"},
        region="us-east-1",
        memory_size=128,
        timeout=3,
        logs_group_name="echo",
    )

"""Rules on a schedule start state machines, as EventBridge lets them."""

import json

import pytest

from tastemaker_local.emulation.schedules import DAY, Schedules
from tests.processes import Process, running, until

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:seen"
DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}


class Clock:
    """Stands still until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def machine(tastemaker):
    """A state machine that does nothing, and what it was started with."""
    states = tastemaker.client("stepfunctions")
    states.create_state_machine(
        name="seen", definition=json.dumps(DEFINITION), roleArn="arn:aws:iam::123456789012:role/any"
    )

    def inputs() -> list[dict]:
        found = states.list_executions(stateMachineArn=MACHINE)["executions"]
        return [json.loads(states.describe_execution(executionArn=one["executionArn"])["input"]) for one in found]

    return inputs


@pytest.fixture
def rule(tastemaker):
    """Makes rules that start the machine."""
    events = tastemaker.client("events")

    def make(rate: str, given: dict | None = None, *, state: str = "ENABLED") -> None:
        events.put_rule(Name="mine", ScheduleExpression=rate, State=state)
        target = {"Id": "one", "Arn": MACHINE} | ({"Input": json.dumps(given)} if given else {})
        events.put_targets(Rule="mine", Targets=[target])

    return make


def schedules(clock, **options) -> Schedules:
    return Schedules(lambda: ["us-east-1"], clock=clock, **options)


def test_a_rule_is_first_due_after_its_rate_and_then_at_it(machine, rule, clock):
    rule("rate(2 minutes)", {"hello": "you"})
    looking = schedules(clock)
    counts = []

    for seconds in (0, 119, 1, 119, 1):
        clock.now += seconds
        looking.look()
        counts.append(len(machine()))

    assert counts == [0, 0, 1, 1, 2]
    assert machine() == [{"hello": "you"}] * 2


def test_it_sleeps_until_the_next_rule_is_due_but_not_for_long(rule, clock):
    looking = schedules(clock)
    asleep = looking.look()
    rule("rate(1 minute)")
    looking.look()
    clock.now += 40

    assert (asleep, looking.look()) == (60, 20)


def test_a_rule_with_a_schedule_alone_hears_of_no_event(machine, rule, tastemaker):
    rule("rate(1 hour)")
    entry = {"Source": "mine", "DetailType": "news", "Detail": "{}"}

    tastemaker.client("events").put_events(Entries=[entry])

    assert machine() == []


@pytest.mark.parametrize(("rate", "state"), [("rate(1 minute)", "DISABLED"), ("cron(0 * * * ? *)", "ENABLED")])
def test_other_rules_start_nothing(machine, rule, clock, rate, state):
    rule(rate, state=state)
    looking = schedules(clock)
    looking.look()
    clock.now += DAY

    looking.look()

    assert machine() == []


def test_a_rule_without_its_machine_keeps_no_other_from_its_own(tastemaker, machine, rule, clock, capsys):
    events = tastemaker.client("events")
    events.put_rule(Name="a-lost-one", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="a-lost-one", Targets=[{"Id": "one", "Arn": MACHINE.replace("seen", "gone")}])
    rule("rate(1 minute)")
    looking = schedules(clock)
    looking.look()
    clock.now += 60

    assert looking.look() == 60
    assert len(machine()) == 1
    assert "a-lost-one" in capsys.readouterr().err


def test_days_may_pass_faster_and_a_machine_that_counts_them_is_told(machine, rule, clock):
    rule("rate(1 day)", {"day": 86_400})
    looking = schedules(clock, day=20.0)
    looking.look()
    clock.now += 20

    looking.look()

    assert machine() == [{"day": 20.0}]


@pytest.mark.parametrize(
    ("given", "told"),
    [({"day": DAY, "training": True}, {"day": DAY, "training": False}), ({"its": "own"}, {"its": "own"})],
    ids=["the look", "another machine"],
)
def test_where_nothing_trains_by_itself_only_a_machine_that_trains_is_told(machine, rule, clock, given, told):
    rule("rate(1 day)", given)
    looking = schedules(clock, training=False)
    looking.look()
    clock.now += DAY

    looking.look()

    assert machine() == [told]


def test_a_service_stops_at_once_however_long_its_schedules_sleep(toy):
    with running("--assembly", toy) as service:
        assert service.terminate() == 0


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_day_takes_some_time(seconds):
    status, said = Process("--port", 0, "--training-day", seconds).end()

    assert status == 2
    assert "--training-day" in said


@pytest.mark.parametrize("training", [True, False])
def test_with_quick_days_the_deployed_schedule_looks_by_itself(training):
    with running("--training-day", 60, *([] if training else ["--no-automatic-training"])) as service:
        states = service.client("stepfunctions")
        machine = "arn:aws:states:us-east-1:123456789012:stateMachine:tastemaker-schedule"

        until(lambda: bool(states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]))

        done = states.list_executions(stateMachineArn=machine)["executions"][-1]["executionArn"]
        output = json.loads(states.describe_execution(executionArn=done)["output"])
    found = {"failed": [], "started": [], "refreshed": [], "attributed": [], "compacted": []}
    assert output == {"day": 60.0, "training": training, **found}

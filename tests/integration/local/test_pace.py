"""Who asks without pause waits while a step runs, and not a moment longer."""

from threading import Event, Thread

import pytest

from tastemaker_local.functions import Functions
from tastemaker_local.gateway import Gateway
from tastemaker_local.messages import Reply, Request
from tastemaker_local.pace import Pace

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
    """Counts turns and answers everything."""

    def __init__(self):
        self.turns = 0

    def routes(self, _region):
        return self

    def find(self, *_):
        return None

    def take_turn(self):
        self.turns += 1

    def ask_moto(self, _request):
        return Reply(200, [], b"")

    def flush(self):
        pass

"""Random sequences of operations, each answered as a small independent reference says.

`make stateful` runs 1,000 sequences of 50 steps and prints how often each operation met which outcome.
"""

import random
import sys
from collections import Counter
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tastemaker import bootstrap
from tastemaker.wire.service import Service
from tests.fields import INTERACTIONS, ITEMS
from tests.transport import answered
from tests.unit.operations.arns import HOME, RECIPES
from tests.unit.operations.stateful.calls import NAMES, OPERATIONS, WIDER, Calls
from tests.unit.operations.stateful.things import CODES
from tests.unit.operations.stateful.twin import Twin
from tests.unit.operations.watching import EVENTS, FILES, VOD, schema_text


def shop(twin: Twin, name: str, domain: str | None = None) -> None:
    """Make a dataset group with imported interactions."""
    own = {"domain": domain} if domain else {}
    group = f"{HOME}dataset-group/{name}"
    twin.call("create_dataset_group", {"name": name, **own})
    twin.call("create_schema", {"name": name, "schema": schema_text("Interactions", [*INTERACTIONS, *EVENTS]), **own})
    twin.finish()
    schema = f"{HOME}schema/{name}"
    members = {"name": name, "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Interactions"}
    twin.call("create_dataset", members)
    twin.finish()
    source = {"dataLocation": "s3://bucket/INTERACTIONS"}
    job = {"jobName": name, "datasetArn": f"{HOME}dataset/{name}/INTERACTIONS", "importMode": "FULL"}
    twin.call("create_dataset_import_job", {**job, "dataSource": source})
    twin.finish()


def trained(twin: Twin) -> None:
    """Make a shop with items and an ACTIVE solution version."""
    shop(twin, "ada")
    group = f"{HOME}dataset-group/ada"
    twin.call("create_schema", {"name": "bea", "schema": schema_text("Items", ITEMS)})
    twin.call("create_schema", {"name": "dora", "schema": schema_text("Items", WIDER["Items", None])})
    members = {"name": "ada", "datasetGroupArn": group, "datasetType": "Items", "schemaArn": f"{HOME}schema/bea"}
    twin.call("create_dataset", members)
    recipe = {"recipeArn": f"{RECIPES}aws-popularity-count", "performAutoTraining": False}
    twin.call("create_solution", {"name": "ada", "datasetGroupArn": group, **recipe})
    twin.call("create_solution_version", {"solutionArn": f"{HOME}solution/ada"})
    twin.finish()


def deployed(twin: Twin) -> None:
    """Deploy what was trained, beside a tracker."""
    trained(twin)
    for name in NAMES[:4]:
        twin.call("create_campaign", {"name": name, "solutionVersionArn": f"{HOME}solution/ada/$LATEST"})
    twin.call("create_event_tracker", {"name": "ada", "datasetGroupArn": f"{HOME}dataset-group/ada"})
    twin.finish()


def library(twin: Twin) -> None:
    """Make a domain dataset group with a recommender."""
    shop(twin, "cleo", VOD)
    members = {"datasetGroupArn": f"{HOME}dataset-group/cleo", "recipeArn": f"{RECIPES}aws-vod-most-popular"}
    for name in NAMES[:4]:
        twin.call("create_recommender", {"name": name, **members})
    twin.finish()


def everything(twin: Twin) -> None:
    deployed(twin)
    library(twin)


STARTS = {
    "nothing": lambda _twin: None,
    "trained": trained,
    "deployed": deployed,
    "library": library,
    "all": everything,
}


SEEDS = st.integers(0, 2**64 - 1)
LIVELY = 0.5  # how often a call goes where something is under way, if it can
EASY = ("describe_", "list_", "get_", "tag_", "untag_", "create_dataset_group", "create_schema")


class Control(RuleBasedStateMachine):
    """Calls that the reference allows and calls that it refuses, while workflows go on whenever they like."""

    def __init__(self, starts: dict[str, Twin], watch) -> None:
        super().__init__()
        self.starts, self.watch = starts, watch

    @initialize(start=st.sampled_from(["all", *STARTS, "all"]))
    def start(self, start):
        self.twin = self.starts[start].copy()
        self.watch(self.twin)

    @rule(seed=SEEDS)
    def succeed(self, seed):
        self.call(seed, {"ok"})

    @rule(seed=SEEDS)
    def succeed_again(self, seed):
        self.call(seed, {"ok"})

    @rule(seed=SEEDS)
    def succeed_once_more(self, seed):
        self.call(seed, {"ok"})

    @rule(seed=SEEDS, code=st.sampled_from(sorted(CODES.values())))
    def be_refused(self, seed, code):
        self.call(seed, {code})

    @precondition(lambda self: self.twin.executions)
    @rule(data=st.data(), how=st.sampled_from(["one", "all", "twice", "fail", "all"]))
    def go_on(self, data, how):
        index = data.draw(st.integers(0, len(self.twin.executions) - 1), label="execution")
        self.twin.move(index, how)

    @precondition(lambda self: self.twin.executions)
    @rule(whole=st.booleans())
    def go_on_with_the_first(self, whole):
        if whole:
            self.twin.finish()
        else:
            self.twin.move(0)

    @invariant()
    def agree(self):
        if hasattr(self, "twin"):
            self.twin.check()

    def teardown(self):
        if hasattr(self, "twin"):
            self.twin.finish()
            self.twin.check()
            self.twin.check_objects()

    def call(self, seed, wanted):
        """Make a call with the wanted outcome, of the first operation in a random order that has such a call."""
        # Hypothesis draws some numbers again and again; the clock makes of them another choice each time.
        chance = random.Random(f"{seed} {self.twin.world.clock()}")  # noqa: S311
        for operation in sorted(OPERATIONS, key=lambda name: chance.random() ** (1 if name.startswith(EASY) else 1.6)):
            calls = Calls(self.twin.reference).of(operation)
            fitting = [call for call in calls if self.twin.expected(operation, call) & wanted]
            if fitting:
                lively = [call for call in fitting if self.twin.reference.moving(call)]
                arguments = chance.choice(lively if lively and chance.random() < LIVELY else fitting)
                page = chance.randint(1, 5)
                note(f"{operation}({arguments}): {self.twin.call(operation, arguments, page=page)}")
                return


@pytest.fixture
def twins(raw_clients):
    """The worlds that sequences start from, and who is told which world the client speaks to."""
    client, current = raw_clients["personalize"], []

    def context(request_id, wishes):
        return current[0].world.context(request_id, wishes)

    service = Service("personalize", bootstrap.operation_table("personalize"), context)
    counts = Counter()
    with answered(client, "personalize", service):
        starts = {}
        for name, make in STARTS.items():
            starts[name] = Twin(client)
            for file, text in FILES.items():
                starts[name].world.objects.write("bucket", file, text.encode())
            current[:] = [starts[name]]
            make(starts[name])
            starts[name].check()
            starts[name].counts = counts
        yield starts, lambda twin: current.__setitem__(slice(None), [twin])
    sys.stdout.write(f"\n{table(counts)}\n")  # shown where pytest is told -s


def table(counts):
    """Return how often each operation met which outcome."""
    outcomes = ["ok", *sorted(CODES.values())]
    rows = {name: [counts[name, outcome] for outcome in outcomes] for name, _ in sorted(counts)}
    sums = [sum(row[place] for name, row in rows.items() if ":" not in name) for place in range(len(outcomes))]
    head = ["operation".ljust(34), *(name.removesuffix("Exception").rjust(23) for name in outcomes)]
    lines = [[name.ljust(34), *(str(count or "").rjust(23) for count in row)] for name, row in rows.items()]
    return "\n".join("".join(line) for line in [head, *lines, ["all calls".ljust(34), *(f"{n:23}" for n in sums)]])


def test_random_sequences_of_operations_go_as_the_reference_says(twins, request):
    asked = request.config.getoption
    sequences, steps = asked("--sequences", default=40), asked("--steps", default=30)
    long = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        derandomize=False,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(partial(Control, *twins), settings=long)

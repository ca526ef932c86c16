"""Every `latest...Update` of the service model: what an update shows while it is under way, and what comes of it."""

import pytest

from tastemaker.domain.resources.kinds import KIND_BY_ARN_MEMBER
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.executions import Execution
from tests.unit.operations.matrix.furniture import BUILT
from tests.unit.operations.matrix.job_rows import ROWS

# Of an update itself, beside what it changes.
OWN = {"status", "creationDateTime", "lastUpdatedDateTime"}


def told(describe: str):
    """Return the shape of an update in a resource's description, or nothing."""
    [(member, shape)] = BUILT[describe][1].output_shape.members.items()
    name = f"latest{member[0].upper()}{member[1:]}Update"
    return name, shape.members.get(name)


UPDATED = sorted(
    name.removeprefix("describe_") for name in BUILT if name.startswith("describe_") and told(name)[1] is not None
)


class Updated:
    """A resource of the furnished world that is being updated as its row says."""

    def __init__(self, furnished, kind: str) -> None:
        self.kind, self.furnished, self.request = kind, furnished, ROWS[f"update_{kind}"].request
        self.member, self.shape = told(f"describe_{kind}")
        self.key = next(name for name in self.request if KIND_BY_ARN_MEMBER[name].update_member == self.member)

    def update(self) -> None:
        self.furnished.call(f"update_{self.kind}", self.request)

    def described(self) -> dict:
        arn = {self.key: self.request[self.key]}
        [resource] = [v for k, v in self.furnished.call(f"describe_{self.kind}", arn).items() if k[:8] != "Response"]
        return resource

    @property
    def changes(self) -> set[str]:
        return set(self.request) - {self.key}


def test_what_can_be_updated_is_what_the_model_says():
    assert UPDATED == ["campaign", "dataset", "recommender", "solution"]
    # It is updated too, at once: the model has nothing to tell of that.
    assert "update_metric_attribution" in BUILT


@pytest.mark.parametrize("kind", UPDATED)
def test_an_update_shows_its_statuses_and_what_it_changes_and_then_is_the_resources_own(furnished, kind):
    one = Updated(furnished, kind)
    before = one.described()
    one.update()
    pending = one.described()
    furnished.world.run()
    after = one.described()

    assert one.member not in before
    assert (pending["status"], pending[one.member]["status"]) == ("ACTIVE", "CREATE PENDING")
    assert {key: value for key, value in pending.items() if key != one.member} == before
    assert (after["status"], after[one.member]["status"]) == ("ACTIVE", "ACTIVE")
    assert after[one.member].keys() == OWN | one.changes <= one.shape.members.keys()
    assert {name: after[name] for name in one.changes} == {name: after[one.member][name] for name in one.changes}
    assert after[one.member]["lastUpdatedDateTime"] > after[one.member]["creationDateTime"]


@pytest.mark.parametrize("kind", UPDATED)
def test_an_update_that_fails_says_why_and_leaves_the_resource_as_it_was(furnished, kind):
    one = Updated(furnished, kind)
    before = one.described()
    one.update()
    [(workflow, work)] = furnished.world.workflows.started
    Execution(workflow, work).fail(Deps(**furnished.world.parts), "JobFailed", "for a reason")
    failed = one.described()

    assert failed[one.member]["status"] == "CREATE FAILED"
    assert failed[one.member]["failureReason"] == "for a reason"
    assert {key: value for key, value in failed.items() if key != one.member} == before
    assert failed[one.member].keys() == OWN | one.changes | {"failureReason"}


@pytest.mark.parametrize("kind", UPDATED)
def test_lists_tell_nothing_of_an_update(furnished, kind):
    one = Updated(furnished, kind)
    one.update()

    reply = furnished.call(f"list_{kind}s", {})
    [summaries] = [value for value in reply.values() if isinstance(value, list)]
    assert not [name for summary in summaries for name in summary if name.startswith("latest")]

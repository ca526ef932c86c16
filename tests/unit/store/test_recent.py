"""Records that were read a moment ago: how long they are kept, and that a write of this process is seen at once."""

from contextlib import suppress
from uuid import uuid4

import pytest
from moto import mock_aws

from tastemaker.errors import ResourceNotFound
from tastemaker.store.dynamo_resources import DynamoResources, RecentResources
from tastemaker.store.recent import Recent

ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/a"


class Table:
    """A table that counts who reads it, and lets somebody act while a read is under way."""

    def __init__(self) -> None:
        self.records: dict[str, dict] = {}
        self.reads: list[str] = []
        self.meanwhile = lambda: None

    def read(self, arn: str) -> dict | None:
        self.reads.append(arn)
        found = self.records.get(arn)
        self.meanwhile()
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shared(session):
    """The control plane's and the answers' view of one table, in a process whose clock stands still; and a third."""
    with mock_aws():
        client, name, recent = session.client("dynamodb"), f"r-{uuid4()}", Recent(lambda: 0.0)
        key, type_ = {"AttributeName": "arn", "KeyType": "HASH"}, {"AttributeName": "arn", "AttributeType": "S"}
        client.create_table(
            TableName=name, KeySchema=[key], AttributeDefinitions=[type_], BillingMode="PAY_PER_REQUEST"
        )
        control = DynamoResources(client, name, recent)
        control.create({"_arn": ARN, "_kind": "campaign", "_created": "1", "status": "ACTIVE"})
        yield control, RecentResources(client, name, recent), DynamoResources(client, name)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def recent(clock):
    return Recent(clock)


def test_a_record_is_read_once_a_second(recent, table, clock):
    table.records["a"] = {"status": "ACTIVE"}

    for clock.now in (0.0, 0.5, 0.999, 1.0, 1.5, 2.5):
        assert recent.find("a", table.read) == {"status": "ACTIVE"}

    assert len(table.reads) == 3


def test_a_second_counts_from_before_the_read(recent, table, clock):
    table.records["a"] = {"status": "ACTIVE"}

    def slow() -> None:
        clock.now += 0.9

    table.meanwhile = slow
    recent.find("a", table.read)
    clock.now += 0.2
    recent.find("a", table.read)

    assert len(table.reads) == 2


def test_what_is_not_there_is_looked_for_each_time(recent, table):
    assert recent.find("a", table.read) is None
    table.records["a"] = {"status": "ACTIVE"}

    assert recent.find("a", table.read) == {"status": "ACTIVE"}


def test_what_was_read_while_somebody_wrote_is_not_kept(recent, table):
    table.records["a"] = {"status": "old"}

    def write() -> None:
        with recent.changing("a"):
            table.records["a"] = {"status": "new"}

    table.meanwhile = write
    recent.find("a", table.read)
    table.meanwhile = lambda: None

    assert recent.find("a", table.read) == {"status": "new"}


def test_a_write_that_fails_is_read_again_too(recent, table):
    table.records["a"] = {"status": "old"}
    recent.find("a", table.read)

    with suppress(OSError), recent.changing("a"):
        table.records["a"] = {"status": "new"}
        raise OSError("the answer was lost")

    assert recent.find("a", table.read) == {"status": "new"}


def test_of_very_many_records_the_oldest_go(recent, table):
    table.records = {str(number): {"n": number} for number in range(1_001)}
    for arn in table.records:
        recent.find(arn, table.read)
    table.reads.clear()

    recent.find("1000", table.read)
    recent.find("0", table.read)

    assert table.reads == ["0"]


def test_one_process_sees_its_own_writes_at_once(shared):
    control, runtime, _ = shared

    seen = [runtime.get(ARN)["status"]]
    control.update(ARN, {"status": "DELETE PENDING"})
    seen.append(runtime.get(ARN)["status"])
    control.delete(ARN)

    assert seen == ["ACTIVE", "DELETE PENDING"]
    with pytest.raises(ResourceNotFound):
        runtime.get(ARN)


def test_the_control_plane_never_sees_what_was_there_a_moment_ago(shared):
    control, runtime, elsewhere = shared
    runtime.get(ARN)

    elsewhere.update(ARN, {"status": "DELETE PENDING"})

    assert control.get(ARN)["status"] == "DELETE PENDING"
    assert runtime.get(ARN)["status"] == "ACTIVE"

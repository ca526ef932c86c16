"""What the stream tells is put as events, or asked for again."""

import json

import pytest

from tastemaker.store.announcer import Announcer, NotTold

ARN = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"


class Bus:
    """Takes events; while it is `full` it takes none."""

    def __init__(self, *, full: bool = False) -> None:
        self.batches: list[list[dict]] = []
        self.full = full

    def put_events(self, Entries):  # noqa: N803 - as boto3 names it
        self.batches.append(Entries)
        return {"Entries": [{"ErrorCode": "ThrottlingException"} if self.full else {"EventId": "e"} for _ in Entries]}


def image(status, revision):
    record = {"_arn": ARN, "_kind": "dataset-group", "_created": "1", "name": "g", "status": status}
    return {"arn": {"S": ARN}, "revision": {"N": str(revision)}, "body": {"S": json.dumps(record)}}


def a_change(before, after):
    images = {name: value for name, value in (("OldImage", before), ("NewImage", after)) if value}
    return {"dynamodb": {"ApproximateCreationDateTime": 1_700_000_000.0, **images}}


def test_each_change_of_a_status_is_an_event():
    bus = Bus()
    changes = [a_change(image("CREATE PENDING", n), image("ACTIVE", n + 1)) for n in range(12)]

    count = Announcer(bus, "shop-test").announce(changes)

    assert count == 12
    assert [len(batch) for batch in bus.batches] == [10, 2]
    event = bus.batches[0][0]
    assert (event["Source"], event["DetailType"]) == ("tastemaker", "Dataset Group Status Change")
    detail = json.loads(event["Detail"])
    assert (detail["revision"], detail["time"]) == (1, "2023-11-14T22:13:20.000Z")
    assert detail["deployment"] == "shop-test"


def test_a_removal_is_the_revision_after_the_last():
    bus = Bus()

    Announcer(bus, "shop-test").announce([a_change(image("DELETE IN_PROGRESS", 4), None)])

    detail = json.loads(bus.batches[0][0]["Detail"])
    assert (detail["newStatus"], detail["revision"]) == ("DELETED", 5)


def test_claims_are_nobodys_business():
    claim = {"arn": {"S": "event-tracker#name#x"}, "holder": {"S": ARN}}

    assert Announcer(Bus(), "shop-test").announce([a_change(None, claim), a_change(claim, None)]) == 0


def test_what_was_not_taken_is_asked_for_again():
    with pytest.raises(NotTold):
        Announcer(Bus(full=True), "shop-test").announce([a_change(None, image("CREATE PENDING", 1))])

"""Only what somebody may wait for is told, each change once and by its name."""

from itertools import pairwise

from tastemaker.domain.resources.announcements import announcements

ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/c"
GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"
ROLE = "arn:aws:iam::123456789012:role/r"


def a_record(status="ACTIVE", **members):
    own = {"_arn": ARN, "_kind": "campaign", "_created": f"1.0#{ARN}", "name": "c", "campaignArn": ARN}
    return {**own, "datasetGroupArn": GROUP, "roleArn": ROLE, "status": status, **members}


def told(before, after):
    return [
        (one.detail_type, one.detail.get("oldStatus"), one.detail["newStatus"])
        for one in announcements(before, after, 7)
    ]


def test_a_status_is_told_with_what_it_is_of():
    [one] = announcements(a_record("CREATE IN_PROGRESS"), a_record("CREATE FAILED", failureReason="no data"), 7)

    assert one.detail_type == "Campaign Status Change"
    assert one.detail == {
        "arn": ARN,
        "campaignArn": ARN,
        "datasetGroupArn": GROUP,
        "kind": "campaign",
        "name": "c",
        "oldStatus": "CREATE IN_PROGRESS",
        "newStatus": "CREATE FAILED",
        "failureReason": "no data",
        "revision": 7,
        "changeId": f"1.0#{ARN}#7",
    }


def test_a_beginning_and_an_end_are_told():
    assert told(None, a_record("CREATE PENDING")) == [("Campaign Status Change", None, "CREATE PENDING")]
    assert told(a_record("DELETE IN_PROGRESS"), None) == [("Campaign Status Change", "DELETE IN_PROGRESS", "DELETED")]


def test_what_changes_no_status_is_not_told():
    assert told(a_record(), a_record(_progress=[0.5, "fitting"])) == []
    assert told(None, None) == []
    assert told(None, {"_arn": "a", "_kind": "schema", "name": "s", "_created": "1"}) == []


def test_an_update_is_told_beside_the_resource():
    pending = {"status": "CREATE PENDING", "creationDateTime": 2.0}
    active = {"status": "ACTIVE", "creationDateTime": 2.0}
    again = {"status": "CREATE PENDING", "creationDateTime": 3.0}
    states = [None, pending, active, again]
    records = [a_record(**({"latestCampaignUpdate": state} if state else {})) for state in states]

    assert [told(*pair) for pair in pairwise(records)] == [
        [("Campaign Update Status Change", None, "CREATE PENDING")],
        [("Campaign Update Status Change", "CREATE PENDING", "ACTIVE")],
        [("Campaign Update Status Change", None, "CREATE PENDING")],
    ]

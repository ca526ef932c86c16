"""Waiting for long work."""

import pytest

from tastemaker_local.demo.watching import Job, Sight, WorkFailed, describing, sight, watch


class Recorder:
    """A board that remembers what it was shown."""

    def __init__(self):
        self.seen = []

    def show(self, label, sight):
        self.seen.append((label, sight.status))


def reply(status, header=None, **members):
    headers = {"x-tastemaker-progress": header} if header else {}
    return {"campaign": {"status": status, **members}, "ResponseMetadata": {"HTTPHeaders": headers}}


def job(label, *statuses, reason=""):
    looks = iter(statuses)
    return Job(label, lambda: Sight(next(looks), reason=reason))


def test_progress_is_read_from_the_reply_header():
    seen = sight(reply("CREATE IN_PROGRESS", "0.42;counting; all of it"), "campaign")

    assert seen == Sight("CREATE IN_PROGRESS", 0.42, "counting; all of it")
    assert not seen.done
    assert not seen.failed


def test_a_reply_without_the_header_has_a_status_only():
    assert sight(reply("ACTIVE"), "campaign") == Sight("ACTIVE")


def test_a_failed_reply_carries_its_reason():
    seen = sight(reply("CREATE FAILED", failureReason="row 7 is wrong"), "campaign")

    assert seen.failed
    assert seen.reason == "row 7 is wrong"


def test_describing_passes_the_arn_under_the_members_name():
    asked = {}

    def describe_campaign(**members):
        asked.update(members)
        return reply("ACTIVE")

    assert describing(describe_campaign, "campaign", "arn:x")().done
    assert asked == {"campaignArn": "arn:x"}


def test_watch_asks_each_job_until_it_is_active():
    board, pauses = Recorder(), []

    watch([job("a", "CREATE PENDING", "ACTIVE"), job("b", "ACTIVE")], board, pauses.append)

    assert board.seen == [("a", "CREATE PENDING"), ("b", "ACTIVE"), ("a", "ACTIVE")]
    assert len(pauses) == 1


def test_watch_raises_the_reason_of_a_failure():
    with pytest.raises(WorkFailed, match=r"import: CREATE FAILED. row 7 is wrong"):
        watch([job("import", "CREATE FAILED", reason="row 7 is wrong")], Recorder(), lambda _: None)

"""Batch inference jobs of many parts: cut anywhere, killed anywhere, joined to what one part would have given."""

import itertools
import json

import pytest

from tastemaker import bootstrap
from tastemaker.pipelines.batch import joining, parts, plans
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.batch_shop import BatchShop
from tests.unit.operations.executions import run_machine

_run_step = bootstrap.run_step

CALM = {"s3DataDestination": {"path": "s3://bucket/calm/"}}
ADULTS = "INCLUDE ItemID WHERE Items.PRICE > 0 IF CurrentUser.AGE > 18"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def shop(build, clients, world, once):
    return BatchShop(build, clients, world, *once(lambda: BatchShop.opened(build, clients, world).ids))


@pytest.fixture
def tiny(monkeypatch):
    """Let parts, pieces and requests be so small that a few lines make many."""

    def shrink(part=97, piece=900, together=3):
        monkeypatch.setattr(plans, "LEAST_BYTES", part)
        monkeypatch.setattr(parts, "PIECE", piece)
        monkeypatch.setattr(joining, "PIECE", piece)
        monkeypatch.setattr(parts, "_TOGETHER", together)

    return shrink


@pytest.fixture
def calm(shop, once):
    return once(lambda: undisturbed(shop))


def undisturbed(shop):
    """Make a version, lines in three files, and what one part says to them."""
    version = shop.version("aws-user-personalization-v2")
    shop.put("in/lines.json", *({"userId": f"u{n}"} for n in range(70)), {"user": "none"})
    shop.put("in/short.json", {"userId": "u1"})
    shop.world.objects.write("bucket", "in/blank.json", b"\n \n")
    shop.happened("u3", "i39")
    shop.run(version, jobOutput=CALM, numResults=5)
    return version


def outputs(shop, folder):
    return {name: shop.body(f"{folder}/{name}.json.out") for name in ("blank", "lines", "short")}


@pytest.mark.parametrize("part", [1, 20, 97, 2000])
def test_many_parts_say_what_one_says(shop, calm, tiny, part):
    tiny(part)

    job = shop.run(calm, numResults=5)

    assert job["status"] == "ACTIVE"
    assert outputs(shop, "out") == outputs(shop, "calm")
    assert outputs(shop, "out")["blank"] == b""
    assert shop.left() == []


@pytest.mark.parametrize("name", ["write", "upload_part", "finish_upload"])
def test_killed_at_any_write_and_started_again_a_job_gives_the_same(shop, calm, tiny, monkeypatch, name):
    tiny()
    arn, kills = shop.create(calm, numResults=5), 0
    [started] = shop.world.workflows.started
    original = getattr(shop.world.objects, name)
    for moment in range(40):
        shop.world.workflows.started[:] = [started]
        monkeypatch.setattr(shop.world.objects, name, _killing(original, moment % 7))
        try:
            shop.world.run()
        except Killed:
            kills += 1
            # What comes after the plan was made counts in the next job.
            if any(key.endswith("plan.json") for key in shop.left()):
                shop.happened(f"u{kills}", "i20")
            continue
        break
    monkeypatch.setattr(shop.world.objects, name, original)

    assert kills
    assert shop.described(arn)["status"] == "ACTIVE"
    assert outputs(shop, "out") == outputs(shop, "calm")


# What is late at which writes, for how many more of them, and whether it is a whole machine or a step.
LATE = list(itertools.product(("write", "upload_part", "finish_upload"), (1, 1_000), (False, True)))


@pytest.mark.parametrize("late", LATE)
def test_what_was_given_up_and_goes_on_changes_nothing(shop, calm, tiny, monkeypatch, late):
    tiny(400)
    name, writes, whole = late
    given = getattr(shop.world.objects, name)
    for moment in itertools.count(step=5 if name == "write" else 2):
        arn = shop.create(calm, numResults=5)
        again = _Again(shop, writes=writes, whole=whole)
        monkeypatch.setattr(bootstrap, "run_step", again.run_step)
        monkeypatch.setattr(shop.world.objects, name, again.before(given, moment))
        shop.world.run()
        monkeypatch.undo()
        tiny(400)

        assert shop.described(arn)["status"] == "ACTIVE"
        assert outputs(shop, "out") == outputs(shop, "calm")
        assert shop.left() == []
        if not again.done:
            break
    assert moment


class _Again:
    """Lets a step, or the whole machine, run once more amid the first run's writes, with other pieces.

    The second run comes to its end; the first then goes on for so many writes, and is begun anew if it is killed there.
    """

    def __init__(self, shop, *, writes, whole):
        self.shop, self.writes, self.whole = shop, writes, whole
        self.steps, self.done, self.running = [], False, False
        [self.started] = shop.world.workflows.started

    def run_step(self, name, deps, work):
        self.steps.append((name, deps, work))
        try:
            return _run_step(name, deps, work)
        except Killed:
            return _run_step(name, deps, work)
        finally:
            self.steps.pop()

    def before(self, function, moment):
        """Return a store's function before whose so many-th call the second run comes to its end."""
        calls = itertools.count(-moment)

        def called(*arguments, **members):
            call = 0 if self.running else next(calls)
            if call == self.writes:
                raise Killed
            if call == 0 and not self.done:
                self.run_again()
            return function(*arguments, **members)

        return called

    def run_again(self):
        self.done = self.running = True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parts, "PIECE", 1_700)
            if self.whole:
                run_machine(*self.started, Deps(**self.shop.world.parts))
            else:
                _run_step(*self.steps[-1])
        self.running = False


def test_an_upload_that_is_gone_is_begun_anew(shop, calm, tiny):
    tiny()
    upload, objects = shop.world.objects.upload_part, shop.world.objects

    def forgetting(bucket, key, id_, number, body):
        tag = upload(bucket, key, id_, number, body)
        if number == 2 and id_ == "0":
            objects.abandon_upload(bucket, key, id_)
        return tag

    objects.upload_part = forgetting

    assert shop.run(calm, numResults=5)["status"] == "ACTIVE"
    assert outputs(shop, "out") == outputs(shop, "calm")


def test_a_failure_in_a_part_is_the_jobs_and_leaves_nothing(shop, calm, tiny):
    tiny()
    arn, read = shop.create(calm), shop.world.objects.read_range

    def changing(bucket, key, begin, size, *, etag):
        shop.put("in/lines.json", {"userId": "u1"})
        return read(bucket, key, begin, size, etag=etag)

    shop.world.objects.read_range = changing
    shop.world.run()

    assert shop.described(arn)["failureReason"] == (
        "Invalid S3 input path: s3://bucket/in/lines.json was changed or removed while the job ran. "
        "Create the job again."
    )
    assert shop.left() == []
    assert [key for key, _, _ in shop.world.objects.list("bucket", "out/")] == ["out/_CHECK"]


def test_what_was_put_since_the_training_counts_as_in_live_answers(build, shop):
    users = build.dataset(shop.group, "Users")
    build.imported(users, "USER_ID,AGE\n" + "".join(f"u{n},10\n" for n in range(80)))
    version = shop.version("aws-user-personalization-v2")
    campaign, rule = build.campaign(version), shop.filtered_by(ADULTS)
    items = next(
        each
        for each in build.client.list_datasets(datasetGroupArn=shop.group)["datasets"]
        if each["datasetType"] == "ITEMS"
    )["datasetArn"]
    ask = shop.clients.personalize_runtime.get_recommendations
    before = [each["itemId"] for each in ask(campaignArn=campaign, userId="u1", numResults=40)["itemList"]]

    shop.clients.personalize_events.put_items(
        datasetArn=items, items=[{"itemId": "fresh", "properties": json.dumps({"GENRE": "drama", "PRICE": 1.0})}]
    )
    shop.clients.personalize_events.put_users(
        datasetArn=users, users=[{"userId": "u2", "properties": json.dumps({"AGE": 30})}]
    )
    shop.happened("u1", "i3")
    shop.put("in/lines.json", {"userId": "u1"}, {"userId": "u2"}, {"userId": "newcomer"})
    shop.run(version, numResults=41)
    plain = [each["output"]["recommendedItems"] for each in shop.answers()]
    shop.run(version, numResults=41, filterArn=rule)
    filtered = [each["output"]["recommendedItems"] for each in shop.answers()]

    def live(user, **more):
        return [e["itemId"] for e in ask(campaignArn=campaign, userId=user, numResults=41, **more)["itemList"]]

    assert plain == [live(user) for user in ("u1", "u2", "newcomer")]
    assert filtered == [live(user, filterArn=rule) for user in ("u1", "u2", "newcomer")]
    assert plain[0][:40] != before
    assert ("i0" in filtered[0], "i0" in filtered[1], "fresh" in filtered[1]) == (True, False, True)


def test_quotas_say_how_much_input_there_may_be(shop):
    version = shop.version()
    shop.put("in/a.json", {"userId": "u1"})
    shop.put("in/b.json", {"userId": "u1"})
    shop.world.allow(batch_input_files=1)

    job = shop.run(version)

    assert job["failureReason"].endswith("at most 1 objects and 1000000000 bytes are allowed.")


def _killing(function, after):
    calls = iter(range(after + 1, 0, -1))

    def killing(*arguments, **members):
        if next(calls, 0) == 1:
            raise Killed
        return function(*arguments, **members)

    return killing

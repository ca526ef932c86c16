"""Users who are deleted leave the files of recorded events too, whatever moves events there meanwhile."""

import itertools

import pytest

from tastemaker.pipelines.archive import compaction
from tastemaker.pipelines.deletions import steps as deletions
from tastemaker.pipelines.deps import Deps
from tests.dying import Killed, after, dying
from tests.unit.operations.recorded_shop import DAY, Shop

GONE = "the-user-to-delete"
ROLE = "arn:aws:iam::123456789012:role/deletions"


@pytest.fixture
def shop(build, clients, world):
    """Forty days; the user came as a visitor, logged in the day after and was there every other day, files have all."""
    shop = Shop(build, clients, world)
    shop.put("", "before-login", session="visit")
    world.later(days=1)
    shop.put(GONE, "at-login", session="visit")
    for n in range(40):
        shop.put(GONE if n % 2 else "other", f"i{n}")
        world.later(days=1)
    return shop


@pytest.fixture
def delete(shop, clients, world):
    """Asks for the deletion of a user; returns how a job has ended."""

    def ask(user: str = GONE) -> str:
        world.objects.write("bucket", "gone.csv", f"USER_ID\n{user}\n".encode())
        return clients.personalize.create_data_deletion_job(
            jobName=shop.build.name(),
            datasetGroupArn=shop.group,
            dataSource={"dataLocation": "s3://bucket/gone.csv"},
            roleArn=ROLE,
        )["dataDeletionJobArn"]

    return ask


LEFT = [f"i{n}" for n in range(0, 40, 2)]


def test_they_leave_files_and_table_with_what_they_did_before_login(shop, delete, world):
    shop.look()
    world.later(days=0.1)
    shop.look()
    job = delete()
    world.run()

    record = world.resources.get(job)
    assert (record["status"], record["numDeleted"]) == ("COMPLETED", 22)
    assert shop.everything() == LEFT
    assert GONE not in shop.kept()
    assert shop.state().gone + len(shop.in_table()) == 20


def test_a_file_without_them_stays_as_it_is(shop, delete, world):
    shop.look()
    before = shop.archive()
    delete("nobody")
    world.run()

    assert shop.archive() == before


def test_what_is_being_filed_when_the_job_begins_is_refused(shop, delete, world):
    moving = compaction.Compaction.of(Deps(**world.parts), shop.dataset, world.now, DAY)
    switch = compaction.switch

    def late(*args, **kwargs):
        """The job runs while the events are read, and before they are switched to."""
        delete()
        world.run()
        return switch(*args, **kwargs)

    compaction.switch = late
    try:
        with pytest.raises(compaction.Overtaken):
            moving.step()
    finally:
        compaction.switch = switch
    shop.look()

    assert shop.everything() == LEFT
    assert GONE not in shop.kept()


def test_nothing_is_filed_while_a_job_is_under_way(shop, delete, world):
    delete()
    shop.look()
    assert shop.state().turn == 0
    world.run()
    shop.look()

    assert shop.everything() == LEFT


def test_killed_at_every_write_the_next_run_ends_it_and_counts_right(shop, delete, world):
    shop.look()
    world.later(days=0.1)
    shop.look()
    job = delete()
    world.workflows.started.clear()
    start = world.copy()
    for at in itertools.count():
        world.become(start)
        killed = _killed(world, job, at)
        if not killed:
            break
        if world.resources.get(job)["status"] != "COMPLETED":
            _run(world, job, Deps(**world.parts))
        record = world.resources.get(job)
        assert (record["status"], record["numDeleted"]) == ("COMPLETED", 22), at
        assert shop.everything() == LEFT, at
        assert GONE not in shop.kept(), at
    assert at >= 10


def _run(world, job: str, deps: Deps) -> None:
    work = {"arn": job, "change": "erase"}
    world.resources.update(job, {"status": "IN_PROGRESS"})
    for step in (deletions.rewrite, deletions.forget, deletions.publish):
        work = step(deps.of(job), work)


def _killed(world, job: str, at: int) -> bool:
    try:
        _run(world, job, Deps(**dying(world.parts, after(at))))
    except Killed:
        return True
    return False

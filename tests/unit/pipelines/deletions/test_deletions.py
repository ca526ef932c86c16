"""Data deletion jobs step by step: what they read, and what happens when they are killed or overtaken."""

import gzip
import json

import duckdb
import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import switching
from tastemaker.pipelines.deletions import sources
from tastemaker.pipelines.deletions import steps as deletions
from tastemaker.pipelines.deletions.sources import _MOST_BYTES
from tastemaker.pipelines.imports import steps as imports
from tastemaker.store.memory import MemoryObjects
from tests.dying import Killed
from tests.unit.pipelines.fakes import GROUP, HOME, INTERACTIONS, NOW, a_field, a_world

ROLE = "arn:aws:iam::123456789012:role/deletions"
EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
USERS = [a_field("USER_ID", "string"), a_field("AGE", ["null", "int"])]
ROWS = [("other", "i", 3, None, None)]


class Fragile(MemoryObjects):
    """Objects that note what is done to them, and let the process die at a chosen one."""

    def __init__(self):
        super().__init__()
        self.done, self.dies_at = [], None

    def write(self, bucket, key, body):
        self._do("write", key)
        super().write(bucket, key, body)

    def delete(self, bucket, prefix):
        self._do("delete", prefix)
        super().delete(bucket, prefix)

    def _do(self, *what):
        self.done.append(what)
        if len(self.done) == self.dies_at:
            raise Killed(*what)


@pytest.fixture
def world():
    return a_world(Fragile())


@pytest.fixture
def events(world):
    """Interactions of `gone` and `other`, recorded events and a record of `gone`."""
    world.deps.resources.create({"_arn": GROUP, "_kind": "dataset-group", "_created": "group", "status": "ACTIVE"})
    dataset = world.dataset("INTERACTIONS", INTERACTIONS)
    users = world.dataset("USERS", USERS)
    for arn in (dataset, users):
        world.deps.resources.update(arn, {"_parent": GROUP})
    world.put("data.csv", EVENTS + "gone,i,1,,\ngone,i,2,,\nother,i,3,,\n")
    world.run(dataset, name="first")
    recorded = [
        {"user_id": user, "item_id": "i", "timestamp": n, "event_id": str(n), "recorded": 1.0}
        for user in ("gone", "other")
        for n in range(3)
    ]
    world.deps.events.put(GROUP, recorded)
    world.deps.records.put(users, {"gone": {"age": 1}, "other": {"age": 2}})
    return dataset


def job(world, *, name="job", created=NOW + 1, location="s3://bucket/gone.csv"):
    arn = f"{HOME}:data-deletion-job/{name}"
    own = {"_arn": arn, "_kind": "data-deletion-job", "_parent": GROUP, "_created": f"{created:017.6f}#{arn}"}
    asked = {"datasetGroupArn": GROUP, "dataSource": {"dataLocation": location}, "roleArn": ROLE}
    world.deps.resources.create({**own, **asked, "status": "IN_PROGRESS"})
    return {"arn": arn, "change": "erase"}


def run(world, work):
    for step in (deletions.rewrite, deletions.forget, deletions.strip, deletions.publish):
        work = step(world.deps, json.loads(json.dumps(work)))
    return world.deps.resources.get(work["arn"])


def data(world):
    return [key for key, _, _ in world.deps.objects.list("data", "")]


def kept_snapshots(world):
    """Name every snapshot of which anything is left; nothing else may be."""
    return {tuple(key.split("/")[:4]) for key in data(world)}


def left(world, dataset, folder):
    """All that a deletion is about, in a form to compare."""
    _, *names = world.deps.resources.get(dataset)["_snapshot"].split("/")
    snapshot = "/".join(["snapshots", *names[:-1]])
    return {
        "rows": world.rows(dataset, folder),
        "events": [event["user_id"] for event in world.deps.events.recorded(GROUP, before=10.0)],
        "records": [id_ for id_, _ in world.deps.records.every(f"{HOME}:dataset/shop/USERS")],
        "objects": [key for key in data(world) if not key.startswith(snapshot)],
        "replaced": world.deps.resources.get(dataset).get("_replaced"),
    }


CLEAN = {
    "rows": ROWS,
    "events": ["other"] * 3,
    "records": ["other"],
    "objects": ["jobs/data-deletion-job/job/receipt.json"],
    "replaced": [],
}
DELETED = 2 + 3 + 1


def test_the_users_are_gone_everywhere_and_the_old_snapshot_too(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\ngone\nnobody\ngone\n")

    ended = run(world, job(world))

    assert (ended["status"], ended["numDeleted"]) == ("COMPLETED", DELETED)
    assert ended.keys().isdisjoint({"_progress", "_erased"})
    assert left(world, events, tmp_path) == CLEAN
    manifest = world.manifest(events)
    assert (manifest["mode"], manifest["rows"], manifest["stats"]["distinct USER_ID"]) == ("DELETION", 1, 1)


@pytest.mark.parametrize("dies_at", range(1, 12))
def test_wherever_it_is_killed_the_next_run_ends_as_a_clean_one_would(world, events, tmp_path, dies_at):
    world.put("gone.csv", "USER_ID\ngone\n")
    work, objects = job(world), world.deps.objects
    objects.done.clear()
    objects.dies_at = dies_at

    try:
        run(world, work)
        killed = False
    except Killed:
        killed = True
    objects.dies_at = None
    world.deps.resources.update(work["arn"], {"status": "IN_PROGRESS"})
    ended = run(world, work) if killed else world.deps.resources.get(work["arn"])

    assert killed == (dies_at <= WRITES_AND_DELETIONS)
    assert ended["numDeleted"] == DELETED
    assert left(world, events, tmp_path) == CLEAN


# A part, its insights, its ids and its manifest, the replaced snapshot, the rejects of two datasets, and the receipt:
# fewer than are tried.
WRITES_AND_DELETIONS = 8


@pytest.mark.usefixtures("events")
def test_it_counts_right_when_killed_between_counting_and_removing(world):
    world.put("gone.csv", "USER_ID\ngone\n")
    work, remove = job(world), world.deps.events.delete
    work = deletions.rewrite(world.deps, work)

    def die(_keys):
        raise Killed

    world.deps.events.delete = die
    with pytest.raises(Killed):
        deletions.forget(world.deps, work)
    world.deps.events.delete = remove

    assert deletions.forget(world.deps, work)["erased"] == {"place": 0, "events": 3, "records": 1}
    assert deletions.forget(world.deps, work)["erased"] == {"place": 0, "events": 3, "records": 1}


@pytest.mark.usefixtures("events")
def test_what_they_did_with_actions_goes_too(world):
    columns = [a_field("USER_ID", "string"), a_field("ACTION_ID", "string"), a_field("EVENT_TYPE", "string")]
    actions = world.dataset("ACTION_INTERACTIONS", [*columns, a_field("TIMESTAMP", "long")], name="ActionInteractions")
    world.deps.resources.update(actions, {"_parent": GROUP})
    taken = {"action_id": "a", "timestamp": 1, "event_id": "e", "recorded": 1.0}
    world.deps.events.put(actions, [{**taken, "user_id": user} for user in ("gone", "other")])
    world.put("gone.csv", "USER_ID\ngone\n")

    ended = run(world, job(world))

    assert ended["numDeleted"] == DELETED + 1
    assert [event["user_id"] for event in world.deps.events.recorded(actions, before=2.0)] == ["other"]


@pytest.mark.usefixtures("events")
def test_a_rewritten_snapshot_still_knows_when_its_records_were_imported(world, tmp_path):
    users = f"{HOME}:dataset/shop/USERS"
    world.put("users.csv", "USER_ID,AGE\ngone,1\nother,2\n")
    world.put("more.csv", "USER_ID,AGE\nnew,3\n")
    world.run(users, "s3://bucket/users.csv", name="second", asked=NOW - 20)
    world.run(users, "s3://bucket/more.csv", "INCREMENTAL", name="third", asked=NOW - 10)
    world.put("gone.csv", "USER_ID\ngone\n")

    run(world, job(world))

    [part] = world.manifest(users)["parts"]
    world.deps.objects.download("data", part["key"], tmp_path / "part.parquet")
    with duckdb.connect() as session:
        rows = session.execute(f"FROM read_parquet('{tmp_path}/part.parquet')").fetchall()
    assert rows == [("new", 3, 1), ("other", 2, 0)]
    assert world.manifest(users)["imports"] == [NOW - 20, NOW - 10]


def test_many_users_go_in_batches(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\n" + "".join(f"a{n}\n" for n in range(1700)) + "gone\n")

    assert run(world, job(world))["numDeleted"] == DELETED
    assert left(world, events, tmp_path) == CLEAN


def test_a_dataset_that_names_none_of_them_keeps_its_snapshot(world, events):
    world.put("gone.csv", "USER_ID\nnobody\n")
    before = world.deps.resources.get(events)["_snapshot"]

    ended = run(world, job(world))

    assert ended["numDeleted"] == 0
    assert world.deps.resources.get(events)["_snapshot"] == before


def test_a_dataset_may_lose_all_its_rows(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\ngone\nother\n")

    run(world, job(world))

    assert world.rows(events, tmp_path) == []


def test_an_import_that_began_before_is_refused_afterwards_and_leaves_nothing(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\ngone\n")
    slow = imports.convert(world.deps, world.job(events, name="slow"))

    run(world, job(world))
    with pytest.raises(JobFailed, match="Users were deleted from the dataset group while this import ran"):
        imports.publish(world.deps, slow)

    assert left(world, events, tmp_path) == CLEAN


def test_an_import_that_begins_afterwards_may_bring_users_back(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\ngone\n")
    run(world, job(world, created=NOW - 1))

    world.run(events, name="second")

    assert len(world.rows(events, tmp_path)) == 3


def test_an_import_whose_files_were_swept_away_makes_them_again(world, events, tmp_path):
    world.put("more.csv", EVENTS + "new,i,1,,\n")
    work = imports.convert(world.deps, world.job(events, "s3://bucket/more.csv", name="second"))

    switching.sweep(world.deps, events)
    imports.publish(world.deps, work)

    assert world.rows(events, tmp_path) == [("new", "i", 1, None, None)]
    assert len(kept_snapshots(world)) == 1


def test_a_sweep_removes_what_failed_imports_left_and_keeps_what_is_pointed_at(world, events):
    present = data(world)
    imports.convert(world.deps, world.job(events, "s3://bucket/data.csv", name="second"))

    switching.sweep(world.deps, events)

    assert data(world) == present


def test_two_deletions_at_once_both_have_their_way(world, events, tmp_path):
    world.put("gone.csv", "USER_ID\ngone\n")
    world.put("others.csv", "USER_ID\nother\n")
    slow, fast = job(world), job(world, name="fast", location="s3://bucket/others.csv")
    download, once = world.deps.objects.download, []

    def overtaken(bucket, key, path):
        download(bucket, key, path)
        if key.endswith(".parquet") and not once:
            once.append(key)
            run(world, fast)

    world.deps.objects.download = overtaken
    ended = run(world, slow)

    assert ended["numDeleted"] == DELETED
    assert world.rows(events, tmp_path) == []
    assert len([key for key in kept_snapshots(world) if key[0] == "snapshots"]) == 1


def test_a_full_import_removes_the_snapshot_that_it_replaces(world, events, tmp_path):
    world.put("data.csv", EVENTS + "new,i,1,,\n")
    world.run(events, name="second")

    assert world.rows(events, tmp_path) == [("new", "i", 1, None, None)]
    assert len(kept_snapshots(world)) == 1


def test_a_replaced_snapshot_is_removed_later_if_the_process_died_before(world, events, tmp_path):
    world.put("data.csv", EVENTS + "new,i,1,,\n")
    work = imports.convert(world.deps, world.job(events, name="second"))
    world.deps.objects.dies_at = len(world.deps.objects.done) + 1
    with pytest.raises(Killed):
        imports.publish(world.deps, work)
    assert len(kept_snapshots(world)) == 2

    world.run(events, name="third")

    assert world.rows(events, tmp_path) == [("new", "i", 1, None, None)]
    assert len(kept_snapshots(world)) == 1


def test_values_that_failed_jobs_show_are_no_longer_shown(world, events):
    world.put("gone.csv", "USER_ID\ngone\n")
    failed = world.job(events, name="failed")["arn"]
    reason = "s3://bucket/data.csv, line 2: the record must have 5 cells; found 'gone,x'. See s3://data/rejects/a.csv."
    world.deps.resources.update(failed, {"status": "CREATE FAILED", "failureReason": reason})
    world.deps.objects.write("data", "rejects/shop/INTERACTIONS/failed.csv", b"gone,x")

    run(world, job(world))

    told = world.deps.resources.get(failed)["failureReason"]
    assert told.startswith("s3://bucket/data.csv, line 2: the record must have 5 cells; found (the value is no longer")
    assert "gone" not in told
    assert not [key for key in data(world) if "rejects" in key]


def test_a_folder_is_read_to_its_depth_but_only_csv(world, events, tmp_path):
    world.put("list/a.csv", "USER_ID\nnobody\n")
    world.put("list/deeper/and/b.CSV", '"user_id"\n"gone"\n')
    world.put("list/deeper/readme.txt", "no such thing")
    world.put("list2/c.csv", "USER_ID\nother\n")

    run(world, job(world, location="s3://bucket/list"))

    assert left(world, events, tmp_path) == CLEAN


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "lines",
    [
        ["USER_ID", "gone", "", ""],
        ["USER_ID", "", "gone", ""],
        ["", "", "USER_ID", "gone", ""],
        [" ", "\t", "USER_ID", "   ", "gone", " \t ", ""],
        ['"USER_ID"', '""', '"gone"', '" "', ""],
    ],
)
def test_blank_lines_of_a_list_are_no_users(world, events, tmp_path, lines, end):
    world.put("gone.csv", end.join(lines))

    ended = run(world, job(world))

    assert ended["numDeleted"] == DELETED
    assert left(world, events, tmp_path) == CLEAN
    assert json.loads(world.deps.objects.read("data", "jobs/data-deletion-job/job/receipt.json"))["users"] == 1


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_a_problem_counts_blank_lines(world, end):
    world.put("gone.csv", end.join(["", "USER_ID", "", "a", " ", "", "x" * 257, "", "y" * 258, ""]))

    with pytest.raises(JobFailed) as failure:
        deletions.rewrite(world.deps, job(world))

    assert "First in s3://bucket/gone.csv, line 7, column USER_ID" in str(failure.value)
    assert "First in s3://bucket/gone.csv, line 9, column USER_ID" in str(failure.value)


def test_a_line_end_inside_a_quoted_id_is_a_part_of_it(world, events, tmp_path):
    world.put("gone.csv", 'USER_ID\n"gone\n\n"\n')

    run(world, job(world))

    assert len(world.rows(events, tmp_path)) == 3


@pytest.mark.parametrize("name", ["gone.csv", "gone.csv.gz", "gone.list"])
def test_a_list_may_be_packed_as_imports_may(world, events, tmp_path, name):
    world.put(name, gzip.compress(b"USER_ID\n\ngone\n"))

    run(world, job(world, location=f"s3://bucket/{name}"))

    assert left(world, events, tmp_path) == CLEAN


@pytest.mark.usefixtures("events")
def test_lists_may_not_unpack_to_more_than_is_allowed(world, monkeypatch):
    monkeypatch.setattr(sources, "_MOST_BYTES", 3_000)
    world.put("list/a.csv", gzip.compress(b"USER_ID\n" + b"nobody\n" * 200))
    world.put("list/b.csv.gz", gzip.compress(b"USER_ID\n" + b"nobody\n" * 400))

    with pytest.raises(JobFailed, match=r"list/b.csv.gz unpacks to more than 1592 bytes"):
        deletions.rewrite(world.deps, job(world, location="s3://bucket/list/"))


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("USER_ID,ITEM_ID\na,b\n", "line 1: the header must be the single column USER_ID, not ('USER_ID', 'ITEM_ID')."),
        ("a\nb\n", "line 1: the header must be the single column USER_ID, not ('a',)."),
        ("USER_ID\na\nb,c\n", "line 3: the record must have as many cells as the header"),
        ("USER_ID\n" + "x" * 257 + "\n", "Length cannot be more than 256 characters for USER_ID."),
        (b"USER_ID\n\xff\n", "line 2: the text must be UTF-8"),
        ("USER_ID\n", "lists no users."),
        ("\n\nUSER_ID\n\n \n", "lists no users."),
        ("\n\n", "is empty; its first line must name the columns."),
        ("\n \nITEM_ID\na\n", "line 3: the header must be the single column USER_ID, not ('ITEM_ID',)."),
        ("USER_ID\n\n\na,b\n", "line 4: the record must have as many cells as the header; found 'a,b'."),
        ('USER_ID\na\n\n"b\nc\n', "line 4: an opening quote must have a closing one"),
        (b"\nUSER_ID\n \n\n\xff\n", "line 5: the text must be UTF-8"),
        (gzip.compress(b"USER_ID\n\na\n\nb,c\n", mtime=0), "line 5: the record must have as many cells as the header"),
        (gzip.compress(b"", mtime=0), "is empty; its first line must name the columns."),
        (gzip.compress(b"USER_ID\na\n", mtime=0)[:-9], "is not a whole gzip file"),
    ],
)
def test_a_list_that_is_no_list_of_users_is_refused(world, body, told):
    world.put("gone.csv", body)

    with pytest.raises(JobFailed) as failure:
        deletions.rewrite(world.deps, job(world))

    assert told in str(failure.value)


@pytest.mark.usefixtures("events")
def test_a_list_that_is_too_long_is_refused_before_it_is_read(world):
    world.put("gone.csv", "USER_ID\ngone\n")
    world.deps.objects.list = lambda _bucket, _prefix: [("gone.csv", _MOST_BYTES + 1, "etag")]

    with pytest.raises(JobFailed, match=r"at most 104857600 \(100 MB\) are allowed"):
        deletions.rewrite(world.deps, job(world))


@pytest.mark.usefixtures("events")
def test_a_list_that_changes_between_the_steps_is_refused(world):
    world.put("gone.csv", "USER_ID\ngone\n")
    work = deletions.rewrite(world.deps, job(world))
    world.put("gone.csv", "USER_ID\nother\n")

    with pytest.raises(JobFailed, match="The list of users was changed while the job ran"):
        deletions.forget(world.deps, work)


@pytest.mark.usefixtures("events")
def test_a_role_that_may_not_read_the_list_is_named(world):
    def closed(_role):
        raise PermissionError

    world.deps.objects.for_role = closed

    with pytest.raises(JobFailed, match=f"Insufficient privileges for accessing data in Amazon S3: {ROLE}"):
        deletions.rewrite(world.deps, job(world))

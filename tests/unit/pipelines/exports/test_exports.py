"""What an export writes, an import reads back to the same rows."""

import csv
import io
import shutil
import subprocess
import sys

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker.domain.schemas.properties import RECORDED
from tastemaker.domain.schemas.schema import Field
from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets import snapshots, switching
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.exports import steps
from tastemaker.pipelines.exports.writer import csv_stream
from tastemaker.store.memory import MemoryObjects
from tests.unit.pipelines.fakes import GROUP, HOME, INTERACTIONS, ITEMS, NOW, a_field, a_world

ROLE = "arn:aws:iam::123456789012:role/exports"
EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
EVERYTHING = [
    a_field("ITEM_ID", "string"),
    a_field("GENRES", ["null", "string"], categorical=True),
    a_field("NOTE", ["null", "string"]),
    a_field("PRICE", ["null", "float"]),
    a_field("WEIGHT", ["null", "double"]),
    a_field("STOCK", ["null", "int"]),
    a_field("CREATION_TIMESTAMP", ["null", "long"]),
    a_field("NEW", ["null", "boolean"]),
    a_field("SOURCE", ["null", "string"]),
    a_field("RECORD", ["null", "int"]),
]


@pytest.fixture
def world():
    return a_world()


def job(world, dataset, mode, *, name="job", path="s3://out/folder/"):
    arn = f"{HOME}:dataset-export-job/{name}"
    output = {"jobOutput": {"s3DataDestination": {"path": path}}, "roleArn": ROLE, "jobName": name}
    own = {"_arn": arn, "_kind": "dataset-export-job", "status": "CREATE IN_PROGRESS"}
    world.deps.resources.create({**own, **output, "datasetArn": dataset, "ingestionMode": mode})
    return {"arn": arn, "change": "create"}


def exported(world, dataset, mode="BULK", **more):
    work = steps.publish(world.deps, steps.write(world.deps, job(world, dataset, mode, **more)))
    assert world.deps.resources.get(work["arn"])["status"] == "ACTIVE"
    return world.deps.objects.read("out", f"folder/{more.get('name', 'job')}.csv").decode()


def an_event(user, item, moment, **more):
    own = {"user_id": user, "item_id": item, "timestamp": moment, "event_id": f"{user}{item}{moment}", "recorded": 1.0}
    return {"session_id": f"of {user}", "anonymous": False, "event_type": "View", "event_value": None, **own, **more}


def test_an_import_comes_back_as_it_is_stored(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    world.put("data.csv", EVENTS + 'u2,i1,200,"a, b",\nu1,"say ""hi""",100,,2.5\n')
    world.run(events)

    header, *rows = exported(world, events).splitlines(keepends=True)
    assert header == EVENTS
    assert sorted(rows) == ['u1,"say ""hi""",100,,2.5\n', 'u2,i1,200,"a, b",\n']


def test_a_dataset_without_data_is_a_header(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)

    assert [exported(world, events, mode, name=mode) for mode in ("BULK", "PUT", "ALL")] == [EVENTS] * 3


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
TRICKY = st.text(st.sampled_from("\\\",\n\r\t| a'é\u2028#"), min_size=1, max_size=8)
WORDS = st.one_of(TEXT, TRICKY)
# What an import stores: floats that are floats, no empty strings.
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ROWS = st.lists(
    st.tuples(
        WORDS,
        *(
            st.none() | values
            for values in (
                WORDS,
                WORDS,
                FLOATS,
                st.floats(allow_nan=False, allow_infinity=False),
                st.integers(-(2**31), 2**31 - 1),
                st.integers(-(2**63), 2**63 - 1),
                st.booleans(),
                WORDS,
                st.integers(0, 9),
            )
        ),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[0],
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_importing_an_export_again_gives_the_same_rows(rows, tmp_path):
    world = a_world()
    items = world.dataset("ITEMS", EVERYTHING)
    properties = [field["name"] for field in EVERYTHING[1:]]
    world.deps.records.put(items, {row[0]: dict(zip(properties, row[1:], strict=True)) for row in rows})

    once = exported(world, items, "PUT", name="once")
    world.run(items, "s3://out/folder/once.csv", name="first")
    stored = world.rows(items, tmp_path)
    again = exported(world, items, "BULK", name="again")
    world.run(items, "s3://out/folder/again.csv", name="second")

    assert sorted(stored) == sorted(rows)
    assert again == once
    assert world.rows(items, tmp_path) == stored


def test_other_readers_of_csv_understand_all_but_backslashes_in_quoted_cells(world):
    items = world.dataset("ITEMS", ITEMS)
    words = ["plain", "a, b", 'say "hi"', "two\nlines", "Action|Crime", "C:\\dir"]
    world.deps.records.put(items, {str(n): {"GENRES": word} for n, word in enumerate(words)})

    read = list(csv.DictReader(io.StringIO(exported(world, items, "PUT"), newline="")))

    assert [row["GENRES"] for row in read] == words


def test_put_is_what_was_recorded_and_all_is_both_with_equal_events_once(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    world.put("data.csv", EVENTS + "u1,i1,100,View,\nu1,i2,200,View,1.5\n")
    world.run(events)
    world.deps.events.put(GROUP, [an_event("u1", "i1", 100), an_event("u0", "i3", 50, event_value=0.1)])

    put, both = (exported(world, events, mode, name=mode) for mode in ("PUT", "ALL"))

    assert put == EVENTS + "u0,i3,50,View,0.1\nu1,i1,100,View,\n"
    assert both == EVENTS + "u0,i3,50,View,0.1\nu1,i1,100,View,\nu1,i2,200,View,1.5\n"


def test_an_anonymous_event_belongs_to_the_user_its_session_became(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    before = an_event("s", "before", 1, session_id="s", anonymous=True)
    world.deps.events.put(GROUP, [before, an_event("u", "after", 2, session_id="s")])
    world.deps.events.put(GROUP, [an_event("t", "never known", 3, session_id="t", anonymous=True)])

    assert exported(world, events, "PUT") == EVENTS + "u,before,1,View,\nu,after,2,View,\n"


def test_properties_of_events_fill_the_columns_they_are_named_for(world):
    own = [
        a_field("EVENT_VALUE", ["null", "float"]),
        a_field("IMPRESSION", ["null", "string"]),
        a_field("EVENT_ATTRIBUTION_SOURCE", ["null", "string"]),
        a_field("NUM_RATINGS", ["null", "int"]),
        a_field("IN_CART", ["null", "boolean"]),
        a_field("SESSION_ID", ["null", "string"]),
    ]
    events = world.dataset("INTERACTIONS", [*INTERACTIONS[:3], *own])
    properties = {"NUM_RATINGS": 3, "IN_CART": True, "SESSION_ID": "mine"}
    more = {"impression": ["a", "b"], "source": "mail", "properties": properties}
    world.deps.events.put(GROUP, [an_event("u", "i", 1, **more), an_event("v", "i", 1, event_value=1e300)])

    _, first, second = exported(world, events, "PUT").splitlines()

    assert first == "u,i,1,,a|b,mail,3,true,mine"
    assert second == "v,i,1,,,,,,"  # no float is as large


def test_of_an_item_the_record_written_last_wins_whole(world):
    items = world.dataset("ITEMS", ITEMS)
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,old\nb,y,2,\n")
    world.run(items)
    world.deps.records.put(items, {"a": {"GENRES": "p|q", RECORDED: NOW + 1}, "b": {"GENRES": "z", RECORDED: NOW - 1}})

    assert exported(world, items, "ALL") == "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,p|q,,\nb,y,2,\n"


def test_columns_that_the_schema_got_later_are_empty(world):
    items = world.dataset("ITEMS", ITEMS)
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,\n")
    world.run(items)
    wider = world.dataset("ITEMS-2", [*ITEMS, a_field("PRICE", ["null", "float"])], name="Items")
    world.deps.resources.update(items, {"schemaArn": world.deps.resources.get(wider)["schemaArn"]})

    assert exported(world, items) == "ITEM_ID,GENRES,YEAR,DESCRIPTION,PRICE\na,x,1,,\n"


def test_a_repeated_step_writes_the_same_file(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    world.put("data.csv", EVENTS + "u1,i1,100,View,\n")
    world.run(events)
    work = job(world, events, "BULK")

    steps.write(world.deps, work)
    once = dict(world.deps.objects.objects)
    steps.write(world.deps, work)

    assert world.deps.objects.objects == once


def test_a_query_that_breaks_off_breaks_the_stream_too(world, tmp_path):
    rows = "SELECT CASE WHEN range < 200000 THEN 'u' ELSE error('disk') END AS USER_ID FROM range(300000)"
    columns = (Column(Field("USER_ID", "string"), required=True, is_id=True),)

    with (
        snapshots.open_session(tmp_path) as session,
        csv_stream(session, rows, columns) as stream,
        pytest.raises(duckdb.Error, match="disk"),
    ):
        world.deps.objects.upload_stream(stream, "out", "rows.csv")

    assert world.deps.objects.list("out", "") == []


def test_a_reader_that_gives_up_ends_the_query(tmp_path):
    columns = (Column(Field("USER_ID", "string"), required=True, is_id=True),)

    with (
        snapshots.open_session(tmp_path) as session,
        csv_stream(session, "SELECT CAST(range AS VARCHAR) AS USER_ID FROM range(10000000000)", columns) as stream,
    ):
        assert stream.read(10) == b"USER_ID\n0\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError, "Invalid S3 output path: the bucket out does not exist."),
        (PermissionError, f"Insufficient privileges for writing to s3://out/folder/: {ROLE} must be a role"),
    ],
)
def test_what_the_bucket_refuses_is_told_to_the_caller(error, told):
    class Refusing(MemoryObjects):
        def upload_stream(self, *_arguments, **_options):
            # Made here: as a parameter pytest would keep it, with all frames and DuckDB's session, beyond the end.
            raise error("x")

    world = a_world(Refusing())
    events = world.dataset("INTERACTIONS", INTERACTIONS)

    with pytest.raises(JobFailed) as failure:
        steps.write(world.deps, job(world, events, "BULK"))

    assert str(failure.value).startswith(told)


def test_a_role_that_cannot_be_assumed_is_told_before_any_work():
    class Closed(MemoryObjects):
        def for_role(self, role_arn):
            raise PermissionError(role_arn)

    world = a_world(Closed())
    events = world.dataset("INTERACTIONS", INTERACTIONS)

    with pytest.raises(JobFailed, match="must be a role whose trust policy names"):
        steps.write(world.deps, job(world, events, "BULK"))


def test_a_snapshot_that_is_replaced_while_it_is_read_gives_way_to_the_present_one():
    class Replacing(MemoryObjects):
        """An import publishes in the moment between manifest and parts."""

        once = True

        def download(self, bucket, key, path):
            if self.once and key.endswith(".parquet"):
                self.once = False
                world.put("data.csv", EVENTS + "new,i1,1,View,\n")
                world.run(events, name="second")
            super().download(bucket, key, path)

    world = a_world(Replacing())
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    world.put("data.csv", EVENTS + "old,i1,1,View,\n")
    world.run(events, name="first")

    assert exported(world, events) == EVENTS + "new,i1,1,View,\n"


def test_a_snapshot_that_is_never_there_is_an_error_in_the_end(world):
    with pytest.raises(FileNotFoundError):
        switching.reading(lambda: world.deps.objects.read("data", "no such key"))


_IN_LAMBDA = """
import os, subprocess
subprocess.run(["mount", "-t", "tmpfs", "none", "/dev"], check=True)
os.mkdir("/dev/fd")
for number in range(3):
    os.symlink(f"/proc/self/fd/{number}", f"/dev/fd/{number}")
import duckdb
from tastemaker.domain.schemas.schema import Field
from tastemaker.pipelines.datasets.columns import Column
from tastemaker.pipelines.exports.writer import csv_stream
columns = [Column(Field("ITEM_ID", "string"), required=True, is_id=True)]
with csv_stream(duckdb.connect(), "SELECT 'a' AS ITEM_ID", columns) as stream:
    print(stream.read().decode())
"""


def test_a_stream_is_written_where_dev_fd_ends_with_2_as_in_lambda():
    unshare = shutil.which("unshare")
    command = [unshare or "unshare", "-m", sys.executable, "-c", _IN_LAMBDA]
    done = subprocess.run(command, check=False, capture_output=True, text=True) if unshare else None  # noqa: S603 - ours
    if done is None or "permitted" in done.stderr or "permission denied" in done.stderr:
        pytest.skip("needs the right to mount, in a namespace of its own")

    assert done.stdout.split() == ["ITEM_ID", "a"], done.stderr

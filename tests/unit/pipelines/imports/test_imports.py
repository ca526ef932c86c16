"""Import jobs, from objects in a bucket to a snapshot that a dataset points at."""

import gzip
import itertools
from dataclasses import replace

import pytest

from tastemaker.errors import JobFailed, JobStopped
from tastemaker.pipelines.datasets.csv_files import Source
from tastemaker.pipelines.imports import steps as imports
from tastemaker.pipelines.imports.sources import require_room
from tastemaker.pipelines.lifecycle import steps as lifecycle
from tastemaker.store.memory import MemoryObjects
from tests.unit.pipelines.fakes import INTERACTIONS, ITEMS, NOW, a_field, a_world

EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
TWO = EVENTS + "u2,i1,200,View,\nu1,i2,100,Buy,2.5\n"
TWO_ROWS = [("u1", "i2", 100, "Buy", 2.5), ("u2", "i1", 200, "View", None)]


@pytest.fixture
def world():
    return a_world()


@pytest.fixture
def events(world):
    return world.dataset("INTERACTIONS", INTERACTIONS)


@pytest.fixture
def items(world):
    return world.dataset("ITEMS", ITEMS)


def refused(world, dataset, **job):
    with pytest.raises(JobFailed) as failure:
        world.run(dataset, **job)
    return str(failure.value)


def test_it_stores_the_events_and_finishes_the_job(world, events, tmp_path):
    world.put("data.csv", TWO)

    done = world.run(events)

    job = world.deps.resources.get(done["arn"])
    assert (job["status"], job["lastUpdatedDateTime"]) == ("ACTIVE", NOW)
    assert world.rows(events, tmp_path) == TWO_ROWS


def test_the_events_of_a_user_are_one_run_of_rows_ordered_by_time(world, events, tmp_path):
    rows = [f"u{number % 7},i{number % 5},{1_000 - number},View,\n" for number in range(100)]
    world.put("data.csv", EVENTS + "".join(rows) + "u1,i1,-5,,\nu1,i1,1700000000000,,\n")

    world.run(events)

    stored = world.stored(events, tmp_path)
    runs = [user for user, _ in itertools.groupby(row[0] for row in stored)]
    assert len(runs) == 7
    for user in runs:
        times = [row[2] for row in stored if row[0] == user]
        assert times == sorted(times)


def test_it_writes_a_manifest_that_describes_the_parts(world, events):
    world.put("data.csv", TWO)

    done = world.run(events)

    manifest = world.manifest(events)
    [part] = manifest["parts"]
    assert done["snapshot"] == f"snapshots/shop/INTERACTIONS/{manifest['snapshot']}/manifest.json"
    assert (manifest["type"], manifest["mode"], manifest["job"]) == ("INTERACTIONS", "FULL", done["arn"])
    assert (part["rows"], manifest["rows"]) == (2, 2)
    assert manifest["columns"][3] == {
        "name": "EVENT_TYPE",
        "type": "string",
        "nullable": True,
        "categorical": False,
        "textual": False,
    }
    assert manifest["stats"]["distinct USER_ID"] == 2
    assert manifest["stats"]["last TIMESTAMP"] == 200


def test_a_finished_job_keeps_what_it_read_and_what_its_owner_should_know(world, events):
    world.put("data.csv", TWO)

    job = world.deps.resources.get(world.run(events)["arn"])

    [part] = world.manifest(events)["parts"]
    assert job["_imported"]["read bytes"] == len(TWO)
    assert job["_imported"]["stored bytes"] == part["bytes"]
    assert [job["_imported"][key] for key in ("rows", "rejected", "distinct USER_ID", "distinct ITEM_ID")] == [
        2,
        0,
        2,
        2,
    ]
    assert job["_imported"]["warnings"] == ["2 records imported; training needs at least 1000 interactions."]


def test_files_that_the_disk_cannot_sort_are_refused_before_they_are_read(world, events):
    world.deps = replace(world.deps, room=lambda _: 100)
    world.put("data.csv", TWO)

    with pytest.raises(JobFailed) as failure:
        world.run(events)

    assert str(failure.value) == (
        f"The files hold {len(TWO)} bytes; to check and sort them takes 3 times as much disk, and there are 100 bytes. "
        "Import them in parts of at most 33 bytes: the first FULL, the others INCREMENTAL."
    )


@pytest.mark.parametrize(("mode", "most"), [("FULL", 100 << 30), ("INCREMENTAL", 1 << 30)])
def test_no_import_brings_more_than_its_quota(mode, most):
    sources = [Source("bucket", key, size, "etag") for key, size in (("a.csv", most), ("b.csv", 1))]

    with pytest.raises(JobFailed, match=f"The files hold {most + 1} bytes; .* {mode} may bring {most}"):
        require_room(sources, mode, free=1 << 50)
    assert require_room(sources[:1], mode, free=1 << 50) == 100 << 30


def test_a_refused_job_keeps_how_many_records_were_rejected_and_where_they_are_listed(world, events):
    world.put("data.csv", TWO + "u3,i3,soon,,\nu4,i4,later,,\n")
    event = world.job(events)

    with pytest.raises(JobFailed):
        imports.convert(world.deps, event)

    rejects = "s3://data/rejects/shop/INTERACTIONS/job.csv"
    assert world.deps.resources.get(event["arn"])["_imported"] == {"rejected": 2, "rejects": rejects}


def test_the_same_input_makes_the_same_snapshot_and_bytes(world, events):
    world.put("data.csv", TWO)
    event = world.job(events)

    first = imports.convert(world.deps, event)
    once = dict(world.deps.objects.objects)
    world.deps.objects.delete("data", "")
    second = imports.convert(world.deps, event)

    assert first == second
    assert world.deps.objects.objects == once


def test_a_repeated_step_leaves_a_finished_snapshot_alone(world, events):
    world.put("data.csv", TWO)
    event = world.job(events)

    converted = [imports.convert(world.deps, event) for _ in range(2)]
    published = [imports.publish(world.deps, each) for each in converted]
    with pytest.raises(JobStopped):
        imports.convert(world.deps, event)

    assert published[0] == published[1]
    assert world.deps.resources.get(events)["_snapshot"] == published[0]["snapshot"]


def test_nothing_is_visible_until_it_is_published(world, events):
    world.put("data.csv", TWO)

    imports.convert(world.deps, world.job(events))

    assert "_snapshot" not in world.deps.resources.get(events)


def test_equal_events_are_kept_once_and_different_ones_all(world, events, tmp_path):
    world.put("data.csv", EVENTS + "u1,i1,5,View,\nu1,i1,5,View,\nu1,i1,5,Buy,\n")

    world.run(events)

    assert world.rows(events, tmp_path) == [("u1", "i1", 5, "Buy", None), ("u1", "i1", 5, "View", None)]


def test_the_last_record_of_an_id_wins(world, items, tmp_path):
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\nb,x,1,\na,old,1,one\na,new,2,\n")

    world.run(items)

    assert world.rows(items, tmp_path) == [("a", "new", 2, None), ("b", "x", 1, None)]


def test_a_full_import_replaces_what_was_there(world, events, tmp_path):
    world.put("old.csv", EVENTS + "u9,i9,9,,\n")
    world.put("data.csv", TWO)

    world.run(events, "s3://bucket/old.csv", name="first")
    world.run(events, name="second")

    assert world.rows(events, tmp_path) == TWO_ROWS


def test_an_incremental_import_adds_events_and_drops_repeated_ones(world, events, tmp_path):
    world.put("data.csv", TWO)
    world.put("more.csv", EVENTS + "u1,i2,100,Buy,2.5\nu0,i1,7,,\n")

    world.run(events, name="first")
    world.run(events, "s3://bucket/more.csv", "INCREMENTAL", "second")

    assert world.rows(events, tmp_path) == [("u0", "i1", 7, None, None), *TWO_ROWS]


def test_an_incremental_import_replaces_items_whole(world, items, tmp_path):
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,text\nb,y,2,\n")
    world.put("more.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,,3,\n")

    world.run(items, name="first")
    world.run(items, "s3://bucket/more.csv", "INCREMENTAL", "second")

    assert world.rows(items, tmp_path) == [("a", None, 3, None), ("b", "y", 2, None)]


def test_an_incremental_import_after_a_wider_schema_leaves_old_records_empty(world, items, tmp_path):
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,\n")
    world.run(items, name="first")
    wider = world.deps.resources.get(items)["schemaArn"]
    schema = world.deps.resources.get(wider)["schema"]
    added = schema.replace('"fields": [', '"fields": [{"name": "PRICE", "type": ["null", "float"]}, ')
    world.deps.resources.update(wider, {"schema": added})
    world.put("more.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION,PRICE\nb,y,2,,9.5\n")

    world.run(items, "s3://bucket/more.csv", "INCREMENTAL", "second")

    assert world.stored(items, tmp_path) == [(None, "a", "x", 1, None), (9.5, "b", "y", 2, None)]


def test_an_incremental_import_that_was_overtaken_merges_with_the_newer_snapshot(world, events, tmp_path):
    for name, user in (("data", "u1"), ("slow", "u2"), ("fast", "u3")):
        world.put(f"{name}.csv", EVENTS + f"{user},i,1,,\n")
    world.run(events, name="first")

    slow = imports.convert(world.deps, world.job(events, "s3://bucket/slow.csv", "INCREMENTAL", "slow"))
    world.run(events, "s3://bucket/fast.csv", "INCREMENTAL", "fast")
    imports.publish(world.deps, slow)

    assert [row[0] for row in world.rows(events, tmp_path)] == ["u1", "u2", "u3"]


def test_an_incremental_import_that_begins_anew_after_its_end_is_not_merged_with_itself(world, events):
    world.put("data.csv", TWO)
    world.run(events, name="first")
    work = imports.convert(world.deps, world.job(events, mode="INCREMENTAL", name="second"))
    imports.publish(world.deps, work)
    merged = world.manifest(events)
    # Killed before the job was told: the whole execution begins again.
    world.deps.resources.update(work["arn"], {"status": "CREATE IN_PROGRESS"})

    imports.publish(world.deps, imports.convert(world.deps, {"arn": work["arn"], "change": "create"}))

    assert world.manifest(events) == merged
    assert world.deps.resources.get(work["arn"])["status"] == "ACTIVE"


def test_a_job_that_fails_after_its_data_are_read_has_not_failed(world, events):
    world.put("data.csv", TWO)
    work = imports.convert(world.deps, world.job(events))
    imports.publish(world.deps, work)
    world.deps.resources.update(work["arn"], {"status": "CREATE IN_PROGRESS"})

    lifecycle.fail(world.deps, {**work, "error": "ClientError", "cause": "{}"})

    job = world.deps.resources.get(work["arn"])
    assert (job["status"], "failureReason" in job) == ("ACTIVE", False)


def test_a_job_that_fails_before_leaves_the_data_to_the_last_one(world, events):
    world.put("data.csv", TWO)
    world.run(events, name="first")
    work = imports.convert(world.deps, world.job(events, name="second"))

    lifecycle.fail(world.deps, {**work, "error": "ClientError", "cause": "{}"})

    job = world.deps.resources.get(work["arn"])
    assert (job["status"], job["failureReason"].partition(".")[0]) == (
        "CREATE FAILED",
        "An internal error stopped this job",
    )
    assert world.manifest(events)["job"].endswith("/first")


def test_the_first_import_cannot_be_incremental(world, events):
    world.put("data.csv", TWO)

    assert "needs an earlier bulk import" in refused(world, events, mode="INCREMENTAL")


@pytest.mark.parametrize("location", ["s3://bucket/in/", "s3://bucket/in"])
def test_a_folder_is_its_first_level(world, events, tmp_path, location):
    world.put("in/", "")
    world.put("in/_SUCCESS", "x")
    world.put("in/a.csv", TWO)
    world.put("in/b.csv", "ITEM_ID,USER_ID,EVENT_VALUE,EVENT_TYPE,TIMESTAMP\ni1,u3,,,300\n")
    world.put("in/deeper/c.csv", "no such thing")
    world.put("into/d.csv", "no such thing")

    world.run(events, location)

    assert world.rows(events, tmp_path) == [*TWO_ROWS, ("u3", "i1", 300, None, None)]


def test_nothing_at_the_location_fails_the_job(world, events):
    assert refused(world, events) == (
        "Invalid Data location. There is no object s3://bucket/data.csv, and none that holds something right below "
        "s3://bucket/data.csv/."
    )


def test_a_gzip_file_is_unpacked(world, events, tmp_path):
    world.put("data.csv.gz", gzip.compress(TWO.encode()))

    world.run(events, "s3://bucket/data.csv.gz")

    assert world.rows(events, tmp_path) == TWO_ROWS


@pytest.mark.parametrize(
    "text",
    [
        TWO.replace("\n", "\r\n"),
        "\ufeff" + TWO,
        TWO + "\n\n",
        TWO.rstrip(),
        TWO.replace("\n", "\r\n", 1),
        TWO.replace("USER_ID", "user_id").replace("EVENT_VALUE", "Event_Value"),
        ",USER_ID,ITEM_ID,other,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n0,u2,i1,,200,View,\n1,u1,i2,x,100.0,Buy,2.5\n",
        TWO.replace("u2", '"u2"').replace("View", '"View"'),
    ],
    ids=["crlf", "bom", "blank lines", "no last line end", "mixed line ends", "other case", "extra columns", "quoted"],
)
def test_files_as_clients_write_them_are_read(world, events, tmp_path, text):
    world.put("data.csv", text)

    world.run(events)

    assert world.rows(events, tmp_path) == TWO_ROWS


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"a, b"', "a, b"),
        ('"say ""hi"""', 'say "hi"'),
        (r'"say \"hi\", ok"', 'say "hi", ok'),
        (r'"back\\slash, ok"', r"back\slash, ok"),
        (r'"AC\DC, live"', r"AC\DC, live"),
        (r"plain\n", r"plain\n"),
        ('5" disc', '5" disc'),
        ('"two\nlines"', "two\nlines"),
        (r'"json \""quoted\"" text"', r"json \"quoted\" text"),
        ('"C:\\dir\\"', "C:\\dir\\"),
    ],
)
def test_both_ways_to_escape_quotes_are_understood(world, items, tmp_path, cell, value):
    world.put("data.csv", f"ITEM_ID,GENRES,YEAR,DESCRIPTION\na,Action|Crime,1,{cell}\n")

    world.run(items)

    assert world.rows(items, tmp_path) == [("a", "Action|Crime", 1, value)]


def test_empty_metadata_is_null_even_where_the_schema_forgot_it_and_the_manifest_warns(world, items, tmp_path):
    world.put("data.csv", "ITEM_ID,GENRES,YEAR,DESCRIPTION\na,,,\nb,x,1995.0,\n")

    world.run(items)

    assert world.rows(items, tmp_path) == [("a", None, None, None), ("b", "x", 1995, None)]
    assert world.manifest(items)["warnings"] == ["YEAR is empty in 1 records, though its type does not allow null."]


def test_milliseconds_and_few_events_are_worth_a_warning(world, events):
    world.put("data.csv", EVENTS + "u1,i1,1700000000000,,\n")

    world.run(events)

    assert world.manifest(events)["warnings"] == [
        "TIMESTAMP looks like milliseconds; it must be in seconds (1 of 1 records).",
        "1 records imported; training needs at least 1000 interactions.",
    ]


def test_long_texts_are_cut(world, items, tmp_path):
    world.put("data.csv", f"ITEM_ID,GENRES,YEAR,DESCRIPTION\na,x,1,{'t' * 30_000}\n")

    world.run(items)

    assert len(world.rows(items, tmp_path)[0][3]) == 20_000


def test_missing_columns_are_listed_in_amazons_words(world, events):
    world.put("data.csv", "USER_ID,TIMESTAMP,EVENT_VALUE\n")

    assert refused(world, events).startswith(
        "Failed to create a data import job Interactions dataset...Input CSV is missing the following columns:"
        "[ITEM_ID, EVENT_TYPE]."
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("u1,i1,soon,,", "column TIMESTAMP: the value must be an integer; found 'soon'"),
        ("u1,i1,3.5,,", "column TIMESTAMP: the value must be an integer; found '3.5'"),
        ("u1,i1,0x1f,,", "column TIMESTAMP: the value must be an integer; found '0x1f'"),
        ("u1,i1,1,,cheap", "column EVENT_VALUE: the value must be a number; found 'cheap'"),
        ("u1,i1,1,,inf", "column EVENT_VALUE: the value must be a number; found 'inf'"),
        (",i1,1,,", "column USER_ID: the value must not be empty"),
        ('u1,"",1,,', "column ITEM_ID: the value must not be empty"),
        ("u1,i1,,,", "column TIMESTAMP: the value must not be empty"),
        ("u1,i1", "the record must have as many cells as the header; found 'u1,i1'"),
        ("u1,i1,1,,,x", "the record must have as many cells as the header; found 'u1,i1,1,,,x'"),
        ('u1,"i1,1,,', "an opening quote must have a closing one"),
    ],
)
def test_a_bad_record_is_named_with_file_line_column_value_and_rule(world, events, row, told):
    world.put("in/a.csv", EVENTS + 'u1,"i\n1",1,,\n\n')
    world.put("in/b.csv", EVENTS + f'u1,"i\n1",1,,\n\n{row}\nu2,i2,2,,\n')

    message = refused(world, events, location="s3://bucket/in/")

    assert message.startswith("s3://bucket/in/b.csv, line 5")
    assert told in message
    assert "Records with a problem: 1. See s3://data/rejects/shop/INTERACTIONS/" in message


def test_all_bad_records_are_counted_and_nothing_is_imported(world, events):
    world.put("data.csv", EVENTS + "u1,i1,x,,\nu1,i1,2,,\n,i1,y,,\n")

    message = refused(world, events)

    rejects = "rejects/shop/INTERACTIONS/job.csv"
    assert "line 2, column TIMESTAMP" in message
    assert "Then s3://bucket/data.csv, line 4, column USER_ID: the value must not be empty; " in message
    assert message.endswith(f"Records with a problem: 2. See s3://data/{rejects}.")
    assert [key for key, _, _ in world.deps.objects.list("data", "")] == [rejects]
    assert world.deps.objects.read("data", rejects).decode().splitlines() == [
        "file,line,column,value,rule",
        "s3://bucket/data.csv,2,TIMESTAMP,x,must be an integer",
        "s3://bucket/data.csv,4,USER_ID,,must not be empty",
        "s3://bucket/data.csv,4,TIMESTAMP,y,must be an integer",
    ]


def test_text_that_is_not_utf8_is_refused(world, events):
    world.put("data.csv", EVENTS.encode() + b"u1,i1,1,caf\xe9,\n")

    assert "line 2: the text must be UTF-8" in refused(world, events)


def test_too_long_values_are_refused_in_amazons_words(world, items):
    world.put("data.csv", f"ITEM_ID,GENRES,YEAR,DESCRIPTION\na,{'g' * 1001},1,\n")

    message = refused(world, items)

    assert message.startswith("Length cannot be more than 1000 characters for GENRES. If no values exceed")
    assert "First in s3://bucket/data.csv, line 2, column GENRES: 'gggg" in message


@pytest.mark.parametrize("body", [b"", EVENTS.encode(), gzip.compress(TWO.encode(), mtime=0)[:30]])
def test_a_file_without_records_fails_the_job(world, events, body):
    world.put("data.csv", body)

    assert "s3://bucket/data.csv" in refused(world, events)


def test_what_a_domain_requires_must_not_be_empty(world):
    columns = [
        a_field("ITEM_ID", "string"),
        a_field("PRICE", "float"),
        a_field("CATEGORY_L1", "string", categorical=True),
    ]
    items = world.dataset("ITEMS", columns, domain="ECOMMERCE")
    world.put("data.csv", "ITEM_ID,PRICE,CATEGORY_L1\na,,x\n")

    assert "column PRICE: the value must not be empty" in refused(world, items)


def test_a_refused_bucket_is_told_in_amazons_words():
    class Closed(MemoryObjects):
        def list(self, bucket, prefix):
            raise PermissionError(bucket, prefix)

    world = a_world(Closed())

    assert refused(world, world.dataset("INTERACTIONS", INTERACTIONS)) == (
        "Failed to create a data import job for Interactions dataset....Insufficient privileges for accessing data in "
        "Amazon S3. roleArn must be a role whose trust policy names this service's task role (the stack's output "
        "TaskRoleArn) and that allows s3:GetObject and s3:ListBucket for s3://bucket/data.csv."
    )


def test_progress_can_be_seen_while_the_job_runs(world, events):
    world.put("data.csv", TWO)

    event = imports.convert(world.deps, world.job(events))

    fraction, phrase = world.deps.resources.get(event["arn"])["_progress"]
    assert (fraction, phrase) == (0.8, "storing")

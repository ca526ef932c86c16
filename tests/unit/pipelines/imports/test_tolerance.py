"""A cell of metadata that cannot be read is missing and counted; many of them, or a required one, fail the job."""

import json
import logging

import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.imports import steps
from tastemaker.pipelines.imports.tolerance import ONE_IN, SHOWN
from tests.unit.pipelines.fakes import GROUP, INTERACTIONS, NOW, a_field, a_world

YEARS = [a_field("ITEM_ID", "string"), a_field("GENRE", "string", categorical=True), a_field("YEAR", "int")]
HEAD = "ITEM_ID,GENRE,YEAR\n"
EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
ROWS = 9_742
REJECTS = "s3://data/rejects/shop/ITEMS/job.csv"
INTEGER = "must be an integer of at most 32 bits"


def films(bad=("2006\u20132007",), rows=ROWS, empty=13):
    """Return the items file of the published run: empty years, and bad ones after the first row."""
    years = ["1995", *bad, *[""] * empty]
    years += [str(1_930 + number % 90) for number in range(rows - len(years))]
    return HEAD + "".join(f"{number},Comedy|Drama,{year}\n" for number, year in enumerate(years, 1))


@pytest.fixture
def world():
    return a_world()


@pytest.fixture
def items(world):
    return world.dataset("ITEMS", YEARS)


def report(world, dataset, text, **job):
    world.put("data.csv", text)
    return world.deps.resources.get(world.run(dataset, **job)["arn"])["_imported"]


def failure(world, dataset, text):
    world.put("data.csv", text)
    with pytest.raises(JobFailed) as refused:
        world.run(dataset)
    return str(refused.value)


def test_one_year_that_is_none_is_missing_and_the_job_is_active(world, items, tmp_path):
    told = report(world, items, films())

    stored = {row[0]: row for row in world.rows(items, tmp_path)}
    assert len(stored) == ROWS
    assert (stored["1"], stored["2"]) == (("1", "Comedy|Drama", 1995), ("2", "Comedy|Drama", None))
    assert (told["rows"], told["rejected"], told["unreadable YEAR"], told["empty YEAR"]) == (ROWS, 0, 1, 14)
    assert told["rejects"] == REJECTS
    assert told["firstRejects"] == [
        {"file": "s3://bucket/data.csv", "line": 3, "column": "YEAR", "value": "2006\u20132007", "rule": INTEGER}
    ]
    assert told["warnings"] == [
        f"YEAR cannot be read in 1 records and is missing there: it {INTEGER}.",
        "YEAR is empty in 13 records, though its type does not allow null.",
    ]


def test_the_rejects_file_lists_them(world, items):
    report(world, items, films(bad=["x"] * 12))

    listed = world.deps.objects.read("data", REJECTS.removeprefix("s3://data/")).decode().splitlines()
    assert listed[:2] == ["file,line,column,value,rule", f"s3://bucket/data.csv,3,YEAR,x,{INTEGER}"]
    assert len(listed) == 13


def test_the_record_keeps_the_first_in_the_order_of_files_and_lines(world, items):
    world.put("in/a.csv", films(bad=["a"] * 8))
    world.put("in/b.csv", films(bad=["b" * 5_000] * 8).replace("\n", "\r\n"))

    told = world.deps.resources.get(world.run(items, "s3://bucket/in/")["arn"])["_imported"]

    assert told["unreadable YEAR"] == 16
    assert [(one["file"][-5:], one["line"], len(one["value"])) for one in told["firstRejects"]] == [
        *(("a.csv", line, 1) for line in range(3, 11)),
        ("b.csv", 3, 60),
        ("b.csv", 4, 60),
    ]
    assert len(told["firstRejects"]) == SHOWN


def test_six_in_a_hundred_fail_the_job_with_a_reason(world, items):
    bad = ["unknown"] * (ROWS * 6 // 100)

    message = failure(world, items, films(bad=bad))

    assert message.startswith(f"s3://bucket/data.csv, line 3, column YEAR: the value {INTEGER}; found 'unknown'.")
    assert f"Records with a problem: {len(bad)}. See {REJECTS}." in message
    assert f"one in {ONE_IN} of the filled cells cannot be read in YEAR ({len(bad)} of {ROWS - 13})" in message
    assert "_snapshot" not in world.deps.resources.get(items)


@pytest.mark.parametrize(("bad", "is_too_many"), [(5, False), (6, True)])
def test_the_limit_is_a_twentieth_of_the_filled_cells(world, items, bad, is_too_many):
    text = films(bad=["x"] * bad, rows=150, empty=50)

    if is_too_many:
        assert "YEAR (6 of 100)" in failure(world, items, text)
    else:
        assert report(world, items, text)["unreadable YEAR"] == 5


def test_a_share_is_that_of_all_files_together(world, items):
    world.put("in/a.csv", HEAD + "a,x,?\n")
    world.put("in/b.csv", films(bad=()))

    assert world.deps.resources.get(world.run(items, "s3://bucket/in/")["arn"])["_imported"]["unreadable YEAR"] == 1


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        ("int", "3.5"),
        ("int", "2147483648"),
        ("long", "9223372036854775808"),
        ("long", "2006-01-01"),
        ("float", "NaN"),
        ("float", "1e39"),
        ("double", '"1,5"'),
        ("double", "1_000"),
        ("boolean", "maybe"),
        ("boolean", "2"),
    ],
)
def test_whatever_a_column_cannot_hold_is_missing(world, tmp_path, type_, cell):
    dataset = world.dataset("ITEMS", [a_field("ITEM_ID", "string"), a_field("X", ["null", type_])])
    good = "".join(f"{number},1\n" for number in range(40))

    told = report(world, dataset, f"ITEM_ID,X\nbad,{cell}\n{good}")

    assert told["unreadable X"] == 1
    assert dict(world.rows(dataset, tmp_path))["bad"] is None


@pytest.mark.parametrize(("name", "cell"), [("VALUE", "11"), ("VALUE", "0"), ("REPEAT_FREQUENCY", "31")])
def test_a_number_out_of_its_range_is_missing(world, tmp_path, name, cell):
    actions = world.dataset("ACTIONS", [a_field("ACTION_ID", "string"), a_field(name, ["null", "long"])])

    told = report(world, actions, f"ACTION_ID,{name}\na,{cell}\n" + "".join(f"{n},5\n" for n in range(40)))

    assert "must be from" in told["firstRejects"][0]["rule"]
    assert dict(world.rows(actions, tmp_path))["a"] is None


def test_a_value_of_an_event_is_metadata_too(world, tmp_path):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    good = "".join(f"u{number},i,{number},View,1.5\n" for number in range(40))

    told = report(world, events, f"{EVENTS}u,i,5,View,cheap\n{good}")

    assert told["unreadable EVENT_VALUE"] == 1
    assert ("u", "i", 5, "View", None) in world.rows(events, tmp_path)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("u,i,soon,View,1", "column TIMESTAMP: the value must be an integer; found 'soon'"),
        ("u,,5,View,1", "column ITEM_ID: the value must not be empty"),
        (f"{'u' * 257},i,5,View,1", "Length cannot be more than 256 characters for USER_ID"),
        (f"u,i,5,{'v' * 1_001},1", "Length cannot be more than 1000 characters for EVENT_TYPE"),
        ("u,i,5", "the record must have as many cells as the header"),
    ],
)
def test_what_is_required_too_long_or_no_record_fails_the_job_and_is_all_it_names(world, row, told):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    good = "".join(f"u{number},i,{number},View,1.5\n" for number in range(400))

    message = failure(world, events, f"{EVENTS}u,i,5,View,cheap\n{good}{row}\n")

    assert told in message
    assert "Records with a problem: 1." in message
    assert "EVENT_VALUE" not in message


def test_what_happened_to_an_action_is_one_of_three_words(world, tmp_path):
    columns = [a_field(name, "string") for name in ("USER_ID", "ACTION_ID", "EVENT_TYPE")]
    dataset = world.dataset("ACTION_INTERACTIONS", [*columns, a_field("TIMESTAMP", "long")], name="ActionInteractions")
    head = "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\n"

    report(world, dataset, f"{head}u,a,Not Taken,1\nu,a, viewed,2\nu,a,TAKEN,3\n")

    assert [row[2] for row in sorted(world.rows(dataset, tmp_path), key=lambda row: row[3])] == [
        "NOT_TAKEN",
        "VIEWED",
        "TAKEN",
    ]
    world.put("data.csv", f"{head}u,a,click,1\n")
    with pytest.raises(
        JobFailed, match="column EVENT_TYPE: the value must be Taken, Not Taken or Viewed; found 'click'"
    ):
        world.run(dataset, name="second")


def test_an_incremental_import_counts_its_own_cells(world, items):
    report(world, items, films(), name="first")
    world.put("more.csv", HEAD + "new,Drama,199x\n" + "".join(f"n{number},Drama,1990\n" for number in range(30)))

    told = world.deps.resources.get(world.run(items, "s3://bucket/more.csv", "INCREMENTAL", "second")["arn"])[
        "_imported"
    ]

    assert (told["rows"], told["unreadable YEAR"], told["firstRejects"][0]["value"]) == (ROWS + 31, 1, "199x")


def test_a_killed_job_that_begins_anew_tells_the_same(world, items):
    world.put("data.csv", films())
    work = steps.convert(world.deps, world.job(items))

    told = world.deps.resources.get(steps.publish(world.deps, steps.convert(world.deps, work))["arn"])["_imported"]

    assert (told["unreadable YEAR"], len(told["firstRejects"]), told["rejects"]) == (1, 1, REJECTS)


def test_a_file_without_a_fault_has_no_rejects(world, items):
    told = report(world, items, films(bad=()))

    assert not [name for name in told if "unreadable" in name or "ejects" in name]
    assert world.deps.objects.list("data", "rejects/") == []


def test_one_line_of_the_log_has_the_counts_and_no_value(world, items, caplog):
    with caplog.at_level(logging.INFO, "tastemaker.pipelines.imports.steps"):
        report(world, items, films())

    [line] = [record.getMessage() for record in caplog.records if "import-job" in record.getMessage()]
    assert "job is ACTIVE" in line
    assert "unreadable YEAR: 1" in line
    assert "2006" not in line


def test_a_small_addition_to_a_dataset_of_enough_events_is_no_reason_to_warn(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    rows = [f"u{number},i,{number},View,1\n" for number in range(1_510)]
    report(world, events, EVENTS + "".join(rows[:1_500]), name="first")

    assert report(world, events, EVENTS + "".join(rows[1_500:]), mode="INCREMENTAL", name="second")["warnings"] == []


def test_recorded_events_count_towards_the_minimum(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    own = {"user_id": "u", "session_id": "s", "anonymous": False, "item_id": "i", "event_type": "View", "recorded": 1.0}
    world.deps.events.put(GROUP, [{**own, "timestamp": n, "event_id": str(n)} for n in range(995)])

    assert report(world, events, EVENTS + "".join(f"u{n},i,{n},View,1\n" for n in range(5)))["warnings"] == []


def test_repetitions_are_counted(world, items):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    rows = "".join(f"u{number % 1_000},i,{number % 1_000},View,1\n" for number in range(1_003))

    of_events = report(world, events, EVENTS + rows, name="events")
    of_items = report(world, items, HEAD + "a,x,1\nb,x,1\na,y,2\na,z,3\n", name="items")

    assert of_events["repeated rows"] == 3
    assert of_events["warnings"] == ["3 records repeat another one in every column; each is kept once."]
    assert of_items["repeated ITEM_ID"] == 2
    assert of_items["warnings"] == ["2 records repeat an ITEM_ID; of each the last one is kept."]


def test_replacing_records_of_an_earlier_import_is_no_repetition(world, items):
    report(world, items, HEAD + "a,x,1\nb,x,1\n", name="first")

    told = report(world, items, HEAD + "a,y,2\nc,y,2\nc,z,3\n", mode="INCREMENTAL", name="second")

    assert (told["rows"], told["repeated ITEM_ID"]) == (3, 1)


def test_cut_texts_are_counted(world):
    text = a_field("TEXT", ["null", "string"], textual=True)
    dataset = world.dataset("ITEMS", [a_field("ITEM_ID", "string"), text])
    sizes = (19_999, 20_000, 20_001, 30_000)

    told = report(world, dataset, "ITEM_ID,TEXT\n" + "".join(f"{size},{'é' * size}\n" for size in sizes))

    assert told["truncated TEXT"] == 2
    assert told["warnings"] == ["TEXT is longer than 20000 characters in 2 records; the rest is cut off."]


def test_moments_in_other_units_and_to_come_are_counted_in_a_mixed_file(world):
    events = world.dataset("INTERACTIONS", INTERACTIONS)
    second = int(NOW) - 2_000
    moments = [*range(second, second + 1_000), *[second * 10**3] * 3, second * 10**6, second * 10**9, int(NOW) + 1]
    rows = "".join(f"u{number},i,{moment},View,1\n" for number, moment in enumerate(moments))

    told = report(world, events, EVENTS + rows)

    assert told["warnings"] == [
        "TIMESTAMP looks like milliseconds; it must be in seconds (3 of 1006 records).",
        "TIMESTAMP looks like microseconds; it must be in seconds (1 of 1006 records).",
        "TIMESTAMP looks like nanoseconds; it must be in seconds (1 of 1006 records).",
        "TIMESTAMP lies in the future (1 of 1006 records).",
    ]
    assert [told[f"{kind} TIMESTAMP"] for kind in ("milliseconds", "microseconds", "future")] == [3, 1, 1]


@pytest.mark.parametrize(
    ("type_", "name", "moment", "warning"),
    [
        ("ITEMS", "CREATION_TIMESTAMP", int(NOW) * 1_000, "looks like milliseconds; it must be in seconds"),
        ("ITEMS", "CREATION_TIMESTAMP", int(NOW) + 60, "lies in the future"),
        ("ACTIONS", "CREATION_TIMESTAMP", int(NOW) + 60, "lies in the future"),
        ("ACTIONS", "EXPIRATION_TIMESTAMP", int(NOW) * 1_000, "looks like milliseconds; it must be in seconds"),
        ("ACTIONS", "EXPIRATION_TIMESTAMP", int(NOW) + 60, None),
    ],
)
def test_moments_of_items_and_actions_are_looked_at_too(world, type_, name, moment, warning):
    key = f"{type_[:-1]}_ID"
    dataset = world.dataset(type_, [a_field(key, "string"), a_field(name, ["null", "long"])])

    told = report(world, dataset, f"{key},{name}\na,{moment}\nb,\n")

    assert told["warnings"] == ([f"{name} {warning} (1 of 2 records)."] if warning else [])


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_file_with_another_separator_says_so(world, items, mark, name):
    message = failure(world, items, films(rows=20).replace(",", mark))

    assert message.startswith(
        "Failed to create a data import job Items dataset...Input CSV is missing the following columns:"
        "[ITEM_ID, GENRE, YEAR]. File: s3://bucket/data.csv."
    )
    assert (
        f"separated by {name}, and must be by commas: the first line is {f'ITEM_ID{mark}GENRE{mark}YEAR'!r}." in message
    )


def test_what_the_record_shows_fits_into_an_items_size(world, items):
    told = report(world, items, films(bad=["y" * 100_000] * 20))

    assert len(json.dumps(told)) < 5_000

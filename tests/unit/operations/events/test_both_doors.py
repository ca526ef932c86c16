"""The same value through a file and through a Put call: training and export see the same, or the call is refused."""

import csv
import io
import itertools
import json

import pytest
from botocore.exceptions import ClientError

from tastemaker.pipelines.datasets import snapshots
from tastemaker.pipelines.datasets.tables import open_tables
from tastemaker.pipelines.deps import Deps
from tests.fields import FIELDS
from tests.unit.operations.histories import shop
from tests.unit.pipelines.datasets.cells import CELLS

ROLE = "arn:aws:iam::123456789012:role/exports"
GOOD = {"int": "7", "long": "7", "float": "7", "double": "7", "boolean": "true", "string": "seven"}
DOORS = {
    "Items": ("put_items", "item", "ITEM_ID"),
    "Users": ("put_users", "user", "USER_ID"),
    "Actions": ("put_actions", "action", "ACTION_ID"),
}
EVENTS = "Interactions"


def rows_of(kind, type_):
    """Return a file with each cell and an empty one, and so many good ones that all are borne."""
    names = [field["name"] for field in FIELDS[kind]]
    own = {"TIMESTAMP": "1", "VALUE": "1", "AGE": "1"}
    cells = [*CELLS[type_], "", *[GOOD[type_]] * 200]
    rows = [[*(own.get(name, f"i{place}") for name in names), cell] for place, cell in enumerate(cells)]
    text = io.StringIO()
    csv.writer(text).writerows([[*names, "X"], *rows])
    return text.getvalue()


@pytest.fixture
def trained_on(world, tmp_path):
    """Returns what training sees in the column X of each record."""

    def look(group, dataset, kind):
        manifest = world.resources.get(dataset).get("_snapshot")
        keys = {kind.upper(): manifest} if manifest else {}
        with snapshots.open_session(tmp_path) as session:
            table = open_tables(Deps(**world.parts), session, group, keys, tmp_path, put=(kind.upper(),))[kind.upper()]
            return dict(session.execute(f"SELECT {DOORS[kind][2]}, X FROM {table.scan}").fetchall())  # noqa: S608

    return look


@pytest.fixture
def exported(world, build, personalize):
    """Returns what an export has in the column X of each record."""

    def read(dataset, mode):
        name, output = build.name(), {"s3DataDestination": {"path": "s3://out/"}}
        personalize.create_dataset_export_job(
            jobName=name, datasetArn=dataset, roleArn=ROLE, jobOutput=output, ingestionMode=mode
        )
        world.run()
        rows = csv.reader(io.StringIO(world.objects.read("out", f"{name}.csv").decode(), newline=""))
        place = next(rows).index("X")
        return {row[0]: row[place] for row in rows}

    return read


@pytest.fixture
def two(world, build):
    """Makes a dataset with a column X, filled from a file, and a twin in a group of its own to be put into."""

    def make(kind, type_, *, is_nullable):
        column = {"name": "X", "type": ["null", type_] if is_nullable else type_}
        groups = build.group(), build.group()
        file, twin = (build.dataset(group, kind, column) for group in groups)
        job = world.resources.get(build.imported(file, rows_of(kind, type_)))
        assert (job["status"], "failureReason" in job) == ("ACTIVE", False)
        return groups, file, twin, job["_imported"]

    return make


def put_all(type_, put):
    """Put each cell by itself; return the places of those that were refused."""
    refused = set[int]()
    for place, cell in enumerate([*CELLS[type_], ""]):
        try:
            put(f"i{place}", json.dumps({"x": cell, "age": None}))
        except ClientError as error:
            if "InvalidInputException" not in str(error) or "column X: " not in str(error):
                raise
            refused.add(place)
    return refused


@pytest.mark.parametrize("case", [*itertools.product(DOORS, CELLS, (True, False))], ids=str)
def test_a_value_is_the_same_through_both_doors(clients, two, trained_on, exported, case):
    kind, type_, is_nullable = case
    call, member, _ = DOORS[kind]
    groups, file, twin, report = two(kind, type_, is_nullable=is_nullable)

    def put(id_, properties):
        record = {f"{member}Id": id_, "properties": properties}
        getattr(clients.personalize_events, call)(datasetArn=twin, **{f"{member}s": [record]})

    refused = put_all(type_, put)

    values = [*CELLS[type_].values(), None]
    assert refused == {place for place, value in enumerate(values[:-1]) if value is None}
    assert report.get("unreadable X", 0) == len(refused)
    of_file, of_calls = (trained_on(group, data, kind) for group, data in zip(groups, (file, twin), strict=True))
    assert [of_file[f"i{place}"] for place in range(len(values))] == values
    assert of_calls == {id_: of_file[id_] for id_ in of_calls}
    assert len(of_calls) == len(values) - len(refused)
    if kind != "Actions":  # AWS exports none
        told, put_told = exported(file, "BULK"), exported(twin, "PUT")
        assert put_told == {id_: told[id_] for id_ in put_told}


@pytest.mark.parametrize("type_", CELLS)
def test_a_property_of_an_event_is_the_same_as_a_cell(clients, build, two, exported, type_):
    groups, file, twin, report = two(EVENTS, type_, is_nullable=False)
    tracker = build.tracker(groups[1])

    def put(id_, properties):
        event = {"eventType": "view", "sentAt": 1, "itemId": id_, "properties": properties}
        clients.personalize_events.put_events(trackingId=tracker, userId=id_, sessionId=id_, eventList=[event])

    refused = put_all(type_, put)

    told, put_told = exported(file, "BULK"), exported(twin, "PUT")
    assert report.get("unreadable X", 0) == len(refused)
    assert put_told == {id_: told[id_] for id_ in put_told}
    assert {told[f"i{place}"] for place in refused} <= {""}


@pytest.mark.parametrize(("name", "cell"), [("VALUE", 11), ("VALUE", 0), ("REPEAT_FREQUENCY", 31), ("VALUE", 10)])
def test_a_range_holds_at_both_doors(clients, world, build, name, cell):
    columns = [] if name == "VALUE" else [{"name": name, "type": ["null", "long"]}]
    dataset = build.dataset(build.group(), "Actions", *columns)
    fill = "" if name == "VALUE" else "5,"
    head = "ACTION_ID,VALUE" + ("" if name == "VALUE" else f",{name}")
    good = "".join(f"{number},{fill}5\n" for number in range(40))

    job = build.imported(dataset, f"{head}\nx,{fill}{cell}\n{good}")

    lost = world.resources.get(job)["_imported"].get(f"unreadable {name}", 0)
    action = {"actionId": "x", "properties": json.dumps({name: cell})}
    if cell == 10:
        clients.personalize_events.put_actions(datasetArn=dataset, actions=[action])
    else:
        with pytest.raises(ClientError, match=f"{name}: {cell} must be from"):
            clients.personalize_events.put_actions(datasetArn=dataset, actions=[action])
    assert lost == (cell != 10)


def test_a_value_of_an_event_that_no_float_holds_is_refused(clients, build):
    group = build.group()
    build.dataset(group, "Interactions", {"name": "EVENT_VALUE", "type": "float"})
    event = {"eventType": "view", "sentAt": 1, "itemId": "i", "eventValue": 1e39}

    with pytest.raises(ClientError, match="eventValue must be a number that a float holds"):
        clients.personalize_events.put_events(
            trackingId=build.tracker(group), userId="x", sessionId="s", eventList=[event]
        )


def test_films_with_one_bad_year_can_be_filtered_by_genre(clients, personalize, world, build):
    """The published run: 9,742 films, 13 years empty and one that is none."""
    group = build.group()
    build.imported(build.dataset(group), shop())
    films = build.dataset(group, "Items", {"name": "YEAR", "type": "int"})
    years = ["1995", "2006\u20132007", *[""] * 13, *["2001"] * 9_727]
    rows = [f"i{number},{'Comedy|Drama' if number % 2 else 'Crime'},{year}" for number, year in enumerate(years)]

    job = build.imported(films, "ITEM_ID,GENRE,YEAR\n" + "\n".join(rows))

    assert personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["status"] == "ACTIVE"
    campaign = build.campaign(build.version(build.solution(group)))
    drama = personalize.create_filter(
        name="f", datasetGroupArn=group, filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("Drama")'
    )["filterArn"]
    world.run()
    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", filterArn=drama)
    assert len(reply["itemList"]) == 25
    assert {int(item["itemId"][1:]) % 2 for item in reply["itemList"]} == {1}

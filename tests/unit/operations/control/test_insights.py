"""GetDataInsights: what a group's datasets hold, as a boto3 client that knows the operation sees it."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.errors import code, message

EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
EVENT_VALUE = {"name": "EVENT_VALUE", "type": ["null", "float"]}
DESCRIPTION = {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True}
EVENTS = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"
ITEMS = "ITEM_ID,GENRE,DESCRIPTION\n"
USERS = "USER_ID,AGE\n"


@pytest.fixture
def shop(build):
    """A group with three events of `a`, one of `b`, one of `c`; items 1 to 3, users `a`, `b` and `d`."""
    group = build.group()
    interactions = build.dataset(group, "Interactions", EVENT_TYPE, EVENT_VALUE)
    items = build.dataset(group, "Items", DESCRIPTION)
    users = build.dataset(group, "Users")
    rows = "a,1,100,view,\na,1,200,buy,2.5\na,1,100,view,\na,2,300,view,\nb,1,400,view,\nc,9,600,,1.5\n"
    build.imported(interactions, EVENTS + rows)
    build.imported(items, ITEMS + "1,Action|Crime,ab\n2,,\n3,Action,abcd\n")
    build.imported(users, USERS + "a,30\nb,40\nd,80\n")
    return group


def insights(personalize, group):
    reply = personalize.get_data_insights(datasetGroupArn=group)
    del reply["ResponseMetadata"]
    return reply


def of(personalize, group, type_):
    [found] = [one for one in insights(personalize, group)["datasets"] if one["datasetType"] == type_]
    return found


def codes(personalize, group):
    return {
        (one["code"], one.get("datasetType"), one.get("columnName")) for one in insights(personalize, group)["warnings"]
    }


def dataset_arn(group, type_):
    return f"{group.replace(':dataset-group/', ':dataset/')}/{type_}"


def test_it_tells_what_the_interactions_hold(personalize, shop):
    assert of(personalize, shop, "INTERACTIONS") == {
        "datasetArn": dataset_arn(shop, "INTERACTIONS"),
        "datasetType": "INTERACTIONS",
        "bulkRecords": 5,
        "individualRecords": {"count": 0},
        "firstTimestamp": 100,
        "lastTimestamp": 600,
        "columns": [
            {"columnName": "USER_ID", "type": "string", "missing": 0, "missingShare": 0.0, "distinct": 3},
            {"columnName": "ITEM_ID", "type": "string", "missing": 0, "missingShare": 0.0, "distinct": 3},
            {
                "columnName": "TIMESTAMP",
                "type": "long",
                "missing": 0,
                "missingShare": 0.0,
                "distinct": 5,
                "numbers": {"minimum": 100.0, "median": 300.0, "mean": 320.0, "maximum": 600.0},
            },
            {"columnName": "EVENT_TYPE", "type": "string", "missing": 1, "missingShare": 0.2, "distinct": 2},
            {
                "columnName": "EVENT_VALUE",
                "type": "float",
                "missing": 3,
                "missingShare": 0.6,
                "distinct": 2,
                "numbers": {"minimum": 1.5, "median": 2.0, "mean": 2.0, "maximum": 2.5},
            },
        ],
        "eventsPerId": [
            {
                "columnName": "USER_ID",
                "distinctIds": 3,
                "minimum": 1,
                "median": 1.0,
                "mean": 1.666666667,
                "percentile90": 3,
                "maximum": 3,
                "withOneEvent": 2,
                "withFewerThanFiveEvents": 3,
            },
            {
                "columnName": "ITEM_ID",
                "distinctIds": 3,
                "minimum": 1,
                "median": 1.0,
                "mean": 1.666666667,
                "percentile90": 3,
                "maximum": 3,
                "withOneEvent": 2,
                "withFewerThanFiveEvents": 3,
            },
        ],
        "eventTypes": [
            {"eventType": "view", "count": 3, "share": 0.6, "withValue": 0},
            {
                "eventType": "buy",
                "count": 1,
                "share": 0.2,
                "withValue": 1,
                "value": {"minimum": 2.5, "mean": 2.5, "maximum": 2.5},
            },
            {"count": 1, "share": 0.2, "withValue": 1, "value": {"minimum": 1.5, "mean": 1.5, "maximum": 1.5}},
        ],
    }


def test_it_tells_what_items_and_users_hold_and_what_of_them_is_used(personalize, shop):
    items, users = (of(personalize, shop, type_) for type_ in ("ITEMS", "USERS"))

    assert items == {
        "datasetArn": dataset_arn(shop, "ITEMS"),
        "datasetType": "ITEMS",
        "bulkRecords": 3,
        "individualRecords": {"count": 0},
        "columns": [
            {"columnName": "ITEM_ID", "type": "string", "missing": 0, "missingShare": 0.0, "distinct": 3},
            {
                "columnName": "GENRE",
                "type": "string",
                "categorical": True,
                "missing": 1,
                "missingShare": 0.333333,
                "distinct": 2,
                "topValues": [
                    {"value": "Action", "count": 2, "share": 1.0},
                    {"value": "Crime", "count": 1, "share": 0.5},
                ],
            },
            {
                "columnName": "DESCRIPTION",
                "type": "string",
                "textual": True,
                "missing": 1,
                "missingShare": 0.333333,
                "distinct": 2,
                "characters": {"minimum": 2.0, "mean": 3.0, "maximum": 4.0},
            },
        ],
        "comparison": {
            "withoutEvents": 1,
            "withoutEventsShare": 0.333333,
            "undescribedIds": 1,
            "eventsOfUndescribedIds": 1,
        },
    }
    assert users["columns"][1]["numbers"] == {"minimum": 30.0, "median": 40.0, "mean": 50.0, "maximum": 80.0}
    assert users["comparison"] == {
        "withoutEvents": 1,
        "withoutEventsShare": 0.333333,
        "undescribedIds": 1,
        "eventsOfUndescribedIds": 1,
    }


def test_it_warns_of_what_is_too_little_or_missing(personalize, shop):
    found = insights(personalize, shop)["warnings"]

    assert found == [
        {
            "code": "TOO_FEW_INTERACTIONS",
            "datasetType": "INTERACTIONS",
            "message": "5 interactions; training needs at least 1,000.",
        },
        {
            "code": "TOO_FEW_USERS",
            "datasetType": "INTERACTIONS",
            "message": "1 of 3 imported users have two interactions or more; training needs at least 25 such users.",
        },
        *(
            {
                "code": "SPARSE_COLUMN",
                "datasetType": type_,
                "columnName": column,
                "message": f"{column} is filled in {filled} of the records; 85% are wanted.",
            }
            for type_, column, filled in [
                ("INTERACTIONS", "EVENT_TYPE", "80.0%"),
                ("INTERACTIONS", "EVENT_VALUE", "40.0%"),
                ("ITEMS", "GENRE", "66.7%"),
                ("ITEMS", "DESCRIPTION", "66.7%"),
            ]
        ),
        {
            "code": "ITEMS_WITHOUT_INTERACTIONS",
            "datasetType": "ITEMS",
            "message": "1 items (33.3%) have no interactions.",
        },
        {
            "code": "ITEMS_NOT_DESCRIBED",
            "datasetType": "ITEMS",
            "message": "1 items with 1 interactions are missing in the Items dataset.",
        },
        {
            "code": "USERS_WITHOUT_INTERACTIONS",
            "datasetType": "USERS",
            "message": "1 users (33.3%) have no interactions.",
        },
        {
            "code": "USERS_NOT_DESCRIBED",
            "datasetType": "USERS",
            "message": "1 users with 1 interactions are missing in the Users dataset.",
        },
    ]


def test_skewed_data_of_enough_users_give_no_warning_but_a_recommendation(personalize, build):
    group = build.group()
    rows = [f"u{n % 40},i{n % 7},{n},view,1\n" for n in range(1_000)] + [f"u0,hit,{n},view,1\n" for n in range(500)]
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE, EVENT_VALUE), EVENTS + "".join(rows))

    users = of(personalize, group, "INTERACTIONS")["eventsPerId"][0]

    spread = {name: users[name] for name in ("distinctIds", "minimum", "median", "mean", "percentile90", "maximum")}
    assert spread == {
        "distinctIds": 40,
        "minimum": 25,
        "median": 25.0,
        "mean": 37.5,
        "percentile90": 25,
        "maximum": 525,
    }
    assert codes(personalize, group) == {
        ("FEW_INTERACTIONS", "INTERACTIONS", None),
        ("FEW_USERS", "INTERACTIONS", None),
    }


def test_it_warns_of_times_types_categories_and_columns_that_cannot_be_meant(world, personalize, build):
    group = build.group()
    created = {"name": "CREATION_TIMESTAMP", "type": "long"}
    rows = "".join(f"u{n},i,{1_700_000_000_000 + n},type {n},\n" for n in range(11))
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE, EVENT_VALUE), EVENTS + rows)
    many = "".join(f"i{n},genre {n},{int(world.now) + 1_000}\n" for n in range(1_001))
    build.imported(build.dataset(group, "Items", created), "ITEM_ID,GENRE,CREATION_TIMESTAMP\n" + many)

    assert codes(personalize, group) >= {
        ("MILLISECONDS", "INTERACTIONS", "TIMESTAMP"),
        ("TOO_MANY_EVENT_TYPES", "INTERACTIONS", "EVENT_TYPE"),
        ("NEVER_SET", "INTERACTIONS", "EVENT_VALUE"),
        ("TOO_MANY_CATEGORIES", "ITEMS", "GENRE"),
        ("FUTURE", "ITEMS", "CREATION_TIMESTAMP"),
    }


@pytest.mark.parametrize("name", ["EVENT_TYPE", ""])
def test_types_that_are_none_are_warned_of_as_trainings_refuse_them(personalize, build, name):
    group = build.group()
    dataset = build.dataset(group, "Interactions", {"name": "EVENT_TYPE", "type": ["null", "string"]})
    build.imported(dataset, f"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\nu,i,1,{name}\nv,i,1,\n")

    (warning,) = (each for each in insights(personalize, group)["warnings"] if each["code"] == "NO_EVENT_TYPES")

    assert warning["message"].startswith("All values in the event_type column are either reserved keywords or null;")


def test_a_deployment_that_needs_less_warns_of_less(world, personalize, shop):
    world.allow(training_interactions=1, training_users=1)

    codes = {warning["code"] for warning in insights(personalize, shop)["warnings"]}

    assert codes.isdisjoint({"TOO_FEW_INTERACTIONS", "TOO_FEW_USERS"})


def test_a_small_share_of_returning_users_is_warned_of(personalize, build):
    group = build.group()
    rows = [f"u{n},i,{n},view,1\n" for n in range(3_000)] + [f"u{n},i,{n + 1},view,1\n" for n in range(25)]
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE, EVENT_VALUE), EVENTS + "".join(rows))

    assert ("TOO_SMALL_SHARE_OF_USERS", "INTERACTIONS", None) in codes(personalize, group)


def test_what_was_put_one_by_one_is_counted_apart_and_towards_the_minimum(clients, build, shop):
    tracker = build.tracker(shop)
    events = [{"eventType": "view", "sentAt": n, "itemId": "1", "eventId": str(n)} for n in range(10)]
    clients.personalize_events.put_events(trackingId=tracker, userId="a", sessionId="s", eventList=events)
    item = {"itemId": "4", "properties": json.dumps({"genre": "Crime"})}
    clients.personalize_events.put_items(datasetArn=dataset_arn(shop, "ITEMS"), items=[item])

    found = insights(clients.personalize, shop)

    counts = {one["datasetType"]: (one["bulkRecords"], one["individualRecords"]) for one in found["datasets"]}
    assert counts == {"INTERACTIONS": (5, {"count": 10}), "ITEMS": (3, {"count": 1}), "USERS": (3, {"count": 0})}
    assert found["warnings"][0]["message"] == "15 interactions; training needs at least 1,000."


def test_counting_what_was_put_ends_somewhere(world, personalize, shop):
    world.records.put(dataset_arn(shop, "ITEMS"), {str(n): {} for n in range(10_001)})

    assert of(personalize, shop, "ITEMS")["individualRecords"] == {"count": 10_000, "orMore": True}


@pytest.mark.parametrize("last", ["INTERACTIONS", "ITEMS"])
def test_whichever_dataset_is_imported_last_is_compared_with_the_others_present_data(personalize, build, shop, last):
    texts = {"INTERACTIONS": EVENTS + "a,3,100,view,\n", "ITEMS": ITEMS + "9,,\n8,,\n"}

    build.imported(dataset_arn(shop, last), texts[last])

    expected = {"INTERACTIONS": (2, 0, 0), "ITEMS": (1, 2, 4)}
    found = of(personalize, shop, "ITEMS")["comparison"]
    assert (found["withoutEvents"], found["undescribedIds"], found["eventsOfUndescribedIds"]) == expected[last]


def test_users_who_were_deleted_are_in_no_figure(world, personalize, shop):
    world.objects.write("bucket", "gone.csv", b"USER_ID\na\n")
    personalize.create_data_deletion_job(
        jobName="d",
        datasetGroupArn=shop,
        dataSource={"dataLocation": "s3://bucket/gone.csv"},
        roleArn="arn:aws:iam::123456789012:role/r",
    )
    world.run()

    interactions, users = (of(personalize, shop, type_) for type_ in ("INTERACTIONS", "USERS"))
    assert (interactions["bulkRecords"], [one["count"] for one in interactions["eventTypes"]]) == (2, [1, 1])
    assert users["columns"][1]["numbers"]["minimum"] == 40.0
    assert users["comparison"]["undescribedIds"] == 1
    assert of(personalize, shop, "ITEMS")["comparison"]["withoutEvents"] == 2


def test_a_dataset_whose_users_are_all_deleted_is_empty(world, personalize, shop):
    world.objects.write("bucket", "gone.csv", b"USER_ID\na\nb\nc\nd\n")
    personalize.create_data_deletion_job(
        jobName="d",
        datasetGroupArn=shop,
        dataSource={"dataLocation": "s3://bucket/gone.csv"},
        roleArn="arn:aws:iam::123456789012:role/r",
    )
    world.run()

    users = of(personalize, shop, "USERS")
    assert (users["bulkRecords"], users["columns"], users["comparison"]["withoutEvents"]) == (0, [], 0)


def test_numbers_at_the_end_of_what_a_double_holds_are_told_or_left_out(personalize, build):
    group = build.group()
    build.dataset(group)
    users = build.dataset(group, "Users", {"name": "WORTH", "type": "double"})
    build.imported(
        users, "USER_ID,AGE,WORTH\na,-2147483648,1.7976931348623157e308\nb,2147483647,1.7976931348623157e308\n"
    )

    _, age, worth = of(personalize, group, "USERS")["columns"]
    assert age["numbers"] == {"minimum": -2147483648.0, "median": -0.5, "mean": -0.5, "maximum": 2147483647.0}
    assert (worth["distinct"], worth.get("numbers", {}).keys() - {"medianIsApproximate"}) == (1, set())


def test_categories_that_are_ids_are_counted_and_not_named(personalize, build):
    group = build.group()
    friend = {"name": "FRIEND_ID", "type": "string", "categorical": True}
    build.dataset(group)
    build.imported(build.dataset(group, "Users", friend), "USER_ID,AGE,FRIEND_ID\na,1,b|c\nb,2,c\n")

    column = of(personalize, group, "USERS")["columns"][2]
    assert (column["distinct"], "topValues" in column) == (2, False)


def test_the_id_of_a_record_is_that_of_its_dataset_wherever_it_stands(personalize, build):
    group = build.group()
    build.imported(build.dataset(group), "USER_ID,ITEM_ID,TIMESTAMP\na,1,1\n")
    items = build.dataset(group, "Items", {"name": "SELLER_ID", "type": "string"})
    build.imported(items, "SELLER_ID,GENRE,ITEM_ID\ns,,1\ns,,2\n")

    assert of(personalize, group, "ITEMS")["comparison"]["withoutEvents"] == 1


def test_no_id_is_in_what_is_kept_for_reading(world, build, shop):
    build.imported(dataset_arn(shop, "USERS"), USERS + "somebody-special,30\n")

    kept = {key: body for (_, key), body in world.objects.objects.items() if "/insights" in key}

    assert len(kept) == 3 + 2
    assert not [key for key, body in kept.items() if b"somebody" in body]


def test_a_column_that_was_added_since_the_import_is_empty(world, personalize, build, shop):
    year = {"name": "YEAR", "type": ["null", "int"]}
    wider = build.schema("Items", DESCRIPTION, year)
    personalize.update_dataset(datasetArn=dataset_arn(shop, "ITEMS"), schemaArn=wider)
    world.run()

    column = {"columnName": "YEAR", "type": "int", "missing": 3, "missingShare": 1.0, "distinct": 0}
    assert of(personalize, shop, "ITEMS")["columns"][-1] == column
    assert ("NEVER_SET", "ITEMS", "YEAR") in codes(personalize, shop)


def test_a_group_without_data_is_told_so(personalize, build):
    bare, empty = build.group(), build.group()
    build.dataset(empty)

    assert insights(personalize, bare) == {
        "datasetGroupArn": bare,
        "datasets": [],
        "warnings": [
            {"code": "NO_INTERACTIONS", "message": "There is no Interactions dataset; no model can be trained."}
        ],
    }
    found = of(personalize, empty, "INTERACTIONS")
    assert (found["bulkRecords"], found["columns"]) == (0, [])
    assert codes(personalize, empty) == {("TOO_FEW_INTERACTIONS", "INTERACTIONS", None)}


def test_a_snapshot_from_before_says_that_nobody_has_looked(world, personalize, shop):
    for place in [place for place in world.objects.objects if "/insights" in place[1]]:
        del world.objects.objects[place]

    assert "bulkRecords" not in of(personalize, shop, "ITEMS")
    assert codes(personalize, shop) == {("NO_INSIGHTS", type_, None) for type_ in ("INTERACTIONS", "ITEMS", "USERS")}


def test_a_comparison_that_is_missing_is_named(world, personalize, shop):
    [place] = [
        place for place in world.objects.objects if "/ITEMS/" in place[1] and "insights-INTERACTIONS" in place[1]
    ]
    del world.objects.objects[place]

    assert "comparison" not in of(personalize, shop, "ITEMS")
    assert ("NOT_COMPARED", "ITEMS", None) in codes(personalize, shop)


def test_what_is_replaced_while_it_is_read_is_looked_at_anew(world, personalize, build, shop):
    read, once = world.objects.read, []

    def replaced(bucket, key):
        if "/ITEMS/" in key and not once:
            once.append(key)
            build.imported(dataset_arn(shop, "ITEMS"), ITEMS + "1,Crime,x\n")
        return read(bucket, key)

    world.objects.read = replaced

    assert of(personalize, shop, "ITEMS")["bulkRecords"] == 1


def test_a_group_that_is_not_there_is_not_found(personalize):
    with pytest.raises(ClientError) as error:
        personalize.get_data_insights(datasetGroupArn=NOWHERE + "dataset-group/none")

    assert code(error) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"datasetGroupArn": None},
        {"datasetGroupArn": 5},
        {"datasetGroupArn": "x" * 257},
        {"datasetGroupArn": [{}] * 99},
    ],
)
def test_what_is_no_request_is_invalid(personalize, given):
    with pytest.raises(ClientError) as error:
        personalize.get_data_insights(**given)

    assert code(error) == "InvalidInputException"


def test_the_arn_of_something_else_is_invalid(personalize, build):
    with pytest.raises(ClientError) as error:
        personalize.get_data_insights(datasetGroupArn=build.schema())

    assert code(error) == "InvalidInputException"
    assert "datasetGroupArn must be the ARN of a dataset group" in message(error)


def test_an_unmodified_client_knows_nothing_of_it():
    assert not hasattr(boto3.Session("k", "s", region_name="us-east-1").client("personalize"), "get_data_insights")

"""PutItems, PutUsers, PutActions: checked, durable, and in the next training."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.histories import shop

PRICE = {"name": "PRICE", "type": "float"}
CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}


def items_of(world, dataset):
    return {
        id_: {name: value for name, value in record.items() if name != "#recorded"}
        for id_, record in world.records.every(dataset)
    }


@pytest.fixture
def events(clients):
    return clients.personalize_events


def test_an_item_is_kept_with_the_columns_of_its_schema(world, events, build):
    dataset = build.dataset(build.group(), "Items", PRICE, CREATED)

    events.put_items(
        datasetArn=dataset,
        items=[
            {"itemId": "a", "properties": json.dumps({"price": "9.5", "creationTimestamp": 1, "genre": ["x", "y"]})},
            {"itemId": "b", "properties": '{"PRICE": 1, "creation_timestamp": 2, "colour": "red"}'},
        ],
    )

    assert items_of(world, dataset) == {
        "a": {"PRICE": 9.5, "CREATION_TIMESTAMP": 1, "GENRE": "x|y"},
        "b": {"PRICE": 1.0, "CREATION_TIMESTAMP": 2},
    }


def test_the_last_record_of_an_id_wins_wholly(world, events, build):
    dataset = build.dataset(build.group(), "Users", {"name": "CITY", "type": ["null", "string"]})

    events.put_users(datasetArn=dataset, users=[{"userId": "u", "properties": '{"age": 1, "city": "here"}'}])
    events.put_users(datasetArn=dataset, users=[{"userId": "u", "properties": f'{{"age": {n}}}'} for n in (2, 3)])

    assert items_of(world, dataset) == {"u": {"AGE": 3}}


def test_an_action_is_kept(world, events, build):
    dataset = build.dataset(build.group(), "Actions")

    events.put_actions(datasetArn=dataset, actions=[{"actionId": "a", "properties": '{"value": 7}'}])

    assert items_of(world, dataset) == {"a": {"VALUE": 7}}


def test_a_bad_record_is_named_and_none_of_the_call_is_kept(world, events, build):
    dataset = build.dataset(build.group(), "Items", PRICE)
    good, bad = ({"itemId": id_, "properties": f'{{"price": "{price}"}}'} for id_, price in (("a", 1), ("b", "cheap")))

    with pytest.raises(ClientError) as error:
        events.put_items(datasetArn=dataset, items=[good, bad])

    assert code(error) == "InvalidInputException"
    assert message(error) == "items.2.member, itemId b: column PRICE: 'cheap' must be a number."
    assert items_of(world, dataset) == {}


@pytest.mark.parametrize("properties", ['{"price": null}', '{"price": ""}'])
def test_an_empty_value_is_missing_even_where_the_schema_forgot_null(world, events, build, properties):
    dataset = build.dataset(build.group(), "Items", PRICE)

    events.put_items(datasetArn=dataset, items=[{"itemId": "a", "properties": properties}])

    assert items_of(world, dataset) == {"a": {}}


@pytest.mark.parametrize(
    ("moment", "unit"), [(1_700_000_000_000, "milliseconds"), (1_700_000_000_000_000, "microseconds")]
)
@pytest.mark.parametrize(
    "name", ["items.creationTimestamp", "actions.creationTimestamp", "actions.expirationTimestamp"]
)
def test_a_moment_in_another_unit_is_refused(events, build, name, moment, unit):
    plural, name = name.split(".")
    column = {"name": name.replace("Timestamp", "_timestamp").upper(), "type": ["null", "long"]}
    dataset = build.dataset(build.group(), plural.title(), column)
    record = {f"{plural[:-1]}Id": "a", "properties": json.dumps({name: moment, "value": 1})}

    with pytest.raises(ClientError) as error:
        getattr(events, f"put_{plural}")(datasetArn=dataset, **{plural: [record]})

    assert code(error) == "InvalidInputException"
    assert message(error).endswith(f"column {column['name']}: {moment} looks like {unit}; it must be in seconds.")


@pytest.mark.parametrize("kind", ["item", "user", "action"])
def test_an_id_in_properties_must_be_that_of_the_record(world, events, build, kind):
    # Whoever sends rows of a table sends the id with them.
    plural = f"{kind}s"
    dataset = build.dataset(build.group(), plural.title())
    put = getattr(events, f"put_{plural}")

    def call(**properties):
        record = {f"{kind}Id": "7", "properties": json.dumps({"age": 5, **properties})}
        put(datasetArn=dataset, **{plural: [record]})

    call(**{f"{kind.upper()}_ID": 7})
    with pytest.raises(ClientError) as error:
        call(**{f"{kind}Id": "8"})

    assert list(items_of(world, dataset)) == ["7"]
    assert code(error) == "InvalidInputException"
    assert message(error) == f"{plural}.1.member, {kind}Id 7: {kind}Id is '7', but '8' in properties."


@pytest.mark.parametrize("properties", [None, "{}"])
def test_a_required_column_may_not_be_missing(events, build, properties):
    dataset = build.dataset(build.group(), "Items", PRICE)
    item = {"itemId": "a"} | ({"properties": properties} if properties else {})

    with pytest.raises(ClientError) as error:
        events.put_items(datasetArn=dataset, items=[item])

    assert message(error).startswith("items.1.member, itemId a: column PRICE is missing: its type does not allow null")


@pytest.mark.parametrize("properties", ["[]", "{", '"a"'])
def test_properties_must_be_a_json_object(events, build, properties):
    dataset = build.dataset(build.group(), "Items")

    with pytest.raises(ClientError) as error:
        events.put_items(datasetArn=dataset, items=[{"itemId": "a", "properties": properties}])

    assert code(error) == "InvalidInputException"
    assert "JSON object" in message(error)


@pytest.mark.parametrize(("call", "member", "limit"), [("put_items", "item", 32_000), ("put_users", "user", 24_000)])
def test_properties_have_a_limit(events, build, call, member, limit):
    dataset = build.dataset(build.group(), f"{member.title()}s")
    record = {f"{member}Id": "a", "properties": json.dumps({"x": "y" * limit})}

    with pytest.raises(ClientError) as error:
        getattr(events, call)(datasetArn=dataset, **{f"{member}s": [record]})

    assert f"less than or equal to {limit}" in message(error)


def test_eleven_records_are_too_many(events, build):
    dataset = build.dataset(build.group(), "Items")

    with pytest.raises(ClientError) as error:
        events.put_items(datasetArn=dataset, items=[{"itemId": str(n)} for n in range(11)])

    assert code(error) == "InvalidInputException"


def test_a_dataset_of_another_type_is_invalid_input(events, build):
    dataset = build.dataset(build.group(), "Users")

    with pytest.raises(ClientError) as error:
        events.put_items(datasetArn=dataset, items=[{"itemId": "a"}])

    assert code(error) == "InvalidInputException"
    assert "is USERS" in message(error)


def test_a_dataset_that_is_not_there_is_not_found(events, build):
    dataset = build.dataset(build.group(), "Items")

    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.put_items(datasetArn=dataset.replace("dataset/", "dataset/other-"), items=[{"itemId": "a"}])


def test_a_dataset_that_is_not_active_yet_is_in_use(personalize, events, build):
    arn = personalize.create_dataset(
        name="d", datasetGroupArn=build.group(), datasetType="Items", schemaArn=build.schema("Items")
    )["datasetArn"]

    with pytest.raises(events.exceptions.ResourceInUseException):
        events.put_items(datasetArn=arn, items=[{"itemId": "a"}])


def test_a_dataset_that_is_being_updated_is_in_use(personalize, events, build):
    dataset = build.dataset(build.group(), "Items")
    wider = build.schema("Items", {"name": "SIZE", "type": ["null", "int"]})
    personalize.update_dataset(datasetArn=dataset, schemaArn=wider)

    with pytest.raises(events.exceptions.ResourceInUseException):
        events.put_items(datasetArn=dataset, items=[{"itemId": "a"}])


def test_a_deleted_datasets_records_are_gone(world, personalize, events, build):
    dataset = build.dataset(build.group(), "Items")
    events.put_items(datasetArn=dataset, items=[{"itemId": "a"}])

    personalize.delete_dataset(datasetArn=dataset)
    world.run()

    assert items_of(world, dataset) == {}


def test_items_put_by_themselves_are_filtered_by_after_a_training(clients, personalize, events, world, build):
    group = build.group()
    build.imported(build.dataset(group), shop())
    dataset = build.dataset(group, "Items")
    build.imported(dataset, "ITEM_ID,GENRE\n" + "".join(f"i{n},old\n" for n in range(40)))
    events.put_items(
        datasetArn=dataset, items=[{"itemId": f"i{n}", "properties": '{"genre": "new"}'} for n in range(25, 30)]
    )
    campaign = build.campaign(build.version(build.solution(group)))
    only_new = personalize.create_filter(
        name="f", datasetGroupArn=group, filterExpression='INCLUDE ItemID WHERE Items.GENRE IN ("new")'
    )["filterArn"]
    world.run()

    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", filterArn=only_new)

    assert {item["itemId"] for item in reply["itemList"]} == {f"i{n}" for n in range(25, 30)}

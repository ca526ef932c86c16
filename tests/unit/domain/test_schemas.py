"""Schemas: which are accepted, which refused, and in what words."""

import json

import pytest

from tastemaker.domain.schemas import InvalidSchema, check_replacement, check_schema, parse_schema


def a_field(name, type_="string", **flags):
    return {"name": name, "type": type_, **flags}


USER, ITEM, TIME = a_field("USER_ID"), a_field("ITEM_ID"), a_field("TIMESTAMP", "long")
EVENT = a_field("EVENT_TYPE")
GENRES = a_field("GENRES", categorical=True)
CREATED = a_field("CREATION_TIMESTAMP", "long")
PRICE = a_field("PRICE", "float")
CATEGORY = a_field("CATEGORY_L1", categorical=True)
TEXT = a_field("DESCRIPTION", ["null", "string"], textual=True)


def a_schema(name, *columns):
    namespace = "com.amazonaws.personalize.schema"
    return json.dumps({"type": "record", "name": name, "namespace": namespace, "fields": columns, "version": "1.0"})


def check(name, *columns, type_=None, domain=None):
    check_schema(parse_schema(a_schema(name, *columns)), type_ or name.upper(), domain)


@pytest.mark.parametrize(
    ("name", "columns", "type_", "domain"),
    [
        ("Interactions", [USER, ITEM, TIME], "INTERACTIONS", None),
        ("interactions", [TIME, ITEM, USER], "interactions", None),
        ("Interactions", [USER, ITEM, TIME, a_field("EVENT_TYPE", ["null", "string"])], "INTERACTIONS", None),
        ("Interactions", [USER, ITEM, TIME, EVENT, a_field("EVENT_VALUE", ["float", "null"])], "INTERACTIONS", None),
        ("Interactions", [USER, ITEM, TIME, EVENT, a_field("IMPRESSION")], "INTERACTIONS", "VIDEO_ON_DEMAND"),
        ("Interactions", [USER, ITEM, TIME, EVENT, a_field("DISCOUNT")], "INTERACTIONS", "ECOMMERCE"),
        ("Items", [ITEM, GENRES, CREATED, TEXT], "ITEMS", None),
        ("Items", [ITEM, a_field("YEAR", ["int"])], "ITEMS", None),
        ("Items", [ITEM, a_field("GENRES", ["string"], categorical=True), CREATED], "ITEMS", "VIDEO_ON_DEMAND"),
        ("Items", [ITEM, a_field("GENRES_L1", categorical=True), CREATED], "ITEMS", "VIDEO_ON_DEMAND"),
        ("Items", [ITEM, PRICE, CATEGORY, a_field("MARGIN", "double")], "ITEMS", "ECOMMERCE"),
        ("Items", [ITEM, PRICE, CATEGORY, a_field("CREATION_TIMESTAMP", "float")], "ITEMS", "ECOMMERCE"),
        ("Users", [USER, a_field("memberClass", categorical=True)], "USERS", None),
        ("Users", [USER, a_field("MEMBERSHIP_STATUS", ["null", "string"])], "USERS", "ECOMMERCE"),
        ("Actions", [a_field("ACTION_ID"), a_field("VALUE", ["null", "long"])], "ACTIONS", None),
        ("ActionInteractions", [USER, a_field("ACTION_ID"), EVENT, TIME], "ACTION_INTERACTIONS", None),
    ],
)
def test_it_accepts_what_clients_use(name, columns, type_, domain):
    check(name, *columns, type_=type_, domain=domain)


def test_it_knows_types_nulls_and_flags():
    schema = parse_schema(a_schema("Items", ITEM, TEXT, a_field("N", "long", itemName=False, optional=True)))

    assert [(field.name, field.type, field.nullable, field.textual) for field in schema.fields] == [
        ("ITEM_ID", "string", False, False),
        ("DESCRIPTION", "string", True, True),
        ("N", "long", False, False),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
        ("[]", "must be an Avro record"),
        ('{"type": "enum", "name": "Items"}', "must be an Avro record"),
        ('{"type": "record", "fields": []}', "no name"),
        ('{"type": "record", "name": "Items", "fields": []}', "no fields"),
        (a_schema("Items", "ITEM_ID"), "name and a type"),
        (a_schema("Items", {"type": "string"}), "name and a type"),
        (a_schema("Items", a_field("A B")), "'A B'"),
        (a_schema("Items", a_field("1ST")), "'1ST'"),
        (a_schema("Items", a_field("A", {"type": "array"})), "field A"),
        (a_schema("Items", a_field("A", "date")), "field A"),
        (a_schema("Items", a_field("A", ["string", "int"])), "field A"),
        (a_schema("Items", a_field("A", ["null"])), "field A"),
        (a_schema("Items", a_field("A", [["null", "string"]])), "field A"),
        (a_schema("Items", {"name": "A"}), "field A"),
        (a_schema("Items", a_field("GENRES_1"), a_field("GENRES1")), "GENRES_1 and GENRES1"),
        (a_schema("Items", a_field("GENRE"), a_field("genre")), "GENRE and genre"),
        (a_schema("Items", a_field("A", "int", categorical=True)), "A is categorical"),
        (a_schema("Items", a_field("A", "float", textual=True)), "A is textual"),
        (a_schema("Items", a_field("A", categorical=True, textual=True)), "both categorical and textual"),
        (a_schema("Items", a_field("A", categorical="yes")), "categorical of the field A"),
        (a_schema("Items", TEXT, a_field("MORE", textual=True)), "DESCRIPTION, MORE"),
        (a_schema("Items", a_field("A" * 20_000)), "at most 20000"),
    ],
)
def test_it_refuses_what_is_no_schema_and_says_why(text, told):
    with pytest.raises(InvalidSchema) as refusal:
        parse_schema(text)

    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "columns", "type_", "domain", "told"),
    [
        ("Items", [ITEM, GENRES], "USERS", None, "needs the name Users"),
        ("Interactions", [USER, ITEM], "INTERACTIONS", None, "lacks the required field TIMESTAMP"),
        (
            "Interactions",
            [USER, ITEM, a_field("TIMESTAMP", "int")],
            "INTERACTIONS",
            None,
            "must be of type long, not int",
        ),
        ("Interactions", [a_field("USER_ID", ["null", "string"]), ITEM, TIME], "INTERACTIONS", None, "USER_ID"),
        ("Interactions", [a_field("USER_ID", "long"), ITEM, TIME], "INTERACTIONS", None, "must be of type string"),
        ("Interactions", [USER, ITEM, TIME, a_field("EVENT_VALUE")], "INTERACTIONS", None, "float or double"),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("EVENT_TYPE", categorical=True)],
            "INTERACTIONS",
            None,
            "EVENT_TYPE must not be categorical",
        ),
        ("Interactions", [USER, ITEM, TIME, TEXT], "INTERACTIONS", None, "only Items may have a textual field"),
        (
            "Interactions",
            [USER, ITEM, TIME, *(a_field(f"M{n}") for n in range(6))],
            "INTERACTIONS",
            None,
            "6 metadata fields; at most 5",
        ),
        ("Interactions", [USER, ITEM, TIME], "INTERACTIONS", "ECOMMERCE", "lacks the required field EVENT_TYPE"),
        ("Items", [ITEM], "ITEMS", None, "at least one metadata field"),
        ("Items", [ITEM, *(a_field(f"M{n}") for n in range(101))], "ITEMS", None, "at most 100"),
        ("Items", [ITEM, GENRES], "ITEMS", "VIDEO_ON_DEMAND", "CREATION_TIMESTAMP"),
        ("Items", [ITEM, CREATED], "ITEMS", "VIDEO_ON_DEMAND", "GENRES or GENRES_L1"),
        ("Items", [ITEM, a_field("GENRES"), CREATED], "ITEMS", "VIDEO_ON_DEMAND", "GENRES must be categorical"),
        ("Items", [ITEM, a_field("PRICE", "double"), CATEGORY], "ITEMS", "ECOMMERCE", "must be of type float"),
        ("Users", [USER], "USERS", None, "at least one metadata field"),
        ("Users", [USER, *(a_field(f"M{n}") for n in range(26))], "USERS", None, "at most 25"),
        ("Actions", [a_field("ACTION_ID"), GENRES], "ACTIONS", "ECOMMERCE", "holds no ACTIONS dataset"),
    ],
)
def test_it_refuses_what_does_not_fit_the_dataset_and_says_why(name, columns, type_, domain, told):
    with pytest.raises(InvalidSchema) as refusal:
        check(name, *columns, type_=type_, domain=domain)

    assert told in str(refusal.value)


def test_a_replacement_may_add_nullable_fields():
    old, new = (parse_schema(a_schema("Items", *columns)) for columns in ([ITEM, GENRES], [ITEM, TEXT, GENRES]))

    check_replacement(old, new, "Items")


@pytest.mark.parametrize(
    ("columns", "type_", "told"),
    [
        ([ITEM], "ITEMS", "GENRES must stay"),
        ([ITEM, a_field("GENRES")], "ITEMS", "GENRES must stay"),
        ([ITEM, GENRES, PRICE], "ITEMS", "PRICE must allow null"),
        ([ITEM, GENRES], "INTERACTIONS", "cannot be replaced"),
    ],
)
def test_a_replacement_must_keep_old_fields_and_allow_null_in_new_ones(columns, type_, told):
    old, new = (parse_schema(a_schema("Items", *fields)) for fields in ([ITEM, GENRES], columns))

    with pytest.raises(InvalidSchema) as refusal:
        check_replacement(old, new, type_)

    assert told in str(refusal.value)

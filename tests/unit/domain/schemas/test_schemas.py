"""Schemas: which are accepted, which refused, and in what words."""

import json

import pytest

from tastemaker.domain.schemas.schema import InvalidSchema, check_replacement, check_schema, parse_schema


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
        (
            "Interactions",
            [
                USER,
                ITEM,
                TIME,
                *(a_field(name, ["null", "string"]) for name in ("EVENT_TYPE", "IMPRESSION", "RECOMMENDATION_ID")),
                a_field("EVENT_VALUE", "double"),
                a_field("EVENT_ATTRIBUTION_SOURCE", ["string", "null"]),
                *(a_field(f"M{n}", ["string", "null"], categorical=True) for n in range(5)),
            ],
            "INTERACTIONS",
            None,
        ),
        ("Items", [ITEM, *(a_field(f"M{n}", "boolean") for n in range(100)), CREATED], "ITEMS", None),
        ("Items", [ITEM, a_field("TITLE", itemName=True), TEXT], "ITEMS", None),
        ("Items", [ITEM, a_field("GENRE", categorical="true"), a_field("Season", ["null", "string"])], "ITEMS", None),
        ("Items", [ITEM, a_field("CREATION_TIMESTAMP", ["null", "long"]), GENRES], "ITEMS", None),
        ("Items", [ITEM, a_field("_hidden", "int"), a_field("x", ["null", "double"])], "ITEMS", None),
        (
            "Items",
            [
                ITEM,
                GENRES,
                CREATED,
                *(a_field(name, ["null", "float"]) for name in ("PRICE", "DURATION", "AVERAGE_RATING")),
                *(
                    a_field(name, ["null", "string"], categorical=True)
                    for name in ("GENRE_L2", "GENRE_L3", "CONTENT_OWNER", "CONTENT_CLASSIFICATION")
                ),
                a_field("PRODUCT_DESCRIPTION", ["null", "string"], textual=True),
                a_field("STUDIO"),
            ],
            "ITEMS",
            "VIDEO_ON_DEMAND",
        ),
        (
            "Items",
            [
                ITEM,
                PRICE,
                a_field("CATEGORY_L1", ["string"], categorical=True),
                *(
                    a_field(name, ["string", "null"], categorical=True)
                    for name in ("CATEGORY_L2", "CATEGORY_L3", "AGE_GROUP", "ADULT", "GENDER")
                ),
                a_field("PRODUCT_DESCRIPTION", ["string"], textual=True),
                a_field("PRODUCT_NAME"),
            ],
            "ITEMS",
            "ECOMMERCE",
        ),
        ("Users", [USER, *(a_field(f"M{n}", ["null", "int"]) for n in range(25))], "USERS", None),
        ("Users", [USER, a_field("SUBSCRIPTION_MODEL", categorical=True)], "USERS", "VIDEO_ON_DEMAND"),
        (
            "Actions",
            [
                a_field("ACTION_ID"),
                CREATED,
                a_field("TYPE", ["string", "null"], categorical=True),
                *(a_field(name, ["null", "long"]) for name in ("VALUE", "EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")),
            ],
            "ACTIONS",
            None,
        ),
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
        ("", "not JSON"),
        ("null", "must be an Avro record"),
        ("12", "must be an Avro record"),
        ('"record"', "must be an Avro record"),
        ("{'type': 'record'}", "not JSON"),
        ('{"a":' * 3000, "nested too deeply"),
        ('{"type": "record", "name": 7, "fields": []}', "no name"),
        ('{"type": "record", "name": "", "fields": []}', "no name"),
        ('{"type": "record", "name": "Items", "fields": {}}', "no fields"),
        ('{"type": "record", "name": "Items"}', "no fields"),
        ('{"type": ["record"], "name": "Items", "fields": []}', "must be an Avro record"),
        ('{"type": "record", "name": "Items", "namespace": ["com"], "fields": []}', "namespace must be text"),
        ('{"type": "record", "name": "Items", "name": "Users", "fields": []}', "writes the key 'name' twice"),
        (
            '{"type": "record", "name": "Items", "fields": [{"name": "A", "type": "int", "type": "long"}]}',
            "writes the key 'type' twice",
        ),
        (
            '{"type": "record", "name": "Items", "fields": [{"name": "A", "type": "int", "default": NaN}]}',
            "NaN is not a JSON value",
        ),
        (f'{{"type": "record", "name": "Items", "fields": [{"9" * 15_000}]}}', "name and a type; found inf"),
        (f'{{"type": "record", "name": {"9" * 15_000}, "fields": []}}', "no name"),
        (a_schema("Items", None), "name and a type"),
        (a_schema("Items", ["A", "string"]), "name and a type"),
        (a_schema("Items", {"name": ["A"], "type": "string"}), "name and a type"),
        (a_schema("Items", {"name": "", "type": "string"}), "field name ''"),
        (a_schema("Items", a_field("GENRÉ")), "field name 'GENRÉ'"),
        (a_schema("Items", a_field("٣D")), "letters, digits and underscores"),
        (a_schema("Items", a_field("A\n")), "letters, digits and underscores"),
        (a_schema("Items", a_field("A-B")), "field name 'A-B'"),
        (a_schema("Items", a_field("\ud800")), "letters, digits and underscores"),
        (a_schema("Items", a_field("A", None)), "field A has the type null"),
        (a_schema("Items", a_field("A", [])), "field A has the type []"),
        (a_schema("Items", a_field("A", ["null", "null", "string"])), "field A has the type"),
        (a_schema("Items", a_field("A", "String")), 'field A has the type "String"'),
        (a_schema("Items", a_field("A", "bytes")), 'field A has the type "bytes"'),
        (a_schema("Items", a_field("A", "null")), 'field A has the type "null"'),
        (a_schema("Items", a_field("A", {"type": "string"})), "field A has the type"),
        (a_schema("Items", a_field("A", {"type": "map", "values": "int"})), "one of boolean, double, float"),
        (a_schema("Items", a_field("A", ["null", {"type": "enum"}])), "field A has the type"),
        (a_schema("Items", a_field("A", 3)), "field A has the type"),
        (a_schema("Items", a_field("A", type_=True)), "field A has the type true"),
        (a_schema("Items", a_field("A", ["string"] * 1000)), "field A has the type"),
        (a_schema("Items", a_field("ITEM_ID"), a_field("ITEM_ID")), "ITEM_ID and ITEM_ID have the same name"),
        (a_schema("Items", a_field("_"), a_field("__")), "_ and __ have the same name"),
        (a_schema("Items", a_field("A", textual=1)), "textual of the field A must be true or false, not 1.0"),
        (a_schema("Items", a_field("A", categorical=None)), "categorical of the field A must be true or false"),
        (a_schema("Items", a_field("A", itemName="x" * 5000)), "itemName of the field A must be true or false"),
        (a_schema("Items", a_field("A", "long", itemName=True)), "A is itemName and must be of type string, not long"),
        (a_schema("Items", a_field("A", ["null", "boolean"], categorical=True)), "A is categorical"),
        (a_schema("Items", *(a_field(name, itemName=True) for name in "AB")), "Only one field may be itemName"),
    ],
)
def test_it_refuses_what_is_no_schema_and_says_why(text, told):
    with pytest.raises(InvalidSchema) as refusal:
        parse_schema(text)

    assert told in str(refusal.value)
    assert len(str(refusal.value)) < 400


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
        ("Action_Interactions", [USER], "ACTION_INTERACTIONS", None, "needs the name ActionInteractions"),
        ("x" * 9000, [USER], "USERS", None, "needs the name Users"),
        ("Items", [a_field("item_id"), GENRES], "ITEMS", None, "item_id must be written ITEM_ID"),
        ("Items", [ITEM, GENRES, a_field("CREATIONTIMESTAMP", "long")], "ITEMS", None, "written CREATION_TIMESTAMP"),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("event_type")],
            "INTERACTIONS",
            None,
            "event_type must be written EVENT_TYPE",
        ),
        ("Interactions", [USER, a_field("ITEM_ID", "int"), TIME], "INTERACTIONS", None, "ITEM_ID must be of type"),
        ("Interactions", [USER, ITEM, a_field("TIMESTAMP", ["null", "long"])], "INTERACTIONS", None, "TIMESTAMP is"),
        ("Interactions", [ITEM, TIME], "INTERACTIONS", None, "lacks the required field USER_ID"),
        (
            "Interactions",
            [a_field("USER_ID", categorical=True), ITEM, TIME],
            "INTERACTIONS",
            None,
            "USER_ID must not be categorical",
        ),
        ("Interactions", [USER, ITEM, TIME, a_field("EVENT_TYPE", "int")], "INTERACTIONS", None, "EVENT_TYPE must be"),
        ("Interactions", [USER, ITEM, TIME, a_field("EVENT_VALUE", "long")], "INTERACTIONS", None, "not long"),
        ("Interactions", [USER, ITEM, TIME, a_field("IMPRESSION", "int")], "INTERACTIONS", None, "IMPRESSION must be"),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("IMPRESSION", categorical=True)],
            "INTERACTIONS",
            None,
            "IMPRESSION must not be categorical",
        ),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("RECOMMENDATION_ID", "long")],
            "INTERACTIONS",
            None,
            "RECOMMENDATION_ID must be of type string",
        ),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("TITLE", itemName=True)],
            "INTERACTIONS",
            None,
            "TITLE is flagged itemName; only Items",
        ),
        (
            "Interactions",
            [USER, ITEM, TIME, a_field("EVENT_TYPE", ["null", "string"])],
            "INTERACTIONS",
            "VIDEO_ON_DEMAND",
            "EVENT_TYPE is required and must not allow null",
        ),
        ("Items", [a_field("ITEM_ID", textual=True), GENRES], "ITEMS", None, "ITEM_ID must not be textual"),
        ("Items", [a_field("ITEM_ID", ["string", "null"]), GENRES], "ITEMS", None, "ITEM_ID is required"),
        ("Items", [ITEM, GENRES, a_field("CREATION_TIMESTAMP", "int")], "ITEMS", None, "must be of type long, not int"),
        ("Items", [GENRES], "ITEMS", None, "lacks the required field ITEM_ID"),
        ("Items", [ITEM, GENRES, CREATED, a_field("DURATION", "long")], "ITEMS", "VIDEO_ON_DEMAND", "DURATION must"),
        ("Items", [ITEM, GENRES, CREATED, a_field("GENRE_L2")], "ITEMS", "VIDEO_ON_DEMAND", "GENRE_L2 must be categ"),
        (
            "Items",
            [ITEM, GENRES, CREATED, a_field("CONTENT_OWNER", "int")],
            "ITEMS",
            "VIDEO_ON_DEMAND",
            "CONTENT_OWNER must be of type string, not int",
        ),
        (
            "Items",
            [ITEM, GENRES, CREATED, a_field("PRODUCT_DESCRIPTION", categorical=True)],
            "ITEMS",
            "VIDEO_ON_DEMAND",
            "PRODUCT_DESCRIPTION must not be categorical",
        ),
        (
            "Items",
            [ITEM, a_field("GENRES", ["null", "string"], categorical=True), CREATED],
            "ITEMS",
            "VIDEO_ON_DEMAND",
            "GENRES is required and must not allow null",
        ),
        ("Items", [ITEM, CATEGORY], "ITEMS", "ECOMMERCE", "lacks the required field PRICE"),
        ("Items", [ITEM, PRICE], "ITEMS", "ECOMMERCE", "lacks the required field CATEGORY_L1"),
        ("Items", [ITEM, PRICE, a_field("CATEGORY_L1")], "ITEMS", "ECOMMERCE", "CATEGORY_L1 must be categorical"),
        ("Items", [ITEM, a_field("PRICE", ["null", "float"]), CATEGORY], "ITEMS", "ECOMMERCE", "PRICE is required"),
        ("Items", [ITEM, PRICE, CATEGORY, a_field("GENDER")], "ITEMS", "ECOMMERCE", "GENDER must be categorical"),
        ("Items", [ITEM, PRICE, CATEGORY, a_field("ADULT", "boolean")], "ITEMS", "ECOMMERCE", "ADULT must be of type"),
        (
            "Items",
            [ITEM, PRICE, CATEGORY, a_field("CREATION_TIMESTAMP", "int")],
            "ITEMS",
            "ECOMMERCE",
            "long or float, not int",
        ),
        ("Users", [a_field("AGE", "int")], "USERS", None, "lacks the required field USER_ID"),
        ("Users", [a_field("USER_ID", "long"), a_field("AGE", "int")], "USERS", None, "USER_ID must be of type"),
        ("Users", [USER, a_field("BIO", textual=True)], "USERS", None, "only Items may have a textual field"),
        (
            "Users",
            [USER, a_field("SUBSCRIPTION_MODEL")],
            "USERS",
            "VIDEO_ON_DEMAND",
            "SUBSCRIPTION_MODEL must be categorical",
        ),
        ("Users", [USER, a_field("SubscriptionModel")], "USERS", "VIDEO_ON_DEMAND", "written SUBSCRIPTION_MODEL"),
        ("Actions", [a_field("ACTION_ID")], "ACTIONS", None, "at least one metadata field"),
        ("Actions", [a_field("ACTION_ID"), a_field("VALUE", "float")], "ACTIONS", None, "VALUE must be of type long"),
        ("Actions", [a_field("ACTION_ID"), a_field("REPEAT_FREQUENCY", "int")], "ACTIONS", None, "REPEAT_FREQUENCY"),
        ("Actions", [a_field("ACTION_ID"), *(a_field(f"M{n}") for n in range(11))], "ACTIONS", None, "at most 10"),
        ("ActionInteractions", [USER, EVENT, TIME], "ACTION_INTERACTIONS", None, "lacks the required field ACTION_ID"),
        ("ActionInteractions", [USER, a_field("ACTION_ID"), TIME], "ACTION_INTERACTIONS", None, "field EVENT_TYPE"),
        ("Films", [USER], "FILMS", None, "holds no FILMS dataset"),
    ],
)
def test_it_refuses_what_does_not_fit_the_dataset_and_says_why(name, columns, type_, domain, told):
    with pytest.raises(InvalidSchema) as refusal:
        check(name, *columns, type_=type_, domain=domain)

    assert told in str(refusal.value)
    assert len(str(refusal.value)) < 400


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

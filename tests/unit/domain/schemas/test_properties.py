"""Properties become typed columns, or a message that names column, value and rule."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.domain.schemas.properties import InvalidProperties, columns_of, number, read_properties

TYPES = ("string", "int", "long", "float", "double", "boolean")


def a_schema(*fields, name="Items", key="ITEM_ID"):
    own = [{"name": key, "type": "string"}, *fields]
    return json.dumps({"type": "record", "name": name, "namespace": "n", "fields": own, "version": "1.0"})


def nullable(name, type_="string", **flags):
    return {"name": name, "type": ["null", type_], **flags}


def values(properties, *fields, type_="ITEMS"):
    text = properties if isinstance(properties, str) else json.dumps(properties)
    return columns_of(a_schema(*fields), type_).values(read_properties(text))


def refusal(properties, *fields, type_="ITEMS"):
    with pytest.raises(InvalidProperties) as refused:
        values(properties, *fields, type_=type_)
    return str(refused.value)


@pytest.mark.parametrize("name", ["NUM_RATINGS", "numRatings", "num_ratings", "NumRatings", "num-ratings"])
def test_a_column_is_found_in_any_spelling(name):
    assert values({name: 5, "unknown": 1}, nullable("NUM_RATINGS", "int")) == {"NUM_RATINGS": 5}


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        ("string", "a", "a"),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", "0", "0"),
        ("int", "7", 7),
        ("int", 7.0, 7),
        ("int", " -7.0 ", -7),
        ("long", 2**63 - 1, 2**63 - 1),
        ("long", str(2**63 - 1), 2**63 - 1),
        ("float", "1e3", 1000.0),
        ("float", 0, 0.0),
        ("double", 0.1, 0.1),
        ("boolean", "True", True),
        ("boolean", False, False),
        *(("boolean", yes, True) for yes in (1, "1", "yes", "T", "y", " TRUE ", "1.0", 1.0)),
        *(("boolean", no, False) for no in (0, "0", "no", "F", "n", "0.0")),
    ],
)
def test_values_become_the_columns_type(type_, given, value):
    found = values({"x": given}, nullable("X", type_))["X"]

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_", "given", "rule"),
    [
        ("string", {"a": 1}, "must be a string"),
        ("string", "a\0b", "text without NUL"),
        ("string", ["a"], "only categorical columns take lists"),
        ("string", "x" * 1001, "at most 1000"),
        ("int", 2**31, "integer of at most 32 bits"),
        ("int", 1.5, "integer of at most 32 bits"),
        ("int", True, "integer of at most 32 bits"),
        ("long", 2**63, "integer of at most 64 bits"),
        ("long", "9" * 5000, "integer of at most 64 bits"),
        ("long", "1_000", "integer of at most 64 bits"),
        ("float", "inf", "must be a number"),
        ("float", "nan", "must be a number"),
        ("float", 1e39, "must be a number"),
        ("double", "1e999", "must be a number"),
        ("double", 10**400, "must be a number"),
        ("double", "", None),
        ("boolean", 2, "must be true or false"),
        ("boolean", "maybe", "must be true or false"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_column_value_and_rule(type_, given, rule):
    if rule is None:
        assert values({"x": given}, nullable("X", type_)) == {}
        return

    message = refusal({"x": given}, nullable("X", type_))

    assert message.startswith("column X: ")
    assert rule in message
    assert repr(given)[:20] in message


def test_a_column_that_does_not_allow_null_must_be_there():
    assert "PRICE is missing: its type does not allow null" in refusal({}, {"name": "PRICE", "type": "float"})


@pytest.mark.parametrize("given", [{"price": None}, {"price": ""}, {"price": []}])
def test_an_empty_value_is_missing_as_an_empty_cell_is(given):
    assert values(given, {"name": "PRICE", "type": "float"}) == {}


@pytest.mark.parametrize("given", [{"price": None}, {"price": ""}])
def test_what_a_domain_requires_must_not_be_empty(given):
    columns = columns_of(a_schema({"name": "PRICE", "type": "float"}), "ITEMS", "ECOMMERCE")

    with pytest.raises(InvalidProperties, match=r"column PRICE: .* must not be empty"):
        columns.values(read_properties(json.dumps(given)))


@pytest.mark.parametrize(
    ("type_", "name"),
    [("ITEMS", "CREATION_TIMESTAMP"), ("ACTIONS", "CREATION_TIMESTAMP"), ("ACTIONS", "EXPIRATION_TIMESTAMP")],
)
@pytest.mark.parametrize("unit", ["milliseconds", "microseconds", "nanoseconds"])
def test_a_moment_in_another_unit_is_named_as_what_it_is(type_, name, unit):
    moment = 1_700_000_000 * {"milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}[unit]

    message = refusal({name: moment, "item_id": "i"}, nullable(name, "long"), type_=type_)

    assert message == f"column {name}: {moment} looks like {unit}; it must be in seconds."


@pytest.mark.parametrize(("given", "value"), [("a|b", "a|b"), (["a", "b", None, 1], "a|b|1"), ([], None), ("", None)])
def test_categories_are_joined_or_a_list(given, value):
    assert values({"genres": given}, nullable("GENRES", categorical=True)).get("GENRES") == value


def test_long_texts_are_cut_as_an_import_cuts_them():
    assert len(values({"text": "x" * 30_000}, nullable("TEXT", textual=True))["TEXT"]) == 20_000


@pytest.mark.parametrize("text", ["[]", "1", "{", '"a"', "null"])
def test_properties_are_an_object(text):
    with pytest.raises(InvalidProperties, match="JSON object"):
        read_properties(text)


def test_a_property_in_two_spellings_is_refused():
    with pytest.raises(InvalidProperties, match="device twice"):
        read_properties('{"DEVICE": 1, "device": 2}')


def test_what_members_say_is_not_read_from_properties():
    schema = a_schema({"name": "USER_ID", "type": "string"}, {"name": "TIMESTAMP", "type": "long"}, nullable("DEVICE"))
    columns = columns_of(schema, "INTERACTIONS")

    assert columns.values(read_properties('{"userId": "x", "timestamp": "soon", "device": "tv"}')) == {"DEVICE": "tv"}


@pytest.mark.parametrize(("name", "value"), [("VALUE", 11), ("VALUE", 0), ("REPEAT_FREQUENCY", 31)])
def test_an_actions_reserved_numbers_have_a_range(name, value):
    schema = a_schema(nullable(name, "long"), name="Actions", key="ACTION_ID")
    columns = columns_of(schema, "ACTIONS")

    with pytest.raises(InvalidProperties, match=f"column {name}: {value} must be from"):
        columns.values({name.replace("_", ""): value})


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(type_=st.sampled_from(TYPES), value=JSON, categorical=st.booleans())
def test_any_json_is_typed_or_refused(type_, value, categorical):
    flags = {"categorical": categorical} if type_ == "string" else {}
    try:
        found = values({"x": value}, nullable("X", type_, **flags)).get("X")
    except InvalidProperties:
        return

    kinds = {"string": str, "int": int, "long": int, "float": float, "double": float, "boolean": bool}
    assert found is None or type(found) is kinds[type_]
    assert found != ""
    if type_ == "float" and found is not None:
        struct.pack("<f", found)
    # What was accepted is stored and accepted again as the same.
    assert values({"X": found}, nullable("X", type_, **flags)).get("X") == found


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_may_be_written_as_text(value):
    try:
        expected = float(value)
    except OverflowError:
        return

    if len(str(value)) <= 64:
        assert number("eventValue", str(value)) == expected == number("eventValue", value)

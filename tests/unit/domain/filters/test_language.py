"""The filter language: what is read, what is refused, and in what words."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.domain.filters.checks import check_filter
from tastemaker.domain.filters.expressions import Condition, Expression, ItemField, Parameter
from tastemaker.domain.filters.language import InvalidFilter, parse_filter
from tastemaker.domain.filters.values import InvalidValues, bind, parse_values
from tastemaker.domain.schemas.schema import Field, Schema

SCHEMAS = {
    "INTERACTIONS": Schema("Interactions", (Field("ITEM_ID", "string"), Field("EVENT_TYPE", "string"))),
    "ITEMS": Schema(
        "Items",
        (
            Field("ITEM_ID", "string"),
            Field("GENRE", "string", categorical=True),
            Field("CATEGORY", "string", categorical=True),
            Field("PRICE", "float"),
            Field("title", "string"),
            Field("TEXT", "string", textual=True),
            Field("SOLD", "boolean"),
            *(Field(f"F{n}", "int") for n in range(11)),
        ),
    ),
    "USERS": Schema("Users", (Field("USER_ID", "string"), Field("AGE", "int"), Field("MEMBERSHIP", "string"))),
    "ACTIONS": Schema("Actions", (Field("ACTION_ID", "string"), Field("TYPE", "string"))),
    "ACTION_INTERACTIONS": Schema("ActionInteractions", (Field("EVENT_TYPE", "string"),)),
}

VALID = [
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase","view")',
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)",
    "INCLUDE ItemID WHERE Items.CATEGORY IN ($CATEGORY)",
    "INCLUDE ItemID WHERE Items.PRICE <= $PRICE",
    'EXCLUDE ItemID WHERE Items.GENRE IN ("horror") IF CurrentUser.AGE < 18',
    'INCLUDE ItemID WHERE Items.GENRE IN ($GENRE) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
    "INCLUDE UserID WHERE Users.MEMBERSHIP IN ($M)",
    'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")',
    'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")',
    "INCLUDE ActionID WHERE Actions.TYPE IN ($T)",
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click, rating")',
    "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE",
    "exclude ITEMID where INTERACTIONS.event_type in ('purchase')",
    "INCLUDE ItemID WHERE Items.PRICE <= ($P) AND items.genre NOT IN ('a','b') OR Items.TITLE = \"x\"",
    'INCLUDE ItemID WHERE Items.PRICE != 5 AND Items.PRICE > -0.5 AND Items.PRICE < 1e3 AND Items.PRICE >= "7"',
    'INCLUDE\n\tItemID WHERE Items . GENRE IN ( "a" , "b" ) IF CurrentUser.AGE >= 3 AND CurrentUser.MEMBERSHIP IN ($M)',
]


@pytest.mark.parametrize("text", VALID)
def test_it_reads_what_the_guide_shows(text):
    check_filter(parse_filter(text), SCHEMAS)


def test_it_says_what_was_written():
    text = (
        'EXCLUDE itemId WHERE Items.price < CurrentItem.PRICE AND Items.Genre NOT IN ("a",\'b"\') OR Items.PRICE = ($P)'
    )

    found = parse_filter(f"{text} IF CurrentUser.AGE < 18")

    alternatives = (
        (
            Condition("ITEMS", "PRICE", "<", (ItemField("PRICE"),)),
            Condition("ITEMS", "GENRE", "NOT IN", ("a", 'b"')),
        ),
        (Condition("ITEMS", "PRICE", "=", (Parameter("P"),)),),
    )
    adults = (Condition("USERS", "AGE", "<", ("18",)),)
    assert found.expressions == (Expression(False, "ItemID", alternatives, adults),)  # noqa: FBT003
    assert (found.parameters, found.needs_user, found.needs_item, found.needs_history) == ({"P"}, True, True, False)


INVALID = [
    ("", "0 characters"),
    ("x" * 2501, "2501 characters"),
    ("SELECT", "Invalid input symbol: SELECT at character 1"),
    ("INCLUDE", "end of the expression"),
    ("INCLUDE PriceID WHERE Items.GENRE IN ($G)", "PriceID at character 9"),
    ("INCLUDE ItemID Items.GENRE IN ($G)", "Expected WHERE"),
    ("INCLUDE ItemID WHERE Things.GENRE IN ($G)", "Things"),
    ("INCLUDE ItemID WHERE Items.GENRE ($G)", "Invalid input symbol: ("),
    ("INCLUDE ItemID WHERE Items.GENRE IN $G", "Expected ("),
    ("INCLUDE ItemID WHERE Items.GENRE IN ()", "Invalid input symbol: )"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a"', "end of the expression"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a', 'symbol: " at character 38. The quotation is not closed'),
    ("INCLUDE ItemID WHERE Items.GENRE IN (a)", "Invalid input symbol: a"),
    ("INCLUDE ItemID WHERE Items.GENRE IN (*)", "Invalid input symbol: *"),
    ("INCLUDE ItemID WHERE Items.GENRE IN ($A, $B)", "one placeholder"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ($A, "x")', "one placeholder"),
    ("INCLUDE ItemID WHERE Items.GENRE IN ((((($A)))))", "Invalid input symbol: ("),
    ("INCLUDE ItemID WHERE (Items.GENRE IN ($A))", "Invalid input symbol: ("),
    ("EXCLUDE ItemID WHERE Items.GENRE NOT IN ($X)", "symbol: $X. Placeholders are not allowed with NOT_IN operator."),
    ("INCLUDE ItemID WHERE Items.GENRE IN (“a”)", "U+201C LEFT DOUBLE QUOTATION MARK"),
    ("INCLUDE ItemID WHERE \u0406tems.GENRE IN ($A)", "U+0406 CYRILLIC"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a\x07")', "U+0007"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("\ud800")', "U+D800"),
    ("INCLUDE ItemID WHERE Items.PRICE < ١٢", "U+0661"),
    ("INCLUDE ItemID WHERE Items.PRICE < 12x", "Invalid input symbol"),
    ('INCLUDE ItemID WHERE "a\u202e"', 'Invalid input symbol: "a\\u202e" at character 22'),
    ('INCLUDE ItemID WHERE "' + "a" * 500 + '"', "a... at character 22. Expected ITEMS or INTERACTIONS"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") extra', "extra"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") |', "end of the expression"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") AND Interactions.EVENT_TYPE IN ("b")', "one dataset"),
    ('INCLUDE ItemID WHERE Users.AGE IN ("a")', "Users"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") IF CurrentUser.AGE < 1 OR CurrentUser.AGE > 2', "OR"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") IF Users.AGE < 1', "CURRENTUSER"),
    ('INCLUDE ItemID WHERE Items.GENRE IN ("a") | INCLUDE UserID WHERE Users.AGE < 1', "same target"),
    ('INCLUDE ItemID WHERE Items.NOTHING IN ("a")', "field NOTHING is not in the schema of the Items dataset"),
    ('INCLUDE ItemID WHERE Items.TEXT IN ("a")', "textual"),
    ('INCLUDE ItemID WHERE Items.SOLD IN ("true")', "boolean"),
    ('INCLUDE ItemID WHERE Interactions.ITEM_ID IN ("a")', "only EVENT_TYPE"),
    ("INCLUDE ItemID WHERE Items.GENRE < 5", "numeric field"),
    ('INCLUDE ItemID WHERE Items.PRICE < "cheap"', "'cheap' is not a number"),
    ('INCLUDE ItemID WHERE Items.PRICE < "nan"', "'nan' is not a number"),
    ("INCLUDE ItemID WHERE Items.PRICE < CurrentItem.GENRE", "cannot be compared"),
    ("INCLUDE ItemID WHERE " + " AND ".join(f"Items.F{n} = 1" for n in range(11)), "11 distinct fields"),
]


@pytest.mark.parametrize(("text", "reason"), INVALID)
def test_it_refuses_and_says_what_is_wrong(text, reason):
    with pytest.raises(InvalidFilter) as refusal:
        check_filter(parse_filter(text), SCHEMAS)

    assert str(refusal.value).startswith("Could not create filter. ")
    assert reason in str(refusal.value)


def test_it_refuses_a_dataset_that_the_group_has_not():
    with pytest.raises(InvalidFilter, match="no Users dataset"):
        check_filter(
            parse_filter('EXCLUDE ItemID WHERE Items.GENRE IN ("a") IF CurrentUser.AGE < 18'),
            {"ITEMS": SCHEMAS["ITEMS"]},
        )


KEYWORDS = ("INCLUDE", "EXCLUDE", "ItemID", "WHERE", "Items", "Interactions", "GENRE", "EVENT_TYPE", "IN", "NOT", "IF")
WORDS = st.sampled_from([*KEYWORDS, "$X", *".(),\"'$|\\*<5\0“"])


@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    with suppress(InvalidFilter):
        parse_filter(text)


@pytest.mark.parametrize("unit", ["(", '"', "'", "\\", '\\"', " ", "a", "9", "$", "|", "IN (", "\t9.", "1e"])
def test_hostile_repetition_takes_no_time(unit):
    begin = time.perf_counter()

    for start in ("", "INCLUDE ItemID WHERE Items.GENRE IN (", 'INCLUDE ItemID WHERE Items.GENRE IN ("'):
        with pytest.raises(InvalidFilter):
            parse_filter((start + unit * 2500)[:2500])
    with pytest.raises(InvalidValues):
        parse_values((unit * 1000)[:999] + '"')

    assert time.perf_counter() - begin < 1


VALUES = [
    ('"comedy","drama"', ("comedy", "drama")),
    ('"20"', ("20",)),
    ("20", ("20",)),
    ("'a', \"b, c\" ,d e", ("a", "b, c", "d e")),
    (r'"say \"hi\"","back\\slash"', ('say "hi"', "back\\slash")),
    ('""', ("",)),
    ("*", ("*",)),
]


@pytest.mark.parametrize(("text", "values"), VALUES)
def test_values_are_read_with_their_quotes(text, values):
    assert parse_values(text) == values


@pytest.mark.parametrize("text", ["", " ", ",", '"a",', '"a" "b"', '"a', 'a"b', '"a"b'])
def test_values_that_are_no_list_are_refused(text):
    with pytest.raises(InvalidValues, match="not a list of quoted values"):
        parse_values(text)


GENRE, CHEAP = "INCLUDE ItemID WHERE Items.GENRE IN ($G)", "EXCLUDE ItemID WHERE Items.PRICE < $P"


def test_values_take_the_place_of_parameters():
    bound = bind(parse_filter(f"{GENRE} | {CHEAP}"), {"G": '"a","b"', "P": "3"})

    assert [condition.terms for condition in bound.conditions] == [("a", "b"), ("3",)]


def test_an_include_needs_its_values():
    with pytest.raises(InvalidValues, match="value for G"):
        bind(parse_filter(GENRE), {})


def test_an_exclude_applies_only_the_portions_with_values():
    text = f'{CHEAP} AND Items.GENRE IN ("a") OR Items.CATEGORY IN ($C) | EXCLUDE ItemID WHERE Items.TITLE IN ($T)'

    bound = bind(parse_filter(text), {})

    assert [condition.field for condition in bound.conditions] == ["GENRE"]


def test_an_exclude_whose_user_condition_has_no_value_does_not_apply():
    assert not bind(parse_filter(f"{CHEAP} IF CurrentUser.AGE < $A"), {"P": "3"}).expressions


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"P": "1", "Q": "2"}, "names Q"),
        ({"p": "1"}, "names p"),
        ({"P": '"1","2"'}, "one value for <, not 2"),
        ({"P": '"dear"'}, "must be a number"),
        ({"P": "1,"}, r"filterValues\.P"),
        ({"P": "1" * 1_000_000}, "filterValues.P has 1000000 characters; at most 1000 are allowed"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, reason):
    with pytest.raises(InvalidValues, match=reason):
        bind(parse_filter(CHEAP), values)

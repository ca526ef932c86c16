"""Filters against schemas: which fields each kind of filter may use."""

import pytest

from tastemaker.domain.filters.checks import check_filter
from tastemaker.domain.filters.language import InvalidFilter, parse_filter
from tests.unit.domain.filters.schemas import SCHEMAS


@pytest.mark.parametrize(
    "text",
    [
        'INCLUDE ItemID WHERE Items.GENRE IN ("a","b")',
        "include itemid where items.genre in ($G) or items.studio not in ('x')",
        "INCLUDE ItemID WHERE ITEMS.STUDIO = 'a' AND Items.YEAR != 1999",
        "INCLUDE ItemID WHERE Items.PRICE >= -1.5e3 AND Items.PRICE < ($MOST)",
        'INCLUDE ItemID WHERE Items.YEAR IN ("1999", 2000)',
        "INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > $SINCE",
        'INCLUDE ItemID WHERE Items.ITEM_ID IN ("i1")',
        "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.YEAR AND Items.GENRE IN CurrentItem.GENRE",
        'EXCLUDE ItemID WHERE Interactions.event_type IN ("*")',
        "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*) IF CurrentUser.AGE < 18 AND CurrentUser.COUNTRY IN ($C)",
        'EXCLUDE UserID WHERE Users.COUNTRY IN ("購入") | EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("a")',
        'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")',
        "INCLUDE ActionID WHERE Actions.TYPE IN ($T) AND Actions.VALUE > 3 AND Actions.CREATION_TIMESTAMP < 9",
        "INCLUDE ItemID WHERE " + " OR ".join(f"Items.YEAR = {n}" for n in range(50)),
    ],
)
def test_it_takes_what_the_schemas_have(text):
    check_filter(parse_filter(text), SCHEMAS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("INCLUDE ItemID WHERE Items.COLOUR IN ($X)", "The field COLOUR is not in the schema of the Items dataset."),
        ("INCLUDE UserID WHERE Users.NAME IN ($X)", "The field NAME is not in the schema of the Users dataset."),
        ("INCLUDE ItemID WHERE Items.ABOUT IN ($X)", "Items.ABOUT cannot be used in a filter: it is textual."),
        ("INCLUDE ItemID WHERE Items.NEW IN ('true')", "Items.NEW cannot be used in a filter: it is boolean."),
        ("INCLUDE ItemID WHERE Items.NEW = 1", "Items.NEW cannot be used in a filter: it is boolean."),
        (
            "INCLUDE ItemID WHERE Items.YEAR > 3 IF CurrentUser.STAFF = 'true'",
            "Users.STAFF cannot be used in a filter: it is boolean.",
        ),
        (
            "INCLUDE ItemID WHERE Items.YEAR > 3 IF CurrentUser.HEIGHT > 3",
            "The field HEIGHT is not in the schema of the Users dataset.",
        ),
        (
            "INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.ABOUT",
            "Items.ABOUT cannot be used in a filter: it is textual.",
        ),
        (
            "INCLUDE ItemID WHERE Items.GENRE = CurrentItem.PRICE",
            "GENRE = CurrentItem.PRICE: a number cannot be compared with a text.",
        ),
        (
            "INCLUDE ItemID WHERE Interactions.TIMESTAMP > 3",
            "Interactions.TIMESTAMP cannot be used in a filter: only EVENT_TYPE of Interactions can.",
        ),
        (
            "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE > 'a'",
            "The operator > needs a numeric field; EVENT_TYPE is of type string.",
        ),
        ("INCLUDE ItemID WHERE Items.STUDIO <= $X", "The operator <= needs a numeric field; Studio is of type string."),
        ("INCLUDE ItemID WHERE Items.YEAR IN ('new')", "The field YEAR is of type int; 'new' is not a number."),
        ("INCLUDE ItemID WHERE Items.PRICE = 'inf'", "The field PRICE is of type float; 'inf' is not a number."),
        *(
            (
                f"EXCLUDE ActionID WHERE Actions.{field} < 3",
                f"Actions.{field} cannot be used in a filter: expiration and repetition are kept up anyway.",
            )
            for field in ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY")
        ),
        (
            "EXCLUDE ActionID WHERE Action_Interactions.USER_ID IN ('u')",
            "Action_Interactions.USER_ID cannot be used in a filter: only EVENT_TYPE of Action_Interactions can.",
        ),
        (
            "INCLUDE ItemID WHERE " + " OR ".join(f"Items.F{n} = 1" for n in range(11)),
            "The filter uses 11 distinct fields; at most 10 are allowed.",
        ),
    ],
)
def test_it_refuses_the_rest_by_field_and_rule(text, told):
    with pytest.raises(InvalidFilter) as refusal:
        check_filter(parse_filter(text), SCHEMAS)

    assert str(refusal.value) == f"Could not create filter. {told}"


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        ("Items", "INCLUDE ItemID WHERE Items.YEAR > 3"),
        ("Items", "INCLUDE ItemID WHERE Items.YEAR > CurrentItem.YEAR"),
        ("Users", "INCLUDE ItemID WHERE Items.YEAR > 3 IF CurrentUser.AGE > 3"),
        ("Interactions", "EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN (*)"),
        ("Actions", "EXCLUDE ActionID WHERE Actions.TYPE IN ($T)"),
        ("Action_Interactions", "EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN (*)"),
    ],
)
def test_it_refuses_a_dataset_that_is_not_there(dataset, text):
    left = {type_: found for type_, found in SCHEMAS.items() if type_ != dataset.upper()}

    with pytest.raises(InvalidFilter) as refusal:
        check_filter(parse_filter(text), left)

    assert str(refusal.value) == f"Could not create filter. The dataset group has no {dataset} dataset."

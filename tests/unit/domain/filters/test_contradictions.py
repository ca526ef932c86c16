"""Filters that can never match: what their maker is told."""

import pytest

from tastemaker.domain.filters.contradictions import warnings_of
from tastemaker.domain.filters.language import parse_filter
from tests.unit.domain.filters.schemas import SCHEMAS

INSIGHTS = {
    "ITEMS": {
        "bulkRecords": 100,
        "columns": [
            {
                "columnName": "GENRE",
                "missingShare": 0.1,
                "distinct": 2,
                "topValues": [{"value": "comedy"}, {"value": "drama"}],
            },
            {"columnName": "Studio", "missingShare": 1.0, "distinct": 0},
            {
                "columnName": "YEAR",
                "type": "int",
                "missingShare": 0.0,
                "distinct": 90,
                "numbers": {"minimum": 1930, "maximum": 2020},
            },
        ],
    },
    "INTERACTIONS": {
        "bulkRecords": 1000,
        "columns": [{"columnName": "EVENT_TYPE", "missingShare": 0.0, "distinct": 2}],
        "eventTypes": [{"eventType": "View"}, {"eventType": "buy"}],
    },
    "USERS": {
        "bulkRecords": 10,
        "columns": [
            {
                "columnName": "AGE",
                "type": "int",
                "missingShare": 0.0,
                "distinct": 9,
                "numbers": {"minimum": 18, "maximum": 90},
            }
        ],
    },
}


def told(text, insights=INSIGHTS):
    return warnings_of(parse_filter(text), SCHEMAS, insights)


CONTRADICTIONS = [
    "Items.YEAR > 2000 AND Items.YEAR < 1990",
    "Items.YEAR >= 2000 AND Items.YEAR < 2000",
    "Items.YEAR = 1990 AND Items.YEAR > 1995",
    "Items.YEAR = 1990 AND Items.YEAR != 1990",
    "Items.YEAR IN (1990,1991) AND Items.YEAR IN (1992)",
    "Items.YEAR IN (1990) AND Items.YEAR NOT IN ('1990.0')",
    'Items.STUDIO = "a" AND Items.STUDIO != "a"',
    'Items.ITEM_ID = "a" AND Items.ITEM_ID = "b"',
    'Items.GENRE IN ("drama") AND Items.GENRE NOT IN ("drama","comedy")',
]


@pytest.mark.parametrize("conditions", CONTRADICTIONS)
def test_conditions_that_contradict_each_other_are_named(conditions):
    [only] = told(f"INCLUDE ItemID WHERE {conditions}", {})

    assert only.endswith(" cannot hold together: lets no item pass.")


@pytest.mark.parametrize(
    "conditions",
    [
        "Items.YEAR > 1990 AND Items.YEAR < 2000",
        "Items.YEAR >= 2000 AND Items.YEAR <= 2000",
        "Items.YEAR > 2000 OR Items.YEAR < 1990",
        "Items.YEAR > $P AND Items.YEAR < 1990",
        "Items.YEAR NOT IN (1990) AND Items.YEAR NOT IN (1991)",
        'Items.GENRE IN ("drama") AND Items.GENRE IN ("comedy")',
        # A plain string may hold several values, too.
        'Items.COUNTRIES = "a" AND Items.COUNTRIES = "b"',
        "Items.YEAR < CurrentItem.YEAR AND Items.YEAR > 1990",
    ],
)
def test_conditions_that_some_item_may_meet_are_not(conditions):
    assert told(f"INCLUDE ItemID WHERE {conditions}") == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            'EXCLUDE ItemID WHERE Items.GENRE IN ("horror","Drama")',
            'Items.GENRE IN ("horror","Drama"): no imported record has such a value: keeps no item out.',
        ),
        (
            'INCLUDE ItemID WHERE Items.STUDIO = "a" OR Items.YEAR > 2000',
            'Items.STUDIO = "a": the column is empty in all imported records: that part of OR is void.',
        ),
        (
            "INCLUDE ItemID WHERE Items.YEAR > 2020",
            'Items.YEAR > "2020": the imported values go from 1930 to 2020: lets no item pass.',
        ),
        (
            'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("bought")',
            'Interactions.EVENT_TYPE IN ("bought"): no imported record has such a value: keeps no item out.',
        ),
        (
            "EXCLUDE ItemID WHERE Items.YEAR > 2000 IF CurrentUser.AGE < 18",
            'CurrentUser.AGE < "18": the imported values go from 18 to 90: the expression never applies.',
        ),
    ],
)
def test_what_no_imported_record_meets_is_named(text, warning):
    assert told(text) == [warning]


@pytest.mark.parametrize(
    "text",
    [
        'EXCLUDE ItemID WHERE Items.GENRE NOT IN ("horror")',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("VIEW","never")',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        "INCLUDE ItemID WHERE Items.YEAR IN (1900,2020) AND Items.GENRE IN ($G)",
    ],
)
def test_what_some_record_may_meet_is_not(text):
    assert told(text) == []


def test_nothing_is_said_of_data_that_nobody_knows():
    assert told('INCLUDE ItemID WHERE Items.GENRE IN ("x") AND Items.YEAR > 9999', {}) == []

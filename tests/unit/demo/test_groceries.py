"""The data set as CSV files and as answers."""

import csv
from datetime import UTC, datetime

import pytest

from tastemaker.domain.schemas.schema import check_schema, parse_schema
from tastemaker_local.demo import schemas
from tastemaker_local.demo.groceries import Groceries, Household, Purchase


@pytest.fixture
def rows(groceries, tmp_path):
    def read(kind):
        with groceries.write(tmp_path)[kind].open(newline="") as file:
            return list(csv.DictReader(file))

    return read


def test_interactions_are_purchases_with_their_price_in_unix_seconds(rows):
    interactions = rows("INTERACTIONS")

    assert len(interactions) == 8
    assert interactions[0] == {
        "USER_ID": "10",
        "ITEM_ID": "1",
        "TIMESTAMP": "1483259400",
        "EVENT_TYPE": "purchase",
        "EVENT_VALUE": "2.0",
    }


def test_missing_item_metadata_is_an_empty_cell(rows):
    items = {row["ITEM_ID"]: row for row in rows("ITEMS")}

    assert items["3"] == {
        "ITEM_ID": "3",
        "DEPARTMENT": "GROCERY",
        "CATEGORY": "CAT FOOD",
        "BRAND": "",
        "PRODUCT_TYPE": "DRY CAT FOOD",
    }
    assert items["4"]["CATEGORY"] == items["4"]["PRODUCT_TYPE"] == ""


def test_users_are_the_households_with_demographics(rows):
    users = {row["USER_ID"]: row for row in rows("USERS")}

    assert users.keys() == {"10", "11", "12", "13"}
    assert users["11"]["INCOME"] == "Under 15K"
    assert users["11"]["MARITAL_STATUS"] == ""


@pytest.mark.parametrize("dataset_type", schemas.TYPES)
def test_every_file_has_the_columns_of_its_schema(rows, dataset_type):
    schema = parse_schema(schemas.avro(dataset_type))

    check_schema(schema, dataset_type.upper(), None)
    assert list(rows(dataset_type.upper())[0]) == [field.name for field in schema.fields]


def test_a_sample_holds_whole_households_and_is_always_the_same(folder):
    sample, again = Groceries(folder, households=2), Groceries(folder, households=2)

    assert sample.counts()["households"] == 2
    assert sample.households(4) == again.households(4)
    assert all(sample.times_bought(id_) == Groceries(folder).times_bought(id_) for id_ in sample.households(2))


def test_counts_say_how_much_there_is_of_everything(groceries):
    assert groceries.counts() == {"purchases": 8, "households": 4, "products": 4, "demographics": 4}


def test_portraits_show_three_stages_of_life(groceries):
    assert groceries.portraits() == [
        Household("10", "35-44", "2 Adults Kids", "50-74K", 3),
        Household("11", "65+", "1 Adult No Kids", "Under 15K", 2),
        Household("13", "25-34", "2 Adults No Kids", "35-49K", 2),
    ]


def test_recent_purchases_come_once_each_and_newest_first(groceries):
    assert groceries.recent("10", 5) == [
        Purchase("1", datetime(2017, 1, 3, 8, 30, tzinfo=UTC), 2),
        Purchase("2", datetime(2017, 1, 2, 8, 30, tzinfo=UTC), 1),
    ]


def test_a_product_outside_the_catalogue_still_has_a_name(groceries):
    assert groceries.names(["1", "2", "99"]) == {"1": "Fluid milk, 1 gal", "2": "Bananas", "99": "Product 99"}


def test_favourites_are_ordered_by_the_number_of_households(groceries):
    assert groceries.favourites("MILK", 3) == ["1"]
    assert groceries.favourites("NO SUCH CATEGORY", 3) == []


def test_the_last_day_of_a_household(groceries):
    assert groceries.last_day("10") == datetime(2017, 1, 3, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(("purchases", "household"), [(1, "11"), (3, "10")])
def test_a_newcomer_has_bought_about_so_much_and_nothing_of_a_kind(groceries, purchases, household):
    assert groceries.newcomer(["CAT FOOD", "CAT LITTER"], purchases) == household


def test_an_assortment_has_one_product_of_each_type_the_favourite_types_first(groceries):
    assert groceries.assortment(["MILK", "FRUIT", "CAT FOOD"], 2) == ["2", "1"]
    assert groceries.assortment(["CAT FOOD"], 5) == ["3"]

"""A data set of four households that is small enough to know by heart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

PRODUCTS = [
    (1, "GROCERY", "National", "MILK", "FLUID MILK", "1 GA"),
    (2, "PRODUCE", "Private", "FRUIT", "BANANAS", "40 LB"),
    (3, "GROCERY", None, "CAT FOOD", "DRY CAT FOOD", None),
    (4, "MISC", "National", None, None, None),
]
DEMOGRAPHICS = [
    (10, "35-44", "50-74K", "Homeowner", "Married", "4", "2 Adults Kids", "2"),
    (11, "65+", "Under 15K", None, None, "1", "1 Adult No Kids", "0"),
    (12, "25-34", "35-49K", "Renter", None, "2", "2 Adults No Kids", "0"),
    (13, "25-34", "35-49K", None, None, "2", "2 Adults No Kids", "0"),
]
MORNING = datetime(2017, 1, 1, 8, 30, tzinfo=UTC).replace(tzinfo=None)  # the data has no time zone
# (household, product, day of the year, price)
TRANSACTIONS = [
    (10, 1, 0, 1.999),
    (10, 2, 1, 0.5),
    (10, 1, 2, 2.0),
    (11, 2, 0, 0.75),
    (11, 99, 3, 4.0),
    (12, 3, 1, 1.25),
    (13, 1, 1, 1.0),
    (13, 2, 1, 1.0),
]


def write_tables(folder: Path) -> None:
    """Lay the tables out as the package does."""
    moments = [(h, p, price, MORNING + timedelta(days=day)) for h, p, day, price in TRANSACTIONS]
    _write(
        folder,
        "transactions",
        "household_id BIGINT, product_id BIGINT, sales_value DOUBLE, transaction_timestamp TIMESTAMP",
        moments,
    )
    _write(
        folder,
        "products",
        "product_id BIGINT, department TEXT, brand TEXT, product_category TEXT, product_type TEXT, package_size TEXT",
        PRODUCTS,
    )
    _write(
        folder,
        "demographics",
        "household_id BIGINT, age TEXT, income TEXT, home_ownership TEXT, marital_status TEXT, household_size TEXT, "
        "household_comp TEXT, kids_count TEXT",
        DEMOGRAPHICS,
    )


def _write(folder: Path, table: str, columns: str, rows: list[tuple]) -> None:
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names
        database.table(table).write_parquet(str(folder / f"{table}.parquet"))

"""Write the data of the getting-started guides: a year of purchases of 300 households, and what they bought.

python examples/groceries.py FOLDER     # writes interactions.csv and items.csv there
"""

import csv
import sys
from pathlib import Path

import duckdb

from tastemaker_local.demo.groceries import data_folder
from tastemaker_local.demo.product_names import display_name

# The same households on every machine, and of the products those that 20 of them know: a training of seconds.
PURCHASES = """
    CREATE TABLE purchases AS
    WITH sample AS (
        SELECT household_id, product_id, transaction_timestamp FROM transactions WHERE household_id IN (
            SELECT DISTINCT household_id FROM transactions ORDER BY md5(household_id::VARCHAR) LIMIT 300))
    SELECT household_id AS USER_ID, product_id AS ITEM_ID, epoch(transaction_timestamp)::BIGINT AS TIMESTAMP
    FROM sample WHERE product_id IN (
        SELECT product_id FROM sample GROUP BY 1 HAVING count(DISTINCT household_id) >= 20)
    ORDER BY TIMESTAMP, USER_ID, ITEM_ID"""
PRODUCTS = """
    SELECT product_id, product_type, product_category, department FROM products
    WHERE product_id IN (SELECT ITEM_ID FROM purchases) ORDER BY product_id"""


def excerpt(folder: Path) -> None:
    """Write the two files."""
    database = duckdb.connect()
    for table in ("transactions", "products"):
        database.read_parquet(str(data_folder() / f"{table}.parquet")).create_view(table)
    database.execute(PURCHASES)
    purchases = database.sql("FROM purchases").fetchall()
    products = [
        (item, display_name(kind, category), category, department)
        for item, kind, category, department in database.sql(PRODUCTS).fetchall()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "interactions.csv", [("USER_ID", "ITEM_ID", "TIMESTAMP"), *purchases])
    write(folder / "items.csv", [("ITEM_ID", "PRODUCT_NAME", "CATEGORY", "DEPARTMENT"), *products])


def write(path: Path, rows: list[tuple]) -> None:
    """Write one CSV file, and say how many rows are below its header."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{path}: {len(rows) - 1:,} rows")


if __name__ == "__main__":
    excerpt(Path(sys.argv[1]))

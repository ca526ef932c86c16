"""Texts that cells may hold, and what each door makes of them, for tests that compare the doors."""

from hypothesis import strategies as st

from tastemaker.domain.schemas.readings import Unreadable

SCRAPS = st.lists(
    st.sampled_from([*"0123456789.+-eE_ \t\n\v\f\r\u00a0\u0665,x", "e1", "1e", ".0", "inf", "nan"]), max_size=12
)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.integers(-(2**70), 2**70).map(lambda number: f"{number}.0"),
    st.floats().map(str),
    st.decimals(places=3, allow_nan=False, allow_infinity=False).map(str),
)
WORDS = st.sampled_from(
    ["true", "T", "yes", " y", "on", "1", "1.0", "01", "False", "f ", "NO", "n\t", "0", "0.0", "-0", "2"]
)
TEXTS = st.one_of(SCRAPS.map("".join), NUMBERS, WORDS).filter(bool)
STRINGS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.text("\u00e9a", min_size=999)
)
EXAMPLES = (
    "9007199254740993.4",
    "9007199254740993.0",
    "1.2345678901234568e+18",
    "9223372036854775807",
    "-9223372036854775808.0",
    "9223372036854775807.5",
    "2147483647.4",
    "3.4028235e38",
    "3.4028236e38",
    "." + "3" * 100,
    "1" * 400,
    "0x1f",
    "0b1",
    ".5",
    "5.",
    "-0.0",
    "10.5",
)
# Cells, and what they are once read; None where nobody can read them.
CELLS = {
    "boolean": {
        **dict.fromkeys(["1", "yes", "T", "Y", "TRUE", " true", "1.0"], True),
        **dict.fromkeys(["0", "no", "f", "False", "0.0"], False),
        **dict.fromkeys(["maybe", "2", "on"]),
    },
    "int": {
        **dict.fromkeys(["5", "5.0", " 5", "+5", "5e0", "005", "5."], 5),
        **dict.fromkeys(["5.5", "five", "2147483648", "1_000", "0x1f", "2006\u20132007", "true"]),
    },
    "long": {
        **dict.fromkeys(["1000000000000", "1e12", "1000000000000.0"], 10**12),
        **dict.fromkeys(["9223372036854775808", "2024-01-01"]),
    },
    "float": {
        **dict.fromkeys(["0.5", ".5", "5e-1", "+0.5"], 0.5),
        **dict.fromkeys(["NaN", "inf", "1e39", "1,5", "cheap"]),
    },
    "double": {**dict.fromkeys(["1e39", "1E+39"], 1e39), **dict.fromkeys(["1e400", "-Infinity"])},
    "string": {"a|b": "a|b", " a ": " a ", "x" * 1_000: "x" * 1_000},
}
CONTACTS = ("TAKEN", "NOT_TAKEN", "VIEWED")
SPELLINGS = ("Taken", "not taken", " VIEWED ", "Not_Taken", "click", "not  taken", "takenn")


def by_file(session, column, text):
    query = f"SELECT {column.readable_value('cell')} FROM (SELECT CAST(? AS VARCHAR) AS cell)"  # noqa: S608
    [(value,)] = session.execute(query, [text]).fetchall()
    return value


def by_call(session, column, text):
    try:
        value = column.value_of(text)
    except Unreadable:
        return None
    # A file's value has been a float of 32 bits, a record's becomes one when it is read.
    if column.field.type == "float" and value is not None:
        [(value,)] = session.execute("SELECT CAST(? AS FLOAT)", [str(value)]).fetchall()
    return value

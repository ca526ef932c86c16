"""Random data for filters: schemas, rows with gaps, users and items without a row, events before and after a training.

A cell is what filters.md of the reference says it is: a list of values, empty where there is none.
"""

import csv
import io
import random
from dataclasses import dataclass, field

NULLABLE = ["null", "string"]
WORDS = ("a", "b", "A", "comedy", "é", "e\u0301", "Straße", "購入", "🍕", 'say "hi"', "it's", "x, y", "two words")
PLAIN_WITH_BARS = ("a|b", "|", "b|a", "comedy|a|é", "aa|b", "a||b|")
PLAIN = (*WORDS, *PLAIN_WITH_BARS, "*", "null", "0", "007", "True", "$P", "CurrentItem.PRICE", "line\nbreak")
FIGURES = {
    "int": ("-1", "0", "1", "7", "18", "2000", "2147483647"),
    "long": ("-5", "0", "18", "1700000000", "1700000001", "4102444800"),
    "float": ("-1.5", "0", "0.1", "0.3", "2.5", "18", "19.99", "1000000"),
    "double": ("-1.5", "0", "0.1", "0.30000000000000004", "0.3", "1e9", "18"),
}
TYPES = ("Buy", "buy", "view", "VIEW", "Ansehen", "購入", "it's", "Über")
EVENTS = 1_050  # of which training needs 1,000


@dataclass(frozen=True)
class Column:
    """A field of a schema; `kind` is how its cells are read."""

    name: str
    type: str
    kind: str  # categorical, text, number, boolean or textual

    @property
    def avro(self):
        flags = {self.kind: True} if self.kind in {"categorical", "textual"} else {}
        return {"name": self.name, "type": ["null", self.type], **flags}

    def values(self, cell):
        """Read a cell."""
        if not cell:
            return []
        parts = [each for each in cell.split("|") if each]
        if self.kind == "text":  # a match is on any element, or on the whole: nothing says that there are several
            return [cell, *(each for each in parts if each != cell)]
        return parts if self.kind == "categorical" else [cell]


@dataclass
class Data:
    """One shop: `cells[dataset][id][COLUMN]` is the text in the file."""

    columns: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)
    events: list = field(default_factory=list)  # (user, item, type or "", moment)
    fresh: list = field(default_factory=list)  # the same, recorded after the training
    put: dict = field(default_factory=dict)  # rows as in `cells`, put after the training

    @property
    def items(self):
        return sorted({*self.cells["ITEMS"], *(item for _, item, _, _ in self.events)})

    def take_over(self):
        """Let what was put replace what was there, row by row."""
        self.cells = {dataset: {**rows, **self.put[dataset]} for dataset, rows in self.cells.items()}

    def file(self, dataset):
        """Write the file of a dataset."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        if dataset == "INTERACTIONS":
            writer.writerow(["USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP"])
            writer.writerows((user, item, type_, moment) for user, item, type_, moment in self.events)
        else:
            names = [column.name for column in self.columns[dataset]]
            writer.writerow([f"{dataset[:4]}_ID", *names])
            writer.writerows([id_, *(row[name] for name in names)] for id_, row in self.cells[dataset].items())
        return out.getvalue()


def random_data(seed):
    """Return a shop that no other seed has."""
    rng = random.Random(seed)  # noqa: S311  nothing is kept secret
    items = [f"i{n}" for n in range(rng.randint(12, 40))]
    users = [f"u{n}" for n in range(30)]
    data = Data()
    data.columns = {
        "ITEMS": _columns(rng, ("GENRE", "Brand", "PRICE", "Year", "RATING", "SINCE", "TAGS", "ABOUT", "NEW")),
        "USERS": _columns(rng, ("AGE", "CITY", "Tier", "SPENT")),
    }
    described = {"ITEMS": rng.sample(items, len(items) - 3), "USERS": [*rng.sample(users, 22), "quiet"]}
    data.cells = {dataset: _rows(rng, data.columns[dataset], ids) for dataset, ids in described.items()}
    data.events = [(rng.choice(users), rng.choice(items), rng.choice((*TYPES, "")), n) for n in range(EVENTS)]
    news = ["new1", "a first one", "i05", "émigré"]
    again = {"ITEMS": [*rng.sample(items, 5), *news], "USERS": [*rng.sample(users[:12], 4), "newcomer"]}
    data.put = {dataset: _rows(rng, data.columns[dataset], ids) for dataset, ids in again.items()}
    askers = [*users[:6], "newcomer"]
    data.fresh = [
        (rng.choice(askers), rng.choice([*items, "stranger", *news]), rng.choice(TYPES), EVENTS + n) for n in range(12)
    ]
    return data


def _rows(rng, columns, ids):
    return {id_: {column.name: _cell(rng, column) for column in columns} for id_ in ids}


def _columns(rng, names):
    kinds = [("string", "categorical"), ("string", "text"), *((type_, "number") for type_ in FIGURES)]
    columns = []
    for name in names:
        if name in {"ABOUT", "NEW"}:
            type_, kind = ("string", "textual") if name == "ABOUT" else ("boolean", "boolean")
        else:
            type_, kind = rng.choice(kinds)
        columns.append(Column(name, type_, kind))
    return columns


def _cell(rng, column):
    if rng.random() < 0.25:
        return ""
    if column.kind == "categorical":
        return "|".join(rng.choices(WORDS, k=rng.choice((1, 1, 2, 3))))
    if column.kind == "number":
        return rng.choice(FIGURES[column.type])
    if column.kind == "boolean":
        return rng.choice(("true", "false"))
    return rng.choice(PLAIN)

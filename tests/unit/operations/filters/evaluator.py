"""What a filter means, item by item in plain Python, and random filters to ask that of.

Written from the reference alone; nothing of Tastemaker is imported. A filter is a list of expressions, each a dict:
include, groups (lists of conditions; any group whose conditions all hold), ifs (conditions that all must hold).
A condition is (dataset, column name, operator, operand); an operand is ("values", [...]), ("given", name, [...] or
None) or ("current", column name).
"""

import operator
import random
import struct

from tests.unit.operations.filters.random_data import FIGURES, PLAIN, TYPES, WORDS

ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
NONSENSE = ("", "never", "comedy ", "Comedy", "a'b", 'q"', "back\\slash", "x|y")


class MissingValue(Exception):
    """An INCLUDE has no value for a parameter: the request is refused."""


def passes(data, expressions, item, user=None, current=None):
    """Whether an item passes for a user, asked beside a current item."""
    included, excluded, restricted = False, False, False
    for expression in expressions:
        groups, ifs, void = _given(expression)
        if void or not all(_met(data, condition, user) for condition in ifs):
            continue
        chosen = any(all(_holds(data, each, item, user, current) for each in group) for group in groups)
        if expression["include"]:
            included, restricted = included or chosen, True
        else:
            excluded = excluded or chosen
    return (included or not restricted) and not excluded


def _given(expression):
    """Return groups and ifs without the portions that have no value, and whether the whole does not apply."""
    everything = [*(each for group in expression["groups"] for each in group), *expression["ifs"]]
    if expression["include"] and any(_lacks(condition) for condition in everything):
        raise MissingValue
    groups = [[each for each in group if not _lacks(each)] for group in expression["groups"]]
    return [group for group in groups if group], expression["ifs"], any(map(_lacks, expression["ifs"]))


def _lacks(condition):
    return condition[3][0] == "given" and condition[3][2] is None


def _met(data, condition, user):
    """Whether a condition on the user holds: never for a user without a row or without the value."""
    row = data.cells["USERS"].get(user, {})
    values = _values(data, "USERS", condition[1], row)
    return bool(values) and _compare(_column(data, "USERS", condition[1]), values, condition[2], condition[3][-1])


def _holds(data, condition, item, user, current):
    dataset, name, sign, operand = condition
    if dataset == "INTERACTIONS":
        return _happened(data, item, user, sign, operand[-1])
    row = data.cells["ITEMS"].get(item, {})
    values = [item] if name == "ITEM_ID" else _values(data, "ITEMS", name, row)
    wanted = operand[-1]
    if operand[0] == "current":
        wanted = _values(data, "ITEMS", operand[1], data.cells["ITEMS"].get(current, {}))
    return _compare(_column(data, "ITEMS", name), values, sign, wanted)


def _happened(data, item, user, sign, wanted):
    """Whether the user had such events with the item; types ignore case, `*` is any, a missing one matches no text."""
    history = [*data.events, *data.fresh]
    types = [type_.lower() for owner, touched, type_, _ in history if (owner, touched) == (user, item)]
    wanted = [each.lower() for each in wanted]
    hit = any("*" in wanted or (type_ and type_ in wanted) for type_ in types)
    if sign == "!=":
        return any(types) and not hit
    return not hit if sign == "NOT IN" else hit


def _compare(column, values, sign, wanted):
    if column is not None and column.kind == "number":
        values, wanted = ([_number(each, column.type) for each in texts] for texts in (values, wanted))
    hit = any(value == each for value in values for each in wanted)
    if sign in {"IN", "="}:
        return hit
    if sign == "NOT IN":
        return not hit
    if not values or not wanted:
        return False
    return not hit if sign == "!=" else ORDERS[sign](values[0], wanted[0])


def _number(text, type_):
    """Read a number as wide as the field that it is compared with."""
    try:
        number = float(text)
    except ValueError:
        return float("nan")  # equals nothing
    return struct.unpack("f", struct.pack("f", number))[0] if type_ == "float" else number


def _column(data, dataset, name):
    return next((column for column in data.columns[dataset] if column.name == name), None)


def _values(data, dataset, name, row):
    return _column(data, dataset, name).values(row.get(name, ""))


class Writer:
    """Makes random filters over some data, their text and their values."""

    def __init__(self, data, seed):
        self.data, self.rng, self.values = data, random.Random(seed), {}  # noqa: S311  nothing is kept secret

    def asker(self, users):
        """Return a user and an item that is asked about."""
        return self.rng.choice(users), self.rng.choice([*self.data.items, "stranger"])

    def filter(self, *, current=False):
        """Return expressions and their text; `values` are what goes with it."""
        self.values = {}
        self.current = current
        expressions = [self._expression() for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 4)))]
        return expressions, self._space().join(["", *self._joined(map(self._written, expressions), "|"), ""])

    def _expression(self):
        self.include = self.rng.random() < 0.5
        dataset = self.rng.choice(("ITEMS", "ITEMS", "INTERACTIONS"))
        groups = [
            [self._condition(dataset) for _ in range(self.rng.choice((1, 1, 2, 3)))]
            for _ in range(self.rng.choice((1, 1, 2, 3)))
        ]
        ifs = [self._condition("USERS") for _ in range(self.rng.choice((0, 0, 0, 1, 2)))]
        return {"include": self.include, "groups": groups, "ifs": ifs}

    def _condition(self, dataset):
        if dataset == "INTERACTIONS":
            sign = self.rng.choice(("IN", "IN", "NOT IN", "=", "!="))
            return dataset, "EVENT_TYPE", sign, self._operand((*TYPES, "*", "bUY", "never", ""), sign)
        columns = [column for column in self.data.columns[dataset] if column.kind not in {"textual", "boolean"}]
        if dataset == "ITEMS" and self.rng.random() < 0.08:
            sign = self.rng.choice(("IN", "NOT IN", "=", "!="))
            return dataset, "ITEM_ID", sign, self._operand((*self.data.items, "stranger", "no"), sign)
        column = self.rng.choice(columns)
        numeric = column.kind == "number"
        sign = self.rng.choice(("IN", "NOT IN", "=", "!=", *(ORDERS if numeric else ())))
        if dataset == "ITEMS" and self.current and self.rng.random() < 0.3:
            alike = [each for each in columns if (each.kind == "number") == numeric]
            return dataset, column.name, sign, ("current", self.rng.choice(alike).name)
        pool = {"number": FIGURES.get(column.type), "categorical": (*WORDS, *NONSENSE)}
        return dataset, column.name, sign, self._operand(pool.get(column.kind, (*PLAIN, *NONSENSE)), sign)

    def _operand(self, pool, sign):
        most = 4 if sign in {"IN", "NOT IN"} else 1
        values = self.rng.choices(pool, k=self.rng.randint(1, most))
        if sign != "NOT IN" and self.rng.random() < 0.35:
            return self._parameter(values)
        if any("\n" in value for value in values):  # control characters are not for expressions
            return "values", ["plain"]
        return "values", values

    def _parameter(self, values):
        name = f"{self.rng.choice(('P', 'p', 'genre', '_1'))}{len(self.values)}"
        given = None if self.rng.random() < (0.02 if self.include else 0.15) else values
        self.values[name] = given
        return "given", name, given

    def filter_values(self):
        """Return the request's filterValues, in one of the ways of writing them."""
        return {name: self._list(values) for name, values in self.values.items() if values is not None}

    def _list(self, values):
        return self.rng.choice((",", ", ")).join(self._quoted(value, "\"'") for value in values)

    def _quoted(self, value, quotes):
        quote = self.rng.choice(quotes)
        return f"{quote}{value.replace(chr(92), chr(92) * 2).replace(quote, chr(92) + quote)}{quote}"

    def _written(self, expression):
        head = f"{self._case('INCLUDE' if expression['include'] else 'EXCLUDE')} {self._case('ItemID')}"
        groups = (f" {self._case('AND')} ".join(map(self._condition_text, each)) for each in expression["groups"])
        either = f" {self._case('OR')} "
        text = f"{head} {self._case('WHERE')} {either.join(groups)}"
        ifs = f" {self._case('AND')} ".join(map(self._condition_text, expression["ifs"]))
        return f"{text} {self._case('IF')} {ifs}" if ifs else text

    def _condition_text(self, condition):
        dataset, name, sign, operand = condition
        title = {"ITEMS": "Items", "INTERACTIONS": "Interactions", "USERS": "CurrentUser"}[dataset]
        field = f"{self._case(title)}{self._dot()}{self._case(name)}"
        if operand[0] == "current":
            return f"{field} {self._case(sign)} {self._case('CurrentItem')}.{self._case(operand[1])}"
        told = f"${operand[1]}" if operand[0] == "given" else ",".join(self._literal(dataset, v) for v in operand[1])
        if sign in {"IN", "NOT IN"}:
            return f"{field} {self._case(sign)}{self._space()}({self._space()}{told}{self._space()})"
        if operand[0] == "given" and self.rng.random() < 0.3:
            told = f"({told})"
        return f"{field}{self._space()}{sign}{self._space()}{told}"

    def _literal(self, dataset, value):
        if dataset == "INTERACTIONS" and value == "*":
            return self.rng.choice(('"*"', "'*'", "*"))
        figures = {figure for pool in FIGURES.values() for figure in pool}
        return value if value in figures and self.rng.random() < 0.5 else self._quoted(value, "\"'")

    def _case(self, word):
        return self.rng.choice((word, word, word.lower(), word.upper(), word.swapcase()))

    def _space(self):
        return self.rng.choice((" ", " ", "", "  ", "\n", "\t"))

    def _dot(self):
        return self.rng.choice((".", ".", ".", " . "))

    def _joined(self, texts, joint):
        first, *others = texts
        return [first, *(part for text in others for part in (joint, text))]

"""Filter expressions, read from text (guide: "Filter expressions"); flat by grammar, so no text can nest deeply."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tastemaker.domain.filters.expressions import Condition, Expression, Filter, ItemField, Parameter, Term

_MAX_CHARACTERS = 2500
_LONGEST_SHOWN = 100  # characters of a symbol in a message
# What an expression on a target may look at besides the user that asks.
_DATASETS = {
    "ITEMID": ("ITEMS", "INTERACTIONS"),
    "USERID": ("USERS", "INTERACTIONS"),
    "ACTIONID": ("ACTIONS", "ACTION_INTERACTIONS"),
}
_TARGETS = {"ITEMID": "ItemID", "USERID": "UserID", "ACTIONID": "ActionID"}
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<parameter>\$[A-Za-z0-9_]+)
      | (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?(?![A-Za-z0-9_.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<symbol><=|>=|!=|[=<>().,|*])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([\"'\\])")


class InvalidFilter(ValueError):
    """The expression is refused; the message begins as the real service's does and names the place."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Could not create filter. {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int

    @property
    def keyword(self) -> str:
        """The token as a keyword or symbol; quoted text never is one."""
        return self.text.upper() if self.kind in {"word", "symbol"} else ""

    def __str__(self) -> str:
        if not self.text:
            return "end of the expression"
        text = self.text if len(self.text) <= _LONGEST_SHOWN else f"{self.text[:_LONGEST_SHOWN]}..."
        # Quoted text may hold marks that turn the rest of a line around.
        printable = text if text.isprintable() else ascii(text)[1:-1]
        return f"{printable} at character {self.place + 1}"


@lru_cache(maxsize=256)
def parse_filter(text: str) -> Filter:
    """Read a filter expression, or raise InvalidFilter."""
    if not 0 < len(text) <= _MAX_CHARACTERS:
        raise InvalidFilter(f"The expression has {len(text)} characters; 1 to {_MAX_CHARACTERS} are allowed.")
    reader = _Reader(list(_tokens(text)))
    expressions = [_expression(reader)]
    while reader.take("|"):
        expressions.append(_expression(reader))
    if reader.next.kind != "end":
        raise reader.unexpected("AND, OR, IF, | or the end")
    if len({expression.target for expression in expressions}) > 1:
        raise InvalidFilter("All expressions of a filter must have the same target: ItemID, UserID or ActionID.")
    return Filter(tuple(expressions))


@lru_cache(maxsize=256)
def parse_attributes(text: str) -> Expression:
    """Read conditions on Items alone, with no values to come, as those items that they choose; raise InvalidFilter."""
    if not 0 < len(text) <= _MAX_CHARACTERS:
        raise InvalidFilter(f"The expression has {len(text)} characters; 1 to {_MAX_CHARACTERS} are allowed.")
    reader = _Reader(list(_tokens(text)))
    if reader.next.keyword != "ITEMS":
        raise reader.unexpected("Items")
    expression = Expression(include=True, target="ItemID", alternatives=_alternatives(reader, "ITEMID"))
    if reader.next.kind != "end":
        raise reader.unexpected("AND, OR or the end")
    strange = next((term for each in expression.choices for term in each.terms if not isinstance(term, str)), None)
    if strange is not None:
        raise InvalidFilter("A value must be a quoted text or a number; there are no placeholders and no CurrentItem.")
    return expression


def unquote(text: str) -> str:
    """Return what a quoted string stands for; a backslash escapes quotes and itself."""
    return _ESCAPE.sub(r"\1", text[1:-1])


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while True:
        match = _TOKEN.match(text, place)
        kind = match.lastgroup if match else None
        if not match or not kind:
            rest = text[place:].lstrip(" \t\r\n")
            raise _bad_symbol(rest, len(text) - len(rest))
        token = _Token(kind, match[kind], match.start(kind))
        for offset, character in enumerate(token.text):
            if unicodedata.category(character) in {"Cc", "Cs"}:
                raise _bad_symbol(character, token.place + offset)
        yield token
        if kind == "end":
            return
        place = match.end()


def _bad_symbol(rest: str, place: int) -> InvalidFilter:
    first = rest[0]
    if first in "\"'":
        return InvalidFilter(f"Invalid input symbol: {first} at character {place + 1}. The quotation is not closed.")
    printable = first.isascii() and first.isprintable()
    symbol = first if printable else f"U+{ord(first):04X} {unicodedata.name(first, 'control character')}"
    return InvalidFilter(f"Invalid input symbol: {symbol} at character {place + 1}.")


class _Reader:
    """Walks through the tokens, one ahead."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> _Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def take(self, *keywords: str) -> str | None:
        """Step over one of some keywords if it comes next, and return it."""
        if self.next.keyword not in keywords:
            return None
        return self.step().keyword

    def expect(self, *keywords: str) -> str:
        """Step over one of some keywords, or refuse the expression."""
        keyword = self.take(*keywords)
        if keyword is None:
            raise self.unexpected(" or ".join(keywords))
        return keyword

    def word(self, what: str) -> str:
        """Step over a name and return it in upper case."""
        if self.next.kind != "word":
            raise self.unexpected(what)
        return self.step().text.upper()

    def step(self) -> _Token:
        """Return the next token and step over it; nothing comes behind the end."""
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def unexpected(self, expectation: str) -> InvalidFilter:
        """Return the refusal of what comes next."""
        return InvalidFilter(f"Invalid input symbol: {self.next}. Expected {expectation}.")


def _expression(reader: _Reader) -> Expression:
    include = reader.expect("INCLUDE", "EXCLUDE") == "INCLUDE"
    target = reader.expect(*_DATASETS)
    reader.expect("WHERE")
    alternatives = _alternatives(reader, target)
    requirements = _requirements(reader) if reader.take("IF") else ()
    return Expression(include, _TARGETS[target], alternatives, requirements)


def _alternatives(reader: _Reader, target: str) -> tuple[tuple[Condition, ...], ...]:
    """Read conditions; AND binds tighter than OR."""
    alternatives = [[_condition(reader, _DATASETS[target])]]
    dataset = alternatives[0][0].dataset
    while joint := reader.take("AND", "OR"):
        place = reader.next
        condition = _condition(reader, _DATASETS[target])
        if condition.dataset != dataset:
            raise InvalidFilter(
                f"Invalid input symbol: {place}. An expression looks at one dataset; join expressions with |."
            )
        if joint == "AND":
            alternatives[-1].append(condition)
        else:
            alternatives.append([condition])
    return tuple(tuple(each) for each in alternatives)


def _requirements(reader: _Reader) -> tuple[Condition, ...]:
    conditions = [_condition(reader, ("CURRENTUSER",))]
    while reader.take("AND"):
        conditions.append(_condition(reader, ("CURRENTUSER",)))
    return tuple(conditions)


def _condition(reader: _Reader, datasets: tuple[str, ...]) -> Condition:
    dataset = reader.expect(*datasets)
    reader.expect(".")
    field = reader.word("the name of a field")
    operator = reader.expect("IN", "NOT", *sorted(_COMPARISONS))
    if operator == "NOT":
        operator = f"NOT {reader.expect('IN')}"
    terms = _comparand(reader, dataset, field) if operator in _COMPARISONS else _list(reader, dataset, field, operator)
    return Condition(dataset.replace("CURRENTUSER", "USERS"), field, operator, terms)


def _list(reader: _Reader, dataset: str, field: str, operator: str) -> tuple[Term, ...]:
    if dataset == "ITEMS" and reader.take("CURRENTITEM"):
        return (_item_field(reader),)
    reader.expect("(")
    terms = [_element(reader, field, operator)]
    while reader.take(","):
        terms.append(_element(reader, field, operator))
    reader.expect(")")
    if len(terms) > 1 and any(isinstance(term, Parameter) for term in terms):
        raise InvalidFilter("A list holds one placeholder alone, or values; a placeholder may carry several values.")
    return tuple(terms)


def _element(reader: _Reader, field: str, operator: str) -> Term:
    if operator == "NOT IN" and reader.next.kind == "parameter":
        name = reader.next.text
        raise InvalidFilter(f"Invalid input symbol: {name}. Placeholders are not allowed with NOT_IN operator.")
    return _value(reader, field)


def _comparand(reader: _Reader, dataset: str, field: str) -> tuple[Term, ...]:
    if dataset == "ITEMS" and reader.take("CURRENTITEM"):
        return (_item_field(reader),)
    if not reader.take("("):
        return (_value(reader, field),)
    if reader.next.kind != "parameter":
        raise reader.unexpected("a placeholder")
    term = _value(reader, field)
    reader.expect(")")
    return (term,)


def _item_field(reader: _Reader) -> ItemField:
    reader.expect(".")
    return ItemField(reader.word("the name of a field"))


def _value(reader: _Reader, field: str) -> Term:
    if field == "EVENT_TYPE" and reader.take("*"):
        return "*"
    token = reader.next
    if token.kind not in {"string", "number", "parameter"}:
        raise reader.unexpected("a quoted text, a number or a placeholder")
    reader.step()
    if token.kind == "parameter":
        return Parameter(token.text[1:])
    return unquote(token.text) if token.kind == "string" else token.text

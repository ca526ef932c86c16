"""Filters on a model, against an evaluator that looks at one item after the other."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.domain.filters.expressions import Condition, Expression, Filter, ItemField
from tastemaker.domain.filters.language import parse_filter
from tastemaker.domain.filters.values import bind
from tastemaker.recipes import registry
from tastemaker.recipes.data import TrainingData
from tastemaker.serving import artifacts
from tastemaker.serving.asking import Asking
from tastemaker.serving.catalogue import Numbers, Texts, Touched, arrays_of, arrays_of_touched
from tastemaker.serving.filtering import Filtering
from tastemaker.serving.model import open_model

RECIPE = registry.get("aws-sims")
ITEMS = [f"i{n:02d}" for n in range(12)]
USERS = [f"u{n}" for n in range(6)]
GENRES = ["", "a", "b", "a|b", "c|a", "b|c|d", "", "d", "a|a", "é", "c", "A"]
TITLES = ["x", "", "y", "x|y", "z", "", "xx|x", "y|", "|z", "w||x", "v", "|"]
PRICES = [1.0, 2.5, np.nan, 0.1, 5, 5, np.nan, 3, -1, 0, 2.5, 7]
AGES = [10, 20, np.nan, 30, 18, 40]
CITIES = ["p", "", "q", "p|q", "", "p"]
TYPES = ["Buy", "view", "", "buy"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A saved model, and what it is of, as plain dictionaries."""
    rng = np.random.default_rng(0)
    events = [
        (str(u), str(i), TYPES[t])
        for u, i, t in zip(rng.choice(USERS[:5], 60), rng.choice(ITEMS, 60), rng.integers(0, 4, 60), strict=True)
    ]
    folder = tmp_path_factory.mktemp("model")
    data = TrainingData.from_ids(USERS * 12, sorted(ITEMS * 6), range(72))
    catalogue = (
        arrays_of("ITEMS", "GENRE", Texts.of(GENRES, split=True))
        | arrays_of("ITEMS", "Title", Texts.of(TITLES, split=False))
        | arrays_of("ITEMS", "PRICE", Numbers(np.array(PRICES, np.float32)))
        | arrays_of("USERS", "AGE", Numbers(np.array(AGES, np.float64)))
        | arrays_of("USERS", "CITY", Texts.of(CITIES, split=True))
        | arrays_of_touched(touched(events))
    )
    data = TrainingData(data.interactions, data.user_ids, data.item_ids, catalogue=catalogue)
    artifacts.save(folder, recipe=RECIPE, model=RECIPE.fit(data), data=data)
    return folder, events


def touched(events):
    users, names = sorted({user for user, _, _ in events}), sorted({type_ for _, _, type_ in events})
    rows = sorted({(users.index(u), names.index(t), ITEMS.index(i)) for u, i, t in events})
    codes = np.array(rows, np.int32).T
    starts = np.searchsorted(codes[0], np.arange(len(users) + 1)).astype(np.int64)
    return Touched(np.array(users), starts, codes[2], codes[1], np.array(names))


@pytest.fixture(scope="module")
def filtering(world):
    return Filtering(artifacts.load(world[0]))


class Slow:
    """Looks every item up in plain dictionaries."""

    def __init__(self, events, user, item):
        self.events, self.user, self.item = events, user, item

    def passes(self, rule, item):
        applying = [each for each in rule.expressions if all(self.met(c) for c in each.requirements)]
        included = [self.chosen(each, item) for each in applying if each.include]
        excluded = [self.chosen(each, item) for each in applying if not each.include]
        return (any(included) or not included) and not any(excluded)

    def chosen(self, expression, item):
        return any(all(self.holds(c, self.values(c, item)) for c in each) for each in expression.alternatives)

    def met(self, condition):
        values = self.values(condition, self.user) if self.user in USERS else []
        return bool(values) and self.holds(condition, values)

    def values(self, condition, row):
        if condition.dataset == "INTERACTIONS":
            return [t.lower() for u, i, t in self.events if (u, i) == (self.user, row)]
        index = (ITEMS if condition.dataset == "ITEMS" else USERS).index(row)
        return self.cell(condition.field, index)

    def cell(self, field, index):
        column = {"GENRE": GENRES, "TITLE": TITLES, "PRICE": PRICES, "AGE": AGES, "CITY": CITIES, "ITEM_ID": ITEMS}[
            field
        ]
        if field in {"PRICE", "AGE"}:
            return [] if np.isnan(column[index]) else [column[index]]
        parts = column[index].split("|")
        # A plain string is a value as a whole, too.
        return [v for v in (parts if field in {"GENRE", "CITY"} else [column[index], *parts]) if v]

    def holds(self, condition, values):
        terms = list(condition.terms)
        if isinstance(terms[0], ItemField):
            terms = self.cell(terms[0].name, ITEMS.index(self.item)) if self.item else []
        if condition.field in {"PRICE", "AGE"}:
            terms = [float(term) for term in terms]
        if condition.dataset == "INTERACTIONS":
            terms = [term.lower() for term in terms]
        hit = any(value in terms or "*" in terms for value in values)
        if condition.operator in {"IN", "="}:
            return hit
        if condition.operator == "NOT IN":
            return not hit
        if not values or not terms:
            return False
        if condition.operator == "!=":
            return not hit and any(value != "" for value in values)
        compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[condition.operator]
        return compare(values[0], terms[0])


def conditions(dataset, texts, numbers):
    sets, one = st.sampled_from(["IN", "NOT IN"]), st.sampled_from(["=", "!="])
    order = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])
    kinds = [
        st.builds(
            Condition,
            st.just(dataset),
            st.just(field),
            operators,
            st.lists(st.sampled_from(values), min_size=1, max_size=most).map(tuple),
        )
        for field, values in texts.items()
        for operators, most in ((sets, 3), (one, 1))
    ]
    figures = st.sampled_from(["0.1", "2.5", "18", "5", "-1", "1e3", "20"])
    kinds += [
        st.builds(
            Condition,
            st.just(dataset),
            st.just(field),
            operators,
            st.lists(figures, min_size=1, max_size=most).map(tuple),
        )
        for field in numbers
        for operators, most in ((sets, 3), (order, 1))
    ]
    return st.one_of(kinds)


OF_ITEMS = conditions(
    "ITEMS",
    {"GENRE": ["a", "b", "c", "d", "é", "A", "zz", "a|b"], "TITLE": ["x", "y", "x|y", "q"], "ITEM_ID": [*ITEMS, "no"]},
    ["PRICE"],
) | st.sampled_from(
    [Condition("ITEMS", "PRICE", sign, (ItemField("PRICE"),)) for sign in ("<", ">=", "=", "!=")]
    + [Condition("ITEMS", "GENRE", sign, (ItemField("GENRE"),)) for sign in ("IN", "NOT IN")]
)
OF_EVENTS = conditions("INTERACTIONS", {"EVENT_TYPE": ["buy", "VIEW", "*", "never"]}, [])
OF_USERS = conditions("USERS", {"CITY": ["p", "q", "r"]}, ["AGE"])


def expressions(those):
    alternatives = st.lists(st.lists(those, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)
    requirements = st.lists(OF_USERS, max_size=2).map(tuple)
    return st.builds(Expression, st.booleans(), st.just("ItemID"), alternatives, requirements)


FILTERS = st.builds(Filter, st.lists(expressions(OF_ITEMS) | expressions(OF_EVENTS), min_size=1, max_size=4).map(tuple))
FRESH = st.lists(
    st.tuples(st.sampled_from([*ITEMS, "stranger"]), st.sampled_from(["Buy", "click", "VIEW"])), max_size=3
)


ASKERS = st.tuples(st.sampled_from([*USERS, "nobody"]), st.sampled_from([None, *ITEMS]), FRESH)


@settings(max_examples=600, deadline=None)
@given(FILTERS, ASKERS)
def test_masks_say_what_a_slow_evaluator_says(filtering, world, rule, asking):
    user, item, fresh = asking
    events = [{"item_id": each, "event_type": type_} for each, type_ in fresh]

    allowed = filtering.allowed(rule, Asking(user, events, item))

    slow = Slow([*world[1], *((user, each, type_) for each, type_ in fresh)], user, item)
    assert [i for i, passes in zip(ITEMS, allowed, strict=True) if passes] == [i for i in ITEMS if slow.passes(rule, i)]


def rule_of(text, **values):
    return bind(parse_filter(text), values)


NOT_TOUCHED = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'


def test_a_ranking_leaves_out_what_does_not_pass(world):
    model = open_model(world[0])
    rule = rule_of("INCLUDE ItemID WHERE Items.GENRE IN ($G)", G='"a"')

    found = model.rank(Asking("u0", rule=rule), ["stranger", *ITEMS])

    assert {item for item, _ in found} == {item for item, cell in zip(ITEMS, GENRES, strict=True) if "a" in cell}


def test_items_the_model_does_not_know_have_no_values_but_may_have_events(world):
    model = open_model(world[0])
    event = {"item_id": "new", "event_type": "buy", "timestamp": 1}

    found = model.rank(Asking("nobody", [event], rule=rule_of(NOT_TOUCHED)), ["newer", "new"])
    without_values = rule_of('EXCLUDE ItemID WHERE Items.GENRE NOT IN ("a")')
    other = model.rank(Asking("nobody", rule=without_values), ["new"])

    assert (found, other) == ([("newer", None)], [])


def test_fields_that_a_model_knows_nothing_of_are_named(world, tmp_path):
    rule = rule_of('EXCLUDE ItemID WHERE Items.COLOUR IN ("red") | ' + NOT_TOUCHED)
    data = TrainingData.from_ids(USERS, ITEMS[:6], range(6))
    artifacts.save(tmp_path, recipe=RECIPE, model=RECIPE.fit(data), data=data)

    assert open_model(world[0]).lacks(rule) == ["ITEMS.COLOUR"]
    assert open_model(tmp_path).lacks(rule) == ["INTERACTIONS.EVENT_TYPE", "ITEMS.COLOUR"]


def test_a_condition_is_computed_once(filtering):
    rule = rule_of("INCLUDE ItemID WHERE Items.PRICE < 3")
    asking = Asking("u1")

    assert filtering.allowed(rule, asking).sum() == sum(price < 3 for price in PRICES)
    before = filtering._mask.cache_info().misses
    filtering.allowed(rule, asking)
    assert filtering._mask.cache_info().misses == before

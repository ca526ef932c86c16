"""What a training may be told about its data: which events and columns count, and what else to aim at."""

from collections.abc import Collection, Mapping
from typing import Any

from tastemaker.domain.schemas.rules import rules_for
from tastemaker.domain.schemas.schema import Field, Schema
from tastemaker.domain.training.hyperparameters import LARGEST, InvalidConfig, is_beyond_all, number, shown
from tastemaker.domain.training.schedule import MOST_DAYS, days_of

Schemas = Mapping[str, Schema]

_NUMERIC = frozenset({"int", "long", "float", "double"})
_COLUMNS = ("excludedDatasetColumns", "includedDatasetColumns")
# Never left out, besides the ids and times that no interaction can be without.
_KEPT = {"INTERACTIONS": {"EVENT_TYPE"}}
# Columns of items that are no attributes.
_NO_ATTRIBUTES = ("ITEM_ID", "CREATION_TIMESTAMP")


def require_datasets(types: Collection[str], schemas: Schemas, *, recipe: str) -> None:
    """Refuse a recipe whose datasets are not all there."""
    if missing := sorted(set(types) - schemas.keys()):
        raise InvalidConfig(f"Recipe {recipe} needs a dataset of type {missing[0]}: the dataset group has none.")


def require_attributes(schema: Schema, *, recipe: str) -> None:
    """Refuse a recipe that is asked for attributes of items where items have none that may be asked for."""
    if not any(field.name.upper() not in _NO_ATTRIBUTES and _is_attribute(field) for field in schema.fields):
        raise InvalidConfig(
            f"Recipe {recipe} needs a column of ITEMS besides {' and '.join(_NO_ATTRIBUTES)} that is neither textual "
            "nor boolean; the schema of the dataset has none."
        )


def require_texts(schema: Schema, config: Mapping[str, Any], *, recipe: str) -> None:
    """Refuse a recipe that reads texts where items have none ("Semantic-Similarity recipe"), or all are left out."""
    flags = {"itemName": "item_name", "textual": "textual"}
    texts = {flag: [f.name for f in schema.fields if getattr(f, member)] for flag, member in flags.items()}
    for flag, names in texts.items():
        if not names:
            raise InvalidConfig(
                f'Recipe {recipe} needs a string column of ITEMS with "{flag}": true; '
                "the schema of the dataset has none."
            )
    columns = sorted({name for names in texts.values() for name in names})
    if not any(is_trained(config, "ITEMS", name) for name in columns):
        raise InvalidConfig(
            f"solutionConfig.trainingDataConfig leaves recipe {recipe} nothing to read: include {' or '.join(columns)}."
        )


def is_trained(config: Mapping[str, Any], type_: str, column: str) -> bool:
    """Whether a column of a dataset may be used, by a `trainingDataConfig`."""
    way, names = trained_columns(config).get(type_, (_COLUMNS[0], frozenset[str]()))
    return (column.upper() in names) == (way == _COLUMNS[1])


def _is_attribute(field: Field) -> bool:
    return not field.textual and field.type != "boolean"


def check_schedule(config: Mapping[str, Any], *, member: str) -> None:
    """Check how often a solution is trained by itself ("Configuring automatic training")."""
    expression = config.get("schedulingExpression")
    if expression is not None and days_of(expression) is None:
        raise InvalidConfig(
            f"{member}.schedulingExpression must be rate(N days), N from 1 to {MOST_DAYS}, not {shown(expression)}."
        )


def check_event_type(event_type: str | None, threshold: str | None, schemas: Schemas) -> None:
    """Check the older way to choose events: one type, or one least value, or both."""
    if event_type is not None:
        if not event_type:
            raise InvalidConfig("eventType is empty; leave it out to train on events of all types.")
        _need_column("EVENT_TYPE", "eventType", schemas)
    if threshold is not None:
        value = number(threshold)
        if value is None and not is_beyond_all(threshold):
            raise InvalidConfig(f"solutionConfig.eventValueThreshold must be a number, not {shown(threshold)}.")
        _check_threshold(value, shown(threshold), "solutionConfig.eventValueThreshold", schemas)


def check_events(config: Mapping[str, Any], schemas: Schemas, *, member: str) -> None:
    """Check the weights of event types; types differ by more than their case, as they do in training."""
    entries = config.get("eventParametersList", [])
    member = f"{member}.eventParametersList"
    places = dict[str, int]()
    for place, entry in enumerate(entries, 1):
        type_ = entry.get("eventType")
        if not type_:
            raise InvalidConfig(f"{member}.{place}.member has no eventType; every entry must name one.")
        if other := places.get(type_.lower()):
            raise InvalidConfig(f"{member}.{place}.member names the event type {shown(type_)}, as entry {other} does.")
        places[type_.lower()] = place
        _need_column("EVENT_TYPE", f"{member}.{place}.member.eventType", schemas)
        if "eventValueThreshold" in entry:
            value = entry["eventValueThreshold"]
            _check_threshold(value, shown(value), f"{member}.{place}.member.eventValueThreshold", schemas)
    if entries and not any(entry.get("weight", 1.0) for entry in entries):
        raise InvalidConfig(f"{member} gives every event type the weight 0; at least one must count.")


def check_objective(config: Mapping[str, Any], schemas: Schemas, *, member: str) -> None:
    """Check what is aimed at besides relevance ("Optimizing a solution for an additional objective")."""
    for name in ("itemAttribute", "objectiveSensitivity"):
        if name not in config:
            raise InvalidConfig(
                f"{member}.{name} is missing; an objective needs itemAttribute and objectiveSensitivity."
            )
    attribute, member = config["itemAttribute"], f"{member}.itemAttribute"
    if "ITEMS" not in schemas:
        raise InvalidConfig(
            f"{member} {shown(attribute)} is a column of Items: the dataset group has no Items dataset."
        )
    field = _fields(schemas["ITEMS"]).get(attribute.upper())
    if field is None:
        raise InvalidConfig(f"{member} {shown(attribute)} is not in the schema of the Items dataset.")
    if field.type not in _NUMERIC:
        raise InvalidConfig(f"{member} {field.name} must be a numeric column of Items; its type is {field.type}.")
    if field.nullable:
        raise InvalidConfig(f"{member} {field.name} must be a column of Items that does not allow null.")


def check_columns(config: Mapping[str, Any], schemas: Schemas, *, member: str) -> None:
    """Check the columns that training leaves out, or alone may use ("Configuring columns used when training")."""
    ways = dict[str, str]()
    for way in _COLUMNS:
        for dataset, names in config.get(way, {}).items():
            type_, place = dataset.upper(), f"{member}.{way}"
            if rules_for(type_, None) is None:
                raise InvalidConfig(f"{place} {shown(dataset)} is no dataset type; name INTERACTIONS, ITEMS or USERS.")
            if type_ not in schemas:
                raise InvalidConfig(f"{place} {dataset}: the dataset group has no {type_} dataset.")
            if type_ in ways:
                other = "is written twice" if ways[type_] == way else f"is in {ways[type_]} too"
                raise InvalidConfig(f"{place} {dataset} {other}; choose the columns of a dataset in one way.")
            ways[type_] = way
            _check_names(names, type_, schemas[type_], place, may_be_keys=way != _COLUMNS[0])


def trained_columns(config: Mapping[str, Any]) -> dict[str, tuple[str, frozenset[str]]]:
    """Return how columns are chosen by dataset type, in one spelling; what chooses nothing is left out."""
    return {
        type_.upper(): (way, frozenset(name.upper() for name in names))
        for way in _COLUMNS
        for type_, names in config.get(way, {}).items()
        if names
    }


def _check_names(names: list[str], type_: str, schema: Schema, place: str, *, may_be_keys: bool) -> None:
    fields, rules = _fields(schema), rules_for(type_, None)
    keys = {*(rules.keys if rules else ()), *_KEPT.get(type_, ())}
    if may_be_keys and not names:
        raise InvalidConfig(f"{place} {type_} names no column; name at least one, or leave the dataset out.")
    for name in names:
        if name.upper() not in fields:
            raise InvalidConfig(f"{place} {type_}: the column {shown(name)} is not in the schema of the dataset.")
        if name.upper() in keys and not may_be_keys:
            raise InvalidConfig(f"{place} {type_}: the column {name} cannot be excluded; training needs it.")


def _check_threshold(value: float | None, text: str, member: str, schemas: Schemas) -> None:
    """Refuse what no event can reach or all do; None: a number beyond all that computers hold."""
    _need_column("EVENT_VALUE", member, schemas)
    type_ = _fields(schemas["INTERACTIONS"])["EVENT_VALUE"].type
    most = LARGEST[type_]
    if value is None or abs(value) > most:
        raise InvalidConfig(
            f"{member} must be from {-most:.2g} to {most:.2g}, as EVENT_VALUE ({type_}) is, not {text}."
        )


def _need_column(column: str, member: str, schemas: Schemas) -> None:
    if "INTERACTIONS" not in schemas:
        raise InvalidConfig(f"{member} needs the column {column}: the dataset group has no Interactions dataset.")
    if column not in _fields(schemas["INTERACTIONS"]):
        raise InvalidConfig(f"{member} needs the column {column} in the schema of the Interactions dataset.")


def _fields(schema: Schema) -> dict[str, Field]:
    return {field.name.upper(): field for field in schema.fields}

"""Schemas: the Avro record that describes one dataset, read and checked against its dataset type and domain."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tastemaker.domain.schemas.rules import Column, Rules, rules_for

_MAX_CHARACTERS = 20_000
_PRIMITIVES = frozenset({"string", "int", "long", "float", "double", "boolean"})
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class InvalidSchema(ValueError):
    """The schema breaks a rule; the message names the field and the rule."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its type without null, and how training may use it."""

    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    item_name: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """A parsed schema; `name` is the record's name as written."""

    name: str
    fields: tuple[Field, ...]


def parse_schema(text: str) -> Schema:
    """Read an Avro record and check what holds for every dataset type, as CreateSchema does."""
    if len(text) > _MAX_CHARACTERS:
        raise InvalidSchema(f"The schema has {len(text)} characters; at most {_MAX_CHARACTERS} are allowed.")
    name, raw_fields = _record(text)
    fields = tuple(_field(raw) for raw in raw_fields)
    _check_names(fields)
    _check_single("textual", [field.name for field in fields if field.textual])
    _check_single("itemName", [field.name for field in fields if field.item_name])
    return Schema(name, fields)


def check_schema(schema: Schema, dataset_type: str, domain: str | None) -> None:
    """Check that a schema fits a dataset type in a domain (None: a custom dataset group), as CreateDataset does."""
    rules = rules_for(dataset_type, domain)
    if rules is None:
        raise InvalidSchema(f"A dataset group of domain {domain or 'custom'} holds no {dataset_type} dataset.")
    # Public clients name the record in lower case too, and Amazon Personalize takes it.
    if schema.name.lower() != rules.record_name.lower():
        raise InvalidSchema(
            f"The schema is named {schema.name:.100}; {dataset_type} needs the name {rules.record_name}."
        )
    fields = {field.name: field for field in schema.fields}
    _check_spelling(fields, rules.columns)
    _check_required(fields, {**rules.keys, **rules.required})
    for name, column in rules.columns.items():
        if name in fields:
            _check_column(fields[name], column)
    _check_metadata(schema, rules)


def double_of(schema: Schema, dataset_type: str, domain: str | None) -> str:
    """Return the first reserved field of type double, where the guide asks for float, or an empty name."""
    rules = rules_for(dataset_type, domain)
    reserved = rules.columns if rules else {}
    return next((field.name for field in schema.fields if field.name in reserved and field.type == "double"), "")


def check_replacement(old: Schema, new: Schema, dataset_type: str) -> None:
    """Check that a schema may replace another: old fields as they were, added ones nullable, as UpdateDataset does."""
    if dataset_type.upper() not in {"ITEMS", "USERS"}:
        raise InvalidSchema(f"The schema of {dataset_type} cannot be replaced; only that of Items and Users can.")
    new_fields = {field.name: field for field in new.fields}
    for field in old.fields:
        if new_fields.pop(field.name, None) != field:
            raise InvalidSchema(f"The field {field.name} must stay as it is in the present schema.")
    for field in new_fields.values():
        if not field.nullable:
            raise InvalidSchema(f"The added field {field.name} must allow null.")


def _record(text: str) -> tuple[str, list[object]]:
    try:
        # Whole numbers mean nothing in a schema; as floats, one of thousands of digits is no work.
        document = json.loads(text, parse_int=float, parse_constant=_no_constant, object_pairs_hook=_object)
    except InvalidSchema:
        raise
    except RecursionError:
        raise InvalidSchema("The schema is not JSON that can be read: it is nested too deeply.") from None
    except ValueError as error:
        raise InvalidSchema(f"The schema is not JSON: {error}.") from None
    if not isinstance(document, dict) or document.get("type") != "record":
        raise InvalidSchema('The schema must be an Avro record: a JSON object with "type": "record".')
    # Which namespace and version they are is the caller's: public clients write both as they like.
    if not isinstance(document.get("namespace", ""), str):
        raise InvalidSchema(f"The schema's namespace must be text, not {json.dumps(document['namespace']):.100}.")
    name, fields = document.get("name"), document.get("fields")
    if not isinstance(name, str) or not name:
        raise InvalidSchema("The schema has no name.")
    if not isinstance(fields, list) or not fields:
        raise InvalidSchema("The schema has no fields.")
    return name, fields


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that is written twice: readers differ in which one counts."""
    members = dict[str, object]()
    for key, value in pairs:
        if key in members:
            raise InvalidSchema(f"The schema writes the key {key!r:.100} twice in one object.")
        members[key] = value
    return members


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not a JSON value")


def _field(raw: object) -> Field:
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(name, str):
        raise InvalidSchema(f"Every field must be a JSON object with a name and a type; found {raw!r:.100}.")
    if not _FIELD_NAME.fullmatch(name):
        raise InvalidSchema(
            f"The field name {name!r:.100} must be letters, digits and underscores, and not begin with a digit."
        )
    if "type" not in raw:
        raise InvalidSchema(f"The field {name} has no type.")
    type_, nullable = _type(name, raw["type"])
    field = Field(name, type_, nullable, *(_flag(raw, flag) for flag in ("categorical", "textual", "itemName")))
    _check_flags(field)
    return field


def _type(name: str, raw: object) -> tuple[str, bool]:
    # A union of one type is common in public clients.
    union = raw if isinstance(raw, list) else [raw]
    types = [type_ for type_ in union if type_ != "null"]
    is_primitive = len(types) == 1 and isinstance(types[0], str) and types[0] in _PRIMITIVES
    if not is_primitive or len(union) > len(types) + 1:
        primitives = ", ".join(sorted(_PRIMITIVES))
        raise InvalidSchema(
            f"The field {name} has the type {json.dumps(raw):.200}; it must be one of {primitives}, alone or with null."
        )
    return str(types[0]), len(types) < len(union)


def _flag(raw: Mapping[str, object], flag: str) -> bool:
    value = raw.get(flag, False)
    # Written as a string in some clients.
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise InvalidSchema(
            f"The attribute {flag} of the field {raw['name']} must be true or false, not {value!r:.100}."
        )
    return value


def _check_flags(field: Field) -> None:
    flags = (("categorical", field.categorical), ("textual", field.textual), ("itemName", field.item_name))
    for flag, is_set in flags:
        if is_set and field.type != "string":
            raise InvalidSchema(f"The field {field.name} is {flag} and must be of type string, not {field.type}.")
    if field.categorical and field.textual:
        raise InvalidSchema(f"The field {field.name} cannot be both categorical and textual.")


def _check_single(flag: str, names: list[str]) -> None:
    if len(names) > 1:
        raise InvalidSchema(f"Only one field may be {flag}; found {', '.join(names)}.")


def _check_names(fields: tuple[Field, ...]) -> None:
    names: dict[str, str] = {}
    for field in fields:
        plain = _plain(field.name)
        if plain in names:
            raise InvalidSchema(
                f"The fields {names[plain]} and {field.name} have the same name when underscores and case are ignored."
            )
        names[plain] = field.name


def _plain(name: str) -> str:
    """Return what tells two names apart: neither underscores nor case do."""
    return name.replace("_", "").upper()


def _check_spelling(fields: Collection[str], columns: Collection[str]) -> None:
    """Refuse a near miss of a reserved name, which would be taken for the caller's own column."""
    names = {_plain(name): name for name in columns}
    for name in fields:
        right = names.get(_plain(name), name)
        if name not in columns and right != name:
            raise InvalidSchema(f"The field {name} must be written {right}: that is the reserved name.")


def _check_required(fields: Mapping[str, Field], columns: Collection[str]) -> None:
    for names in columns:
        field = next((fields[name] for name in names.split("|") if name in fields), None)
        if field is None:
            raise InvalidSchema(f"The schema lacks the required field {names.replace('|', ' or ')}.")
        if field.nullable:
            raise InvalidSchema(f"The field {field.name} is required and must not allow null.")


def _check_column(field: Field, column: Column) -> None:
    if field.type not in column.types:
        raise InvalidSchema(
            f"The reserved field {field.name} must be of type {' or '.join(column.types)}, not {field.type}."
        )
    if column.categorical is not None and field.categorical != column.categorical:
        verb = "must" if column.categorical else "must not"
        raise InvalidSchema(f"The reserved field {field.name} {verb} be categorical.")
    if field.textual and not column.textual:
        raise InvalidSchema(f"The reserved field {field.name} must not be textual.")


def _check_metadata(schema: Schema, rules: Rules) -> None:
    others = [field.name for field in schema.fields if field.name not in rules.keys]
    if len(others) < rules.min_metadata:
        raise InvalidSchema(f"{rules.record_name} needs at least one metadata field besides {', '.join(rules.keys)}.")
    own = [name for name in others if name not in rules.columns]
    if rules.max_metadata is not None and len(own) > rules.max_metadata:
        raise InvalidSchema(f"{rules.record_name} has {len(own)} metadata fields; at most {rules.max_metadata}.")
    textual = next((field.name for field in schema.fields if field.textual), None)
    if textual and not rules.textual:
        raise InvalidSchema(f"The field {textual} is textual; only Items may have a textual field.")
    item_name = next((field.name for field in schema.fields if field.item_name), None)
    if item_name and not rules.textual:
        raise InvalidSchema(f"The field {item_name} is flagged itemName; only Items may have such a field.")

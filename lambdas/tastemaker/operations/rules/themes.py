"""What a batch inference job needs for themes (guide: "Batch recommendations with themes from Content Generator")."""

from collections.abc import Mapping
from typing import Any, Final

from tastemaker.domain.filters.expressions import Filter
from tastemaker.domain.schemas.schema import Field
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call
from tastemaker.operations.rules.schemas import schemas_of
from tastemaker.store.ports import Record

PLAIN: Final = "BATCH_INFERENCE"
_THEMES: Final = "THEME_GENERATION"
_RECIPE: Final = "aws-similar-items"
_COLUMN: Final = "themeGenerationConfig.fieldsForThemeGeneration.itemName"


def check_themes(
    call: Call, mode: str, config: Mapping[str, Any] | None, *, version: Record, recipe: Record, rule: Filter | None
) -> Record | None:
    """Return the columns that themes are made from, {name, text, categories}; None of a job without themes."""
    if mode == PLAIN:
        if config is not None:
            raise InvalidInput(f"themeGenerationConfig is for batchInferenceJobMode {_THEMES} only.")
        return None
    if recipe["name"] != _RECIPE:
        raise InvalidInput(f"batchInferenceJobMode {mode} is for recipe {_RECIPE}; this version's is {recipe['name']}.")
    if config is None:
        raise InvalidInput(f"themeGenerationConfig is required for batchInferenceJobMode {mode}.")
    if rule and rule.parameters:
        raise InvalidInput(f"batchInferenceJobMode {mode} takes a filter without parameters; this one has $ in it.")
    return _columns(call, version["datasetGroupArn"], config["fieldsForThemeGeneration"]["itemName"])


def _columns(call: Call, group: str, item_name: str) -> Record:
    items = schemas_of(call, group).get("ITEMS")
    if items is None:
        raise InvalidInput(f"{_COLUMN} needs a dataset of type ITEMS: the dataset group has none.")
    texts = [field for field in items.fields if field.type == "string" and field.name != "ITEM_ID"]
    name = next((field for field in texts if field.name.upper() == item_name.upper()), None)
    if name is None:
        names = ", ".join(field.name for field in texts) or "none"
        raise InvalidInput(f"{_COLUMN} must name a string column of Items; {item_name} is none of these: {names}.")
    return {"name": name.name.upper(), "text": _text(texts), "categories": _categories(texts, name)}


def _text(fields: list[Field]) -> str:
    text = next((field.name.upper() for field in fields if field.textual), None)
    if text is None:
        raise InvalidInput("Themes need a textual column of Items, a string with textual true in its schema.")
    return text


def _categories(fields: list[Field], name: Field) -> list[str]:
    return [field.name.upper() for field in fields if field.categorical and field is not name]

"""The catalogue that ListRecipes, DescribeRecipe, DescribeAlgorithm and DescribeFeatureTransformation answer from.

`catalog.json` is generated from the registry (`python -m tastemaker.recipes.catalog`), so that the control function
needs neither numpy nor scipy; a test compares the two.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tastemaker.recipes.metadata import Hyperparameter, Metadata

PATH = Path(__file__).with_name("catalog.json")
_OWNED = "arn:aws:personalize:::"  # by the service: neither region nor account
_UPDATED = "2025-11-30"
Row = dict[str, Any]


def recipes() -> list[Row]:
    """Return all recipes by name; the members from `legacy` on are our own, the wire keeps them from callers."""
    rows: list[Row] = _load()["recipes"]
    return rows


def algorithms() -> list[Row]:
    """Return one algorithm per recipe."""
    rows: list[Row] = _load()["algorithms"]
    return rows


def feature_transformations() -> list[Row]:
    """Return the feature transformations; several recipes share one."""
    rows: list[Row] = _load()["featureTransformations"]
    return rows


@cache
def _load() -> dict[str, list[Row]]:
    document: dict[str, list[Row]] = json.loads(PATH.read_text())
    return document


def generate(recipes: Sequence[Metadata]) -> str:
    """Return the text of `catalog.json`."""
    rows = sorted(recipes, key=lambda row: row.name)
    order = sorted(rows, key=lambda row: bool(row.featurization))  # several share one; some say what it takes
    transformations = {tail: _transformation(row, tail) for row in order if (tail := row.feature_transformation)}
    document = {
        "recipes": [_recipe(row) for row in rows],
        "algorithms": [_algorithm(row) for row in rows],
        "featureTransformations": [transformations[name] for name in sorted(transformations)],
    }
    return json.dumps(document, indent=1) + "\n"


def _recipe(row: Metadata) -> Row:
    return {
        "name": row.name,
        "recipeArn": f"{_OWNED}recipe/{row.name}",
        "algorithmArn": _algorithm_arn(row),
        **({"featureTransformationArn": _transformation_arn(tail)} if (tail := row.feature_transformation) else {}),
        "status": "ACTIVE",
        "description": row.description,
        "recipeType": row.type,
        **({"domain": row.domain} if row.domain else {}),
        **_dates(row),
        "legacy": row.legacy,
        "batch": row.batch,
        "hyperparameters": [_setting(parameter) for parameter in row.hyperparameters],
        "featurization": [_setting(parameter) for parameter in row.featurization],
        "exploration": [_setting(parameter, _camel_case(parameter.name)) for parameter in row.exploration],
        "features": list(row.features),
        "requires": list(row.requires),
        **({"readsTexts": True} if row.reads_texts else {}),
    }


def _setting(parameter: Hyperparameter, name: str = "") -> Row:
    """Return what `domain.hyperparameters` needs to check a value."""
    members = {member: getattr(parameter, member) for member in ("kind", "default", "low", "high", "values", "tunable")}
    members |= {"inert": True} if parameter.inert else {}
    return {"name": name or parameter.name, **{key: value for key, value in members.items() if value not in (None, ())}}


def _camel_case(name: str) -> str:
    """Spell a parameter as the configurations of campaigns and recommenders do."""
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


def _algorithm(row: Metadata) -> Row:
    # Image, role, input mode and resources are in no public page; they are left out rather than made up.
    by_kind = {kind: [p for p in row.hyperparameters if p.kind == kind] for kind in _KINDS}
    return {
        "name": row.algorithm or row.name,
        "algorithmArn": _algorithm_arn(row),
        "defaultHyperParameters": {parameter.name: parameter.default for parameter in row.hyperparameters},
        "defaultHyperParameterRanges": {
            f"{kind}HyperParameterRanges": [_range(parameter) for parameter in parameters]
            for kind, parameters in by_kind.items()
        },
        **_dates(row),
    }


_KINDS = ("integer", "continuous", "categorical")


def _range(parameter: Hyperparameter) -> Row:
    if parameter.kind == "categorical":
        return {"name": parameter.name, "values": list(parameter.values), "isTunable": parameter.tunable}
    return {
        "name": parameter.name,
        "minValue": parameter.low,
        "maxValue": parameter.high,
        "isTunable": parameter.tunable,
    }


def _transformation(row: Metadata, tail: str) -> Row:
    return {
        "name": _NAMES.get(tail, tail),
        "featureTransformationArn": _transformation_arn(tail),
        "defaultParameters": {parameter.name: parameter.default for parameter in row.featurization},
        "status": "ACTIVE",
        **_dates(row),
    }


_NAMES = {"semantic-similarity": "aws-semantic-similarity"}  # where a name is not the tail of its ARN


def _algorithm_arn(row: Metadata) -> str:
    return f"{_OWNED}algorithm/{row.algorithm or row.name}"


def _transformation_arn(tail: str) -> str:
    return f"{_OWNED}feature-transformation/{tail}"


def _dates(row: Metadata) -> Row:
    return {"creationDateTime": _seconds(row.created), "lastUpdatedDateTime": _seconds(max(row.created, _UPDATED))}


def _seconds(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def current() -> str:
    """Return the text that `catalog.json` must have."""
    from tastemaker.recipes import registry  # noqa: PLC0415 - needs numpy, which readers do without

    return generate([registry.get(name).metadata for name in registry.names()])


if __name__ == "__main__":
    PATH.write_text(current())

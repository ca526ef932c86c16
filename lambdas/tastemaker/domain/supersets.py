"""What Tastemaker takes and Amazon Personalize does not: one table of kinds, each refused by a strict service.

A deployment is strict by the setting `tastemaker:strict`, local mode by `--strict`. docs/differences.md is for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Superset:
    """A kind of thing that goes beyond AWS: what is taken, the guide's page that leaves it out, and what is answered.

    `refusal` has {names} for the values; a kind without one is passed over in silence, as AWS does it.
    """

    meaning: str
    source: str
    refusal: str = ""


RANKING: Final = "ranking"
LEGACY_RECIPES: Final = "legacy-recipes"
INCLUDED_COLUMNS: Final = "included-columns"
DOUBLE_COLUMNS: Final = "double-columns"
UNQUOTED_VALUES: Final = "unquoted-values"
NO_ROLE: Final = "no-role"
GZIP: Final = "gzip"
FEW_RECORDS: Final = "few-records"
MINIMA: Final = "minima"
OWN_OPERATIONS: Final = "own-operations"
REASONS: Final = "reasons"
UNSIGNED: Final = "unsigned"
TASK_NAMES: Final = "task-names"

# What an import of events must bring ("Amazon Personalize endpoints and quotas").
LEAST_RECORDS: Final = 1000

SUPERSETS: Final[Mapping[str, Superset]] = {
    RANKING: Superset(
        "GetPersonalizedRanking from a campaign with a recipe of type USER_PERSONALIZATION",
        "Choosing a recipe",
        "Campaign {campaign} has recipe {recipe}, which does not rank lists.",
    ),
    LEGACY_RECIPES: Superset(
        "new solutions with aws-hrnn, aws-hrnn-metadata or aws-hrnn-coldstart",
        "Legacy HRNN recipes",
        "recipeArn {recipe} is a legacy recipe, which new solutions cannot use; use aws-user-personalization-v2.",
    ),
    INCLUDED_COLUMNS: Superset(
        "trainingDataConfig.includedDatasetColumns with other recipes than aws-semantic-similarity",
        "Semantic-Similarity recipe",
        "{member}.includedDatasetColumns is not available for recipe {recipe}; use excludedDatasetColumns.",
    ),
    DOUBLE_COLUMNS: Superset(
        "the type double for EVENT_VALUE, and for DURATION, AVERAGE_RATING and PRICE of videos, which are float",
        "Custom datasets and schemas; Domain datasets and schemas",
        "The schema does not fit a dataset of type {type}: the reserved field {field} must be float, not double.",
    ),
    UNQUOTED_VALUES: Superset(
        "words without quotes of their own in filterValues",
        "Filtering real-time recommendations",
        'filterValues.{name} must have its values in quotes, as in "\\"drama\\"", not {value}.',
    ),
    NO_ROLE: Superset(
        "CreateDatasetImportJob without a roleArn",
        "Importing bulk data into Amazon Personalize with a dataset import job",
        "roleArn is required: the role with which the job reads {location}.",
    ),
    GZIP: Superset(
        "gzip files in imports and in lists of users to delete",
        "Bulk data format guidelines; Deleting users and their data",
        "{name} is a gzip file; it must be CSV in UTF-8 that is not packed.",
    ),
    FEW_RECORDS: Superset(
        f"imports of fewer than {LEAST_RECORDS:,} interactions",
        "Amazon Personalize endpoints and quotas",
        "The files hold {count:,} interactions; an import must bring at least {least:,}.",
    ),
    MINIMA: Superset(
        "quotas training-interactions and training-users below AWS's minimum of data",
        "Amazon Personalize endpoints and quotas",
        "a strict service keeps AWS's minimum of data: the quota {name} cannot be {value}, which is below {default}",
    ),
    OWN_OPERATIONS: Superset(
        "GetDataInsights, GetEvaluation, GetAttributionFigures, ExplainFilter, GetLoggedAnswers, "
        "ReplayRecommendation, SearchItems, SearchUsers, GetUserHistory: our commands and the console use them",
        "Actions",
        "{api} has no operation {operation}",
    ),
    REASONS: Superset(
        "the header x-tastemaker-reasons and the tag tastemaker:reasons, which are then passed over",
        "GetRecommendations",
    ),
    UNSIGNED: Superset(
        "requests without a signature, in local mode",
        "Common error types",
        "Missing Authentication Token",
    ),
    TASK_NAMES: Superset(
        "parameters that begin with a small letter in tasks aws-sdk:personalize*, in local mode",
        "Using AWS SDK service integrations (Step Functions)",
        "The field '{name}' is not supported by Step Functions",
    ),
}


def refusal(kind: str, **values: object) -> str:
    """Return what a strict service answers to a kind."""
    return SUPERSETS[kind].refusal.format(**values)

"""Personalized-Ranking: a given list in the order of a user's interest."""

from collections.abc import Mapping

from tastemaker.recipes import personal
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.metadata import HISTORY_PERCENTILES, RECURRENT, Metadata
from tastemaker.recipes.personal import Personal
from tastemaker.recipes.registry import Progress, recipe


@recipe(
    Metadata(
        name="aws-personalized-ranking",
        type="PERSONALIZED_RANKING",
        description="A given list of items in the order of a user's interest; the first version.",
        created="2019-06-10",
        hyperparameters=RECURRENT,
        featurization=HISTORY_PERCENTILES,
        scores=True,
    ),
    model=Personal,
)
def personalized_ranking(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from all users."""
    return personal.fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true")

"""Personalized-Ranking-v2: the engine of User-Personalization-v2 on a list that the caller brings."""

from collections.abc import Mapping

from tastemaker.recipes import personal
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.metadata import Metadata, boolean
from tastemaker.recipes.personal import Personal
from tastemaker.recipes.registry import Progress, recipe


@recipe(
    Metadata(
        name="aws-personalized-ranking-v2",
        type="PERSONALIZED_RANKING",
        description="Brings a list of items into the order in which a user is likely to choose them.",
        created="2024-01-01",
        hyperparameters=(boolean("apply_recency_bias"),),
        feature_transformation=None,
        features=("eventsConfig",),
        scores=True,
    ),
    model=Personal,
)
def personalized_ranking_v2(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from all users."""
    return personal.fit(data, seed=seed, progress=progress, recency=parameters["apply_recency_bias"] == "true")

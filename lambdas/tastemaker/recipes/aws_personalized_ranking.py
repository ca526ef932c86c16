"""Personalized-Ranking: the first version's name and parameters, the same engine as the second's."""

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
        description="Brings a list of items into the order in which a user is likely to choose them (first version).",
        hyperparameters=RECURRENT,
        featurization=HISTORY_PERCENTILES,
        features=("optimizationObjective",),
        scores=True,
    ),
    model=Personal,
)
def personalized_ranking(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from users of usual length; `hidden_dimension` and `bptt` have no counterpart in this engine."""
    return personal.fit_first_version(data, parameters, seed=seed, progress=progress)

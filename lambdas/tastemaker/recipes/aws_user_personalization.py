"""User-Personalization: the first version's name and parameters, the second's engine, no exploration yet."""

from collections.abc import Mapping

from tastemaker.recipes import personal
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.metadata import EXPLORATION, HISTORY_PERCENTILES, RECURRENT, Metadata
from tastemaker.recipes.personal import Personal
from tastemaker.recipes.registry import Progress, recipe


@recipe(
    Metadata(
        name="aws-user-personalization",
        type="USER_PERSONALIZATION",
        description="The items each user is likeliest to choose next (first version).",
        hyperparameters=RECURRENT,
        featurization=HISTORY_PERCENTILES,
        features=("optimizationObjective",),
        exploration=EXPLORATION,
        scores=True,
    ),
    model=Personal,
)
def user_personalization(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from users of usual length; `hidden_dimension` and `bptt` have no counterpart in this engine."""
    return personal.fit_first_version(data, parameters, seed=seed, progress=progress)

"""User-Personalization: the engine of User-Personalization-v2 under the parameters of the first version."""

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
        description="The items each user is likeliest to choose next; the first version, with exploration to come.",
        created="2019-06-10",
        hyperparameters=RECURRENT,
        featurization=HISTORY_PERCENTILES,
        exploration=EXPLORATION,
        scores=True,
    ),
    model=Personal,
)
def user_personalization(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from all users."""
    return personal.fit(data, seed=seed, progress=progress, recency=parameters["recency_mask"] == "true")

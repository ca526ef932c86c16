"""User-Personalization-v2: the whole engine, with or without recency bias."""

from collections.abc import Mapping

from tastemaker.recipes import personal
from tastemaker.recipes.data import TrainingData
from tastemaker.recipes.metadata import Metadata, boolean
from tastemaker.recipes.personal import Personal
from tastemaker.recipes.registry import Progress, recipe


@recipe(
    Metadata(
        name="aws-user-personalization-v2",
        type="USER_PERSONALIZATION",
        description="The items each user is likeliest to choose next: old favourites, what follows, what is popular.",
        created="2024-01-01",
        hyperparameters=(boolean("apply_recency_bias"),),
        features=("eventsConfig",),
        scores=True,
    ),
    model=Personal,
)
def user_personalization_v2(
    data: TrainingData, parameters: Mapping[str, str], *, seed: int, progress: Progress
) -> Personal:
    """Learn from all users."""
    return personal.fit(data, seed=seed, progress=progress, recency=parameters["apply_recency_bias"] == "true")

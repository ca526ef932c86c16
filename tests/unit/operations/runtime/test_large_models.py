"""Questions to large models, of which not everything is here when they begin to answer."""

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.unreadable import answered
from tastemaker.serving.ports import ModelGone, TooLarge


class Question:
    """An operation that fails before it answers."""

    def __init__(self, *problems: Exception) -> None:
        self.problems, self.asked = list(problems), 0

    def __call__(self, call: str, *, user_id: str) -> str:
        self.asked += 1
        if self.problems:
            raise self.problems.pop(0)
        return f"{call}: {user_id}"


def test_a_model_whose_place_another_took_is_asked_again():
    question = Question(ModelGone("s3://models/old/user_ids.npy"))

    assert answered(question)("answer", user_id="u1") == "answer: u1"
    assert question.asked == 2


def test_one_that_is_gone_for_good_is_a_fault():
    with pytest.raises(ModelGone):
        answered(Question(ModelGone("old"), ModelGone("old")))("answer", user_id="u1")


def test_who_asks_for_more_than_there_is_room_for_is_told():
    problem = TooLarge("2,000 MB of it would be gone through, and there is room for 1,074")

    with pytest.raises(InvalidInput, match="The model is too large for this: 2,000 MB of it would be gone through"):
        answered(Question(problem))("answer", user_id="u1")

"""The log of answers: what was shown, with which probability, and all that a replay needs to give it again."""

from tastemaker.domain.answers.histories import Cut
from tastemaker.operations.answering.answers import Items, LiveAnswer
from tastemaker.operations.answering.individual_records import View
from tastemaker.operations.call import Call
from tastemaker.store.ports import Event, Record

_DAY = 86_400


def keep(call: Call, *, id_: str, source: str, answer: LiveAnswer, events: list[Event], items: Items) -> None:
    """Log an answer, if this deployment keeps a log; an answer does not fail for it."""
    if not call.config.answer_days:
        return
    now, question, view = call.clock(), answer.question, View.of(answer.model, answer.record).to_json()
    call.answers.keep(
        {
            "id": id_,
            "source": source,
            "group": question.serving["group"],
            "user": question.user_id or "",
            "time": now,
            "expires": now + call.config.answer_days * _DAY,
            "question": question.to_json(),
            "cut": Cut.of(events, now).to_json(),
            **({"put": view} if view else {}),
            "shown": [[item[name] for name in ("itemId", "score", "_propensity")] for item in items],
            "explored": [place for place, item in enumerate(items) if item.get("_explored")],
        }
    )


def logged(call: Call, id_: str) -> Record | None:
    """Return an answer that has not expired, or None."""
    record = call.answers.find(id_)
    return record if record and record["expires"] > call.clock() else None

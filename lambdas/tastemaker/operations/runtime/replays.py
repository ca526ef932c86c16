"""ReplayRecommendation and GetLoggedAnswers, operations of our own: what the log of answers is good for."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from tastemaker.domain.answers.histories import Cut
from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources import arns, paging
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.errors import InvalidInput, ResourceNotFound, ServiceError
from tastemaker.operations.answering.action_answers import ActionsAsked
from tastemaker.operations.answering.answers import Asked, Items, Question
from tastemaker.operations.answering.individual_records import Seen, losses
from tastemaker.operations.answering.recommendation_log import logged
from tastemaker.operations.call import Call
from tastemaker.operations.resources import lookup
from tastemaker.store.ports import Event, Record

_PAGE = 100
_SOURCES = (KINDS["campaign"], KINDS["recommender"])


def replay_recommendation(call: Call, *, recommendation_id: str) -> dict[str, object]:
    """Give a logged answer again, from the model, the events and the seed that it was made of."""
    answer = logged(call, recommendation_id)
    if answer is None:
        raise ResourceNotFound(
            f"recommendationId {recommendation_id} is not in the log, which keeps answers for "
            f"{call.config.answer_days} days."
        )
    again, differences = _again(call, answer)
    replayed = None if again is None else [_item(item) for item in again]
    told = _told(answer)
    if replayed is not None:
        differences += _differences(told["items"], replayed)
    return {"answer": told, "replayed": replayed, "identical": told["items"] == replayed, "differences": differences}


def get_logged_answers(
    call: Call,
    *,
    source_arn: str,
    since: float | datetime = 0.0,
    next_token: str | None = None,
    max_results: int = _PAGE,
) -> dict[str, object]:
    """Return a page of a campaign's or recommender's answers, oldest first, with the events that name them."""
    kind = arns.kind_of(source_arn)
    if kind not in _SOURCES:
        raise InvalidInput(f"sourceArn must be the ARN of a campaign or a recommender, not {source_arn}.")
    if max_results > _PAGE:
        raise InvalidInput(f"maxResults must be at most {_PAGE}, not {max_results}.")
    group = lookup(call, kind, source_arn)["datasetGroupArn"]
    begin = since.timestamp() if isinstance(since, datetime) else since
    query = f"logged-answers\n{source_arn}\n{begin}"
    after = _after(query, next_token)
    found, more = call.answers.page(group, source_arn, since=begin, after=after, limit=max_results)
    answers = [answer for answer in found if answer["expires"] > call.clock()]
    events = _events(call, answers)
    return {
        "answers": [{**_told(answer), "events": events.get(answer["id"], [])} for answer in answers],
        "nextToken": paging.make_token(query, more) if more else None,
    }


def _again(call: Call, answer: Record) -> tuple[Items | None, list[str]]:
    """Return the list once more, or None and why there can be none."""
    question, cut = Question(**answer["question"]), Cut.from_json(answer["cut"])
    seen = Seen.from_json(answer.get("put", {}))
    try:
        asked = (ActionsAsked if _is_about_actions(answer) else Asked).of(call, question, seen)
    except ServiceError as problem:  # a filter is gone
        return None, [problem.message]
    except (FileNotFoundError, ValueError):
        return None, [f"The model {question.serving['artifact']['prefix']} is no longer there."]
    events = asked.events(call, cut)
    gone = f"The answer saw {cut.count} events of the user; {len(events)} of them are there now."
    lost = [*losses(asked.model, seen), *([] if len(events) == cut.count else [gone])]
    return asked.answer(events, answer["id"]), [*_lost_trends(asked), *lost]


def _lost_trends(asked: Asked) -> list[str]:
    """Say so if an answer was made with trends that are not kept any more."""
    trends = asked.question.serving.get("trends")
    if not trends or asked.model.has_trends:
        return []
    return [f"The trends {trends['key']} are no longer there."]


def _differences(before: Items, after: Items) -> list[str]:
    """Name the first place where two lists differ."""
    if len(before) != len(after):
        return [f"The answer had {len(before)} items; there are {len(after)} now."]
    for place, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old != new:
            changed = [f"{name} {old.get(name)}, now {new.get(name)}" for name in old if old[name] != new.get(name)]
            return [f"Place {place}: {'; '.join(changed)}."]
    return []


def _told(answer: Record) -> dict[str, Any]:
    question, explored = answer["question"], set(answer["explored"])
    exploring = None if "input_list" in question else question["serving"]["exploring"]
    return {
        "recommendationId": answer["id"],
        "sourceArn": answer["source"],
        "time": answer["time"],
        "userId": question.get("user_id"),
        "model": question["serving"]["artifact"]["prefix"],
        "chance": exploring["chance"] if exploring else 0.0,
        "items": [
            {"itemId": item_id, "score": score, "propensity": propensity, "explored": place in explored}
            for place, (item_id, score, propensity) in enumerate(answer["shown"])
        ],
    }


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "itemId": item["itemId"],
        "score": item["score"],
        "propensity": item["_propensity"],
        "explored": item.get("_explored", False),
    }


def _events(call: Call, answers: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the events of the answers' users that name them, by recommendationId."""
    found: dict[str, list[Record]] = {answer["id"]: [] for answer in answers}
    for (group, user), theirs in groupby(sorted(answers, key=_owner), _owner):
        begin = min(answer["time"] for answer in theirs)
        for event in call.events.since(group, user, recorded_from=begin, whole=True) if user else ():
            found.get(event.get("recommendation_id") or "", []).append(_event(event))
    return found


def _owner(answer: Record) -> tuple[str, str]:
    """Return under what the events of an answer's user are kept."""
    group = answer["group"]
    return dataset_of(group, "ACTION_INTERACTIONS") if _is_about_actions(answer) else group, answer["user"]


def _is_about_actions(answer: Record) -> bool:
    return bool(answer["question"]["serving"]["recipe_type"] == ACTIONS)


def _event(event: Event) -> Record:
    return {
        "itemId": event.get("action_id") or event["item_id"],
        "eventType": event["event_type"],
        "eventValue": event.get("event_value"),
        "sentAt": event["timestamp"],
    }


def _after(query: str, token: str | None) -> str | None:
    try:
        return None if token is None else paging.read_token(query, token)
    except paging.BadToken as problem:
        raise InvalidInput(f"nextToken is not valid: {problem}.") from None

"""ReplayRecommendation and GetLoggedAnswers, operations of our own: what the log of answers is good for."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from tastemaker.domain.answers.histories import Cut
from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources import paging
from tastemaker.domain.resources.arns import dataset_of
from tastemaker.errors import InvalidInput, ResourceNotFound, ServiceError
from tastemaker.operations.answering.action_answers import LiveActionAnswer
from tastemaker.operations.answering.answers import Items, LiveAnswer, Question
from tastemaker.operations.answering.individual_records import View, losses
from tastemaker.operations.answering.recommendation_log import logged
from tastemaker.operations.answering.sources import source_of
from tastemaker.operations.call import Call
from tastemaker.operations.resources import read_token
from tastemaker.serving.ports import UnreadableModel
from tastemaker.store.ports import Event, Record

_PAGE = 100


def replay_recommendation(call: Call, *, recommendation_id: str) -> dict[str, object]:
    """Give a logged answer again, from the model, the events and the seed that it was made of."""
    record = logged(call, recommendation_id)
    if record is None:
        raise ResourceNotFound(
            f"recommendationId {recommendation_id} is not in the log, which keeps answers for "
            f"{call.config.answer_days} days."
        )
    again, differences = _again(call, record)
    replay = None if again is None else [_item(item) for item in again]
    answer = _answer(record)
    if replay is not None:
        differences += _differences(answer["items"], replay)
    return {"answer": answer, "replayed": replay, "identical": answer["items"] == replay, "differences": differences}


def get_logged_answers(
    call: Call,
    *,
    source_arn: str,
    since: float | datetime = 0.0,
    next_token: str | None = None,
    max_results: int = _PAGE,
) -> dict[str, object]:
    """Return a page of a campaign's or recommender's answers, oldest first, with the events that name them."""
    if max_results > _PAGE:
        raise InvalidInput(f"maxResults must be at most {_PAGE}, not {max_results}.")
    group = source_of(call, source_arn)["datasetGroupArn"]
    begin = since.timestamp() if isinstance(since, datetime) else since
    query = f"logged-answers\n{source_arn}\n{begin}"
    after = None if next_token is None else read_token(query, next_token, InvalidInput)
    page, more = call.answers.page(group, source_arn, since=begin, after=after, limit=max_results)
    records = [record for record in page if record["expires"] > call.clock()]
    events = _events(call, records)
    return {
        "answers": [{**_answer(record), "events": events.get(record["id"], [])} for record in records],
        "nextToken": paging.make_token(query, more) if more else None,
    }


def _again(call: Call, record: Record) -> tuple[Items | None, list[str]]:
    """Return the list once more, or None and why there can be none."""
    question, cut = Question(**record["question"]), Cut.from_json(record["cut"])
    view = View.from_json(record.get("put", {}))
    try:
        answer = (LiveActionAnswer if _is_about_actions(record) else LiveAnswer).of(call, question, view)
    except ServiceError as problem:  # a filter is gone
        return None, [problem.message]
    except UnreadableModel as problem:
        return None, [f"The model {question.serving['artifact']['prefix']} cannot be asked: {problem}."]
    except (FileNotFoundError, ValueError):
        return None, [f"The model {question.serving['artifact']['prefix']} is no longer there."]
    events = answer.events(cut)
    differences = [*_lost_trends(answer), *losses(view, View.of(answer.model, answer.record))]
    if len(events) != cut.count:
        differences.append(f"The answer saw {cut.count} events of the user; {len(events)} of them are there now.")
    return answer.items(events, record["id"]), differences


def _lost_trends(answer: LiveAnswer) -> list[str]:
    """Say so if an answer was made with trends that are not kept any more."""
    trends = answer.question.serving.get("trends")
    if not trends or answer.model.has_trends:
        return []
    return [f"The trends {trends['key']} are no longer there."]


def _differences(before: Items, after: Items) -> list[str]:
    """Name the first place where two lists differ."""
    if len(before) != len(after):
        return [f"The answer had {len(before)} items; there are {len(after)} now."]
    for place, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old != new:
            changes = [f"{name} {old.get(name)}, now {new.get(name)}" for name in old if old[name] != new.get(name)]
            return [f"Place {place}: {'; '.join(changes)}."]
    return []


def _answer(record: Record) -> dict[str, Any]:
    """Return a logged answer as replies have it."""
    question, explored = record["question"], set(record["explored"])
    exploring = None if "input_list" in question else question["serving"]["exploring"]
    return {
        "recommendationId": record["id"],
        "sourceArn": record["source"],
        "time": record["time"],
        "userId": question.get("user_id"),
        "model": question["serving"]["artifact"]["prefix"],
        "chance": exploring["chance"] if exploring else 0.0,
        "items": [
            {"itemId": item_id, "score": score, "propensity": propensity, "explored": place in explored}
            for place, (item_id, score, propensity) in enumerate(record["shown"])
        ],
    }


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "itemId": item["itemId"],
        "score": item["score"],
        "propensity": item["_propensity"],
        "explored": item.get("_explored", False),
    }


def _events(call: Call, records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the events of logged answers' users that name them, by recommendationId."""
    events: dict[str, list[Record]] = {record["id"]: [] for record in records}
    for (group, user), theirs in groupby(sorted(records, key=_owner), _owner):
        begin = min(record["time"] for record in theirs)
        for event in call.events.since(group, user, recorded_from=begin, whole=True) if user else ():
            events.get(event.get("recommendation_id") or "", []).append(_event(event))
    return events


def _owner(record: Record) -> tuple[str, str]:
    """Return under what the events of an answer's user are kept."""
    group = record["group"]
    return dataset_of(group, "ACTION_INTERACTIONS") if _is_about_actions(record) else group, record["user"]


def _is_about_actions(record: Record) -> bool:
    return bool(record["question"]["serving"]["recipe_type"] == ACTIONS)


def _event(event: Event) -> Record:
    return {
        "itemId": event.get("action_id") or event["item_id"],
        "eventType": event["event_type"],
        "eventValue": event.get("event_value"),
        "sentAt": event["timestamp"],
    }

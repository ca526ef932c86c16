"""Campaigns and recommenders as operations of our own ask them: what answers there, and from which model."""

from tastemaker.domain.recipe_types import ACTIONS
from tastemaker.domain.resources import arns
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.statuses import ACTIVE
from tastemaker.errors import InvalidInput
from tastemaker.operations.answering.individual_records import live_model
from tastemaker.operations.answering.unreadable import readable
from tastemaker.operations.call import Call
from tastemaker.operations.resources import lookup
from tastemaker.serving.ports import Served
from tastemaker.store.ports import Record

_SOURCES = (KINDS["campaign"], KINDS["recommender"])


def source_of(call: Call, source_arn: str) -> Record:
    """Return the campaign or recommender that a `sourceArn` names."""
    kind = arns.kind_of(source_arn)
    if kind not in _SOURCES:
        raise InvalidInput(f"sourceArn must be the ARN of a campaign or a recommender, not {source_arn}.")
    return lookup(call, kind, source_arn)


def serving_of(source: Record, *, only: str) -> Record:
    """Return what a campaign or recommender serves; of one that has no items, say what `only` those with items can."""
    if source["status"] != ACTIVE:
        raise InvalidInput(f"{source['_arn']} is not ACTIVE; its status is {source['status']}.")
    serving: Record = source["_serving"]
    if serving["recipe_type"] == ACTIONS:
        raise InvalidInput(f"{source['_arn']} recommends actions; only {only}.")
    return serving


def model_of(call: Call, source_arn: str, serving: Record) -> Served:
    """Return the model that a campaign or recommender serves, as it answers now."""
    with readable(source_arn):
        return live_model(call, serving)

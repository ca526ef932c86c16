"""TagResource, UntagResource, ListTagsForResource."""

from tastemaker.domain.resources import arns
from tastemaker.errors import InvalidInput, TooManyTagKeys
from tastemaker.operations import resources
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record


def tag_resource(call: Call, *, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, object]:
    """Add tags, or overwrite the values of those that are there."""
    _taggable(call, resource_arn)
    most = call.config.quotas["tags"]
    call.resources.update(
        resource_arn, lambda record: {"_tags": resources.checked_tags(tags, record["_tags"], most=most)}
    )
    return {}


def untag_resource(call: Call, *, resource_arn: str, tag_keys: list[str]) -> dict[str, object]:
    """Remove tags by key; keys that are not there are no error."""
    _taggable(call, resource_arn)
    most = call.config.quotas["tags"]
    if len(tag_keys) > most:
        raise TooManyTagKeys(f"tagKeys can name at most {most} keys, not {len(tag_keys)}.")

    def left(record: Record) -> Record:
        return {"_tags": {key: value for key, value in record["_tags"].items() if key not in tag_keys}}

    call.resources.update(resource_arn, left)
    return {}


def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, object]:
    """Return a resource's tags."""
    tags = _taggable(call, resource_arn)["_tags"]
    return {"tags": [{"tagKey": key, "tagValue": value} for key, value in sorted(tags.items())]}


def _taggable(call: Call, arn: str) -> Record:
    kind = arns.kind_of(arn)
    if kind is None or not kind.taggable:
        raise InvalidInput(f"resourceArn {arn} does not name a resource that can be tagged.")
    return resources.lookup(call, kind, arn)

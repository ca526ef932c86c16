"""What every kind of resource shares: looking up, listing, creating, tagging, changing, deleting."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from tastemaker.domain.resources import arns, changes, paging, relations
from tastemaker.domain.resources.kinds import KIND_BY_ARN_MEMBER, KINDS, Kind
from tastemaker.domain.resources.quotas import QUOTAS, quota_of
from tastemaker.domain.resources.records import first_record
from tastemaker.domain.resources.statuses import ACTIVE, CREATE_FAILED, DELETE_PENDING, DELETING, FIRST
from tastemaker.domain.training.rungs import NAMES, PIN
from tastemaker.errors import (
    InvalidInput,
    InvalidNextToken,
    LimitExceeded,
    ResourceInUse,
    ResourceNotFound,
    ServiceError,
    TooManyTags,
)
from tastemaker.operations.call import Call
from tastemaker.store.ports import Record

_DIGITS = 18  # of a place, more than any list is long
_PAGE = 100  # resources on a page of a List operation that names no maxResults


def lookup(call: Call, kind: Kind, arn: str, *, unknown: str = "") -> Record:
    """Return a resource; refuse an ARN of another kind, or of nothing, perhaps in words of the operation's own."""
    _require_kind(kind, arn)
    record = call.resources.find(arn)
    if record is None:
        raise ResourceNotFound(f"{unknown or arns.not_found(arn)}{call.home.difference(arn)}")
    return record


def lookup_active(call: Call, kind: Kind, arn: str) -> Record:
    """Return a resource that others may be built on."""
    record = lookup(call, kind, arn)
    require_active(kind, record)
    return record


def require_active(kind: Kind, record: Record) -> None:
    """Refuse to build on a resource that is not ACTIVE."""
    if record.get("status", ACTIVE) != ACTIVE:
        raise ResourceInUse(f"The {kind.title} {record['_arn']} is not ACTIVE; its status is {record['status']}.")


def staying_datasets(call: Call, group: str) -> list[Record]:
    """Return a dataset group's datasets that are not on their way out, for something new to be built on."""
    return [d for d in call.resources.every("dataset", parent=group) if d["status"] not in DELETING]


def describe(call: Call, kind: Kind, arn: str, **more: object) -> Record:
    """Return a Describe reply; how far the work has come goes into a header that real clients never look at."""
    record = lookup(call, kind, arn)
    if progress := record.get("_progress"):
        call.notes["progress"] = f"{progress[0]};{progress[1]}"
    return {kind.member: {**record, **{key: value for key, value in more.items() if value is not None}}}


def page(
    call: Call,
    kind: Kind,
    parent: str | None,
    max_results: int | None,
    next_token: str | None,
    *,
    newest_first: bool = False,
) -> dict[str, object]:
    """Return a List reply: summaries are the stored records, which the wire cuts down to the modelled members."""
    if parent and kind.parent:
        _require_kind(KIND_BY_ARN_MEMBER[kind.parent], parent)
        if difference := call.home.difference(parent):
            raise InvalidInput(f"{kind.parent} {parent} is none of this deployment.{difference}")
    query = f"{kind.name}\n{parent or ''}"
    after = read_token(query, next_token) if next_token else None
    limit = max_results or _PAGE
    records, more = call.resources.page(kind.name, parent=parent, after=after, limit=limit, newest_first=newest_first)
    return {kind.plural: records, "nextToken": paging.make_token(query, more) if more else None}


def read_token(query: str, token: str, refusal: type[ServiceError] = InvalidNextToken) -> str:
    """Return behind what a page begins, or refuse the token."""
    try:
        return paging.read_token(query, token)
    except paging.BadToken as problem:
        raise refusal(f"nextToken is not valid: {problem}.") from None


def read_place(query: str, token: str | None, refusal: type[ServiceError] = InvalidNextToken) -> int:
    """Return where a page begins in a list whose tokens are numbers."""
    place = "0" if token is None else read_token(query, token, refusal)
    if not place.isdecimal() or len(place) > _DIGITS:
        raise refusal("nextToken is not valid: the token is malformed.")
    return int(place)


def new_record(
    call: Call, kind: Kind, tail: str, members: Mapping[str, object], *, tags: Collection[Mapping[str, str]] | None
) -> Record:
    """Return a resource's first record; members without a value are left out, as in every reply."""
    require_own_role(call, members.get("roleArn"))
    arn, now = call.home.arn(kind, tail), call.clock()
    return first_record(kind, arn, members, now=now, tags=checked_tags(tags or (), most=call.config.quotas["tags"]))


def require_own_role(call: Call, role_arn: object) -> None:
    """Refuse the role of another account, which nobody may pass on; whether it is there shows when it is assumed."""
    account = call.config.account
    if role_arn and str(role_arn).split(":")[4:5] != [account]:
        raise InvalidInput(f"Cross-account pass role is not allowed: {role_arn} is not a role of account {account}.")
    if role_arn and (difference := call.home.difference(str(role_arn), arns.OWN_ROLE)):
        raise InvalidInput(f"roleArn {role_arn} is no role of this deployment's account.{difference}")


def checked_tags(
    tags: Collection[Mapping[str, str]], base: Mapping[str, str] | None = None, *, most: int
) -> dict[str, str]:
    """Return tags by key, those of a request over those that were there before ("Guidelines and requirements")."""
    keys = [tag["tagKey"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise InvalidInput("tags must not name a tagKey twice.")
    if aws_keys := [key for key in keys if key.lower().startswith("aws:")]:
        raise InvalidInput(f"tagKey {aws_keys[0]} must not begin with aws:, which is reserved.")
    if unknown := [tag["tagValue"] for tag in tags if tag["tagKey"] == PIN and tag["tagValue"] not in NAMES]:
        raise InvalidInput(f"The tag {PIN} must be one of {', '.join(NAMES)}, not {unknown[0]}.")
    all_tags = {**(base or {}), **{tag["tagKey"]: tag["tagValue"] for tag in tags}}
    if len(all_tags) > most:
        raise TooManyTags(f"A resource can have at most {most} tags; this one would have {len(all_tags)}.")
    return all_tags


def create(call: Call, record: Record, workflow: str = "lifecycle", *, change: str = "create") -> str:
    """Store a new resource as pending and start the workflow that does its work; return its ARN."""
    attempt, status = record["_created"], FIRST[change]
    mark = changes.under_way(change, workflow, attempt, record["creationDateTime"])
    arn = store(call, {**record, "status": status, **mark})
    try:
        call.workflows.start(workflow, arn, change, attempt=attempt)
    except Exception:
        # The caller hears of a fault of ours and tries again, which must not meet what is left of this attempt.
        with suppress(ResourceInUse):
            call.resources.delete(arn, when=(status,))
        raise
    return arn


def store(call: Call, record: Record) -> str:
    """Store a new resource if the quotas leave room and nobody has its name; return its ARN."""
    require_room(call, record)
    call.resources.create({**record, "_claims": relations.claims(record)})
    return str(record["_arn"])


def require_room(call: Call, record: Record) -> None:
    """Refuse a new resource beyond the quota of its kind."""
    name = quota_of(record["_kind"])
    if name is None:
        return
    quota, limit = QUOTAS[name], call.config.quotas[name]
    others = (
        call.resources.every(quota.kind)
        if not quota.within
        else relations.naming(call.resources.every, quota.kind, quota.within, record[quota.within])
    )
    if sum(not quota.statuses or other["status"] in quota.statuses for other in others) < limit:
        return
    if quota.counts_jobs:
        raise LimitExceeded(f"More than {limit} resources with PENDING or IN_PROGRESS status.")
    raise LimitExceeded(
        f"Cannot create a {KINDS[quota.kind].title}. More than {limit} resources in ACTIVE state. "
        "Please delete some and try again."
    )


def change(
    call: Call,
    arn: str,
    name: str,
    members: Callable[[Record, float], Record],
    *,
    when: Collection[str],
    workflow: str = "lifecycle",
) -> None:
    """Write what a change begins with and start its workflow; if that cannot be started, nothing has changed.

    `members` sees the record as it is in the moment of writing, and may refuse.
    """
    now, before = call.clock(), Record()
    attempt = f"{now:.6f}"

    def begun(record: Record) -> Record:
        before.clear()
        before.update(record)
        return {**members(record, now), **changes.under_way(name, workflow, attempt, now)}

    after = call.resources.update(arn, begun, when=when)
    try:
        call.workflows.start(workflow, arn, name, attempt=attempt)
    except Exception:
        with suppress(ResourceInUse, ResourceNotFound):
            _take_back(call, before, after)
        raise


def delete(call: Call, record: Record) -> dict[str, object]:
    """Remove a settled resource that nothing needs: mark it DELETE PENDING and start the workflow that does it."""
    kind = KINDS[record["_kind"]]

    def going(record: Record, now: float) -> Record:
        require_no_update(record)
        return {"status": DELETE_PENDING, "lastUpdatedDateTime": now}

    if record.get("status", ACTIVE) in kind.deletable:
        require_unused(call, record)
    if "status" in record:
        change(call, record["_arn"], "delete", going, when=kind.deletable)
    else:
        call.resources.delete(record["_arn"])
    return {}


def require_unused(call: Call, record: Record) -> None:
    """Refuse a deletion while others that need the resource are left."""
    for blocker in KINDS[record["_kind"]].blockers:
        if other := relations.first_in_the_way(call.resources.every, blocker, record):
            what = f"{KINDS[record['_kind']].title.capitalize()} {record['_arn']}"
            raise ResourceInUse(
                f"{what} cannot be deleted while {KINDS[blocker.kind].title} {other['_arn']} uses it"
                + (f"; its status is {other['status']}." if blocker.statuses else ".")
            )


def update(call: Call, record: Record, members: Record, workflow: str = "lifecycle") -> str:
    """Note a change as the resource's latest update and start the workflow that carries it out; return the ARN."""

    def updating(record: Record, now: float) -> Record:
        require_no_update(record)
        if not members or same(record, members):
            raise InvalidInput(f"The update of {KINDS[record['_kind']].title} {arn} would change nothing.")
        return changes.new_update(record, members, now)

    arn = str(record["_arn"])
    change(call, arn, "update", updating, when=(ACTIVE, CREATE_FAILED), workflow=workflow)
    return arn


def require_no_update(record: Record) -> None:
    """Refuse another change while an update is under way."""
    if changes.is_updating(record):
        kind = KINDS[record["_kind"]]
        raise ResourceInUse(
            f"The {kind.title} {record['_arn']} is being updated; wait until {kind.update_member} is ACTIVE."
        )


def newest(call: Call, kind: str, parent: str) -> Record | None:
    """Return the youngest child of a kind, or None."""
    records, _ = call.resources.page(kind, parent=parent, limit=1, newest_first=True)
    return records[0] if records else None


def same(record: Mapping[str, Any], members: Mapping[str, Any]) -> bool:
    """Whether an update would change nothing, which the real service refuses."""
    return all(record.get(key) == value for key, value in members.items())


def _require_kind(kind: Kind, arn: str) -> None:
    if arns.kind_of(arn) is not kind:
        raise InvalidInput(f"{kind.arn_member} must be the ARN of a {kind.title}, not {arn}.")


def _take_back(call: Call, before: Record, after: Record) -> None:
    """Undo a change whose workflow could not be started, unless something has come of it all the same."""
    ours = {key for key in after if after[key] != before.get(key)}

    def back(record: Record) -> Record:
        if any(record.get(key) != after[key] for key in ours):
            raise ResourceInUse(f"Resource {after['_arn']} has changed meanwhile.")
        return {key: before[key] for key in ours & before.keys()}

    call.resources.update(after["_arn"], back, drop=ours - before.keys())

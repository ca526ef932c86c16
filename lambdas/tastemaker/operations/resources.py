"""What every kind of resource shares: looking up, creating, listing, deleting."""

from collections.abc import Collection, Mapping
from typing import Any

from tastemaker.domain import arns, paging
from tastemaker.domain.kinds import KINDS, Kind
from tastemaker.domain.statuses import ACTIVE, BUSY, CREATE_FAILED, CREATE_PENDING, DELETE_PENDING, FIRST
from tastemaker.errors import InvalidInput, InvalidNextToken, LimitExceeded, ResourceInUse
from tastemaker.operations.context import Context
from tastemaker.operations.tagging import checked_tags
from tastemaker.store.ports import Record

_PAGE = 100  # resources on a page of a List operation that names no maxResults


def lookup(ctx: Context, kind: Kind, arn: str) -> Record:
    """Return a resource; refuse an ARN of another kind, or of nothing."""
    if arns.kind_of(arn) is not kind:
        raise InvalidInput(f"{kind.arn_member} must be the ARN of a {kind.title}, not {arn}.")
    return ctx.resources.get(arn)


def lookup_active(ctx: Context, kind: Kind, arn: str) -> Record:
    """Return a resource that others may be built on."""
    record = lookup(ctx, kind, arn)
    if record.get("status", ACTIVE) != ACTIVE:
        raise ResourceInUse(f"The {kind.title} {arn} is not ACTIVE; its status is {record['status']}.")
    return record


def describe(ctx: Context, kind: Kind, arn: str, **more: object) -> Record:
    """Return a Describe reply; how far the work has come goes into a header that real clients never look at."""
    record = lookup(ctx, kind, arn)
    if progress := record.get("_progress"):
        ctx.notes["progress"] = f"{progress[0]};{progress[1]}"
    return {kind.member: {**record, **{key: value for key, value in more.items() if value is not None}}}


def page(
    ctx: Context,
    kind: Kind,
    parent: str | None,
    max_results: int | None,
    next_token: str | None,
    *,
    newest_first: bool = False,
) -> dict[str, object]:
    """Return a List reply: summaries are the stored records, which the wire cuts down to the modelled members."""
    query = f"{kind.name}\n{parent or ''}"
    try:
        after = paging.read_token(query, next_token) if next_token else None
    except paging.BadToken as problem:
        raise InvalidNextToken(f"nextToken is not valid: {problem}.") from None
    limit = max_results or _PAGE
    records, more = ctx.resources.page(kind.name, parent=parent, after=after, limit=limit, newest_first=newest_first)
    return {kind.plural: records, "nextToken": paging.make_token(query, more) if more else None}


def new_record(
    ctx: Context, kind: Kind, tail: str, members: Mapping[str, object], *, tags: Collection[Mapping[str, str]] | None
) -> Record:
    """Return a resource's first record; members without a value are left out, as in every reply."""
    arn, now = ctx.home.arn(kind, tail), ctx.clock()
    given = {key: value for key, value in members.items() if value is not None}
    return {
        **given,
        kind.arn_member: arn,
        "creationDateTime": now,
        "lastUpdatedDateTime": now,
        "_arn": arn,
        "_kind": kind.name,
        "_parent": given.get(kind.parent) if kind.parent else None,
        "_created": f"{now:017.6f}#{arn}",
        "_tags": checked_tags(tags or ()),
    }


def create(ctx: Context, record: Record, workflow: str = "lifecycle", *, change: str = "create") -> str:
    """Store a new resource as pending and start the workflow that does its work; return its ARN."""
    ctx.resources.create({**record, "status": FIRST[change]})
    arn: str = record["_arn"]
    ctx.workflows.start(workflow, arn, change, attempt=record["_created"])
    return arn


def delete(ctx: Context, record: Record) -> dict[str, object]:
    """Mark a settled resource DELETE PENDING and start the workflow that removes it."""
    now = ctx.clock()
    changes = {"status": DELETE_PENDING, "lastUpdatedDateTime": now}
    ctx.resources.update(record["_arn"], changes, when=(ACTIVE, CREATE_FAILED, "INACTIVE"))
    ctx.workflows.start("lifecycle", record["_arn"], "delete", attempt=f"{now:.6f}")
    return {}


def update(ctx: Context, record: Record, changes: Record, workflow: str = "lifecycle") -> str:
    """Note a change as the resource's latest update and start the workflow that carries it out; return the ARN."""
    kind, arn, now = KINDS[record["_kind"]], record["_arn"], ctx.clock()
    member = f"latest{kind.member[0].upper()}{kind.member[1:]}Update"
    if not changes or same(record, changes):
        raise InvalidInput(f"The update of {kind.title} {arn} would change nothing.")
    if record.get(member, {}).get("status") in BUSY:
        raise ResourceInUse(f"The {kind.title} {arn} is being updated; wait until {member} is ACTIVE.")
    latest = {**changes, "status": CREATE_PENDING, "creationDateTime": now, "lastUpdatedDateTime": now}
    ctx.resources.update(arn, {member: latest}, when=(ACTIVE, CREATE_FAILED))
    ctx.workflows.start(workflow, arn, "update", attempt=f"{now:.6f}")
    return str(arn)


def require_none(ctx: Context, kind: str, parent: str, what: str, *, statuses: Collection[str] | None = None) -> None:
    """Refuse a deletion while children of a kind (in one of some statuses) are left."""
    left = [r["_arn"] for r in ctx.resources.every(kind, parent=parent) if statuses is None or r["status"] in statuses]
    if left:
        raise ResourceInUse(f"{what} cannot be deleted while {KINDS[kind].title} {left[0]} uses it.")


def require_fewer(ctx: Context, kind: str, limit: int, *, parent: str | None, statuses: Collection[str]) -> None:
    """Refuse a creation beyond a quota."""
    count = sum(record.get("status") in statuses for record in ctx.resources.every(kind, parent=parent))
    if count >= limit:
        words = " or ".join(sorted({status.removeprefix("CREATE ") for status in statuses}, reverse=True))
        raise LimitExceeded(f"More than {limit} resources with {words} status. Please delete some and try again.")


def newest(ctx: Context, kind: str, parent: str) -> Record | None:
    """Return the youngest child of a kind, or None."""
    records, _ = ctx.resources.page(kind, parent=parent, limit=1, newest_first=True)
    return records[0] if records else None


def same(record: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Whether an update would change nothing, which the real service refuses."""
    return all(record.get(key) == value for key, value in changes.items())

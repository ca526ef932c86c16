"""What every kind of resource shares: looking up, creating, listing, deleting."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from tastemaker.domain import arns, changes, paging
from tastemaker.domain.kinds import KINDS, Kind
from tastemaker.domain.statuses import ACTIVE, CREATE_FAILED, CREATE_PENDING, DELETE_PENDING, DELETING, INACTIVE
from tastemaker.errors import InvalidInput, InvalidNextToken, LimitExceeded, ResourceInUse, ResourceNotFound
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


def staying_datasets(ctx: Context, group: str) -> list[Record]:
    """Return a dataset group's datasets that are not on their way out, for something new to be built on."""
    return [d for d in ctx.resources.every("dataset", parent=group) if d["status"] not in DELETING]


def describe(ctx: Context, kind: Kind, arn: str, **more: object) -> Record:
    """Return a Describe reply; how far the work has come goes into a header that real clients never look at."""
    record = lookup(ctx, kind, arn)
    if progress := record.get("_progress"):
        ctx.notes["progress"] = f"{progress[0]};{progress[1]}"
    return {kind.member: {**record, **{key: value for key, value in more.items() if value is not None}}}


def page(
    ctx: Context, kind: Kind, parent: str | None, max_results: int | None, next_token: str | None
) -> dict[str, object]:
    """Return a List reply: summaries are the stored records, which the wire cuts down to the modelled members."""
    _check_parent(kind, parent)
    query = f"{kind.name}\n{parent or ''}"
    try:
        after = paging.read_token(query, next_token) if next_token else None
    except paging.BadToken as problem:
        raise InvalidNextToken(f"nextToken is not valid: {problem}.") from None
    records, more = ctx.resources.page(kind.name, parent=parent, after=after, limit=max_results or _PAGE)
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


def create(ctx: Context, record: Record, workflow: str = "lifecycle") -> str:
    """Store a new resource as CREATE PENDING and start the workflow that makes it ACTIVE; return its ARN."""
    arn, attempt = str(record["_arn"]), record["_created"]
    ctx.resources.create({**record, "status": CREATE_PENDING, **changes.under_way("create", workflow, attempt)})
    try:
        ctx.workflows.start(workflow, arn, "create", attempt=attempt)
    except Exception:
        # The caller hears of a fault of ours and tries again, which must not meet what is left of this attempt.
        with suppress(ResourceInUse):
            ctx.resources.delete(arn, when=(CREATE_PENDING,))
        raise
    return arn


def change(
    ctx: Context,
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
    now, before = ctx.clock(), Record()
    attempt = f"{now:.6f}"

    def begun(record: Record) -> Record:
        before.clear()
        before.update(record)
        return {**members(record, now), **changes.under_way(name, workflow, attempt)}

    after = ctx.resources.update(arn, begun, when=when)
    try:
        ctx.workflows.start(workflow, arn, name, attempt=attempt)
    except Exception:
        with suppress(ResourceInUse, ResourceNotFound):
            _take_back(ctx, before, after)
        raise


def delete(ctx: Context, record: Record) -> dict[str, object]:
    """Mark a settled resource DELETE PENDING and start the workflow that removes it."""

    def going(record: Record, now: float) -> Record:
        require_no_update(record)
        return {"status": DELETE_PENDING, "lastUpdatedDateTime": now}

    change(ctx, record["_arn"], "delete", going, when=(ACTIVE, CREATE_FAILED, INACTIVE))
    return {}


def update(ctx: Context, record: Record, members: Record, workflow: str = "lifecycle") -> str:
    """Note a change as the resource's latest update and start the workflow that carries it out; return the ARN."""

    def updating(record: Record, now: float) -> Record:
        require_no_update(record)
        if not members or same(record, members):
            raise InvalidInput(f"The update of {KINDS[record['_kind']].title} {arn} would change nothing.")
        return changes.new_update(record, members, now)

    arn = str(record["_arn"])
    change(ctx, arn, "update", updating, when=(ACTIVE, CREATE_FAILED), workflow=workflow)
    return arn


def require_no_update(record: Record) -> None:
    """Refuse another change while an update is under way."""
    if changes.is_updating(record):
        kind = KINDS[record["_kind"]]
        raise ResourceInUse(
            f"The {kind.title} {record['_arn']} is being updated; wait until {kind.update_member} is ACTIVE."
        )


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


def same(record: Mapping[str, Any], members: Mapping[str, Any]) -> bool:
    """Whether an update would change nothing, which the real service refuses."""
    return all(record.get(key) == value for key, value in members.items())


def _check_parent(kind: Kind, parent: str | None) -> None:
    """Refuse a List operation's filter that is the ARN of another kind; a parent that is not there has no children."""
    found = arns.kind_of(parent) if parent else None
    if parent and (found is None or found.arn_member != kind.parent):
        raise InvalidInput(f"{kind.parent} must not be {parent}, which is the ARN of something else.")


def _take_back(ctx: Context, before: Record, after: Record) -> None:
    """Undo a change whose workflow could not be started, unless something has come of it all the same."""
    ours = {key for key in after if after[key] != before.get(key)}

    def back(record: Record) -> Record:
        if any(record.get(key) != after[key] for key in ours):
            raise ResourceInUse(f"Resource {after['_arn']} has changed meanwhile.")
        return {key: before[key] for key in ours & before.keys()}

    ctx.resources.update(after["_arn"], back, drop=ours - before.keys())

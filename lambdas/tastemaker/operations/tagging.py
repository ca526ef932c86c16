"""Tags: so many per resource as the quota says, never shown by Describe operations ("Guidelines and requirements")."""

from collections.abc import Collection, Mapping

from tastemaker.errors import InvalidInput, TooManyTags


def checked_tags(
    tags: Collection[Mapping[str, str]], base: Mapping[str, str] | None = None, *, most: int
) -> dict[str, str]:
    """Return tags by key, those of a request over those that were there before."""
    keys = [tag["tagKey"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise InvalidInput("tags must not name a tagKey twice.")
    if reserved := [key for key in keys if key.lower().startswith("aws:")]:
        raise InvalidInput(f"tagKey {reserved[0]} must not begin with aws:, which is reserved.")
    merged = {**(base or {}), **{tag["tagKey"]: tag["tagValue"] for tag in tags}}
    if len(merged) > most:
        raise TooManyTags(f"A resource can have at most {most} tags; this one would have {len(merged)}.")
    return merged

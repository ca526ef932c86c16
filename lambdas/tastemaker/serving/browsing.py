"""What a model knows, for people who look for something in it: its items, its users, and what a user did."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from tastemaker.recipes.data import Ids
from tastemaker.serving.artifacts import Artifact
from tastemaker.serving.ports import Done, Found

# Rows that one look goes through at most: some hundredths of a second.
SCANNED: Final = 10_000
_TOP: Final = "\U0010ffff"  # behind every id that begins alike


def users_with(artifact: Artifact, prefix: str, begin: int, most: int) -> Found:
    """Return users of the training whose ids begin with a text, in the order of ids, from a place on."""
    low, high = _span(artifact.user_ids, prefix)
    begin = max(begin, low)
    end = min(begin + most, high)
    return Found(artifact.user_ids[begin:end].tolist(), end if end < high else None)


def events_of(artifact: Artifact, user_id: str) -> int:
    """Return how many events of a user are kept."""
    return len(artifact.history(user_id)[0])


def events_with(artifact: Artifact, item_id: str) -> int:
    """Return how many events with an item are kept: all histories are gone through."""
    item = artifact.item_index(item_id)
    return 0 if item is None else int(np.count_nonzero(artifact.history_items == item))


def items_with(artifact: Artifact, name_of: Callable[[str], str], text: str, begin: int, most: int) -> Found:
    """Return items whose id begins with a text or whose name has it, small or capital, from a place on."""
    end, wanted, ids = min(begin + SCANNED, artifact.n_items), text.casefold(), list[str]()
    for place in range(begin, end):
        item_id = artifact.name(place)
        if item_id.casefold().startswith(wanted) or wanted in name_of(item_id).casefold():
            if len(ids) == most:
                return Found(ids, place)
            ids.append(item_id)
    return Found(ids, end if end < artifact.n_items else None)


def history(artifact: Artifact, user_id: str, most: int) -> Iterator[Done]:
    """Walk through a user's newest events of the training, the last first; a type is told where it can be only one."""
    items, times = artifact.history(user_id)
    touched = artifact.catalogue.touched()
    for item, time in zip(items[::-1][:most].tolist(), times[::-1][:most].tolist(), strict=True):
        types = touched.types_of(user_id, item) if touched else []
        yield Done(artifact.name(item), float(time), types[0] if len(types) == 1 else "")


def _span(ids: Ids, prefix: str) -> tuple[int, int]:
    """Return where the ids that begin with a text lie among sorted ones."""
    if not prefix:
        return 0, len(ids)
    if len(prefix) * 4 > ids.dtype.itemsize or "\0" in prefix:
        return 0, 0
    low = int(np.searchsorted(ids, np.array(prefix, ids.dtype)))
    # As wide as the ids: a wider needle would make numpy copy them all.
    last = prefix.ljust(ids.dtype.itemsize // 4, _TOP)
    return low, int(np.searchsorted(ids, np.array(last, ids.dtype), "right"))

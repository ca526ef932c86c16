"""What counts in a job's answers besides the training: events and users as they were when the job began."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain.answers.histories import Cut
from tastemaker.domain.filters.expressions import Filter
from tastemaker.serving.answerer import Answerer, put_user
from tastemaker.store.ports import Event, Events, Record, Records

# Beyond so many events since the training each user's are asked for, instead of those of whom there are some.
MOST_EVENTS = 500_000
_AT_ONCE = 16  # questions to the tables
_BYTES = 8
Numbers = NDArray[np.uint64]


def news(events: Events, group: str, since: float) -> Numbers | None:
    """Return the numbers of all of whom something was recorded since a training, sorted; None if that is too much."""
    users = set[int]()
    for count, event in enumerate(events.newest(group, since=since, most=MOST_EVENTS + 1)):
        if count == MOST_EVENTS:
            return None
        users.add(_number(event["user_id"]))
    return np.array(sorted(users), np.uint64)


def _number(user_id: str) -> int:
    return int.from_bytes(blake2b(user_id.encode(errors="replace"), digest_size=_BYTES).digest(), "little")


@dataclass(frozen=True, slots=True)
class Recordings:
    """Events and put users until a moment; of users who have no news since the training nobody has to ask."""

    answerer: Answerer
    records: Records
    moment: float
    news: Numbers | None

    def of(self, users: Iterable[str], rules: Sequence[Filter]) -> Mapping[str, tuple[list[Event], Record | None]]:
        """Return the events and the record of each user, as far as answers look at them; many are asked for at once."""
        read = partial(self._of, rules=rules)
        waiting = [user for user in dict.fromkeys(users) if self._asks(user, rules)]
        if len(waiting) < 2:  # noqa: PLR2004  nothing to do at once
            return dict(zip(waiting, map(read, waiting), strict=True))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(waiting, pool.map(read, waiting), strict=True))

    def _asks(self, user: str, rules: Sequence[Filter]) -> bool:
        looks_at_users = any(dataset == "USERS" for rule in rules for dataset, _ in rule.fields)
        return looks_at_users or self._has_news(user) or self.answerer.model.misses(user)

    def _has_news(self, user: str) -> bool:
        if self.news is None:
            return True
        number = np.uint64(_number(user))
        place = int(np.searchsorted(self.news, number))
        return place < len(self.news) and bool(self.news[place] == number)

    def _of(self, user: str, rules: Sequence[Filter]) -> tuple[list[Event], Record | None]:
        events = self.answerer.history(user, rules)
        if any(_recorded(event) >= self.moment for event in events):
            events = self.answerer.history(user, rules, Cut(self.moment, (), 0))
        model, group = self.answerer.model, self.answerer.group
        return events, put_user(self.records, group, model, user, rules)


def _recorded(event: Mapping[str, Any]) -> float:
    return float(event["recorded"])

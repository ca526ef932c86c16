"""Sums of what happened, each part fading exponentially with its age: a history as a few numbers at any moment.

    s(t) = sum over events i before t of exp(-(t - t_i) / life) g_i

is brought forward by one factor, s(t + d) = exp(-d / life) s(t), so that what is kept of a user at one moment and the
events since then give the state of any later moment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes.data import Floats, Indices, Times


@dataclass(frozen=True, slots=True)
class GroupEvents:
    """Events of groups: all arrays are (events,); `codes` are rows of the table that says what each event gives."""

    groups: NDArray[np.integer]
    times: Times
    codes: Indices


@dataclass(frozen=True, slots=True)
class Fading:
    """What each kind of event gives, `table` (codes, width), and how long it lasts, `lives` (width,) in seconds."""

    table: Floats
    lives: NDArray[np.float64]

    def forward(self, states: Floats, seconds: NDArray[np.number]) -> Floats:
        """Return states (rows, width) after some `seconds` (rows,); a clock that goes back changes nothing."""
        factors = np.exp(-np.maximum(seconds, 0)[:, None] / self.lives)
        return np.asarray(states * factors, np.float32)

    def total(self, codes: Indices, times: Times, now: int) -> Floats:
        """Return the state (width,) that events of one group have left at a moment."""
        return np.asarray(self.forward(self.table[codes], now - times).sum(axis=0), np.float32)

    def at(
        self, events: GroupEvents, question_groups: NDArray[np.integer], question_times: Times, n_groups: int
    ) -> tuple[Floats, Floats, Times]:
        """Return the states just before questions (questions, width), then those after all (groups, width), and when.

        Groups go forward side by side, an event of each at a time: as many rounds as the longest history has events.
        """
        groups = np.concatenate([question_groups, events.groups])
        times = np.concatenate([question_times, events.times])
        codes = np.concatenate([-1 - np.arange(len(question_groups)), events.codes])  # a question's place, below 0
        rows = np.lexsort((codes >= 0, times, groups))
        starts = np.searchsorted(groups[rows], np.arange(n_groups + 1))
        lengths = np.diff(starts)
        order = np.argsort(-lengths, kind="stable")
        still = np.searchsorted(np.sort(lengths), np.arange(lengths.max(initial=0)), side="right")
        states, moments = np.zeros((n_groups, self.table.shape[1]), np.float32), np.zeros(n_groups, np.int64)
        answers = np.zeros((len(question_groups), self.table.shape[1]), np.float32)
        for step, idle in enumerate(still.tolist()):
            going = slice(0, n_groups - idle)
            now = rows[starts[order[going]] + step]
            states[going] = self.forward(states[going], times[now] - moments[going])
            moments[going] = times[now]
            asking = np.flatnonzero(codes[now] < 0)
            answers[-1 - codes[now[asking]]] = states[asking]
            telling = np.flatnonzero(codes[now] >= 0)
            states[telling] += self.table[codes[now[telling]]]
        back = np.argsort(order, kind="stable")
        return answers, states[back], moments[back]


def last_before(
    events: GroupEvents, question_groups: NDArray[np.integer], question_times: Times
) -> NDArray[np.float64]:
    """Return when each question's group had its last event before it, nan where it had none; shape (questions,)."""
    # Groups one behind the other: one number says both group and moment.
    apart = 1 + max(int(events.times.max(initial=0)), int(question_times.max(initial=0)))
    moments = np.concatenate([[-1], np.sort(events.groups.astype(np.int64) * apart + events.times)])
    begins = question_groups.astype(np.int64) * apart
    last = moments[np.searchsorted(moments, begins + question_times) - 1]
    return np.where(last >= begins, (last - begins).astype(np.float64), np.nan)

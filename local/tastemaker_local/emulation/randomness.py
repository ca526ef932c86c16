"""Makes what moto draws by chance, and the time it reads, repeatable: a restart must find the same names and dates."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import moto.core.utils
from moto.moto_api._internal.moto_random import MotoRandom

_source: ContextVar[Random | None] = ContextVar("source", default=None)
_moment: ContextVar[float | None] = ContextVar("moment", default=None)
_fallback = Random()  # noqa: S311 - identifiers of an emulated cloud, not secrets


@contextmanager
def installed() -> Iterator[None]:
    """Let `seeded` decide what moto draws and `at_moment` when; outside of them nothing changes."""
    clock = SimpleNamespace(datetime=_Clock, timezone=dt.timezone)
    with (
        patch.multiple(MotoRandom, getrandbits=_bits, random=_fraction, seed=_seed),
        patch.object(moto.core.utils, "datetime", clock),
    ):
        yield


@contextmanager
def seeded(seed: str) -> Iterator[None]:
    """Make moto draw the same identifiers for the same seed, in this thread only."""
    token = _source.set(Random(seed))  # noqa: S311 - as above
    try:
        yield
    finally:
        _source.reset(token)


def new_seed() -> str:
    """Draw a seed; two clouds that were given the same by `/moto-api/seed` draw the same."""
    return f"{_fallback.getrandbits(128):032x}"


@contextmanager
def at_moment(moment: float) -> Iterator[None]:
    """Make moto read this time, in this thread only."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


class _Clock(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        moment = _moment.get()
        return dt.datetime.now(tz) if moment is None else dt.datetime.fromtimestamp(moment, tz)


def _bits(_self: Random, count: int) -> int:
    return (_source.get() or _fallback).getrandbits(count)


def _fraction(_self: Random) -> float:
    return (_source.get() or _fallback).random()


def _seed(_self: Random, value: Any = None, *_: object) -> None:  # noqa: ANN401 - what Random takes
    _fallback.seed(value)

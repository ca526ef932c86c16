"""Puts stand-ins for tables and buckets behind the clients of a runtime function that has just started."""

import time
from pathlib import Path
from typing import Any

from bench.answers import made
from bench.answers.stand_ins import BUCKET_PREFIX, CONTEXT, Bucket, Tables, event_of
from tastemaker.serving.shelf import ModelShelf
from tastemaker.store import clients

__all__ = ["CONTEXT", "EVENT", "install"]
EVENT = event_of(0)


def install(folder: str, digest: str, items: str) -> dict[str, float]:
    """Answer the clients that are there and those to come; return what a model's way will have taken."""
    tables = Tables(made.records(digest, prefix=BUCKET_PREFIX), made.events(int(items)))
    session, spent = clients._session(), dict[str, float]()
    session.events.register("before-send.dynamodb", tables.answer)
    for name, answer in (("dynamodb", tables.answer), ("s3", Bucket(Path(folder)).answer)):
        clients.client(name, "us-east-1").meta.events.register(f"before-send.{name}", answer)
    _time(spent, "model fetched and verified", ModelShelf, "_download")
    return spent


def _time(spent: dict[str, float], name: str, owner: type, method: str) -> None:
    original = getattr(owner, method)

    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.monotonic()
        try:
            return original(*args, **kwargs)
        finally:
            spent[name] = (time.monotonic() - start) * 1e3

    setattr(owner, method, timed)

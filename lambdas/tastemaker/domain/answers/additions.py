"""Which individual records an answer knew: those that were put since the training of its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from tastemaker.domain.schemas.properties import RECORDED

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """So many items, put until a moment; the digest is of their ids and the moments of their records."""

    items: int
    until: float
    digest: str

    @classmethod
    def of(cls, records: Mapping[str, Record]) -> Self | None:
        """Say which records these are; None of none."""
        if not records:
            return None
        lines = "\n".join(f"{id_}\t{record[RECORDED]!r}" for id_, record in sorted(records.items()))
        until = max(record[RECORDED] for record in records.values())
        return cls(len(records), until, sha256(lines.encode(errors="replace")).hexdigest()[:10])

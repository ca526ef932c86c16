"""Users leave the models that are stored: each that holds any of them is replaced, or removed where that cannot be.

In this order: the model without them is stored, then named where the old one lies, then by all records that named the
old one; then the old one is removed. Whoever cuts a step short finds it repeated from the last of these that is done.
"""

import io
import json
import re
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import Final, Self

import numpy as np

from tastemaker.domain.resources.statuses import DELETING, ERASING
from tastemaker.errors import ResourceInUse
from tastemaker.pipelines.datasets.snapshots import exists
from tastemaker.pipelines.deletions.contexts import Told
from tastemaker.pipelines.deletions.references import repoint
from tastemaker.pipelines.deletions.sources import Users
from tastemaker.pipelines.deletions.stored import EVALUATION, Stored, held_in, stored_models
from tastemaker.pipelines.deps import Deps
from tastemaker.pipelines.places import folder_of_content, home_of_content
from tastemaker.serving import artifacts, erasing
from tastemaker.serving.artifacts import MANIFEST
from tastemaker.serving.ports import ADVICE
from tastemaker.serving.successors import FILE, Successor
from tastemaker.store.ports import Record

# No model is begun after so many seconds of a step, which has 15 minutes.
_LONGEST = 240.0
# Days that an execution may take which names a model: that of a batch job.
_LONGEST_JOB, _DAY = 7, 86_400
# So often a model is begun anew that no step could bring to its end.
_TRIES = 3
_SUMMARY = "evaluation.json"
# What a model raises whose files are missing, damaged, or those of another version of Tastemaker.
_UNREADABLE = (FileNotFoundError, MemoryError, ValueError, KeyError, TypeError, AttributeError)
_TOO_LARGE = "it could not be written anew in the time, memory and disk that a step has"
# What a reason says of what to do is said where it is shown, too.
_TAIL: Final = re.compile(f": {ADVICE}$")


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases the users of a job from a dataset group's models."""

    deps: Deps
    job: Record
    users: Users
    told: Told

    @classmethod
    def of(cls, deps: Deps, job: Record, users: Users) -> Self:
        """Erase from the models of a job's dataset group."""
        return cls(deps, job, users, Told(deps, job["datasetGroupArn"]))

    def erase(self, after: str) -> tuple[str, bool]:
        """Look at the models behind a place; return how far it came, and whether any are left."""
        began = self.deps.clock()
        for model in stored_models(self.deps, self._group):
            if model.prefix <= after:
                continue
            if self.deps.clock() - began > _LONGEST:
                return after, True
            self._erase_from(model)
            after = model.prefix
        return after, False

    @property
    def _group(self) -> str:
        return str(self.job["datasetGroupArn"])

    @property
    def _bucket(self) -> str:
        return self.deps.config.models_bucket

    def _erase_from(self, model: Stored) -> None:
        successor = Successor.find(self.deps.objects, self._bucket, model.prefix) if FILE in model.names else None
        if successor is None:
            self._look_into(model)
        elif model.names == (FILE,):
            self._forget(model, successor)
        else:
            self._finish(model, successor)

    def _look_into(self, model: Stored) -> None:
        """Replace a model that holds any of the users, and remove what is only left of one."""
        if (count := held_in(self.deps, model, self.users)) != 0:
            self._finish(model, self._replace(model, count) if MANIFEST in model.names else None)

    def _finish(self, model: Stored, successor: Successor | None) -> None:
        """Let nobody name a model any more, and remove it."""
        if successor and (by := successor.by):
            repoint(self.deps, self._group, lambda artifact: by if artifact["prefix"] == model.prefix else artifact)
        self._remove(model)
        if successor and self._is_leaving(model.arn):
            for prefix in (model.prefix, (successor.by or {}).get("prefix", model.prefix)):
                self.deps.objects.delete(self._bucket, prefix)

    def _forget(self, model: Stored, successor: Successor) -> None:
        """Remove what says where a model went, once no logged answer and no job names it any more."""
        kept = max(self.deps.config.answer_days, _LONGEST_JOB) * _DAY
        if float(successor.created.partition("#")[0]) < self.deps.clock() - kept:
            self.deps.objects.delete(self._bucket, f"{model.prefix}{FILE}")

    def _is_leaving(self, arn: str) -> bool:
        """Whether a model's owner is being deleted, and what was stored since would stay behind."""
        record = self.deps.resources.find(arn)
        owner = record and self.deps.resources.find(record.get("solutionArn", arn))
        return owner is None or owner["status"] in DELETING

    def _replace(self, model: Stored, count: int | None) -> Successor | None:
        """Store what takes a model's place, and then that it does; None if it was removed meanwhile."""
        self.deps.progress(self.job["_arn"], 0.9, "taking users out of models")
        if count is None:
            by, why = None, "its ids could not be read"
        else:
            by, why = self._rewritten(model) if self._begin(model) else (None, _TOO_LARGE)
        if by is None and not exists(self.deps.objects, self._bucket, f"{model.prefix}{MANIFEST}"):
            return None
        successor = Successor(by, why, count or 0, self.job["_arn"], self.job["_created"])
        successor.keep(self.deps.objects, self._bucket, model.prefix)
        return successor

    def _rewritten(self, model: Stored) -> tuple[Record | None, str]:
        """Return the artifact without the users, or None and why there is none."""
        try:
            return self._write_without(model), ""
        except _UNREADABLE as problem:
            return None, _TAIL.sub("", f"it could not be read ({type(problem).__name__}: {problem})")
        except OSError as problem:
            if problem.errno != ENOSPC:
                raise
            return None, _TOO_LARGE

    def _begin(self, model: Stored) -> bool:
        """Note that a model is begun, unless that was noted too often: a step that is ended cannot tell."""
        noted = self.deps.resources.get(self.job["_arn"]).get("_begun", {})
        times = 1 + (noted["times"] if noted.get("prefix") == model.prefix else 0)
        self.deps.note(self.job["_arn"], {"_begun": {"prefix": model.prefix, "times": times}})
        return times <= _TRIES

    def _write_without(self, model: Stored) -> Record:
        """Store a model without the users, the manifest last, and return its artifact."""
        with self.deps.workdir() as folder:
            old, new = folder / "old", folder / "new"
            manifest = self._download(model, old)
            artifacts.check_format(manifest)
            digest = erasing.write_without(old, new, self.users.among, self.told)
            prefix = folder_of_content(home_of_content(model.prefix), digest)
            self._copy_evaluation(model, prefix)
            for name in artifacts.file_names(json.loads((new / MANIFEST).read_bytes())):
                self.deps.objects.upload(new / name, self._bucket, f"{prefix}{name}")
        return {"prefix": prefix, "sha256": digest}

    def _download(self, model: Stored, folder: Path) -> Record:
        folder.mkdir()
        self.deps.objects.download(self._bucket, f"{model.prefix}{MANIFEST}", folder / MANIFEST)
        manifest: Record = json.loads((folder / MANIFEST).read_bytes())
        for name in artifacts.file_names(manifest)[:-1]:
            self.deps.objects.download(self._bucket, f"{model.prefix}{name}", folder / name)
        return manifest

    def _copy_evaluation(self, model: Stored, prefix: str) -> None:
        """Store how the model was measured, without what each of the users contributed."""
        objects = self.deps.objects
        if _SUMMARY in model.names:
            objects.write(self._bucket, f"{prefix}{_SUMMARY}", objects.read(self._bucket, f"{model.prefix}{_SUMMARY}"))
        if EVALUATION in model.names:
            with np.load(io.BytesIO(objects.read(self._bucket, f"{model.prefix}{EVALUATION}"))) as stored:
                keep = ~self.users.among(stored["users"])
                kept = {name: stored[name][keep] for name in stored.files}
            body = io.BytesIO()
            np.savez_compressed(body, allow_pickle=False, **kept)
            objects.write(self._bucket, f"{prefix}{EVALUATION}", body.getvalue())

    def _remove(self, model: Stored) -> None:
        """Remove a model's own files and leave what says where it went; other models may lie below it."""
        for name in model.names:
            if name != FILE:
                self.deps.objects.delete(self._bucket, f"{model.prefix}{name}")


def takes_turn(deps: Deps, job: Record) -> bool:
    """Say whether it is this job's turn among those of its dataset group, which would replace the same models.

    A job keeps its turn until it has ended.
    """
    own = job["_created"]

    def taken(group: Record) -> Record:
        holder = str(group.get("_eraser", own))
        if holder != own and _is_running(deps, holder):
            raise ResourceInUse(f"{holder} is erasing users from the models.")
        return {"_eraser": own}

    try:
        deps.resources.update(job["datasetGroupArn"], taken)
    except ResourceInUse:
        return False
    return True


def _is_running(deps: Deps, created: str) -> bool:
    job = deps.resources.find(created.partition("#")[2]) or {}
    return job.get("_created") == created and job["status"] in ERASING

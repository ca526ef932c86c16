"""Where a batch job reads and writes: the objects below a prefix, and one object of answers for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.domain.locations import Location
from tastemaker.domain.resources.quotas import Quotas
from tastemaker.errors import JobFailed
from tastemaker.pipelines.job_files import PROBE, JobFiles
from tastemaker.store.ports import Objects, Record


@dataclass(frozen=True, slots=True)
class Source:
    """One object of lines as it was when the job began, and the name of its answers below the output folder."""

    key: str
    size: int
    etag: str
    answers: str


class BatchFiles:
    """The input and output of one job."""

    def __init__(self, objects: Objects, job: Record) -> None:
        self._files = JobFiles.of(objects, job)
        self._objects, self._encryption = self._files.objects, self._files.encryption

    def probe(self) -> None:
        """Find out before the work whether its answers could be stored."""
        with self._files.storing():
            self._objects.write(*self._files.place(PROBE), b"", **self._encryption)

    def sources(self, quotas: Quotas) -> list[Source]:
        """Return the objects to answer, by key."""
        files, most = quotas["batch-input-files"], quotas["batch-input-megabytes"] * 1_000_000
        inputs = self._files.inputs(most_files=files, most_bytes=most)
        answers = self._files.answers(list(inputs))
        return [Source(key, *each, answers[key]) for key, each in inputs.items()]

    def read(self, source: Source, begin: int, size: int) -> bytes:
        """Return some bytes of an input, which must be as it was when the job began."""
        try:
            with self._files.reading(gone=FileNotFoundError):
                return self._objects.read_range(self._files.source.bucket, source.key, begin, size, etag=source.etag)
        except FileNotFoundError:
            where = Location(self._files.source.bucket, source.key)
            raise JobFailed(
                f"Invalid S3 input path: {where} was changed or removed while the job ran. Create the job again."
            ) from None

    def store(self, source: Source, answers: bytes) -> None:
        """Store the answers to an input, whole."""
        with self._files.storing():
            self._objects.write(*self._place(source), answers, **self._encryption)

    def begin(self, source: Source) -> str:
        """Begin to store answers part by part; return the upload."""
        with self._files.storing():
            return self._objects.begin_upload(*self._place(source), **self._encryption)

    def upload(self, source: Source, upload: str, number: int, answers: bytes) -> str:
        """Store a part of the answers; FileNotFoundError if there is no such upload any more."""
        with self._files.storing(gone=FileNotFoundError):
            return self._objects.upload_part(*self._place(source), upload, number, answers)

    def finish(self, source: Source, upload: str, tags: Sequence[str]) -> None:
        """Make the parts one object; FileNotFoundError as above."""
        with self._files.storing(gone=FileNotFoundError):
            self._objects.finish_upload(*self._place(source), upload, tags)

    def abandon(self, source: Source, upload: str) -> None:
        """Forget parts that will not become an object."""
        self._objects.abandon_upload(*self._place(source), upload)

    def _place(self, source: Source) -> tuple[str, str]:
        return self._files.place(source.answers)

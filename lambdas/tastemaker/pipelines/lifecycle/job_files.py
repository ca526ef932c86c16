"""Where a job keeps what it has to say beside its record."""

from tastemaker.domain.resources import arns


def folder_of(job_arn: str) -> str:
    """Return the key below which a job's own files lie; the kind is in it, for kinds may share a job's name."""
    return f"jobs/{arns.resource(job_arn)}/"

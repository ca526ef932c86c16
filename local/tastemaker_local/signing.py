"""Makes unmodified boto3 and AWS CLI sign for API Gateway: three small files that botocore merges into its models."""

import json
from pathlib import Path

# The three services' API versions; all sign for `personalize` unless told otherwise.
_VERSIONS = {
    "personalize": "2018-05-22",
    "personalize-events": "2018-03-22",
    "personalize-runtime": "2018-05-22",
}
_EXTRAS = {"version": 1.0, "merge": {"metadata": {"signingName": "execute-api"}}}


def write(folder: Path) -> list[Path]:
    """Write the files below a folder that is to be named in AWS_DATA_PATH, and return them."""
    return [_write_one(folder / service / version) for service, version in _VERSIONS.items()]


def _write_one(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "service-2.sdk-extras.json"
    path.write_text(json.dumps(_EXTRAS, indent=2) + "\n")
    return path

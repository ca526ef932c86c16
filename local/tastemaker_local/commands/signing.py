"""Makes unmodified boto3 and AWS CLI sign for API Gateway: three small files that botocore merges into its models.

The same files tell a client of the operations that are ours, such as `get_data_insights`.
"""

import argparse
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import botocore.session
from botocore.loaders import Loader

from tastemaker.wire.models import EXTRAS

# The three services' API versions; all sign for `personalize` unless told otherwise.
_VERSIONS = {
    "personalize": "2018-05-22",
    "personalize-events": "2018-03-22",
    "personalize-runtime": "2018-05-22",
}
_SIGNING = {"metadata": {"signingName": "execute-api"}}
_FILE = "service-2.sdk-extras.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where to write."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write; name it in AWS_DATA_PATH")


def run(options: argparse.Namespace) -> int:
    """Write the files, and say how to make clients read them."""
    for path in write(options.folder):
        print(path)
    print(f"export AWS_DATA_PATH={options.folder.resolve()}")
    return 0


def write(folder: Path) -> list[Path]:
    """Write the files below a folder that is to be named in AWS_DATA_PATH, and return them."""
    return [_write_one(folder, Path(service) / version / _FILE) for service, version in _VERSIONS.items()]


def _write_one(folder: Path, place: Path) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    extras = {"version": 1.0, "merge": {**_own_operations(place), **_SIGNING}}
    path.write_text(json.dumps(extras, indent=2) + "\n")
    return path


def _own_operations(place: Path) -> dict[str, object]:
    file = EXTRAS / place
    merge: dict[str, object] = json.loads(file.read_text())["merge"] if file.exists() else {}
    return merge


def session_with_extras() -> botocore.session.Session:
    """Return a session whose clients read these files without AWS_DATA_PATH."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Loader:
    """Return what keeps botocore's data once it has read them, these files among them."""
    with TemporaryDirectory(prefix="tastemaker-") as folder:
        write(Path(folder))
        loader = Loader(extra_search_paths=[folder])
        for service in _VERSIONS:
            loader.load_service_model(service, "service-2")
    return loader

"""What moto and botocore do over and over while they start, done once: a start takes half the time."""

import atexit
import gc
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader
from botocore.session import Session

_load, _read_model = JSONFileLoader.load_file, Session.get_service_data
_METADATA = '"metadata":'
# Read by every session; nobody changes what is read.
_SHARED = ("endpoints", "partitions")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Read the list of regions once, not once per service, and of a service what that takes; collect no garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with (
            patch.object(JSONFileLoader, "load_file", _load_shared),
            patch.object(Session, "get_service_data", _read_metadata),
        ):
            yield
    finally:
        gc.freeze()
        # What is frozen outlives the interpreter, and DuckDB's bindings print what they find of theirs then.
        atexit.register(gc.unfreeze)
        if collecting:
            gc.enable()


@contextmanager
def quick_deployment() -> Iterator[None]:
    """Parse templates as the JSON they are, and state machines when they run: their own tests have checked them."""
    from moto.cloudformation.models import Stack  # noqa: PLC0415 - quick_imports comes before moto
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend  # noqa: PLC0415 - same

    original = Stack._parse_template  # noqa: SLF001

    def parse(stack: Stack) -> None:
        if isinstance(stack.template, str) and stack.template.startswith("{"):
            stack.template_dict = json.loads(stack.template)
        else:
            original(stack)

    with (
        patch.object(Stack, "_parse_template", parse),
        patch.object(StepFunctionsParserBackend, "_validate_definition", staticmethod(lambda definition: definition)),
    ):
        yield


@contextmanager
def partitions_in_use() -> Iterator[None]:
    """Look for an access key in the partitions there are: moto makes all six to look, each with AWS's policies."""
    from moto.iam import models  # noqa: PLC0415 - as above

    def account_of(access_key: str) -> str:
        for account, partitions in list(models.iam_backends.items()):
            if any(access_key in partition.access_keys for partition in list(partitions.values())):
                return account
        return models.DEFAULT_ACCOUNT_ID

    with patch.object(models, "get_account_id_from", account_of):
        yield


@contextmanager
def policies_once() -> Iterator[None]:
    """Load AWS's policies once for each partition: a new beginning does not wait for them."""
    from moto.iam.models import IAMBackend  # noqa: PLC0415 - as above

    from tastemaker_local.emulation.randomness import seeded  # noqa: PLC0415 - it imports moto

    original = IAMBackend._init_aws_policies  # noqa: SLF001
    policies: dict[str, list[Any]] = {}

    def load(backend: IAMBackend) -> list[Any]:
        partition = backend.region_name
        if partition not in policies:
            with seeded(f"policies of {partition}"):  # whoever asks first draws no other names than whoever asks later
                policies[partition] = original(backend)
        return [copy(policy) for policy in policies[partition]]  # each counts what it is attached to

    with patch.object(IAMBackend, "_init_aws_policies", load):
        yield


@contextmanager
def known_methods() -> Iterator[None]:
    """List the methods of a class of moto's responses once: moto does with each request, for a tenth of its time."""
    from moto.core import responses  # noqa: PLC0415 - as above

    with patch.object(responses, "method_names_from_class", cache(responses.method_names_from_class)):
        yield


@contextmanager
def machines_parsed_once() -> Iterator[None]:
    """Parse a state machine once, not for each execution: that is most of what a short one costs."""
    from moto.stepfunctions.parser.asl.parse.asl_parser import (  # noqa: PLC0415 - as above
        AmazonStateLanguageParser,
        Preprocessor,
    )

    original = AmazonStateLanguageParser.parse

    @lru_cache(32)
    def tree_of(definition: str) -> Any:  # noqa: ANN401 - a tree of antlr4's
        return original(definition)[1]

    def parse(definition: str) -> Any:  # noqa: ANN401 - as moto's
        tree = tree_of(definition)
        return Preprocessor().visit(tree), tree

    with patch.object(AmazonStateLanguageParser, "parse", staticmethod(parse)):
        yield


@contextmanager
def keys_when_asked() -> Iterator[None]:
    """Make no RSA key for a symmetric one: a tenth of a second of a start, for what only GetPublicKey reads."""
    from moto.kms import models  # noqa: PLC0415 - as above

    original = models.generate_private_key

    class Later:
        @cached_property
        def made(self) -> Any:  # noqa: ANN401 - moto's
            return original("SYMMETRIC_DEFAULT")

        def public_key(self) -> bytes:
            content: bytes = self.made.public_key()
            return content

    def generate(key_spec: str) -> Any:  # noqa: ANN401 - as above
        return Later() if key_spec == "SYMMETRIC_DEFAULT" else original(key_spec)

    with patch.object(models, "generate_private_key", generate):
        yield


def _read_metadata(session: Session, service_name: str, api_version: str | None = None) -> dict[str, Any]:
    """Return of a service's model what comes first, its metadata: a list of regions asks for no more."""
    loader = session.get_component("data_loader")
    version = api_version or loader.determine_latest_version(service_name, "service-2")
    files = (Path(folder, service_name, version, "service-2.json.gz") for folder in loader.search_paths)
    path = next((file for file in files if file.exists()), None)
    if path is None:  # somebody's own, in AWS_DATA_PATH
        return dict(_read_model(session, service_name, api_version))
    with gzip.open(path, "rt") as file:
        head = file.read(4096)
    return {"metadata": json.JSONDecoder().raw_decode(head, head.index(_METADATA) + len(_METADATA))[0]}


def _load_shared(loader: JSONFileLoader, file_path: str) -> Any:  # noqa: ANN401 - any JSON
    return _once(file_path) if file_path.endswith(_SHARED) else _load(loader, file_path)


@cache
def _once(file_path: str) -> Any:  # noqa: ANN401 - as above
    return _load(JSONFileLoader(), file_path)

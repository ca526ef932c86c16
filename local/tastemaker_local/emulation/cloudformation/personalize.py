"""CloudFormation's four types of Personalize, made by our own API; any other of its names is refused, as on AWS."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from time import monotonic, sleep
from typing import Any, Self

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel
from moto.utilities.utils import get_partition

from tastemaker_local.emulation.randomness import seeded
from tastemaker_local.emulation.state_tasks import camel

PREFIX = "AWS::Personalize::"
# CloudFormation's word -> ours; each of them is named by Name and has the attribute <word>Arn, which Ref gives too.
_KINDS = {"Schema": "schema", "DatasetGroup": "dataset_group", "Dataset": "dataset", "Solution": "solution"}
_IMPORT = "DatasetImportJob"
_MOMENT = 0.02
# How long a stack waits for a resource to settle, and for an import; one that takes longer goes on by itself.
_PATIENCE, _IMPORT_PATIENCE = 60.0, 40.0
_replayed: ContextVar[bool] = ContextVar("replayed", default=False)


@contextmanager
def remembered() -> Iterator[None]:
    """Let stacks come back from the data folder's journal: their resources are in the folder as they are now."""
    token = _replayed.set(True)
    try:
        yield
    finally:
        _replayed.reset(token)


def is_replayed() -> bool:
    """Say whether a journal is replayed: what it tells of is there already."""
    return _replayed.get()


def unknown_types(template: Mapping[str, Any]) -> list[str]:
    """Return the types of a template that CloudFormation on AWS does not have either."""
    resources = template.get("Resources") or {}
    types = {str(each.get("Type")) for each in resources.values() if isinstance(each, dict)}
    return sorted(name for name in types if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in _KINDS)


class _Resource:
    """A resource of ours that a stack has made."""

    word = ""

    def __init__(self, arn: str, properties: dict[str, Any], job: Callable[[], bool] = lambda: True) -> None:
        self.arn = arn
        self.properties = properties
        self._job = job

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.arn

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say which attributes `Fn::GetAtt` may read."""
        return attr == f"{cls.word}Arn"

    def get_cfn_attribute(self, attribute: str) -> str:
        """Return the ARN."""
        if not self.has_cfn_attr(attribute):
            raise UnformattedGetAttTemplateException
        return self.arn

    def is_created(self) -> bool:
        """Say whether the import that belongs to the resource is over, too."""
        return self._job()

    @classmethod
    def create_from_cloudformation_json(
        cls, _name: str, cloudformation_json: dict[str, Any], account: str, region: str, **_: object
    ) -> Self:
        """Create the resource and wait until it can be used."""
        properties = cloudformation_json["Properties"]
        if _replayed.get():
            return cls(_arn_of(cls.word, properties, account, region), properties)
        with _explained(cls.word):
            arn = _created(cls.word, properties, region)
        try:
            _wait_until_active(cls.word, arn, region)
            return cls._with_import(arn, properties, region)
        except ValidationError:
            with suppress(ValidationError):  # the first problem is the one to tell of
                cls.delete_from_cloudformation_json(arn, {}, account, region)
            raise

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Self:
        """Import what is new, or replace the resource by one of another name: nothing else of it may change."""
        before, after = original_resource.properties, cloudformation_json["Properties"]
        if _without_import(before) != _without_import(after):
            if before.get("Name") == after.get("Name"):
                raise ValidationError(
                    message="CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    f"Rename {after.get('Name')} and update the stack again."
                )
            new = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
            with suppress(ValidationError):  # what still hangs on the old one keeps it
                cls.delete_from_cloudformation_json(original_resource.arn, {}, account_id, region_name)
            return new
        if before == after or _replayed.get():
            return cls(original_resource.arn, after)
        return cls._with_import(original_resource.arn, after, region_name)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, _json: dict[str, Any], _account_id: str, region_name: str
    ) -> None:
        """Delete the resource and wait until it is gone."""
        if _replayed.get():
            return
        client = _client(region_name)
        with _explained(cls.word), suppress(client.exceptions.ResourceNotFoundException), seeded(resource_name):
            getattr(client, f"delete_{_KINDS[cls.word]}")(**{_member(cls.word): resource_name})
            _wait(lambda: _describe(cls.word, resource_name, region_name) is None, _PATIENCE)

    @classmethod
    def _with_import(cls, arn: str, properties: dict[str, Any], region: str) -> Self:
        if _IMPORT not in properties:
            return cls(arn, properties)
        with _explained(_IMPORT):
            job = _imported(arn, properties[_IMPORT], region)
            _wait(lambda: _is_over(job, region), _IMPORT_PATIENCE)
        return cls(arn, properties, lambda: _is_over(job, region))


def _created(word: str, properties: dict[str, Any], region: str) -> str:
    """Create a resource by the API, and return its ARN."""
    if "Name" not in properties:
        raise ValidationError(message=f"Properties validation failed for {PREFIX}{word}: required key [Name] not found")
    return str(_call(f"create_{_KINDS[word]}", _without_import(properties), region)[_member(word)])


def _wait_until_active(word: str, arn: str, region: str) -> None:
    def settled() -> bool:
        record = _describe(word, arn, region) or {}
        if "FAILED" in record.get("status", ""):
            raise ValidationError(message=f"{arn} is {record['status']}: {record.get('failureReason')}")
        return record.get("status", "ACTIVE") == "ACTIVE"

    _wait(settled, _PATIENCE)


def _imported(dataset: str, properties: dict[str, Any], region: str) -> str:
    """Start the import of a dataset's properties, and return its ARN."""
    asked = {name: value for name, value in properties.items() if name != "DatasetImportJobArn"}
    return str(_call("create_dataset_import_job", {**asked, "DatasetArn": dataset}, region)["datasetImportJobArn"])


def _is_over(job: str, region: str) -> bool:
    record = _describe(_IMPORT, job, region) or {}
    if "FAILED" in record.get("status", ""):
        raise ValidationError(message=f"{job} is {record['status']}: {record.get('failureReason')}")
    return record.get("status") == "ACTIVE"


def _call(operation: str, properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    client = _client(region)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    with seeded(operation):  # what our API draws must not change what the rest of the stack draws
        reply: dict[str, Any] = getattr(client, operation)(**camel(dict(properties), model.input_shape))
    return reply


def _describe(word: str, arn: str, region: str) -> dict[str, Any] | None:
    client = _client(region)
    try:
        reply = getattr(client, f"describe_{_KINDS.get(word, 'dataset_import_job')}")(**{_member(word): arn})
    except client.exceptions.ResourceNotFoundException:
        return None
    record: dict[str, Any] = reply[_member(word).removesuffix("Arn")]
    return record


def _wait(ready: Callable[[], bool], patience: float) -> None:
    until = monotonic() + patience
    while not ready() and monotonic() < until:
        sleep(_MOMENT)


@contextmanager
def _explained(word: str) -> Iterator[None]:
    """Turn a refusal of our API into one of CloudFormation."""
    try:
        yield
    except (ClientError, ParamValidationError) as problem:
        raise ValidationError(message=f"Resource handler of {PREFIX}{word} returned message: {problem}") from problem


def _member(word: str) -> str:
    return f"{word[:1].lower()}{word[1:]}Arn"


def _without_import(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != _IMPORT}


def _arn_of(word: str, properties: Mapping[str, Any], account: str, region: str) -> str:
    start = f"arn:{get_partition(region)}:personalize:{region}:{account}"
    if word != "Dataset":
        return f"{start}:{_KINDS[word].replace('_', '-')}/{properties['Name']}"
    group = str(properties["DatasetGroupArn"]).rpartition("/")[2]
    return f"{start}:dataset/{group}/{str(properties['DatasetType']).upper()}"


@cache
def _client(region: str) -> BaseClient:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    config = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1})
    return boto3.session.Session().client("personalize", region_name=region, config=config, **keys)


def _model(word: str) -> type:
    members = {
        "__module__": __name__,
        "word": word,
        "cloudformation_type": staticmethod(lambda: f"{PREFIX}{word}"),
        "cloudformation_name_type": staticmethod(lambda: "Name"),
    }
    # moto looks at direct subclasses of its base only.
    return type(f"Personalize{word}", (_Resource, CloudFormationModel), members)


MODELS = tuple(_model(word) for word in _KINDS)

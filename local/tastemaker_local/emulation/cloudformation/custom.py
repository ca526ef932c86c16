"""Custom resources: their function is called as on AWS, and CloudFormation waits for the answer at a URL of its own.

moto's own are made without waiting, one beside the other, and neither changed nor deleted.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Self
from uuid import uuid4

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel

from tastemaker_local.emulation import executions
from tastemaker_local.emulation.cloudformation import kept
from tastemaker_local.emulation.cloudformation.personalize import is_replayed
from tastemaker_local.emulation.executions import LeftBehind
from tastemaker_local.emulation.messages import ACCOUNT

PREFIX = "Custom::"
_MOMENT = 0.1
Answer = dict[str, Any]


class CustomResource(CloudFormationModel):
    """What a function has made for a stack; from the data folder it comes back as it was."""

    def __init__(self, stack_id: str, type_name: str, region: str, properties: dict[str, Any]) -> None:
        self.stack_id, self.type, self.region = stack_id, type_name, region
        self.properties = properties
        self.logical_resource_id = ""
        self.physical_id = ""
        self.data: dict[str, Any] = {}

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` gives."""
        return self.physical_id

    @staticmethod
    def cloudformation_type() -> str:
        """Return a type that no template has: what begins with Custom:: is made by this class."""
        return PREFIX

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name nothing: its function does."""
        return ""

    @classmethod
    def has_cfn_attr(cls, _attr: str) -> bool:
        """Accept every attribute: which there are, the answer says."""
        return True

    def get_cfn_attribute(self, attribute: str) -> Any:  # noqa: ANN401 - what the function has answered
        """Return what the function told of the resource."""
        if attribute not in self.data and self.physical_id:
            raise UnformattedGetAttTemplateException
        return self.data.get(attribute, "")

    def is_created(self) -> bool:
        """Say that the resource is there."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, _name: str, cloudformation_json: dict[str, Any], _account: str, region: str, **about: str
    ) -> Self:
        """Let the function make the resource; what a refused one left is taken away as on AWS."""
        properties = as_text(cloudformation_json.get("Properties", {}))
        made = cls(about["StackId"], about["ResourceType"], region, properties)
        made.logical_resource_id = about["LogicalId"]
        if not is_replayed():
            made.take(made.ask("Create"))
        return made

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Self, *_: object, **__: object) -> Self:
        """Leave it: `changes.py` updates custom resources when everything else of the stack is there."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *_: object) -> None:
        """Leave it to the resource itself."""

    def delete(self, _account: str, _region: str) -> None:
        """Let the function delete the resource."""
        if self.physical_id and not is_replayed():
            self.require(self.ask("Delete", PhysicalResourceId=self.physical_id))

    def take(self, answer: Answer) -> None:
        """Become what an answer tells of."""
        self.physical_id = answer.get("PhysicalResourceId", "")
        if answer["Status"] != "SUCCESS":
            with suppress(ValidationError):  # the first problem is the one to tell of
                self.delete(ACCOUNT, self.region)
        self.require(answer)
        self.data = answer.get("Data", {})
        kept.note(self)

    def take_over(self, old: Self) -> None:
        """Become what a resource of other properties is to be: itself, or another one in its place."""
        if not old.physical_id:  # its making was cut off
            self.take(self.ask("Create"))
            return
        about = {"PhysicalResourceId": old.physical_id, "OldResourceProperties": old.properties}
        answer = self.ask("Update", **about)
        self.require(answer)
        self.physical_id, self.data = answer.get("PhysicalResourceId", old.physical_id), answer.get("Data", {})
        kept.note(self)

    def require(self, answer: Answer) -> None:
        """Refuse what a function has refused, in its words."""
        if answer["Status"] != "SUCCESS":
            reason = answer.get("Reason", "no reason")
            raise ValidationError(message=f"Received response status [FAILED] from custom resource. Message: {reason}")

    def ask(self, kind: str, **more: object) -> Answer:
        """Send a request to the function, and return its answer."""
        properties = {"ResourceProperties": self.properties, "ServiceToken": self.properties.get("ServiceToken", "")}
        with _listening() as (url, answers):
            request = {
                "RequestType": kind,
                "ResponseURL": url,
                "StackId": self.stack_id,
                "RequestId": str(uuid4()),
                "ResourceType": self.type,
                "LogicalResourceId": self.logical_resource_id,
                **properties,
                **more,
            }
            _invoke(properties["ServiceToken"], self.region, request)
            return _next(answers)


def as_text(value: Any) -> Any:  # noqa: ANN401 - values of any depth
    """Return properties as CloudFormation hands them on: numbers and truth values as text."""
    if isinstance(value, Mapping):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def delete_together(resources: list[CustomResource]) -> None:
    """Delete resources of a stack at the same time: what others need waits until those are gone."""
    if resources:
        with ThreadPoolExecutor(len(resources)) as pool:
            for done in [pool.submit(each.delete, ACCOUNT, each.region) for each in resources]:
                done.result()


def _invoke(token: str, region: str, request: Mapping[str, object]) -> None:
    try:
        function = lambda_backends[ACCOUNT][region].get_function(token)
    except UnknownFunctionException:
        raise ValidationError(message=f"ServiceToken {token!r} is the ARN of no function of {region}") from None
    headers: dict[str, str] = {}
    payload = function.invoke(json.dumps(request), {}, headers)
    if "x-amz-function-error" in headers:
        raise ValidationError(message=f"The function {token} failed: {payload!r}")


@contextmanager
def _listening() -> Iterator[tuple[str, "SimpleQueue[Answer]"]]:
    answers: SimpleQueue[Answer] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="answers", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/answer", answers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _next(answers: "SimpleQueue[Answer]") -> Answer:
    stops = executions.stops()
    while True:
        try:
            return answers.get(timeout=_MOMENT)
        except Empty:
            if executions.stops() != stops:
                raise LeftBehind from None

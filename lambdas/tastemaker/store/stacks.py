"""CloudFormation's custom resources: the workflow that works on a request, and the URL that takes its answer."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

_TIMEOUT: Final = 20  # seconds


class NotTaken(Exception):
    """The answer did not arrive; the step is to be tried again."""


class CloudFormationStacks:
    """Starts one execution a request, and puts answers where CloudFormation looks for them."""

    def __init__(self, client: Any, machine: str) -> None:  # noqa: ANN401 - a boto3 client
        self._client, self._machine = client, machine

    def begin(self, name: str, work: Mapping[str, object]) -> None:
        """Start an execution; the one that has its name already works on the same request."""
        try:
            self._client.start_execution(stateMachineArn=self._machine, name=name, input=json.dumps(work))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def answer(self, url: str, answer: Mapping[str, object]) -> None:
        """Put an answer to the presigned URL of a request, whose signature allows no content type."""
        parts = urlsplit(url)
        connect = HTTPConnection if parts.scheme == "http" else HTTPSConnection
        connection = connect(parts.netloc, timeout=_TIMEOUT)
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request("PUT", target, json.dumps(answer).encode())
            status = connection.getresponse().status
        finally:
            connection.close()
        if status >= HTTPStatus.BAD_REQUEST:
            raise NotTaken(f"{parts.netloc} answers {status}")

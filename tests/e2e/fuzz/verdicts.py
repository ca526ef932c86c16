"""Whether a reply is one that a client of the real service could expect."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.model import OperationModel
from botocore.parsers import create_parser

# Before any operation is known to handle a request, AWS answers these ("Common error types"; Smithy's AWS protocols).
PROTOCOL = frozenset(
    {
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
        "UnknownOperationException",
        "SerializationException",
        "UnsupportedMediaTypeException",
        "BadRequestException",
    }
)
# These two list no code for a broken constraint at all; the service's own code for one it is.
_SPARSE = frozenset({"ListDatasetGroups", "ListSchemas"})


@dataclass(frozen=True)
class Answer:
    """A reply's status line, headers in lower case, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    bodiless: bool = False  # the request was for the headers alone


@dataclass(frozen=True)
class Verdict:
    """What a reply said (a code, or success), and what is wrong with that ("" for nothing)."""

    said: str
    wrong: str = ""


def judge(operation: OperationModel, answer: Answer, *, well_addressed: bool, well_encoded: bool) -> Verdict:
    """Return the verdict on one reply; what the request itself broke decides which codes are right."""
    try:
        parsed = _parsed(operation, answer)
    except Exception as error:  # noqa: BLE001 - botocore's parser raises whatever a wrong body leads it to
        return Verdict("unparsable", f"botocore cannot parse the body: {error}")
    if answer.status < 300:
        return Verdict("success", _success_problem(operation, parsed, answer))
    code = parsed["Error"]["Code"]
    if answer.status >= 500:
        return Verdict(code, f"status {answer.status}")
    if answer.bodiless:
        return Verdict(code)
    allowed = {shape.error_code for shape in operation.error_shapes}
    if operation.name in _SPARSE:
        allowed.add("InvalidInputException")
    if not well_addressed:
        allowed |= PROTOCOL | {"InvalidInputException"}
    elif not well_encoded:
        allowed.add("SerializationException")
    if code not in allowed:
        return Verdict(code, f"{operation.name} must not answer {code} here")
    return Verdict(code, "" if parsed["Error"].get("Message") else "an error without a message")


def _parsed(operation: OperationModel, answer: Answer) -> dict:
    parser = create_parser(operation.service_model.metadata["protocol"])
    reply = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
    return parser.parse(reply, operation.output_shape)


def _success_problem(operation: OperationModel, parsed: dict, answer: Answer) -> str:
    if operation.output_shape is None or not answer.body:
        return ""
    sent = json.loads(answer.body)
    unknown = sorted(set(sent) - set(operation.output_shape.members))
    missing = sorted(set(sent) - set(parsed))
    return f"members {unknown or missing} that botocore does not know" if unknown or missing else ""

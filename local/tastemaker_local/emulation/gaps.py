"""What moto cannot do is answered as that, in the client's own protocol: not as a failure that clients try again."""

from http import HTTPStatus
from xml.sax.saxutils import escape

from tastemaker_local.emulation.messages import Reply, Request, action_of, refusal

_CODE = "NotImplemented"
# moto's web framework says so of a path that no service of it has.
_UNKNOWN_PATH = (b"<!doctype html>", b"Not Found")
# Services that speak XML beside those that send forms.
_XML = frozenset({"s3", "route53", "cloudfront", "s3-control"})
_FORM = "application/x-www-form-urlencoded"
_ENVELOPES = {
    "s3": "<Error><Code>{code}</Code><Message>{message}</Message></Error>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>",
    "": "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>",
}


def not_implemented(request: Request, problem: object = "") -> Reply:
    """Return a refusal that names the service and the action."""
    action = action_of(request) or f"{request.method} {request.path}"
    why = f": {problem}" if problem else ""
    message = f"local mode's moto cannot do {action} of {request.service or 'a service that nobody names'}{why}"
    if request.service in _XML or request.headers.get("content-type", "").startswith(_FORM):
        return _xml(request.service, message)
    return refusal(HTTPStatus.NOT_IMPLEMENTED, _CODE, message)


def is_unknown_path(request: Request, reply: Reply) -> bool:
    """Tell a path that moto does not have from a thing that is not there."""
    unknown = reply.status == HTTPStatus.NOT_FOUND and reply.body.startswith(_UNKNOWN_PATH)
    return unknown and bool(request.service) and request.service != "s3"


def _xml(service: str, message: str) -> Reply:
    envelope = _ENVELOPES.get(service, _ENVELOPES[""])
    body = '<?xml version="1.0"?>' + envelope.format(code=_CODE, message=escape(message))
    return Reply(HTTPStatus.NOT_IMPLEMENTED, [("Content-Type", "text/xml")], body.encode())

"""The gateway of a deployment before a local service: it knows IAM's users and roles, and what each may invoke.

It is what API Gateway is to a method with AWS_IAM: no signature, no entry; no policy that allows it, no entry; and the
function is told whose signature it was.
"""

import json
from dataclasses import dataclass

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from tastemaker_local.cloud import Cloud
from tastemaker_local.emulation.messages import ACCOUNT, DEFAULT_REGION, Reply, Request
from tastemaker_local.emulation.permissions.policies import Asked, grants_of
from tastemaker_local.emulation.routes import Route, event_of, reply_of
from tests.gateways import Caller, Gateway

_PARTITION = "aws"
_STAGE = "/prod"
_USER = f"arn:{_PARTITION}:iam::{ACCOUNT}:user/{{}}"
_DENIED = "User: {} is not authorized to perform: execute-api:Invoke on resource: {}"


@dataclass
class Entrance(Gateway):
    """Lets in whom IAM lets in."""

    cloud: Cloud | None = None

    def caller(self, key: str) -> Caller | None:
        """Return the user or the session of a role that a key is of."""
        sessions = (backend.get_assumed_role_from_access_key(key) for backend in sts_backends[ACCOUNT].values())
        if session := next(filter(None, sessions), None):
            return Caller(session.arn, session.secret_access_key, session.session_token)
        user = iam_backends[ACCOUNT][_PARTITION].access_keys.get(key)
        return Caller(_USER.format(user.user_name), user.secret_access_key) if user else None

    def fault(self, request: Request) -> tuple[str, str] | None:
        """Refuse what is signed well, too, where none of the caller's policies allows it."""
        if fault := super().fault(request):
            return fault
        caller, resource = self._who(request), self._resource(request)
        documents = map(json.loads, _policies(caller.arn))
        asked = Asked("execute-api:Invoke", resource, {})
        if any(grant.allows(asked) for grant in grants_of(caller.arn, documents)):
            return None
        return "ACCESS_DENIED", _DENIED.format(caller.arn, resource)

    def answer(self, request: Request) -> Reply:
        """Ask the function of the method, and tell it who calls."""
        route = self._route(request)
        event = event_of(request, route)
        event["requestContext"]["identity"]["userArn"] = self._who(request).arn
        with self.cloud.inside():
            return reply_of(self.cloud.call(route.function, event))

    def api(self) -> str:
        """Return the id of the API."""
        return self.cloud.routes(DEFAULT_REGION).find("POST", "/").api

    def _who(self, request: Request) -> Caller:
        return self.caller(request.scope.access_key)

    def _route(self, request: Request) -> Route:
        path = request.path.removeprefix(_STAGE) or "/"
        return self.cloud.routes(DEFAULT_REGION).find(request.method, path)

    def _resource(self, request: Request) -> str:
        method = f"{request.method}{request.path.removeprefix(_STAGE) or '/'}"
        return f"arn:{_PARTITION}:execute-api:{DEFAULT_REGION}:{ACCOUNT}:{self.api()}{_STAGE}/{method}"


def _policies(arn: str) -> list[str]:
    """Return the policies of a user, or of the role that a session is of."""
    backend, (kind, name, *_) = iam_backends[ACCOUNT][_PARTITION], arn.rpartition(":")[2].split("/")
    holder = backend.get_user(name) if kind == "user" else backend.get_role(name)
    return list(holder.policies.values())

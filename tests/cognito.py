"""A Cognito of this machine: its pages for signing in, its tokens, and keys for the endpoint in tests/gateways.py.

It checks what the real one checks of a public client with PKCE. Its clock can be moved, as the browser's can.
"""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from tastemaker_local.emulation.messages import Reply, Request
from tests.gateways import KEY, SECRET

HOUR = 3600
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
CLIENT, POOL = "the-client", "us-east-1:the-pool"


@dataclass
class Cognito:
    """One user, who has typed the right password already."""

    page: str = ""
    ahead: int = 0
    # What is said of the next token in place of the nonce that was asked for.
    nonce: str = ""
    is_open: bool = True
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshing: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    keys: dict[str, float] = field(default_factory=dict)

    def told(self, url: str) -> dict[str, str]:
        """What the page is told."""
        return {"login": url, "identities": url, "clientId": CLIENT, "issuer": ISSUER, "identityPoolId": POOL}

    def lives(self, session: str) -> bool:
        return self.keys.get(session, 0) > self.now()

    def now(self) -> float:
        return time.time() + self.ahead

    def __call__(self, request: Request) -> Reply:
        if request.method == "OPTIONS":
            return self._reply(204)
        target = request.headers.get("x-amz-target", "").removeprefix("AWSCognitoIdentityService.")
        name = target or request.path.rpartition("/")[2]
        self.asked.append(name)
        given = json.loads(request.body) if target else dict(parse_qsl(request.body.decode())) | dict(request.query)
        return getattr(self, f"_{name.lower()}")(given)

    def _authorize(self, given: dict) -> Reply:
        fixed = {"response_type": "code", "client_id": CLIENT, "redirect_uri": self.page, "scope": "openid"}
        assert fixed.items() <= given.items()
        assert (given["code_challenge_method"], len(given["code_challenge"])) == ("S256", 43)
        code = uuid4().hex
        self.codes[code] = given
        return self._elsewhere(f"{self.page}?{urlencode({'code': code, 'state': given['state']})}")

    def _token(self, given: dict) -> Reply:
        if given["client_id"] != CLIENT or not self.is_open:
            return self._reply(400, {"error": "invalid_grant"})
        if given["grant_type"] == "refresh_token":
            known = given["refresh_token"] in self.refreshing
            return self._reply(200, self._id("")) if known else self._reply(400, {"error": "invalid_grant"})
        asked = self.codes.pop(given["code"], None)
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        if asked is None or asked["code_challenge"] != _encoded(digest) or given["redirect_uri"] != self.page:
            return self._reply(400, {"error": "invalid_grant"})
        refresh = uuid4().hex
        self.refreshing.add(refresh)
        nonce, self.nonce = self.nonce or asked["nonce"], ""
        return self._reply(200, self._id(nonce) | {"refresh_token": refresh})

    def _id(self, nonce: str) -> dict[str, str]:
        claims = {"iss": ISSUER, "aud": CLIENT, "sub": "someone", "token_use": "id", "exp": int(self.now() + HOUR)}
        token = ".".join(
            _encoded(json.dumps(part).encode()) for part in ({"alg": "none"}, claims | {"nonce": nonce}, {})
        )
        self.tokens.add(token)
        return {"id_token": token, "access_token": uuid4().hex, "token_type": "Bearer"}

    def _revoke(self, given: dict) -> Reply:
        self.refreshing.discard(given["token"])
        return self._reply(200)

    def _logout(self, given: dict) -> Reply:
        return self._elsewhere(given["logout_uri"])

    def _getid(self, given: dict) -> Reply:
        assert given["IdentityPoolId"] == POOL
        return self._reply(200, {"IdentityId": "us-east-1:someone"})

    def _getcredentialsforidentity(self, given: dict) -> Reply:
        [(issuer, token)] = given["Logins"].items()
        if (f"https://{issuer}", token in self.tokens, given["IdentityId"]) != (ISSUER, True, "us-east-1:someone"):
            return self._reply(400, {"__type": "NotAuthorizedException", "message": "Invalid login token."})
        session = f"session {len(self.keys) + 1}"
        self.keys[session] = self.now() + HOUR
        keys = {"AccessKeyId": KEY, "SecretKey": SECRET, "SessionToken": session, "Expiration": self.keys[session]}
        return self._reply(200, {"IdentityId": given["IdentityId"], "Credentials": keys})

    def _set(self, given: dict) -> Reply:
        """Do what a test asks for: time goes on, a nonce is wrong, a user is disabled; say what was asked."""
        self.ahead = int(given.get("ahead", self.ahead))
        self.nonce = given.get("nonce", "")
        self.is_open = given.get("open", "yes") == "yes"
        return self._reply(200, {"asked": [name for name in self.asked if name != "set"]})

    def _elsewhere(self, url: str) -> Reply:
        return Reply(302, [("Location", url)], b"")

    def _reply(self, status: int, body: dict | None = None) -> Reply:
        allowed = [("Access-Control-Allow-Origin", self.page.rstrip("/")), ("Access-Control-Allow-Headers", "*")]
        return Reply(status, [("Content-Type", "application/json"), *allowed], json.dumps(body or {}).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

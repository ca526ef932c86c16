"""Hands a request to moto's own WSGI application in this process and collects its reply."""

import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from tastemaker_local.emulation.controls import is_control
from tastemaker_local.emulation.gaps import is_unknown_path, not_implemented
from tastemaker_local.emulation.messages import Reply, Request, report

Start = Callable[..., None]


class _Dispatcher(DomainDispatcherApplication):
    """moto's way from a request to a service, which prints what it does not find."""

    def get_backend_for_host(self, host: str | None) -> Any:  # noqa: ANN401 - moto's names of services
        for backend, pattern in self.backend_url_patterns if host else ():
            if pattern.match(f"http://{host}"):
                return backend
        if host and "amazonaws.com" in host:
            raise NotImplementedError("moto does not have this service")
        return super().get_backend_for_host(host)


class Moto:
    """Everything that moto emulates, at one entrance; which service is meant it reads from the signature."""

    def __init__(self) -> None:
        self._application = _Dispatcher(create_backend_app)

    def __call__(self, request: Request) -> Reply:
        """Return moto's reply, or say that it cannot do what is asked."""
        try:
            reply = self._ask(request)
        except NotImplementedError as problem:
            return not_implemented(request, problem)
        except Exception as problem:
            if is_control(request):
                raise
            report(f"moto at {request.method} {request.path}")
            return not_implemented(request, repr(problem))
        return not_implemented(request) if is_unknown_path(request, reply) else reply

    def _ask(self, request: Request) -> Reply:
        status: list[str] = []
        headers: list[tuple[str, str]] = []

        def start(line: str, pairs: Iterable[tuple[str, str]], _error: object = None) -> None:
            status[:] = [line]
            headers[:] = pairs

        body = self._application(_environ(request), start)
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return Reply(int(status[0].split(" ", 1)[0]), headers, content)


def _environ(request: Request) -> dict[str, Any]:
    path, _, query = request.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI wants the bytes of the path, one character each.
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.peer,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name != "content-length":
            environ[environ_key_for_header(name)] = value
    environ.setdefault("HTTP_HOST", "localhost")
    _authorize(request, environ)
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {environ_key_for_header(name): name for name in request.spelled}
    environ |= {environ_key_for_header(name): value for name, value in request.spelled.items()}
    return environ


def _authorize(request: Request, environ: dict[str, Any]) -> None:
    # moto reads service and region from the header only; a presigned URL of anything but S3 would go to S3.
    scope = request.scope
    if scope.service not in ("", "s3") and "HTTP_AUTHORIZATION" not in environ:
        credential = f"{scope.access_key}/20200101/{scope.region}/{scope.service}/aws4_request"
        environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"

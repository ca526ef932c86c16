"""`tastemaker proxy`: an endpoint on this machine for any SDK, before a deployment that takes execute-api alone."""

import argparse
import signal
from threading import Thread

import botocore.session
from botocore.credentials import ReadOnlyCredentials

from tastemaker_local.commands import arguments
from tastemaker_local.resigning import Resigner
from tastemaker_local.server import Server

_VARIABLES = ("PERSONALIZE", "PERSONALIZE_EVENTS", "PERSONALIZE_RUNTIME")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where it listens, and for which deployment."""
    parser.add_argument(
        "--url", type=arguments.url, required=True, metavar="URL", help="the stack's output ApiUrl, or its own domain"
    )
    parser.add_argument("--port", type=arguments.port, default=8001, help="port to listen at (default: 8001)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1, this machine)")
    parser.add_argument("--region", default="", help="of the deployment (default: as its URL or the request says)")
    parser.add_argument("--profile", help="whose credentials to sign with (default: as any SDK finds them)")
    parser.add_argument(
        "--any-signature", action="store_true", help="sign whatever comes, also what other credentials have signed"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    try:
        server = Server(options.host, options.port, _resigner(options).answer)
    except OSError as problem:
        arguments.say(f"cannot listen at {options.host}:{options.port}: {problem.strerror}; choose another --port")
        return arguments.UNFIT
    place = f"http://{options.host}:{server.server_address[1]}"
    for name in _VARIABLES:
        print(f"export AWS_ENDPOINT_URL_{name}={place}")
    print(f"ready {place}", flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    with server:
        server.serve_forever()
    return 0


def _resigner(options: argparse.Namespace) -> Resigner:
    session = botocore.session.Session(profile=options.profile)

    def credentials() -> ReadOnlyCredentials | None:
        # Frozen for one request; what a role or a login gave is renewed in time by botocore.
        found = session.get_credentials()
        return found.get_frozen_credentials() if found else None

    return Resigner(options.url, credentials, options.region, options.any_signature)

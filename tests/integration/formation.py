"""CloudFormation as a custom resource's function knows it: it sends requests, and an answer comes to a URL."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from uuid import uuid4

PATIENCE = 90
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555"


class Formation:
    """Asks the provider for resources, one request after another."""

    def __init__(self, service, url: str, answers: Queue) -> None:
        self._lambda, self._url, self.answers = service.client("lambda"), url, answers

    def ask(self, kind: str, title: str, properties: dict, *, logical: str = "Thing", **more: object) -> dict:
        """Send a request and return the answer."""
        self.send(kind, title, properties, logical=logical, **more)
        return self.answers.get(timeout=PATIENCE)

    def send(self, kind: str, title: str, properties: dict, *, logical: str = "Thing", **more: object) -> dict:
        """Send a request and return what the function says at once."""
        request = {
            "RequestType": kind,
            "ResponseURL": f"{self._url}/answer?signature=1",
            "StackId": STACK,
            "RequestId": str(uuid4()),
            "ResourceType": f"Custom::Tastemaker{title}",
            "LogicalResourceId": logical,
            "ResourceProperties": {"ServiceToken": "the function's", **properties},
            **more,
        }
        reply = self._lambda.invoke(FunctionName="tastemaker-provider", Payload=json.dumps(request))
        assert "FunctionError" not in reply
        return json.loads(reply["Payload"].read())

    def create(self, title: str, /, **properties: object) -> dict:
        return self.ask("Create", title, properties)

    def delete(self, title: str, arn: str, /) -> dict:
        return self.ask("Delete", title, {}, PhysicalResourceId=arn)

    def update(self, title: str, arn: str, old: dict, new: dict, /) -> dict:
        return self.ask("Update", title, new, PhysicalResourceId=arn, OldResourceProperties=old)

    def made(self, title: str, /, **properties: object) -> dict:
        """Create something and return its attributes."""
        answer = self.create(title, **properties)
        assert answer["Status"] == "SUCCESS", answer
        assert answer["PhysicalResourceId"] == answer["Data"]["Arn"] == answer["Data"][f"{title}Arn"]
        return answer["Data"]


@contextmanager
def formation(service) -> Iterator[Formation]:
    """Listen for answers for the length of a `with` block."""
    answers: Queue = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            assert "Content-Type" not in self.headers  # the signature of a presigned URL would not fit
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Formation(service, f"http://127.0.0.1:{server.server_address[1]}", answers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

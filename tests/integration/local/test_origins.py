"""Pages of other origins: preflights of every path, and answers and refusals that the page can read."""

import http.client
import json
import socket
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tastemaker.wire.models import APIS, api_model
from tastemaker.wire.origins import Origins
from tastemaker_local.server import Server
from tests.integration.local.http_requests import ask, signed
from tests.processes import running

PAGE = "http://localhost:3000"
RESTS = [api_model(api) for api in APIS if not api_model(api).by_target]
PATHS = ["/", *sorted(route.partition(" ")[2] for api in RESTS for route in api.routes)]
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-amz-target"}


@pytest.mark.parametrize("origin", [PAGE, "http://127.0.0.1:5173", "http://[::1]:80", "https://shop.localhost"])
@pytest.mark.parametrize("path", [*PATHS, "/prod", "/prod/events"])
def test_a_page_of_this_machine_may_send_what_it_asks_for(tastemaker, path, origin):
    status, body, headers = ask(tastemaker.endpoint_url, "OPTIONS", path, Origin=origin, **ASKED)

    assert (status, body, headers["Access-Control-Allow-Origin"]) == (204, b"", origin)
    assert {"authorization", "x-amz-target"} <= set(headers["Access-Control-Allow-Headers"].split(","))


@pytest.mark.parametrize("path", [*PATHS, "/prod/events"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_any_other_page_may_not(tastemaker, path, origin):
    status, _, headers = ask(tastemaker.endpoint_url, "OPTIONS", path, Origin=origin, **ASKED)

    assert (status, "Access-Control-Allow-Origin" in headers) == (403, False)


@pytest.mark.parametrize(
    ("call", "headers", "status"),
    [
        (("POST", "/", b"{}"), {"X-Amz-Target": "AmazonPersonalize.ListRecipes"}, 200),
        (("POST", "/events", b"{}"), {}, 400),
        (("POST", "/recommendations", b"no JSON"), {"Authorization": signed("personalize")}, 400),
        (("GET", "/nowhere"), {"Authorization": signed("execute-api")}, 403),
        (("POST", "/", b"{}"), {"Authorization": signed("personalize", "mars-1")}, 400),
    ],
)
@pytest.mark.parametrize("origin", [PAGE, "https://evil.example"])
def test_a_page_reads_answers_and_refusals_if_it_may(tastemaker, call, headers, status, origin):
    allowed = PAGE if origin == PAGE else None

    reply = ask(tastemaker.endpoint_url, *call, Origin=origin, **headers)

    assert (reply[0], reply[2].get("Access-Control-Allow-Origin"), reply[2]["Vary"]) == (status, allowed, "Origin")
    if allowed and status != 200:
        assert "x-amzn-ErrorType" in reply[2]["Access-Control-Expose-Headers"].split(",")


def test_what_is_motos_stays_as_moto_has_it(tastemaker):
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,content-type"}

    status, _, headers = ask(tastemaker.endpoint_url, "OPTIONS", "/", Origin="https://evil.example", **asked)

    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://evil.example")


def test_a_service_may_let_other_pages_call_or_none():
    with running("--cors-origins", "https://dev.example,http://192.168.1.5:*", "https://stage.example") as service:
        for origin, status in (("https://stage.example", 204), ("http://192.168.1.5:8080", 204), (PAGE, 403)):
            assert ask(service.url, "OPTIONS", "/events", Origin=origin, **ASKED)[0] == status
    with running("--cors-origins", "none") as service:
        assert ask(service.url, "OPTIONS", "/events", Origin=PAGE, **ASKED)[0] == 403
        reply = ask(service.url, "POST", "/events", b"{}", Origin=PAGE)
        assert (reply[0], "Vary" in reply[2], json.loads(reply[1])["__type"]) == (400, False, "InvalidInputException")


HOST = b"Host: localhost\r\n"
MANY = b"".join(b"X-%d: x\r\n" % n for n in range(120))
MALFORMED = {
    "no HTTP": (b"GET / HTTP/x.y\r\n" + HOST, b"", 400),
    "three words too many": (b"GET / of HTTP/1.1 x\r\n" + HOST, b"", 400),
    "another version": (b"GET / HTTP/7.0\r\n" + HOST, b"", 400),
    "a method that nobody knows": (b"BREW / HTTP/1.1\r\n" + HOST, b"", 405),
    "a path without end": (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST, b"", 414),
    "a path without end, in many reads": (b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\n" + HOST, b"", 414),
    "too many headers": (b"GET / HTTP/1.1\r\n" + MANY, b"", 431),
    "too many headers, the page among the last": (b"GET / HTTP/1.1\r\n" + MANY + MANY, b"", 431),
    "a header without end": (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n", b"", 431),
    "a length that is none": (b"POST /events HTTP/1.1\r\nContent-Length: -1\r\n", b"{}", 400),
    "more than there is": (b"POST /events HTTP/1.1\r\nContent-Length: 999999999999\r\n", b"{}", 400),
    "a chunk that has none": (b"POST /events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n", 400),
    "a body that ends": (b"POST /events HTTP/1.1\r\nContent-Length: 9\r\n", b"{}", 400),
}


def send_raw(address, head, body, origin, *, at_the_end=True):
    """Send bytes as they are; return the status and the headers of the reply."""
    page = b"Origin: " + origin.encode() + b"\r\n"
    first, _, rest = head.partition(b"\r\n")
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall((head + page if at_the_end else first + b"\r\n" + page + rest) + b"\r\n" + body)
        if body != b"{":
            connection.shutdown(socket.SHUT_WR)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        return reply.status, dict(reply.headers)


@pytest.mark.parametrize("origin", [PAGE, "https://evil.example"])
@pytest.mark.parametrize("at_the_end", [True, False])
@pytest.mark.parametrize("case", MALFORMED)
def test_a_page_reads_what_is_wrong_with_its_http(tastemaker, case, at_the_end, origin):
    address, (head, body, status) = urlsplit(tastemaker.endpoint_url), MALFORMED[case]

    reply = send_raw((address.hostname, address.port), head, body, origin, at_the_end=at_the_end)

    allowed = origin if origin == PAGE else None
    assert (reply[0], reply[1].get("Access-Control-Allow-Origin"), reply[1]["Vary"]) == (status, allowed, "Origin")


def test_a_page_reads_that_its_body_was_late():
    server = Server("127.0.0.1", 0, lambda _: None, origins=Origins.of(PAGE), patience=0.05)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    reply = send_raw(server.server_address, b"POST /events HTTP/1.1\r\nContent-Length: 9\r\n", b"{", PAGE)

    server.shutdown()
    server.server_close()
    assert (reply[0], reply[1]["Access-Control-Allow-Origin"]) == (408, PAGE)


@pytest.mark.parametrize(
    ("call", "headers", "status"),
    [
        (("POST", "/", b"{}"), {"Authorization": signed("nosuch"), "X-Amz-Target": "NoSuch.Thing"}, 501),
        (("GET", "/moto-api/data.json"), {}, 501),
        (("POST", "/moto-api/seed?a=x", b"{}"), {}, 400),
        (("POST", "/nowhere", b"{}"), {"Authorization": signed("personalize")}, 403),
        (("DELETE", "/events"), {"Authorization": signed("personalize")}, 403),
        (("POST", "/", b"{}"), {"X-Amz-Target": "AmazonPersonalize.NoSuchThing"}, 400),
    ],
)
def test_a_page_reads_what_cannot_be_done(tastemaker, call, headers, status):
    reply = ask(tastemaker.endpoint_url, *call, Origin=PAGE, **headers)

    assert (reply[0], reply[2]["Access-Control-Allow-Origin"]) == (status, PAGE)

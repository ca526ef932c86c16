"""CORS: whose pages may call, and that a preflight reaches nothing else."""

import pytest

from tastemaker.errors import ResourceNotFound
from tastemaker.wire.origins import BadOrigin, Origins
from tastemaker.wire.service import Service
from tests.unit.wire.fakes import Calls, new_context

PAGE = "https://shop.example"
TARGET = {"X-Amz-Target": "AmazonPersonalize.ListRecipes"}
ALLOWED = "Access-Control-Allow-Origin"
# As the JavaScript SDK v3 asks from a browser, and a page that also wants reasons.
WANTED = "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,x-amz-date,\
x-amz-security-token,x-amz-target,x-amz-user-agent,x-tastemaker-reasons"


@pytest.mark.parametrize(
    ("pattern", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:*", "http://localhost:3000"),
        ("http://localhost:*", "http://localhost"),
        ("http://[::1]:*", "http://[::1]:8080"),
        ("https://*.shop.example", "https://a.b.shop.example"),
        ("https://*.shop.example:*", "https://a.shop.example:8443"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("null", "null"),
    ],
)
def test_an_origin_that_fits_is_said_again(pattern, origin):
    assert Origins.of(pattern).allowance(origin) == origin


@pytest.mark.parametrize(
    ("pattern", "origin"),
    [
        ("https://shop.example", "http://shop.example"),
        ("https://shop.example", "https://shop.example:8443"),
        ("https://shop.example", "https://shopxexample"),
        ("https://shop.example", "https://shop.example.evil.example"),
        ("http://localhost:*", "https://localhost:3000"),
        ("http://localhost:*", "http://localhost.evil.example"),
        ("http://localhost:*", "http://localhost:3000.evil.example"),
        ("https://*.shop.example", "https://shop.example"),
        ("https://*.shop.example", "https://evil.example/.shop.example"),
        ("https://shop.example", "null"),
        ("https://shop.example", ""),
        ("", "https://shop.example"),
    ],
)
def test_an_origin_that_does_not_fit_is_not(pattern, origin):
    assert Origins.of(pattern).allowance(origin) == ""


def test_all_origins_are_allowed_by_an_asterisk():
    assert Origins.of(["https://shop.example", "*"]).allowance("http://any.example") == "*"


@pytest.mark.parametrize(
    "value", ["https://a.example, http://b.example:*", ["https://a.example", "http://b.example:*"]]
)
def test_origins_come_as_a_list_or_as_a_text(value):
    origins = Origins.of(value)

    assert origins.patterns == ("https://a.example", "http://b.example:*")
    assert Origins.of(origins.to_text()) == origins


@pytest.mark.parametrize(
    "value", ["shop.example", "https://shop.example/path", "https://*", "http://a b", "https://a.*.b"]
)
def test_what_is_no_origin_is_refused_with_what_one_looks_like(value):
    with pytest.raises(BadOrigin, match=r"is no origin: write scheme, host and port .* as in https://shop\.example"):
        Origins.of([PAGE, value])


@pytest.mark.parametrize("api", ["personalize", "personalize-events", "personalize-runtime"])
def test_a_preflight_is_told_what_the_sdks_send(send, api):
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": WANTED}

    reply = send(_service(api), httpMethod="OPTIONS", headers=headers)

    assert (reply.status, reply.body) == (204, None)
    assert (reply.headers[ALLOWED], reply.headers["Vary"]) == (PAGE, "Origin")
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert set(WANTED.split(",")) <= set(reply.headers["Access-Control-Allow-Headers"].split(","))


@pytest.mark.parametrize("wanted", ["x-other", "x-amz-\r\nSet-Cookie: a", "cookie", "*"])
def test_a_preflight_is_promised_no_other_header(send, wanted):
    headers = {"Origin": PAGE, "Access-Control-Request-Headers": wanted}

    reply = send(_service(), httpMethod="OPTIONS", headers=headers)

    assert wanted not in reply.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origins", ["", PAGE])
def test_a_preflight_of_any_other_page_is_refused_by_name(send, origins):
    reply = send(_service(origins=origins), httpMethod="OPTIONS", headers={"Origin": "https://evil.example"})

    assert (reply.status, reply.body["__type"]) == (403, "AccessDeniedException")
    assert "https://evil.example" in reply.body["message"]
    assert ALLOWED not in reply.headers


@pytest.mark.parametrize("origins", ["", PAGE, "*"])
def test_a_preflight_reaches_no_operation_whatever_it_says(send, origins):
    calls = Calls({"recipes": []})
    service = Service("personalize", calls, new_context, origins=Origins.of(origins))

    send(service, body={}, httpMethod="OPTIONS", headers={"Origin": PAGE, **TARGET})

    assert calls.seen == []


@pytest.mark.parametrize(
    ("result", "headers", "status"),
    [
        ({"recipes": []}, TARGET, 200),
        (ResourceNotFound("gone"), {"X-Amz-Target": "AmazonPersonalize.DescribeRecipe"}, 400),
        (RuntimeError("a mistake of ours"), TARGET, 500),
        ({}, {}, 400),
        ({}, {**TARGET, "Content-Type": "text/plain"}, 415),
    ],
)
def test_a_page_can_read_every_answer_and_every_error(send, result, headers, status):
    service = Service("personalize", Calls(result), new_context, origins=Origins.of(PAGE))

    reply = send(service, body={}, headers={"Origin": PAGE, **headers})

    assert (reply.status, reply.headers[ALLOWED], reply.headers["Vary"]) == (status, PAGE, "Origin")
    exposed = reply.headers["Access-Control-Expose-Headers"].split(",")
    assert {name for name in reply.headers if name.startswith("x-")} <= set(exposed)


def test_any_other_page_is_answered_and_cannot_read_it(send):
    reply = send(_service(), body={}, headers={"Origin": "https://evil.example", **TARGET})

    assert (reply.status, reply.headers["Vary"]) == (200, "Origin")
    assert [name for name in reply.headers if name.startswith("Access-Control")] == []


def test_without_origins_nothing_is_said_of_them(send):
    reply = send(_service(origins=""), body={}, headers={"Origin": PAGE, **TARGET})

    assert [name for name in reply.headers if name.startswith(("Access-Control", "Vary"))] == []


def _service(api="personalize", origins=PAGE):
    return Service(api, Calls({"recipes": []}), new_context, origins=Origins.of(origins))

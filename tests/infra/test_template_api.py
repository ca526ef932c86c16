"""What API Gateway itself answers is as readable to clients as what the functions answer."""

import http.client
import json

import pytest

from infra.api import ROUTES, headers_of_refusals
from tastemaker.wire.origins import Origins
from tastemaker_local.emulation import routes
from tests.processes import running


def test_the_gateways_own_refusals_have_codes_that_control_plane_clients_find(assembly):
    codes = _codes(assembly)

    assert codes["THROTTLED"] == "ThrottlingException"
    assert {"ACCESS_DENIED", "DEFAULT_5XX", "EXPIRED_TOKEN", "INVALID_SIGNATURE"} < set(codes)


def test_whoever_signs_for_another_service_is_told_what_to_do(assembly):
    [row] = [
        row for row in assembly.properties("ApiGateway::GatewayResponse") if row["ResponseType"] == "INVALID_SIGNATURE"
    ]
    said = json.loads(row["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"m"'))

    assert (said["__type"], said["reason"]) == ("InvalidSignatureException", "m")
    for words in ("execute-api", "tastemaker proxy --url", "tastemaker signing DIR", "AWS_DATA_PATH"):
        assert words in said["message"]


def test_local_mode_refuses_in_the_gateways_words(assembly):
    local = {"MISSING_AUTHENTICATION_TOKEN": routes.not_found(), "DEFAULT_5XX": routes.broken()}

    assert {type_: json.loads(reply.body)["__type"] for type_, reply in local.items()}.items() <= _codes(
        assembly
    ).items()


def test_every_path_answers_preflights_and_nothing_else_is_unsigned(open_assembly):
    methods = open_assembly.properties("ApiGateway::Method")
    unsigned = [method for method in methods if method["AuthorizationType"] != "AWS_IAM"]

    assert len(methods) == 2 * len(unsigned) == 2 * sum(map(len, ROUTES.values()))
    assert {(method["HttpMethod"], method["AuthorizationType"]) for method in unsigned} == {("OPTIONS", "NONE")}
    posts = {json.dumps(method["ResourceId"]): method["Integration"] for method in methods if method not in unsigned}
    assert {json.dumps(method["ResourceId"]): method["Integration"] for method in unsigned} == posts


def test_a_page_can_read_every_refusal_of_the_gateway(open_assembly):
    refusals = open_assembly.properties("ApiGateway::GatewayResponse")

    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED"} < {row["ResponseType"] for row in refusals}
    for row in refusals:
        headers = row["ResponseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        assert "x-amzn-ErrorType" in headers["gatewayresponse.header.Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [("https://a.example", "'https://a.example'"), ("*", "'*'"), ("http://localhost:*", "'*'"), ("", None)],
)
def test_a_refusal_names_the_one_origin_that_may_read_it(origins, allowed):
    headers = headers_of_refusals(Origins.of(origins)) or {}

    assert headers.get("Access-Control-Allow-Origin") == allowed


def test_the_functions_behind_the_api_and_no_other_know_the_origins(open_assembly):
    functions = {one["FunctionName"]: one for one in open_assembly.properties("Lambda::Function")}
    told = {
        name.removeprefix("tastemaker-"): one["Environment"]["Variables"].get("TASTEMAKER_CORS_ORIGINS")
        for name, one in functions.items()
    }

    origins = "https://shop.example,http://localhost:*"
    others = dict.fromkeys(("tasks", "announcements", "provider"))
    assert told == {"control": origins, "events": origins, "runtime": origins, **others}


def test_local_mode_runs_a_template_with_preflights(open_assembly):
    with running("--assembly", open_assembly.folder) as service:
        connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
        headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
        connection.request("OPTIONS", "/recommendations", headers=headers)

        assert connection.getresponse().status == 204
        connection.close()


def _codes(assembly):
    return {row["ResponseType"]: _code(row) for row in assembly.properties("ApiGateway::GatewayResponse")}


def _code(row):
    template = row["ResponseTemplates"]["application/json"]
    return json.loads(template.replace("$context.error.messageString", '"m"'))["__type"]

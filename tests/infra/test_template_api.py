"""What API Gateway itself answers is as readable to clients as what the functions answer."""

import json

from tastemaker_local.emulation import routes


def test_the_gateways_own_refusals_have_codes_that_control_plane_clients_find(assembly):
    codes = _codes(assembly)

    assert codes["THROTTLED"] == "ThrottlingException"
    assert {"ACCESS_DENIED", "DEFAULT_5XX", "EXPIRED_TOKEN", "INVALID_SIGNATURE"} < set(codes)


def test_local_mode_refuses_in_the_gateways_words(assembly):
    local = {"MISSING_AUTHENTICATION_TOKEN": routes.not_found(), "DEFAULT_5XX": routes.broken()}

    assert {type_: json.loads(reply.body)["__type"] for type_, reply in local.items()}.items() <= _codes(
        assembly
    ).items()


def _codes(assembly):
    return {row["ResponseType"]: _code(row) for row in assembly.properties("ApiGateway::GatewayResponse")}


def _code(row):
    template = row["ResponseTemplates"]["application/json"]
    return json.loads(template.replace("$context.error.messageString", '"m"'))["__type"]

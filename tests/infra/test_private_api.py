"""A private API is reached through the endpoints that are named, and by whom IAM allows; the default is regional."""

import http.client
import json

import pytest

from infra.private_api import BadEndpoint, VpcEndpoints
from tests.infra.assembly import ENDPOINTS
from tests.processes import running

ROOT = {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}
EVERYBODY = {"AWS": "*"}


def statement(effect, who, resource, **condition):
    conditions = {operator: {"aws:SourceVpce": ENDPOINTS} for operator in condition.values()}
    return {
        "Action": "execute-api:Invoke",
        "Effect": effect,
        "Principal": who,
        "Resource": resource,
        "Condition": conditions,
    }


def test_by_default_the_api_is_regional_and_iam_alone_decides(assembly):
    [api] = assembly.properties("ApiGateway::RestApi")

    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert "Policy" not in api


def test_a_private_api_has_a_name_for_each_of_its_endpoints(closed_assembly):
    [api] = closed_assembly.properties("ApiGateway::RestApi")

    assert api["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": ENDPOINTS}


def test_its_policy_allows_this_account_through_these_endpoints_and_nobody_else(closed_assembly):
    """An account that is allowed leaves it to IAM who of it may call; everybody allowed would be everybody's call."""
    [api] = closed_assembly.properties("ApiGateway::RestApi")

    assert api["Policy"]["Statement"] == [
        statement("Allow", ROOT, "execute-api:/*", only="StringEquals"),
        statement("Deny", EVERYBODY, "execute-api:/*", but="StringNotEquals"),
        statement("Allow", EVERYBODY, "execute-api:/*/OPTIONS/*", only="StringEquals"),  # preflights are not signed
    ]


def test_without_pages_nobody_is_allowed_unsigned():
    document = VpcEndpoints.of(ENDPOINTS).policy(preflights=False)

    allowed = [one for one in document.to_json()["Statement"] if one["Effect"] == "Allow"]
    assert [one["Resource"] for one in allowed] == ["execute-api:/*"]
    assert EVERYBODY not in [one["Principal"] for one in allowed]


def test_every_method_asks_for_iam_credentials_all_the_same(closed_assembly):
    methods = closed_assembly.properties("ApiGateway::Method")

    assert {method["AuthorizationType"] for method in methods if method["HttpMethod"] == "POST"} == {"AWS_IAM"}


def test_stacks_custom_resources_do_not_reach_it(closed_assembly):
    names = {one["FunctionName"] for one in closed_assembly.properties("Lambda::Function")}

    assert "tastemaker-provider" not in names
    assert "ProviderArn" not in closed_assembly.template("TastemakerService")["Outputs"]


@pytest.mark.parametrize("value", ["vpc-0123456789abcdef0", "vpce-1", "vpce-0123456789ABCDEF0"])
def test_what_is_no_endpoint_stops_the_synth(value):
    with pytest.raises(BadEndpoint, match="is no id of a VPC endpoint"):
        VpcEndpoints.of(value)


def test_endpoints_are_a_list_or_a_text():
    assert VpcEndpoints.of(", ".join(ENDPOINTS)) == VpcEndpoints.of(ENDPOINTS) == VpcEndpoints(tuple(ENDPOINTS))


def test_local_mode_runs_the_template(closed_assembly):
    with running("--assembly", closed_assembly.folder) as service:
        connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonPersonalize.ListRecipes"}
        connection.request("POST", "/", "{}", headers)

        assert json.loads(connection.getresponse().read())["recipes"]
        connection.close()

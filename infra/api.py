"""The one REST API in front of the three services; who may call is decided by IAM alone."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.logs import new_log_group
from infra.nag import acknowledge
from infra.settings import Settings
from tastemaker.wire.origins import Origins

STAGE: Final = "prod"
# Their paths do not collide, so one endpoint URL serves all three clients.
OWN_ROUTES: Final = (
    *("/replays", "/logged-answers", "/filter-explanations"),
    *("/item-searches", "/user-searches", "/user-histories"),
)
ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "control": ("/",),
    "events": ("/events", "/items", "/users", "/actions", "/action-interactions"),
    "runtime": ("/recommendations", "/personalize-ranking", "/action-recommendations", *OWN_ROUTES),
}
# What the gateway itself answers, in the form of the services: the control plane's clients read an error's code in the
# body's `__type` alone, and only a code that they know makes them try again.
_REASON: Final = "$context.error.messageString"
# A client that nobody has told signs for `personalize`, and cannot know what to do about the gateway's own words.
_HOW_TO_SIGN: Final = (
    "API Gateway did not accept the signature. SDKs sign for personalize, the gateway takes execute-api alone: let "
    "`tastemaker proxy --url <ApiUrl>` sign again for any SDK, or boto3 and the AWS CLI by `tastemaker signing DIR` "
    "and AWS_DATA_PATH (docs/deploy.md, Clients). If it is signed so already: see `reason`."
)
_REFUSALS: Final[Mapping[str, tuple[apigateway.ResponseType, str]]] = {
    "Throttled": (apigateway.ResponseType.THROTTLED, "ThrottlingException"),
    "Unsigned": (apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationTokenException"),
    "WrongSignature": (apigateway.ResponseType.INVALID_SIGNATURE, "InvalidSignatureException"),
    "ExpiredToken": (apigateway.ResponseType.EXPIRED_TOKEN, "ExpiredTokenException"),
    "Denied": (apigateway.ResponseType.ACCESS_DENIED, "AccessDeniedException"),
    "Broken": (apigateway.ResponseType.DEFAULT_5_XX, "InternalServerException"),
}


class Api(Construct):
    """A REST API, regional if not private, with a proxy integration per function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Mapping[str, lambda_.IFunction],
        settings: Settings,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = new_log_group(self, "AccessLogs", name=f"/aws/apigateway/{settings.names.deployment}")
        endpoints = settings.private_api_vpc_endpoint
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=settings.names.deployment,
            description="Amazon Personalize's three APIs, answered by Tastemaker",
            endpoint_configuration=endpoints.configuration(self),
            policy=endpoints.policy(preflights=settings.lets_pages_call),
            cloud_watch_role=True,
            default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
            deploy_options=_stage(settings, log_group),
        )
        self._keep_execution_logs_for_a_month()
        # The service stack names its outputs itself.
        self.rest_api.node.try_remove_child("Endpoint")
        for name, paths in ROUTES.items():
            self._route(paths, functions[name], preflights=settings.lets_pages_call)
        _accept(self.rest_api)

    def refuse(self, origins: Origins) -> None:
        """Say in the form of the services what the gateway refuses, for these pages to read as well."""
        headers = headers_of_refusals(origins)
        for name, (type_, code) in _REFUSALS.items():
            self.rest_api.add_gateway_response(
                name, type=type_, templates={"application/json": _refusal(name, code)}, response_headers=headers
            )
        if headers:  # bodies that are too large, and whatever else is refused in the gateway's own words
            self.rest_api.add_gateway_response(
                "Refused", type=apigateway.ResponseType.DEFAULT_4_XX, response_headers=headers
            )

    def _keep_execution_logs_for_a_month(self) -> None:
        # API Gateway would make this group itself, and keep it for ever.
        name = f"API-Gateway-Execution-Logs_{self.rest_api.rest_api_id}/{STAGE}"
        log_group = new_log_group(self, "ExecutionLogs", name=name)
        self.rest_api.deployment_stage.node.add_dependency(log_group)

    def _route(self, paths: tuple[str, ...], function: lambda_.IFunction, *, preflights: bool) -> None:
        integration = apigateway.LambdaIntegration(function, proxy=True, scope_permission_to_method=False)
        for path in paths:
            resource = self.rest_api.root.resource_for_path(path)
            resource.add_method("POST", integration)
            if preflights:
                _accept_unsigned(
                    resource.add_method("OPTIONS", integration, authorization_type=apigateway.AuthorizationType.NONE)
                )


def _refusal(name: str, code: str) -> str:
    """Return the body of a refusal: JSON but for the gateway's own message, which it puts in itself."""
    if name == "WrongSignature":
        return f'{{"__type":"{code}","message":"{_HOW_TO_SIGN}","reason":{_REASON}}}'
    return f'{{"__type":"{code}","message":{_REASON}}}'


def headers_of_refusals(origins: Origins) -> dict[str, str] | None:
    """Return the headers with which a page can read why the gateway refused it, which is all that it could read.

    The gateway cannot choose by the request's origin: where there are several, the refusal is for all to read.
    """
    if not origins:
        return None
    [only, *others] = origins.patterns
    allowed = "*" if others or "*" in only else only
    return {
        "Access-Control-Allow-Origin": f"'{allowed}'",
        "Access-Control-Expose-Headers": "'x-amzn-RequestId,x-amzn-ErrorType,Date'",
    }


def _accept_unsigned(method: apigateway.Method) -> None:
    for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
        acknowledge(
            method,
            rule,
            "Browsers send preflights without credentials. The function answers them by the origin alone, before it "
            "looks at anything else of the request, and reads nothing for that.",
        )


def _stage(settings: Settings, log_group: logs.LogGroup) -> apigateway.StageOptions:
    return apigateway.StageOptions(
        stage_name=STAGE,
        access_log_destination=apigateway.LogGroupLogDestination(log_group),
        access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
            caller=True,
            http_method=True,
            ip=True,
            protocol=True,
            request_time=True,
            resource_path=True,
            response_length=True,
            status=True,
            user=True,
        ),
        logging_level=apigateway.MethodLoggingLevel.ERROR,
        # Bodies carry what people bought and watched.
        data_trace_enabled=False,
        tracing_enabled=settings.tracing,
        throttling_rate_limit=settings.requests_per_second,
        throttling_burst_limit=settings.burst,
    )


def _accept(rest_api: apigateway.RestApi) -> None:
    acknowledge(
        rest_api,
        "AwsSolutions-APIG2",
        "Requests are validated in the function against the service models that the clients carry, so a mistake is "
        "answered with the service's own error; the gateway's validator would answer with another.",
    )
    acknowledge(
        rest_api,
        "AwsSolutions-COG4",
        "Callers are AWS SDKs, which sign with IAM credentials and cannot send a user pool's token.",
    )
    acknowledge(
        rest_api,
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
        "The account-wide logging role of API Gateway: AWS documents exactly this managed policy for it.",
    )
    acknowledge(
        rest_api,
        "AwsSolutions-APIG3",
        "Only requests signed with IAM credentials reach anything of ours, and the stage is throttled: "
        "a web ACL would cost more per month than the whole idle service; an account that wants one associates it.",
    )

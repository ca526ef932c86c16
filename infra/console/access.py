"""What whoever has signed in may do: call this API and nothing else of AWS."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.api import ROUTES
from infra.console.people import People
from infra.names import Names

EDITORS = "editors"


class Access(Construct):
    """A public client for the code flow, and keys of an hour: to look, or for the group of editors to do all."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        people: People,
        origin: str,
        rest_api: apigateway.RestApi,
        stage: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._pool = people.pool
        self._client = _client(people.pool, names, f"{origin}/")
        provider = cognito.CfnIdentityPool.CognitoIdentityProviderProperty(
            client_id=self._client.user_pool_client_id,
            provider_name=people.pool.user_pool_provider_name,
            server_side_token_check=True,  # who was disabled or signed out everywhere gets no more keys
        )
        self._identities = cognito.CfnIdentityPool(
            self,
            "Identities",
            identity_pool_name=names.of("console"),
            allow_unauthenticated_identities=False,
            allow_classic_flow=False,
            cognito_identity_providers=[provider],
        )
        # Recording events is a change; what the control plane changes, its function tells apart itself.
        looking = [path for api in ("control", "runtime") for path in ROUTES[api]]
        self.reader = self._role("Reader", [rest_api.arn_for_execute_api("POST", path, stage) for path in looking])
        every = [path for paths in ROUTES.values() for path in paths]
        editor = self._role("Editor", [rest_api.arn_for_execute_api("POST", path, stage) for path in every])
        cognito.CfnUserPoolGroup(
            self, "Editors", user_pool_id=people.pool.user_pool_id, group_name=EDITORS, role_arn=editor.role_arn
        )
        self._attach()

    def told(self) -> dict[str, str]:
        """Return what the page must know to get tokens and keys."""
        return {
            "clientId": self._client.user_pool_client_id,
            "issuer": f"https://{self._pool.user_pool_provider_name}",
            "identityPoolId": self._identities.ref,
        }

    def _role(self, construct_id: str, methods: list[str]) -> iam.Role:
        conditions = {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": self._identities.ref},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        }
        role = iam.Role(
            self,
            construct_id,
            description=f"The console of {Aws.STACK_NAME}: {construct_id.lower()}s",
            assumed_by=iam.WebIdentityPrincipal("cognito-identity.amazonaws.com", conditions),
        )
        role.add_to_policy(iam.PolicyStatement(actions=["execute-api:Invoke"], resources=methods))
        return role

    def _attach(self) -> None:
        of_groups = cognito.CfnIdentityPoolRoleAttachment.RoleMappingProperty(
            type="Token",
            ambiguous_role_resolution="AuthenticatedRole",
            identity_provider=f"{self._pool.user_pool_provider_name}:{self._client.user_pool_client_id}",
        )
        cognito.CfnIdentityPoolRoleAttachment(
            self,
            "Roles",
            identity_pool_id=self._identities.ref,
            roles={"authenticated": self.reader.role_arn},
            role_mappings={"people": of_groups},
        )


def _client(pool: cognito.UserPool, names: Names, page: str) -> cognito.UserPoolClient:
    return pool.add_client(
        "Client",
        user_pool_client_name=names.of("console"),
        generate_secret=False,  # a page could not keep it; PKCE is in its place
        auth_flows=cognito.AuthFlow(user_srp=False, user_password=False),  # Cognito's pages alone see passwords
        o_auth=cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=[cognito.OAuthScope.OPENID],
            callback_urls=[page],
            logout_urls=[page],
        ),
        supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
        prevent_user_existence_errors=True,
        enable_token_revocation=True,
        access_token_validity=Duration.hours(1),
        id_token_validity=Duration.hours(1),
        refresh_token_validity=Duration.hours(12),  # a day at work
    )

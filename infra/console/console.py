"""The console: whom it lets in, where it lies, and what its page is told of the API."""

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.console.access import EDITORS, Access
from infra.console.files import Files
from infra.console.people import People
from infra.console.site import Site
from infra.names import Names
from tastemaker.wire.origins import Origins
from tastemaker.wire.readers import Readers


class Console(Construct):
    """All that the setting adds; nothing of it runs while nobody looks, and none of it holds data of the service."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, rest_api: apigateway.RestApi, stage: str
    ) -> None:
        super().__init__(scope, construct_id)
        api = f"https://{rest_api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
        identities = f"https://cognito-identity.{Aws.REGION}.{Aws.URL_SUFFIX}"
        self._people = People(self, "People", names=names)
        site = Site(self, "Site", names=names, asks=[api, self._people.login, identities])
        self._origin = site.origin
        self._access = Access(
            self, "Access", names=names, people=self._people, origin=site.origin, rest_api=rest_api, stage=stage
        )
        signed_in = self._access.told() | {"login": self._people.login, "identities": identities}
        told = {"local": False, "url": f"{api}/{stage}", "region": Aws.REGION, "account": Aws.ACCOUNT_ID}
        Files(
            self, "Files", names=names, bucket=site.bucket, config=told | {"signs": "execute-api", "signIn": signed_in}
        )

    def origins(self, others: Origins) -> Origins:
        """Return whose pages may call: this one's, and others."""
        return Origins((self._origin, *others.patterns))

    def readers(self, others: Readers) -> Readers:
        """Return who may look and change nothing: whom no group says more of, and others."""
        return Readers((self._access.reader.role_arn, *others.patterns))

    def tell(self, scope: Construct) -> None:
        """Write where it is, and how one gets in, into the outputs of a stack."""
        pool = f"--region {Aws.REGION} --user-pool-id {self._people.pool.user_pool_id} --username EMAIL"
        CfnOutput(scope, "ConsoleUrl", value=f"{self._origin}/", description="The console, for a browser")
        CfnOutput(
            scope,
            "ConsoleUserCommand",
            value=f"aws cognito-idp admin-create-user {pool}",
            description="Makes somebody who may look; Cognito sends them a first password",
        )
        CfnOutput(
            scope,
            "ConsoleEditorCommand",
            value=f"aws cognito-idp admin-add-user-to-group --group-name {EDITORS} {pool}",
            description="Lets them change things as well",
        )

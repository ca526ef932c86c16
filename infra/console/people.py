"""Who may sign in to the console: whom an administrator has made, with a second factor."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names


class People(Construct):
    """A user pool with Cognito's own pages for signing in; it goes with its stack, as rights do, and is no data."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.of("console"),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED,
            # An app of the person's own; texts would cost, and can be intercepted.
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(3),
            ),
            feature_plan=cognito.FeaturePlan.LITE,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # Among all of a region, so the account is in it.
        prefix = f"{names.deployment}-{Aws.ACCOUNT_ID}"
        domain = self.pool.add_domain("Login", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix))
        self.login = domain.base_url()
        acknowledge(
            self.pool,
            "AwsSolutions-COG3",
            "Threat protection is of the plan Plus, which is paid by the person and month: here few people have been "
            "made by an administrator, and a second factor is required of each.",
        )
        acknowledge(
            self.pool,
            "AwsSolutions-COG8",
            "The plan Lite has all that is used: Cognito's pages, a second factor by an app, and groups.",
        )

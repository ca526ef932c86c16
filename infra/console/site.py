"""Where the console's page lies: a bucket that CloudFront alone reads, and the headers with which it comes."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge, skip_check
from infra.names import Names


class Site(Construct):
    """A private bucket and a distribution; `asks` are the origins that the page may send requests to."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, asks: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        self.bucket = _bucket(self, names.console_bucket)
        # CloudFront's names are an account's, not a region's.
        name = f"{names.of('console')}-{Aws.REGION}"
        control = cloudfront.S3OriginAccessControl(self, "OnlyHere", origin_access_control_name=name)
        behavior = cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket, origin_access_control=control),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            # Files say `no-cache`, so a new deployment is seen within a second; the code of a sign-in is in no key.
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=_headers(self, name, asks),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"The console of {names.deployment} in {Aws.REGION}",
            default_behavior=behavior,
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        self.origin = f"https://{self.distribution.distribution_domain_name}"
        _accept(self.distribution)


def _bucket(scope: Construct, name: str) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        "Bucket",
        bucket_name=name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        removal_policy=RemovalPolicy.DESTROY,  # files.py has emptied it by then
    )
    acknowledge(
        bucket, "AwsSolutions-S1", "It holds the page, the same for everybody, which CloudFront alone reads; no data."
    )
    skip_check(bucket, "CKV_AWS_21", "A deployment writes the files again; versions would keep it from being deleted.")
    return bucket


def _headers(scope: Construct, name: str, asks: Sequence[str]) -> cloudfront.ResponseHeadersPolicy:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {' '.join(asks)}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        response_headers_policy_name=name,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(730), include_subdomains=True, override=True
            ),
        ),
    )


def _accept(distribution: cloudfront.Distribution) -> None:
    reasons = {
        "AwsSolutions-CFR1": "Who may use it is decided by the sign-in and the signature, not by the country.",
        "AwsSolutions-CFR2": "It hands out five files that are no secret; a web ACL costs more than the idle service.",
        "AwsSolutions-CFR3": "The API's access log has every call; who fetched the page's files tells nothing more.",
        "AwsSolutions-CFR4": "CloudFront's own certificate goes with its own choice of TLS versions; browsers choose "
        "1.3. Another takes a domain name of the account's own.",
    }
    for rule, reason in reasons.items():
        acknowledge(distribution, rule, reason)
    skips = {
        "CKV_AWS_68": reasons["AwsSolutions-CFR2"],
        "CKV_AWS_86": reasons["AwsSolutions-CFR3"],
        "CKV_AWS_174": reasons["AwsSolutions-CFR4"],
    }
    for check, reason in skips.items():
        skip_check(distribution, check, reason)

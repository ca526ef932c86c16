"""The list prices that a bill is made of, in dollars and us-east-1, each with the page it stands on and since when.

They were written down on these days and not fetched since: prices move and differ by region. What is free for a new
account's first months only is not in here; what is free for ever is.
"""

from dataclasses import dataclass
from typing import Final

from tastemaker.domain.training.quotes import GB_SECOND, PRICED_ON

REGION: Final = "us-east-1"
_DATE, _OF_PERSONALIZE = "2026-11-29", "2026-02, from secondary sources"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for so many units (`per`); of them so many a month are free for ever, once in an account."""

    service: str
    unit: str
    dollars: float
    page: str
    per: float = 1
    free: float = 0
    dated: str = _DATE

    def of(self, quantity: float) -> float:
        """Return dollars for a quantity."""
        return quantity * self.dollars / self.per


_MILLION: Final = 1e6
_CLOUDWATCH, _LAMBDA, _DYNAMODB = "Amazon CloudWatch Pricing", "AWS Lambda Pricing", "Amazon DynamoDB Pricing"
_PERSONALIZE = "Amazon Personalize Pricing"

ALARM = Price("CloudWatch", "metrics", 0.10, _CLOUDWATCH, free=10)
DASHBOARD = Price("CloudWatch", "dashboards", 3.00, _CLOUDWATCH, free=3)
# Taken in at $0.50, and kept for a month at $0.03.
LOG = Price("CloudWatch", "GB", 0.53, _CLOUDWATCH, free=5)
TRACE = Price("X-Ray", "traces", 5.00, "AWS X-Ray Pricing", per=_MILLION, free=100_000)
TRANSITION = Price("Step Functions", "transitions", 0.025, "AWS Step Functions Pricing", per=1000, free=4000)
INVOCATION = Price("Lambda", "invocations", 0.20, _LAMBDA, per=_MILLION, free=_MILLION)
COMPUTE = Price("Lambda", "GB-seconds", GB_SECOND, _LAMBDA, free=400_000, dated=PRICED_ON)
# Of /tmp, beyond the 512 MB that every function has.
DISK = Price("Lambda", "GB-seconds of disk", 0.0000000309, _LAMBDA)
REQUEST = Price("API Gateway", "requests", 3.50, "Amazon API Gateway Pricing", per=_MILLION)
WRITE = Price("DynamoDB", "write units", 0.625, _DYNAMODB, per=_MILLION)
READ = Price("DynamoDB", "read units", 0.125, _DYNAMODB, per=_MILLION)
TABLE = Price("DynamoDB", "GB", 0.25, _DYNAMODB, free=25)
RECOVERY = Price("DynamoDB", "GB", 0.20, _DYNAMODB)
OBJECT = Price("S3", "GB", 0.023, "Amazon S3 Pricing")

# Those of the recipes of version 2 (aws-user-personalization-v2, aws-personalized-ranking-v2).
INGESTION = Price("Personalize", "GB", 0.05, _PERSONALIZE, dated=_OF_PERSONALIZE)
TRAINING = Price("Personalize", "interactions", 0.002, _PERSONALIZE, per=1000, dated=_OF_PERSONALIZE)
RECOMMENDATION = Price("Personalize", "requests", 0.15, _PERSONALIZE, per=1000, dated=_OF_PERSONALIZE)

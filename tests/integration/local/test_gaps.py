"""What moto cannot do is answered as that, in the client's own protocol."""

import pytest
from botocore.config import Config

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.mark.parametrize(
    ("service", "operation", "members", "action"),
    [
        ("forecast", "list_datasets", {}, "ListDatasets"),
        ("kendra", "list_indices", {}, "ListIndices"),
        ("iam", "generate_service_last_accessed_details", {"Arn": "arn:aws:iam::1:role/x"}, "GenerateServiceLast"),
        ("ec2", "describe_fpga_images", {}, "DescribeFpgaImages"),
        ("sns", "list_origination_numbers", {}, "ListOriginationNumbers"),
        ("cloudwatch", "list_managed_insight_rules", {"ResourceARN": "a"}, "ListManagedInsightRules"),
        ("route53", "list_cidr_collections", {}, "cidrcollection"),
        ("geo-maps", "get_glyphs", {"FontStack": "a", "FontUnicodeRange": "0-255.pbf"}, "/v2/glyphs/"),
    ],
)
def test_an_action_that_is_missing_is_named(tastemaker, service, operation, members, action):
    client = tastemaker.client(service, config=ONCE)

    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)(**members)

    told = refused.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == ("NotImplemented", 501)
    assert action in told["Error"]["Message"]


def test_it_is_not_tried_again(tastemaker):
    client = tastemaker.client("forecast")

    with pytest.raises(client.exceptions.ClientError) as refused:
        client.list_datasets()

    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0

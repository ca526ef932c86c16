"""Each region has its own deployment, made when it is first asked for."""


def test_two_regions_share_nothing(tastemaker):
    here, there = (tastemaker.client("personalize", region_name=name) for name in ("us-east-1", "eu-west-1"))

    arn = here.create_dataset_group(name="shop")["datasetGroupArn"]

    assert arn.split(":")[3] == "us-east-1"
    assert [group["name"] for group in here.list_dataset_groups()["datasetGroups"]] == ["shop"]
    assert there.list_dataset_groups()["datasetGroups"] == []


def test_a_region_has_tables_and_buckets_of_its_own(tastemaker):
    there = tastemaker.client("dynamodb", region_name="eu-west-1")

    assert "tastemaker-resources" in there.list_tables()["TableNames"]
    names = [bucket["Name"] for bucket in tastemaker.client("s3").list_buckets()["Buckets"]]
    assert "tastemaker-data-123456789012-eu-west-1" in names

"""CloudFormation's custom resources of ours, asked as CloudFormation asks: made and deleted."""

import json

import pytest

from tests.integration.client import INTERACTIONS, Client, readings
from tests.integration.formation import formation

GENRE = {"name": "GENRE", "type": ["null", "string"], "categorical": True}
TEXT = json.dumps(INTERACTIONS)
SIMS = "arn:aws:personalize:::recipe/aws-sims"
SIX = ("DatasetGroup", "Schema", "Dataset", "DatasetImportJob", "Solution", "SolutionVersion")


@pytest.fixture
def cloud(tastemaker):
    with formation(tastemaker) as found:
        yield found


@pytest.fixture
def personalize(tastemaker):
    return tastemaker.client("personalize")


@pytest.fixture
def library(tastemaker, cloud):
    """Everything from a group to a trained version, by its kind."""
    Client(tastemaker).s3.put_object(Bucket="readings", Key="readings.csv", Body=readings().encode())
    group = cloud.made("DatasetGroup", Name="library")["Arn"]
    schema = cloud.made("Schema", Name="readings", Schema=TEXT)["Arn"]
    dataset = cloud.made(
        "Dataset", Name="readings", DatasetGroupArn=group, SchemaArn=schema, DatasetType="Interactions"
    )["Arn"]
    source = {"DataLocation": "s3://readings/readings.csv"}
    job = cloud.made("DatasetImportJob", DatasetArn=dataset, DataSource=source)["Arn"]
    solution = cloud.made("Solution", DatasetGroupArn=group, RecipeArn=SIMS, PerformAutoTraining="false")["Arn"]
    version = cloud.made("SolutionVersion", SolutionArn=solution)["Arn"]
    return dict(zip(SIX, (group, schema, dataset, job, solution, version), strict=True))


def test_what_a_group_can_have_is_made_and_deleted(cloud, personalize, library):
    group = library["DatasetGroup"]
    campaign = cloud.made("Campaign", SolutionVersionArn=library["SolutionVersion"], MinProvisionedTPS="1")
    genres = json.dumps({**INTERACTIONS, "name": "Items", "fields": [{"name": "ITEM_ID", "type": "string"}, GENRE]})
    books = cloud.made("Schema", Schema=genres)["Arn"]
    items = cloud.made("Dataset", Name="books", DatasetGroupArn=group, SchemaArn=books, DatasetType="Items")["Arn"]
    words = 'INCLUDE ItemID WHERE Items.GENRE IN ("drama")'
    few = cloud.made("Filter", DatasetGroupArn=group, FilterExpression=words, Tags=[{"TagKey": "a", "TagValue": "b"}])
    tracker = cloud.made("EventTracker", Name="clicks", DatasetGroupArn=group)
    domain = cloud.made("DatasetGroup", Name="films", Domain="VIDEO_ON_DEMAND")

    assert personalize.describe_campaign(campaignArn=campaign["Arn"])["campaign"]["minProvisionedTPS"] == 1
    assert campaign["Name"].startswith("shop-Thing-")
    assert tracker["TrackingId"]
    assert personalize.list_tags_for_resource(resourceArn=few["Arn"])["tags"] == [{"tagKey": "a", "tagValue": "b"}]
    made = [("Schema", books), ("Dataset", items), ("Campaign", campaign["Arn"]), ("Filter", few["Arn"])]
    for title, arn in [*library.items(), *made][::-1]:
        if arn == library["Dataset"]:
            cloud.delete("EventTracker", tracker["Arn"])
        assert cloud.delete(title, arn)["Status"] == "SUCCESS"
        assert cloud.delete(title, arn)["Status"] == "SUCCESS"
    assert cloud.delete("DatasetGroup", domain["Arn"])["Status"] == "SUCCESS"
    assert personalize.list_dataset_groups()["datasetGroups"] == personalize.list_schemas()["schemas"] == []

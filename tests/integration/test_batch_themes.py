"""Themes and a key of one's own through the deployed templates, and a failure inside a part."""

import json

from tests.integration.client import readings

ITEMS = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": "string", "categorical": True},
        {"name": "TITLE", "type": "string"},
        {"name": "ABOUT", "type": "string", "textual": True},
    ],
    "version": "1.0",
}
KINDS = (("crime", "a detective hunts a murderer"), ("romance", "a wedding by the sea"))


def test_themes_come_encrypted_and_a_failure_in_a_part_is_told(client, tastemaker):
    version = _version(client)
    key = tastemaker.client("kms").create_key()["KeyMetadata"]["Arn"]
    client.s3.put_object(Bucket="readings", Key="few/items.json", Body=_lines(2))
    client.s3.put_object(Bucket="readings", Key="many/items.json", Body=_lines(101))

    few, many = (
        client.settled("batchInferenceJob", _create(client, tastemaker, version, name, key)) for name in ("few", "many")
    )

    assert few["status"] == "ACTIVE"
    stored = client.s3.get_object(Bucket="readings", Key="out-few/items.json.out")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key)
    outputs = [json.loads(line)["output"] for line in stored["Body"].read().splitlines()]
    assert [output["theme"].partition(":")[0] for output in outputs] == ["Crime", "Romance"]
    assert all(len(output["itemsThemeRelevanceScores"]) == len(output["recommendedItems"]) == 10 for output in outputs)
    assert (many["status"], many["failureReason"]) == (
        "CREATE FAILED",
        "The input has more than 100 lines, the most that a job of this mode may have.",
    )


def _version(client):
    group = client.group()
    client.imported(client.dataset(group), readings())
    schema = client.personalize.create_schema(name="books", schema=json.dumps(ITEMS))["schemaArn"]
    made = {"name": "books", "datasetGroupArn": group, "schemaArn": schema, "datasetType": "Items"}
    dataset = client.personalize.create_dataset(**made)["datasetArn"]
    client.settled("dataset", dataset)
    rows = [f"book-{taste}-{n},{kind},Book {n},{about}" for taste, (kind, about) in enumerate(KINDS) for n in range(20)]
    client.imported(dataset, "\n".join(["ITEM_ID,GENRE,TITLE,ABOUT", *rows]) + "\n", name="books")
    campaign = client.campaign(group, recipe="aws-similar-items")
    return client.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]


def _lines(count):
    return "\n".join(json.dumps({"itemId": f"book-{n % 2}-{n % 20}"}) for n in range(count)).encode()


def _create(client, tastemaker, version, name, key):
    iam = tastemaker.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="key", PolicyDocument=document)
    return client.personalize.create_batch_inference_job(
        jobName=name,
        solutionVersionArn=version,
        numResults=10,
        jobInput={"s3DataSource": {"path": f"s3://readings/{name}/"}},
        jobOutput={"s3DataDestination": {"path": f"s3://readings/out-{name}/", "kmsKeyArn": key}},
        roleArn=role,
        batchInferenceJobMode="THEME_GENERATION",
        themeGenerationConfig={"fieldsForThemeGeneration": {"itemName": "TITLE"}},
    )["batchInferenceJobArn"]

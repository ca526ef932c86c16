"""The steps that every client of the service takes, and what readers have read."""

import json
import time

PATIENCE = 60
_SETTLED = {"ACTIVE", "CREATE FAILED", "CREATE STOPPED", "COMPLETED", "FAILED"}
INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}


def readings() -> str:
    """Sixty readers, each of one of two tastes, twenty books each."""
    rows = [
        f"reader-{user},book-{user % 2}-{(step * (1 + user % 3)) % 20},{1_700_000_000 + step * 86_400}"
        for user in range(60)
        for step in range(20)
    ]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]) + "\n"


class Client:
    """The steps that every client of the service takes, each waited for."""

    def __init__(self, tastemaker) -> None:
        self.personalize = tastemaker.client("personalize")
        self.runtime = tastemaker.client("personalize-runtime")
        self.events = tastemaker.client("personalize-events")
        self.s3 = tastemaker.client("s3")
        self.s3.create_bucket(Bucket="readings")

    def settled(self, member: str, arn: str) -> dict:
        """Return a resource that no longer changes."""
        operation = "describe_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in member)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = getattr(self.personalize, operation)(**{f"{member}Arn": arn})[member]
            if found["status"] in _SETTLED:
                return found
        raise TimeoutError(f"{arn} is still {found['status']}")

    def group(self) -> str:
        arn = self.personalize.create_dataset_group(name="library")["datasetGroupArn"]
        assert self.settled("datasetGroup", arn)["status"] == "ACTIVE"
        return arn

    def dataset(self, group: str, *more: dict) -> str:
        text = json.dumps({**INTERACTIONS, "fields": [*INTERACTIONS["fields"], *more]})
        schema = self.personalize.create_schema(name="readings", schema=text)["schemaArn"]
        arn = self.personalize.create_dataset(
            name="readings", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
        )["datasetArn"]
        assert self.settled("dataset", arn)["status"] == "ACTIVE"
        return arn

    def imported(self, dataset: str, text: str, name: str = "first", **options: str) -> dict:
        self.s3.put_object(Bucket="readings", Key="readings.csv", Body=text.encode())
        arn = self.personalize.create_dataset_import_job(
            jobName=name, datasetArn=dataset, dataSource={"dataLocation": "s3://readings/readings.csv"}, **options
        )["datasetImportJobArn"]
        return self.settled("datasetImportJob", arn)

    def campaign(self, group: str, recipe: str = "aws-user-personalization-v2", name: str = "next") -> str:
        arn = f"arn:aws:personalize:::recipe/{recipe}"
        solution = self.personalize.create_solution(name=name, datasetGroupArn=group, recipeArn=arn)["solutionArn"]
        version = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        assert self.settled("solutionVersion", version)["status"] == "ACTIVE"
        arn = self.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        assert self.settled("campaign", arn)["status"] == "ACTIVE"
        return arn

    def is_gone(self, describe: str, member: str, arn: str) -> bool:
        """Tell whether a deleted resource vanishes, which it may do in its own time."""
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                getattr(self.personalize, describe)(**{member: arn})
        except self.personalize.exceptions.ResourceNotFoundException:
            return True
        return False

    def books(self, campaign: str, reader: str) -> list[str]:
        reply = self.runtime.get_recommendations(campaignArn=campaign, userId=reader, numResults=10)
        return [item["itemId"] for item in reply["itemList"]]


def restarted(tastemaker, function: str) -> None:
    """Give a function another configuration, with which its next process keeps nothing of the one before."""
    functions, name = tastemaker.client("lambda"), f"tastemaker-{function}"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    room = int(variables["TASTEMAKER_MODEL_ROOM"]) + 1
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"TASTEMAKER_MODEL_ROOM": str(room)}}
    )

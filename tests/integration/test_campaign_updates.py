"""Campaign updates that nobody notices, with clients that ask all the while: a small `bench/answers/updates.py`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tastemaker_local.commands.clients import knowing
from tests.integration.client import Client, readings

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"
WEIGHTS = {"book": "0", "film": "0.3"}
MODELS = "tastemaker-models-123456789012-us-east-1"


class Library(Client):
    """A solution with a version trained on books, one on films, and one on films of whose files one is damaged."""

    def prepared(self) -> None:
        group = self.group()
        self.data = self.dataset(group)
        assert self.imported(self.data, readings())["status"] == "ACTIVE"
        made = {"name": "s", "datasetGroupArn": group, "recipeArn": RECIPE, "performAutoTraining": False}
        self.solution = self.personalize.create_solution(**made)["solutionArn"]
        self.versions = {kind: self.trained(kind) for kind in WEIGHTS}
        self.versions["damaged"] = self.trained("film")
        self.damage()
        named = {"name": "c", "solutionVersionArn": self.versions["book"], "campaignConfig": configured("book")}
        self.arn = self.personalize.create_campaign(**named)["campaignArn"]
        self.settled("campaign", self.arn)

    def trained(self, kind: str) -> str:
        assert self.imported(self.data, readings().replace("book", kind))["status"] == "ACTIVE"
        version = self.personalize.create_solution_version(solutionArn=self.solution)["solutionVersionArn"]
        assert self.settled("solutionVersion", version)["status"] == "ACTIVE"
        return version

    def imported(self, dataset: str, text: str) -> dict:
        self.s3.put_object(Bucket="readings", Key="readings.csv", Body=text.encode())
        source = {"dataLocation": "s3://readings/readings.csv"}
        name = f"job-{len(self.personalize.list_dataset_import_jobs()['datasetImportJobs'])}"
        made = {"jobName": name, "datasetArn": dataset, "dataSource": source}
        return self.settled(
            "datasetImportJob", self.personalize.create_dataset_import_job(**made)["datasetImportJobArn"]
        )

    def damage(self) -> None:
        name = self.versions["damaged"].rpartition("/")[2]
        keys = [found["Key"] for found in self.s3.list_objects_v2(Bucket=MODELS)["Contents"]]
        key = next(key for key in keys if name in key and key.endswith("item_ids.npy"))
        self.s3.put_object(Bucket=MODELS, Key=key, Body=b"something else")

    def updated(self, version: str, kind: str) -> dict:
        changed = {"solutionVersionArn": self.versions[version], "campaignConfig": configured(kind)}
        self.personalize.update_campaign(campaignArn=self.arn, **changed)
        while True:
            update = self.personalize.describe_campaign(campaignArn=self.arn)["campaign"]["latestCampaignUpdate"]
            if update["status"] in {"ACTIVE", "CREATE FAILED"}:
                return update


def configured(kind: str) -> dict:
    return {"itemExplorationConfig": {"explorationWeight": WEIGHTS[kind], "explorationItemAgeCutOff": "30"}}


@pytest.fixture
def library(tastemaker):
    library = Library(tastemaker)
    library.prepared()
    return library


def test_each_answer_is_of_one_version_and_its_configuration(library, tastemaker):
    stop = Event()

    def ask(number: int) -> list[tuple[str, set[str]]]:
        runtime, told = tastemaker.client("personalize-runtime"), []
        while not stop.is_set():
            reply = runtime.get_recommendations(campaignArn=library.arn, userId=f"reader-{number}", numResults=5)
            told.append((reply["recommendationId"], {item["itemId"].partition("-")[0] for item in reply["itemList"]}))
        return told

    with ThreadPoolExecutor() as pool:
        clients = [pool.submit(ask, number) for number in range(3)]
        try:
            updates = [library.updated(kind, kind) for kind in ("film", "book", "film")]
            refused = library.updated("damaged", "book")
            updates.append(library.updated("book", "book"))
        finally:
            stop.set()
        told = [answer for client in clients for answer in client.result()]
    log = knowing("personalize-runtime", tastemaker.endpoint_url, about=library.arn).get_logged_answers(
        sourceArn=library.arn
    )
    explored = {each["recommendationId"]: each["chance"] > 0 for each in log["answers"]}

    assert [update["status"] for update in updates] == ["ACTIVE"] * 4
    assert (refused["status"], "item_ids.npy" in refused["failureReason"]) == ("CREATE FAILED", True)
    assert {frozenset(kinds) for _, kinds in told} == {frozenset({"book"}), frozenset({"film"})}
    known = [(explored[id_], kinds) for id_, kinds in told if id_ in explored]
    assert known
    assert all(kinds == ({"film"} if exploring else {"book"}) for exploring, kinds in known)

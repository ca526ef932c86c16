"""Builds everything a shop needs, call by call, as the developer guide has it: data, models, campaigns."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

from tastemaker_local.demo import schemas
from tastemaker_local.demo.endpoint import REGION, Clients
from tastemaker_local.demo.watching import Board, Job, Sight, describing, watch

BUCKET = "grocery-data"
GROUP = "groceries"
# What each solution and its campaign are called, and the recipe behind it.
SOLUTIONS = {
    "for-you": "aws-user-personalization-v2",
    "related": "aws-sims",
    "popular": "aws-popularity-count",
}
_SERVICE = {"Service": "personalize.amazonaws.com"}


class Builder:
    """Creates resources through boto3 and waits for them, showing how far they are."""

    def __init__(self, clients: Clients, board: Board) -> None:
        self._clients = clients
        self._personalize = clients.personalize
        self._board = board

    def upload(self, files: Mapping[str, Path]) -> None:
        """Put the CSV files into a bucket that the service may read."""
        self._clients.s3.create_bucket(Bucket=BUCKET)
        self._clients.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_bucket_policy()))
        for path in files.values():
            self._upload(path)

    def role(self) -> str:
        """Create the role that the service reads the bucket with."""
        trust = {"Effect": "Allow", "Principal": _SERVICE, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = self._clients.iam.create_role(RoleName="grocery-imports", AssumeRolePolicyDocument=document)
        policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        self._clients.iam.attach_role_policy(RoleName="grocery-imports", PolicyArn=policy)
        arn: str = role["Role"]["Arn"]
        return arn

    def group(self) -> str:
        """Create the dataset group."""
        arn: str = self._personalize.create_dataset_group(name=GROUP)["datasetGroupArn"]
        self._wait(Job("dataset group", describing(self._personalize.describe_dataset_group, "datasetGroup", arn)))
        return arn

    def datasets(self, group: str) -> dict[str, str]:
        """Create a schema and a dataset per type; return the datasets' ARNs."""
        arns = {type_: self._dataset(type_, group) for type_ in schemas.TYPES}
        look = self._personalize.describe_dataset
        self._wait(*(Job("three datasets", describing(look, "dataset", arn)) for arn in arns.values()))
        return arns

    def imports(self, datasets: Mapping[str, str], role: str) -> None:
        """Import the CSV files, all at the same time."""
        arns = {type_: self._import(type_, arn, role) for type_, arn in datasets.items()}
        look = self._personalize.describe_dataset_import_job
        self._wait(*(Job(f"import {type_}", describing(look, "datasetImportJob", arn)) for type_, arn in arns.items()))

    def tracker(self, group: str) -> str:
        """Create the event tracker; return the id that PutEvents wants."""
        reply = self._personalize.create_event_tracker(name=GROUP, datasetGroupArn=group)
        look = describing(self._personalize.describe_event_tracker, "eventTracker", reply["eventTrackerArn"])
        self._wait(Job("event tracker", look))
        tracking_id: str = reply["trackingId"]
        return tracking_id

    def versions(self, group: str) -> dict[str, str]:
        """Create every solution and train a version of each, all at the same time."""
        arns = {name: self._version(name, group) for name in SOLUTIONS}
        look = self._personalize.describe_solution_version
        self._wait(*(Job(SOLUTIONS[name], describing(look, "solutionVersion", arn)) for name, arn in arns.items()))
        return arns

    def campaigns(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Deploy the trained versions."""
        arns = {name: self._campaign(name, version) for name, version in versions.items()}
        look = self._personalize.describe_campaign
        self._wait(*(Job(f"campaign {name}", describing(look, "campaign", arn)) for name, arn in arns.items()))
        return arns

    def _upload(self, path: Path) -> None:
        size, position, lock = path.stat().st_size, 0, threading.Lock()
        phrase = f"{size / 1e6:.1f} MB"

        def progress(count: int) -> None:
            nonlocal position
            with lock:  # parts of a file are sent by several threads
                position += count
                self._board.show(label, Sight("UPLOADING", position / size, phrase))

        label = f"upload {path.name}"
        self._clients.s3.upload_file(str(path), BUCKET, path.name, Callback=progress)
        self._board.show(label, Sight("UPLOADED"))

    def _dataset(self, type_: str, group: str) -> str:
        name = f"{GROUP}-{type_.lower()}"
        schema = self._personalize.create_schema(name=name, schema=schemas.avro(type_))["schemaArn"]
        reply = self._personalize.create_dataset(name=name, schemaArn=schema, datasetGroupArn=group, datasetType=type_)
        arn: str = reply["datasetArn"]
        return arn

    def _import(self, type_: str, dataset: str, role: str) -> str:
        reply = self._personalize.create_dataset_import_job(
            jobName=f"{GROUP}-{type_.lower()}",
            datasetArn=dataset,
            dataSource={"dataLocation": f"s3://{BUCKET}/{type_.lower()}.csv"},
            roleArn=role,
        )
        arn: str = reply["datasetImportJobArn"]
        return arn

    def _version(self, name: str, group: str) -> str:
        solution = self._personalize.create_solution(
            name=name,
            datasetGroupArn=group,
            recipeArn=f"arn:aws:personalize:::recipe/{SOLUTIONS[name]}",
            performAutoTraining=False,
        )
        reply = self._personalize.create_solution_version(solutionArn=solution["solutionArn"])
        arn: str = reply["solutionVersionArn"]
        return arn

    def _campaign(self, name: str, version: str) -> str:
        arn: str = self._personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        return arn

    def _wait(self, *jobs: Job) -> None:
        watch(jobs, self._board)


def models_bucket(arn: str) -> str:
    """Return the bucket that the models of an ARN's account are in."""
    return f"tastemaker-models-{arn.split(':')[4]}-{REGION}"


def _bucket_policy() -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": _SERVICE,
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}

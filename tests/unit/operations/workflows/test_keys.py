"""A dataset group's key goes with everything that any step stores, and no values stand outside of it."""

import json

import pytest

from tastemaker import bootstrap
from tastemaker.pipelines.deps import Deps
from tastemaker.store.s3 import UNSAID, S3Objects
from tests.unit.operations.histories import shop

KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
ROLE = "arn:aws:iam::123456789012:role/r"
YEAR = {"name": "YEAR", "type": ["null", "int"]}


@pytest.fixture
def group(build):
    return build.group(kmsKeyArn=KEY, roleArn=ROLE)


def stored_under(world) -> dict:
    return {key: kms for (bucket, key), kms in world.objects.keys.items() if bucket != "bucket"}


def test_all_that_imports_and_trainings_store_is_under_the_key(world, build, group):
    build.imported(build.dataset(group), shop())
    build.version(build.solution(group))

    stored = stored_under(world)
    assert any(key.startswith("snapshots/") for key in stored)
    assert any(key.endswith("manifest.json") and not key.startswith("snapshots/") for key in stored)
    assert set(stored.values()) == {KEY}


def test_what_is_of_another_group_is_not(world, build, group):
    other = build.group()
    build.imported(build.dataset(other), shop())

    assert set(stored_under(world).values()) == {None}
    assert "_data_key" in world.resources.get(group)
    assert "_data_key" not in world.resources.get(other)


def test_a_key_that_is_lost_between_two_jobs_fails_the_second(world, personalize, build, group):
    dataset = build.dataset(group)
    build.imported(dataset, shop())
    world.keys.unusable.add(KEY)

    job = build.imported(dataset, shop())

    described = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    assert described["status"] == "CREATE FAILED"
    assert KEY in described["failureReason"]


def test_a_key_and_its_role_come_together(personalize):
    with pytest.raises(personalize.exceptions.InvalidInputException, match="must be given together"):
        personalize.create_dataset_group(name="g", kmsKeyArn=KEY)


def test_a_group_of_before_that_only_told_its_key_says_what_to_do(world, personalize, build, group):
    dataset = build.dataset(group)
    world.resources.update(group, {}, drop=("_data_key",))

    job = build.imported(dataset, shop())

    reason = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["failureReason"]
    assert "delete it and make it again" in reason


def test_values_that_break_a_rule_stand_in_the_rejects_alone(world, personalize, build, group):
    dataset = build.dataset(group)

    job = build.imported(dataset, "USER_ID,ITEM_ID,TIMESTAMP\na-secret,b,not-a-moment\n")

    reason = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]["failureReason"]
    assert "data.csv, line 2, column TIMESTAMP" in reason
    assert "not-a-moment" not in json.dumps(world.resources.get(job))
    [rejects] = [key for key in stored_under(world) if key.startswith("rejects/")]
    assert stored_under(world)[rejects] == KEY


def test_cells_that_are_lost_stand_in_the_rejects_alone(world, build, group):
    rows = "".join(f"item-{n},drama,{'a-secret' if n == 3 else 2000}\n" for n in range(60))
    job = build.imported(build.dataset(group, "Items", YEAR), f"ITEM_ID,GENRE,YEAR\n{rows}")

    record = world.resources.get(job)
    assert record["status"] == "ACTIVE"
    assert record["_imported"]["unreadable YEAR"] == 1
    assert "a-secret" not in json.dumps(record)


def test_nothing_is_stored_of_nobody_knows_whom(world):
    objects = S3Objects("us-east-1", s3=None, kms_key=UNSAID)

    with pytest.raises(RuntimeError, match="before the dataset group is known"):
        objects.write("data", "key", b"")
    of_nobody = Deps(**{**world.parts, "objects": objects}).of("arn:aws:personalize:us-east-1:1:dataset/gone/ITEMS")
    assert of_nobody.objects is objects


def test_every_step_is_given_what_knows_its_group(world, group, monkeypatch):
    seen = []
    monkeypatch.setattr(bootstrap, "step", lambda _name: lambda deps, work: seen.append(deps.objects._kms_key) or work)

    bootstrap.run_step("anything", Deps(**world.parts), {"arn": group})

    assert seen == [KEY]

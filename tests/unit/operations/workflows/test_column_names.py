"""Columns may be called as our own tables call theirs: what a customer names is never taken for what we name."""

import json

import pytest

from tests.unit.operations.histories import shop

# Names that queries of ours give to columns and tables.
ITEMS = ("ID", "CODE", "MOMENT", "PLACE", "EVENTS", "PUT", "IMPORTED", "SHOWN", "RECORDED", "SOURCE", "WEIGHT")
USERS = ("ID", "CODE", "MOMENT", "USERS", "PUT", "SELECTED")
INTERACTIONS = ("ID", "CODE", "WEIGHT", "USERS", "ITEMS")
MORE = ("MOMENT", "PLACE", "RECORDED", "ORIGIN", "TYPES")


def fields(names):
    return [{"name": name, "type": ["null", "string"], "categorical": True} for name in names]


def table(key, ids, own, names):
    rows = [f"{id_},{value}," + ",".join(f"{name.lower()}{n % 2}" for name in names) for n, (id_, value) in ids]
    return "\n".join([",".join((key, own, *names)), *rows]) + "\n"


@pytest.mark.parametrize("names", [INTERACTIONS, MORE])
def test_a_training_reads_columns_that_are_called_like_ours(build, personalize, clients, names):
    group = build.group()
    lines = shop().splitlines()
    rows = [f"{line}," + ",".join(f"x{n % 3}" for _ in names) for n, line in enumerate(lines[1:])]
    build.imported(
        build.dataset(group, "Interactions", *fields(names)), "\n".join([f"{lines[0]},{','.join(names)}", *rows])
    )
    items = build.dataset(group, "Items", *fields(ITEMS))
    build.imported(items, table("ITEM_ID", enumerate((f"i{n}", f"g{n % 2}") for n in range(40)), "GENRE", ITEMS))
    users = build.dataset(group, "Users", *fields(USERS))
    build.imported(users, table("USER_ID", enumerate((f"u{n}", n) for n in range(60)), "AGE", USERS))
    put = {"id": "id1", "code": "code0", "moment": "m", "genre": "g1"}
    clients.personalize_events.put_items(datasetArn=items, items=[{"itemId": "i1", "properties": json.dumps(put)}])
    put = {"id": "id1", "code": "code0", "moment": "m", "age": 7}
    clients.personalize_events.put_users(datasetArn=users, users=[{"userId": "u1", "properties": json.dumps(put)}])

    version = build.version(build.solution(group, "aws-user-personalization-v2"))

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "ACTIVE", described["failureReason"]
    campaign = build.campaign(version)
    chosen = personalize.create_filter(
        name="f",
        datasetGroupArn=group,
        filterExpression='INCLUDE ItemID WHERE Items.ID IN ("id1") AND Items.CODE IN ("code0")',
    )["filterArn"]
    build.world.run()
    answer = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1", filterArn=chosen)
    assert [item["itemId"] for item in answer["itemList"]] == ["i1"]


@pytest.mark.parametrize("type_", ["Items", "Users"])
def test_imports_on_top_of_each_other_and_exports_keep_columns_that_are_called_like_ours(
    world, build, personalize, clients, type_
):
    names, key, own = (ITEMS, "ITEM_ID", "GENRE") if type_ == "Items" else (USERS, "USER_ID", "AGE")
    dataset = build.dataset(build.group(), type_, *fields(names))
    build.imported(dataset, table(key, enumerate((f"a{n}", n) for n in range(9)), own, names))
    build.imported(
        dataset, table(key, enumerate((f"a{n}", n) for n in range(5, 12)), own, names), importMode="INCREMENTAL"
    )
    properties = json.dumps({"id": "put", "code": "put", own.lower(): 3})
    if type_ == "Items":
        clients.personalize_events.put_items(datasetArn=dataset, items=[{"itemId": "a1", "properties": properties}])
    else:
        clients.personalize_events.put_users(datasetArn=dataset, users=[{"userId": "a1", "properties": properties}])

    job = personalize.create_dataset_export_job(
        jobName="j",
        datasetArn=dataset,
        ingestionMode="ALL",
        roleArn="arn:aws:iam::123456789012:role/r",
        jobOutput={"s3DataDestination": {"path": "s3://out/"}},
    )["datasetExportJobArn"]
    world.run()

    described = personalize.describe_dataset_export_job(datasetExportJobArn=job)["datasetExportJob"]
    assert described["status"] == "ACTIVE", described["failureReason"]
    (text,) = [world.objects.read("out", key).decode() for key, *_ in world.objects.list("out", "")]
    lines = text.splitlines()
    assert lines[0].replace('"', "").split(",")[:2] == [key, own]
    assert len(lines) == 1 + 12  # the one that was put was imported before

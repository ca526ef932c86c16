"""Trainings for which there is nothing to learn from are refused at the call; too little is said by the training."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message

RECIPES = "arn:aws:personalize:::recipe/"
ONE = "USER_ID,ITEM_ID,TIMESTAMP\nu,i,1700000000\n"


@pytest.fixture
def solve(build):
    def call(group, recipe="aws-sims"):
        own = {"name": build.name(), "performAutoTraining": False}
        reply = build.client.create_solution(datasetGroupArn=group, recipeArn=RECIPES + recipe, **own)
        return reply["solutionArn"]

    return call


def refused(call, *arguments, **members):
    with pytest.raises(ClientError) as error:
        call(*arguments, **members)
    assert code(error) == "InvalidInputException"
    return message(error)


def empty(recipe, dataset, operation="PutEvents"):
    return (
        f"Recipe {recipe} has nothing to train on: the dataset {dataset} is empty; "
        f"import data, or record some with {operation}."
    )


def test_a_solution_needs_an_interactions_dataset_with_something_in_it(build, solve):
    group = build.group()

    assert refused(solve, group) == (
        "Recipe aws-sims needs a dataset of type INTERACTIONS: the dataset group has none."
    )
    dataset = build.dataset(group)
    assert refused(solve, group) == empty("aws-sims", dataset)
    build.dataset(group, "Items")
    assert refused(solve, group) == empty("aws-sims", dataset)
    assert build.client.list_solutions()["solutions"] == []


def test_an_import_counts_once_it_has_finished(world, build, solve):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, ONE + "u,i,soon\n")
    assert refused(solve, group) == empty("aws-sims", dataset)

    world.objects.write("bucket", "data.csv", ONE.encode())
    source = {"dataLocation": "s3://bucket/data.csv"}
    job = build.client.create_dataset_import_job(jobName="j", datasetArn=dataset, dataSource=source)
    arn = job["datasetImportJobArn"]
    assert refused(solve, group).endswith(f"the dataset {dataset} is empty; wait until {arn} is ACTIVE.")

    world.run()
    solve(group)


@pytest.mark.parametrize("user", [{"userId": "u"}, {}])
def test_one_recorded_event_is_enough_to_ask(clients, build, solve, user):
    group = build.group()
    build.dataset(group)
    event = {"eventType": "view", "sentAt": 1_700_000_000, "itemId": "i"}
    clients.personalize_events.put_events(trackingId=build.tracker(group), sessionId="s", eventList=[event], **user)

    version = build.version(solve(group))

    described = clients.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["failureReason"].startswith("Create failed. Dataset has fewer than 1000 interactions. There are ")


def test_a_version_is_refused_where_the_data_have_gone(world, build, solve):
    group = build.group()
    dataset = build.dataset(group)
    build.imported(dataset, ONE)
    solution = solve(group)
    build.client.delete_dataset(datasetArn=dataset)

    def train():
        build.client.create_solution_version(solutionArn=solution)

    assert refused(train) == "Recipe aws-sims needs a dataset of type INTERACTIONS: the dataset group has none."
    world.run()
    dataset = build.dataset(group)
    assert refused(train) == empty("aws-sims", dataset)
    assert build.client.list_solution_versions()["solutionVersions"] == []


def test_a_recommender_needs_data_too(world, build):
    group = build.group(domain="VIDEO_ON_DEMAND")
    typed = build.schema("Interactions", {"name": "EVENT_TYPE", "type": "string"}, domain="VIDEO_ON_DEMAND")
    members = {"datasetGroupArn": group, "datasetType": "Interactions", "schemaArn": typed}
    dataset = build.client.create_dataset(name="d", **members)["datasetArn"]
    world.run()
    use_case = {"datasetGroupArn": group, "recipeArn": f"{RECIPES}aws-vod-most-popular"}

    assert refused(build.client.create_recommender, name="r", **use_case) == empty("aws-vod-most-popular", dataset)
    build.data(group)
    build.client.create_recommender(name="r", **use_case)


def test_a_recipe_for_actions_needs_some_and_no_events_with_them(clients, build, solve):
    group = build.data(build.group())
    recipe = "aws-next-best-action"

    assert (
        refused(solve, group, recipe) == f"Recipe {recipe} needs a dataset of type ACTIONS: the dataset group has none."
    )
    actions = build.dataset(group, "Actions")
    assert refused(solve, group, recipe) == empty(recipe, actions, "PutActions")
    clients.personalize_events.put_actions(datasetArn=actions, actions=[{"actionId": "a"}])
    solve(group, recipe)


def test_what_is_wrong_with_the_settings_is_told_first(build):
    group = build.group()
    build.dataset(group)
    members = {"name": "s", "datasetGroupArn": group, "recipeArn": f"{RECIPES}aws-sims"}

    told = refused(build.client.create_solution, **members, eventType="buy")

    assert told.startswith("eventType needs the column EVENT_TYPE")

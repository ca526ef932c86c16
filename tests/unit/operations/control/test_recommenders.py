"""Domain recommenders, from creation to answers, through real boto3 clients and the real steps."""

import itertools

import pytest
from botocore.exceptions import ClientError

from tests.fields import INTERACTIONS
from tests.unit.operations.errors import code, message
from tests.unit.operations.libraries import EVENT_TYPE, USE_CASES, add_dataset, library_of, viewing

RECIPE = "arn:aws:personalize:::recipe/"


@pytest.fixture
def library(build):
    """A video group with interactions, and items for the use cases that ask for them."""
    return library_of(build, viewing())


@pytest.fixture
def recommenders(world, clients):
    return Recommenders(world, clients)


class Recommenders:
    """Makes recommenders, each ACTIVE or failed when it is returned, looks at them and asks them."""

    def __init__(self, world, clients) -> None:
        self.world, self.clients, self.count = world, clients, itertools.count()

    def create(self, group: str, use_case: str, **members) -> str:
        arn = self.clients.personalize.create_recommender(
            name=f"recommender-{next(self.count)}", datasetGroupArn=group, recipeArn=RECIPE + use_case, **members
        )["recommenderArn"]
        self.world.run()
        return arn

    def describe(self, arn: str) -> dict:
        return self.clients.personalize.describe_recommender(recommenderArn=arn)["recommender"]

    def ask(self, arn: str, **members) -> list[str]:
        reply = self.clients.personalize_runtime.get_recommendations(recommenderArn=arn, **members)
        assert all(item.keys() == {"itemId"} for item in reply["itemList"])
        return [item["itemId"] for item in reply["itemList"]]


@pytest.fixture
def watch(world, clients, personalize):
    """Records events of a user, of one type each."""

    def send(group: str, user: str, type_: str, *items: str) -> None:
        trackers = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
        if trackers:
            arn = trackers[0]["eventTrackerArn"]
        else:
            arn = personalize.create_event_tracker(name="t", datasetGroupArn=group)["eventTrackerArn"]
            world.run()
        tracking = personalize.describe_event_tracker(eventTrackerArn=arn)["eventTracker"]["trackingId"]
        events = [{"eventType": type_, "sentAt": 1_750_000_000 + n, "itemId": item} for n, item in enumerate(items)]
        clients.personalize_events.put_events(trackingId=tracking, userId=user, sessionId="s", eventList=events)

    return send


def test_a_recommender_trains_and_serves_in_one(world, personalize, library, recommenders):
    arn = personalize.create_recommender(
        name="picks", datasetGroupArn=library, recipeArn=RECIPE + "aws-vod-top-picks", tags=[]
    )["recommenderArn"]
    before = recommenders.describe(arn)

    world.run()

    after = recommenders.describe(arn)
    assert arn.endswith(":recommender/picks")
    assert (before["status"], after["status"]) == ("CREATE PENDING", "ACTIVE")
    assert "modelMetrics" not in before
    assert after.keys() - before.keys() == {"modelMetrics"}
    assert after["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 1}
    assert len(after["modelMetrics"]) == 8
    assert all(0 <= value <= 1 for value in after["modelMetrics"].values())
    [listed] = personalize.list_recommenders(datasetGroupArn=library)["recommenders"]
    assert listed.keys() == after.keys() - {"modelMetrics"}


@pytest.mark.parametrize(("use_case", "needs"), USE_CASES.items())
def test_each_use_case_answers_and_asks_for_what_amazon_asks_for(build, recommenders, use_case, needs):
    domain = "VIDEO_ON_DEMAND" if "vod" in use_case else "ECOMMERCE"
    event = {"purchases": "purchase", "together": "Purchase"}.get(use_case.rpartition("-")[2], "VIEW")
    text = viewing(watched="Watch" if "vod" in use_case else event)
    arn = recommenders.create(library_of(build, text, domain), use_case)
    arguments = {"userId": "newcomer", "itemId": "i3"}

    assert recommenders.describe(arn)["status"] == "ACTIVE", recommenders.describe(arn).get("failureReason")
    assert len(recommenders.ask(arn, numResults=5, **{name: arguments[name] for name in needs})) == 5
    for missing in needs:
        with pytest.raises(ClientError) as error:
            recommenders.ask(arn, **{name: arguments[name] for name in needs - {missing}})
        assert code(error) == "InvalidInputException"
        assert missing in message(error)


def test_a_use_case_learns_from_its_event_type_only(build, recommenders):
    group = library_of(build, viewing(watched="looked"))

    arn = recommenders.create(group, "aws-vod-most-popular")

    described = recommenders.describe(arn)
    assert described["status"] == "CREATE FAILED"
    shortage = "Dataset has fewer than 1000 interactions after filtering by event type: Watch"
    assert described["failureReason"].startswith(f"{shortage}. 0 of ")
    assert "modelMetrics" not in described


def test_what_a_user_watched_is_kept_out_and_what_it_clicked_is_not(library, recommenders, watch):
    arn = recommenders.create(library, "aws-vod-top-picks")
    first = recommenders.ask(arn, userId="u1", numResults=40)

    watch(library, "u1", "CLICK", first[1])
    watch(library, "u1", "WATCH", first[0])

    own = {line.split(",")[1] for line in viewing().splitlines() if line.startswith("u1,") and line.endswith("watch")}
    second = recommenders.ask(arn, userId="u1", numResults=40)
    assert own
    assert not own & {*first}
    assert first[0] not in second
    assert first[1] in second


def test_a_training_again_remembers_what_was_watched(world, library, personalize, recommenders, watch):
    arn = recommenders.create(library, "aws-vod-because-you-watched-x")
    before = recommenders.ask(arn, userId="stranger", itemId="i3", numResults=4)
    watch(library, "stranger", "Watch", before[0])
    personalize.update_recommender(
        recommenderArn=arn,
        recommenderConfig={"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}},
    )
    world.run()

    assert before[0] not in recommenders.ask(arn, userId="stranger", itemId="i3", numResults=30)


def test_scores_are_measured_on_what_is_served(library, recommenders):
    open_, excluding = (recommenders.create(library, f"aws-vod-{name}") for name in ("most-popular", "top-picks"))

    assert recommenders.describe(open_)["modelMetrics"] != recommenders.describe(excluding)["modelMetrics"]


WRONG = [
    ({"recipeArn": RECIPE + "aws-ecomm-recommended-for-you"}, "InvalidInputException", "VIDEO_ON_DEMAND"),
    ({"recipeArn": RECIPE + "aws-user-personalization-v2"}, "InvalidInputException", "VIDEO_ON_DEMAND"),
    ({"recipeArn": RECIPE + "aws-vod-nothing"}, "ResourceNotFoundException", "aws-vod-nothing"),
    (
        {"recommenderConfig": {"itemExplorationConfig": {"explorationWeight": "2"}}},
        "InvalidInputException",
        "explorationWeight",
    ),
    (
        {"recommenderConfig": {"itemExplorationConfig": {"weight": "0.1"}}},
        "InvalidInputException",
        "weight",
    ),
]


@pytest.mark.parametrize(("members", "expected", "word"), WRONG)
def test_a_recommender_that_cannot_be_is_refused(personalize, build, members, expected, word):
    good = {"name": "r", "datasetGroupArn": build.group(domain="VIDEO_ON_DEMAND")}
    add = {"recipeArn": RECIPE + "aws-vod-top-picks"}

    with pytest.raises(ClientError) as error:
        personalize.create_recommender(**{**good, **add, **members})

    assert code(error) == expected
    assert word in message(error)


def test_a_custom_group_has_no_recommenders(personalize, build):
    with pytest.raises(personalize.exceptions.InvalidInputException, match="domain"):
        personalize.create_recommender(name="r", datasetGroupArn=build.group(), recipeArn=RECIPE + "aws-vod-top-picks")


def test_more_like_x_needs_items(personalize, build):
    group = build.group(domain="VIDEO_ON_DEMAND")
    add_dataset(build, group, "Interactions", [*INTERACTIONS, EVENT_TYPE])

    with pytest.raises(personalize.exceptions.InvalidInputException, match="ITEMS"):
        personalize.create_recommender(name="r", datasetGroupArn=group, recipeArn=RECIPE + "aws-vod-more-like-x")


def test_a_domain_group_still_takes_solutions(build, library, clients):
    campaign = build.campaign(build.version(build.solution(library, "aws-popularity-count")))

    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, numResults=3)

    assert len(reply["itemList"]) == 3


def test_a_solution_takes_no_use_case(build, library):
    with pytest.raises(ClientError) as error:
        build.solution(library, "aws-vod-top-picks")

    assert code(error) == "InvalidInputException"


def test_a_group_has_five_recommenders(personalize, build, library, recommenders):
    for _ in range(5):
        personalize.create_recommender(
            name=build.name(), datasetGroupArn=library, recipeArn=RECIPE + "aws-vod-most-popular"
        )

    with pytest.raises(personalize.exceptions.LimitExceededException):
        recommenders.create(library, "aws-vod-most-popular")


def test_a_stopped_recommender_does_not_answer_until_it_is_started(world, personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-most-popular")
    answer, metrics, seen = recommenders.ask(arn, userId="u"), recommenders.describe(arn)["modelMetrics"], []

    for turn in (personalize.stop_recommender, personalize.start_recommender):
        assert turn(recommenderArn=arn)["recommenderArn"] == arn
        seen.append(recommenders.describe(arn)["status"])
        with pytest.raises(personalize.exceptions.ResourceInUseException):
            turn(recommenderArn=arn)
        with pytest.raises(personalize.exceptions.ResourceInUseException):
            personalize.delete_recommender(recommenderArn=arn)
        with pytest.raises(ClientError) as error:
            recommenders.ask(arn, userId="u")
        assert code(error) == "InvalidInputException"
        world.run()
        seen.append(recommenders.describe(arn)["status"])

    assert seen == ["STOP PENDING", "INACTIVE", "START PENDING", "ACTIVE"]
    for_nothing(personalize.start_recommender, arn, f"The recommender {arn} is started already; its status is ACTIVE.")
    assert recommenders.ask(arn, userId="u") == answer
    assert recommenders.describe(arn)["modelMetrics"] == metrics


def for_nothing(call, arn, told):
    with pytest.raises(ClientError) as error:
        call(recommenderArn=arn)
    assert (code(error), message(error)) == ("ResourceInUseException", told)


def test_only_where_waiting_helps_is_it_advised(world, personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-most-popular")
    stop, start = personalize.stop_recommender, personalize.start_recommender
    stop(recommenderArn=arn)
    for call in (stop, start, personalize.delete_recommender):
        for_nothing(call, arn, f"Resource {arn} is in status STOP PENDING; wait until it has settled.")
    world.run()

    for_nothing(stop, arn, f"The recommender {arn} is stopped already; its status is INACTIVE.")
    world.resources.update(arn, {"status": "CREATE FAILED"})
    for_nothing(stop, arn, f"Resource {arn} is in status CREATE FAILED; this needs ACTIVE.")
    personalize.delete_recommender(recommenderArn=arn)
    for_nothing(start, arn, f"Resource {arn} is in status DELETE PENDING; it is being deleted.")


def test_a_stop_that_fails_leaves_the_recommender_answering(world, personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-most-popular")
    personalize.stop_recommender(recommenderArn=arn)
    update = world.resources.update

    def failing(arn: str, changes: object, **conditions: object) -> dict:
        if "INACTIVE" in conditions["when"]:
            raise OSError
        return update(arn, changes, **conditions)

    world.resources.update = failing
    world.run()

    described = recommenders.describe(arn)
    assert described["status"] == "ACTIVE"
    assert "internal error" in described["failureReason"]
    assert recommenders.ask(arn, userId="u")


def test_only_an_active_recommender_is_updated(world, personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-most-popular")
    personalize.stop_recommender(recommenderArn=arn)
    world.run()

    with pytest.raises(personalize.exceptions.ResourceInUseException):
        personalize.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 2})


def test_a_changed_configuration_is_no_training(world, personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-top-picks")
    models = set(world.objects.objects)

    personalize.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 3})

    under_way = recommenders.describe(arn)
    world.run()
    done = recommenders.describe(arn)
    assert under_way["status"] == done["status"] == "ACTIVE"
    assert under_way["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 1}
    assert under_way["latestRecommenderUpdate"]["status"] == "CREATE PENDING"
    assert done["latestRecommenderUpdate"]["status"] == "ACTIVE"
    assert done["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 3}
    assert set(world.objects.objects) == models


def test_changed_columns_are_a_training_while_the_old_model_serves(world, personalize, library, recommenders):
    still = {"recommenderConfig": {"itemExplorationConfig": {"explorationWeight": "0"}}}
    arn = recommenders.create(library, "aws-vod-top-picks", **still)
    before, models = recommenders.ask(arn, userId="u1"), set(world.objects.objects)
    columns = {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}

    personalize.update_recommender(recommenderArn=arn, recommenderConfig={"trainingDataConfig": columns})

    assert recommenders.ask(arn, userId="u1") == before
    for refused in (personalize.stop_recommender, personalize.delete_recommender):
        with pytest.raises(personalize.exceptions.ResourceInUseException):
            refused(recommenderArn=arn)
    world.run()
    assert recommenders.describe(arn)["latestRecommenderUpdate"]["status"] == "ACTIVE"
    assert recommenders.describe(arn)["recommenderConfig"]["trainingDataConfig"] == columns
    assert set(world.objects.objects) > models
    assert recommenders.ask(arn, userId="u1")


def test_an_update_that_changes_nothing_is_refused(personalize, library, recommenders):
    arn = recommenders.create(library, "aws-vod-most-popular")

    with pytest.raises(personalize.exceptions.InvalidInputException):
        personalize.update_recommender(recommenderArn=arn, recommenderConfig={"minRecommendationRequestsPerSecond": 1})


def test_data_outlive_a_training_and_the_group_its_recommenders(world, personalize, build, library):
    arn = personalize.create_recommender(name="r", datasetGroupArn=library, recipeArn=RECIPE + "aws-vod-most-popular")[
        "recommenderArn"
    ]
    datasets = [row["datasetArn"] for row in personalize.list_datasets(datasetGroupArn=library)["datasets"]]
    solution = build.solution(library)
    personalize.create_solution(name="r", datasetGroupArn=library, recipeArn=RECIPE + "aws-popularity-count")
    with pytest.raises(personalize.exceptions.ResourceInUseException, match="recommender"):
        personalize.delete_dataset(datasetArn=datasets[0])
    world.run()
    personalize.delete_solution(solutionArn=solution.rpartition("/")[0] + "/r")
    world.run()
    personalize.delete_solution(solutionArn=solution)
    world.run()
    assert any(key.startswith("recommender.r/") for bucket, key in world.objects.objects)
    for dataset in datasets:
        personalize.delete_dataset(datasetArn=dataset)
    world.run()

    with pytest.raises(personalize.exceptions.ResourceInUseException, match="recommender"):
        personalize.delete_dataset_group(datasetGroupArn=library)
    personalize.delete_recommender(recommenderArn=arn)
    assert personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] == "DELETE PENDING"
    assert "modelMetrics" not in personalize.describe_recommender(recommenderArn=arn)["recommender"]
    world.run()
    personalize.delete_dataset_group(datasetGroupArn=library)
    world.run()

    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_recommender(recommenderArn=arn)
    assert [key for bucket, key in world.objects.objects if bucket in {"data", "models"}] == []


def test_an_unknown_recommender_is_not_found(clients, recommenders):
    nowhere = "arn:aws:personalize:us-east-1:123456789012:recommender/nothing"

    with pytest.raises(ClientError) as error:
        recommenders.ask(nowhere, userId="u")

    assert code(error) == "ResourceNotFoundException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    for call in ("describe", "delete", "stop", "start"):
        with pytest.raises(clients.personalize.exceptions.ResourceNotFoundException):
            getattr(clients.personalize, f"{call}_recommender")(recommenderArn=nowhere)


def test_recommenders_page(personalize, build, library):
    made = [
        personalize.create_recommender(
            name=build.name(), datasetGroupArn=library, recipeArn=RECIPE + "aws-vod-most-popular"
        )["recommenderArn"]
        for _ in range(3)
    ]

    pages = personalize.get_paginator("list_recommenders").paginate(PaginationConfig={"PageSize": 2})

    assert [[row["recommenderArn"] for row in page["recommenders"]] for page in pages] == [made[:2], made[2:]]

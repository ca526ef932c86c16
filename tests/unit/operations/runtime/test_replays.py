"""The log of answers: what it keeps, what comes of it again, and what is said when something is gone."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message
from tests.unit.operations.runtime.market import NEWEST, V1, configured

NEWS = 'INCLUDE ItemID WHERE Items.GENRE IN ("b")'
DONE = "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPES)"


@pytest.fixture
def version(build, market, once):
    return once(lambda: build.version(build.solution(market, V1, performAutoTraining=False)))


@pytest.fixture
def campaign(build, version):
    return build.campaign(version, **configured("1"))


@pytest.fixture
def put(build, market, clients):
    tracking = build.tracker(market)

    def call(user: str, item: str, **members) -> None:
        event = {"eventType": "view", "sentAt": NEWEST + 60, "itemId": item, **members}
        clients.personalize_events.put_events(trackingId=tracking, userId=user, sessionId="s", eventList=[event])

    return call


def group_of(clients, campaign) -> str:
    version = clients.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]
    return clients.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"][
        "datasetGroupArn"
    ]


def ask(clients, campaign, user="u1", **members):
    members = {"numResults": 10, **members}
    return clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId=user, **members)


def replay(clients, reply) -> dict:
    return clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])


def test_a_replay_gives_the_same_list_whatever_was_recorded_since(clients, campaign, put, world):
    for number in range(5):
        put("u1", f"i{number}")
    before = ask(clients, campaign)
    for number in range(5, 30):
        put("u1", f"i{number}")
        # Some of it long enough ago that it cannot be late.
        world.now += 10
    after = ask(clients, campaign)

    again = replay(clients, before)

    assert [item["itemId"] for item in before["itemList"]] != [item["itemId"] for item in after["itemList"]]
    assert (again["identical"], again["differences"]) == (True, [])
    assert [{"itemId": i["itemId"], "score": i["score"]} for i in again["replayed"]] == before["itemList"]
    assert again["replayed"] == again["answer"]["items"]
    assert replay(clients, after)["identical"]


def test_an_answer_to_nobody_in_particular_is_given_again(clients, build, market):
    popular = build.campaign(build.version(build.solution(market)))

    reply = clients.personalize_runtime.get_recommendations(campaignArn=popular)

    assert replay(clients, reply)["identical"]


def test_an_event_that_is_stored_late_is_not_seen_either(clients, campaign, put, world, market):
    put("u1", "i3")
    before = ask(clients, campaign)
    [seen] = world.events.history(market, "u1", limit=5)
    world.events.put(market, [{**seen, "item_id": "i7", "event_id": "late", "recorded": seen["recorded"] - 5}])

    assert replay(clients, before)["identical"]


@pytest.fixture
def rule(clients, market, world):
    """Makes filters."""

    def make(expression: str) -> str:
        arn = clients.personalize.create_filter(
            name=f"r{len(expression)}", datasetGroupArn=market, filterExpression=expression
        )["filterArn"]
        world.run()
        return arn

    return make


def test_a_replay_sees_the_newest_events_of_then_and_not_those_of_now(clients, campaign, put, rule, world):
    filtered = {"filterArn": rule(DONE), "filterValues": {"TYPES": '"view"'}}
    for number in range(520):
        put("u1", f"i{number % 7}", sentAt=NEWEST + 60 + number)
        world.now += 1
    answers = [ask(clients, campaign), ask(clients, campaign, **filtered)]
    world.now += 100
    for number in range(520):
        put("u1", f"i{7 + number % 3}", sentAt=NEWEST + 600 + number)
        world.now += 1

    assert [replay(clients, each)["identical"] for each in answers] == [True, True]


def test_the_same_filter_promotion_and_input_list_are_used_again(clients, campaign, build, put, rule):
    put("u1", "new3")
    filtered = {"filterArn": rule(DONE), "filterValues": {"TYPES": '"view"'}}
    promoted = {"promotions": [{"name": "news", "filterArn": rule(NEWS), "percentPromotedItems": 30}]}
    ranking = build.campaign(build.version(build.solution(group_of(clients, campaign), "aws-personalized-ranking")))
    ranked = clients.personalize_runtime.get_personalized_ranking(
        campaignArn=ranking, userId="u1", inputList=["i9", "new1", "i2", "nothing"]
    )
    replies = [ask(clients, campaign, **filtered), ask(clients, campaign, **promoted), ranked]
    put("u1", "new4")

    told = [replay(clients, reply) for reply in replies]

    assert [each["identical"] for each in told] == [True] * 3
    assert all("propensity" not in item for item in told[1]["answer"]["items"])
    assert [each["answer"]["chance"] for each in told] == [0.5, 0.5, 0.0]


def test_a_filter_that_is_gone_is_named(clients, campaign, rule, world):
    arn = rule(NEWS)
    reply = ask(clients, campaign, filterArn=arn)
    clients.personalize.delete_filter(filterArn=arn)
    world.run()

    again = replay(clients, reply)

    assert ("replayed" in again, again["identical"]) == (False, False)
    assert f"{arn} does not exist" in again["differences"][0]


def test_events_and_a_model_that_are_gone_are_named(clients, campaign, put, world, market):
    put("u1", "i3")
    plain = ask(clients, campaign)
    world.events.delete(world.events.traces(market, ["u1"]))

    without_event = replay(clients, plain)
    prefix = without_event["answer"]["model"]
    world.objects.delete("models", prefix)
    forget_copies(world, plain)
    without_model = replay(clients, plain)

    assert without_event["differences"][0] == "The answer saw 1 events of the user; 0 of them are there now."
    assert without_model["differences"] == [f"The model {prefix} is no longer there."]
    assert ("replayed" in without_model, without_model["identical"]) == (False, False)


def forget_copies(world, reply) -> None:
    """Let this machine have no copy of the model that gave an answer."""
    answer = world.answers.find(reply["recommendationId"])
    answer["question"]["serving"]["artifact"]["sha256"] = "0" * 64
    world.answers.keep(answer)


@pytest.mark.parametrize("days", [None, 8])
def test_what_is_not_in_the_log_is_not_found(clients, campaign, world, days):
    reply = ask(clients, campaign) if days else {"recommendationId": "RID-none"}
    world.later(days=days or 0)

    with pytest.raises(ClientError) as error:
        replay(clients, reply)

    assert code(error) == "ResourceNotFoundException"
    assert message(error) == (
        f"recommendationId {reply['recommendationId']} is not in the log, which keeps answers for 7 days."
    )


def test_a_deployment_without_a_log_answers_all_the_same(clients, campaign, world):
    world.keep_no_answers()

    reply = ask(clients, campaign)

    assert len(reply["itemList"]) == 10
    assert world.answers.find(reply["recommendationId"]) is None


def test_an_event_that_names_an_answer_has_its_items_as_impression(clients, campaign, put, world, market):
    reply = ask(clients, campaign, numResults=30)
    id_ = reply["recommendationId"]

    put("u1", "i1", recommendationId=id_)
    put("u1", "i2", recommendationId=id_, impression=["i2", "i5"], sentAt=NEWEST + 61)
    put("u1", "i3", recommendationId="RID-unknown", sentAt=NEWEST + 62)

    events = world.events.history(market, "u1", limit=10)
    assert [event["impression"] for event in events] == [
        [item["itemId"] for item in reply["itemList"]][:25],
        ["i2", "i5"],
        None,
    ]
    assert [event["recommendation_id"] for event in events] == [id_, id_, "RID-unknown"]


def test_an_answer_of_another_group_is_no_impression(clients, campaign, build, world):
    other = build.group()
    build.dataset(other)
    reply = ask(clients, campaign)

    clients.personalize_events.put_events(
        trackingId=build.tracker(other),
        userId="u1",
        sessionId="s",
        eventList=[{"eventType": "v", "sentAt": 1, "itemId": "i", "recommendationId": reply["recommendationId"]}],
    )

    assert world.events.history(other, "u1", limit=1)[0]["impression"] is None


def test_the_log_is_listed_with_the_events_that_name_its_answers(clients, campaign, put):
    replies = [ask(clients, campaign, f"u{n}") for n in range(5)]
    put("u1", "i4", recommendationId=replies[1]["recommendationId"], eventValue=2.5)
    put("u1", "i5")

    pages, token = [], {}
    while True:
        page = clients.personalize_runtime.get_logged_answers(sourceArn=campaign, maxResults=2, **token)
        pages.append(page["answers"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}

    listed = [answer for page in pages for answer in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [answer["recommendationId"] for answer in listed] == [reply["recommendationId"] for reply in replies]
    assert [len(answer["events"]) for answer in listed] == [0, 1, 0, 0, 0]
    event = listed[1]["events"][0]
    assert (event["itemId"], event["eventType"], event["eventValue"]) == ("i4", "view", 2.5)
    assert {answer["chance"] for answer in listed} == {0.5}
    assert {item["propensity"] for item in listed[0]["items"] if not item["explored"]} == {0.5}


def test_deleted_users_leave_the_log(clients, campaign, world, market):
    gone, stays = (ask(clients, campaign, user)["recommendationId"] for user in ("u1", "u2"))
    world.objects.write("bucket", "users.csv", b"USER_ID\nu1\n")

    clients.personalize.create_data_deletion_job(
        jobName="gone",
        datasetGroupArn=market,
        dataSource={"dataLocation": "s3://bucket/users.csv"},
        roleArn="arn:aws:iam::123456789012:role/reader",
    )
    world.run()

    assert [world.answers.find(id_) is None for id_ in (gone, stays)] == [True, False]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sourceArn": "@group"}, "sourceArn must be the ARN of a campaign or a recommender, not "),
        ({"maxResults": 101}, "maxResults must be at most 100, not 101."),
        ({"nextToken": "x"}, "nextToken is not valid: the token is malformed."),
    ],
)
def test_a_wrong_request_for_the_log_is_refused(clients, campaign, market, given, said):
    given = {name: market if value == "@group" else value for name, value in given.items()}

    with pytest.raises(ClientError) as error:
        clients.personalize_runtime.get_logged_answers(**{"sourceArn": campaign, **given})

    assert code(error) == "InvalidInputException"
    assert message(error).startswith(said)

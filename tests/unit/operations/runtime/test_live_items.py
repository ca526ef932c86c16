"""What PutItems and PutUsers say is seen before the next training: through the public door, and across processes."""

import copy
import json
from collections import Counter

import pytest

from tests.unit.operations.headers import headers
from tests.unit.operations.histories import shop
from tests.unit.operations.runtime.market import NEWEST, V1, V2, configured

PRICE = {"name": "PRICE", "type": ["null", "float"]}
ABOUT = {"name": "ABOUT", "type": ["null", "string"], "textual": True}
CREATED = {"name": "CREATION_TIMESTAMP", "type": ["null", "long"]}
TIER = {"name": "TIER", "type": ["null", "string"], "categorical": True}
WANTED = {"ITEMS": ["GENRE", "PRICE"]}


@pytest.fixture
def market(build, once):
    return once(lambda: stocked(build))


def stocked(build):
    """40 items of two genres, as even and odd users like them; users with an age, but for `u9`, and with a tier."""
    group = build.group()
    build.imported(build.dataset(group), checkered())
    items = build.dataset(group, "Items", PRICE, ABOUT, CREATED)
    rows = [f"i{n:02d},{'ab'[n % 2]}{'' if n % 4 else '|c'},{n}.5,words of {'ab'[n % 2]}," for n in range(40)]
    # Some that nobody has met yet.
    rows += [f"quiet{n},{'ab'[n % 2]},1,words of {'ab'[n % 2]}," for n in range(10)]
    build.imported(items, "\n".join(["ITEM_ID,GENRE,PRICE,ABOUT,CREATION_TIMESTAMP", *rows]) + "\n")
    users = build.dataset(group, "Users", TIER)
    build.imported(
        users, "\n".join(["USER_ID,AGE,TIER", *(f"u{n},{n},{'xy'[n % 2]}" for n in range(60) if n != 9)]) + "\n"
    )
    return group


def checkered() -> str:
    """Users who choose items of their own parity, each all but one."""
    rows = [
        f"u{user},i{item:02d},{1_700_000_000 + 1_000 * turn + user}"
        for user in range(60)
        for turn, item in enumerate(range(user % 2, 40, 2))
        if item // 2 != user % 20
    ]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]) + "\n"


@pytest.fixture
def campaign(build, market):
    def make(recipe=V2, **config):
        return build.campaign(build.version(build.solution(market, recipe, performAutoTraining=False)), **config)

    return make


@pytest.fixture
def put(clients, market):
    """Puts items or users of the market."""

    def call(type_: str, **records: dict) -> None:
        member, arn = type_.lower(), market.replace("dataset-group", "dataset")
        given = [{f"{member[:-1]}Id": id_, "properties": json.dumps(cells)} for id_, cells in records.items()]
        getattr(clients.personalize_events, f"put_{member}")(datasetArn=f"{arn}/{type_}", **{member: given})

    return call


@pytest.fixture
def rule(clients, market, world):
    def make(expression: str) -> str:
        made = {"name": f"r{abs(hash(expression))}", "datasetGroupArn": market, "filterExpression": expression}
        arn = clients.personalize.create_filter(**made)["filterArn"]
        world.run()
        return arn

    return make


@pytest.fixture
def do(build, market, clients):
    """Records that a user viewed an item."""
    tracker = build.tracker(market)

    def call(user: str, item: str) -> None:
        event = {"eventType": "view", "sentAt": NEWEST, "itemId": item}
        clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=[event])

    return call


@pytest.fixture
def ask(clients):
    def call(campaign: str, user: str = "u0", **members) -> dict[str, dict]:
        reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId=user, **members)
        return {item["itemId"]: item for item in reply["itemList"]}

    return call


@pytest.mark.parametrize(
    "recipe", [V2, V1, "aws-popularity-count", "aws-sims", "aws-similar-items", "aws-trending-now"]
)
def test_a_new_item_is_filtered_and_told_of_at_once(recipe, campaign, put, rule, ask):
    arn = campaign(recipe, campaignConfig={"enableMetadataWithRecommendations": True})
    about = {"itemId": "i02"} if "sim" in recipe else {}
    news = rule('INCLUDE ItemID WHERE Items.GENRE IN ("noir")')

    before = ask(arn, filterArn=news, **about)
    put("ITEMS", film={"genre": ["a", "noir"], "price": 3})
    after = ask(arn, filterArn=news, metadataColumns=WANTED, numResults=50, **about)

    assert before == {}
    assert {id_: item["metadata"] for id_, item in after.items()} == {"film": {"GENRE": "a|noir", "PRICE": "3.0"}}


def test_a_changed_item_is_filtered_by_what_it_is_now(campaign, put, rule, ask):
    arn = campaign()
    dear, known = rule("INCLUDE ItemID WHERE Items.PRICE > 38"), rule('EXCLUDE ItemID WHERE Items.GENRE NOT IN ("b")')

    before = set(ask(arn, filterArn=dear)), set(ask(arn, filterArn=known, numResults=100))
    put("ITEMS", i39={"genre": "b"}, i01={"price": 100})
    after = set(ask(arn, filterArn=dear)), set(ask(arn, filterArn=known, numResults=100))

    assert before[0] == {"i38", "i39"}
    assert after[0] == {"i38", "i01"}
    # A record replaces its predecessor wholly: the price of one, the genre of the other are gone.
    assert before[1] - after[1] == {"i01"}


def test_a_new_item_comes_up_where_its_description_fits(campaign, put, ask):
    arn = campaign()
    put(
        "ITEMS",
        even={"genre": "a", "about": "words of a", "price": 1},
        odd={"genre": "b", "about": "words of b", "price": 1},
    )

    lists = {user: list(ask(arn, user, numResults=52)) for user in ("u0", "u1")}

    for user, fits, alike, other in (("u0", "even", "quiet0", "odd"), ("u1", "odd", "quiet1", "even")):
        assert lists[user].index(fits) < lists[user].index(other)
        # As an item that was in the training and that nobody had.
        assert abs(lists[user].index(fits) - lists[user].index(alike)) < 8


def test_a_new_item_is_ranked_by_its_description(campaign, put, clients):
    arn = campaign("aws-personalized-ranking-v2")
    listed = ["odd", "even", "nobody", "i03", "i02"]
    put("ITEMS", even={"genre": "a", "about": "words of a"}, odd={"genre": "b", "about": "words of b"})

    found = clients.personalize_runtime.get_personalized_ranking(campaignArn=arn, userId="u0", inputList=listed)
    told = [item["itemId"] for item in found["personalizedRanking"]]

    assert told[-1] == "nobody"
    assert told.index("even") < told.index("odd")
    assert ["score" in item for item in found["personalizedRanking"]] == [True] * 4 + [False]


def test_a_model_without_descriptions_ranks_a_new_item_last(build, clients):
    group = build.group()
    build.imported(build.dataset(group), shop())
    items = build.dataset(group, "Items")
    arn = build.campaign(build.version(build.solution(group, "aws-personalized-ranking")))
    clients.personalize_events.put_items(datasetArn=items, items=[{"itemId": "new", "properties": '{"genre": "a"}'}])

    found = clients.personalize_runtime.get_personalized_ranking(
        campaignArn=arn, userId="u0", inputList=["new", "i2", "i1"]
    )["personalizedRanking"]

    assert [item["itemId"] for item in found][-1] == "new"
    assert "score" not in found[-1]


def test_what_a_user_does_with_a_new_item_counts(campaign, put, ask, do):
    arn = campaign()
    put("ITEMS", film={"genre": "a"})

    before = list(ask(arn, "somebody", numResults=10))
    do("somebody", "film")
    after = list(ask(arn, "somebody", numResults=10))

    evens = [sum(int(id_[-1]) % 2 == 0 for id_ in each) for each in (before, after)]
    assert evens[0] < evens[1] == 10


def test_reasons_know_new_items(campaign, put, ask, do, clients):
    arn = campaign()
    put("ITEMS", film={"genre": "a", "about": "words of a"}, sequel={"genre": "a", "about": "words of a"})
    do("somebody", "film")

    with headers(clients.personalize_runtime, reasons="true"):
        found = ask(arn, "somebody", numResults=52)

    assert found["sequel"]["reason"][0].split()[0] in {"Metadata", "History"}
    assert any("film" in reason for item in found.values() for reason in item.get("reason", []))


def test_users_are_filtered_by_what_was_put(campaign, put, rule, ask):
    arn = campaign()
    old = rule('INCLUDE ItemID WHERE Items.GENRE IN ("b") IF CurrentUser.AGE > 50 AND CurrentUser.TIER IN ("gold")')

    def restricted(user):
        return all(id_.startswith(("i", "quiet")) and int(id_[-1]) % 2 for id_ in ask(arn, user, filterArn=old))

    before = [restricted(user) for user in ("u2", "u9", "newcomer")]
    put("USERS", u2={"age": 60, "tier": "gold|x"}, u9={"age": 70, "tier": "gold"}, newcomer={"age": 80, "tier": "gold"})
    after = [restricted(user) for user in ("u2", "u9", "newcomer")]
    put("USERS", u2={"age": 60}, u9={"age": 7, "tier": "gold"})

    assert (before, after) == ([False] * 3, [True] * 3)
    assert [restricted(user) for user in ("u2", "u9")] == [False, False]


class Elsewhere:
    """The same records as another process has them: it does not hear of what is put here."""

    def __init__(self, records) -> None:
        self.__dict__.update(vars(copy.copy(records)), _news=Counter())
        self.__class__ = type(records)


def test_another_process_sees_it_after_a_quarter_of_a_minute(world, campaign, put, rule, ask):
    arn, news = campaign(), rule('INCLUDE ItemID WHERE Items.GENRE IN ("noir")')
    put("ITEMS", first={"genre": "noir"})
    here, world.records = world.records, Elsewhere(world.records)
    world.cold_start()
    assert set(ask(arn, filterArn=news)) == {"first"}
    there, world.records = world.records, here

    put("ITEMS", second={"genre": "noir"}, first={"genre": "a"})

    world.records = there
    assert set(ask(arn, filterArn=news)) == {"first"}
    world.now += 15
    assert set(ask(arn, filterArn=news)) == {"second"}


def test_nothing_but_the_look_is_read_for_metadata(world, campaign, put, ask):
    arn = campaign()
    put("ITEMS", i02={"genre": "z", "price": 1})
    world.records.found = None  # would fail

    told = ask(arn, metadataColumns=WANTED, numResults=50)

    assert told["i02"]["metadata"] == {"GENRE": "z", "PRICE": "1.0"}


def test_new_items_are_explored_unless_they_say_that_they_are_old(world, market, campaign, put, ask):
    world.draw_alike()
    arn = campaign(V1, **configured("1"))
    put("ITEMS", **{f"new{n}": {"genre": "a"} for n in range(3)}, old={"genre": "a", "creationTimestamp": 1})

    for number in range(60):
        ask(arn, f"u{number}", numResults=10)

    answers, _ = world.answers.page(market, arn, since=0, after=None, limit=100)
    explored = {answer["shown"][place][0] for answer in answers for place in answer["explored"]}
    assert {f"new{n}" for n in range(3)} <= explored
    assert "old" not in explored


def replay(clients, reply):
    return clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])


def test_a_replay_knows_the_items_of_then(world, campaign, put, clients, rule):
    arn = campaign(V1, **configured("1"))
    adult = rule('EXCLUDE ItemID WHERE Items.GENRE IN ("b") IF CurrentUser.AGE > 1')
    asked = {"campaignArn": arn, "userId": "u5", "numResults": 20, "filterArn": adult}
    replies = [clients.personalize_runtime.get_recommendations(**asked)]
    for number in range(5):
        put("ITEMS", **{f"new{number}{n}": {"genre": "ab"[n % 2]} for n in range(4)})
        put("USERS", **{f"u{number}": {"age": 0}})
        replies.append(clients.personalize_runtime.get_recommendations(**asked))

    assert len({str(reply["itemList"]) for reply in replies}) > 1
    for process in ("warm", "cold"):
        told = [replay(clients, reply) for reply in replies]
        assert [(each["identical"], each["differences"]) for each in told] == [(True, [])] * 6, process
        world.cold_start()


def test_a_replay_says_that_an_item_was_put_again(campaign, put, clients):
    arn = campaign(V1, **configured("1"))
    put("ITEMS", new={"genre": "a"}, other={"genre": "b"})
    reply = clients.personalize_runtime.get_recommendations(campaignArn=arn, userId="u5", numResults=20)
    put("ITEMS", new={"genre": "b"})

    told = replay(clients, reply)

    assert told["differences"][0] == (
        "The answer knew 2 items put since the training; of those put until then 1 are found now: some have been put "
        "again since, were deleted, or were not seen yet."
    )


def test_a_replay_says_that_a_user_was_put_again(campaign, put, clients, rule):
    arn, adult = campaign(), rule('EXCLUDE ItemID WHERE Items.GENRE IN ("b") IF CurrentUser.AGE > 50')
    put("USERS", u5={"age": 60})
    reply = clients.personalize_runtime.get_recommendations(campaignArn=arn, userId="u5", filterArn=adult)
    assert replay(clients, reply)["identical"]

    put("USERS", u5={"age": 6})

    assert replay(clients, reply)["differences"][0] == (
        "The answer knew its user by PutUsers; that record has been put again since, or is deleted."
    )


def test_a_filter_is_explained_with_what_was_put(campaign, put, clients, rule):
    campaign()
    news = rule('INCLUDE ItemID WHERE Items.GENRE IN ("noir") IF CurrentUser.AGE > 50')
    put("ITEMS", film={"genre": "noir"})
    put("USERS", u5={"age": 60})

    told = clients.personalize_runtime.explain_filter(filterArn=news, userId="u5", itemId="film")

    assert (told["items"], told["passing"]) == (51, 1)
    assert told["item"] == {"itemId": "film", "known": True, "passes": True}
    [expression] = told["expressions"]
    assert expression["userConditions"][0]["values"] == ["60.0"]
    assert expression["alternatives"][0]["conditions"][0]["values"] == ["noir"]


def test_a_training_takes_over_what_was_put(campaign, put, ask, rule):
    put("ITEMS", film={"genre": "noir", "about": "words of a"})
    news = rule('INCLUDE ItemID WHERE Items.GENRE IN ("noir")')

    arn = campaign()

    assert set(ask(arn, filterArn=news)) == {"film"}

"""Next-best-action as a client meets it: imports, a training, a campaign, and answers that change with what happens."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.actions import ACTIONS, DAY, EVENT_TYPE, FIELDS, KNOWN, NOW, bought, offered
from tests.unit.operations.errors import code, message

RECIPE = "aws-next-best-action"


def known(build):
    """Make a dataset group with four actions that something is known of and three new ones."""
    arn = build.group()
    build.imported(build.dataset(arn, "Interactions", EVENT_TYPE), bought())
    build.imported(build.dataset(arn, "Actions", *FIELDS), ACTIONS)
    build.imported(build.dataset(arn, "ActionInteractions"), offered())
    return arn


@pytest.fixture
def group(build, once):
    return once(lambda: known(build))


@pytest.fixture
def version(build, group, once):
    return once(lambda: build.version(build.solution(group, RECIPE)))


@pytest.fixture
def campaign(build, version):
    return build.campaign(version)


@pytest.fixture
def ask(clients, campaign):
    def call(user="cat1", **members) -> dict[str, float]:
        reply = clients.personalize_runtime.get_action_recommendations(
            campaignArn=campaign, **({"userId": user} if user else {}), **{"numResults": 100, **members}
        )
        return {each["actionId"]: each["score"] for each in reply["actionList"]}

    return call


@pytest.fixture
def put(clients, group, world):
    datasets = clients.personalize.list_datasets(datasetGroupArn=group)["datasets"]
    [arn] = [each["datasetArn"] for each in datasets if each["datasetType"] == "ACTION_INTERACTIONS"]
    tracking = clients.personalize.describe_dataset(datasetArn=arn)["dataset"]["trackingId"]

    def call(user: str, action: str, type_: str = "TAKEN", **members) -> None:
        event = {"actionId": action, "userId": user, "sessionId": "s", "eventType": type_, "timestamp": world.now}
        event |= members
        clients.personalize_events.put_action_interactions(trackingId=tracking, actionInteractions=[event])

    return call


@pytest.fixture
def rule(clients, group, world):
    def make(expression: str) -> str:
        arn = clients.personalize.create_filter(
            name=f"r{len(expression)}", datasetGroupArn=group, filterExpression=expression
        )["filterArn"]
        world.run()
        return arn

    return make


def test_users_get_the_actions_that_suit_them_with_propensities(ask):
    cat, dog = ask("cat1"), ask("dog1")

    assert min(cat["catfood"], dog["dogfood"]) > 0.7
    assert max(cat["dogfood"], dog["catfood"]) < 0.3
    assert next(iter(cat)) == "catfood"
    assert list(cat.values()) == sorted(cat.values(), reverse=True)


def test_actions_that_nothing_is_known_of_have_no_propensity_and_the_most_valuable_is_first(ask):
    assert list(ask().items())[-3:] == [("new-big", 0.0), ("new-small", 0.0), ("new-none", 0.0)]


def test_five_actions_are_told_unless_another_number_is_asked_for(clients, campaign, ask):
    reply = clients.personalize_runtime.get_action_recommendations(campaignArn=campaign, userId="cat1")

    assert len(reply["actionList"]) == 5
    assert reply["recommendationId"].startswith("RID-")
    assert len(ask(numResults=2)) == 2
    assert ask(numResults=0) == {}


def test_what_a_user_does_changes_the_next_answer(ask, put):
    before, others = ask(), ask("cat2")
    put("cat1", "sale", "Not Taken")
    refused = ask()
    put("cat1", "sale", "Taken")

    assert refused["sale"] < before["sale"] < 1
    assert ask()["sale"] > refused["sale"]
    assert ask("cat2") == pytest.approx(others, abs=1e-4)


def test_what_a_user_buys_changes_the_next_answer(ask, build, group, clients, world):
    stranger = ask("stranger")
    events = [{"eventType": "buy", "itemId": f"dog-item{n}", "sentAt": world.now - n} for n in range(7)]
    clients.personalize_events.put_events(
        trackingId=build.tracker(group), userId="stranger", sessionId="s", eventList=events
    )

    assert ask("stranger")["dogfood"] > stranger["dogfood"]
    assert ask("stranger")["catfood"] < stranger["catfood"]


def test_an_unknown_user_gets_what_the_usual_user_would(ask):
    assert ask("stranger")["catfood"] == pytest.approx(ask("stranger")["dogfood"], abs=0.1)
    assert len(ask("stranger")) == 7


def test_an_action_that_was_taken_waits_for_its_repeat_frequency(ask, put, world):
    put("cat1", "club", "VIEWED")
    viewed = ask()
    put("cat1", "club")
    taken = ask()
    world.later(days=13.9)
    waiting = ask()
    world.later(days=0.2)

    assert ("club" in viewed, "club" in taken, "club" in waiting, "club" in ask()) == (True, False, False, True)
    assert "club" in ask("cat2")


def test_an_action_disappears_when_it_expires(ask, world):
    before = ask()
    world.later(days=2.1)

    assert "sale" in before
    assert "sale" not in ask()


@pytest.fixture
def put_actions(clients, group):
    def call(**actions: dict) -> None:
        arn = group.replace("dataset-group", "dataset") + "/ACTIONS"
        given = [{"actionId": id_, "properties": json.dumps(cells)} for id_, cells in actions.items()]
        clients.personalize_events.put_actions(datasetArn=arn, actions=given)

    return call


def test_actions_put_since_the_training_are_found_filtered_and_expire(ask, rule, put, put_actions, world):
    clubs = rule('INCLUDE ActionID WHERE Actions.TYPE IN ("club")')
    put_actions(
        later={"value": 10, "type": "club", "expirationTimestamp": NOW + DAY},
        often={"value": 5, "type": "food", "repeatFrequency": 3},
    )
    put("cat1", "often")
    found, waiting, other = ask(filterArn=clubs), ask(), ask("cat2")
    world.later(days=3.1)

    assert list(found) == ["club", "later", "new-big", "new-small", "new-none"]
    assert (found["later"], "often" in waiting, "often" in other) == (0.0, False, True)
    assert ("later" in ask(), "often" in ask()) == (False, True)


def test_an_action_put_again_is_what_it_is_now(clients, campaign, ask, put_actions, rule):
    before = ask()
    asked = {"campaignArn": campaign, "userId": "cat1", "filterArn": rule("INCLUDE ActionID WHERE Actions.VALUE > 1")}
    put_actions(**{"new-none": {"value": 10}, "catfood": {"value": 2, "expirationTimestamp": NOW - DAY}})
    reply = clients.personalize_runtime.get_action_recommendations(**asked)
    again = clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])

    assert next(iter(before)) == "catfood"
    assert "catfood" not in ask()
    assert [id_ for id_, score in ask().items() if not score] == ["new-none", "new-big", "new-small"]
    assert "new-none" in {each["actionId"] for each in reply["actionList"]}
    assert again["identical"]


def test_users_are_not_forgotten_while_nothing_is_told(ask, put, world):
    world.later(days=10)
    before = ask()
    world.later(days=400)

    assert ask() == pytest.approx(before)
    put("cat1", "catfood", "NOT_TAKEN")
    assert ask()["catfood"] < before["catfood"]


def test_filters_choose_by_what_actions_are_and_what_the_user_did_with_them(ask, rule, put):
    clubs = rule('INCLUDE ActionID WHERE Actions.TYPE IN ("club")')
    untaken = rule('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Taken")')
    chosen = rule("INCLUDE ActionID WHERE Actions.VALUE >= $LEAST")
    one = rule('EXCLUDE ActionID WHERE Actions.ACTION_ID IN ("catfood", "none")')
    put("cat1", "new-big")

    assert set(ask(filterArn=clubs)) == {"club", "new-small", "new-big", "new-none"}
    assert set(ask(filterArn=untaken)) == {"dogfood", "new-small", "new-none"}
    assert set(ask("stranger", filterArn=untaken)) == {*KNOWN, "new-small", "new-big", "new-none"}
    assert set(ask(filterArn=chosen, filterValues={"LEAST": "5"})) == {"club", "new-big"}
    assert "catfood" not in ask(filterArn=one)


def test_new_actions_get_some_places_and_the_log_knows_their_chance(clients, campaign, world, group):
    world.draw_alike()
    replies = [
        clients.personalize_runtime.get_action_recommendations(
            campaignArn=campaign, userId=f"cat{n % 30}", numResults=4
        )
        for n in range(60)
    ]
    logged, _ = world.answers.page(group, campaign, since=0, after=None, limit=100)

    shown = [action["actionId"] for reply in replies for action in reply["actionList"]]
    assert 2 <= sum(action.startswith("new") for action in shown) <= 30
    assert {place for answer in logged for place in answer["explored"]}
    for answer in logged:
        for place, (action, score, propensity) in enumerate(answer["shown"]):
            assert (place in answer["explored"]) == action.startswith("new")
            assert score == 0.0 or propensity == pytest.approx(0.955) or propensity == 1.0


def test_a_replay_gives_the_same_list_whatever_happened_since(clients, campaign, put, world, rule):
    put("cat1", "sale", "VIEWED")
    filtered = {"filterArn": rule('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("TAKEN")')}
    call = clients.personalize_runtime.get_action_recommendations
    before = [call(campaignArn=campaign, userId="cat1", **more) for more in ({}, {"numResults": 3}, filtered)]
    world.now += 90
    put("cat1", "club")
    world.later(days=3)

    for reply in before:
        again = clients.personalize_runtime.replay_recommendation(recommendationId=reply["recommendationId"])
        assert (again["identical"], again["differences"]) == (True, [])
        told = [{"actionId": each["itemId"], "score": each["score"]} for each in again["replayed"]]
        assert told == reply["actionList"]


def test_logged_answers_have_what_was_done_with_their_actions(clients, campaign, put):
    runtime = clients.personalize_runtime
    id_ = runtime.get_action_recommendations(campaignArn=campaign, userId="cat1")["recommendationId"]
    put("cat1", "club", "Viewed")
    put("cat1", "catfood", recommendationId=id_)

    [answer] = runtime.get_logged_answers(sourceArn=campaign)["answers"]

    assert answer["recommendationId"] == id_
    assert [(event["itemId"], event["eventType"]) for event in answer["events"]] == [("catfood", "TAKEN")]
    assert answer["chance"] == 0.045


def test_a_campaign_takes_up_a_version_that_knows_more_actions(ask, build, group, campaign, clients):
    actions = f"arn:aws:personalize:us-east-1:123456789012:dataset/{group.rpartition('/')[2]}/ACTIONS"
    new = [{"actionId": "newest", "properties": '{"value": 10}'}]
    clients.personalize_events.put_actions(datasetArn=actions, actions=new)
    before = ask()
    serves = clients.personalize.describe_campaign(campaignArn=campaign)["campaign"]["solutionVersionArn"]
    newer = build.version(serves.rpartition("/")[0])
    clients.personalize.update_campaign(campaignArn=campaign, solutionVersionArn=newer)
    build.world.run()

    assert list(before.items())[-4] == ("newest", 0.0)
    assert ask() == pytest.approx(before, abs=1e-3)


def test_a_schedule_looks_for_what_was_done_with_actions(build, group, put, world):
    daily = {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}
    solution = build.solution(group, RECIPE, performAutoTraining=True, solutionConfig=daily)
    build.solution(group, performAutoTraining=True, solutionConfig=daily)
    world.later(days=1 / 24)
    assert len(world.look()) == 2
    world.later(days=1.1)
    assert world.look() == []
    put("cat1", "club")
    world.later(days=1)

    [started] = world.look()

    assert started.startswith(solution)


def test_the_same_data_give_the_same_model(build, group, world):
    solution = build.solution(group, RECIPE)
    manifests = []
    for _ in range(2):
        arn = build.version(solution)
        artifact = world.resources.get(arn)["_artifact"]
        manifests.append(world.objects.read("models", f"{artifact['prefix']}manifest.json"))

    files = [manifest.split(b'"files"')[1].split(b'"format"')[0] for manifest in manifests]
    assert files[0] == files[1]


def test_metrics_say_how_well_takers_are_told_apart(clients, version):
    metrics = clients.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]

    assert metrics["auc"] > 0.6
    assert {"coverage", "precision_at_5", "recall_at_5", "normalized_discounted_cumulative_gain_at_5"} <= set(metrics)


def test_actions_and_interactions_may_all_come_one_by_one(build, clients):
    group = build.group()
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE), bought())
    actions = build.dataset(group, "Actions", *FIELDS)
    taken = build.dataset(group, "ActionInteractions")
    tracking = clients.personalize.describe_dataset(datasetArn=taken)["dataset"]["trackingId"]
    clients.personalize_events.put_actions(
        datasetArn=actions, actions=[{"actionId": name, "properties": '{"type": "a"}'} for name in ("x", "y")]
    )
    for number in range(120):
        event = {"actionId": "x", "userId": f"cat{number}", "sessionId": "s", "timestamp": NOW + number}
        event["eventType"] = "Taken" if number % 2 else "Not Taken"
        clients.personalize_events.put_action_interactions(trackingId=tracking, actionInteractions=[event])
    campaign = build.campaign(build.version(build.solution(group, RECIPE)))

    reply = clients.personalize_runtime.get_action_recommendations(campaignArn=campaign, userId="cat1")

    [first, second] = reply["actionList"]
    assert (first["actionId"], second) == ("x", {"actionId": "y", "score": 0.0})
    assert 0.2 < first["score"] < 0.8


def test_without_action_interactions_all_actions_are_unknown(build, clients):
    group = build.group()
    build.imported(build.dataset(group, "Interactions", EVENT_TYPE), bought())
    build.imported(build.dataset(group, "Actions", *FIELDS), ACTIONS)
    campaign = build.campaign(build.version(build.solution(group, RECIPE)))

    reply = clients.personalize_runtime.get_action_recommendations(campaignArn=campaign, userId="cat1", numResults=9)

    assert len(reply["actionList"]) == 7
    assert {each["score"] for each in reply["actionList"]} == {0.0}


def failure(clients, version) -> str:
    return clients.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]["failureReason"]


def test_too_few_item_interactions_and_no_actions_fail_the_training(build, clients, world):
    group = build.group()
    dataset = build.dataset(group, "Interactions", EVENT_TYPE)
    actions = build.dataset(group, "Actions", *FIELDS)
    clients.personalize_events.put_actions(datasetArn=actions, actions=[{"actionId": "a"}])
    solution = build.solution(group, RECIPE)

    few = build.version(solution)
    build.imported(dataset, bought())
    without = clients.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    world.records.delete(actions, ["a"])
    world.run()

    assert failure(clients, few) == "Create failed. Dataset has fewer than 1000 interactions. There are 0."
    assert failure(clients, without) == (
        "Create failed. Dataset has no actions: import an Actions dataset, or put actions into it."
    )


def test_calls_are_refused_where_recipe_and_operation_do_not_fit(build, clients, group, campaign):
    items = build.campaign(build.version(build.solution(group)))
    runtime = clients.personalize_runtime
    calls = [
        (runtime.get_recommendations, {"campaignArn": campaign, "userId": "cat1"}),
        (runtime.get_personalized_ranking, {"campaignArn": campaign, "userId": "cat1", "inputList": ["catfood"]}),
        (runtime.get_action_recommendations, {"campaignArn": items, "userId": "cat1"}),
        (runtime.get_action_recommendations, {"campaignArn": campaign}),
        (runtime.get_action_recommendations, {"userId": "cat1"}),
        (runtime.get_action_recommendations, {"campaignArn": campaign, "userId": "cat1", "numResults": 101}),
    ]
    told = []
    for call, members in calls:
        with pytest.raises(ClientError) as error:
            call(**members)
        told.append((code(error), message(error)))

    assert {name for name, _ in told} == {"InvalidInputException"}
    assert [text for _, text in told] == [
        f"Recipe {RECIPE} answers GetActionRecommendations, not GetRecommendations.",
        f"Campaign {campaign} has recipe {RECIPE}, which does not rank lists.",
        f"Campaign {items} has recipe aws-popularity-count, which does not recommend actions.",
        f"userId is required for recipe {RECIPE}.",
        "campaignArn is required.",
        "numResults must be at most 100, not 101.",
    ]


def refusal(call, **members) -> str:
    with pytest.raises(ClientError) as error:
        call(**members)
    assert code(error) == "InvalidInputException"
    return message(error)


def test_filters_are_refused_where_they_choose_something_else(build, clients, group, campaign, rule):
    items = build.campaign(build.version(build.solution(group)))
    of_actions = rule('EXCLUDE ActionID WHERE Actions.TYPE IN ("club")')
    of_items = rule('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")')
    runtime = clients.personalize_runtime

    told = [
        refusal(runtime.get_recommendations, campaignArn=items, userId="cat1", filterArn=of_actions),
        refusal(runtime.get_action_recommendations, campaignArn=campaign, userId="cat1", filterArn=of_items),
    ]

    assert told == [
        f"Filter {of_actions} filters by ActionID; a filter by ItemID is needed.",
        f"Filter {of_items} filters by ItemID; a filter by ActionID is needed.",
    ]


def test_what_is_not_for_actions_is_refused(build, clients, group, version):
    personalize = clients.personalize
    recipe = f"arn:aws:personalize:::recipe/{RECIPE}"
    bare, domain = build.group(), build.group(domain="ECOMMERCE")

    told = [
        refusal(personalize.create_solution, name="e", datasetGroupArn=domain, recipeArn=recipe),
        refusal(personalize.create_solution_version, solutionArn=version.rpartition("/")[0], trainingMode="UPDATE"),
        refusal(
            personalize.create_campaign,
            name="f",
            solutionVersionArn=version,
            campaignConfig={"itemExplorationConfig": {"explorationWeight": "0.3"}},
        ),
        refusal(personalize.create_solution, name="a", datasetGroupArn=group, recipeArn=recipe, performHPO=True),
        refusal(personalize.create_solution, name="b", datasetGroupArn=bare, recipeArn=recipe),
        refusal(
            personalize.create_campaign,
            name="c",
            solutionVersionArn=version,
            campaignConfig={"enableMetadataWithRecommendations": True},
        ),
        refusal(
            personalize.create_batch_inference_job,
            jobName="d",
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": "s3://bucket/in.json"}},
            jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
            roleArn="arn:aws:iam::123456789012:role/x",
        ),
    ]

    assert told == [
        f"Recipe {RECIPE} needs a dataset of type ACTIONS: the dataset group has none.",
        f"trainingMode UPDATE is not available for recipe {RECIPE}; use FULL.",
        f"campaignConfig.itemExplorationConfig explorationWeight is not a parameter of recipe {RECIPE}; it has none.",
        f"performHPO is not available for recipe {RECIPE}: no hyperparameter is tunable.",
        f"Recipe {RECIPE} needs a dataset of type ACTIONS: the dataset group has none.",
        f"campaignConfig.enableMetadataWithRecommendations is not available for recipe {RECIPE}.",
        f"Recipe {RECIPE} does not support batch inference jobs.",
    ]

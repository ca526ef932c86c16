"""ExplainFilter, an operation of our own, and the warnings of CreateFilter."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.errors import code, message

POPULAR = "aws-popularity-count"


@pytest.fixture
def explain(clients, shop, make):
    """Makes a filter and asks what it does."""
    shop.ask()  # a campaign

    def ask(text, **members):
        reply = clients.personalize_runtime.explain_filter(filterArn=make(text), **members)
        return {name: value for name, value in reply.items() if name != "ResponseMetadata"}

    return ask


def test_it_says_how_many_items_meet_each_clause(explain):
    found = explain(
        "INCLUDE ItemID WHERE Items.GENRE IN ($G) AND Items.PRICE < 1 OR Items.PRICE >= 3.5",
        filterValues={"G": '"drama"'},
    )

    [expression] = found["expressions"]
    counts = [[(c["condition"], c["items"]) for c in each["conditions"]] for each in expression["alternatives"]]
    assert (found["items"], found["passing"], expression["items"]) == (40, 10, 10)
    assert counts == [
        [('Items.GENRE IN ("drama")', 20), ('Items.PRICE < "1"', 10)],
        [('Items.PRICE >= "3.5"', 5)],
    ]
    assert (expression["effect"], expression["applies"], found["warnings"]) == ("INCLUDE", True, [])
    assert "item" not in found


def test_it_says_which_clause_keeps_an_item_out_and_what_it_has(explain):
    text = 'INCLUDE ItemID WHERE Items.PRICE < 3 | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'

    dear = explain(text, userId="nobody", itemId="i39")
    bought = explain(text, userId="u0", itemId="i0")

    assert dear["item"] == {"itemId": "i39", "known": True, "passes": False}
    assert [each["holds"] for each in dear["expressions"]] == [False, False]
    assert dear["expressions"][0]["alternatives"][0]["conditions"][0]["values"] == ["3.9"]
    assert [each["holds"] for each in bought["expressions"]] == [True, True]
    assert "Purchase" in bought["expressions"][1]["alternatives"][0]["conditions"][0]["values"]


def test_it_counts_events_since_the_training(explain, shop):
    shop.happened("newcomer", "saved", "i7")

    found = explain('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("SAVED")', userId="newcomer", itemId="i7")

    assert (found["passing"], found["item"]["passes"]) == (39, False)
    assert found["expressions"][0]["alternatives"][0]["conditions"][0]["values"] == ["saved"]


def test_it_says_which_expression_does_not_apply_to_a_user(explain):
    found = explain('EXCLUDE ItemID WHERE Items.GENRE IN ("drama") IF CurrentUser.AGE < 18', userId="u1", itemId="i1")

    [expression] = found["expressions"]
    assert (expression["applies"], expression["items"], found["item"]["passes"]) == (False, 20, True)
    assert expression["userConditions"] == [{"condition": 'CurrentUser.AGE < "18"', "holds": False, "values": ["30.0"]}]


def test_it_says_what_is_left_out_for_want_of_a_value(explain):
    found = explain("EXCLUDE ItemID WHERE Items.GENRE IN ($G) OR Items.PRICE < 1")

    assert (found["notApplied"], found["passing"]) == (["Items.GENRE IN ($G)"], 30)


def test_it_knows_items_that_no_model_has(explain):
    found = explain("INCLUDE ItemID WHERE Items.PRICE < 1", itemId="new")

    assert found["item"] == {"itemId": "new", "known": False, "passes": False}


@pytest.mark.usefixtures("shop")
def test_it_compares_with_the_current_item(build, clients, group, make):
    campaign = build.campaign(build.version(build.solution(group, "aws-sims")))

    found = clients.personalize_runtime.explain_filter(
        filterArn=make("INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE"),
        campaignArn=campaign,
        currentItemId="i3",
        itemId="i5",
    )

    assert (found["answeredBy"], found["passing"], found["item"]["passes"]) == (campaign, 3, False)


def test_it_warns_of_what_no_item_meets(explain):
    found = explain('INCLUDE ItemID WHERE Items.PRICE > 3 AND Items.PRICE < 2 OR Items.GENRE IN ("horror")')

    assert found["warnings"] == [
        'Items.PRICE > "3" AND Items.PRICE < "2" cannot hold together: that part of OR is void.',
        'Items.GENRE IN ("horror"): no item meets it.',
    ]


@pytest.mark.parametrize(
    ("members", "told"),
    [({}, "value for G"), ({"filterValues": {"H": "1"}}, "names H")],
)
def test_it_refuses_what_an_answer_would_refuse(explain, members, told):
    with pytest.raises(ClientError) as error:
        explain("INCLUDE ItemID WHERE Items.GENRE IN ($G)", **members)

    assert code(error) == "InvalidInputException"
    assert told in message(error)


def test_it_asks_one_of_campaign_and_recommender(clients, make):
    arn = make("INCLUDE ItemID WHERE Items.PRICE < 1")
    both = {"campaignArn": arn.replace("filter", "campaign"), "recommenderArn": arn.replace("filter", "recommender")}

    with pytest.raises(ClientError) as error:
        clients.personalize_runtime.explain_filter(filterArn=arn, **both)

    assert message(error) == "At most one of campaignArn and recommenderArn may be given."


def test_it_needs_something_that_answers(clients, make):
    with pytest.raises(ClientError) as error:
        clients.personalize_runtime.explain_filter(filterArn=make("INCLUDE ItemID WHERE Items.PRICE < 1"))

    assert message(error) == "campaignArn or recommenderArn is required: none of the dataset group is ACTIVE."


def warned(personalize, group, name, text):
    made = personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=text)
    assert set(made) == {"filterArn", "ResponseMetadata"}
    return json.loads(made["ResponseMetadata"]["HTTPHeaders"].get("x-tastemaker-warnings", "[]"))


@pytest.mark.usefixtures("shop")
def test_a_header_holds_as_many_warnings_as_it_has_room_for(personalize, group):
    words = [f"{n}購入" * 4 for n in range(60)]
    text = "INCLUDE ItemID WHERE " + " OR ".join(f'Items.GENRE IN ("{word}")' for word in words)

    found = warned(personalize, group, "many", text)

    assert 10 < len(found) < 60
    assert len(json.dumps(found)) <= 4000


@pytest.mark.usefixtures("shop")
def test_a_filter_that_can_never_match_is_made_with_a_warning(personalize, group):
    assert warned(personalize, group, "dear", "INCLUDE ItemID WHERE Items.PRICE > 100") == [
        'Items.PRICE > "100": the imported values go from 0 to 3.9: lets no item pass.'
    ]
    assert warned(personalize, group, "genre", 'EXCLUDE ItemID WHERE Items.GENRE IN ("購入")') == [
        'Items.GENRE IN ("購入"): no imported record has such a value: keeps no item out.'
    ]
    assert warned(personalize, group, "event", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("PURCHASE")') == []

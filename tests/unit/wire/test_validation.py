"""What the wire says about wrong values, word for word, and what it hands on of right ones."""

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.wire.models import api_model
from tastemaker.wire.validation import keyword_arguments

ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/c"


def check(api, operation, **body):
    return keyword_arguments(api_model(api).operations[operation], body)


def refusal(api, operation, **body):
    with pytest.raises(InvalidInput) as caught:
        check(api, operation, **body)
    return caught.value.message


def put_item(properties):
    arguments = check(
        "personalize-events", "PutItems", datasetArn=ARN, items=[{"itemId": "1", "properties": properties}]
    )
    return arguments["items"][0]["properties"]


def refused_item(properties):
    return refusal("personalize-events", "PutItems", datasetArn=ARN, items=[{"itemId": "1", "properties": properties}])


def put_event(**event):
    event = {"eventType": "view", "sentAt": 1700000000, **event}
    return check("personalize-events", "PutEvents", trackingId="t", sessionId="s", eventList=[event])


def test_it_words_one_problem_as_aws_does():
    message = refusal("personalize", "CreateDatasetGroup", name="x" * 64)

    assert message == (
        f"1 validation error detected: Value '{'x' * 64}' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 63"
    )


def test_it_lists_all_problems_in_one_message():
    message = refusal("personalize", "CreateCampaign", minProvisionedTPS=0, solutionVersionArn="arn")

    assert message == (
        "3 validation errors detected: "
        "Value null at 'name' failed to satisfy constraint: Member must not be null; "
        "Value 'arn' at 'solutionVersionArn' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: arn:([a-z\d-]+):personalize:.*:.*:.+; "
        "Value '0' at 'minProvisionedTPS' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_it_names_the_allowed_values_of_an_enum():
    message = refusal("personalize", "CreateSchema", name="s", schema="{}", domain="MUSIC")

    assert message.endswith(
        "Value 'MUSIC' at 'domain' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"
    )


def test_it_points_into_lists_and_maps():
    tags = [{"tagKey": "a", "tagValue": "b"}, {"tagKey": "a"}]
    tagged = refusal("personalize", "TagResource", resourceArn=ARN, tags=tags)
    filtered = refusal("personalize-runtime", "GetRecommendations", filterValues={"GEN RE": '"x"', "YEAR": 3})

    assert "Value null at 'tags.2.member.tagValue' failed" in tagged
    assert "Value 'GEN RE' at 'filterValues.key' failed" in filtered
    assert "at 'filterValues.YEAR' failed to satisfy constraint: Member must be a string" in filtered


def test_it_does_not_repeat_sensitive_values_or_long_ones_or_containers():
    sensitive = refusal("personalize-runtime", "GetRecommendations", filterValues={"F": "secret" * 200})
    lengthy = refusal("personalize", "CreateSchema", name="s", schema="x" * 20_001)
    many = refusal("personalize-runtime", "GetRecommendations", filterValues={f"F{n}": "secret" for n in range(26)})

    assert "Value at 'filterValues.F' failed" in sensitive
    assert len(lengthy) < 400
    assert "Value with 26 entries at 'filterValues' failed" in many
    assert "secret" not in sensitive + many


def test_it_stops_listing_after_twenty_problems():
    message = refusal(
        "personalize-runtime", "GetPersonalizedRanking", campaignArn=ARN, userId="1", inputList=[1] * 5000
    )

    assert message.startswith("100 validation errors detected: ")
    assert message.count("Member must be a string") == 20
    assert message.endswith("; ...")


@pytest.mark.parametrize("properties", ['{"a": 1}', "{}", '{"a": [1, "\u00fc"]}'])
def test_properties_as_text_are_handed_on_as_they_came(properties):
    assert put_item(properties) == properties


def test_properties_as_an_object_are_handed_on_as_text():
    assert put_item({"genre": "Kom\u00f6die", "year": 1999}) == '{"genre":"Kom\u00f6die","year":1999}'


UNREADABLE = {
    "no json": "{",
    "a list": "[]",
    "a number": 5,
    "NaN": '{"a": NaN}',
    "an infinite number": '{"a": 1e999}',
    "an infinite number in an object": {"a": float("inf")},
    "a lone surrogate": '{"a": "\\ud800"}',
    "nested text": '{"a":' + "[" * 20 + "]" * 20 + "}",
    "very nested text": '{"a":' + "[" * 9000 + "]" * 9000 + "}",
    "a huge number": '{"a": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("properties", UNREADABLE.values(), ids=UNREADABLE)
def test_properties_that_could_not_be_stored_are_refused(properties):
    assert "at 'items.1.member.properties' failed to satisfy constraint: Member must be a JSON object" in (
        refused_item(properties)
    )


def test_the_length_of_properties_counts_in_either_form():
    assert "length less than or equal to 32000" in refused_item('{"a":"' + "x" * 32_000 + '"}')
    assert "length less than or equal to 32000" in refused_item({"a": "x" * 32_000})
    assert "length greater than or equal to 1" in refused_item("")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400, True, "1"])
def test_numbers_must_be_finite_numbers(value):
    body = {"eventType": "view", "sentAt": 1700000000, "eventValue": value}

    message = refusal("personalize-events", "PutEvents", trackingId="t", sessionId="s", eventList=[body])

    assert "at 'eventList.1.member.eventValue' failed to satisfy constraint: Member must be a finite number" in message


def test_a_whole_number_is_a_float_where_the_model_has_one():
    [event] = put_event(eventValue=3)["event_list"]

    assert isinstance(event["eventValue"], float)


@pytest.mark.parametrize("moment", [1700000000000, 10**400, float("nan"), "2023-11-14T22:13:20Z", True])
def test_moments_are_seconds(moment):
    body = {"eventType": "view", "sentAt": moment}

    message = refusal("personalize-events", "PutEvents", trackingId="t", sessionId="s", eventList=[body])

    assert "'eventList.1.member.sentAt' failed to satisfy constraint: Member must be a timestamp in seconds" in message


@pytest.mark.parametrize(("factor", "unit"), [(10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")])
def test_a_moment_in_another_unit_is_named_as_what_it_is(factor, unit):
    body = {"eventType": "view", "sentAt": 1_700_000_000 * factor}

    message = refusal("personalize-events", "PutEvents", trackingId="t", sessionId="s", eventList=[body])

    assert "at 'eventList.1.member.sentAt' failed" in message
    assert message.endswith(f"it looks like {unit}")


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**4000])
def test_integers_fit_their_type(number):
    assert "at 'numResults'" in refusal("personalize-runtime", "GetRecommendations", numResults=number)


def test_members_are_named_as_boto3_names_operations():
    members = {"solutionArn": ARN, "performAutoML": True, "performHPO": False, "performIncrementalUpdate": True}

    arguments = check("personalize", "CreateSolution", name="s", datasetGroupArn=ARN, **members)

    assert set(arguments) == {
        "name", "dataset_group_arn", "perform_auto_ml", "perform_hpo", "perform_incremental_update"
    }  # fmt: skip

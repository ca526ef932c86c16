"""Schemas through the public door: kept as they were given, refused in words that name the field and the rule."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.fields import INTERACTIONS, ITEMS
from tests.unit.operations.errors import code, message

NAMESPACE = "com.amazonaws.personalize.schema"


def record(name, *fields):
    return json.dumps({"type": "record", "name": name, "namespace": NAMESPACE, "fields": fields, "version": "1.0"})


BAD = [
    ("[]", 'schema is not valid: The schema must be an Avro record: a JSON object with "type": "record".'),
    ("{" * 10_000, "schema is not valid: The schema is not JSON: "),
    ('[{"a":' * 3000, "schema is not valid: The schema is not JSON that can be read: it is nested too deeply."),
    (
        record("Items", {"name": "ITEM_ID", "type": "uuid"}),
        (
            'schema is not valid: The field ITEM_ID has the type "uuid"; '
            "it must be one of boolean, double, float, int, long, string, alone or with null."
        ),
    ),
    (
        record("Items", {"name": "ITEM_ID", "type": "string"}, {"name": "ItemId", "type": "string"}),
        (
            "schema is not valid: The fields ITEM_ID and ItemId have the same name "
            "when underscores and case are ignored."
        ),
    ),
    (
        record("Items", {"name": "prix élevé", "type": "int"}),
        (
            "schema is not valid: The field name 'prix élevé' must be letters, digits and underscores, "
            "and not begin with a digit."
        ),
    ),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_text_that_is_no_schema_is_refused(personalize, text, told):
    with pytest.raises(ClientError) as error:
        personalize.create_schema(name="s", schema=text)

    assert code(error) == "InvalidInputException"
    assert message(error).startswith(told)
    assert len(message(error)) < 400
    assert personalize.list_schemas()["schemas"] == []


def test_what_is_not_there_is_said_in_the_real_services_words(personalize):
    owned = "arn:aws:personalize:us-east-1:123456789012:"
    calls = [
        (personalize.describe_schema, {"schemaArn": f"{owned}schema/no"}, "Resource Arn {} does not exist."),
        (personalize.delete_schema, {"schemaArn": f"{owned}schema/no"}, "Resource Arn {} does not exist."),
        (
            personalize.delete_dataset_group,
            {"datasetGroupArn": f"{owned}dataset-group/no"},
            "The given dataset group does not exist: {}",
        ),
        (
            personalize.describe_dataset_group,
            {"datasetGroupArn": f"{owned}dataset-group/no"},
            "Resource with Arn {} does not exist.",
        ),
    ]

    for call, members, told in calls:
        with pytest.raises(ClientError) as error:
            call(**members)
        assert (code(error), message(error)) == ("ResourceNotFoundException", told.format(*members.values()))


def test_a_schema_is_kept_to_the_letter(personalize):
    text = "\n" + record("Items", *ITEMS, {"name": "YEAR", "type": "int", "doc": "année", "default": 10**30}) + " "

    arn = personalize.create_schema(name="s", schema=text)["schemaArn"]

    assert personalize.describe_schema(schemaArn=arn)["schema"]["schema"] == text


EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
UNFIT = [
    (None, "Interactions", INTERACTIONS[:2], "INTERACTIONS", "The schema lacks the required field TIMESTAMP."),
    (None, "Items", ITEMS, "Users", "The schema is named Items; USERS needs the name Users."),
    (
        None,
        "Interactions",
        [*INTERACTIONS, {"name": "Event_Type", "type": "string"}],
        "Interactions",
        "The field Event_Type must be written EVENT_TYPE: that is the reserved name.",
    ),
    (
        "ECOMMERCE",
        "Interactions",
        [*INTERACTIONS, EVENT_TYPE],
        "interactions",
        "The field EVENT_TYPE is required and must not allow null.",
    ),
    ("VIDEO_ON_DEMAND", "Items", ITEMS, "ITEMS", "The schema lacks the required field GENRES or GENRES_L1."),
]


@pytest.mark.parametrize(("domain", "text", "type_", "told"), [(d, record(n, *f), *rest) for d, n, f, *rest in UNFIT])
def test_a_dataset_takes_no_schema_that_does_not_fit(build, domain, text, type_, told):
    members = {"domain": domain} if domain else {}
    group = build.group(**members)
    schema = build.client.create_schema(name="s", schema=text, **members)["schemaArn"]

    with pytest.raises(ClientError) as error:
        build.client.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType=type_)

    assert (code(error), message(error)) == (
        "InvalidInputException",
        f"The schema does not fit a dataset of type {type_.upper()}: {told}",
    )

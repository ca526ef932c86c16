"""What an unmodified boto3 client sees of replies and errors."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tastemaker import errors
from tastemaker.wire.service import Service
from tests.unit.wire.fakes import Calls, new_context
from tests.unit.wire.samples import APIS, operations, sample

EVERY_OPERATION = [pytest.param(*case, id=case[1].name) for case in operations()]
MODELLED = [
    pytest.param(api, model, shape, id=f"{model.name}-{shape.error_code}")
    for api, model in operations()
    for shape in model.error_shapes
]
CLASSES = {
    error.code: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.ServiceError) and error is not errors.ServiceError
}
MOMENT = 1542392161.837
ARN = "arn:aws:personalize:us-east-1:123456789012:campaign/c"


def as_boto3_reads(shape, value):
    """Timestamps come out of a client as datetimes, all else as it went in."""
    if shape.type_name == "structure":
        return {name: as_boto3_reads(shape.members[name], inner) for name, inner in value.items()}
    if shape.type_name == "list":
        return [as_boto3_reads(shape.member, inner) for inner in value]
    return datetime.fromtimestamp(value, UTC) if shape.type_name == "timestamp" else value


def call(client, model):
    return getattr(client, xform_name(model.name))(**sample(model.input_shape))


@pytest.mark.parametrize(("api", "model"), EVERY_OPERATION)
def test_every_operation_reaches_its_function_and_answers_its_whole_output(connect, api, model):
    result = sample(model.output_shape) if model.output_shape else None
    calls = Calls(result)

    reply = call(connect(api, calls), model)

    [(function, arguments)] = calls.seen
    assert function == xform_name(model.name)
    assert arguments == {xform_name(name): value for name, value in sample(model.input_shape).items()}
    assert reply.pop("ResponseMetadata")["RequestId"] == "5f1c0000-0000-4000-8000-000000000001"
    assert reply == (as_boto3_reads(model.output_shape, result) if result else {})


def test_all_79_operations_are_routed():
    assert len(EVERY_OPERATION) == 79


@pytest.mark.parametrize(("api", "model", "shape"), MODELLED)
def test_every_modelled_error_arrives_as_its_own_class(connect, api, model, shape):
    client = connect(api, Calls(CLASSES[shape.error_code]("the reason")))

    with pytest.raises(getattr(client.exceptions, shape.name)) as caught:
        call(client, model)

    assert caught.value.response["Error"] == {"Message": "the reason", "Code": shape.error_code}
    status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_the_status_of_a_missing_resource_depends_on_the_api(connect):
    gone = errors.ResourceNotFound("gone")
    control = connect("personalize", Calls(gone))
    events = connect("personalize-events", Calls(gone))
    runtime = connect("personalize-runtime", Calls(gone))

    statuses = [
        status_of(lambda: control.describe_campaign(campaignArn=ARN)),
        status_of(lambda: events.put_items(datasetArn=ARN, items=[{"itemId": "1"}])),
        status_of(lambda: runtime.get_recommendations(campaignArn=ARN)),
    ]

    assert statuses == [400, 404, 404]


def status_of(request):
    with pytest.raises(ClientError) as caught:
        request()
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_error_that_the_operation_does_not_list_becomes_invalid_input(connect):
    client = connect("personalize-events", Calls(errors.ResourceNotFound("no event tracker has this id")))

    with pytest.raises(client.exceptions.InvalidInputException, match="no event tracker has this id"):
        client.put_events(trackingId="t", sessionId="s", eventList=[{"eventType": "view", "sentAt": 1700000000}])


def test_an_unlisted_error_keeps_its_code_where_invalid_input_is_not_listed_either(connect):
    client = connect("personalize", Calls(errors.LimitExceeded("too many requests")))

    with pytest.raises(client.exceptions.LimitExceededException):
        client.list_schemas()


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError(), errors.InternalServer("secret")])
def test_our_own_faults_are_logged_with_a_trace_and_answered_without(connect, caplog, api, error):
    model = next(model for name, model in operations() if name == api)
    client = connect(api, Calls(error))

    with pytest.raises(ClientError) as caught:
        call(client, model)

    [record] = caplog.records
    assert record.exc_info[1] is error
    assert caught.value.response["Error"]["Code"] == "InternalServerException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "secret" not in str(caught.value)
    assert "5f1c0000-0000-4000-8000-000000000001" in str(caught.value)
    assert "5f1c0000-0000-4000-8000-000000000001" in record.message


@pytest.mark.parametrize("api", APIS)
def test_an_operation_that_is_not_built_says_so(connect, api):
    model = next(model for name, model in operations() if name == api)
    client = connect(api, {})

    with pytest.raises(client.exceptions.InvalidInputException, match=f"{model.name} is not built yet in Tastemaker"):
        call(client, model)


def test_a_context_that_cannot_be_made_is_our_fault(connect, caplog):
    def broken(_request_id, _wishes):
        raise RuntimeError("no table")

    client = connect("personalize", Calls({}), broken)

    with pytest.raises(ClientError, match="InternalServerException"):
        client.list_recipes()

    assert "no table" in caplog.text


def test_the_request_id_reaches_the_context_and_notes_reach_the_headers(connect):
    context = SimpleNamespace(notes={"progress": "42", "step": "f\u00fcr\r\nx: y"})
    seen = []

    def describe(call, **_arguments):
        assert call is context
        return {"recipes": []}

    client = connect(
        "personalize", {"list_recipes": describe}, lambda request, _wishes: seen.append(request) or context
    )

    headers = client.list_recipes()["ResponseMetadata"]["HTTPHeaders"]

    assert seen == ["5f1c0000-0000-4000-8000-000000000001"]
    assert (headers["x-tastemaker-progress"], headers["x-tastemaker-step"]) == ("42", "f?r??x: y")


def test_timestamps_numbers_and_absent_members_are_written_as_the_client_expects(connect):
    record = {
        "name": "c",
        "creationDateTime": MOMENT,
        "lastUpdatedDateTime": datetime.fromtimestamp(MOMENT, UTC),
        "failureReason": None,
        "minProvisionedTPS": 1,
        "_kind": "campaign",
    }
    client = connect("personalize", Calls({"campaign": record, "unknown": 1}))

    reply = client.describe_campaign(campaignArn=ARN)

    moment = datetime.fromtimestamp(MOMENT, UTC)
    expected = {"name": "c", "creationDateTime": moment, "lastUpdatedDateTime": moment, "minProvisionedTPS": 1}
    del reply["ResponseMetadata"]
    assert reply == {"campaign": expected}


def test_a_null_member_is_an_absent_member_and_unknown_members_are_ignored(send):
    calls = Calls({"itemList": []})
    service = Service("personalize-runtime", calls, new_context)

    reply = send(service, path="/recommendations", body={"userId": "1", "itemId": None, "colour": "red"})

    assert (reply.status, reply.body) == (200, {"itemList": []})
    assert calls.seen == [("get_recommendations", {"user_id": "1"})]

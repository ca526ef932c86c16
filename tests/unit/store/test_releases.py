"""Other releases of a function are found by what its versions say of themselves, and asked as we were asked."""

import io
import json

import pytest
from botocore.exceptions import ClientError

from tastemaker.domain.formats import reader_of
from tastemaker.store.releases import OtherReleases

EVENT = {"httpMethod": "POST", "resource": "/recommendations", "body": "{}"}


class Lambda:
    """A function with versions, oldest first, which answers with what it was asked."""

    def __init__(self, *formats: int, answer: object = None, failed: bool = False) -> None:
        self.versions = [{"Version": "$LATEST", "Description": reader_of(formats[-1])}]
        self.versions += [{"Version": str(n), "Description": reader_of(each)} for n, each in enumerate(formats, 1)]
        self.looks, self.asked, self.answer, self.failed = 0, [], answer, failed

    def get_paginator(self, operation):
        assert operation == "list_versions_by_function"
        return self

    def paginate(self, **asked):
        assert asked == {"FunctionName": "tastemaker-runtime"}
        self.looks += 1
        return [{"Versions": self.versions[:2]}, {"Versions": self.versions[2:]}]

    def invoke(self, **asked):
        if asked["FunctionName"].partition(":")[2] not in {one["Version"] for one in self.versions}:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")
        self.asked.append(asked)
        body = {"Payload": io.BytesIO(json.dumps(self.answer or {"statusCode": 200}).encode())}
        return body | ({"FunctionError": "Unhandled"} if self.failed else {})


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def releases(clock):
    return lambda client: OtherReleases(lambda: client, "tastemaker-runtime", lambda: clock[0])


def test_the_newest_version_of_a_format_answers(releases):
    client = Lambda(3, 3, 4)

    answer = releases(client).answer(3, EVENT)

    [asked] = client.asked
    assert answer == {"statusCode": 200}
    assert asked["FunctionName"] == "tastemaker-runtime:2"
    assert json.loads(asked["Payload"]) == {**EVENT, "handedOn": 1}


def test_the_ninth_version_is_older_than_the_tenth(releases):
    client = Lambda(*[3] * 10, 4)

    releases(client).answer(3, EVENT)

    assert client.asked[0]["FunctionName"] == "tastemaker-runtime:10"


def test_what_is_deployed_now_is_no_other_release(releases):
    client = Lambda(3)
    client.versions = client.versions[:1]

    assert releases(client).answer(3, EVENT) is None


def test_versions_are_looked_for_once_and_missing_ones_again_a_minute_later(releases, clock):
    client = Lambda(3, 4)
    other = releases(client)

    for stored in (3, 3, 5, 5):
        other.answer(stored, EVENT)
    looks = client.looks
    clock[0] += 61
    other.answer(3, EVENT)
    other.answer(5, EVENT)

    assert (looks, client.looks) == (2, 3)


def test_a_version_that_was_removed_is_none(releases):
    client = Lambda(3, 4)
    other = releases(client)
    other.answer(3, EVENT)
    client.versions = [one for one in client.versions if one["Version"] != "1"]

    assert other.answer(3, EVENT) is None


def test_what_another_release_raises_is_no_answer(releases):
    client = Lambda(3, 4, answer={"errorMessage": "out of memory"}, failed=True)

    with pytest.raises(RuntimeError, match=r"version 1 of tastemaker-runtime failed: .*out of memory"):
        releases(client).answer(3, EVENT)


def test_a_request_goes_there_and_back_and_no_further(releases):
    client = Lambda(3, 4)

    releases(client).answer(3, {**EVENT, "handedOn": 1})

    with pytest.raises(RuntimeError, match="a model was replaced while version 1"):
        releases(client).answer(3, {**EVENT, "handedOn": 2})
    assert len(client.asked) == 1

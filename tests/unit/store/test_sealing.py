"""What is sealed is read by its own dataset group alone, and only while the key can be used."""

import pytest
from cryptography.exceptions import InvalidTag

from tastemaker.domain.resources.arns import dataset_of
from tastemaker.errors import KeyUnusable
from tastemaker.store.sealing import PLAIN, Seals, UnderKey, attribute, value_of

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"
OTHER = "arn:aws:personalize:us-east-1:123456789012:dataset-group/h"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
DATA_KEY = bytes(range(32))


class Kms:
    """Opens data keys, and counts how often."""

    def __init__(self) -> None:
        self.opened = 0

    def decrypt(self, **request):
        assert request["EncryptionContext"] == {"tastemaker-dataset-group": GROUP}
        self.opened += 1
        return {"Plaintext": DATA_KEY}


def test_what_was_closed_can_be_opened_and_not_read():
    seal = UnderKey(DATA_KEY, GROUP)

    stored = attribute(seal, {"item_id": "a secret"})

    assert b"secret" not in stored["B"]
    assert value_of(seal, stored) == {"item_id": "a secret"}
    assert attribute(seal, {"item_id": "a secret"}) != stored


@pytest.mark.parametrize("other", [UnderKey(DATA_KEY, OTHER), UnderKey(bytes(32), GROUP)])
def test_another_group_or_key_opens_nothing(other):
    stored = UnderKey(DATA_KEY, GROUP).closed(b"a secret")

    with pytest.raises(InvalidTag):
        other.opened(stored)


def test_a_changed_body_is_refused():
    seal = UnderKey(DATA_KEY, GROUP)
    body = bytearray(seal.closed(b"a secret"))
    body[-1] ^= 1

    with pytest.raises(InvalidTag):
        seal.opened(bytes(body))
    with pytest.raises(ValueError, match="at least 32 bytes"):
        seal.opened(b"short")


def test_names_stand_for_the_same_and_tell_nothing():
    seal = UnderKey(DATA_KEY, GROUP)

    assert seal.name("reader") == seal.name("reader") != seal.name("another")
    assert "reader" not in seal.name("reader")


def test_a_data_key_is_opened_once_a_minute_for_a_group_and_its_datasets():
    now, kms = [0.0], Kms()
    record = {"kmsKeyArn": KEY, "_data_key": "AAAA"}
    seals = Seals({GROUP: record}.get, lambda: kms, clock=lambda: now[0])

    first = seals.of(GROUP)
    assert seals.of(dataset_of(GROUP, "INTERACTIONS")) is first
    now[0] = 59.0
    assert seals.of(GROUP) is first
    now[0] = 61.0
    seals.of(GROUP)

    assert kms.opened == 2


def test_a_group_without_a_key_is_kept_as_it_is():
    seals = Seals({GROUP: {"name": "g"}}.get, Kms)

    assert seals.of(GROUP) is PLAIN
    assert attribute(PLAIN, {"a": 1}) == {"S": '{"a": 1}'}


def test_a_group_whose_key_was_only_told_is_not_written_in_the_open():
    with pytest.raises(KeyUnusable, match="no data key"):
        Seals({GROUP: {"kmsKeyArn": KEY}}.get, Kms).of(GROUP)

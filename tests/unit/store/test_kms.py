"""What KMS refuses is told with key, grant and role; what will pass by itself is not taken for a refusal."""

import pytest
from botocore.exceptions import ClientError

from tastemaker.errors import KeyUnusable
from tastemaker.store.kms import KmsKeys, opened

GROUP = "arn:aws:personalize:us-east-1:123456789012:dataset-group/g"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
ROLE = "arn:aws:iam::123456789012:role/r"


class Kms:
    """Refuses every call with a code; without one it makes data keys."""

    def __init__(self, code: str = "") -> None:
        self.code = code

    def generate_data_key(self, **request):
        assert (request["KeyId"], request["EncryptionContext"]) == (KEY, {"tastemaker-dataset-group": GROUP})
        self._refuse()
        return {"CiphertextBlob": b"closed", "Plaintext": bytes(32)}

    def decrypt(self, **request):
        self._refuse()
        return {"Plaintext": request["CiphertextBlob"]}

    def _refuse(self) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no."}}, "Decrypt")


def keys(kms):
    return KmsKeys("us-east-1", lambda: kms, as_role=lambda service, region, role: kms)  # noqa: ARG005 - as clients are made


def test_a_data_key_is_stored_as_kms_has_closed_it():
    made = keys(Kms()).new_data_key(GROUP, KEY, ROLE)

    assert opened(Kms(), GROUP, KEY, made) == b"closed"
    keys(Kms()).check(GROUP, KEY, ROLE, made)


@pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException", "NotFoundException"])
def test_a_refusal_names_key_grant_and_role(code):
    with pytest.raises(KeyUnusable) as refusal:
        keys(Kms(code)).new_data_key(GROUP, KEY, ROLE)
    with pytest.raises(KeyUnusable, match="kms:Decrypt"):
        opened(Kms(code), GROUP, KEY, "AAAA")

    assert all(word in refusal.value.message for word in (KEY, ROLE, "kms:GenerateDataKey", code))


def test_a_role_that_cannot_be_assumed_is_named():
    def refuse(*_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")

    with pytest.raises(KeyUnusable, match=rf"{ROLE}.*trust policy"):
        KmsKeys("us-east-1", Kms, as_role=refuse).new_data_key(GROUP, KEY, ROLE)


def test_what_passes_by_itself_is_no_refusal():
    with pytest.raises(ClientError):
        keys(Kms("ThrottlingException")).check(GROUP, KEY, ROLE, "AAAA")
    with pytest.raises(ClientError):
        opened(Kms("KMSInternalException"), GROUP, KEY, "AAAA")

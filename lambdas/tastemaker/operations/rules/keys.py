"""Keys of KMS that requests name: whether the data of this place can be under them, as far as an ARN tells."""

from collections.abc import Mapping

from tastemaker.domain.resources import arns
from tastemaker.errors import InvalidInput
from tastemaker.operations.call import Call


def require_own_key(call: Call, kms_key_arn: str) -> None:
    """Refuse a key that S3 could not use here; whether it may be used shows when the role uses it."""
    home = call.home
    if difference := home.difference(kms_key_arn):
        raise InvalidInput(
            f"kmsKeyArn {kms_key_arn} must be a key of account {home.account} in {home.region}, where the data is."
            f"{difference}"
        )


def check_key_of(call: Call, member: str, place: Mapping[str, str]) -> None:
    """Refuse the key of a path's objects if no bucket here can have it: buckets may be another account's."""
    key = place.get("kmsKeyArn", "")
    if key and (difference := call.home.difference(key, arns.OWN_PARTITION)):
        raise InvalidInput(f"{member}.kmsKeyArn {key} can be the key of no bucket here.{difference}")

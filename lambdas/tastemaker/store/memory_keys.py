"""KMS in memory, for tests."""

from dataclasses import dataclass, field

from tastemaker.errors import KeyUnusable


@dataclass(slots=True)
class MemoryKeys:
    """Knows which keys may be used; whatever is in `unusable` may not."""

    unusable: set[str] = field(default_factory=set)

    def new_data_key(self, group_arn: str, kms_key: str, role_arn: str) -> str:
        """Return a text that tells what it was made for."""
        self._require(kms_key, role_arn)
        return f"{group_arn} under {kms_key}"

    def check(self, group_arn: str, kms_key: str, role_arn: str, data_key: str) -> None:
        """Refuse an unusable key, and a data key of another dataset group."""
        self._require(kms_key, role_arn)
        if data_key != f"{group_arn} under {kms_key}":
            raise KeyUnusable(f"{data_key} is no data key of {group_arn}.")

    def _require(self, kms_key: str, role_arn: str) -> None:
        if kms_key in self.unusable:
            raise KeyUnusable(f"The KMS key {kms_key} cannot be used with the grant kms:GenerateDataKey of {role_arn}.")

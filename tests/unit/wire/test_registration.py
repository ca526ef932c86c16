"""Every public function in an API's folder of operations is registered, so each must be an operation of its model."""

import pytest

from tastemaker.bootstrap import operation_table
from tastemaker.operations.control import campaigns
from tastemaker.wire.models import APIS, api_model


def surplus(api):
    """Name what is registered and no operation, neither of AWS's nor of ours in `wire/extras`."""
    operations = {operation.function for operation in api_model(api).operations.values()}
    return sorted(operation_table.__wrapped__(api).keys() - operations)


@pytest.mark.parametrize("api", APIS)
def test_nothing_but_operations_is_registered(api):
    assert surplus(api) == []


def test_a_planted_helper_is_found(monkeypatch):
    def check_name() -> None: ...

    check_name.__module__ = campaigns.__name__
    monkeypatch.setattr(campaigns, "check_name", check_name, raising=False)

    assert surplus("personalize") == ["check_name"]

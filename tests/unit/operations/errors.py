"""What a refused call says."""

import pytest


def code(error: pytest.ExceptionInfo) -> str:
    return error.value.response["Error"]["Code"]


def message(error: pytest.ExceptionInfo) -> str:
    return error.value.response["Error"]["Message"]

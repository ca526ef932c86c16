"""The coverage page: each of the 79 operations works, or the page says what it waits for."""

from collections.abc import Collection, Mapping

from tastemaker.wire.models import APIS, Operation, api_model

_HEAD = """\
# Coverage

Written by `tastemaker coverage`; a test compares this page with the code. Every operation is routed and its input
checked; one that is not built yet answers InvalidInputException and says so.
"""


def page(built: Mapping[str, Collection[str]], waits_for: Mapping[str, str]) -> str:
    """Write the page from the built operations per API, as boto3 names them, and what the others wait for."""
    return "\n".join([_HEAD, _summary(built), *(_section(api, built.get(api, ()), waits_for) for api in APIS)])


def unexplained(built: Mapping[str, Collection[str]], waits_for: Mapping[str, str]) -> list[str]:
    """Name the operations that are neither built nor have a reason, and reasons that explain nothing."""
    open_operations = {
        operation.function
        for api in APIS
        for operation in _operations(api)
        if operation.function not in built.get(api, ())
    }
    return sorted(open_operations ^ set(waits_for))


def _operations(api: str) -> list[Operation]:
    return sorted(api_model(api).operations.values(), key=lambda operation: operation.name)


def _summary(built: Mapping[str, Collection[str]]) -> str:
    lines = ["| API | works | of |", "| --- | ---: | ---: |"]
    counts = {api: (_works(api, built.get(api, ())), len(_operations(api))) for api in APIS}
    lines += [f"| {api} | {works} | {total} |" for api, (works, total) in counts.items()]
    lines.append(f"| all | {sum(works for works, _ in counts.values())} | {sum(of for _, of in counts.values())} |")
    return "\n".join([*lines, ""])


def _works(api: str, built: Collection[str]) -> int:
    return sum(operation.function in built for operation in _operations(api))


def _section(api: str, built: Collection[str], waits_for: Mapping[str, str]) -> str:
    lines = [f"## {api}", "", "| operation | status | waits for |", "| --- | --- | --- |"]
    lines += [_row(operation, built, waits_for) for operation in _operations(api)]
    return "\n".join([*lines, ""])


def _row(operation: Operation, built: Collection[str], waits_for: Mapping[str, str]) -> str:
    if operation.function in built:
        return f"| {operation.name} | works | |"
    return f"| {operation.name} | not yet | {waits_for.get(operation.function, 'its turn')} |"

"""The coverage page: each of the 79 operations works, or the page says what it waits for."""

from collections.abc import Collection, Mapping

from tastemaker.wire.models import APIS, Operation, api_model

# What each operation that is not built yet waits for; one that is built must not be named here.
_REASONS = {
    "batch jobs": (
        "create_batch_inference_job",
        "create_batch_segment_job",
        "describe_batch_inference_job",
        "describe_batch_segment_job",
        "list_batch_inference_jobs",
        "list_batch_segment_jobs",
    ),
    "exports of snapshots": (
        "create_dataset_export_job",
        "describe_dataset_export_job",
        "list_dataset_export_jobs",
    ),
    "deletion of users from snapshots, events and models": (
        "create_data_deletion_job",
        "describe_data_deletion_job",
        "list_data_deletion_jobs",
    ),
    "the filter language": ("create_filter", "delete_filter", "describe_filter", "list_filters"),
    "metric attributions": (
        "create_metric_attribution",
        "delete_metric_attribution",
        "describe_metric_attribution",
        "list_metric_attribution_metrics",
        "list_metric_attributions",
        "update_metric_attribution",
    ),
    "domain recommenders": (
        "create_recommender",
        "delete_recommender",
        "describe_recommender",
        "list_recommenders",
        "start_recommender",
        "stop_recommender",
        "update_recommender",
    ),
    "individual records in training": ("put_items", "put_users"),
    "action datasets and recipes": ("get_action_recommendations", "put_action_interactions", "put_actions"),
}
WAITS_FOR = {operation: reason for reason, operations in _REASONS.items() for operation in operations}

# Operations that have a function which answers, but not yet the work behind it: a function alone is no proof.
PARTLY = {
    "describe_algorithm": "the catalogue of recipes, which is a stand-in",
    "describe_feature_transformation": "the catalogue of recipes, which is a stand-in",
    "describe_recipe": "the catalogue of recipes, which is a stand-in",
    "list_recipes": "the catalogue of recipes, which is a stand-in",
    "update_solution": "automatic training: the setting is stored, nothing acts on it",
}

_HEAD = """\
# Coverage

Written by `tastemaker coverage`; a test compares this page with the code. Every operation is routed and its input
checked. `works` means that the operation has a function and no known gap; the tests, not this page, prove it. One that
has no function answers InvalidInputException and says so.
"""

Built = Mapping[str, Collection[str]]
Reasons = Mapping[str, str]


def page(built: Built, waits_for: Reasons = WAITS_FOR, partly: Reasons = PARTLY) -> str:
    """Write the page from the built operations per API, as boto3 names them, and what the others wait for."""
    working = {api: set(built.get(api, ())) - set(partly) for api in APIS}
    reasons = {**waits_for, **partly}
    return "\n".join([_HEAD, _summary(working), *(_section(api, working[api], reasons) for api in APIS)])


def unexplained(built: Built, waits_for: Reasons = WAITS_FOR, partly: Reasons = PARTLY) -> list[str]:
    """Name what has neither function nor reason, and the reasons that no longer fit what is built."""
    names = {operation.function for api in APIS for operation in _operations(api)}
    functions = {name for api in APIS for name in built.get(api, ())} & names
    return sorted(((names - functions) ^ set(waits_for)) | (set(partly) - functions))


def _operations(api: str) -> list[Operation]:
    return sorted(api_model(api).operations.values(), key=lambda operation: operation.name)


def _summary(working: Built) -> str:
    lines = ["| API | works | of |", "| --- | ---: | ---: |"]
    counts = {api: (_works(api, working[api]), len(_operations(api))) for api in APIS}
    lines += [f"| {api} | {works} | {total} |" for api, (works, total) in counts.items()]
    lines.append(f"| all | {sum(works for works, _ in counts.values())} | {sum(of for _, of in counts.values())} |")
    return "\n".join([*lines, ""])


def _works(api: str, working: Collection[str]) -> int:
    return sum(operation.function in working for operation in _operations(api))


def _section(api: str, working: Collection[str], reasons: Reasons) -> str:
    lines = [f"## {api}", "", "| operation | status | waits for |", "| --- | --- | --- |"]
    lines += [_row(operation, working, reasons) for operation in _operations(api)]
    return "\n".join([*lines, ""])


def _row(operation: Operation, working: Collection[str], reasons: Reasons) -> str:
    if operation.function in working:
        return f"| {operation.name} | works | |"
    return f"| {operation.name} | not yet | {reasons.get(operation.function, 'its turn')} |"

"""The functions are given what their code reads, and no more."""

import json
import os
import subprocess
import sys
from dataclasses import fields

import pytest

from tastemaker.config import Config, environment, variable
from tastemaker.domain.formats import FORMAT, reader_of
from tests.infra.assembly import ROOT

HANDLERS = ("control", "events", "runtime", "tasks", "announcements", "provider")
# In a function's layers; what is in none of them must not be imported by it.
HEAVY = {"numpy", "scipy", "duckdb", "pandas", "rich", "moto"}
LAYERS = {
    "control": set(),
    "events": set(),
    "runtime": {"numpy"},
    "tasks": {"numpy", "scipy", "duckdb"},
    "announcements": set(),
    "provider": set(),
}


def test_together_the_functions_are_given_exactly_the_variables_of_config(
    assembly, open_assembly, containers_assembly, spark_assembly
):
    given, of_origins, of_containers, of_spark = (
        {name for function in HANDLERS for name in _variables(each, function)}
        for each in (assembly, open_assembly, containers_assembly, spark_assembly)
    )

    # Lambda itself sets region, memory and name; AWS is at AWS.
    config = {variable(field.name) for field in fields(Config)} - {
        "AWS_REGION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        variable("aws_endpoint"),
    }
    assert of_origins - given == {variable("cors_origins"), variable("strict"), variable("read_only_principals")}
    # The last is read by OpenBLAS.
    assert of_containers - given == {variable("job_queue"), variable("job_definition"), "OPENBLAS_CORETYPE"}
    assert of_spark - of_containers == {variable(f"spark_{name}") for name in ("application", "script", "role")}
    assert of_origins | of_spark == config | {"OPENBLAS_CORETYPE"}
    assert given == of_origins & of_containers
    assert of_containers < of_spark


@pytest.mark.parametrize("function", HANDLERS)
def test_config_can_be_read_from_what_a_function_is_given(assembly, function):
    variables = {name: str(value) for name, value in _variables(assembly, function).items()}
    token = environment.set(variables | {"AWS_REGION": "eu-west-1"})

    try:
        config = Config.from_env()
    finally:
        environment.reset(token)

    assert config.resources_table == "tastemaker-resources"


def test_a_function_knows_the_state_machines_that_it_starts(assembly):
    jobs = {
        f"{name}_MACHINE"
        for name in ("LIFECYCLE", "IMPORT", "TRAINING", "DEPLOYMENT", "BATCH", "SEGMENTS", "EXPORT", "DELETION")
    }
    known = {
        name: {key.removeprefix("TASTEMAKER_") for key in _variables(assembly, name) if "_MACHINE" in key}
        for name in HANDLERS
    }

    assert known == {
        "control": jobs,
        "events": set(),
        "runtime": set(),
        "tasks": jobs,
        "announcements": set(),
        "provider": {"PROVIDER_MACHINE"},
    }


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_runs_its_own_handler_on_arm(assembly, function):
    properties = _function(assembly, function)

    assert properties["Handler"] == f"tastemaker.handlers.{function}.handle"
    assert properties["Architectures"] == ["arm64"]


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_is_traced_where_the_settings_ask_for_it(assembly, open_assembly, function):
    assert "TracingConfig" not in _function(assembly, function)
    assert _function(open_assembly, function)["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("function", ["control", "events", "runtime"])
def test_nothing_behind_the_api_outlasts_the_gateway(assembly, function):
    assert _function(assembly, function)["Timeout"] <= 29


def test_all_functions_share_one_asset(assembly):
    assert len({_function(assembly, name)["Code"]["S3Key"] for name in HANDLERS}) == 1


def test_layers_grow_from_control_to_tasks(assembly):
    layers = {name: len(_function(assembly, name)["Layers"]) for name in HANDLERS}

    assert layers == {"control": 1, "events": 1, "runtime": 2, "tasks": 3, "announcements": 1, "provider": 1}


@pytest.mark.parametrize("function", HANDLERS)
def test_a_handler_and_its_code_load_with_the_packages_of_its_layers(assembly, function):
    missing = sorted(HEAVY - LAYERS[function])
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({missing}))\n"  # importing one of these now fails
        f"import tastemaker.handlers.{function}\n"
        "from tastemaker import bootstrap\n"
        f"{_LOADS[function]}\n"
    )

    variables = {name: str(value) for name, value in _variables(assembly, function).items()}
    here = os.environ | variables | {"AWS_REGION": "eu-west-1"}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=here, check=True)  # noqa: S603 - our own program


_LOADS = {
    "control": "assert 'create_solution' in bootstrap.operation_table('personalize')",
    "events": "assert 'put_events' in bootstrap.operation_table('personalize-events')",
    "runtime": (
        "import tastemaker.serving.model\n"
        "assert 'get_recommendations' in bootstrap.operation_table('personalize-runtime')"
    ),
    "announcements": "assert bootstrap.announcer",
    "provider": "assert bootstrap.provider",
    "tasks": "[bootstrap.step(name) for name in ('begin', 'import.convert', 'training.fit', 'deployment.verify')]",
}


def _function(assembly, name):
    (found,) = [one for one in assembly.properties("Lambda::Function") if one["FunctionName"] == f"tastemaker-{name}"]
    return found


def _variables(assembly, name):
    return _function(assembly, name)["Environment"]["Variables"]


def test_what_answers_is_kept_as_a_version_that_says_which_models_it_reads(assembly):
    """Lambda gives a version the description of its function; it stays when another one takes its place."""
    [version] = assembly.resources("Lambda::Version").values()

    assert "FunctionsRuntime" in version["Properties"]["FunctionName"]["Ref"]
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert _function(assembly, "runtime")["Description"] == reader_of(FORMAT)


def test_only_what_answers_calls_versions_and_only_its_own(assembly):
    allowed = {
        (name.partition("Role")[0], json.dumps(statement["Resource"]))
        for name, policy in assembly.policies().items()
        for statement in policy["Statement"]
        if "lambda:InvokeFunction" in statement["Action"] and ":function:" in json.dumps(statement["Resource"])
    }

    [(role, resource)] = allowed
    assert role == "FunctionsRuntime"
    assert resource.endswith(':function:tastemaker-runtime:*"]]}')


def test_changes_of_resources_reach_one_function_until_they_are_told(assembly):
    [mapping] = assembly.properties("Lambda::EventSourceMapping")
    tables = {table["TableName"]: table for table in assembly.properties("DynamoDB::Table")}

    assert "TastemakerState" in str(mapping["EventSourceArn"])
    assert "Announcements" in str(mapping["FunctionName"])
    assert (mapping["StartingPosition"], mapping["BisectBatchOnFunctionError"]) == ("LATEST", True)
    assert "MaximumRetryAttempts" not in mapping  # until the stream forgets them, a day later
    assert {name for name, table in tables.items() if "StreamSpecification" in table} == {"tastemaker-resources"}

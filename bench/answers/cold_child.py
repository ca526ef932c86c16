"""A process that answers for the first time, step by step as the runtime function takes them; see cold_start.py.

Given: the moment of its start, a model's folder, its digest, and how many items it has. It prints milliseconds.
"""

import json
import sys
import time
from importlib import import_module

FORBIDDEN = {"scipy", "duckdb", "pandas", "moto"}
# In the order in which the handler's module comes to need them.
IMPORTED = {
    "import powertools": ("aws_lambda_powertools",),
    "import boto3, botocore": ("boto3", "boto3.s3.transfer"),
    "import numpy": ("numpy",),
    "import our modules": ("tastemaker.handlers.logs", "tastemaker.bootstrap"),
    "import our recipes": ("tastemaker.serving.model", "tastemaker.recipes.personal.personalizers"),
}
begun = [float(sys.argv[1])]
laps: dict[str, float] = {}


def lap(name: str) -> None:
    """Note how long it took to come here from the last lap."""
    laps[name] = (time.monotonic() - begun[0]) * 1e3
    begun[0] = time.monotonic()


def start() -> None:
    """Do what the handler's module does when it is imported, in parts."""
    for name, modules in IMPORTED.items():
        for module in modules:
            import_module(module)
        lap(name)
    import_module("tastemaker.bootstrap").operation_table("personalize-runtime")
    lap("import our operations")
    import_module("tastemaker.wire.models").api_model("personalize-runtime")
    lap("the API's model")
    for service, name in (("dynamodb", "DynamoDB's client"), ("s3", "S3's client")):
        import_module("tastemaker.store.clients").client(service, "us-east-1")
        lap(name)
    import_module("tastemaker.handlers.runtime")
    lap("the service")


def answer() -> None:
    """Answer twice."""
    handle = import_module("tastemaker.handlers.runtime").handle
    # Not part of a start: what stands for tables and buckets.
    stand_ins = import_module("cold_stand_ins")
    parts = stand_ins.install(*sys.argv[2:5])
    begun[0] = time.monotonic()
    for name in ("the first answer", "the second answer"):
        reply = handle(stand_ins.EVENT, stand_ins.CONTEXT)
        lap(name)
        laps.update({f"of it: {part}": value for part, value in parts.items()})
        if reply["statusCode"] != 200:
            raise SystemExit(reply)


lap("python")
start()
if loaded := {name.partition(".")[0] for name in sys.modules} & FORBIDDEN:
    raise SystemExit(f"the runtime function must not import {loaded}")
answer()
print(json.dumps(laps))

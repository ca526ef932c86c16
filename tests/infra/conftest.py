"""A synth for the whole suite: `app.py` as a newcomer runs it, with no node on PATH and layers not built."""

import pytest

from infra.node import choose_node
from tests.infra.assembly import ENDPOINTS, KEY, LOCAL, shared

# Before any test module imports aws_cdk.
choose_node()


@pytest.fixture(scope="session")
def assembly(tmp_path_factory):
    return shared(tmp_path_factory, "assembly")


@pytest.fixture(scope="session")
def containers_assembly(tmp_path_factory):
    """The app with containers for steps that outgrow a function."""
    return shared(tmp_path_factory, "containers", {"tastemaker:containers": 1})


@pytest.fixture(scope="session")
def spark_assembly(tmp_path_factory):
    """The app with Spark for imports that outgrow containers as well."""
    return shared(tmp_path_factory, "spark", LOCAL)


@pytest.fixture(scope="session")
def open_assembly(tmp_path_factory):
    """The app with pages of two origins let in, analysts who may only look, a dashboard, traces, and strict."""
    origins = ["https://shop.example", "http://localhost:*"]
    readers = ["arn:aws:iam::123456789012:role/analyst", "arn:aws:iam::123456789012:user/*"]
    given = {"cors_origins": origins, "read_only_principals": readers, "dashboard": 1, "strict": 1, "tracing": 1}
    return shared(tmp_path_factory, "open", {f"tastemaker:{name}": value for name, value in given.items()})


@pytest.fixture(scope="session")
def staged_assembly(tmp_path_factory):
    """The app as one of several stages: by a name of its own, with a setting of its own and one of all."""
    stages = {"shop-dev": {"answer_days": 0}, "shop-test": {"requests_per_second": 20}}
    given = {"name": "shop-test", "stages": stages, "quotas": {"campaigns": 7}}
    return shared(tmp_path_factory, "staged", {f"tastemaker:{name}": value for name, value in given.items()})


@pytest.fixture(scope="session")
def console_assembly(tmp_path_factory):
    """The app with a console, and a page of another origin that may call as well."""
    given = {"console": 1, "cors_origins": "https://shop.example", "kms_key_arn": KEY}
    return shared(tmp_path_factory, "console", {f"tastemaker:{name}": value for name, value in given.items()})


@pytest.fixture(scope="session")
def closed_assembly(tmp_path_factory):
    """The app for those who let nobody near: a key of their own on all that is theirs, containers' logs too, Spark, and
    an API that only two VPC endpoints reach."""
    given = {"private_api_vpc_endpoint": ENDPOINTS, "cors_origins": "https://shop.example", "kms_key_arn": KEY}
    given |= {"containers": 1, "spark": 1}
    return shared(tmp_path_factory, "closed", {f"tastemaker:{name}": value for name, value in given.items()})

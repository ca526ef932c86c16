"""Every grant of the templates has a use: something else in them asks for it, or a test of local mode needs it.

What functions ask for is judged while they run (`tests/permissions/needs.txt` names a test of each grant). The rest is
for what AWS does for them: who acts under a role, logs, traces, steps of state machines, the stream, the rule, the API,
containers, Spark.
"""

import pytest

from tests.infra.assembly import ROOT
from tests.permissions import needed, uses
from tests.permissions.grants import places, read


@pytest.mark.parametrize("use", uses.NAMES)
def test_what_aws_does_for_us_it_may_do(spark_assembly, open_assembly, use):
    chosen = open_assembly if use == "traces" else spark_assembly  # which has none
    needed = set(uses.of(chosen, use))

    assert needed
    assert needed - _granted(chosen) == set()


def test_every_grant_is_for_something_that_aws_does_or_a_test_needs(spark_assembly):
    by_aws = {str(grant) for use in uses.NAMES for grant in uses.of(spark_assembly, use)}

    assert {str(grant) for grant in _granted(spark_assembly)} - by_aws == set(needed.read())


def test_every_test_that_is_said_to_need_a_grant_is_there():
    for test in set(needed.read().values()):
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(), test


def _granted(assembly):
    return {place.grant for place in places(read(assembly.folder))}

"""The templates as they were reviewed: a change of infrastructure shows as a diff.

After a change that is meant: `RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest tests/infra/test_template_snapshots.py`,
then read the diff. Never edit a snapshot by hand.
"""

import json
import os
import re

import pytest

from tests.infra.assembly import ROOT, STACKS

SNAPSHOTS = ROOT / "tests" / "infra" / "snapshots"
RENEW = "RENEW_SNAPSHOTS"


@pytest.mark.parametrize("stack", STACKS)
def test_the_template_is_the_one_that_was_reviewed(assembly, stack):
    file = SNAPSHOTS / f"{stack}.json"
    template = _normalised(assembly.template(stack))
    if RENEW in os.environ:
        file.write_text(json.dumps(template, indent=1) + "\n")

    assert template == json.loads(file.read_text()), f"see how to renew snapshots in {__file__}"


def _normalised(template):
    """The template without what any change of code or definition alters: asset, version and deployment hashes."""
    text = json.dumps(template)
    text = re.sub(r"\b[0-9a-f]{64}\b", "<asset>", text)
    return json.loads(re.sub(r"((?:Deployment|CurrentVersion)[0-9A-F]{8})[0-9a-f]{32}", r"\1", text))

"""The fixture in somebody else's project."""

import subprocess
import sys

TESTS = """
import os
import sys

def test_a_client_of_the_fixture_reaches_tastemaker(tastemaker, tastemaker_endpoint):
    assert tastemaker.client("personalize").list_dataset_groups()["datasetGroups"] == []
    assert tastemaker.endpoint_url == tastemaker_endpoint
"""
NOT_USING_IT = """
import sys

def test_nothing_is_imported_for_a_project_that_does_not_use_it():
    assert not {"moto", "boto3", "tastemaker_local.service"} & set(sys.modules)
"""


def _pytest(folder, content):
    (folder / "test_theirs.py").write_text(content)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own


def test_a_project_gets_a_service_of_its_own(tmp_path):
    done = _pytest(tmp_path, TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_project_that_does_not_use_it_pays_nothing(tmp_path):
    done = _pytest(tmp_path, NOT_USING_IT)

    assert done.returncode == 0, done.stdout + done.stderr

"""Quotas: AWS's defaults, and what a deployment may change."""

from pathlib import Path

import pytest

from tastemaker.config import Config, environment
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.domain.resources.quotas import QUOTAS, BadQuota, Quotas

REQUIRED = ("AWS_REGION", "TASTEMAKER_ACCOUNT", "TASTEMAKER_PARTITION", "TASTEMAKER_RESOURCES_TABLE")


def test_without_a_word_of_the_deployment_the_defaults_hold():
    quotas = Quotas.from_json("")

    assert (quotas["dataset-groups"], quotas["schemas"], quotas["campaigns"], quotas["tags"]) == (5, 500, 5, 50)


def test_a_deployment_changes_some_and_keeps_the_others():
    quotas = Quotas.from_json(Quotas.of({"dataset-groups": 20}).to_json())

    assert (quotas["dataset-groups"], quotas["schemas"]) == (20, 500)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"dataset-group": 1}', "there is no quota 'dataset-group'; the quotas are dataset-groups, schemas"),
        ('{"schemas": 0}', "the quota schemas must be a whole number from 1 up, not 0"),
        ('{"schemas": "many"}', "not 'many'"),
        ('{"schemas": true}', "not True"),
        ("[1]", "quotas must be a JSON object such as"),
        ("schemas=5", "quotas must be a JSON object such as"),
    ],
)
def test_a_quota_that_makes_no_sense_is_refused_with_the_rule(text, told):
    with pytest.raises(BadQuota, match=r".") as refused:
        Quotas.from_json(text)

    assert told in str(refused.value)


def test_every_quota_that_counts_resources_names_a_kind_and_a_member_that_it_has():
    assert {quota.kind for quota in QUOTAS.values()} - {""} <= set(KINDS)
    assert {quota.within for quota in QUOTAS.values()} == {"", "datasetGroupArn"}


def test_the_page_on_quotas_lists_them_with_their_defaults():
    page = (Path(__file__).parents[4] / "docs" / "quotas.md").read_text()

    listed = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| `")]
    assert listed == [[f"| `{name}`", str(quota.default)] for name, quota in QUOTAS.items()]


def test_the_environment_carries_quotas_into_the_configuration():
    here = dict.fromkeys(REQUIRED, "x") | {"TASTEMAKER_QUOTAS": '{"campaigns": 7}'}
    token = environment.set(here)

    try:
        quotas = Config.from_env().quotas
    finally:
        environment.reset(token)

    assert quotas["campaigns"] == 7

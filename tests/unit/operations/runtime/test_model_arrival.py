"""Campaigns whose model's files are not what was trained: refused when deployed, and where they arrive later."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.histories import shop

CONFIG = {"enableMetadataWithRecommendations": True}


@pytest.fixture
def versions(build):
    """Two versions of one solution that recommend different items."""
    group = build.group()
    dataset, trained = build.dataset(group), []
    build.imported(build.dataset(group, "Items"), "ITEM_ID,GENRE\ni1,a\nj1,b\n")
    solution = build.solution(group, performAutoTraining=False)
    for letter in "ij":
        build.imported(dataset, shop().replace(",i", f",{letter}"))
        trained.append(build.version(solution))
    return trained


@pytest.fixture
def update(personalize, world):
    """Update a campaign, and return what became of it."""

    def update(campaign: str, version: str) -> dict:
        personalize.update_campaign(campaignArn=campaign, solutionVersionArn=version, campaignConfig=CONFIG)
        world.run()
        return personalize.describe_campaign(campaignArn=campaign)["campaign"]

    return update


def damage(world, version: str) -> None:
    """Change one byte of one file."""
    prefix = world.resources.get(version)["_artifact"]["prefix"]
    key = f"{prefix}item_ids.npy"
    body = world.objects.read("models", key)
    world.objects.write("models", key, body[:-1] + bytes([body[-1] ^ 1]))


def letters(clients, campaign: str) -> set[str]:
    reply = clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1")
    return {item["itemId"][0] for item in reply["itemList"]}


def test_an_update_to_damaged_files_fails_by_name_and_the_old_version_answers(build, clients, versions, update, world):
    campaign = build.campaign(versions[0])
    damage(world, versions[1])

    described = update(campaign, versions[1])

    assert described["latestCampaignUpdate"]["status"] == "CREATE FAILED"
    assert "item_ids.npy has SHA-256" in described["latestCampaignUpdate"]["failureReason"]
    assert (described["status"], described["solutionVersionArn"]) == ("ACTIVE", versions[0])
    assert letters(clients, campaign) == {"i"}


def test_a_process_that_the_new_model_does_not_reach_whole_answers_as_before(build, clients, versions, update, world):
    campaign = build.campaign(versions[0])
    update(campaign, versions[1])
    damage(world, versions[1])

    here = letters(clients, campaign)
    world.cold_start()
    elsewhere = letters(clients, campaign)
    with pytest.raises(ClientError) as configured:
        clients.personalize_runtime.get_recommendations(
            campaignArn=campaign, userId="u1", metadataColumns={"ITEMS": ["GENRE"]}
        )

    assert (here, elsewhere) == ({"j"}, {"i"})
    assert "enableMetadataWithRecommendations is not set" in str(configured.value)


def test_a_first_model_that_does_not_arrive_is_our_fault(build, clients, versions, world):
    campaign = build.campaign(versions[0])
    damage(world, versions[0])
    world.cold_start()

    with pytest.raises(ClientError) as failed:
        letters(clients, campaign)

    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500

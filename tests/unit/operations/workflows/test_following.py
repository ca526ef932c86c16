"""Campaigns that follow their solution to its newest version."""

import pytest

SYNC = {"syncWithLatestSolutionVersion": True}


@pytest.fixture
def solution(build, once):
    return once(lambda: trained(build))


def trained(build):
    """Make a solution with one trained version, on manual training."""
    group = build.stocked()
    arn = build.solution(group, performAutoTraining=False)
    build.version(arn)
    return arn


@pytest.fixture
def campaign(build, solution):
    return build.campaign(f"{solution}/$LATEST", campaignConfig=SYNC)


@pytest.fixture
def describe(personalize):
    return lambda arn: personalize.describe_campaign(campaignArn=arn)["campaign"]


@pytest.fixture
def train(personalize, solution):
    """Asks for a version; nothing is run yet."""
    return lambda: personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]


def test_a_campaign_that_syncs_serves_each_new_version(clients, build, solution, campaign, describe):
    before = describe(campaign)

    version = build.version(solution)

    after = describe(campaign)
    assert "latestCampaignUpdate" not in before
    assert before["solutionVersionArn"] != after["solutionVersionArn"] == version
    assert (after["status"], after["latestCampaignUpdate"]["status"]) == ("ACTIVE", "ACTIVE")
    assert after["latestCampaignUpdate"]["solutionVersionArn"] == version
    assert after["campaignConfig"] == SYNC
    assert clients.personalize_runtime.get_recommendations(campaignArn=campaign, userId="u1")["itemList"]


def test_the_old_version_serves_until_the_new_one_is_verified(world, personalize, solution, campaign, describe):
    old = describe(campaign)["solutionVersionArn"]
    personalize.create_solution_version(solutionArn=solution)
    world.run_one()

    under_way = describe(campaign)
    assert (under_way["status"], under_way["solutionVersionArn"]) == ("ACTIVE", old)
    assert under_way["latestCampaignUpdate"]["status"] == "CREATE PENDING"


def test_a_campaign_that_does_not_sync_stays(build, solution, describe):
    fixed = build.campaign(f"{solution}/$LATEST")
    before = describe(fixed)

    build.version(solution)

    assert describe(fixed) == before


@pytest.mark.parametrize("end", ["CREATE FAILED", "CREATE STOPPED"])
def test_a_training_that_did_not_succeed_changes_nothing(world, train, campaign, describe, end):
    before = describe(campaign)
    version = train()
    world.workflows.started.clear()
    world.resources.update(version, {"status": end})

    assert world.look() == []
    assert describe(campaign) == before


def test_a_campaign_that_was_busy_follows_at_the_next_look(world, personalize, train, campaign, describe):
    personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=3)
    under_way = world.workflows.started.pop()
    version = train()
    world.run()
    busy = describe(campaign)
    world.workflows.started.append(under_way)
    world.run()

    started = world.look()

    assert busy["latestCampaignUpdate"]["minProvisionedTPS"] == 3
    assert started == [campaign]
    assert (describe(campaign)["solutionVersionArn"], describe(campaign)["minProvisionedTPS"]) == (version, 3)
    assert world.look() == []


def test_an_update_whose_start_was_lost_is_started(world, personalize, campaign, describe):
    personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=3)
    world.forget_starts()
    world.now += 61

    world.look()

    assert describe(campaign)["minProvisionedTPS"] == 3


def test_a_version_that_cannot_be_deployed_is_not_tried_for_ever(world, train, campaign, describe):
    served = describe(campaign)["solutionVersionArn"]
    version = train()
    world.run_one()
    prefix = world.resources.get(version)["_artifact"]["prefix"]
    world.objects.objects["models", f"{prefix}item_ids.npy"] += b"x"
    world.run()
    failed = describe(campaign)

    assert (failed["status"], failed["solutionVersionArn"]) == ("ACTIVE", served)
    assert failed["latestCampaignUpdate"]["status"] == "CREATE FAILED"
    assert "SHA-256" in failed["latestCampaignUpdate"]["failureReason"]
    assert world.look() == []
    newer = train()
    world.run()
    assert describe(campaign)["solutionVersionArn"] == newer


def test_a_deleted_campaign_follows_nothing(world, personalize, build, solution, campaign):
    personalize.delete_campaign(campaignArn=campaign)

    build.version(solution)

    assert world.look() == []
    assert personalize.list_campaigns()["campaigns"] == []


def test_a_campaign_that_syncs_deploys_no_version_of_its_own(personalize, build, solution, campaign, describe):
    old = describe(campaign)["solutionVersionArn"]
    build.version(solution)

    with pytest.raises(personalize.exceptions.InvalidInputException, match="syncWithLatestSolutionVersion"):
        personalize.update_campaign(campaignArn=campaign, solutionVersionArn=old)


def test_a_campaign_can_stop_following(world, personalize, train, campaign, describe):
    old, new = describe(campaign)["solutionVersionArn"], train()
    world.run()

    personalize.update_campaign(campaignArn=campaign, solutionVersionArn=old, campaignConfig={})
    world.run()

    assert new != old == describe(campaign)["solutionVersionArn"]
    assert world.look() == []


def test_a_campaign_can_begin_to_follow(world, personalize, build, solution, describe):
    fixed = build.campaign(f"{solution}/$LATEST")
    version = build.version(solution)

    personalize.update_campaign(campaignArn=fixed, campaignConfig=SYNC, solutionVersionArn=f"{solution}/$LATEST")
    world.run()

    assert (describe(fixed)["solutionVersionArn"], describe(fixed)["campaignConfig"]) == (version, SYNC)
    assert build.version(solution) == describe(fixed)["solutionVersionArn"]


def test_what_a_caller_asks_for_at_the_same_moment_is_not_lost(world, personalize, build, solution, describe):
    campaign = build.campaign(f"{solution}/$LATEST")
    version = build.version(solution)
    world.resources.update(campaign, {"campaignConfig": SYNC})
    world.meanwhile(lambda: personalize.update_campaign(campaignArn=campaign, minProvisionedTPS=3))

    world.look()

    assert describe(campaign)["minProvisionedTPS"] == 3
    assert world.look() == [campaign]
    assert (describe(campaign)["solutionVersionArn"], describe(campaign)["minProvisionedTPS"]) == (version, 3)

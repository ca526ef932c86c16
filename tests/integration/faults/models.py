"""Jobs on models: trainings, campaigns, recommenders, batch and segment jobs, and the look for what is due."""

import json
from contextlib import suppress

from botocore.exceptions import ClientError

from tests.integration.faults.machine import EVENT, GROUP, OLD
from tests.integration.faults.stage import CALLERS, HOME, ROLE, SETTLED

WATCHED = {**EVENT, "EVENT_TYPE": "string"}
SOLUTION, CAMPAIGN, RECOMMENDER = f"{HOME}:solution/taste", f"{HOME}:campaign/shelf", f"{HOME}:recommender/films"
_USE_CASE = "arn:aws:personalize:::recipe/aws-vod-most-popular"
# Days so short that a training is due at once.
_SOON = 1e-6
LATER = OLD + "".join(f"reader-{n},book-new,{1_800_000_000 + n}\n" for n in range(60))
WATCHING = "\n".join(
    f"{line},{'EVENT_TYPE' if not number else 'Watch'}" for number, line in enumerate(OLD.splitlines())
)


def solution(stage, **config):
    stage.personalize.create_solution(
        name="taste",
        datasetGroupArn=GROUP,
        recipeArn=stage.machine.recipe,
        performAutoTraining=bool(config),
        **config,
    )
    stage.until_active("describe_solution", "solution", SOLUTION)


def train(stage, name):
    """Train a version; of those that one name has had the last, for each call makes one."""
    made = stage.personalize.create_solution_version(solutionArn=SOLUTION)
    stage.versions[name] = made["solutionVersionArn"]


def until_trained(stage, name):
    train(stage, name)
    stage.until_active("describe_solution_version", "solutionVersion", stage.versions[name])


def trained(stage):
    solution(stage)
    until_trained(stage, "first")


def versions(stage):
    """Return all versions, the oldest first."""
    listed = stage.personalize.list_solution_versions(solutionArn=SOLUTION)["solutionVersions"]
    return sorted(listed, key=lambda row: row["creationDateTime"])


def version(stage, name):
    """Return a version once all of them have ended."""
    unsettled = [row for row in versions(stage) if row["status"] not in SETTLED]
    arn = unsettled[0]["solutionVersionArn"] if unsettled else stage.versions[name]
    return stage.personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]


def metrics(stage):
    """Return what the tested version tells; nothing unless it is ACTIVE."""
    with suppress(ClientError):
        return stage.personalize.get_solution_metrics(solutionVersionArn=stage.versions.get("tested", SOLUTION))[
            "metrics"
        ]
    return {}


def answers(**whom):
    """Return what one user is answered, or that nothing answers."""

    def seen(stage):
        try:
            items = stage.runtime.get_recommendations(userId="reader-1", numResults=5, **whom)["itemList"]
        except ClientError:
            return "no answer"
        return [item["itemId"] for item in items]

    return seen


def deploy(stage, _name):
    stage.personalize.create_campaign(name="shelf", solutionVersionArn=stage.versions["first"])


def two_versions(stage):
    trained(stage)
    deploy(stage, "")
    stage.until_active("describe_campaign", "campaign", CAMPAIGN)
    _import_later(stage)
    until_trained(stage, "second")


def update(stage, name):
    """Let the campaign serve the second version; further on the one that it does not serve."""
    is_first = name == "tested" or _campaign(stage)["solutionVersionArn"] == stage.versions["first"]
    arn = stage.versions["second" if is_first else "first"]
    errors = stage.personalize.exceptions  # of a second call where the first one took effect
    with suppress(errors.ResourceInUseException, errors.InvalidInputException):
        stage.personalize.update_campaign(campaignArn=CAMPAIGN, solutionVersionArn=arn)


def updated(stage, _name):
    return _campaign(stage).get("latestCampaignUpdate") or {"status": "none"}


def served(stage):
    campaign = _campaign(stage)
    return campaign["status"], campaign["solutionVersionArn"], answers(campaignArn=CAMPAIGN)(stage)


def made_again(ask, delete):
    """Delete what was tested, and make the same again under its name."""

    def further(stage):
        delete(stage)
        ask(stage, "tested")
        return "tested"

    return further


def without(operation, member, arn):
    def delete(stage):
        getattr(stage.personalize, f"delete_{operation}")(**{f"{member}Arn": arn})
        stage.until_gone(f"describe_{operation}", member, arn)

    return delete


def recommend(stage, _name):
    stage.personalize.create_recommender(name="films", datasetGroupArn=GROUP, recipeArn=_USE_CASE)


def batch(stage, name):
    stage.personalize.create_batch_inference_job(**_lines(stage, name))


def segment(stage, name):
    stage.personalize.create_batch_segment_job(**_lines(stage, name))


def _lines(stage, name):
    paths = {"path": f"s3://{CALLERS}/questions.json"}, {"path": f"s3://{CALLERS}/out/{name}/"}
    places = {"jobInput": {"s3DataSource": paths[0]}, "jobOutput": {"s3DataDestination": paths[1]}}
    own = {"jobName": name, "solutionVersionArn": stage.versions["first"], "roleArn": ROLE, "numResults": 5}
    return own | places


def desks(stage):
    return stage.folders("jobs/")


def due(stage):
    """Prepare a solution that trains by itself, has new data to learn from, and a campaign that follows it."""
    solution(stage, solutionConfig={"autoTrainingConfig": {"schedulingExpression": "rate(1 days)"}})
    until_trained(stage, "first")
    stage.personalize.create_campaign(
        name="shelf", solutionVersionArn=f"{SOLUTION}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True}
    )
    stage.until_active("describe_campaign", "campaign", CAMPAIGN)
    _import_later(stage)


def look(stage, name):
    stage.start("schedule", json.dumps({"day": _SOON, "training": True}), name)


def looked(stage, _name):
    """Return how what it began has ended, the newest of each: a look has no record of its own."""
    began = [versions(stage)[-1], updated(stage, "")]
    if not {each["status"] for each in began} <= {"ACTIVE", "CREATE FAILED", "none"}:
        return {"status": "CREATE IN_PROGRESS"}
    return next((each for each in began if each["status"] == "CREATE FAILED"), {"status": "ACTIVE"})


def newest(stage):
    """Return how many versions there are, whether the newest one serves, and its answers."""
    active = [row["solutionVersionArn"] for row in versions(stage) if row["status"] == "ACTIVE"]
    return len(active), _campaign(stage)["solutionVersionArn"] == active[-1], answers(campaignArn=CAMPAIGN)(stage)


def begun(before, after):
    """Return what may be seen of a look that has not done all: a new version that is not served yet."""
    return [before, after, (after[0], False, before[2])]


def look_again(stage):
    """Look once more; an update that failed before is its owner's, who asks for it again."""
    look(stage, "further")
    if stage.settled("further")["status"] == "CREATE FAILED":
        stage.personalize.update_campaign(campaignArn=CAMPAIGN, solutionVersionArn=f"{SOLUTION}/$LATEST")
    return "further"


def _campaign(stage):
    return stage.personalize.describe_campaign(campaignArn=CAMPAIGN)["campaign"]


def _import_later(stage):
    stage.imports("later", "FULL")
    stage.until_active("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/later")

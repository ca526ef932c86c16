"""The machines whose calls are made to fail: how each one's job is asked for, and what others then see of it."""

import hashlib
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product

from botocore.exceptions import ClientError

from tests.integration.client import readings
from tests.integration.faults.stage import CALLERS, HOME, ROLE, SETTLED, Stage

_EVENT = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
_WATCHED = {**_EVENT, "EVENT_TYPE": "string"}
_ITEM = {"ITEM_ID": "string", "PRICE": "float"}
_RECIPE = "arn:aws:personalize:::recipe/aws-popularity-count"
_USE_CASE = "arn:aws:personalize:::recipe/aws-vod-most-popular"
_DATASET, _GROUP = f"{HOME}:dataset/shop", f"{HOME}:dataset-group/shop"
_SOLUTION, _CAMPAIGN = f"{HOME}:solution/taste", f"{HOME}:campaign/shelf"
# Days so short that a training is due at once.
_SOON = 1e-6


def _csv(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


_OLD = readings()
_LATER = _OLD + "".join(f"reader-{n},book-new,{1_800_000_000 + n}\n" for n in range(60))
_WATCHING = "\n".join(
    f"{line},{'EVENT_TYPE' if not number else 'Watch'}" for number, line in enumerate(_OLD.splitlines())
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is done through the API, in functions of a stage and the name of a job.

    `told` returns the job's record as callers see it, `seen` everything else that anybody sees. `further` is one try
    more, whatever has become of the tested one. `left` names what is stored and nobody's. With `by_looks` what
    one look has not done is the next one's. `after_failure` returns what may be seen then, of what is seen without the
    job and with it: what a job leaves may be whole, and there, before its record says so.
    """

    ask: Callable[[Stage, str], object]
    told: Callable[[Stage, str], dict]
    seen: Callable[[Stage], object]
    further: Callable[[Stage], str]
    prepare: Callable[[Stage], object] = lambda _: None
    left: Callable[[Stage], set] = lambda _: set()
    by_looks: bool = False
    after_failure: Callable[[object, object], list] = lambda before, _: [before]
    type: str = "Interactions"
    fields: dict = field(default_factory=lambda: _EVENT)
    files: dict = field(default_factory=lambda: {"first": _OLD})
    domain: str = ""
    cases: str = ""  # only calls with this in their names: others are another machine's, too
    fails: bool = False  # it is what comes of it without any fault


def _described(operation, member, arn):
    """Return what tells of a job."""
    return lambda stage, name: getattr(stage.personalize, operation)(**{f"{member}Arn": arn.format(name)})[member]


def _next(ask):
    """Ask for one more of another name."""

    def further(stage):
        ask(stage, "further")
        return "further"

    return further


def _import(mode):
    return lambda stage, name: stage.imports(name, "FULL" if name != "tested" else mode)


def _snapshot(stage):
    """Return the manifest of what the dataset reads now, without times, once all its parts are found whole."""
    manifest = json.loads(stage.read(stage.record(stage.dataset)["_snapshot"]))
    for part in manifest["parts"]:
        found = hashlib.sha256(stage.read(part["key"])).hexdigest()
        assert found == part["sha256"], f"{part['key']} is not what its manifest says"
    return {name: value for name, value in manifest.items() if name != "imports"}


def _unread(stage):
    return stage.folders("snapshots/") - {_snapshot(stage)["snapshot"]}


def _imports(mode, *, type_="Interactions", fields=_EVENT, old, new, **more):
    ask = _import(mode)
    return Machine(
        ask=ask,
        told=_described("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/{{}}"),
        seen=_snapshot,
        further=_next(ask),
        left=_unread,
        type=type_,
        fields=fields,
        files={"first": old, "tested": new, "further": old},
        **more,
    )


def _large():
    """Return more rows than S3 takes at once when they are Parquet: nothing in them repeats."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    return _csv(
        _EVENT, [(*(f"{chance.getrandbits(64):x}" for _ in "ui"), chance.getrandbits(31)) for _ in range(500_000)]
    )


_FEW = _csv(_EVENT, [(f"u{n % 7}", f"i{n % 5}", n) for n in range(40)])
_MORE = _csv(_EVENT, [(f"u{n % 8}", f"i{n % 9}", n) for n in range(60)])


def _solution(stage, **config):
    stage.personalize.create_solution(
        name="taste", datasetGroupArn=_GROUP, recipeArn=_RECIPE, performAutoTraining=bool(config), **config
    )
    stage.until_active("describe_solution", "solution", _SOLUTION)


def _train(stage, name):
    """Train a version; of those that one name has had the last, for each call makes one."""
    made = stage.personalize.create_solution_version(solutionArn=_SOLUTION)
    stage.versions[name] = made["solutionVersionArn"]


def _until_trained(stage, name):
    _train(stage, name)
    stage.until_active("describe_solution_version", "solutionVersion", stage.versions[name])


def _trained(stage):
    _solution(stage)
    _until_trained(stage, "first")


def _versions(stage):
    return stage.personalize.list_solution_versions(solutionArn=_SOLUTION)["solutionVersions"]


def _version(stage, name):
    """Return a version once all of them have ended."""
    unsettled = [row for row in _versions(stage) if row["status"] not in SETTLED]
    arn = unsettled[0]["solutionVersionArn"] if unsettled else stage.versions[name]
    return stage.personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]


def _metrics(stage):
    """Return what the tested version tells; nothing unless it is ACTIVE."""
    with suppress(ClientError):
        return stage.personalize.get_solution_metrics(solutionVersionArn=stage.versions.get("tested", _SOLUTION))[
            "metrics"
        ]
    return {}


def _answers(**whom):
    """Return what one user is answered, or that nothing answers."""

    def seen(stage):
        try:
            items = stage.runtime.get_recommendations(userId="reader-1", numResults=5, **whom)["itemList"]
        except ClientError:
            return "no answer"
        return [item["itemId"] for item in items]

    return seen


def _deploy(stage, _name):
    stage.personalize.create_campaign(name="shelf", solutionVersionArn=stage.versions["first"])


def _two_versions(stage):
    _trained(stage)
    _deploy(stage, "")
    stage.until_active("describe_campaign", "campaign", _CAMPAIGN)
    stage.imports("later", "FULL")
    stage.until_active("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/later")
    _until_trained(stage, "second")


def _update(stage, name):
    """Let the campaign serve the second version; further on the one that it does not serve."""
    campaign = stage.personalize.describe_campaign(campaignArn=_CAMPAIGN)["campaign"]
    is_first = name == "tested" or campaign["solutionVersionArn"] == stage.versions["first"]
    version = stage.versions["second" if is_first else "first"]
    errors = stage.personalize.exceptions  # of a second call where the first one took effect
    with suppress(errors.ResourceInUseException, errors.InvalidInputException):
        stage.personalize.update_campaign(campaignArn=_CAMPAIGN, solutionVersionArn=version)


def _updated(stage, _name):
    campaign = stage.personalize.describe_campaign(campaignArn=_CAMPAIGN)["campaign"]
    return campaign.get("latestCampaignUpdate") or {"status": "none"}


def _served(stage):
    campaign = stage.personalize.describe_campaign(campaignArn=_CAMPAIGN)["campaign"]
    return campaign["status"], campaign["solutionVersionArn"], _answers(campaignArn=_CAMPAIGN)(stage)


def _made_again(ask, delete):
    """Delete what was tested, and make the same again under its name."""

    def further(stage):
        delete(stage)
        ask(stage, "tested")
        return "tested"

    return further


def _without(operation, member, arn):
    def delete(stage):
        getattr(stage.personalize, f"delete_{operation}")(**{f"{member}Arn": arn})
        stage.until_gone(f"describe_{operation}", member, arn)

    return delete


_RECOMMENDER = f"{HOME}:recommender/films"


def _recommend(stage, _name):
    stage.personalize.create_recommender(name="films", datasetGroupArn=_GROUP, recipeArn=_USE_CASE)


def _export(stage, name):
    output = {"s3DataDestination": {"path": f"s3://{CALLERS}/out/"}}
    stage.personalize.create_dataset_export_job(
        jobName=name, datasetArn=stage.dataset, ingestionMode="ALL", roleArn=ROLE, jobOutput=output
    )


def _files(stage):
    """Return every file that callers find, by name; batch jobs leave a probe without content."""
    found = stage.s3.list_objects_v2(Bucket=CALLERS, Prefix="out/").get("Contents", [])
    bodies = {each["Key"]: stage.read(each["Key"], CALLERS) for each in found}
    return {key: hashlib.sha256(body).hexdigest() for key, body in bodies.items() if body and "further" not in key}


def _recorded(stage):
    """Let two users read one more book, beside what was imported."""
    tracker = stage.personalize.create_event_tracker(name="live", datasetGroupArn=_GROUP)
    stage.until_active("describe_event_tracker", "eventTracker", tracker["eventTrackerArn"])
    event = {"eventType": "read", "sentAt": 1_750_000_000, "itemId": "book-1"}
    for user in ("reader-1", "reader-2"):
        stage.events.put_events(trackingId=tracker["trackingId"], userId=user, sessionId="s", eventList=[event])


def _delete(stage, name):
    stage.personalize.create_data_deletion_job(
        jobName=name, datasetGroupArn=_GROUP, dataSource={"dataLocation": f"s3://{CALLERS}/gone.csv"}, roleArn=ROLE
    )


def _kept(stage):
    """Return what is left of all users, and how much the job says that it has removed."""
    parts = [part["sha256"] for part in _snapshot(stage)["parts"]]
    events = sum("reader-" in json.dumps(item) for item in stage.items("tastemaker-events"))
    return parts, events


def _batch(stage, name):
    paths = {"path": f"s3://{CALLERS}/questions.json"}, {"path": f"s3://{CALLERS}/out/{name}/"}
    stage.personalize.create_batch_inference_job(
        jobName=name,
        solutionVersionArn=stage.versions["first"],
        roleArn=ROLE,
        numResults=5,
        jobInput={"s3DataSource": paths[0]},
        jobOutput={"s3DataDestination": paths[1]},
    )


def _desks(stage):
    return stage.folders("jobs/")


def _due(stage):
    """Prepare a solution that trains by itself, has new data to learn from, and a campaign that follows it."""
    _solution(stage, solutionConfig={"autoTrainingConfig": {"schedulingExpression": "rate(1 days)"}})
    _until_trained(stage, "first")
    stage.personalize.create_campaign(
        name="shelf", solutionVersionArn=f"{_SOLUTION}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True}
    )
    stage.until_active("describe_campaign", "campaign", _CAMPAIGN)
    stage.imports("later", "FULL")
    stage.until_active("describe_dataset_import_job", "datasetImportJob", f"{HOME}:dataset-import-job/later")


def _look(stage, name):
    stage.start("schedule", json.dumps({"day": _SOON, "training": True}), name)


def _looked(stage, _name):
    """Return ACTIVE once nothing is under way: a look has no record of its own."""
    statuses = {row["status"] for row in _versions(stage)} | {_updated(stage, "").get("status", "ACTIVE")}
    return {"status": "ACTIVE" if statuses <= {"ACTIVE", "none", "CREATE FAILED"} else "CREATE IN_PROGRESS"}


def _newest(stage):
    """Return how many versions there are, whether the newest one serves, and its answers."""
    campaign = stage.personalize.describe_campaign(campaignArn=_CAMPAIGN)["campaign"]
    trained = [row for row in _versions(stage) if row["status"] == "ACTIVE"]
    newest = max(trained, key=lambda row: row["creationDateTime"])["solutionVersionArn"]
    # One that could not take a version says so, and is its owner's.
    has_failed = (campaign.get("latestCampaignUpdate") or {}).get("failureReason")
    return (
        len(trained),
        bool(has_failed) or campaign["solutionVersionArn"] == newest,
        _answers(campaignArn=_CAMPAIGN)(stage),
    )


MACHINES = {
    "import-full": _imports("FULL", old=_FEW, new=_MORE),
    "import-incremental": _imports(
        "INCREMENTAL",
        type_="Items",
        fields=_ITEM,
        old=_csv(_ITEM, [(f"i{n}", n) for n in range(20)]),
        new=_csv(_ITEM, [(f"i{n}", -n) for n in range(10, 30)]),
    ),
    "import-large": _imports("FULL", old=_FEW, new=_large, cases="Part"),
    "import-refused": _imports("FULL", old=_FEW, new=_MORE + "u1,i1,tomorrow\n", fails=True),
    "training": Machine(ask=_train, told=_version, seen=_metrics, further=_next(_train), prepare=_solution),
    "campaign": Machine(
        ask=_deploy,
        told=_described("describe_campaign", "campaign", _CAMPAIGN),
        seen=_answers(campaignArn=_CAMPAIGN),
        further=_made_again(_deploy, _without("campaign", "campaign", _CAMPAIGN)),
        prepare=_trained,
    ),
    "campaign-update": Machine(
        ask=_update,
        told=_updated,
        seen=_served,
        further=_next(_update),
        prepare=_two_versions,
        files={"first": _OLD, "later": _LATER},
    ),
    "recommender": Machine(
        ask=_recommend,
        told=_described("describe_recommender", "recommender", _RECOMMENDER),
        seen=_answers(recommenderArn=_RECOMMENDER),
        further=_made_again(_recommend, _without("recommender", "recommender", _RECOMMENDER)),
        fields=_WATCHED,
        files={"first": _WATCHING},
        domain="VIDEO_ON_DEMAND",
    ),
    "deletion": Machine(
        ask=_delete,
        told=_described("describe_data_deletion_job", "dataDeletionJob", f"{HOME}:data-deletion-job/{{}}"),
        seen=_kept,
        further=_next(_delete),
        prepare=_recorded,
        left=_unread,
        # Users may have left their dataset, and their events not yet.
        after_failure=lambda *both: list(product(*zip(*both, strict=True))),
        files={"first": _OLD, "gone": "USER_ID\nreader-1\nreader-5\n"},
    ),
    "export": Machine(
        ask=_export,
        told=_described("describe_dataset_export_job", "datasetExportJob", f"{HOME}:dataset-export-job/{{}}"),
        seen=_files,
        further=_next(_export),
        prepare=_recorded,
        after_failure=lambda before, after: [before, after],
    ),
    "batch": Machine(
        ask=_batch,
        told=_described("describe_batch_inference_job", "batchInferenceJob", f"{HOME}:batch-inference-job/{{}}"),
        seen=_files,
        further=_next(_batch),
        prepare=_trained,
        left=_desks,
        after_failure=lambda before, after: [before, after],
        files={"first": _OLD, "questions": "".join(f'{{"userId": "reader-{n}"}}\n' for n in range(20))},
    ),
    "schedule": Machine(
        ask=_look,
        told=_looked,
        seen=_newest,
        further=_next(_look),
        prepare=_due,
        by_looks=True,
        files={"first": _OLD, "later": _LATER},
    ),
}

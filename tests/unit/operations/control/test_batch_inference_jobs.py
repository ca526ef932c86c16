"""Batch inference jobs through a real boto3 client, and their work on stores that are dictionaries."""

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.batch import parts, steps
from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.errors import code, message
from tests.unit.operations.purchases import EVENT_TYPE, ITEM_FIELDS, interactions, items

ROLE = "arn:aws:iam::123456789012:role/personalize"
INPUT = {"s3DataSource": {"path": "s3://bucket/in/"}}
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}
DRAMA = "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)"
NOT_BOUGHT = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")'


def stocked(build, personalize):
    """Make a dataset group with data, and a tracker."""
    group = build.group()
    for type_, text, fields in (("Interactions", interactions(), (EVENT_TYPE,)), ("Items", items(), ITEM_FIELDS)):
        schema = build.schema(type_, *fields)
        made = personalize.create_dataset(name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=schema)
        build.world.run()
        build.imported(made["datasetArn"], text)
    return group, build.tracker(group)


@pytest.fixture
def shop(build, clients, personalize, world, once):
    """What is stocked; versions, filters, campaigns and jobs of it on demand."""
    group, tracker = once(lambda: stocked(build, personalize))

    def version(recipe="aws-popularity-count"):
        return build.version(build.solution(group, recipe))

    def filtered_by(expression, *, of=group):
        made = personalize.create_filter(name=build.name(), datasetGroupArn=of, filterExpression=expression)
        world.run()
        return made["filterArn"]

    def create(version_arn, **members):
        given = {"jobName": build.name(), "jobInput": INPUT, "jobOutput": OUTPUT, "roleArn": ROLE, **members}
        return personalize.create_batch_inference_job(solutionVersionArn=version_arn, **given)["batchInferenceJobArn"]

    def put(key, *lines):
        world.objects.write("bucket", key, "\n".join(map(json.dumps, lines)).encode())

    def run(version_arn, **members):
        arn = create(version_arn, **members)
        world.run()
        return personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]

    def answers(key="out/lines.json.out"):
        return [json.loads(line) for line in world.objects.read("bucket", key).splitlines()]

    def happened(user, item, type_="view"):
        event = {"eventType": type_, "sentAt": 1_750_000_000, "itemId": item}
        clients.personalize_events.put_events(trackingId=tracker, userId=user, sessionId="s", eventList=[event])

    parts = (group, version, filtered_by, create, put, run, answers, happened)
    names = ("group", "version", "filtered_by", "create", "put", "run", "answers", "happened")
    return SimpleNamespace(**dict(zip(names, parts, strict=True)))


def refused(call, *arguments, **members):
    with pytest.raises(ClientError) as error:
        call(*arguments, **members)
    return code(error), message(error)


def found(reply, member="itemList"):
    """Return a runtime reply as batch output has it."""
    scores = [item.get("score") for item in reply[member]]
    ids = {"recommendedItems": [item["itemId"] for item in reply[member]]}
    return ids if set(scores) == {None} else {**ids, "scores": scores}


def test_a_job_lives_as_every_job_does(world, personalize, shop):
    version = shop.version()
    shop.put("in/lines.json", {"userId": "u1"})
    arn = shop.create(version, jobName="night", tags=[{"tagKey": "team", "tagValue": "a"}])
    before = personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]

    world.run()

    after = personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
    times = {key: after.pop(key) for key in ("creationDateTime", "lastUpdatedDateTime")}
    assert arn == NOWHERE + "batch-inference-job/night"
    assert before["status"] == "CREATE PENDING"
    assert times["creationDateTime"] < times["lastUpdatedDateTime"]
    assert after == {
        "jobName": "night",
        "batchInferenceJobArn": arn,
        "solutionVersionArn": version,
        "numResults": 25,
        "jobInput": INPUT,
        "jobOutput": OUTPUT,
        "roleArn": ROLE,
        "batchInferenceJobMode": "BATCH_INFERENCE",
        "status": "ACTIVE",
    }
    assert personalize.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "a"}]


def test_jobs_are_listed_in_pages_by_version(personalize, shop):
    shop.put("in/lines.json", {"userId": "u1"})
    version = shop.version()
    made = [shop.run(version)["batchInferenceJobArn"] for _ in range(5)]
    shop.run(shop.version())

    pages = personalize.get_paginator("list_batch_inference_jobs").paginate(
        solutionVersionArn=version, PaginationConfig={"PageSize": 2}
    )

    listed = [job for page in pages for job in page["batchInferenceJobs"]]
    assert [job["batchInferenceJobArn"] for job in listed] == made
    assert listed[0].keys() == {
        "batchInferenceJobArn",
        "jobName",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
        "solutionVersionArn",
        "batchInferenceJobMode",
    }
    assert len(personalize.list_batch_inference_jobs()["batchInferenceJobs"]) == 6


@pytest.mark.parametrize("recipe", ["aws-user-personalization-v2", "aws-popularity-count"])
def test_users_get_what_get_recommendations_gives_them(build, clients, shop, recipe):
    version = shop.version(recipe)
    campaign = build.campaign(version)
    shop.happened("u1", "i3")
    shop.happened("newcomer", "i39")
    users = ["u0", "u1", "newcomer", "stranger"]
    shop.put("in/lines.json", *({"userId": user} for user in users))

    assert shop.run(version, numResults=7)["status"] == "ACTIVE"

    ask = clients.personalize_runtime.get_recommendations
    replies = [found(ask(campaignArn=campaign, userId=user, numResults=7)) for user in users]
    answers = shop.answers()
    reasons = [answer["output"].pop("reasons", None) for answer in answers]
    assert answers == [
        {"input": {"userId": user}, "output": reply, "error": None} for user, reply in zip(users, replies, strict=True)
    ]
    assert reasons == [[None] * 7 if recipe == "aws-user-personalization-v2" else None] * 4


def test_lists_come_back_as_get_personalized_ranking_orders_them(build, clients, shop):
    version = shop.version("aws-personalized-ranking-v2")
    campaign = build.campaign(version)
    asked = ["i9", "unknown", "i30", "i9", "i2"]
    shop.put("in/lines.json", {"userId": "u1", "itemList": asked})

    assert "numResults" not in shop.run(version)

    reply = clients.personalize_runtime.get_personalized_ranking(campaignArn=campaign, userId="u1", inputList=asked)
    assert [answer["output"] for answer in shop.answers()] == [found(reply, "personalizedRanking")]
    assert len(reply["personalizedRanking"]) == 4
    shop.run(version, numResults=2)
    assert shop.answers()[0]["output"]["recommendedItems"] == [
        item["itemId"] for item in reply["personalizedRanking"][:2]
    ]


def test_items_get_their_related_items_without_scores(build, clients, shop):
    version = shop.version("aws-sims")
    campaign = build.campaign(version)
    shop.put("in/lines.json", {"itemId": "i1"}, {"itemId": "unheard of"})

    shop.run(version)

    ask = clients.personalize_runtime.get_recommendations
    replies = [found(ask(campaignArn=campaign, itemId=item)) for item in ("i1", "unheard of")]
    assert [answer["output"] for answer in shop.answers()] == replies
    assert "scores" not in replies[0]


def test_a_filter_takes_its_values_from_each_line(build, clients, shop):
    version, rule = shop.version(), shop.filtered_by(DRAMA)
    campaign = build.campaign(version)
    values = [{"GENRE": '"drama"'}, {"GENRE": '"comedy"'}]
    shop.put("in/lines.json", *({"userId": "u1", "filterValues": each} for each in values), {"userId": "u1"})

    shop.run(version, filterArn=rule)

    ask = clients.personalize_runtime.get_recommendations
    members = {"campaignArn": campaign, "userId": "u1", "filterArn": rule}
    *answers, without = shop.answers()
    assert [answer["output"] for answer in answers] == [found(ask(**members, filterValues=each)) for each in values]
    assert without["output"] is None
    assert without["error"].startswith("filterValues must have a value for GENRE")


def test_a_filter_sees_events_recorded_after_the_training(shop):
    version = shop.version()
    shop.put("in/lines.json", {"userId": "newcomer"})
    shop.happened("newcomer", "i3", "Purchase")

    shop.run(version, filterArn=shop.filtered_by(NOT_BOUGHT), numResults=40)

    assert "i3" not in shop.answers()[0]["output"]["recommendedItems"]
    assert len(shop.answers()[0]["output"]["recommendedItems"]) == 39


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"not json", "not a JSON object"),
        (b'{"userId": NaN}', "not a JSON object"),
        (b"\xff\xfe\xfa", "not a JSON object"),
        (b'["u1"]', "must be a JSON object"),
        (b'{"user": "u1"}', "userId is required."),
        (b'{"userId": 7}', "userId must be a string"),
        (b'{"userId": ""}', "userId must be a string of 1 to 256 characters."),
        (b'{"userId": "\\ud800"}', "half a surrogate pair"),
        (b'{"userId": "u1", "filterValues": {"GENRE": "x"}}', "filterValues needs a job with a filterArn."),
        (b'{"userId": "u1", "filterValues": ["x"]}', "filterValues must be an object of strings."),
        (b'{"userId": "' + b"u" * 1_000_100 + b'"}', "longer than 1000000 bytes"),
    ],
    ids=range(11),
)
def test_a_bad_line_has_an_error_and_the_others_their_answers(world, shop, line, problem):
    version = shop.version("aws-user-personalization")
    good = b'\xef\xbb\xbf{"userId": "u1"}\r\n'
    world.objects.write("bucket", "in/lines.json", good + b"\n" + line + b'\n{"userId": "u2"}')

    assert shop.run(version)["status"] == "ACTIVE"

    first, bad, last = shop.answers()
    assert (first["error"], first["input"], last["error"]) == (None, {"userId": "u1"}, None)
    assert bad["output"] is None
    assert problem in bad["error"]


@pytest.mark.parametrize("items_", [None, [], "i1", [1], ["i1"] * 501], ids=range(5))
def test_a_line_without_a_list_to_rank_has_an_error(shop, items_):
    shop.put("in/lines.json", {"userId": "u1", "itemList": items_}, {"userId": "u1", "itemList": ["i1"]})

    shop.run(shop.version("aws-personalized-ranking"))

    assert shop.answers()[0]["output"] is None
    assert shop.answers()[0]["error"].startswith("itemList")


def test_an_item_line_needs_its_item_and_a_filter_of_users_its_user(shop):
    shop.put("in/lines.json", {"userId": "u1"}, {"itemId": "i1"}, {"itemId": "i1", "userId": "u1"})

    shop.run(shop.version("aws-sims"), filterArn=shop.filtered_by(NOT_BOUGHT))

    without_item, without_user, good = shop.answers()
    assert without_item["error"] == "itemId is required."
    assert without_user["error"].startswith("userId is required: the filter looks at the user")
    assert good["error"] is None


def test_every_object_below_a_prefix_is_answered_under_its_own_name(world, shop):
    version = shop.version()
    for key in ("in/a.json", "in/deep/b.json", "inside.json"):
        shop.put(key, {"userId": "u1"})
    world.objects.write("bucket", "in/empty/", b"")

    shop.run(version)
    shop.run(version, jobInput={"s3DataSource": {"path": "s3://bucket/in"}}, jobOutput=_folder("two"))
    shop.run(version, jobInput={"s3DataSource": {"path": "s3://bucket/in/a.json"}}, jobOutput=_folder("three"))

    keys = {key for key, _, _ in world.objects.list("bucket", "")}
    assert {key for key in keys if key.endswith(".out")} == {
        *("out/a.json.out", "out/deep/b.json.out"),
        *("two/in/a.json.out", "two/in/deep/b.json.out", "two/inside.json.out"),
        "three/a.json.out",
    }


def test_a_repeated_job_does_not_answer_the_answers_of_the_first(world, shop):
    version = shop.version()
    shop.put("lines.json", {"userId": "u1"})
    everything = {"jobInput": {"s3DataSource": {"path": "s3://bucket/l"}}, "jobOutput": _folder("lines")}

    shop.run(version, **everything)
    first = world.objects.read("bucket", "lines/lines.json.out")
    shop.run(version, **everything)

    assert [key for key, _, _ in world.objects.list("bucket", "lines/")] == ["lines/_CHECK", "lines/lines.json.out"]
    assert world.objects.read("bucket", "lines/lines.json.out") == first


def test_a_missing_input_fails_the_job_in_the_real_services_words(shop):
    job = shop.run(shop.version())

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"] == ("Invalid S3 input path: no object with content begins with s3://bucket/in/.")


def test_an_output_that_refuses_fails_the_job_before_any_work(world, shop):
    shop.put("in/lines.json", {"userId": "u1"})
    version, write = shop.version(), world.objects.write

    def refusing(bucket, key, body):
        if key.startswith("out/"):
            raise PermissionError(key)
        write(bucket, key, body)

    world.objects.write = refusing
    job = shop.run(version)

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].startswith("Invalid S3 output path: the job's role has insufficient privileges")


def test_a_job_none_of_whose_lines_has_an_answer_fails_and_leaves_nothing(world, shop):
    shop.put("in/lines.json", {"person": "u1"}, {"person": "u2"})

    job = shop.run(shop.version("aws-user-personalization-v2"))

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"] == "Not one of 2 lines could be answered; for the first: userId is required."
    assert [key for key, _, _ in world.objects.list("bucket", "out/")] == ["out/_CHECK"]


def test_the_answers_are_encrypted_with_the_key_of_the_job(world, shop):
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    shop.put("in/lines.json", {"userId": "u1"})

    job = shop.run(shop.version(), jobOutput={"s3DataDestination": {"path": "s3://bucket/out/", "kmsKeyArn": key}})

    assert (job["status"], job["jobOutput"]["s3DataDestination"]["kmsKeyArn"]) == ("ACTIVE", key)
    encrypted = {place: own for place, own in world.objects.keys.items() if own}
    assert encrypted == {("bucket", "out/_CHECK"): key, ("bucket", "out/lines.json.out"): key}


def test_a_key_that_refuses_fails_the_job_before_any_work(world, shop):
    shop.put("in/lines.json", {"userId": "u1"})
    version, write = shop.version(), world.objects.write

    def refusing(bucket, key, body, **encryption):
        if encryption:
            raise PermissionError(key)
        write(bucket, key, body)

    world.objects.write = refusing
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    job = shop.run(version, jobOutput={"s3DataDestination": {"path": "s3://bucket/out/", "kmsKeyArn": key}})

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].endswith("for its kmsKeyArn (kms:GenerateDataKey and kms:Decrypt).")


def test_a_job_that_outlasts_its_function_goes_on_in_the_next_call(world, shop, monkeypatch):
    monkeypatch.setattr(parts, "_TOGETHER", 3)
    shop.put("in/lines.json", *({"userId": f"u{n}"} for n in range(20)))
    version = shop.version()
    shop.run(version, jobOutput=_folder("calm"))
    arn = shop.create(version)
    calls = []
    monkeypatch.setattr(steps, "answer", _noting(calls, steps.answer))
    world.clock = lambda: setattr(world, "now", world.now + 400) or world.now
    world.run()

    assert world.resources.get(arn)["status"] == "ACTIVE"
    assert len(calls) > 2
    assert world.objects.read("bucket", "out/lines.json.out") == world.objects.read("bucket", "calm/lines.json.out")


def test_the_work_of_a_job_may_be_repeated_until_it_is_done(world, personalize, shop):
    shop.put("in/lines.json", {"userId": "u1"})
    arn = shop.create(shop.version())
    again = list(world.workflows.started)
    world.run()
    done = personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]

    world.workflows.started.extend(again)
    world.run()

    assert personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"] == done


def test_a_filter_on_a_field_that_came_after_the_training_fails_the_job(build, shop):
    version = shop.version()
    users = build.dataset(shop.group, "Users")
    build.imported(users, "USER_ID,AGE\nu1,30\n")
    rule = shop.filtered_by('INCLUDE ItemID WHERE Items.GENRE IN ("drama") IF CurrentUser.AGE > 18')
    shop.put("in/lines.json", {"userId": "u1"})

    job = shop.run(version, filterArn=rule)

    assert job["failureReason"] == "The trained model has no data of USERS.AGE: import it and train a new version."


def test_references_must_exist(shop):
    version = shop.version()
    unknown = NOWHERE + "solution/none/0a1b2c3d"

    assert refused(shop.create, unknown)[0] == "ResourceNotFoundException"
    assert refused(shop.create, version, filterArn=NOWHERE + "filter/none")[0] == "ResourceNotFoundException"
    assert refused(shop.create, NOWHERE + "campaign/none")[0] == "InvalidInputException"


def test_a_version_and_a_filter_must_be_active(personalize, build, shop):
    version = shop.version()
    made = personalize.create_filter(name="slow", datasetGroupArn=shop.group, filterExpression=DRAMA)["filterArn"]
    solution = build.solution(shop.group)
    untrained = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]

    assert refused(shop.create, version, filterArn=made)[0] == "ResourceInUseException"
    assert refused(shop.create, untrained)[0] == "ResourceInUseException"


def test_a_filter_must_be_one_of_items_and_of_the_group(build, shop):
    version = shop.version()
    other = build.group()
    schema = build.schema("Items")
    build.client.create_dataset(name=build.name(), datasetGroupArn=other, datasetType="Items", schemaArn=schema)
    build.world.run()

    foreign = refused(shop.create, version, filterArn=shop.filtered_by(DRAMA, of=other))
    current = refused(
        shop.create, version, filterArn=shop.filtered_by("INCLUDE ItemID WHERE Items.GENRE = CurrentItem.GENRE")
    )

    assert foreign[0] == current[0] == "InvalidInputException"
    assert "belongs to another dataset group" in foreign[1]
    assert "uses CurrentItem, which recipe aws-popularity-count does not know" in current[1]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"numResults": 501}, "numResults must be from 1 to 500, not 501."),
        ({"numResults": 0}, "numResults must be from 1 to 500, not 0."),
        ({"jobInput": {"s3DataSource": {"path": "https://x/y"}}}, "jobInput.s3DataSource.path must be an S3 location"),
        ({"jobOutput": {"s3DataDestination": {"path": "s3://bucket/o"}}}, "must be a folder, which ends with /"),
        ({"jobInput": {"s3DataSource": {"path": "s3://bucket/out"}}}, "must differ from jobInput.s3DataSource.path"),
        ({"batchInferenceJobMode": "THEME_GENERATION"}, "THEME_GENERATION is for recipe aws-similar-items; this"),
        (
            {"themeGenerationConfig": {"fieldsForThemeGeneration": {"itemName": "T"}}},
            "for batchInferenceJobMode THEME_GENERATION only",
        ),
        (
            {"batchInferenceJobConfig": {"rankingInfluence": {"POPULARITY": 0.5}}},
            "rankingInfluence is for aws-semantic-similarity",
        ),
        (
            {"batchInferenceJobConfig": {"itemExplorationConfig": {"explorationWeight": "0.5"}}},
            "explorationWeight is not a parameter of recipe aws-popularity-count",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(shop, members, problem):
    given = refused(shop.create, shop.version(), **members)

    assert given[0] == "InvalidInputException"
    assert problem in given[1]


def test_exploration_is_checked_against_the_recipe(shop):
    version = shop.version("aws-user-personalization")
    config = {"itemExplorationConfig": {"explorationWeight": "1.5"}}

    refusal = refused(shop.create, version, batchInferenceJobConfig=config)

    assert refusal == (
        "InvalidInputException",
        "batchInferenceJobConfig.itemExplorationConfig explorationWeight must be a number from 0.0 to 1.0, not '1.5'.",
    )
    assert shop.create(version, batchInferenceJobConfig={"itemExplorationConfig": {"explorationWeight": "0.5"}})


def test_a_recipe_that_knows_no_batch_is_refused(world, shop):
    version = shop.version()
    world.resources.update(version, {"recipeArn": "arn:aws:personalize:::recipe/aws-trending-now"})

    assert refused(shop.create, version) == (
        "InvalidInputException",
        "Recipe aws-trending-now does not support batch inference jobs.",
    )


def test_a_name_is_taken_once_and_five_jobs_are_enough(shop):
    version = shop.version()
    for number in range(4):
        shop.create(version, jobName=f"job-{number}")

    assert refused(shop.create, version, jobName="job-0")[0] == "ResourceAlreadyExistsException"
    shop.create(version)
    assert refused(shop.create, version) == (
        "LimitExceededException",
        "More than 5 resources with PENDING or IN_PROGRESS status.",
    )


def test_a_missing_job_is_not_found(personalize):
    arn = f"{NOWHERE}{KINDS['batch-inference-job'].name}/none"

    assert refused(personalize.describe_batch_inference_job, batchInferenceJobArn=arn)[0] == "ResourceNotFoundException"


def _noting(calls, step):
    def noted(deps, work):
        calls.append(work)
        return step(deps, work)

    return noted


def _folder(name):
    return {"s3DataDestination": {"path": f"s3://bucket/{name}/"}}

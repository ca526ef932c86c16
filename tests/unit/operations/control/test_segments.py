"""User segments from the training to the lines of the output, on stores that are dictionaries."""

import json
import random
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from tastemaker import bootstrap
from tastemaker.domain.resources.kinds import KINDS
from tastemaker.pipelines.deps import Deps
from tests.unit.operations.errors import code
from tests.unit.operations.purchases import EVENT_TYPE, ITEM_FIELDS, interactions, items

ROLE = "arn:aws:iam::123456789012:role/personalize"
INPUT = {"s3DataSource": {"path": "s3://bucket/in/"}}
OUTPUT = {"s3DataDestination": {"path": "s3://bucket/out/"}}
AFFINITY, ATTRIBUTES = "aws-item-affinity", "aws-item-attribute-affinity"
MEMBERSHIP = {"name": "MEMBERSHIP", "type": ["null", "string"], "categorical": True}


def events(users=80, days=90):
    """Users of two tastes, each with some favourites among twenty items, and a few strays."""
    draw, rows = random.Random(7), ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]  # noqa: S311  a fixed shop
    for user in range(users):
        own = [20 * (user % 2) + draw.randrange(20) for _ in range(6)]
        for step in range(30):
            item = draw.choice(own) if draw.random() < 0.7 else 20 * (user % 2) + draw.randrange(20)
            item = draw.randrange(40) if draw.random() < 0.05 else item
            moment, type_ = 1_700_000_000 + draw.randrange(days * 86_400), "view" if step % 4 else "Purchase"
            rows.append(f"u{user},i{item},{moment},{type_}")
    return "\n".join(rows) + "\n"


def people(count=80):
    rows = [f"u{n},{20 + n % 50},{'gold' if n % 4 < 2 else 'none'}" for n in range(count)]
    return "\n".join(["USER_ID,AGE,MEMBERSHIP", *rows, "described,30,gold"]) + "\n"


def stocked(build, personalize):
    """Make a dataset group with data of two tastes, and a tracker."""
    group = build.group()
    texts = {"Interactions": (events(), (EVENT_TYPE,)), "Items": (items(), ITEM_FIELDS)}
    for type_, (text, fields) in {**texts, "Users": (people(), (MEMBERSHIP,))}.items():
        dataset = personalize.create_dataset(
            name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=build.schema(type_, *fields)
        )["datasetArn"]
        build.world.run()
        build.imported(dataset, text)
    return group, build.tracker(group)


@pytest.fixture
def shop(build, clients, personalize, world, once):
    """What is stocked; versions, filters and jobs of it on demand."""
    group, tracker = once(lambda: stocked(build, personalize))

    def version(recipe=AFFINITY, **members):
        return build.version(build.solution(group, recipe, **members))

    def filtered_by(expression):
        made = personalize.create_filter(name=build.name(), datasetGroupArn=group, filterExpression=expression)
        world.run()
        return made["filterArn"]

    def create(version_arn, **members):
        given = {"jobName": build.name(), "jobInput": INPUT, "jobOutput": OUTPUT, "roleArn": ROLE, **members}
        return personalize.create_batch_segment_job(solutionVersionArn=version_arn, **given)["batchSegmentJobArn"]

    def put(key, *lines):
        world.objects.write("bucket", key, "\n".join(map(json.dumps, lines)).encode())

    def run(version_arn, *lines, **members):
        if lines:
            put("in/lines.json", *lines)
        arn = create(version_arn, **members)
        world.run()
        return personalize.describe_batch_segment_job(batchSegmentJobArn=arn)["batchSegmentJob"]

    def answers(key="out/lines.json.out"):
        return [json.loads(line) for line in world.objects.read("bucket", key).splitlines()]

    def happened(user, item, type_="view", at=1_750_000_000, session="s"):
        event = {"eventType": type_, "sentAt": at, "itemId": item}
        members = {"userId": user} if user else {}
        clients.personalize_events.put_events(trackingId=tracker, sessionId=session, eventList=[event], **members)

    names = dict(locals())
    return SimpleNamespace(**{name: value for name, value in names.items() if name not in {"build", "once"}})


def users_of(answer):
    assert answer["error"] is None
    assert answer["output"]["usersList"] == answer["output"]["recommendedUsers"]
    return answer["output"]["usersList"]


def of_taste(users):
    return [int(user[1:]) % 2 for user in users if user != "described"]


def test_a_job_lives_as_every_job_does_and_finds_users_of_the_taste(world, personalize, shop):
    version = shop.version()
    shop.put("in/lines.json", {"itemId": "i3"}, {"itemId": "i23"})

    arn = shop.create(version)
    before = personalize.describe_batch_segment_job(batchSegmentJobArn=arn)["batchSegmentJob"]
    world.run()
    job = personalize.describe_batch_segment_job(batchSegmentJobArn=arn)["batchSegmentJob"]

    assert (before["status"], job["status"], job["numResults"]) == ("CREATE PENDING", "ACTIVE", 25)
    assert [answer["input"] for answer in shop.answers()] == [{"itemId": "i3"}, {"itemId": "i23"}]
    first, second = map(users_of, shop.answers())
    assert (len(first), len(set(first))) == (25, 25)
    few, many = sum(of_taste(first)), sum(of_taste(second))
    assert few <= 3  # a few have strayed to the item itself
    assert many >= 20
    assert world.objects.read("bucket", "out/_CHECK") == b""
    assert [j["batchSegmentJobArn"] for j in personalize.list_batch_segment_jobs()["batchSegmentJobs"]] == [arn]


def test_metrics_have_the_names_of_user_segmentation(personalize, shop):
    metrics = personalize.get_solution_metrics(solutionVersionArn=shop.version())["metrics"]

    assert set(metrics) == {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert 0 < metrics["recall_at_1_percent"] <= 1


def test_as_many_users_as_are_asked_for_or_as_there_are(shop):
    version = shop.version()

    assert shop.run(version, {"itemId": "i3"}, numResults=3)["status"] == "ACTIVE"
    few = users_of(shop.answers()[0])
    shop.run(version, {"itemId": "i3"}, numResults=5_000_000)
    everybody = users_of(shop.answers()[0])

    assert everybody[:3] == few
    assert sorted(everybody) == sorted([*(f"u{n}" for n in range(80)), "described"])


@pytest.mark.parametrize(
    ("expression", "taste"),
    [
        ('ITEMS.brand = "brand 3" AND Items.PRICE < 2', 0),
        ("ITEMS.PRICE >= 2.0", 1),
        ('ITEMS.ITEM_ID IN ("i1", "i2") OR ITEMS.ITEM_ID = "i5"', 0),
        ("items.genre = 'comedy' AND ITEMS.GENRE = 'drama' AND Items.PRICE > 2", 1),
        ('ITEMS.GENRE IN ("comedy") AND ITEMS.PRICE != 0.1 AND ITEMS.PRICE <= 1.9', 0),
    ],
)
def test_attributes_choose_items_as_filters_do(shop, expression, taste):
    job = shop.run(shop.version(ATTRIBUTES), {"itemAttributes": expression}, numResults=20)

    assert job["status"] == "ACTIVE"
    [answer] = shop.answers()
    assert answer["input"] == {"itemAttributes": expression}
    assert set(of_taste(users_of(answer))) == {taste}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"itemAttributes": 'ITEMS.ABOUT = "about 1"'}, "itemAttributes: ITEMS.ABOUT is no column that"),
        ({"itemAttributes": 'ITEMS.NONE = "x"'}, "itemAttributes: ITEMS.NONE is no column that"),
        ({"itemAttributes": 'ITEMS.GENRE = "opera"'}, "itemAttributes: no item has these attributes."),
        ({"itemAttributes": 'ITEMS.GENRE > "a"'}, "the operator > needs a numeric column; ITEMS.GENRE is none."),
        ({"itemAttributes": 'ITEMS.PRICE = "cheap"'}, "ITEMS.PRICE is numeric; 'cheap' is not a number."),
        ({"itemAttributes": "ITEMS.GENRE = $GENRE"}, "A value must be a quoted text or a number"),
        ({"itemAttributes": "ITEMS.GENRE = "}, "itemAttributes: Invalid input symbol: end of the expression."),
        (
            {"itemAttributes": 'Interactions.EVENT_TYPE IN ("view")'},
            "symbol: Interactions at character 1",
        ),
        ({"itemAttributes": 'ITEMS.GENRE = "drama" IF CurrentUser.AGE < 3'}, "Invalid input symbol: IF"),
        ({"itemAttributes": ["ITEMS"]}, "itemAttributes must be a string"),
        ({"itemId": "i1"}, "itemAttributes is required."),
        ({"itemAttributes": 'ITEMS.GENRE = "drama"', "filterValues": {"A": "1"}}, "filterValues needs a job with"),
        ([], "The line must be a JSON object."),
    ],
)
def test_a_line_that_cannot_be_answered_says_why_and_the_others_are_answered(shop, line, problem):
    shop.run(shop.version(ATTRIBUTES), line, {"itemAttributes": 'ITEMS.GENRE = "drama"'})

    bad, good = shop.answers()

    assert bad["output"] is None
    assert problem in bad["error"]
    assert users_of(good)


def test_an_unknown_item_is_an_error_of_its_line_and_a_job_of_nothing_else_fails(world, shop):
    version = shop.version()

    shop.run(version, {"itemId": "i999"}, {"itemId": "i1"})
    failed = shop.run(
        version, {"itemId": "i999"}, {"itemId": 7}, jobOutput={"s3DataDestination": {"path": "s3://bucket/no/"}}
    )

    assert "itemId i999 is not known" in shop.answers()[0]["error"]
    assert failed["status"] == "CREATE FAILED"
    assert failed["failureReason"].startswith("Not one of 2 lines could be answered; for the first: itemId i999 is")
    assert [key for key, _, _ in world.objects.list("bucket", "no/")] == ["no/_CHECK"]


@pytest.mark.parametrize(("recipe", "member", "most"), [(AFFINITY, "itemId", 500), (ATTRIBUTES, "itemAttributes", 10)])
def test_more_lines_than_a_file_may_have_fail_the_job(shop, recipe, member, most):
    job = shop.run(shop.version(recipe), *[{member: "i1"}] * (most + 1))

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"] == (
        f"Invalid S3 input path: s3://bucket/in/lines.json has {most + 1} lines; at most {most} are allowed for this "
        "recipe."
    )


@pytest.mark.parametrize(
    ("expression", "line", "passes"),
    [
        ('INCLUDE UserID WHERE Users.MEMBERSHIP IN ("gold")', {}, lambda n: n % 4 < 2),
        ("INCLUDE UserID WHERE Users.MEMBERSHIP IN ($M)", {"M": '"none"'}, lambda n: n % 4 >= 2),
        ("EXCLUDE UserID WHERE Users.AGE < $AGE", {"AGE": "40"}, lambda n: n % 50 >= 20),
        (
            'EXCLUDE UserID WHERE Users.MEMBERSHIP IN ("gold") IF CurrentUser.AGE > 30',
            {},
            lambda n: n % 4 >= 2 or n % 50 <= 10,
        ),
        ('INCLUDE UserID WHERE Users.USER_ID IN ("u4", "u8")', {}, lambda n: n in {4, 8}),
    ],
)
def test_filters_choose_among_users(shop, expression, line, passes):
    rule = shop.filtered_by(expression)
    values = {"filterValues": line} if line else {}

    shop.run(shop.version(), {"itemId": "i3", **values}, filterArn=rule, numResults=100)

    numbers = {int(user[1:]) for user in users_of(shop.answers()[0]) if user != "described"}
    assert numbers == {n for n in range(80) if passes(n)}


def test_filters_by_interactions_look_at_those_since_the_training_too(world, shop):
    shop.run(shop.version(), {"itemId": "i3"}, numResults=100)
    rule = shop.filtered_by('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Click")')
    world.now += 100
    shop.happened("u7", "i3", "click")
    shop.happened("newcomer", "i3", "click")

    shop.run(shop.version(), {"itemId": "i3"}, filterArn=rule, numResults=100)

    assert sorted(users_of(shop.answers()[0])) == ["newcomer", "u7"]


def test_events_since_the_training_count_also_of_users_and_items_that_it_did_not_know(world, shop):
    version = shop.version()
    shop.run(version, {"itemId": "i3"}, numResults=100)
    before = users_of(shop.answers()[0])
    world.now += 1000
    for moment in range(6):
        shop.happened("u1", "i3", at=int(world.now) - 60 + moment)
        shop.happened("newcomer", "i3", at=int(world.now) - 50 + moment)
        shop.happened("newcomer", "novelty", at=int(world.now) - 50 + moment)

    shop.run(version, {"itemId": "i3"}, {"itemId": "novelty"}, numResults=100)

    after, novelty = map(users_of, shop.answers())
    assert "newcomer" not in before
    assert {"u1", "newcomer"} <= set(after[:10])
    assert before.index("u1") > 30
    assert novelty[0] == "newcomer"


def test_events_recorded_after_the_job_began_wait_for_the_next_one(world, shop):
    version = shop.version()
    shop.put("in/lines.json", {"itemId": "i3"})
    shop.create(version, numResults=5)
    _, work = world.workflows.started.pop()
    deps = Deps(**world.parts)
    work = bootstrap.step("segments.prepare")(deps, bootstrap.step("begin")(deps, work))
    world.now += 1000
    for moment in range(9):
        shop.happened("newcomer", "i3", at=int(world.now) - 60 + moment)

    bootstrap.step("segments.run")(deps, work)

    assert "newcomer" not in users_of(shop.answers()[0])


def test_users_put_since_the_training_are_found_and_filtered(world, clients, shop):
    version = shop.version()
    world.now += 100
    dataset = shop.group.replace(":dataset-group/", ":dataset/") + "/USERS"
    people = [{"userId": id_, "properties": json.dumps({"age": 99})} for id_ in ("u5", "arrival")]
    clients.personalize_events.put_users(datasetArn=dataset, users=people)

    shop.run(version, {"itemId": "i3"}, filterArn=shop.filtered_by("INCLUDE UserID WHERE Users.AGE > 90"))

    assert sorted(users_of(shop.answers()[0])) == ["arrival", "u5"]


def test_an_item_put_since_the_training_is_found_by_what_it_is(world, clients, shop):
    version = shop.version()
    world.now += 100
    dataset = shop.group.replace(":dataset-group/", ":dataset/") + "/ITEMS"
    cells = json.dumps({"genre": "comedy", "price": 3.3, "brand": "brand 2"})
    clients.personalize_events.put_items(datasetArn=dataset, items=[{"itemId": "fresh", "properties": cells}])

    shop.run(version, {"itemId": "fresh"}, numResults=20)

    tastes = of_taste(users_of(shop.answers()[0]))
    assert sum(tastes) >= 15


def test_a_campaign_and_batch_inference_are_not_for_these_recipes(personalize, shop):
    version = shop.version()

    with pytest.raises(ClientError) as campaign:
        personalize.create_campaign(name="c", solutionVersionArn=version)
    with pytest.raises(ClientError) as job:
        personalize.create_batch_inference_job(
            jobName="j", solutionVersionArn=version, jobInput=INPUT, jobOutput=OUTPUT, roleArn=ROLE
        )

    assert code(campaign) == code(job) == "InvalidInputException"


def test_moments_that_are_all_the_same_fail_the_training(build, personalize):
    group = build.group()
    dataset = build.dataset(group)
    rows = "".join(f"u{n % 40},i{n // 40},1700000000\n" for n in range(1200))
    build.imported(dataset, "USER_ID,ITEM_ID,TIMESTAMP\n" + rows)

    version = build.version(build.solution(group, AFFINITY))

    described = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    assert described["status"] == "CREATE FAILED"
    assert "same timestamp" in described["failureReason"]


def test_attributes_need_a_column_of_items(build):
    group = build.group()
    build.imported(build.dataset(group), interactions())
    with pytest.raises(ClientError, match="needs a dataset of type ITEMS"):
        build.solution(group, ATTRIBUTES)


def test_a_path_below_which_nothing_lies_fails_the_job(shop):
    job = shop.run(shop.version(), jobInput={"s3DataSource": {"path": "s3://bucket/nothing/"}})

    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"] == "Invalid S3 input path: no object with content begins with s3://bucket/nothing/."


def test_a_step_that_is_repeated_writes_the_same(world, shop):
    version = shop.version()
    shop.put("in/a.json", {"itemId": "i3"})
    shop.put("in/b/c.json", {"itemId": "i23"})
    arn = shop.create(version)
    world.run()
    first = {key: world.objects.read("bucket", key) for key, _, _ in world.objects.list("bucket", "out/")}

    world.resources.update(arn, {"status": "CREATE IN_PROGRESS"})  # repeated before the end: after it nothing is done
    deps = Deps(**world.parts)
    work = bootstrap.step("segments.prepare")(deps, {"arn": arn, "change": "create"})
    bootstrap.step("segments.run")(deps, work)

    again = {key: world.objects.read("bucket", key) for key, _, _ in world.objects.list("bucket", "out/")}
    assert again == first
    assert set(again) == {"out/_CHECK", "out/a.json.out", "out/b/c.json.out"}


def test_the_quota_of_unfinished_jobs_and_deletions_while_one_runs(world, personalize, shop):
    world.allow(batch_segment_jobs=1)
    version, rule = shop.version(), shop.filtered_by('INCLUDE UserID WHERE Users.MEMBERSHIP IN ("gold")')
    shop.put("in/lines.json", {"itemId": "i3"})
    shop.create(version, filterArn=rule)

    with pytest.raises(ClientError) as full:
        shop.create(version)
    with pytest.raises(ClientError) as filter_in_use:
        personalize.delete_filter(filterArn=rule)
    world.run()

    assert (code(full), code(filter_in_use)) == ("LimitExceededException", "ResourceInUseException")
    personalize.delete_filter(filterArn=rule)


def test_jobs_go_with_their_dataset_group(world, personalize, shop):
    version = shop.version()
    shop.run(version, {"itemId": "i3"})
    for tracker in personalize.list_event_trackers()["eventTrackers"]:
        personalize.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])
    for solution in personalize.list_solutions()["solutions"]:
        personalize.delete_solution(solutionArn=solution["solutionArn"])
    world.run()
    for dataset in personalize.list_datasets()["datasets"]:
        personalize.delete_dataset(datasetArn=dataset["datasetArn"])
    world.run()
    personalize.delete_dataset_group(datasetGroupArn=shop.group)
    world.run()

    assert personalize.list_batch_segment_jobs()["batchSegmentJobs"] == []
    assert KINDS["batch-segment-job"].goes_with == "datasetGroupArn"


def test_the_output_is_under_the_key_of_the_job(world, shop):
    key = "arn:aws:kms:us-east-1:123456789012:key/k"

    job = shop.run(
        shop.version(),
        {"itemId": "i3"},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/out/", "kmsKeyArn": key}},
    )

    encrypted = {place: own for place, own in world.objects.keys.items() if own}
    assert job["status"] == "ACTIVE"
    assert encrypted == {("bucket", "out/_CHECK"): key, ("bucket", "out/lines.json.out"): key}

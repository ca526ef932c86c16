"""Replays: many answers with events in between, by several clients at once, then every answer once more.

    make bench-replays                 # 10,000 answers
    .venv/bin/python -m bench.answers.replays [--answers 10000] [--clients 4]

The campaign explores with weight 1. A tenth of the answers is filtered by what the user did, a tenth has a promotion, a
tenth is a ranking. Half of the answers are followed by an event of a user whom another client may ask for right then,
one in a hundred by an item that is put.
"""

import argparse
import json
import platform
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import numpy as np
from botocore.client import BaseClient

from bench import reports
from tastemaker_local.commands import clients
from tastemaker_local.service import LocalService

Asked = tuple[str, str]  # kind and recommendationId
RESULTS = reports.RESULTS / "replays.txt"
KEYS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
USERS, OLD, NEW, EVENTS = 200, 300, 60, 20_000
PUT = 0.01
NEWEST, DAY = 1_750_000_000, 86_400
ROLE = "arn:aws:iam::123456789012:role/any"
Fields = list[tuple[str, str]]
INTERACTIONS = [("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"), ("EVENT_TYPE", "string")]
ITEMS = [("ITEM_ID", "string"), ("CREATION_TIMESTAMP", "long")]


def main() -> None:
    """Answer, replay and write what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with LocalService() as service:
        shop = furnished(service.url)
        start = time.monotonic()
        questions = in_parallel(lambda n: ask(shop, n), options)
        between = time.monotonic()
        replies = in_parallel(lambda n: shop.runtime.replay_recommendation(recommendationId=questions[n][1]), options)
        end = time.monotonic()
    text = "\n".join(table(options, questions, replies, between - start, end - between)) + "\n"
    print(text)
    RESULTS.write_text(text)


def table(options: argparse.Namespace, questions: list[Asked], replies: list[dict], *seconds: float) -> list[str]:
    """Return what to print."""
    asking, replaying = seconds
    kinds = Counter(kind for kind, _ in questions)
    same = Counter(kind for (kind, _), reply in zip(questions, replies, strict=True) if reply["identical"])
    places = [item for reply in replies for item in reply["answer"]["items"]]
    differences = Counter(text for reply in replies for text in reply["differences"])
    about = f"{platform.machine()}, {datetime.now(UTC).date().isoformat()}"
    return [
        f"python -m bench.answers.replays --answers {options.answers} --clients {options.clients}, {about}",
        f"{len(replies):,} replays, {sum(same.values()):,} identical",
        ", ".join(f"{kind} {same[kind]:,} of {kinds[kind]:,}" for kind in sorted(kinds)),
        f"{len(places):,} items shown, {sum(bool(item.get('explored')) for item in places):,} of them explored",
        f"{asking:.0f} s to ask, with an event after every second answer, {replaying:.0f} s to replay",
        *(f"{count} x {text}" for text, count in differences.most_common(10)),
    ]


def ask(shop: SimpleNamespace, number: int) -> Asked:
    """Ask once, perhaps tell of a click, and return the kind of the answer and its id."""
    chance = random.Random(number)  # noqa: S311 - a benchmark
    user, kind = (
        f"u{chance.randrange(USERS)}",
        chance.choices(("plain", "filtered", "promoted", "ranked"), (7, 1, 1, 1))[0],
    )
    reply = ASK[kind](shop, user, chance)
    if chance.random() < 0.5:
        items = reply.get("itemList") or reply.get("personalizedRanking") or [{"itemId": "o1"}]
        event = {
            "eventType": "click",
            "sentAt": NEWEST + 60 + number,
            "itemId": chance.choice(items)["itemId"],
            "recommendationId": reply["recommendationId"],
        }
        other = f"u{chance.randrange(USERS)}"
        shop.events.put_events(trackingId=shop.tracker, userId=other, sessionId="s", eventList=[event])
    if chance.random() < PUT:
        new = {"itemId": f"put{number}", "properties": json.dumps({"creationTimestamp": NEWEST})}
        shop.events.put_items(datasetArn=shop.items, items=[new])
    return kind, reply["recommendationId"]


def _recommend(shop: SimpleNamespace, user: str, **members: object) -> dict:
    return shop.runtime.get_recommendations(campaignArn=shop.campaign, userId=user, numResults=10, **members)


def _ranked(shop: SimpleNamespace, user: str, chance: random.Random) -> dict:
    items = [f"o{chance.randrange(OLD)}" for _ in range(15)]
    return shop.runtime.get_personalized_ranking(campaignArn=shop.campaign, userId=user, inputList=items)


ASK: dict[str, Callable] = {
    "plain": lambda shop, user, _: _recommend(shop, user),
    "filtered": lambda shop, user, _: _recommend(shop, user, filterArn=shop.unseen),
    "promoted": lambda shop, user, _: _recommend(
        shop, user, promotions=[{"name": "news", "filterArn": shop.news, "percentPromotedItems": 20}]
    ),
    "ranked": _ranked,
}


def in_parallel(work: Callable, options: argparse.Namespace) -> list:
    """Do a work for each number with several clients."""
    with ThreadPoolExecutor(options.clients) as pool:
        return list(pool.map(work, range(options.answers)))


def furnished(url: str) -> SimpleNamespace:
    """Return clients, and a campaign with what belongs to it."""
    personalize, events, s3 = (
        boto3.client(n, endpoint_url=url, **KEYS) for n in ("personalize", "personalize-events", "s3")
    )
    runtime = clients.knowing("personalize-runtime", url)
    s3.create_bucket(Bucket="bench")
    iam = boto3.client("iam", endpoint_url=url, **KEYS)
    iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument="{}")
    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    active(personalize.describe_dataset_group, datasetGroupArn=group)
    for type_, fields, rows in (("Interactions", INTERACTIONS, interactions()), ("Items", ITEMS, items())):
        s3.put_object(Bucket="bench", Key=f"{type_}.csv", Body=rows.encode())
        imported(personalize, group, type_, fields)
    solution = personalize.create_solution(
        name="s",
        datasetGroupArn=group,
        recipeArn="arn:aws:personalize:::recipe/aws-user-personalization",
        performAutoTraining=False,
    )["solutionArn"]
    active(personalize.describe_solution, solutionArn=solution)
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    active(personalize.describe_solution_version, solutionVersionArn=version)
    campaign = personalize.create_campaign(
        name="c", solutionVersionArn=version, campaignConfig={"itemExplorationConfig": {"explorationWeight": "1"}}
    )["campaignArn"]
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)
    rules = {
        "unseen": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")',
        "news": f"INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > {NEWEST - 10 * DAY}",
    }
    filters = {
        name: personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=text)["filterArn"]
        for name, text in rules.items()
    }
    for arn in filters.values():
        active(personalize.describe_filter, filterArn=arn)
    active(personalize.describe_campaign, campaignArn=campaign)
    active(personalize.describe_event_tracker, eventTrackerArn=tracker["eventTrackerArn"])
    return SimpleNamespace(
        events=events,
        runtime=runtime,
        campaign=campaign,
        tracker=tracker["trackingId"],
        items=f"{group.replace('dataset-group', 'dataset')}/ITEMS",
        **filters,
    )


def imported(personalize: BaseClient, group: str, type_: str, fields: Fields) -> None:
    """Make a dataset and import its file."""
    schema = {
        "type": "record",
        "name": type_,
        "namespace": "com.amazonaws.personalize.schema",
        "version": "1.0",
        "fields": [{"name": name, "type": kind} for name, kind in fields],
    }
    schema_arn = personalize.create_schema(name=type_, schema=json.dumps(schema))["schemaArn"]
    dataset = personalize.create_dataset(name=type_, datasetGroupArn=group, schemaArn=schema_arn, datasetType=type_)[
        "datasetArn"
    ]
    active(personalize.describe_dataset, datasetArn=dataset)
    job = personalize.create_dataset_import_job(
        jobName=type_, datasetArn=dataset, dataSource={"dataLocation": f"s3://bench/{type_}.csv"}, roleArn=ROLE
    )["datasetImportJobArn"]
    active(personalize.describe_dataset_import_job, datasetImportJobArn=job)


def active(describe: Callable, **arn: str) -> None:
    """Wait until a resource is ready."""
    while True:
        reply = describe(**arn)
        status = next(value["status"] for name, value in reply.items() if name != "ResponseMetadata")
        if status == "ACTIVE":
            return
        if "FAILED" in status:
            raise RuntimeError(reply)
        time.sleep(0.2)


def interactions() -> str:
    """Return events of users with tastes of their own."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, USERS, EVENTS)
    chosen = (users % 5) * (OLD // 5) + np.minimum(rng.zipf(1.4, EVENTS) - 1, OLD // 5 - 1)
    times = NEWEST - rng.integers(0, 200 * DAY, EVENTS)
    lines = (f"u{u},o{i},{t},buy" for u, i, t in zip(users, chosen, times, strict=True))
    return "\n".join([",".join(name for name, _ in INTERACTIONS), *lines, f"u0,o0,{NEWEST},buy"]) + "\n"


def items() -> str:
    """Return old items and new ones."""
    lines = [f"o{n},{NEWEST - 1000 * DAY}" for n in range(OLD)] + [f"n{n},{NEWEST - n * DAY // 4}" for n in range(NEW)]
    return "\n".join(["ITEM_ID,CREATION_TIMESTAMP", *lines]) + "\n"


if __name__ == "__main__":
    main()

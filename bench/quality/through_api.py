"""The same questions asked in process and through the API: PutEvents and GetRecommendations of a local service.

Nine users of ten are imported and trained on. The tenth user's events are put one after the other with the moments
that they had, and between them the service is asked for a list. In process the same training answers the same history.
What may differ is what a question knows beside the history: an offline protocol asks at the moment of the next event,
a live client asks at any time after the last one, and old data are asked for today. So the process is asked twice. Of
what was recorded since the training an answer reads the newest 500 events, and so does the process here.

Run: .venv/bin/python -m bench.quality.through_api [--set ml-100k] [--questions 1000]
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import boto3
import numpy as np

from bench.data.events import KEYS, settled
from bench.quality.sets import SETS
from bench.reports import RESULTS, machine
from tastemaker.domain.answers.histories import NEWEST
from tastemaker.pipelines.training.learning import SEED
from tastemaker.recipes import registry
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Ids, Indices, Query, TrainingData
from tastemaker.recipes.measuring.evaluation import evaluate, held_out
from tastemaker.recipes.measuring.metrics import ndcg
from tastemaker_local.service import LocalService

RECIPE = "aws-user-personalization-v2"
FIELDS = [{"name": name, "type": kind} for name, kind in (("USER_ID", "string"), ("ITEM_ID", "string"))]
FIELDS.append({"name": "TIMESTAMP", "type": "long"})
SCHEMA = {"type": "record", "name": "Interactions", "namespace": "n", "fields": FIELDS, "version": "1.0"}
ASKED, CUTOFF, PER_CALL, BUCKET = 25, 10, 10, "bench-through-api"


class Question(NamedTuple):
    """A user's events up to `cut`, and what the user did next until `end`, all places among the events of a set."""

    user: int
    begin: int
    cut: int
    end: int


class World(NamedTuple):
    """What was learned in process, its items' ids and their places."""

    model: Model
    item_ids: Ids
    places: dict[str, int]


class Asked(NamedTuple):
    """What a question got, item ids: through the API, in process after the last event, and at the next one."""

    api: list[str]
    after: list[str]
    then: list[str]
    truth: list[str]


def questions(data: TrainingData, users: Indices, count: int) -> dict[int, list[Question]]:
    """Cut each user's events at several places; a tenth of the history, at least one event, is to be found."""
    starts, each = data.interactions.starts(), -(-count // len(users))
    asked: dict[int, list[Question]] = {}
    for user in users.tolist():
        begin, end = int(starts[user]), int(starts[user + 1])
        cuts = np.unique(np.linspace(begin + 1, end - max(1, (end - begin) // 10), each).astype(int))
        asked[user] = [Question(user, begin, cut, min(end, cut + max(1, (cut - begin) // 9))) for cut in cuts.tolist()]
    return asked


def learned(data: TrainingData) -> Model:
    """Train as the pipeline does: what was chosen on nine tenths is taken over by the fit on all."""
    recipe = registry.get(RECIPE)
    parameters = recipe.metadata.resolve({})
    judged = evaluate(recipe, data, parameters, seed=SEED)
    return recipe.fit(replace(data, like=judged.model), parameters, seed=SEED)


class Shop:
    """A dataset group of a local service that is trained on some users."""

    def __init__(self, url: str, training: TrainingData) -> None:
        self._clients = {
            name: boto3.client(name, endpoint_url=url, **KEYS)
            for name in ("personalize", "personalize-events", "personalize-runtime", "s3", "iam")
        }
        self._trained(training)

    def _trained(self, training: TrainingData) -> None:
        api = self._clients["personalize"]
        group = settled(
            api.describe_dataset_group, datasetGroupArn=api.create_dataset_group(name="bench")["datasetGroupArn"]
        )
        schema = api.create_schema(name="bench", schema=json.dumps(SCHEMA))["schemaArn"]
        dataset = settled(
            api.describe_dataset,
            datasetArn=api.create_dataset(
                name="bench", datasetType="Interactions", schemaArn=schema, datasetGroupArn=group
            )["datasetArn"],
        )
        tracker = api.create_event_tracker(name="bench", datasetGroupArn=group)
        settled(api.describe_event_tracker, eventTrackerArn=tracker["eventTrackerArn"])
        self._tracking = tracker["trackingId"]
        self._import(dataset, training)
        solution = api.create_solution(
            name="bench", datasetGroupArn=group, recipeArn=f"arn:aws:personalize:::recipe/{RECIPE}"
        )["solutionArn"]
        version = api.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        settled(api.describe_solution_version, solutionVersionArn=version)
        campaign = api.create_campaign(name="bench", solutionVersionArn=version)["campaignArn"]
        self._campaign = settled(api.describe_campaign, campaignArn=campaign)

    def _import(self, dataset: str, training: TrainingData) -> None:
        events = training.interactions
        rows = zip(training.user_ids[events.users], training.item_ids[events.items], events.timestamps, strict=True)
        body = "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *(",".join(map(str, row)) for row in rows)])
        self._clients["s3"].create_bucket(Bucket=BUCKET)
        self._clients["s3"].put_object(Bucket=BUCKET, Key="events.csv", Body=body.encode())
        api = self._clients["personalize"]
        job = api.create_dataset_import_job(
            jobName="bench",
            datasetArn=dataset,
            dataSource={"dataLocation": f"s3://{BUCKET}/events.csv"},
            roleArn=self._role(),
        )
        settled(api.describe_dataset_import_job, datasetImportJobArn=job["datasetImportJobArn"])

    def _role(self) -> str:
        iam = self._clients["iam"]
        principal = {"Principal": {"Service": "personalize.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | principal]}
        arn: str = iam.create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [allow]}
        iam.put_role_policy(RoleName="bench", PolicyName="bench", PolicyDocument=json.dumps(policy))
        return arn

    def put(self, user: str, events: list[tuple[str, int]]) -> None:
        """Record events with the moments that they had."""
        owner = {"trackingId": self._tracking, "sessionId": user, "userId": user}
        for begin in range(0, len(events), PER_CALL):
            some = [{"eventType": "e", "itemId": item, "sentAt": at} for item, at in events[begin : begin + PER_CALL]]
            self._clients["personalize-events"].put_events(**owner, eventList=some)

    def ask(self, user: str) -> list[str]:
        """Ask today."""
        reply = self._clients["personalize-runtime"].get_recommendations(
            campaignArn=self._campaign, userId=user, numResults=ASKED
        )
        return [each["itemId"] for each in reply["itemList"]]


def compare(data: TrainingData, count: int, url: str) -> Iterator[Asked]:
    """Ask everything both ways; the service of an address answers the API."""
    users = held_out(data.user_ids, data.interactions, seed=0)
    outside = ~np.isin(data.interactions.users, users)
    training = _named(data, outside)
    world = World(learned(training), training.item_ids, {id_: i for i, id_ in enumerate(training.item_ids.tolist())})
    shop = Shop(url, training)
    for user, asked in questions(data, users, count).items():
        done = asked[0].begin
        for question in asked:
            shop.put(str(data.user_ids[user]), _events(data, done, question.cut))
            done = question.cut
            yield _answers(data, world, question, shop.ask(str(data.user_ids[user])))


def _named(data: TrainingData, mask: Any) -> TrainingData:  # noqa: ANN401  a mask of events
    """Return the events of some users as an import knows them: no user or item without an event."""
    events = data.interactions.where(mask)
    return TrainingData.from_ids(data.user_ids[events.users], data.item_ids[events.items], events.timestamps)


def _events(data: TrainingData, begin: int, end: int) -> list[tuple[str, int]]:
    events = data.interactions
    items = data.item_ids[events.items[begin:end]].tolist()
    return list(zip(items, events.timestamps[begin:end].tolist(), strict=True))


def _answers(data: TrainingData, world: World, question: Question, api: list[str]) -> Asked:
    events = _events(data, question.begin, question.cut)
    known = [(world.places[item], at) for item, at in events[-NEWEST:] if item in world.places]
    history = [part for part, _ in known], [at for _, at in known]
    moment = int(data.interactions.timestamps[question.cut])
    lists = (
        world.item_ids[world.model.recommend(Query.of(*history, now=now), ASKED).items].tolist()
        for now in (None, moment)
    )
    return Asked(api, *lists, [item for item, _ in _events(data, question.cut, question.end)])


def _ndcg(answer: list[str], truth: list[str]) -> float:
    return ndcg(np.isin(answer[:CUTOFF], truth), len(set(truth)), CUTOFF)


def report(name: str, count: int) -> Iterator[str]:
    """Yield the table."""
    with LocalService() as service:
        asked = list(compare(SETS[name](0), count, service.url))
    same = [each.api == each.after for each in asked]
    yield f"{name}: {len(asked)} lists of {ASKED} through the API, {sum(same)} identical to those of the process"
    for title, pick in (("API", "api"), ("process, after the last event", "after"), ("process, at the next", "then")):
        values = np.array([_ndcg(getattr(each, pick), each.truth) for each in asked])
        yield f"  {title:32} NDCG@{CUTOFF} {values.mean():.4f}"
    less = np.array([_ndcg(each.api, each.truth) - _ndcg(each.then, each.truth) for each in asked])
    yield f"  {'API less process at the next':32} {less.mean():+.4f} +- {1.96 * less.std() / len(less) ** 0.5:.4f}"
    for each in [each for each, equal in zip(asked, same, strict=True) if not equal][:5]:
        first = next(place for place, pair in enumerate(zip(each.api, each.after, strict=False)) if pair[0] != pair[1])
        yield f"  differs from place {first}: {each.api[first : first + 3]} and {each.after[first : first + 3]}"


def main() -> None:
    """Ask, print and keep the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="ml-100k", choices=list(SETS))
    parser.add_argument("--questions", type=int, default=1000)
    options = parser.parse_args()
    command = f"$ python -m bench.quality.through_api --set {options.set} --questions {options.questions}"
    text = "\n".join([command, machine(), *report(options.set, options.questions)]) + "\n"
    print(text)
    (RESULTS / "through-api.txt").write_text(text)


if __name__ == "__main__":
    main()

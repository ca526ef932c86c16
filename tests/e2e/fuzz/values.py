"""Requests that the service models allow, and that mostly make sense: generated from botocore's shapes."""

import json
from dataclasses import dataclass
from random import Random

from botocore.model import Shape

from tastemaker.domain.resources.kinds import KINDS
from tastemaker.recipes import catalog
from tests.e2e.fuzz.known import HOME, NAMES, Known
from tests.e2e.fuzz.stage import BUCKET, ROLE, SCHEMAS
from tests.patterns import PATTERNS

_OPTIONAL = 0.3
_MEMBER_KINDS = {kind.arn_member: kind.name for kind in KINDS.values()}
_OWNED = {
    "recipeArn": [row["recipeArn"] for row in catalog.recipes()],
    "algorithmArn": [row["algorithmArn"] for row in catalog.algorithms()],
    "featureTransformationArn": [row["featureTransformationArn"] for row in catalog.feature_transformations()],
}
_PLAIN = {
    "name": NAMES,
    "jobName": NAMES,
    "schema": [json.dumps(schema) for schema in SCHEMAS.values()],
    "datasetType": ["Interactions", "Items", "Users", "INTERACTIONS", "Actions"],
    "dataLocation": [f"s3://{BUCKET}/interactions.csv", f"s3://{BUCKET}/none.csv", "s3://no-such-bucket/x.csv"],
    "path": [f"s3://{BUCKET}/out/", f"s3://{BUCKET}/users.json", "s3://no-such-bucket/out/"],
    "roleArn": [ROLE],
    "filterExpression": [
        "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase", "view")',
        'INCLUDE ItemID WHERE Items.PRICE < 12.5 | EXCLUDE ItemID WHERE Items.GENRE IN ("drama")',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    ],
    "userId": [f"u{number}" for number in range(12)] + ["newcomer"],
    "itemId": [f"i{number}" for number in range(12)] + ["novelty"],
    "eventType": ["view", "Purchase", "Watch", "click"],
    "properties": ['{"eventValue": 2}', '{"itemId": "i3", "GENRE": "drama"}', "{}", '{"genre": null}'],
    "recommendationId": ["RID-279bc670-9f3a-4633-b670-1183fd50c323"],
    "itemAttribute": ["GENRE", "PRICE"],
    "itemName": ["GENRE"],
    "expression": ["SUM(Items.PRICE)", "SAMPLECOUNT()"],
    "schedulingExpression": ["rate(7 days)", "rate(1 day)", "rate(30 days)"],
}
_TOLD = {"resourceArn": Known.any_arn, "trackingId": Known.tracking, "nextToken": Known.token}
_NUMBERS = {"numResults": (1, 30), "percentPromotedItems": (1, 100), "minProvisionedTPS": (1, 3)}


@dataclass(frozen=True)
class Values:
    """One call's dice, and what it may speak of."""

    dice: Random
    known: Known

    def request(self, shape: Shape) -> dict[str, object]:
        """Return an operation's input: the required members, some of the others."""
        request = self.of(shape, "")
        if "datasetType" in request and "schemaArn" in request:
            # Any schema would do for the model; one call in two is to get further.
            type_ = request["datasetType"] = self.dice.choice(["Interactions", "Interactions", "Items"])
            request["schemaArn"] = f"{HOME}schema/stage-{type_}" if self.dice.random() < 0.6 else request["schemaArn"]
        return request

    def of(self, shape: Shape, name: str) -> object:
        make = getattr(self, f"_{shape.type_name}", None)
        return make(shape, name) if make else self._number(shape, name)

    def _structure(self, shape, _name):
        required = set(shape.required_members)
        chosen = [name for name in shape.members if self.dice.random() < _OPTIONAL or name in required]
        return {name: self.of(shape.members[name], name) for name in chosen}

    def _list(self, shape, name):
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 5)
        count = self.dice.randint(low, max(low, min(high, low + 3)))
        if name == "inputList":
            return [self.dice.choice(_PLAIN["itemId"]) for _ in range(count)]
        return [self.of(shape.member, name) for _ in range(count)]

    def _map(self, shape, name):
        if name == "filterValues":
            return {"GENRE": '"drama","comedy"'}
        return {self.of(shape.key, "key"): self.of(shape.value, "value") for _ in range(self.dice.randrange(3))}

    def _boolean(self, _shape, _name):
        return self.dice.random() < 0.5

    def _timestamp(self, _shape, _name):
        return 1_700_000_000 + self.dice.randrange(10**7)

    def _number(self, shape, name):
        low, high = _NUMBERS.get(name, (shape.metadata.get("min", 0), min(shape.metadata.get("max", 50), 100)))
        low, high = max(low, -(10**6)), max(low, high)
        return self.dice.randint(int(low), int(high)) if shape.type_name in ("integer", "long") else float(low)

    def _string(self, shape, name):
        if shape.enum:
            return self.dice.choice(shape.enum)
        if name in _MEMBER_KINDS:
            return self._arn(name)
        if name in _TOLD:
            return _TOLD[name](self.known, self.dice)
        if offered := _OWNED.get(name) or _PLAIN.get(name):
            return self.dice.choice(offered)
        return PATTERNS[shape.metadata["pattern"]][0] if "pattern" in shape.metadata else self._word(shape)

    def _arn(self, name):
        arn = self.known.arn(_MEMBER_KINDS[name], self.dice)
        latest = name == "solutionVersionArn" and self.dice.random() < 0.1
        return arn.rpartition("/")[0] + "/$LATEST" if latest else arn

    def _word(self, shape):
        longest = min(shape.metadata.get("max", 12), 12)
        return "".join(self.dice.choices("abcdefgh", k=self.dice.randint(1, longest)))

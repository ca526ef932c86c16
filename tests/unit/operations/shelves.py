"""A shop whose items are told apart by their texts alone: teas, lamps and ropes, with dates."""

import json
from collections.abc import Sequence
from types import SimpleNamespace

NAME = {"name": "NAME", "type": "string", "itemName": True}
ABOUT = {"name": "ABOUT", "type": ["null", "string"], "textual": True}
KIND = {"name": "KIND", "type": ["null", "string"], "categorical": True}
CREATED = {"name": "CREATION_TIMESTAMP", "type": ["null", "long"]}
FIELDS = [{"name": "ITEM_ID", "type": "string"}, NAME, ABOUT, KIND, CREATED]
RECIPE = "aws-semantic-similarity"
DAY = 86_400
FIRST = 1_700_000_000
_GOODS = {
    "tea": ("green leaf", "black breakfast", "herbal mint", "white silver"),
    "lamp": ("desk brass", "floor oak", "reading steel", "garden solar"),
    "rope": ("climbing nylon", "sailing hemp", "skipping cotton", "towing steel"),
}
_ABOUT = {
    "tea": "a warm drink to brew in a pot",
    "lamp": "light for a dark room, with a bulb",
    "rope": "strong strands, twisted to tie and pull",
}


def rows() -> list[tuple[str, str, str, str, int]]:
    """Return items: sorts of three kinds of goods, the later ones newer."""
    return [
        (f"{kind}-{number}", f"{sort} {kind}".title(), _ABOUT[kind], kind, FIRST + DAY * number)
        for kind, sorts in _GOODS.items()
        for number, sort in enumerate(sorts)
    ]


def items() -> str:
    """Return the items as a file."""
    lines = ["ITEM_ID,NAME,ABOUT,KIND,CREATION_TIMESTAMP", *(f'{i},{n},"{a}",{k},{c}' for i, n, a, k, c in rows())]
    return "\n".join(lines) + "\n"


def purchases() -> str:
    """Return few interactions: whoever buys takes the last sort of each kind, some the first as well."""
    lines = [f"u{user},{kind}-3,{FIRST + DAY * user}" for user in range(5) for kind in _GOODS]
    lines += [f"u{user},tea-0,{FIRST + DAY * user + 60}" for user in range(2)]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *lines]) + "\n"


class Shop:
    """A dataset group with these items, and what is made of it."""

    def __init__(self, build, clients, *, bought: bool = False, fields: Sequence[dict] = FIELDS) -> None:
        self._build, self.clients, self.world = build, clients, build.world
        self.group = build.group()
        self.interactions = build.dataset(self.group) if bought else None
        if self.interactions:
            build.imported(self.interactions, purchases())
        self.items = self._items(fields)
        build.imported(self.items, items())

    def _items(self, fields: Sequence[dict]) -> str:
        schema = {
            "type": "record",
            "name": "Items",
            "namespace": "com.amazonaws.personalize.schema",
            "fields": [*fields],
        }
        personalize = self.clients.personalize
        arn = personalize.create_schema(name=self._build.name(), schema=json.dumps(schema))["schemaArn"]
        arn = personalize.create_dataset(
            name=self._build.name(), datasetGroupArn=self.group, datasetType="Items", schemaArn=arn
        )["datasetArn"]
        self.world.run()
        return arn

    def solution(self, **members) -> str:
        return self.clients.personalize.create_solution(
            name=self._build.name(),
            datasetGroupArn=self.group,
            recipeArn=f"arn:aws:personalize:::recipe/{RECIPE}",
            **{"performAutoTraining": False, **members},
        )["solutionArn"]

    def version(self, solution: str | None = None) -> str:
        return self._build.version(solution or self.solution())

    def campaign(self, version: str | None = None, **members) -> str:
        return self._build.campaign(version or self.version(), **members)

    def put(self, *items: dict) -> None:
        self.clients.personalize_events.put_items(datasetArn=self.items, items=list(items))
        self.world.now += 60

    def like(self, campaign: str, item: str, count: int = 3, **members) -> list[str]:
        reply = self.clients.personalize_runtime.get_recommendations(
            campaignArn=campaign, itemId=item, numResults=count, **members
        )
        return [each["itemId"] for each in reply["itemList"]]

    def describe(self, version: str) -> SimpleNamespace:
        reply = self.clients.personalize.describe_solution_version(solutionVersionArn=version)
        return SimpleNamespace(**reply["solutionVersion"])

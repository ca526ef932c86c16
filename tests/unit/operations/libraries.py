"""Domain dataset groups of what is watched or bought, and what each use case is asked with."""

import json

from tests.fields import INTERACTIONS, ITEMS

EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}
VIDEOS = [
    {"name": "GENRES", "type": "string", "categorical": True},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
]
USE_CASES = {
    "aws-vod-because-you-watched-x": {"userId", "itemId"},
    "aws-vod-more-like-x": {"userId", "itemId"},
    "aws-vod-most-popular": {"userId"},
    "aws-vod-trending-now": set(),
    "aws-vod-top-picks": {"userId"},
    "aws-ecomm-popular-items-by-views": {"userId"},
    "aws-ecomm-popular-items-by-purchases": {"userId"},
    "aws-ecomm-frequently-bought-together": {"itemId"},
    "aws-ecomm-customers-who-viewed-x-also-viewed": {"userId", "itemId"},
    "aws-ecomm-recommended-for-you": {"userId"},
}


def viewing(users: int = 60, films: int = 40, watched: str = "watch") -> str:
    """Users of two tastes, each watching films of its own half and clicking on others of it."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for user in range(users):
        half = user % 2 * (films // 2)
        for step in range(20):
            film, kind = half + (step * (1 + user % 3)) % (films // 2), "click" if step % 4 == 3 else watched
            rows.append(f"u{user},i{film},{1_700_000_000 + step * 86_400 + user},{kind}")
            rows.append(f"u{user},i{half + user % 5},{1_700_000_000 + step * 86_400 + user},{watched}")
    return "\n".join(rows) + "\n"


def library_of(build, text, domain="VIDEO_ON_DEMAND"):
    group = build.group(domain=domain)
    build.imported(add_dataset(build, group, "Interactions", [*INTERACTIONS, EVENT_TYPE]), text)
    if domain == "VIDEO_ON_DEMAND":
        add_dataset(build, group, "Items", [ITEMS[0], *VIDEOS])
    return group


def add_dataset(build, group, type_, fields):
    domain = build.client.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["domain"]
    schema = {"type": "record", "name": type_, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
    made = build.client.create_schema(name=build.name(), schema=json.dumps({**schema, "version": "1.0"}), domain=domain)
    arn = build.client.create_dataset(
        name=build.name(), datasetGroupArn=group, datasetType=type_, schemaArn=made["schemaArn"]
    )["datasetArn"]
    build.world.run()
    return arn

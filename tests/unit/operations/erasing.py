"""A dataset group with data for every recipe, and a user who is erased from it."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb

from tastemaker.recipes import registry
from tests.unit.operations.purchases import interactions, items

ROLE = "arn:aws:iam::123456789012:role/deletions"
GONE, PLAN = "the-user-to-delete", "a-plan-of-her-own"
OTHERS = ("u1", "u2", "u7", "u30")
V2 = "aws-user-personalization-v2"
EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
ABOUT_ITEMS = (
    {"name": "PRICE", "type": ["null", "float"]},
    {"name": "BRAND", "type": "string", "itemName": True},
    {"name": "ABOUT", "type": ["null", "string"], "textual": True},
)
ABOUT_USERS = {"name": "PLAN", "type": ["null", "string"], "categorical": True}


def with_her(text: str, *of: str) -> str:
    """Let her do what somebody else does, too."""
    rows = text.strip().split("\n")
    return "\n".join([*rows, *(GONE + row[row.index(",") :] for row in rows if row.split(",")[0] in of)]) + "\n"


def people(count: int = 80) -> str:
    rows = [f"u{number},{20 + number % 40},{'gold' if number % 3 else 'basic'}" for number in range(count)]
    return "\n".join(["USER_ID,AGE,PLAN", *rows, f"{GONE},33,{PLAN}"]) + "\n"


def offered(count: int = 80) -> str:
    rows = ["USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP"]
    for number in range(count):
        for turn in range(8):
            moment = 1_700_000_000 + turn * 86_400 + number
            taken = "TAKEN" if (number * 5 + turn * 3) % 7 < 3 + turn % 2 else "Not Taken"
            rows += [f"u{number},a{turn % 4},VIEWED,{moment}", f"u{number},a{turn % 4},{taken},{moment + 60}"]
    return "\n".join(rows) + "\n"


def stocked(build):
    """Make a dataset group for all recipes, of which she is in every dataset that has users."""
    group = build.group()
    files = {
        "Interactions": (with_her(interactions(), "u1", "u4"), (EVENT_TYPE,)),
        "Items": (items(), ABOUT_ITEMS),
        "Users": (people(), (ABOUT_USERS,)),
        "Actions": ("ACTION_ID,VALUE\na0,1\na1,2\na2,3\na3,4\n", ()),
        "ActionInteractions": (with_her(offered(), "u1", "u4"), ()),
    }
    for type_, (text, fields) in files.items():
        build.imported(build.dataset(group, type_, *fields), text)
    return group


class Scene:
    """A world and what is asked of it, as a caller does."""

    def __init__(self, world, clients, build) -> None:
        self.world, self.build, self.personalize, self.runtime = (
            world,
            build,
            clients.personalize,
            clients.personalize_runtime,
        )

    def erase(self, group: str, *users: str) -> str:
        """Begin the deletion of her, or of others."""
        name = self.build.name()
        self.world.objects.write("bucket", f"{name}.csv", "\n".join(["USER_ID", *(users or (GONE,)), ""]).encode())
        source = {"dataLocation": f"s3://bucket/{name}.csv"}
        return self.personalize.create_data_deletion_job(
            jobName=name, datasetGroupArn=group, dataSource=source, roleArn=ROLE
        )["dataDeletionJobArn"]

    def erased(self, group: str, *users: str) -> dict:
        """Delete her, or others, and return the receipt."""
        arn = self.erase(group, *users)
        self.world.run()
        return self.receipt(arn)

    def receipt(self, arn: str) -> dict:
        reply = self.personalize.describe_data_deletion_job(dataDeletionJobArn=arn)
        assert reply["dataDeletionJob"]["status"] == "COMPLETED", reply
        place = reply["ResponseMetadata"]["HTTPHeaders"]["x-tastemaker-receipt"]
        bucket, _, key = place.removeprefix("s3://").partition("/")
        return json.loads(self.world.objects.read(bucket, key))

    def ask(self, recipe: str, user: str, **source: str) -> dict:
        """Ask a campaign or recommender as its recipe is asked."""
        about = registry.get(recipe).metadata
        if about.type == "PERSONALIZED_RANKING":
            reply = self.runtime.get_personalized_ranking(userId=user, inputList=["i3", "i30", "i7", "i21"], **source)
        elif about.type == "PERSONALIZED_ACTIONS":
            reply = self.runtime.get_action_recommendations(userId=user, numResults=4, **source)
        else:
            item = {"itemId": "i3"} if about.needs_item else {}
            reply = self.runtime.get_recommendations(userId=user, numResults=15, **item, **source)
        return {name: value for name, value in reply.items() if name != "ResponseMetadata"}

    def asked(self, recipe: str, *users: str, **source: str) -> list[dict]:
        """Ask for some users, exploring the same places each time that this is called."""
        self.world.draw_alike()
        return [self.ask(recipe, user, **source) for user in users]

    def is_replayed(self, reply: dict) -> bool:
        replay = self.runtime.replay_recommendation(recommendationId=reply["recommendationId"])
        return bool(replay["identical"])

    def segment(self, version: str, line: dict) -> list[str]:
        """Return all users in the order of their affinity."""
        self.world.objects.write("bucket", "in/lines.json", json.dumps(line).encode())
        self.personalize.create_batch_segment_job(
            jobName=self.build.name(),
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": "s3://bucket/in/lines.json"}},
            jobOutput={"s3DataDestination": {"path": "s3://bucket/out/"}},
            numResults=100,
            roleArn=ROLE,
        )
        self.world.run()
        [answer] = self.world.objects.read("bucket", "out/lines.json.out").splitlines()
        users: list[str] = json.loads(answer)["output"]["usersList"]
        return users

    def found(self, *texts: str) -> set[str]:
        """Name the objects of our buckets that hold a text in any form in which arrays and files have texts."""
        traces = [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-32-le")]
        every = self.world.objects.objects.items()
        own = [(key, body) for (bucket, key), body in every if bucket in {"data", "models"}]
        return {key for key, body in own if any(trace in plain(key, body) for trace in traces)}

    def is_in_tables(self, text: str) -> bool:
        world = self.world
        return text in repr(
            (world.resources._records, world.events._events, world.records._records, vars(world.answers))
        )


def plain(key: str, body: bytes) -> bytes:
    """Return an object's key and bytes, and what they say where they are compressed."""
    if key.endswith(".parquet"):
        with NamedTemporaryFile() as file, duckdb.connect() as session:
            Path(file.name).write_bytes(body)
            body += repr(session.execute(f"FROM read_parquet('{file.name}')").fetchall()).encode()
    elif key.endswith(".npz"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body += b"".join(packed.read(name) for name in packed.namelist())
    elif key.endswith(".gz"):
        body += gzip.decompress(body)
    return key.encode() + body

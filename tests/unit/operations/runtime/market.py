"""A market of old items and new ones, and campaigns that explore it."""

from tests.unit.operations.histories import shop

V1, V2 = "aws-user-personalization", "aws-user-personalization-v2"
# Long known and often bought: only what is added below is young.
OLD = shop().replace("\n", ",buy\n").replace("TIMESTAMP,buy", "TIMESTAMP,EVENT_TYPE")
NEWEST = 1_700_000_000 + 19 * 86_400 + 59


def with_news(**created: int) -> str:
    """Items of which some are new by their date, and all others are old by theirs."""
    rows = ["ITEM_ID,GENRE,CREATION_TIMESTAMP", *(f"i{number},a,1000000000" for number in range(40))]
    return "\n".join([*rows, *(f"{name},b,{moment}" for name, moment in created.items())]) + "\n"


def configured(weight: str, **more: str) -> dict:
    return {"campaignConfig": {"itemExplorationConfig": {"explorationWeight": weight, **more}}}

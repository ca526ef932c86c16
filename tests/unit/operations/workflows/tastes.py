"""What people of two tastes take, click on, buy and watch."""

DAY = 86_400
EVENT_TYPE = {"name": "EVENT_TYPE", "type": "string"}
EVENT_VALUE = {"name": "EVENT_VALUE", "type": "float"}
GENRES = {"name": "GENRES", "type": "string", "categorical": True}
CREATED = {"name": "CREATION_TIMESTAMP", "type": "long"}


def viewing(liked: int) -> str:
    """Sixty users who watch films of one of two halves; each also the same film over and over."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for user in range(60):
        for step in range(20):
            film = user % 2 * 20 + (step * (1 + user % 3)) % 20
            rows.append(f"u{user},i{film},{1_700_000_000 + step * 86_400 + user},watch")
            rows.append(f"u{user},i{liked},{1_700_000_000 + step * 86_400 + user},watch")
    return "\n".join(rows) + "\n"


def two_tastes(users=60, items=40):
    """Return interactions of users with two tastes, each taking its own half of the items, in an order of its own."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP"]
    for user in range(users):
        for step in range(20):
            item = (user % 2) * (items // 2) + (step * (7 + user) + user) % (items // 2)
            rows.append(f"u{user},i{item},{1_700_000_000 + step * DAY + user}")
    return "\n".join(rows) + "\n"


def clicks_and_purchases():
    """Return interactions of users who click on the first half of the items and buy the second, dear ones twice."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE"]
    for user in range(60):
        for step in range(20):
            at, place = 1_700_000_000 + step * DAY + user, (step * (7 + user) + user) % 20
            rows.append(f"u{user},i{place},{at},Click,0")
            rows.append(f"u{user},i{20 + place},{at},Purchase,{place}")
    return "\n".join(rows) + "\n"

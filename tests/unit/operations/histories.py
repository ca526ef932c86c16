"""Interactions of users whose taste is known."""


def shop(users: int = 60, items: int = 40) -> str:
    """Users of two tastes, each buying its own half of the items, the first of them most often."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP"]
    for user in range(users):
        for step in range(20):
            item = (user % 2) * (items // 2) + (step * (1 + user % 3)) % (items // 2)
            rows.append(f"u{user},i{item},{1_700_000_000 + step * 86_400 + user}")
    return "\n".join(rows) + "\n"


def visits(users: int = 100, days: int = 14) -> str:
    """Mornings and evenings in turn; the items i0 to i19 are for mornings, the others for evenings."""
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,DAY_PART,FLOOR"]
    for user in range(users):
        for day in range(days):
            evening = (user * 7 + day * day * 3 + day // 3) % 2
            item = evening * 20 + (user + day * 5) % 20
            rows.append(f"u{user},i{item},{1_700_000_000 + day * 86_400 + user},{('am', 'pm')[evening]},{day % 3}")
    return "\n".join(rows) + "\n"

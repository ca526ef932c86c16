"""What people of two tastes buy and view, and the items of which they choose."""

EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
ITEM_FIELDS = (
    {"name": "PRICE", "type": ["null", "float"]},
    {"name": "BRAND", "type": ["null", "string"]},
    {"name": "ABOUT", "type": ["null", "string"], "textual": True},
)
GENRES = ("comedy", "drama", "comedy|drama", "")


def interactions(users=80, items=40):
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for user in range(users):
        for step in range(20):
            item = (user % 2) * (items // 2) + (step * (1 + user % 3)) % (items // 2)
            type_ = "Purchase" if step % 4 == 0 else "view"
            rows.append(f"u{user},i{item},{1_700_000_000 + step * 86_400 + user},{type_}")
    return "\n".join(rows) + "\n"


def items(count=40):
    rows = [f"i{n},{GENRES[n % 4]},{n / 10},brand {n % 5},about {n}" for n in range(count)]
    return "\n".join(["ITEM_ID,GENRE,PRICE,BRAND,ABOUT", *rows]) + "\n"

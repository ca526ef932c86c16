"""Actions, and how people who have cats or dogs took them."""

DAY = 86_400
NOW = 1_750_000_000
CATS, DOGS = ([f"{kind}{number}" for number in range(30)] for kind in ("cat", "dog"))
EVENT_TYPE = {"name": "EVENT_TYPE", "type": ["null", "string"]}
FIELDS = (
    {"name": "TYPE", "type": ["null", "string"]},
    {"name": "EXPIRATION_TIMESTAMP", "type": ["null", "long"]},
    {"name": "REPEAT_FREQUENCY", "type": ["null", "long"]},
)
ACTIONS = f"""ACTION_ID,VALUE,TYPE,EXPIRATION_TIMESTAMP,REPEAT_FREQUENCY
catfood,2,food,,
dogfood,2,food,,
club,5,club,,14
sale,3,food,{NOW + 2 * DAY},
new-small,1,club,,
new-big,9,club,,
new-none,,club,,
"""
KNOWN = ["catfood", "dogfood", "club", "sale"]


def bought(now: int = NOW) -> str:
    """Each half of the users has items of its own."""
    rows = [
        f"{user},{user[:3]}-item{place % 7},{now - 40 * DAY + place * DAY},buy"
        for user in CATS + DOGS
        for place in range(20)
    ]
    return "\n".join(["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", *rows]) + "\n"


def offered(now: int = NOW) -> str:
    """Cats take catfood, dogs dogfood, and of all else half of the users take what they are shown."""
    rows = []
    for number, user in enumerate(CATS + DOGS):
        for round_ in range(2):
            for place, action in enumerate(KNOWN):
                moment = now - 38 * DAY + round_ * 18 * DAY + place * 3_600
                fits = action.startswith(user[:3]) if place < 2 else (number // (place - 1)) % 2 == 0
                fits ^= (number * 5 + round_ * 3 + place) % 7 == 0  # nobody is quite predictable
                rows.append(f"{user},{action},VIEWED,{moment}")
                rows.append(f"{user},{action},{'TAKEN' if fits else 'Not Taken'},{moment + 60}")
    return "\n".join(["USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP", *rows]) + "\n"

"""Turns what a till prints (`SFT DRNK 2 LITER BTL CARB INCL`) into names that a person likes to read."""

import re

# The data cuts product types off at this many characters, mostly in the middle of a word.
_CUT = 30
_WORDS = {
    "beeralemalt": "beer, ale, malt",
    "btl": "bottle",
    "carb": "",
    "carbntd": "carbonated",
    "catfd": "cat food",
    "chix": "chicken",
    "chococlate": "chocolate",
    "dnrs": "dinners",
    "drnk": "drink",
    "drnking": "drinking",
    "drnks": "drinks",
    "fd": "food",
    "frd": "fried",
    "frzn": "frozen",
    "gds": "goods",
    "grnd": "ground",
    "iws": "sliced",
    "mach": "machine",
    "mlt-pk": "multipack",
    "mneral": "mineral",
    "non-crbntd": "still",
    "prep": "prepared",
    "refrgratd": "chilled",
    "sft": "soft",
    "sgl": "single",
    "sngl": "single",
    "srv": "serve",
    "ss": "single-serve",
    "sv": "serve",
    "sw": "sweet",
    "vend": "vending",
}
# Types that say nothing without their category: 'PREMIUM' is an ice cream in one aisle and a bacon in another.
_VAGUE = re.compile(
    "blends|economy|enhanced|entrees|garden plus|lean|mainstream|miscellaneous|premium|primal|regular garden|select"
    "|traditional|value"
)
_UNITS = {"ga": "gal", "dz": "dozen", "doz": "dozen"}
_SIZE = re.compile(r"(?<!\S)(\.?\d{1,3}(?:[./-]\d{1,3})*(?: \d/\d)?) +([a-z][a-z ]*)$")


def display_name(product_type: str | None, category: str | None, size: str | None = None) -> str:
    """Return a product's name: its type, with its category where the type is vague, and its size."""
    name = _words(product_type or category or "unnamed product")
    if category and _VAGUE.fullmatch(name.split(" - ")[0]):
        name = f"{_words(category)}, {name}"
    return ", ".join(part for part in (_capitalized(name), _size(size or "")) if part)


def _words(text: str) -> str:
    if len(text) >= _CUT:
        text = re.sub(r"[\s/(&-]+[^\s/(&-]*$", "", text)
    text = re.sub(r"\s*\([^)]*$", "", text)
    words = re.sub(r":(?=\w)", ": ", text.lower())
    return " ".join(re.sub(r"[\w-]+", lambda word: _WORDS.get(word[0], word[0]), words).split())


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]


def _size(size: str) -> str:
    """Return the quantity at the end, without the codes that some sizes carry in front of it."""
    match = _SIZE.search(size.strip().lower())
    return f"{match[1]} {_UNITS.get(match[2], match[2])}" if match else ""

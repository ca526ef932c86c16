"""What clients get wrong, by mistake or on purpose: in the members of a request, and in its bytes."""

import copy
import json
from collections.abc import Callable
from random import Random

from tests.e2e.fuzz.known import Known


def _nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value] if depth % 2 else {"a": value}
    return value


_WRONG: list[object] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    101,
    1.5,
    -0.0,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "\x1b[31m",
    "a\r\nX-Injected: 1",
    "\ud800",
    "\udfff\ud800",
    "\U0001f600" * 40,
    "\u202eabc",
    "İ",
    "ﬀ",
    "ß" * 63,
    "e\u0301",
    "\u2028",
    "x" * 64,
    "x" * 257,
    "x" * 1501,
    "x" * 20_001,
    "y" * 200_000,
    "../../etc/passwd",
    "' OR 1=1 --",
    "${jndi:x}",
    "%00",
    "{{7*7}}",
    "null",
    "NaN",
    "$LATEST",
    "s3://",
    "s3:///",
    "s3://b//../x",
    "http://169.254.169.254/x",
    "arn:aws:personalize:us-east-1:123456789012:campaign/",
    "arn:aws:personalize:us-east-1:123456789012:",
    "arn:aws:personalize:eu-west-1:999999999999:schema/x",
    "arn:aws:personalize:::recipe/none",
    "arn:a:personalize::::x",
    "arn:aws:personalize:us-east-1:123456789012:solution/a/b/c/$LATEST",
    "arn:aws:personalize:\n:\n:schema/a#b|c",
    "arn:aws:personalize:us-east-1:123456789012:solution//",
    "arn:aws:personalize:us-east-1:123456789012:schema/\u00e9\0",
    "INCLUDE ItemID WHERE",
    "EXCLUDE ItemID WHERE Items.A IN (" + ",".join(['"b"'] * 500) + ")",
    "INCLUDE ItemID WHERE Items.\u0130 = 1",
    '{"type":"record","fields":[]}',
    '{"type":"record","name":"Interactions","fields":[{"name":"USER_ID","type":["null"]}]}',
    '{"type":"record","name":{},"fields":{"a":1},"version":1}',
    '{"type":"record","name":"Users","fields":[null,1,[],{"name":[]}]}',
    '{"a":' * 30 + "1" + "}" * 30,
    "[" * 5000 + "]" * 5000,
    '{"eventValue": 1e999}',
    '{"eventValue": NaN}',
    '{"itemId": {}}',
    "[]",
    '{"a": "\\ud800"}',
    "rate(0 days)",
    "rate(99999999 days)",
    "WyJhIiwiYiJd",
    "bnVsbA==",
    "e30=",
    "====",
    "W251bGwsbnVsbF0=",
    [],
    {},
    [None],
    [[]],
    {"": ""},
    {"a": None},
    {"\ud800": "x"},
    ["x"] * 600,
    {f"k{n}": "v" for n in range(300)},
    _nested(19),
    _nested(200),
]


def mutated(request: dict, dice: Random, known: Known) -> dict:
    """Return a request with one to three of its parts changed."""
    changed = copy.deepcopy(request)
    for _ in range(dice.randint(1, 3)):
        holder, key = _somewhere(changed, dice)
        dice.choice(_CHANGES)(holder, key, dice, known)
    return changed


def _somewhere(request: dict, dice: Random) -> tuple[dict | list, object]:
    places = list(_places(request))
    return places[dice.randrange(len(places))] if places else (request, "name")


def _places(value):
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(inner):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def _replace(holder, key, dice, _known):
    holder[key] = copy.deepcopy(dice.choice(_WRONG))


def _other_arn(holder, key, dice, known):
    holder[key] = known.any_arn(dice)


def _remove(holder, key, _dice, _known):
    if isinstance(holder, dict):
        holder.pop(key, None)
    elif key < len(holder):
        holder.pop(key)


def _add(holder, _key, dice, _known):
    if isinstance(holder, dict):
        holder[dice.choice(["extra", "Name", "", "__type", "status", "_tags", "call", "self", "\u00fc"])] = (
            copy.deepcopy(dice.choice(_WRONG))
        )


def _edit(holder, key, dice, _known):
    value = holder.get(key) if isinstance(holder, dict) else holder[key : key + 1]
    if isinstance(value, str):
        place = dice.randrange(len(value) + 1)
        holder[key] = (
            value[:place] + dice.choice(["\0", "\n", "/", "#", "|", ":", "é", '"', "\\", "\ud83d", " "]) + value[place:]
        )
    else:
        holder[key] = [value] * dice.choice([1, 2, 60])


_CHANGES: list[Callable] = [_replace, _replace, _replace, _replace, _other_arn, _remove, _add, _edit]


def encoded(request: object) -> bytes:
    """Return a request as clients send it; what JSON cannot say is said as Python says it."""
    return json.dumps(request).encode()


def broken(body: bytes, dice: Random) -> bytes:
    """Return bytes that are not what they should be."""
    return dice.choice(_BREAKS)(body, dice)


def _cut(body, dice):
    return body[: dice.randrange(len(body))]


def _flip(body, dice):
    place = dice.randrange(len(body))
    return body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :]


def _twice(body, _dice):
    return body[:-1] + (b"," if len(body) > 2 else b"") + body[1:]


_BREAKS: list[Callable[[bytes, Random], bytes]] = [
    _cut,
    _flip,
    _flip,
    _twice,
    lambda body, _: b"\xff\xfe" + body,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body.decode().encode("utf-16"),
    lambda body, _: body.replace(b'"', b"'"),
    lambda body, _: body[:-1] + b",}",
    lambda body, _: body + body,
    lambda body, _: body.replace(b"a", b"\xc3\x28", 1),
    lambda body, _: body.replace(b"a", b"\\ud800", 1),
    lambda body, _: body.replace(b"a", b"\xed\xa0\x80", 1),
    lambda body, _: body.replace(b": ", b": -0e99999999,", 1),
    lambda *_: b"[" * 100_000,
    lambda *_: b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    lambda *_: b'{"name": ' + b"9" * 100_000 + b"}",
    lambda *_: b'{"name": NaN, "maxResults": -Infinity}',
    lambda *_: b"",
    lambda *_: b"null",
    lambda *_: b"[]",
    lambda *_: b'"text"',
    lambda *_: b"5",
    lambda *_: b"\0" * 50,
    lambda *_: b"<xml/>",
    lambda *_: b"name=x&datasetGroupArn=y",
    lambda *_: b"{}" + b" " * 1_000_000,
    lambda _, dice: dice.randbytes(300),
]

"""Writes `resources.py`: one class for each kind that the provider knows, with the members of its Create operation."""

import sys
from pathlib import Path
from typing import Final

from botocore import xform_name

from tastemaker.stacks.kinds import STACK_KINDS, StackKind
from tastemaker.wire.models import Shape

PAGE: Final = Path(__file__).with_name("resources.py")
_HEAD: Final = '''"""Ten kinds of resource, written by `python -m tastemaker_cdk.generation`."""

from typing import Unpack

from constructs import Construct

from tastemaker_cdk.resource import Arn, Options, Resource, Structure, tag_list
'''
_CLASS: Final = '''

class {title}(Resource):
    """{words}, as {operation} makes it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
{arguments}
        **options: Unpack[Options],
    ) -> None:
        properties = {{
{properties}
        }}
        super().__init__(scope, construct_id, "{title}", properties, options)
'''
_TYPES: Final = {"string": "str", "integer": "int", "boolean": "bool", "structure": "Structure"}
_TAGS: Final = "tags"


def text() -> str:
    """Return the module."""
    return _HEAD + "".join(map(_class, STACK_KINDS.values()))


def _class(kind: StackKind) -> str:
    members, required = kind.shape.members, set(kind.shape.required_members) - {kind.kind.name_member}
    names = sorted(members, key=lambda name: name not in required)  # a name is made up where none is given
    return _CLASS.format(
        title=kind.title,
        words=f"{'An' if kind.kind.title[0] in 'aeiou' else 'A'} {kind.kind.title}",
        operation=f"Create{kind.title}",
        arguments="\n".join(f"        {_argument(name, members[name], name in required)}," for name in names),
        properties="\n".join(f'            "{name[0].upper()}{name[1:]}": {_value(name)},' for name in members),
    )


def _argument(name: str, shape: Shape, required: bool) -> str:  # noqa: FBT001 - of the line that it writes
    written = f"{xform_name(name)}: {_type(name, shape)}"
    return written if required else f"{written} | None = None"


def _type(name: str, shape: Shape) -> str:
    if name == _TAGS:
        return "dict[str, str]"
    return "Arn" if name.endswith("Arn") else _TYPES[shape.type_name]


def _value(name: str) -> str:
    return f"tag_list({_TAGS})" if name == _TAGS else xform_name(name)


if __name__ == "__main__":
    sys.stdout.write(f"{PAGE.write_text(text())} characters in {PAGE}\n")

"""`tastemaker filter explain`: asks a service why a filter lets an item pass or not, and prints that."""

import json
import sys

from tastemaker_local.commands import clients, filter_views, terminals


@clients.explained
def run(members: dict[str, object], *, endpoint: str | None, as_json: bool) -> int:
    """Print what ExplainFilter says of these members of its request; return 1 if it says nothing."""
    client = clients.knowing("personalize-runtime", endpoint, about=str(members["filterArn"]))
    reply = client.explain_filter(**members)
    found = {name: value for name, value in reply.items() if name != "ResponseMetadata"}
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        filter_views.show(terminals.console(), found)
    return 0

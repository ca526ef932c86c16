"""Does with events what EventBridge does and moto does not: runs functions, starts machines, publishes to topics.

One target that fails keeps no event from the others, and none from being accepted.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from threading import Thread
from typing import Any
from unittest.mock import patch

from moto.awslambda.models import lambda_backends
from moto.events.models import Rule
from moto.sns.models import sns_backends

from tastemaker_local.emulation import executions
from tastemaker_local.emulation.deployment import ACCOUNT
from tastemaker_local.emulation.messages import report

_send = Rule.send_to_targets
Event = dict[str, Any]


@contextmanager
def installed() -> Iterator[None]:
    """Send each event to every target of its rules, one after the other."""
    with patch.object(Rule, "send_to_targets", _send_to_each):
        yield


def _send_to_each(rule: Rule, original_event: Event, transform_input: bool = True) -> None:  # noqa: FBT001, FBT002
    if rule.state != "ENABLED" or not _is_for(rule, original_event):
        return
    for target in rule.targets:
        try:
            _deliver(rule, target, dict(original_event), transform_input=transform_input)
        except Exception:  # noqa: BLE001 - somebody's target that is not there must not keep others waiting
            report(f"the target {target['Arn']} of the rule {rule.name}")


def _is_for(rule: Rule, event: Event) -> bool:
    """Whether a rule's pattern takes an event; to moto a rule without a pattern, which has a schedule, takes all."""
    pattern = rule.event_pattern
    return bool(pattern.get_pattern()) and pattern.matches_event(event)  # type: ignore[arg-type]


def _deliver(rule: Rule, target: dict[str, Any], event: Event, *, transform_input: bool) -> None:
    _, _, service, region, _, resource = target["Arn"].split(":", 5)
    own = _TARGETS.get(service)
    if own:
        own(region, resource, target["Arn"], target.get("Input") or json.dumps(event))
        return
    alone = copy(rule)
    alone.targets = [target]
    _send(alone, event, transform_input)  # type: ignore[arg-type]


def _function(region: str, resource: str, arn: str, text: str) -> None:
    function = lambda_backends[ACCOUNT][region].get_function(resource.removeprefix("function:"))
    # Whoever has put the event does not wait for what comes of it.
    Thread(target=function.invoke, args=(text, {}, {}), name=f"rule to {arn}", daemon=True).start()


def _topic(region: str, resource: str, arn: str, text: str) -> None:
    del resource
    sns_backends[ACCOUNT][region].publish(text, arn=arn)


def _machine(region: str, resource: str, arn: str, text: str) -> None:
    del resource
    executions.start(region, arn, text)


_TARGETS: dict[str, Callable[[str, str, str, str], None]] = {"lambda": _function, "sns": _topic, "states": _machine}

"""CloudFormation, and the workflow that looks again, in a world without AWS."""

import json

from tastemaker.stacks.drift import drift
from tastemaker.stacks.kinds import STACK_KINDS
from tastemaker.stacks.provider import Provider
from tastemaker.store.own_api import OwnApi

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/0a1b"


class Formation:
    """Asks a provider for resources, as the stack `shop`."""

    def __init__(self, world, personalize) -> None:
        self._world = world
        self._api = OwnApi(lambda: personalize)
        self.provider = Provider(self._api, self, world.clock)
        self.begun: dict[str, dict] = {}
        self.answers: list[tuple[str, dict]] = []
        self.pauses: list[int] = []

    def begin(self, name: str, work: dict) -> None:
        self.begun.setdefault(name, work)

    def answer(self, url: str, answer: dict) -> None:
        self.answers.append((url, answer))

    def send(self, kind: str, title: str, properties: dict, *, id_: str = "", **more: object) -> dict:
        """Send a request and return the work that it begins."""
        request = {
            "RequestType": kind,
            "ResponseURL": "https://answers/here",
            "StackId": STACK,
            "RequestId": id_ or f"request-{len(self.begun)}",
            "ResourceType": f"Custom::Tastemaker{title}",
            "LogicalResourceId": "Thing",
            "ResourceProperties": {"ServiceToken": "the function's", **properties},
            **more,
        }
        assert self.provider.take(request) == {}
        return self.begun[request["RequestId"]]

    def look(self, work: dict) -> dict:
        """Look once, as a state machine lets it."""
        return json.loads(json.dumps(self.provider.advance(json.loads(json.dumps(work)))))

    def finish(self, work: dict, *, runs: bool = True) -> dict:
        """Look again until the work is answered; workflows of the service run between the looks."""
        while not (work := self.look(work))["over"]:
            self.pauses.append(work["seconds"])
            self._world.now += work["seconds"]
            if runs:
                self._world.run()
        url, answer = self.answers[-1]
        assert url == "https://answers/here"
        assert {answer["StackId"], answer["LogicalResourceId"]} == {STACK, "Thing"}
        return answer

    def drift(self, title: str, arn: str, properties: dict) -> dict:
        return drift(self._api, STACK_KINDS[f"Custom::Tastemaker{title}"], arn, properties)

    def create(self, title: str, **properties: object) -> dict:
        return self.finish(self.send("Create", title, properties))

    def delete(self, title: str, arn: str, **properties: object) -> dict:
        return self.finish(self.send("Delete", title, properties, PhysicalResourceId=arn))

    def update(self, title: str, arn: str, old: dict, new: dict) -> dict:
        return self.finish(self.send("Update", title, new, PhysicalResourceId=arn, OldResourceProperties=old))

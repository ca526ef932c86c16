"""How far a training has come, on its resource."""

from tastemaker.pipelines.deps import Deps
from tastemaker.recipes.contract import Progress


def reporter(deps: Deps, arn: str) -> Progress:
    """Return a callback that notes progress on the resource, at most once per percent or phrase."""
    last: list[object] = []

    def report(fraction: float, phrase: str) -> None:
        step = [int(fraction * 100), phrase]
        if step != last:
            last[:] = step
            deps.progress(arn, fraction, phrase)

    return report

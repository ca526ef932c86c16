"""The `tastemaker` command: one small function per subcommand, in a table."""

import argparse
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tastemaker.domain.resources.quotas import BadQuota, Quotas
from tastemaker_local import surroundings

_IN_USE = 2
# On a signal there is nobody left to wait for: what was acknowledged is stored, what runs starts again next time.
_NO_PATIENCE = 0.0


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: what it is for, its options, and what it does."""

    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    # Takes every argument after its name as it is.
    passes_on: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS and COMMANDS[given[0]].passes_on:
        return COMMANDS[given[0]].run(argparse.Namespace(rest=given[1:]))
    chosen = _parser().parse_args(given)
    return COMMANDS[chosen.command].run(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tastemaker", description="Amazon Personalize for your own AWS account.")
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_options(parsers.add_parser(name, help=command.summary, description=command.summary))
    return parser


def _local_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="port to listen at (default: 8000; 0: any free one)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder in which everything outlives a restart")
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="deploy these templates (a cdk.out), not the app's"
    )
    parser.add_argument(
        "--training-day",
        type=_seconds,
        metavar="SECONDS",
        help="let the days between automatic trainings pass this fast (default: 86400, real days)",
    )
    parser.add_argument("--verbose", action="store_true", help="print a line for each request")
    parser.add_argument(
        "--quota",
        action="append",
        default=[],
        type=_quota,
        metavar="NAME=NUMBER",
        help="change a quota, such as dataset-groups=20 (may be repeated; docs/quotas.md lists them)",
    )


def _quota(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    try:
        return Quotas.of({name: int(value) if value.isdecimal() else value}).changed[0]
    except BadQuota as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return seconds


def _local(chosen: argparse.Namespace) -> int:
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    surroundings.forget_user_settings()
    names = ("port", "host", "data", "assembly", "training_day", "verbose")
    options = {name: getattr(chosen, name) for name in names}
    return _serve(options | {"quotas": dict(chosen.quota)}, stopped)


def _serve(options: dict[str, object], stopped: Event) -> int:
    from tastemaker_local.persistence.data_folder import FolderInUse  # noqa: PLC0415 - `tastemaker --help` must not import moto
    from tastemaker_local.service import LocalService  # noqa: PLC0415 - same
    from tastemaker_local.synth import SynthFailed  # noqa: PLC0415 - same

    try:
        service = LocalService(**options, announce=_say).__enter__()  # type: ignore[arg-type]
    except (FolderInUse, SynthFailed) as error:
        _say(str(error))
        return _IN_USE
    except OSError as error:
        _say(f"cannot listen at {options['host']}:{options['port']}: {error.strerror}; choose another with --port")
        return _IN_USE
    print(f"ready {service.url}", flush=True)
    stopped.wait()
    service.stop(patience=_NO_PATIENCE)
    # Work under way is in threads that nothing can end; leaving at once is what a killed Lambda does.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _demo(chosen: argparse.Namespace) -> int:
    surroundings.forget_user_settings()
    from tastemaker_local import demo  # noqa: PLC0415 - as above

    status: int = demo.run(chosen.rest)
    return status


def _signing(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import signing  # noqa: PLC0415 - as above

    for path in signing.write(chosen.folder):
        print(path)
    print(f"export AWS_DATA_PATH={chosen.folder.resolve()}")
    return 0


def _signing_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write; name it in AWS_DATA_PATH")


def _service_options(parser: argparse.ArgumentParser, *, as_json: str = "") -> None:
    """Say where the service is that a command asks, and perhaps what is printed for programs."""
    parser.add_argument("--endpoint", metavar="URL", help="where the service is (default: AWS_ENDPOINT_URL)")
    if as_json:
        parser.add_argument("--json", action="store_true", help=as_json)


def _insights(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import insights  # noqa: PLC0415 - as above

    status: int = insights.run(chosen.group, endpoint=chosen.endpoint, as_json=chosen.json)
    return status


def _insights_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("group", metavar="DATASET_GROUP", help="its name or its ARN")
    _service_options(parser, as_json="print the reply of GetDataInsights as it is")


def _replay(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import replays  # noqa: PLC0415 - as above

    status: int = replays.run(chosen.ids, endpoint=chosen.endpoint)
    return status


def _replay_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="RECOMMENDATION_ID", help="as GetRecommendations has returned it")
    _service_options(parser)


def _off_policy(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import off_policy  # noqa: PLC0415 - as above

    weights = chosen.weights or off_policy.WEIGHTS
    status: int = off_policy.run(chosen.source, endpoint=chosen.endpoint, weights=weights, event_type=chosen.event_type)
    return status


def _off_policy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="ARN", help="of a campaign or recommender that explores")
    parser.add_argument("--weights", type=_weight, nargs="+", metavar="WEIGHT", help="explorationWeights to judge")
    parser.add_argument("--event-type", metavar="TYPE", help="what counts as a reward (default: any event)")
    _service_options(parser)


def _weight(text: str) -> float:
    weight = float(text)
    if not 0 <= weight <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a weight from 0 to 1")
    return weight


def _quote(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import quotes  # noqa: PLC0415 - as above

    if (chosen.dataset_group is None) != (chosen.recipe is None):
        _say("--dataset-group and --recipe belong together")
        return _IN_USE
    named = {"solution": chosen.solution, "version": chosen.solution_version, "group": chosen.dataset_group}
    return quotes.run(
        **named, recipe=chosen.recipe, memory=chosen.memory, endpoint=chosen.endpoint, as_json=chosen.json
    )


def _quote_options(parser: argparse.ArgumentParser) -> None:
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--solution", metavar="ARN", help="what its next FULL training takes")
    about.add_argument("--dataset-group", metavar="ARN", help="what a training on its data takes; needs --recipe")
    about.add_argument("--solution-version", metavar="ARN", help="what its training was to take, and took")
    parser.add_argument("--recipe", metavar="NAME", help="such as aws-user-personalization-v2")
    parser.add_argument(
        "--memory",
        type=int,
        default=0,
        metavar="MB",
        help="of the function that trains (default: as the last training)",
    )
    _service_options(parser, as_json="print the quote as JSON")


def _filter(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import filters  # noqa: PLC0415 - as above

    names = {
        "filterArn": chosen.filter,
        "campaignArn": chosen.campaign,
        "recommenderArn": chosen.recommender,
        "userId": chosen.user,
        "itemId": chosen.item,
        "currentItemId": chosen.current_item,
        "filterValues": dict(chosen.values),
    }
    members = {name: value for name, value in names.items() if value}
    status: int = filters.run(members, endpoint=chosen.endpoint, as_json=chosen.json)
    return status


def _filter_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["explain"], help="what to do with it")
    parser.add_argument("--filter", required=True, metavar="ARN", help="the filter")
    parser.add_argument("--campaign", metavar="ARN", help="whose items (default: the newest of the dataset group)")
    parser.add_argument("--recommender", metavar="ARN", help="the same for a recommender")
    parser.add_argument("--user", metavar="ID", help="who asks")
    parser.add_argument("--item", metavar="ID", help="the item in question")
    parser.add_argument("--current-item", metavar="ID", help="the item that CurrentItem means")
    parser.add_argument(
        "--values",
        nargs="+",
        default=[],
        type=_value,
        metavar="NAME=VALUE",
        help='values of placeholders, quoted as in filterValues: \'G="comedy","drama"\'',
    )
    _service_options(parser, as_json="print the reply of ExplainFilter as it is")


def _value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def _coverage(chosen: argparse.Namespace) -> int:
    from tastemaker_local.commands import coverage  # noqa: PLC0415 - as above

    status: int = coverage.run(write=chosen.write)
    return status


def _coverage_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="write the page instead of comparing it")


def _no_options(parser: argparse.ArgumentParser) -> None:
    del parser


def _say(text: str) -> None:
    print(f"tastemaker: {text}", file=sys.stderr, flush=True)


COMMANDS = {
    "local": Command("run a whole local AWS with Tastemaker in it", _local_options, _local),
    "demo": Command("show the main job on real data", _no_options, _demo, passes_on=True),
    "insights": Command("show what is in a dataset group's data", _insights_options, _insights),
    "replay": Command("give answers again, and say what differs", _replay_options, _replay),
    "off-policy": Command(
        "estimate what other exploration weights would have earned", _off_policy_options, _off_policy
    ),
    "quote": Command("say what a training takes, before it or after", _quote_options, _quote),
    "filter": Command("explain how many items pass a filter, and why an item does not", _filter_options, _filter),
    "coverage": Command("compare the coverage page with the code", _coverage_options, _coverage),
    "signing": Command("write the files that make clients sign for API Gateway", _signing_options, _signing),
}

if __name__ == "__main__":
    sys.exit(main())

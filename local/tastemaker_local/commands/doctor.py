"""`tastemaker doctor`: looks at a deployment or at local mode, changes nothing, and says plainly what is wrong."""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from tastemaker_local.checkup.checks import Finding, Level, examine
from tastemaker_local.checkup.deployments import Deployment
from tastemaker_local.commands import arguments, clients, terminals

_MARKS: dict[Level, tuple[str, str]] = {
    "fine": ("fine", "green"),
    "look": ("look", "yellow"),
    "wrong": ("WRONG", "bold red"),
    "unseen": ("unseen", "dim"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where the deployment is; AWS itself is asked with the caller's own credentials and region."""
    arguments.add_service(parser, as_json="print the findings as JSON")


@clients.explained
def run(options: argparse.Namespace) -> int:
    """Print what was found; return 1 if anything is wrong."""
    findings = list(examine(_deployment(options.endpoint)))
    if options.json:
        terminals.print_json([finding._asdict() for finding in findings])
    else:
        _show(findings)
    return int(any(finding.level == "wrong" for finding in findings))


def _deployment(endpoint: str | None) -> Deployment:
    personalize = clients.knowing("personalize", endpoint)
    made = clients.beside(personalize)
    return Deployment(
        url=personalize.meta.endpoint_url,
        client=lambda service: personalize if service == "personalize" else made(service),
        is_local=clients.is_local(personalize),
        now=datetime.now(UTC),
    )


def _show(findings: Iterable[Finding]) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        text = Text(finding.text)
        if finding.advice:
            text.append(f"\n{finding.advice}", "dim")
        table.add_row(finding.check, Text(*_MARKS[finding.level]), text)
    terminals.console().print(table)

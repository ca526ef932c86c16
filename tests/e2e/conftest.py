"""What the tests of the console share: its packages, kept from one run to the next, and where figures are told."""

from pathlib import Path

import pytest

from tests.e2e.consoles import workshop


@pytest.fixture(scope="session")
def packages() -> Path:
    """Return a folder with the sources, the packages that they are built of, and the programs of these tests."""
    return workshop()


def pytest_terminal_summary(terminalreporter):
    """Print what tests have measured: times are of one machine at one moment, so they are told and not asserted."""
    measured = [report for report in terminalreporter.getreports("passed") if report.user_properties]
    if measured:
        terminalreporter.section("measured")
    for report in sorted(measured, key=lambda each: each.nodeid):
        terminalreporter.write_line(report.nodeid)
        for name, value in report.user_properties:
            terminalreporter.write_line(f"  {name}: {value}")

"""Says before the whole suite begins how long it will take: by the last time here, or as it took two cores."""

import time
from datetime import timedelta

import pytest

_LAST = "tastemaker/whole-suite"
# Tests a second where nothing was measured yet: what two cores made of them on 2026-11-29.
_USUAL = 7.0


def pytest_collection_finish(session):
    """Announce what one process is to run."""
    _announce(session.config, len(session.items))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    """Announce what several processes are to share, once."""
    if _BEGAN not in node.config.stash:
        _announce(node.config, len(ids))


def pytest_sessionfinish(session, exitstatus):
    """Keep how many tests a second this machine makes."""
    tests, began = session.config.stash.get(_BEGAN, (0, 0.0))
    if tests and exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        session.config.cache.set(_LAST, tests / max(1.0, time.monotonic() - began))


def _announce(config, tests):
    """Say how long the suite will take; the dots that follow end each line with the part that is done, in per cent."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and tests and _is_whole(config) and not config.option.collectonly:
        reporter.write_line(_announcement(tests, config.cache.get(_LAST, None)))
        config.stash[_BEGAN] = tests, time.monotonic()


def _announcement(tests, last):
    """Return how many tests there are and how long they take, by how many a second the last time."""
    took = timedelta(seconds=round(tests / (last or _USUAL)))
    return f"{tests:,} tests, about {took} h " + ("by the last time here" if last else "as it took two cores")


_BEGAN = pytest.StashKey[tuple[int, float]]()


def _is_whole(config):
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword

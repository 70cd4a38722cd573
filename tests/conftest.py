"""What all tests share: a deterministic Hypothesis profile and the public data, whose absence is counted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["toy_family"]  # a family registered by its own test alone

settings.register_profile(
    "edgeworth",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.register_profile("thorough", settings.get_profile("edgeworth"), max_examples=60)  # make test-slow
settings.register_profile("explore", settings.get_profile("edgeworth"), derandomize=False, max_examples=400, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "edgeworth"))

REPOSITORY = Path(__file__).resolve().parent.parent
NO_DATA = "public data are absent"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data: $EDGEWORTH_DATA, or ../shared/data seen from the repository."""
    folder = Path(os.environ.get("EDGEWORTH_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (folder / "README.md").exists():
        pytest.skip(f"{NO_DATA}: {folder} (set EDGEWORTH_DATA)")
    return folder


@pytest.fixture(autouse=True)
def first_press() -> Iterator[None]:
    """Every test is a loop of its own: what an earlier one did with Ctrl-C is over."""
    yield
    if "edgeworth.core.run" in sys.modules:
        sys.modules["edgeworth.core.run"].PRESSES.forget()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run for lack of data: silence would look like success."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_DATA in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests skipped: {NO_DATA} (set EDGEWORTH_DATA)", yellow=True)

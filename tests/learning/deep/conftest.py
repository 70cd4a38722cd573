"""Without torch the tests of the deep learners are skipped, each counted; `make test-learn` installs torch and runs them."""

from __future__ import annotations

import ast
import os
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

NO_TORCH = "torch is absent (make test-learn installs it and runs these)"
PRESENT = find_spec("torch") is not None
FOLDER = "tests/learning/deep/"


class Unimported(pytest.Module):
    """A file of tests that is read but not imported, since its imports would fail."""

    def collect(self) -> Iterator[pytest.Item]:
        for node in ast.parse(self.path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield Skipped.from_parent(self, name=node.name)


class Skipped(pytest.Item):
    """A test that was not run; all are skipped on one line, so that pytest's summary counts them on one."""

    def runtest(self) -> None:
        pytest.skip(NO_TORCH)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under NEEDS_TORCH a run in which no test of this folder passed has failed: all skipped would look like success.

    Examples in docstrings do not count: many of them need no torch.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("NEEDS_TORCH") or reporter is None:
        return
    if not any(each.nodeid.startswith(FOLDER) for each in reporter.stats.get("passed", ())):
        reporter.ensure_newline()
        reporter.write_line("no test of the deep learners has run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


if not PRESENT:

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module:
        return Unimported.from_parent(parent, path=module_path)  # type: ignore[no-any-return]

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Only `Unimported` files: to look for doctests would import them."""
        return [each for each in (yield) if isinstance(each, Unimported)]

"""Versions are bound where `make` installs them, and licences are known."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from edgeworth import __version__

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def _pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    return dict(line.split("==") for line in lines)


def test_every_direct_dependency_is_bound_within_its_lower_bound() -> None:
    pins = _pins()
    for text in (*PROJECT["dependencies"], *EXTRAS["dev"]):
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins[wanted.name], prereleases=True), text
        assert {item.operator for item in wanted.specifier} == {">="}, text  # upper bounds are for constraints.txt


def test_make_installs_what_is_bound() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installs = [line for line in lines if line.startswith("\t") and "$(PIP)" in line]
    assert len(installs) >= 4
    for line in installs:
        assert ("--constraint constraints.txt" in line) != ("$(NEWEST)" in line), line


def test_the_lowest_versions_are_those_of_the_project() -> None:
    words = [sys.executable, ROOT / ".ci" / "lowest.py"]
    found = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    lowest = dict(line.split("==") for line in found)
    for text in (*PROJECT["dependencies"], *(text for texts in EXTRAS.values() for text in texts)):
        wanted = Requirement(text)
        assert str(wanted.specifier) == f">={lowest[wanted.name]}", text


def test_the_version_is_one() -> None:
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE)
    changed = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = re.search(r"version = \{(.*)\}", (ROOT / "docs" / "citing.md").read_text(encoding="utf-8"))
    assert {found[1] for found in (cited, changed, shown) if found} == {__version__}
    assert cited is not None
    assert changed is not None
    assert shown is not None


def test_the_workflows_call_targets_that_there_are() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    called = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        called |= set(re.findall(r"make ([a-z][\w-]*)", text))
        called |= {word for line in re.findall(r"target: \[(.*)\]", text) for word in line.split(", ")}
    assert {"lint", "test", "demo", "test-learn", "test-lowest", "test-newest", "coverage"} <= called <= targets


def test_every_licence_is_noted() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    cells = " ".join(line for line in text.splitlines() if line.startswith("|"))
    words = set(re.split(r"[^a-z0-9_-]+", cells.lower()))
    for texts in (PROJECT["dependencies"], *EXTRAS.values()):
        for requirement in texts:
            assert Requirement(requirement).name in words, requirement


def test_gpl_code_stays_in_the_tests() -> None:
    for path in (ROOT / "edgeworth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "pygambit" for name in names), path
    users = [name for name, texts in EXTRAS.items() if any(text.startswith("pygambit") for text in texts)]
    assert users == ["dev"]

"""What the README shows works, with shorter time limits; the pages of the site are run by tests/docs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from edgeworth import Quality, _families
from edgeworth.cli import main
from edgeworth.games import normal_form

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*.md"))}
COMMANDS = [line for line in README.splitlines() if line.startswith("edgeworth ")]
EUA = ("--sites", "eua/site-optus-melbCBD.csv", "--users", "eua/users-melbcbd-generated.csv")  # what --fetch downloads
SHORTER = (("seconds=5", "seconds=0.3"),)


def _blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


def _run(code: str, names: dict[str, Any]) -> dict[str, Any]:
    for long, short in SHORTER:
        code = code.replace(long, short)
    exec(code, names)
    return names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    plt.close("all")


# --- the README ---------------------------------------------------------------------------------------------------------------


def test_the_newcomer_needs_exactly_two_commands() -> None:
    assert re.findall(r"^make ([\w-]+)", README, flags=re.MULTILINE) == ["demo", "test"]


def test_the_folders_are_named_as_they_are_imported() -> None:
    (line,) = re.findall(r"^`(from edgeworth import .*)`: ", README, flags=re.MULTILINE)
    names: dict[str, Any] = {}
    exec(line, names)
    homes = {home.split(".")[1] for home in _families.FAMILIES.values()}
    assert {name for name in names if not name.startswith("_")} == homes
    assert all(names[name].__name__ == f"edgeworth.{name}" for name in homes)


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= 650
    for code in _blocks(README):
        lines = [line for line in code.splitlines() if not line.startswith(("from ", "import "))]
        assert len(lines) <= 3


def test_the_readme_runs_from_top_to_bottom(folder: Path) -> None:
    names: dict[str, Any] = {}
    results: dict[str, Any] = {}
    for code in _blocks(README):
        _run(code, names)
        if "result" in names:
            results[names["result"].kind] = names["result"]
    assert results["allocation"].quality is Quality.OPTIMAL
    assert normal_form.regret(names["game"], results["normal-form"].solution) <= 1e-12
    assert names["learned"] >= 0.0
    assert not names["claim"]
    assert not names["audit"].truthful
    assert names["award"].payment > 0.0
    assert names["table"].verified
    assert (folder / "report.html").is_file()


# --- the pages beside it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        if not target.startswith("https://"):
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_the_commands_run(command: str, folder: Path, shared_data: Path) -> None:
    words = shlex.split(command)[1:]
    if "--fetch" in words:
        at = words.index("--fetch")
        words[at : at + 1] = [str(shared_data / word) if "/" in word else word for word in EUA]
    if "--head-to-head" in words:  # all families take a minute
        words += ["--families", "double-auction,procurement"]
    if "--time-limit" in words:
        words[words.index("--time-limit") + 1] = "0.3"
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    if words[0] == "compare":
        assert "All runs verified." in done.output


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 5

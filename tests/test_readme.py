"""What the README shows works, with shorter time limits."""

import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from edgeworth import BoundEvidence, Quality
from edgeworth.cli import main
from edgeworth.games import normal_form
from edgeworth.routing import orienteering

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("edgeworth ")]
FILES = {
    "site-optus-melbCBD.csv": "eua/site-optus-melbCBD.csv",
    "users-melbcbd-generated.csv": "eua/users-melbcbd-generated.csv",
    "c05100": "gap/instances/c05100",
    "c101.txt": "toptw/instances/c101.txt",
}


def test_the_newcomer_needs_exactly_two_commands() -> None:
    assert re.findall(r"^make ([\w-]+)", TEXT, flags=re.MULTILINE) == ["demo", "test"]


def test_the_figure_is_there() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT):
        assert (ROOT / path).is_file()


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code.group(1).replace("seconds=5", "seconds=0.3"), names)
    assert names["report"]
    assert names["table"].verified  # type: ignore[attr-defined]
    assert (tmp_path / "report.html").is_file()


def test_the_example_of_finite_games_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codes = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    (code,) = [code for code in codes if "normal_form" in code]
    names: dict[str, object] = {}
    exec(code, names)
    game, result = names["game"], names["result"]
    assert normal_form.verify(game, result)  # type: ignore[arg-type]
    assert normal_form.read_nfg(tmp_path / "shapley.nfg").hash == game.hash  # type: ignore[attr-defined]


def test_the_example_of_trading_runs() -> None:
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL) if "trading" in code]
    names: dict[str, object] = {}
    exec(code, names)
    best = names["best"]
    assert names["checked"]
    assert len(names["demands"]) == 10  # type: ignore[arg-type]
    shown = (round(best.value, 1), round(best.solution.price, 2), best.solution.regime)  # type: ignore[attr-defined]
    assert shown == (8337.0, 11.34, "interior")


def test_the_example_of_orienteering_runs() -> None:
    mpl.use("Agg")
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL) if "orienteering" in code]
    names: dict[str, Any] = {}
    exec(code.replace("seconds=5", "seconds=0.3"), names)
    plt.close("all")
    assert orienteering.verify(names["problem"], names["result"])
    assert names["exact"].quality is Quality.OPTIMAL
    assert names["exact"].bound_evidence is BoundEvidence.RECOMPUTED


def test_the_example_of_offloading_runs() -> None:
    codes = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    (code,) = [code for code in codes if "import offloading" in code]
    names: dict[str, object] = {}
    exec(code.replace("steps=50", "steps=5, rounds=3"), names)
    assert names["nash"]
    assert not names["claim"]


def test_the_example_of_auditing_runs() -> None:
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL) if "import double_auction" in code]
    names: dict[str, Any] = {}
    exec(code, names)
    assert not names["found"].truthful
    assert names["ours"].truthful


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_the_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    monkeypatch.chdir(tmp_path)
    words = [str(shared_data / FILES[word]) if word in FILES else word for word in shlex.split(command)[1:]]
    words[words.index("--time-limit") + 1] = "0.3"
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "All runs verified." in done.output


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 4

"""What the README and the guide show works, with shorter time limits."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from edgeworth import BoundEvidence, Quality, _families
from edgeworth.cli import main
from edgeworth.games import normal_form
from edgeworth.routing import orienteering
from edgeworth.solvers import scheduling

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
COMMANDS = [line for text in (README, GUIDE) for line in text.splitlines() if line.startswith("edgeworth ")]
FILES = {
    "c05100": "gap/instances/c05100",
    "c101.txt": "toptw/instances/c101.txt",
    "sun.csv": "carbon/vessim_solar_10cities_5min.csv.gz",
    "grid.csv": "carbon/electricitymaps_2022_hourly_4zones.csv.gz",
}
OWN = {"tasks.csv": "arrival,source,work,data\n0.5,0,4,2\n0.75,1,6,2.5\n3,2,5,3\n"}  # what users have of their own
EUA = ("--sites", "eua/site-optus-melbCBD.csv", "--users", "eua/users-melbcbd-generated.csv")  # what --fetch downloads
SHORTER = (("seconds=5", "seconds=0.3"), ("steps=50", "steps=5, rounds=3"))


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


def _section(head: str) -> dict[str, Any]:
    """The names that the guide's section leaves."""
    (text,) = [part for part in GUIDE.split("\n## ") if part.startswith(head)]
    names: dict[str, Any] = {}
    for code in _blocks(text):
        _run(code, names)
    return names


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


# --- all pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_the_commands_run(command: str, folder: Path, shared_data: Path) -> None:
    words = [str(shared_data / FILES[word]) if word in FILES else word for word in shlex.split(command)[1:]]
    for name in OWN.keys() & set(words):
        (folder / name).write_text(OWN[name])
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
    assert len(COMMANDS) == 13


# --- the guide ----------------------------------------------------------------------------------------------------------------


def test_head_to_head(folder: Path) -> None:
    assert _section("Head to head")["table"].verified
    assert (folder / "head_to_head.html").is_file()


def test_allocation(folder: Path) -> None:
    names = _section("Allocation")
    assert names["report"]
    assert names["table"].verified
    assert (folder / "report.html").is_file()


def test_routes(folder: Path) -> None:
    names = _section("Routes")
    assert orienteering.verify(names["problem"], names["result"])
    assert names["exact"].quality is Quality.OPTIMAL
    assert names["exact"].bound_evidence is BoundEvidence.RECOMPUTED


def test_trading() -> None:
    names = _section("Pricing")
    best = names["best"]
    assert names["checked"]
    assert len(names["demands"]) == 10
    assert (round(best.value, 1), round(best.solution.price, 2), best.solution.regime) == (8337.0, 11.34, "interior")


def test_offloading() -> None:
    names = _section("Offloading")
    assert names["nash"]
    assert not names["claim"]


def test_finite_games(folder: Path) -> None:
    names = _section("Finite games")
    game = names["game"]
    assert normal_form.verify(game, names["result"])
    assert normal_form.read_nfg(folder / "shapley.nfg").hash == game.hash


def test_carbon(folder: Path) -> None:
    hours = [3600 * hour for hour in range(48)]
    (folder / "sun.csv").write_text("time,Berlin\n" + "".join(f"{second},{second % 7}\n" for second in hours))
    (folder / "grid.csv").write_text("time,ES\n" + "".join(f"{second},200\n" for second in hours))
    names = _section("Carbon-aware")
    assert names["best"].quality is Quality.OPTIMAL
    assert names["best"].certificate.kind == "prices"
    assert names["table"].verified
    assert names["table"].frame.value.idxmin() == 0
    assert names["day"].battery.tolist() == [500.0] * 5
    assert names["day"].carbon.max() == pytest.approx(200.0 / 3.6e6)


def test_scheduling() -> None:
    names = _section("Scheduling")
    assert names["table"].verified
    assert names["bound"] <= names["known"].value <= names["played"].value
    assert set(names["panel"].method) == {"local", "earliest-finish", "greedy-cost", "bound"}
    assert scheduling.verify(names["episode"], names["run"].schedule)


def test_forecasting(folder: Path) -> None:
    names = _section("Forecasting")
    assert names["level"] == 0.75
    assert (names["contract"] >= names["forecast"].quantile(0.75)).all()
    assert (folder / "model.npz").is_file()
    assert set(names["frame"].index) == {"persistence", "seasonal-naive", "linear"}
    assert names["frame"].loc["linear", "excess_high"] < 0.0


def test_auditing() -> None:
    names = _section("Auditing")
    assert not names["found"].truthful
    assert names["ours"].truthful
    assert names["critical"].value == pytest.approx(4.0)
    assert (names["exact"].value, names["exact"].winning, names["exact"].monotone) == (7.0, ((0.0, 7.0),), True)
    assert names["outcome"].seller.tolist() == [0, 1]
    assert names["out"].gain_found >= 0.9 * names["out"].gain_exact > 0.0
    assert names["regret"].exact >= names["regret"].estimated


def test_token_market(folder: Path) -> None:
    names = _section("Token market")
    assert names["effect"]
    assert names["report"]
    assert names["sybil"].succeeded
    assert (folder / "market.db").is_file()


def test_trading_rounds(folder: Path) -> None:
    names = _section("Trading rounds")
    assert names["report"]
    assert names["found"].measures["welfare"] <= names["found"].bound
    assert (folder / "round.npz").is_file()


def test_agreeing(folder: Path) -> None:
    names = _section("Agreeing")
    assert names["agreed"]
    assert names["witness"].sequence >= 1
    assert names["paid"]


def test_the_claims_of_papers(folder: Path) -> None:
    assert _section("The papers' claims")["found"].headline() == "1 hold, 1 cannot hold"
    assert {"index.html", "caddto.html", "figures"} == {path.name for path in (folder / "pages").iterdir()}

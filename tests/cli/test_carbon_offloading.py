"""The command line with carbon-aware offloading: presets, traces of one's own, files there and back."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgeworth
from edgeworth.solvers import carbon_offloading as co
from tests.cli.test_cli import document, refused, run

SMALL = ("--users", 2, "--slots", 20)


@pytest.fixture
def traces(tmp_path: Path) -> tuple[Path, Path]:
    """Two days in steps of an hour: a sun from 6 to 18 in one of two cities, and a grid of one zone."""
    sun, grid = tmp_path / "sun.csv", tmp_path / "grid.csv"
    hours = [(3600 * hour, 1.0 if 6 <= hour % 24 < 18 else 0.0) for hour in range(48)]
    sun.write_text("time,Here,There\n" + "".join(f"{second},{value},0.5\n" for second, value in hours))
    grid.write_text("time,North\n" + "".join(f"{second},{300 + second / 3600}\n" for second, _ in hours))
    return sun, grid


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_generate_solve_verify(tmp_path: Path, ending: str) -> None:
    p, r = tmp_path / f"p.{ending}", tmp_path / f"r.{ending}"
    made = document(run("generate", "carbon-offloading", *SMALL, "--load", 4e6, "--seed", 3, "--out", p, "--json"))
    expected = co.generate(users=2, slots=20, load=4e6, seed=3)
    assert made["hash"] == expected.hash == edgeworth.load(p).hash
    solved = run("solve", p, "--method", "exact", "--out", r)
    assert solved.exit_code == 0
    assert "quality           optimal" in solved.stdout
    assert "carbon_per_bit" in solved.stdout
    checked = run("verify", p, r)
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "verified")
    assert set(document(run("verify", p, r, "--json"))["verdicts"]) >= {
        "local-power",
        "offload-power",
        "value",
        "bound",
        "quality",
    }
    kept = edgeworth.load(r)
    assert kept.value == pytest.approx(co.solve(expected, method="exact").value, rel=1e-9)


def test_compare_with_options() -> None:
    words = ("compare", "carbon-offloading", *SMALL, "--receiver", "mmse", "--battery", 1e-3, "--harvest", 0.4)
    runs = document(run(*words, "--methods", "lyapunov,green-only", "--instances", 2, "--json", "--quiet"))["runs"]
    assert [row["method"] for row in runs] == ["lyapunov", "green-only"] * 2
    first = co.generate(users=2, slots=20, receiver="mmse", battery=1e-3, harvest=0.4, seed=0)
    assert runs[0]["value"] == pytest.approx(co.solve(first, method="lyapunov").value)


def test_a_day_of_own_traces(traces: tuple[Path, Path], tmp_path: Path) -> None:
    sun, grid = traces
    out = tmp_path / "day.json"
    words = ("generate", "carbon-offloading", "--solar", sun, "--intensity", grid, "--users", 1, "--out", out)
    assert run(*words, "--city", "Here").exit_code == 0
    problem = edgeworth.load(out)
    assert isinstance(problem, co.CarbonOffloading)
    assert (problem.slots, problem.slot_length) == (288, 300.0)
    lit = (problem.harvest[0] > 0.0).reshape(24, 12).all(axis=1)
    assert lit.tolist() == [6 <= hour < 18 for hour in range(24)]
    assert problem.carbon[0] * 3.6e6 in (pytest.approx(300.0), pytest.approx(324.0))  # either midnight
    assert "Nowhere" in refused(*words, "--city", "Nowhere")
    assert "solar: must be given together with intensity" in refused(
        "generate", "carbon-offloading", "--intensity", grid, "--out", out
    )


def test_what_is_refused(tmp_path: Path) -> None:
    out = ("--out", tmp_path / "p.json")
    start = ("generate", "carbon-offloading")
    assert "antennas: must be at least the number of users, 5" in refused(*start, "--antennas", 2, "--users", 5, *out)
    assert "antennas: must be at least the number of users, 5" in refused(*start, "--preset", "literal", "--users", 5, *out)
    assert "city: is not taken by preset 'caddto'" in refused(*start, "--preset", "caddto", "--city", "Berlin", *out)
    assert "csi_error: must be below 1" in refused(*start, "--csi-error", 1, *out)

"""``edgeworth audit``."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from edgeworth.cli import main
from edgeworth.mechanisms import double_auction


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words])


def test_a_rule_that_fails_and_one_that_holds() -> None:
    done = call("off-aic2", "--preset", "fusion", "--seed", "3", "--buyers", "5", "--sellers", "3")
    assert done.exit_code == 1
    assert "truthful: FAILS" in done.output
    done = call("rank-procurement", "--preset", "fusion", "--seed", "3")
    assert done.exit_code == 0
    assert "efficiency_ratio" in done.output


def test_json_files_and_sampling(tmp_path: Path) -> None:
    double_auction.generate(preset="unit", seed=0).save(tmp_path / "m.json")
    done = call("mcafee", "--problem", str(tmp_path / "m.json"), "--sampled", "5", "--json")
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert told["verdicts"]["truthful"]["scope"] == "sampled: 5, seed 0"
    assert told["verdicts"]["truthful"]["status"] == "holds"
    assert call("second-score", "--suppliers", "4").exit_code == 0
    done = call("mcafee", "--problem", str(tmp_path / "m.json"), "--sampled", "5", "--repetitions", "3")
    assert done.exit_code == 0  # a rule that draws no lots needs none
    done = call("mcafee", "--problem", str(tmp_path / "m.json"), "--seconds", "0")
    assert done.exit_code == 1
    assert "truthful: NOT CHECKED" in done.output


def test_misuse_is_one_line() -> None:
    for words in (
        ("mcafe",),
        ("mcafee", "--preset", "unit", "--suppliers", "3"),
        ("mcafee", "--preset", "fusion"),
        ("vcg", "--rationality", "x"),
        ("vcg", "--repetitions", "3"),
        ("vcg", "--seconds", "-1"),
    ):
        done = call(*words)
        assert done.exit_code == 2, done.output
        assert "Traceback" not in done.output

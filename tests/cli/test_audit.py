"""``edgeworth audit``: its options are those of the family's sources, and it reaches every family with an audit model."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from edgeworth import _families
from edgeworth.cli import main
from edgeworth.core.family import family
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.auditing.lookup import audit_model_of


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words])


def test_a_rule_that_fails_and_one_that_holds() -> None:
    done = call("double-auction", "off-aic2", "--preset", "fusion", "--seed", "3", "--buyers", "5", "--sellers", "3")
    assert done.exit_code == 1
    assert "truthful: FAILS" in done.output
    done = call("double-auction", "rank-procurement", "--preset", "fusion", "--seed", "3")
    assert done.exit_code == 0
    assert "efficiency_ratio" in done.output


def test_json_files_and_sampling(tmp_path: Path) -> None:
    double_auction.generate(preset="unit", seed=0).save(tmp_path / "m.json")
    saved = ("double-auction", "mcafee", "--problem", str(tmp_path / "m.json"))
    done = call(*saved, "--sampled", "5", "--json")
    assert done.exit_code == 0
    found = json.loads(done.output)
    assert found["family"] == "double-auction"
    assert found["verdicts"]["truthful"]["scope"] == "sampled: 5, seed 0"
    assert found["verdicts"]["truthful"]["status"] == "holds"
    done = call(*saved, "--sampled", "5", "--repetitions", "3")
    assert done.exit_code == 0  # a deterministic rule needs none
    done = call(*saved, "--seconds", "0")
    assert done.exit_code == 1
    assert "truthful: NOT CHECKED" in done.output


def test_every_family_with_an_audit_model_is_reached() -> None:
    audited = [kind for kind in _families.FAMILIES if family(kind).audit_model is not None]
    assert {"allocation", "double-auction", "procurement"} <= set(audited)
    listed = call("--help").output
    for kind in _families.FAMILIES:
        assert (f"\n  {kind} " in listed) == (kind in audited)
    for kind in audited:
        model = audit_model_of(family(kind).examples()[0])
        text = " ".join(call(kind, "--help").output.split())
        for word in (
            model.dimensions[0],
            *(f"--{option.name}" for source in family(kind).sources for option in source.options),
        ):
            assert word in text
    assert call("procurement", "second-score", "--suppliers", "4").exit_code == 0
    done = call(
        "procurement", "second-score", "--suppliers", "4", "--dimension", "utilisation", "--dimension", "price", "--json"
    )
    assert json.loads(done.output)["verdicts"]["truthful"]["holds"]
    done = call("allocation", "greedy", "--preset", "hotspot", "--servers", "3", "--tasks", "8", "--sampled", "4", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["verdicts"]["truthful"]["status"] == "fails"


def test_misuse_is_one_line(tmp_path: Path) -> None:
    double_auction.generate(preset="unit", seed=0).save(tmp_path / "m.json")
    saved = ("--problem", str(tmp_path / "m.json"))
    for words, message in (
        (("trading", "mcafee"), "No such command 'trading'"),
        (("double-auction", "mcafe"), "did you mean 'mcafee'"),
        (("double-auction", "mcafee", "--preset", "unit", "--suppliers", "3"), "No such option"),
        (("double-auction", "mcafee", "--preset", "fusion"), "unit demands"),
        (("double-auction", "vcg", "--rationality", "x"), "rationality"),
        (("double-auction", "vcg", "--dimension", "demand"), "dimensions: must be one of price"),
        (("double-auction", "vcg", "--repetitions", "3"), "--sampled only"),
        (("double-auction", "vcg", "--seconds", "-1"), "seconds"),
        (("double-auction", "vcg", *saved, "--buyers", "3"), "--buyers is not used with --problem"),
        (("double-auction", "vcg", *saved, *saved), "one problem is audited at a time"),
        (("procurement", "second-score", *saved), "does not hold a problem of the family 'procurement'"),
        (("allocation", "greedy", "--servers", "2", "--tasks", "3"), "use Sampled(n, seed), or --sampled N"),
    ):
        done = call(*words)
        assert done.exit_code == 2, done.output
        assert message in " ".join(done.output.split()), done.output
        assert "Traceback" not in done.output

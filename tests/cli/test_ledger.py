"""``edgeworth ledger``: a ledger is made, fed, shown and verified from the shell."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result

from edgeworth.cli import main
from edgeworth.mechanisms import token_market as tm


def call(*words: object) -> Result:
    return CliRunner().invoke(main, ["ledger", *map(str, words)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of 12 records and four refusals."""
    found = tmp_path / "market.db"
    assert call("init", found, "--seed", 3).exit_code == 0
    commands = tm.random_commands(80, economy="backed", seed=3)
    with tm.Ledger.create(tmp_path / "other.db", seed=3) as ledger:
        effects = ledger.append_many(commands)
    good = [signed for signed, effect in zip(commands, effects, strict=True) if effect]
    bad = [signed for signed, effect in zip(commands, effects, strict=True) if not effect]
    tm.write_signed(tmp_path / "good.jsonl", good)
    tm.write_signed(tmp_path / "bad.jsonl", bad)
    return found


def test_a_ledger_from_the_shell(path: Path) -> None:
    """In processes of their own."""
    command = [sys.executable, "-m", "edgeworth", "ledger"]
    done = subprocess.run([*command, "apply", path, path.with_name("good.jsonl")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert " accepted, 0 refused; record " in done.stdout
    done = subprocess.run([*command, "verify", path, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"] is True


def test_what_is_shown(path: Path) -> None:
    call("apply", path, path.with_name("good.jsonl"))
    shown = json.loads(call("show", path, "--json").output)
    assert (shown["economy"], shown["minted"].keys()) == ("backed", {"CTK", "PTK", "CASH"})
    assert f"head      {shown['head']}" in call("show", path).output
    assert json.loads(call("show", path, "--account", "1", "--json").output)["number"] == 1
    done = call("show", path, "--account", "999")
    assert done.exit_code == 2
    assert "account: must be at most" in done.output
    assert call("verify", path, "--head", shown["head"]).output.endswith(f"verified: {shown['head'].split(':')[0]} records\n")
    done = call("verify", path, "--head", shown["head"][:-2] + "00")
    assert done.exit_code == 1
    assert "not the one remembered" in done.output
    assert call("verify", path, "--head", "7").exit_code == 2


def test_refused_commands_are_named(path: Path) -> None:
    done = call("apply", path, path.with_name("bad.jsonl"))
    assert done.exit_code == 1
    assert "line 1: " in done.output
    assert "0 accepted" in done.output
    found = json.loads(call("apply", path, path.with_name("bad.jsonl"), "--json").output)
    assert found["height"] == 0
    assert found["refused"][0].keys() == {"line", "command", "refusal"}


def test_what_cannot_be_done(path: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"command": "00", "signature": ""}\n')
    cases: list[tuple[tuple[Any, ...], str]] = [
        (("init", path, "--seed", 3), "there already"),
        (("init", tmp_path / "x.db"), "--seed"),
        (("init", tmp_path / "x.db", "--seed", 3, "--economy", "litral"), "Did you mean 'literal'?"),
        (("apply", path, wrong), "line 1: signature: must have 64 bytes"),
        (("apply", wrong, wrong), "is no ledger"),
        (("show", tmp_path / "none.db"), "does not exist"),
        (("shwo", path), "Did you mean 'show'?"),
    ]
    for words, text in cases:
        done = call(*words)
        assert done.exit_code == 2, done.output
        assert text in done.output


def test_an_edited_ledger_is_named(path: Path) -> None:
    call("apply", path, path.with_name("good.jsonl"))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("DELETE FROM log WHERE seq = 9")
    db.close()
    done = call("verify", path)
    assert done.exit_code == 1
    assert "NOT verified: " in done.output
    assert "record 9: is missing" in done.output
    assert json.loads(call("verify", path, "--json").output)["record"] == 9


class Outcome(NamedTuple):
    """What `token_market.attack` returns, as far as the command looks."""

    succeeded: bool
    gain: int
    loss: int
    text: str


def test_attacks_are_tabled(monkeypatch: pytest.MonkeyPatch) -> None:
    def attack(name: str, *, economy: str, seed: int) -> Outcome:
        won = economy == "literal"
        return Outcome(won, seed if won else 0, 0, f"{name} was tried")

    monkeypatch.setattr(tm, "ATTACKS", ("sybil", "replay"), raising=False)
    monkeypatch.setattr(tm, "attack", attack, raising=False)
    done = call("attack", "--all", "--seed", "7")
    assert done.exit_code == 0
    assert [line.split()[:4] for line in done.output.splitlines()[2:]] == [
        ["sybil", "backed", "no", "0"],
        ["sybil", "literal", "yes", "7"],
        ["replay", "backed", "no", "0"],
        ["replay", "literal", "yes", "7"],
    ]
    found = json.loads(call("attack", "sybil", "--economy", "literal", "--json").output)
    assert found == [
        {"attack": "sybil", "economy": "literal", "succeeded": True, "gain": 0, "loss": 0, "text": "sybil was tried"}
    ]
    for words, text in ((("sibyl",), "Did you mean 'sybil'?"), ((), "--all"), (("sybil", "--all"), "--all")):
        done = call("attack", *words)
        assert done.exit_code == 2
        assert text in done.output

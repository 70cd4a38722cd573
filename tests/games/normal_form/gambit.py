"""pygambit, where it is installed: games by way of .nfg files, regrets of profiles. Its interface changes between versions."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pytest

from edgeworth.games import normal_form


def pygambit() -> Any:
    """The module, or a skipped test."""
    return pytest.importorskip("pygambit", reason="pygambit is not installed")


def gambit_game(game: normal_form.NormalFormGame, version: Any = "payoff") -> Any:
    """The game as pygambit reads it from a file of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.nfg"
        normal_form.write_nfg(game, path, version=version)
        return pygambit().read_nfg(io.StringIO(path.read_text(encoding="utf-8")))


def gambit_profile(peer: Any, mixed: Any, rational: bool = False) -> Any:
    """A mixed profile over a game of pygambit from one vector a player."""
    data = [list(vector) if rational else [float(p) for p in vector] for vector in mixed]
    return peer.mixed_strategy_profile(data=data, rational=rational)


def gambit_regret(peer: Any, mixed: Any, rational: bool = False) -> Any:
    """The largest regret by pygambit."""
    return gambit_profile(peer, mixed, rational).max_regret()


def gambit_payoffs(peer: Any) -> Any:
    """Its payoff tables, as fractions, [players, ...]."""
    return peer.to_arrays()

"""Generators of finite games: the classics, and random ones."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.games.normal_form.model.problem import WELFARE, NormalFormGame

_SCISSORS = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]

CLASSICS: dict[str, tuple[list[list[list[float]]], tuple[str, ...]]] = {
    "matching-pennies": ([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]], ("heads", "tails")),
    "rock-paper-scissors": ([_SCISSORS, [[-x for x in row] for row in _SCISSORS]], ("rock", "paper", "scissors")),
    "shapley": (
        [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]],
        ("1", "2", "3"),
    ),
    "prisoners-dilemma": ([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]], ("cooperate", "defect")),
    "coordination": ([[[2.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]], ("left", "right")),
    "battle-of-the-sexes": ([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 2.0]]], ("opera", "football")),
    "chicken": ([[[3.0, 1.0], [4.0, 0.0]], [[3.0, 4.0], [1.0, 0.0]]], ("swerve", "straight")),
}
"""name -> payoffs and the strategies' names, the same for both players."""

_CONSTANT_SUM = ("zero-sum", "matching-pennies", "rock-paper-scissors")  # their welfare is 0, whatever is played

PRESETS = ("random", "zero-sum", *CLASSICS)
_MAX_ENTRIES = 10_000_000  # payoffs of a generated game: 80 MB


@validation.by_name
def generate(
    *,
    preset: str = "random",
    players: int | None = None,
    strategies: int | None = None,
    objective: str | None = None,
    seed: Seed = None,
) -> NormalFormGame:
    """Generate a finite game.

    Parameters
    ----------
    preset : str
        One of the presets in the notes.
    players : int, optional
        Of ``random``, at least 1; 2 without it.
    strategies : int, optional
        Strategies a player, of ``random`` and ``zero-sum``, at least 1; 3 without it.
    objective : str, optional
        Whose payoff the value of a profile is: "welfare", or a player's name ("1", "2", ...). Without it the welfare, but in
        the presets whose welfare is always 0 (``zero-sum``, ``matching-pennies``, ``rock-paper-scissors``) that of player "1".
    seed : int, SeedSequence or Generator, optional
        Of the random presets; a fresh one, recorded in the provenance, without it.

    Returns
    -------
    NormalFormGame
        The same arguments give the same game.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range, that the preset does not take, or of more than 10^7 payoffs.

    Notes
    -----
    ``random``: every payoff U[0, 1], independent. ``zero-sum``: two players, u_0 standard normal, u_1 = -u_0.
    The classics, without parameters: ``matching-pennies``, ``rock-paper-scissors``, ``shapley`` (a cycle of best replies and
    one mixed equilibrium), ``prisoners-dilemma`` (3, 0, 5, 1), ``coordination`` (2, 0, 1), ``battle-of-the-sexes`` and
    ``chicken``.
    """
    validation.choice("preset", preset, PRESETS)
    takes = {"random": {"players", "strategies"}, "zero-sum": {"strategies"}}.get(preset, set())
    for name, item in (("players", players), ("strategies", strategies)):
        if item is not None and name not in takes:
            validation.reject(name, f"is not taken by preset {preset!r}", item)
    rng, record = generator(seed, INSTANCES)
    given: dict[str, object] = {} if objective is None else {"objective": objective}
    wanted = ("1" if preset in _CONSTANT_SUM else WELFARE) if objective is None else objective
    if preset in CLASSICS:
        classic, names = CLASSICS[preset]
        return NormalFormGame(
            np.array(classic),
            strategies=(names, names),
            title=preset,
            objective=wanted,
            provenance=Provenance("preset", preset, given, record),
        )
    n = validation.integer("players", 2 if players is None else players, minimum=1)
    m = validation.integer("strategies", 3 if strategies is None else strategies, minimum=1)
    if n * m**n > _MAX_ENTRIES:
        validation.reject("strategies", f"must leave at most {_MAX_ENTRIES} payoffs for {n} players", m)
    if preset == "zero-sum":
        own = rng.standard_normal((m, m))
        origin = Provenance("preset", preset, {"strategies": m} | given, record)
        return NormalFormGame(np.stack([own, -own]), objective=wanted, provenance=origin)
    table = rng.uniform(size=(n, *(m,) * n))
    origin = Provenance("preset", preset, {"players": n, "strategies": m} | given, record)
    return NormalFormGame(table, objective=wanted, provenance=origin)

"""A table of wrong calls: each raises the right error, which names the argument, the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import (
    BestResponse,
    EdgeSystem,
    Lagrangian,
    LocalSearch,
    LogLinear,
    OffloadingGame,
    Play,
    Profile,
    Sampled,
)
from edgeworth.games.offloading.model.presets import _system

dense = OffloadingGame.from_matrices
GAME = offloading.generate(preset="random", users=4, providers=2, seed=0)


def _game(**changed: Any) -> OffloadingGame:
    return replace(GAME, **changed)


def _edge(**changed: Any) -> EdgeSystem:
    rng = np.random.default_rng(0)
    return replace(_system(rng, rng.random((2, 2)), rng.random((3, 2)), 0, 10.0), **changed)


def _solve(**given: Any) -> Any:
    return offloading.solve(GAME, **given)


def _generate(**given: Any) -> Any:
    return offloading.generate(**given)


Case = tuple[Callable[[], Any], type[Exception], str]
CALLS: dict[str, Case] = {
    # the game
    "gain NaN": (lambda: dense([[math.nan]], [1.0]), ValueError, "gain: must be finite everywhere; got nan at index [0, 0]"),
    "gain flat": (lambda: dense([1.0], [1.0]), ValueError, "gain: must have shape any x 1; got shape 1"),
    "rate zero": (lambda: dense([[1.0]], [0.0]), ValueError, "rate: must be above 0.0 everywhere; got 0.0 at index [0]"),
    "rate text": (lambda: dense([[1.0]], ["fast"]), TypeError, "rate: must hold real numbers"),
    "weight zero": (lambda: dense([[1.0]], [1.0], weight=[0.0]), ValueError, "weight: must be above 0.0 everywhere; got 0.0"),
    "weight length": (lambda: dense([[1.0]], [1.0], weight=[1.0, 1.0]), ValueError, "weight: must have shape 1; got shape 2"),
    "workload": (lambda: dense([[1.0]], [1.0], workload=[-1.0]), ValueError, "workload: must be at least 0.0 everywhere"),
    "transfer": (lambda: dense([[1.0]], [1.0], transfer=[[-1.0]]), ValueError, "transfer: must be at least 0.0 everywhere"),
    "price inf": (lambda: dense([[1.0]], [1.0], price=[[math.inf]]), ValueError, "price: must be finite everywhere; got inf"),
    "sensitivity": (lambda: dense([[1.0]], [1.0], sensitivity=[-2.0]), ValueError, "sensitivity: must be at least 0.0"),
    "cap float": (lambda: dense([[1.0]], [1.0], cap=[1.0]), TypeError, "cap: must hold integers, not dtype float64"),
    "cap negative": (lambda: dense([[1.0]], [1.0], cap=[-1]), ValueError, "cap: must be at least 0 everywhere; got -1"),
    "cost": (lambda: dense([[1.0]], [1.0], cost_rate=[-1.0]), ValueError, "cost_rate: must be at least 0.0 everywhere"),
    "reach": (lambda: dense([[1.0]], [1.0], [[1]]), TypeError, "reach: must hold booleans, not dtype int64"),
    "human int": (lambda: dense([[1.0]], [1.0], human=[1]), TypeError, "human: must hold booleans"),
    "human with deadline": (
        lambda: dense([[1.0]], [1.0], deadline=[2.0]),
        ValueError,
        "deadline: must be 0 for a human, above 0 for a machine; got 2.0 for user 0, human True",
    ),
    "machine without": (
        lambda: dense([[1.0]], [1.0], human=[False]),
        ValueError,
        "deadline: must be 0 for a human, above 0 for a machine; got 0.0 for user 0, human False",
    ),
    "regime": (
        lambda: _game(regime="linear"),
        ValueError,
        "regime: must be one of linearised, soft-deadline, floored (did you mean 'linearised'?); got 'linear'",
    ),
    "pair twice": (
        lambda: _game(provider=np.array([0, 0, 0, 1, 0, 1, 0, 1], dtype=np.int32)),
        ValueError,
        "provider: must increase strictly within a user (sorted, no duplicate pair); got 0 after 0 for user 0",
    ),
    "provider beyond": (
        lambda: _game(provider=np.array([0, 2, 0, 1, 0, 1, 0, 1], dtype=np.int32)),
        ValueError,
        "provider: must be at most 1 everywhere; got 2 at index [1]",
    ),
    "indptr": (lambda: _game(indptr=[1, 2, 4, 6, 8]), ValueError, "indptr: must begin with 0 and never decrease"),
    "user beyond": (
        lambda: OffloadingGame.from_pairs([3], [0], [1.0], [1.0], users=2),
        ValueError,
        "user: must be at most 1 everywhere; got 3",
    ),
    "users": (lambda: OffloadingGame.from_pairs([], [], [], [], users=-1), ValueError, "users: must be at least 0; got -1"),
    "profile float": (lambda: Profile(np.array([0.5])), TypeError, "provider: must hold integers"),
    "profile low": (lambda: Profile(np.array([-2])), ValueError, "provider: must be at least -1 everywhere; got -2"),
    # the raw system
    "system deadline": (
        lambda: _edge(deadline=[1.0, 0.0, 1.0]),
        ValueError,
        "deadline: must be above 0 for a machine; got 0.0 for user 1",
    ),
    "system snr": (lambda: _edge(snr=np.zeros(6)), ValueError, "snr: must be above 0.0 everywhere; got 0.0"),
    "system bandwidth": (lambda: _edge(bandwidth=[1.0]), ValueError, "bandwidth: must have shape 2; got shape 1"),
    "system energy": (lambda: _edge(energy_price=-0.1), ValueError, "energy_price: must be at least 0.0; got -0.1"),
    "local": (
        lambda: offloading.game_of_system(_edge(), local="free"),  # type: ignore[arg-type]
        ValueError,
        "local: must be one of zero, reward; got 'free'",
    ),
    # generators
    "preset": (
        lambda: _generate(preset="fushion"),
        ValueError,
        "preset: must be one of fusion, melbourne, random (did you mean",
    ),
    "preset users": (lambda: _generate(users=0), ValueError, "users: must be at least 1; got 0"),
    "preset agents": (lambda: _generate(agents=2.5), TypeError, "agents: must be an integer; got 2.5"),
    "preset option": (
        lambda: _generate(preset="random", agents=2),
        ValueError,
        "agents: is not taken by preset 'random'; got 2",
    ),
    "preset reach": (lambda: _generate(preset="random", reach=0), ValueError, "reach: must be at least 1; got 0"),
    "preset switch": (lambda: _generate(preset="random", prices=1), TypeError, "prices: must be True or False; got 1"),
    "preset city": (lambda: _generate(preset="melbourne"), ValueError, "sites: of preset 'melbourne' must be given together"),
    "preset seed": (lambda: _generate(seed=-1), ValueError, "seed: must be at least 0; got -1"),
    # the call
    "method": (lambda: _solve(method="pgbrd"), ValueError, "method: must be one of random-feasible"),
    "threads": (lambda: _solve(threads=2), ValueError, "threads: not supported by method 'pg-brd'"),
    "stop": (lambda: _solve(stop=Stop(gap=0.1)), ValueError, "gap: not supported by method 'pg-brd'"),
    "params": (lambda: _solve(params=Play()), TypeError, "params: must be of type BestResponse for method 'pg-brd'"),
    "start": (lambda: _solve(start=[0, 0]), TypeError, "start: must be of type Profile"),
    "start cap": (
        lambda: offloading.solve(_game(cap=[1, 1]), start=Profile([0, 0, -1, -1])),  # type: ignore[arg-type]
        ValueError,
        "start: must be feasible; got provider 0 serves 2 users, its cap is 1",
    ),
    "game": (lambda: offloading.solve("game"), TypeError, "problem: must be of type OffloadingGame"),  # type: ignore[arg-type]
    "trajectory": (
        lambda: offloading.trajectory(GAME, method="exp3"),
        ValueError,
        "method: must be one of pg-brd, round-robin",
    ),
    "trajectory params": (
        lambda: offloading.trajectory(GAME, params=Play()),  # type: ignore[arg-type]
        TypeError,
        "params: must be of type BestResponse",
    ),
    # parameters
    "BestResponse start": (lambda: BestResponse(start="here"), ValueError, "start: must be one of"),  # type: ignore[arg-type]
    "BestResponse threshold": (lambda: BestResponse(threshold=0.0), ValueError, "threshold: must be at least 1e-12; got 0.0"),
    "BestResponse patience": (lambda: BestResponse(patience=-1), ValueError, "patience: must be at least 0; got -1"),
    "LogLinear passes": (lambda: LogLinear(passes=0), ValueError, "passes: must be at least 1; got 0"),
    "LogLinear final_temperature": (
        lambda: LogLinear(initial_temperature=0.1, final_temperature=0.2),
        ValueError,
        "final_temperature: must be at most 0.1; got 0.2",
    ),
    "LocalSearch perturbation": (lambda: LocalSearch(perturbation=0.0), ValueError, "perturbation: must be above 0.0; got 0.0"),
    "LocalSearch rounds": (lambda: LocalSearch(rounds=0), ValueError, "rounds: must be at least 1; got 0"),
    "Lagrangian slices": (lambda: Lagrangian(slices=0), ValueError, "slices: must be at least 1; got 0"),
    "Lagrangian steps": (lambda: Lagrangian(steps=-1), ValueError, "steps: must be at least 0; got -1"),
    "Play rounds": (lambda: Play(rounds=-1), ValueError, "rounds: must be at least 0; got -1"),
    "Play crowding": (lambda: Play(crowding=0.0), ValueError, "crowding: must be above 0.0; got 0.0"),
    "Sampled": (lambda: Sampled(0), ValueError, "profiles: must be at least 1; got 0"),
}


@pytest.mark.parametrize("case", list(CALLS))
def test_wrong_calls(case: str) -> None:
    call, error, text = CALLS[case]
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_arrays_are_copied_and_read_only() -> None:
    rate = np.array([1.0, 2.0])
    game = dense([[1.0, 2.0]], rate)
    rate[0] = 9.0
    assert game.rate[0] == 1.0
    for name in ("rate", "gain", "provider", "gamma", "base", "user"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(game, name)[0] = 0

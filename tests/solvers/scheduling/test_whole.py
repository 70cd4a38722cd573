"""What holds of every episode and method: files keep them, batteries pay for the energy, no policy is below the bound."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import Stop
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, Lagrangian
from tests.solvers.scheduling.cases import random_episode

POLICIES = ("local", "random", "earliest-finish", "greedy-cost", "b-auction")


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_problems_and_results_of_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"kept.{ending}"
    for problem in scheduling.FAMILY.examples():
        problem.save(path)
        episode = edgeworth.load(path)
        assert isinstance(episode, Episode)
        assert (episode.hash, episode.provenance) == (problem.hash, problem.provenance)
        for method in ("b-auction", "annealing", "lagrangian"):
            stop = Stop(iterations=20) if method != "b-auction" else None
            result = scheduling.solve(problem, method=method, seed=0, stop=stop)
            result.save(path)
            kept = edgeworth.load(path)
            assert (kept.value, kept.bound, kept.params) == (result.value, result.bound, result.params)
            assert scheduling.verify(episode, kept)
            if result.solution is not None:
                for name in ("device", "start", "scope", "decided", "delay"):
                    assert np.array_equal(getattr(kept.solution, name), getattr(result.solution, name)), name


@pytest.mark.parametrize("settings", [{}, {"service": "sharing"}])
def test_batteries_pay_for_the_energy(settings: dict[str, Any]) -> None:
    died = 0
    for seed in range(24):
        problem = random_episode(seed, **settings)
        method = POLICIES[seed % len(POLICIES)]
        schedule = scheduling.solve(problem, method=method, seed=seed).require()
        played = scheduling.simulate(problem, schedule)
        drop = math.fsum((problem.battery - played.battery).tolist())
        assert drop == pytest.approx(scheduling.measures(problem, schedule)["energy"], rel=1e-9)
        alive = np.where(played.died >= 0.0, played.died, problem.end)
        assert np.allclose(played.busy + played.rest, alive, rtol=0.0, atol=1e-9)
        died += int(np.sum(played.died >= 0.0))
    assert died > 0


def test_wrong_types_are_named() -> None:
    problem = random_episode(1)
    result: Any = scheduling.solve(problem, method="local")
    for function in (scheduling.measures, scheduling.value, scheduling.violations, scheduling.simulate):
        with pytest.raises(
            TypeError, match=r"schedule: must be a Schedule \(of a Result: its solution\); got <Result of local"
        ):
            function(problem, result)
        with pytest.raises(TypeError, match="problem: must be an Episode"):
            function(result.solution, result.solution)
    for work in ([3.0, 8.0], (3.0, 5.0, 8.0)):
        with pytest.raises(TypeError, match="work: must be a number or a tuple of two numbers"):
            scheduling.generate(work=work, horizon=5.0)  # type: ignore[arg-type]
    for name in ("sense", "kind", "speed", "arrival"):
        with pytest.raises(ValueError, match="settings: must be one of capacity, battery"):
            Episode.from_trace([1.0], [5.0], [2.0], [0], **{name: 1.0})


@pytest.mark.slow
def test_no_policy_is_below_the_bound_on_a_thousand_pairs() -> None:
    pairs = 0
    for seed in range(200):
        problem = random_episode(seed)
        proved = scheduling.solve(problem, method="lagrangian", params=Lagrangian(iterations=40))
        assert scheduling.verify(problem, proved)
        assert proved.bound is not None
        for method in POLICIES:
            value = scheduling.solve(problem, method=method, seed=seed).value
            assert value is not None
            assert proved.bound <= value
            pairs += 1
    assert pairs == 1000

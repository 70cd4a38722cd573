"""Q-learning over feasible actions: it learns where the answer is known, and agrees with a naive learner number by number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.testing import allocation_problems
from tests.oracles import allocation as mta
from tests.oracles import qlearning as oracle


def _known() -> AllocationProblem:
    """Two servers with room for one task each. Greedy sends task 0 to server 0 and ends at 5 + 1; the optimum is 4 + 9."""
    return AllocationProblem.from_matrices(value=[[5.0, 9.0], [4.0, 1.0]], weight=[[1.0, 1.0], [1.0, 1.0]], capacity=[1.0, 1.0])


def test_it_learns_the_optimum_where_greedy_misses_it() -> None:
    problem = _known()
    best = mta.optimum(problem)
    assert best is not None
    assert float(best[0]) == 13.0
    assert allocation.solve(problem, method="greedy").value == 6.0
    for seed in range(5):
        result = allocation.solve(problem, method="q-learning", seed=seed)
        assert result.value == 13.0


def test_the_table_converges_to_the_known_policy() -> None:
    """Exploring half the time for long enough, the greedy policy of the learned table is the optimum: with one more episode
    without exploration from the same seed the last total would be 13. Its trace shows 13 more often the longer it learns."""
    params = allocation.QLearning(episodes=4000, rate=0.1, epsilon=0.9)
    result = allocation.solve(_known(), method="q-learning", params=params, seed=0, trace=True)
    assert result.trace is not None
    optimal = result.trace.value == 13.0
    # exploiting with .9, both tasks act greedily (or luckily) in at least .95^2 of the episodes once the table is right
    assert optimal[-1000:].mean() > 0.85
    assert optimal[:100].mean() < optimal[-1000:].mean()


def _totals(problem: AllocationProblem, seed: int, **params: Any) -> tuple[list[float], Any]:
    given = allocation.QLearning(**params)
    result = allocation.solve(problem, method="q-learning", params=given, seed=seed, trace=True)
    assert result.trace is not None
    return result.trace.value.tolist(), result


@given(data=st.data())
@settings(max_examples=40)
def test_it_agrees_with_the_naive_learner(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(min_tasks=1, must_serve=False))
    if problem.sense == "min":
        problem = replace(problem, sense="max")
    problem = replace(problem, offset=0.0)
    seed, epsilon = data.draw(st.integers(0, 99)), data.draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))
    exploits = data.draw(st.booleans())
    totals, result = _totals(problem, seed, episodes=12, rate=0.3, epsilon=epsilon, epsilon_exploits=exploits)
    explore = 1.0 - epsilon if exploits else epsilon
    naive, servers = oracle.feasible_learner(problem, episodes=12, rate=0.3, discount=0.9, explore=explore, seed=seed)
    assert totals == pytest.approx(naive, rel=1e-12, abs=1e-12)
    assert result.solution is not None
    assert result.solution.server.tolist() == servers
    assert result.value == pytest.approx(max(naive), rel=1e-12, abs=1e-12)


def test_the_two_readings_of_epsilon_are_mirror_images() -> None:
    problem = allocation.generate(preset="hotspot", servers=5, tasks=20, seed=2)
    exploit, _ = _totals(problem, 7, episodes=40, epsilon=0.75, epsilon_exploits=True)
    explore, _ = _totals(problem, 7, episodes=40, epsilon=0.25, epsilon_exploits=False)
    other, _ = _totals(problem, 7, episodes=40, epsilon=0.75, epsilon_exploits=False)
    assert exploit == explore
    assert exploit != other


def test_epsilon_at_its_ends() -> None:
    """Always greedy from a table of zeros: without losses the first pairs win for ever. Always random: uniform actions."""
    problem = _known()
    greedy, _ = _totals(problem, 0, episodes=30, epsilon=1.0)
    assert set(greedy) == {6.0}
    randomly, _ = _totals(problem, 0, episodes=2000, epsilon=0.0)
    assert np.mean(np.array(randomly) == 13.0) == pytest.approx(0.5, abs=0.06)  # 5 standard deviations


def test_a_pair_of_value_zero_is_no_action() -> None:
    problem = AllocationProblem.from_matrices([[0.0, 1.0]], [[1.0, 1.0]], [5.0])
    result = allocation.solve(problem, method="q-learning", seed=0)
    assert result.solution is not None
    assert result.solution.server.tolist() == [-1, 0]


def test_losses_are_actions_as_printed() -> None:
    """The printed learner never leaves an available task alone, even at a loss."""
    problem = AllocationProblem.from_matrices([[-2.0]], [[1.0]], [5.0])
    assert allocation.solve(problem, method="q-learning", seed=0).value == -2.0


def test_iterations_are_episodes() -> None:
    problem = allocation.generate(preset="hotspot", servers=5, tasks=20, seed=2)
    params = allocation.QLearning(episodes=50)
    done = allocation.solve(problem, method="q-learning", params=params, seed=0, trace=True)
    assert (done.termination, done.stats.iterations) == (Termination.CONVERGED, 50)
    assert done.trace is not None
    assert done.trace.iterations.tolist() == list(range(1, 51))
    cut = allocation.solve(problem, method="q-learning", params=params, seed=0, stop=Stop(iterations=20), trace=True)
    assert (cut.termination, cut.stats.iterations) == (Termination.ITERATIONS, 20)
    assert cut.trace is not None
    assert cut.trace.value.tolist() == done.trace.value.tolist()[:20]
    none = allocation.solve(problem, method="q-learning", params=params, seed=0, stop=Stop(iterations=0))
    assert none.solution is None
    assert "no episode was run" in " ".join(none.notes)


def test_a_run_that_no_longer_improves_stalls() -> None:
    params = allocation.QLearning(episodes=10**7)
    for seed in range(5):
        given = {"method": "q-learning", "params": params, "seed": seed, "trace": True}
        result = allocation.solve(_known(), stop=Stop(stalled=10, seconds=60), **given)
        assert result.termination is Termination.STALLED
        assert result.trace is not None
        best = np.maximum.accumulate(result.trace.value)
        last = 1 + int(np.flatnonzero(np.diff(best, prepend=-np.inf) > 0)[-1])  # the episode that improved last
        assert result.stats.iterations == last + 10


def test_stalled_is_obeyed_within_the_parameters_episodes() -> None:
    """A rule that the method supports holds on a small problem too, where all episodes fit one chunk."""
    result = allocation.solve(_known(), method="q-learning", seed=0, stop=Stop(stalled=10))
    assert result.termination is Termination.STALLED
    assert result.stats.iterations < 500


def test_a_target_is_obeyed_within_the_parameters_episodes() -> None:
    result = allocation.solve(_known(), method="q-learning", seed=0, stop=Stop(target=1.0))
    assert result.termination is Termination.TARGET
    assert result.stats.iterations == 1  # the first episode earns more than 1, whatever it does


def test_minimisation_learns_too() -> None:
    problem = replace(_known(), sense="min", must_serve=np.array([True, True]))
    params = allocation.QLearning(episodes=400, epsilon=0.5)
    result = allocation.solve(problem, method="q-learning", params=params, seed=0)
    assert result.value == 6.0

"""Q-learning: it learns where the answer is known, and its literal mode is the paper's text, number by number."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, MecSystem
from edgeworth.testing import allocation_problems, mec_systems
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
def test_the_default_mode_agrees_with_the_naive_learner(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(min_tasks=1, must_serve=False))
    if problem.sense == "min":
        problem = replace(problem, sense="max")
    problem = replace(problem, offset=0.0)
    seed, epsilon = data.draw(st.integers(0, 99)), data.draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))
    exploits = data.draw(st.booleans())
    totals, result = _totals(problem, seed, episodes=12, rate=0.3, epsilon=epsilon, epsilon_exploits=exploits)
    explore = 1.0 - epsilon if exploits else epsilon
    naive, servers = oracle.learn(problem, episodes=12, rate=0.3, discount=0.9, explore=explore, literal=False, seed=seed)
    assert totals == pytest.approx(naive, rel=1e-12, abs=1e-12)
    assert result.solution is not None
    assert result.solution.server.tolist() == servers
    assert result.value == pytest.approx(max(naive), rel=1e-12, abs=1e-12)


@given(data=st.data())
def test_the_literal_mode_agrees_with_the_printed_rules(data: st.DataObject) -> None:
    system = data.draw(mec_systems(min_tasks=1))
    if data.draw(st.booleans()):  # deadlines so short that the printed rule lets servers through
        system = replace(system, deadline=system.deadline * 0.05)
    problem = AllocationProblem.from_system(system)
    seed = data.draw(st.integers(0, 99))
    totals, result = _totals(problem, seed, episodes=10, rate=0.3, epsilon=0.7, literal=True)
    naive, servers = oracle.learn(problem, episodes=10, rate=0.3, discount=0.9, explore=1.0 - 0.7, literal=True, seed=seed)
    assert totals == pytest.approx(naive, rel=1e-12, abs=1e-12)
    if result.solution is not None:
        assert result.solution.server.tolist() == servers
        assert f"episode total as printed {max(totals)!r}" in result.notes[0]
    else:
        assert not mta.feasible(problem, servers)
        assert any("overloads server" in note for note in result.notes)


def _crafted(**changed: Any) -> MecSystem:
    """Two servers, cheap radio, deadlines of half a second; server 0 is slow and far too small for task 1."""
    given: dict[str, Any] = {
        "unit_price": [4.0, 3.0], "data_size": [1.0, 6.0], "deadline": [0.5, 0.5], "source": [0, 0],
        "cycles_per_unit": [1.0, 1.0], "frequency": [4.0, 16.0], "energy_coefficient": [0.01, 0.001],
        "capacity": [3.0, 20.0], "bandwidth": [50.0, 50.0], "transmit_power": [1.0, 1.0], "gain": [1.0, 1.0],
        "noise": 0.01, "fee_share": 0.25,
    }  # fmt: skip
    return MecSystem(**(given | changed))


def test_the_printed_rewards_by_hand() -> None:
    system = _crafted()
    problem = AllocationProblem.from_system(system)
    table = oracle.printed_rewards(system, set(mta.pairs(problem)))
    rate = 50.0 * math.log2(1.0 + 1.0 / 0.0001)
    assert table[0, 0] == pytest.approx(4.0 - 0.01 * 16.0)  # at home: p mu - E_comp
    assert table[0, 1] == pytest.approx(0.75 * 4.0 - 0.001 * 256.0)  # elsewhere: the fee is gone, E_comm is nobody's
    assert table[1, 1] == pytest.approx(0.75 * 18.0 - 0.001 * 6.0 * 256.0)
    assert (1, 0) not in mta.pairs(problem)
    assert table[1, 0] == pytest.approx(0.25 * 18.0 - 6.0 / rate)  # own, not processed: still lambda p mu - E_comm


def test_fees_do_not_cancel_and_an_unprocessed_task_pays() -> None:
    """Episode totals of the literal table are not the welfare of anything: a note gives both numbers."""
    system = _crafted()
    problem = AllocationProblem.from_system(system)
    totals, result = _totals(problem, 0, episodes=300, literal=True, epsilon=0.5)
    assert result.value is not None
    best = max(totals)
    assert result.notes[0].startswith(f"episode total as printed {best!r}")
    welfare = mta.value(problem, result.solution.server.tolist())
    assert result.value == pytest.approx(float(welfare), rel=1e-12)
    assert abs(best - float(welfare)) > 0.01
    # Only the unprocessed action is left for task 1 when server 1 is out of reach: paid, and not served.
    alone = AllocationProblem.from_system(system, task=[0], server=[0])
    totals, result = _totals(alone, 0, episodes=50, literal=True)
    rate = 50.0 * math.log2(1.0 + 1.0 / 0.0001)
    own = 4.0 - 0.01 * 16.0
    ghost = 0.25 * 18.0 - 6.0 / rate
    assert set(np.round(totals, 9)) <= {round(own, 9), round(own + ghost, 9)}
    assert result.value == pytest.approx(own)
    assert result.solution.server.tolist() == [0, -1]


def test_the_printed_availability_is_reversed_and_lets_almost_nobody_through() -> None:
    """On Table I about 1% of tasks have an available server while all servers are idle; without the reversal, nearly all do."""
    tasks = open_as_printed = open_as_meant = 0
    for seed in range(200):
        problem = allocation.generate(seed=seed)
        system = problem.system
        assert system is not None
        idle = [0.0] * problem.servers
        stored = set(mta.pairs(problem))
        for j in range(problem.tasks):
            tasks += 1
            own = {(j, int(system.source[j]))}
            actions = [i for i in range(problem.servers) if (j, i) in stored | own]
            open_as_printed += any(oracle.printed_available(system, j, i, idle) for i in actions)
            open_as_meant += any((j, i) in stored for i in range(problem.servers))
    assert tasks == 10_000
    assert 0.003 < open_as_printed / tasks < 0.03
    assert open_as_meant / tasks > 0.95


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


@pytest.mark.parametrize("literal", [False, True])
def test_iterations_are_episodes(literal: bool) -> None:
    problem = allocation.generate(preset="hotspot", servers=5, tasks=20, seed=2)
    params = allocation.QLearning(episodes=50, literal=literal)
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

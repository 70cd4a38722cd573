"""The MTA paper's learner and greedy rule as printed: rewards by hand, and Algorithms 1-3 against a naive implementation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, MecSystem
from edgeworth.testing import mec_systems
from tests.oracles import allocation as mta
from tests.oracles import qlearning as oracle


def _crafted(**changed: Any) -> MecSystem:
    """Two servers, cheap radio, deadlines of half a second; server 0 is slow and far too small for task 1."""
    given: dict[str, Any] = {
        "unit_price": [4.0, 3.0], "data_size": [1.0, 6.0], "deadline": [0.5, 0.5], "source": [0, 0],
        "cycles_per_unit": [1.0, 1.0], "frequency": [4.0, 16.0], "energy_coefficient": [0.01, 0.001],
        "capacity": [3.0, 20.0], "bandwidth": [50.0, 50.0], "transmit_power": [1.0, 1.0], "gain": [1.0, 1.0],
        "noise": 0.01, "fee_share": 0.25,
    }  # fmt: skip
    return MecSystem(**(given | changed))


_RATE = 50.0 * math.log2(1.0 + 1.0 / 0.0001)


def test_the_printed_rewards_by_hand() -> None:
    system = _crafted()
    problem = AllocationProblem.from_system(system)
    assert (1, 0) not in mta.pairs(problem)
    expected = [
        4.0 - 0.01 * 16.0,  # at home: p mu - E_comp
        0.75 * 4.0 - 0.001 * 256.0,  # elsewhere: the fee is gone, E_comm is nobody's
        0.25 * 18.0 - 6.0 / _RATE,  # own, not processed: still lambda p mu - E_comm
        0.75 * 18.0 - 0.001 * 6.0 * 256.0,
    ]
    table = allocation.reward_table(problem)
    assert table.indptr.tolist() == [0, 2, 4]
    assert table.server.tolist() == [0, 1, 0, 1]
    assert table.reward.tolist() == pytest.approx(expected)
    assert table.serves.tolist() == [True, True, False, True]
    assert [number for row in oracle.state_action_reward(system) for number in row] == pytest.approx(expected)


def _drawn(data: st.DataObject) -> MecSystem:
    system = data.draw(mec_systems(min_tasks=1, max_tasks=7))
    if data.draw(st.booleans()):  # deadlines and capacities at which the printed test now refuses and now does not
        system = replace(system, deadline=system.deadline * 0.2)
    pairs = [(j, i) for j in range(system.tasks) for i in range(system.servers)]
    assume(all(mta.margin(system, j, i) > 1e-8 for j, i in pairs))  # else rounding decides who is eligible
    return system


def _printed(problem: AllocationProblem, params: allocation.Algorithm2, seed: int) -> tuple[list[float], Any]:
    result = allocation.solve(problem, method="algorithm-2", params=params, seed=seed, trace=True)
    assert result.trace is not None
    return result.trace.value.tolist(), result


@given(data=st.data())
@settings(max_examples=60)
def test_it_agrees_with_the_printed_algorithms(data: st.DataObject) -> None:
    """Every episode's total, and the best one's servers, over all readings."""
    system = _drawn(data)
    problem = AllocationProblem.from_system(system)
    reading = {
        "availability": data.draw(st.sampled_from(["replace", "discard"])),
        "load": data.draw(st.sampled_from(["cycles", "data"])),
        "forgets": data.draw(st.booleans()),
    }
    seed, exploits = data.draw(st.integers(0, 99)), data.draw(st.booleans())
    params = allocation.Algorithm2(episodes=15, rate=0.3, epsilon=0.7, epsilon_exploits=exploits, **reading)
    explore = 1.0 - 0.7 if exploits else 0.7
    totals, result = _printed(problem, params, seed)
    naive, chosen = oracle.algorithm_3(system, episodes=15, rate=0.3, discount=0.9, explore=explore, seed=seed, **reading)
    assert totals == pytest.approx(naive, rel=1e-12, abs=1e-12)
    assert result.solution.server.tolist() == oracle.first_come(problem, chosen)
    assert mta.feasible(problem, result.solution.server.tolist())
    printed = float(result.notes[0].removeprefix("total as printed ").split(":")[0])
    assert printed == pytest.approx(max(naive), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("reading", [{}, {"load": "data", "forgets": False}, {"availability": "discard"}], ids=str)
def test_it_agrees_on_the_papers_setting(reading: dict[str, Any]) -> None:
    problem = allocation.generate(preset="metaverse-code", servers=8, tasks=30, seed=3)
    params = allocation.Algorithm2(episodes=40, rate=0.9, discount=0.01, **reading)
    totals, _ = _printed(problem, params, 5)
    naive, _ = oracle.algorithm_3(problem.system, episodes=40, rate=0.9, discount=0.01, explore=1.0 - 0.9, seed=5, **reading)
    assert totals == pytest.approx(naive, rel=1e-12)


def _line(tasks: int, servers: int, **changed: Any) -> AllocationProblem:
    """Tasks of one cycle and servers that are idle for seconds; deadlines of no account but in the printed test."""
    given: dict[str, Any] = {
        "unit_price": np.ones(tasks), "data_size": np.ones(tasks), "deadline": np.full(tasks, 2.0),
        "source": np.zeros(tasks, dtype=int), "cycles_per_unit": np.ones(servers), "frequency": np.ones(servers),
        "energy_coefficient": np.zeros(servers), "capacity": np.full(servers, 3.0), "bandwidth": np.full(servers, 50.0),
        "transmit_power": np.ones(servers), "gain": np.ones(servers), "noise": 0.01, "fee_share": 0.0,
    }  # fmt: skip
    return AllocationProblem.from_system(MecSystem(**(given | changed)))


def test_a_refused_server_is_replaced_untested_and_every_task_gets_one() -> None:
    """Two servers of three cycles and twelve tasks of one: six find room, and all twelve are assigned and paid."""
    problem = _line(12, 2)
    for seed in range(3):
        result = allocation.solve(problem, method="algorithm-2", seed=seed)
        assert result.notes[0] == "total as printed 12.0: 12 of 12 tasks have a server"
        assert result.value is not None
        assert result.value <= 6.0  # what two servers of three cycles can hold, and sending costs
        best = allocation.solve(problem, method="exact", seed=0)
        assert best.value is not None
        assert result.value <= best.value < 12.0
        assert "servers are overloaded" in result.notes[1]
        assert "dropped" in result.notes[1]


def test_the_test_looks_at_the_load_before_and_wants_more_time_than_the_deadline() -> None:
    """One server: with capacity 3 and deadlines of 2 s the first task passes untested; the second finds 2 s left, not fewer
    than its deadline; the third finds 1 s, is refused, and there is no other server. The load then stays at 2."""
    totals, _ = _printed(_line(5, 1), allocation.Algorithm2(episodes=1, forgets=False), 0)
    assert totals == [2.0]
    # forgotten, the refused server's next choice passes: tasks 1, 2, 4; then the load is 3 and 0 s are left
    totals, _ = _printed(_line(5, 1), allocation.Algorithm2(episodes=1), 0)
    assert totals == [3.0]
    # loads of data, a tenth of the cycles here, let more through: 3 - .1 k >= 2 for k <= 10
    light = _line(14, 1, data_size=np.full(14, 0.1), cycles_per_unit=np.full(1, 10.0), frequency=np.ones(1))
    totals, _ = _printed(light, allocation.Algorithm2(episodes=1, load="data", forgets=False), 0)
    assert totals == [pytest.approx(11.0)]
    # the sentences before the algorithm have strict signs: 2 s left are not more than the second task's deadline
    totals, _ = _printed(_line(5, 1), allocation.Algorithm2(episodes=1, availability="discard"), 0)
    assert totals == [1.0]
    totals, _ = _printed(_line(5, 1, deadline=np.full(5, 1.9)), allocation.Algorithm2(episodes=1, availability="discard"), 0)
    assert totals == [2.0]


def test_fees_do_not_cancel_and_an_unprocessed_task_pays() -> None:
    """Printed totals are not the welfare of anything; a source that cannot compute its own task is paid all the same."""
    alone = AllocationProblem.from_system(_crafted(), task=[0], server=[0])
    totals, result = _printed(alone, allocation.Algorithm2(episodes=50), 0)
    own, ghost = 4.0 - 0.01 * 16.0, 0.25 * 18.0 - 6.0 / _RATE
    assert max(totals) == pytest.approx(own + ghost)
    assert result.value == pytest.approx(own)
    assert result.solution.server.tolist() == [0, -1]
    assert "1 tasks stay at their source" in result.notes[1]


def test_dropped_tasks_that_must_be_served_are_said() -> None:
    problem = replace(_line(12, 2), must_serve=np.ones(12, dtype=bool))
    result = allocation.solve(problem, method="algorithm-2", seed=0)
    assert result.solution is None
    assert "tasks that must be served are not" in result.notes[-1]


@pytest.mark.parametrize("method", ["algorithm-2", "reward-greedy"])
def test_problems_without_rewards_are_refused(method: str) -> None:
    plain = AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0])
    for problem in (plain, replace(_line(2, 2), sense="min")):
        result = allocation.solve(problem, method=method, seed=0)
        assert result.termination is Termination.REFUSED
        assert "raw fields" in result.notes[0]


def test_iterations_are_episodes() -> None:
    problem = allocation.generate(preset="metaverse-code", servers=5, tasks=20, seed=2)
    params = allocation.Algorithm2(episodes=50)
    done = allocation.solve(problem, method="algorithm-2", params=params, seed=0, trace=True)
    cut = allocation.solve(problem, method="algorithm-2", params=params, seed=0, stop=Stop(iterations=20), trace=True)
    assert (done.termination, done.stats.iterations) == (Termination.CONVERGED, 50)
    assert (cut.termination, cut.stats.iterations) == (Termination.ITERATIONS, 20)
    assert done.trace is not None
    assert cut.trace is not None
    assert cut.trace.value.tolist() == done.trace.value.tolist()[:20]
    none = allocation.solve(problem, method="algorithm-2", seed=0, stop=Stop(iterations=0))
    assert none.solution is None
    assert none.notes == ("no episode was run",)


@given(data=st.data())
def test_the_greedy_rule_by_rewards(data: st.DataObject) -> None:
    """Without capacities the largest reward of every task; with them the largest of a server with room, if it is positive."""
    system = _drawn(data)
    problem = AllocationProblem.from_system(system)
    table, stored = oracle.state_action_reward(system), mta.pairs(problem)
    printed = allocation.solve(problem, method="reward-greedy", params=allocation.RewardGreedy(keeps_capacity=False))
    rows = [[(row[i], -i) for i in range(system.servers) if row[i] != 0.0] for row in table]
    chosen = [-max(row)[1] if row else -1 for row in rows]
    assert printed.solution is not None
    assert printed.solution.server.tolist() == oracle.first_come(problem, chosen)
    total = sum(max(row)[0] for row in rows if row)
    assert float(printed.notes[0].removeprefix("total as printed ").split(":")[0]) == pytest.approx(total, abs=1e-12)

    kept = allocation.solve(problem, method="reward-greedy")
    room = [float(mta.limit(problem, i)) for i in range(system.servers)]
    servers = []
    for j in range(system.tasks):
        fits = [(table[j][i], -i) for i in range(system.servers) if (j, i) in stored and stored[j, i][1] <= room[i]]
        best = max(fits, default=(0.0, 1))
        servers.append(-best[1] if best[0] > 0.0 else -1)
        if servers[-1] >= 0:
            room[servers[-1]] -= stored[j, servers[-1]][1]
    assert kept.solution is not None
    assert kept.solution.server.tolist() == servers

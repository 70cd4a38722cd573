"""Neighbourhoods by set partitioning against plain loops: what they find is the best, what they close holds nothing better."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.solvers.allocation.bounds import linear_duals
from edgeworth.solvers.allocation.exact import partitions
from edgeworth.solvers.allocation.exact.partitions import Partitions
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.exact.surroundings import Surroundings
from edgeworth.solvers.allocation.kernels import partition
from edgeworth.solvers.allocation.model import Assignment, assignment_of, dual_profit, positions, violations
from tests.solvers.allocation.test_neighbourhoods import best_among, drawn, some_feasible, worth

CASES = [{}, {"must": False}, {"must": False, "sparse": True}]


def search(problem, seed=0):
    run = Run(sense=problem.sense, stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True)
    u = linear_duals(problem, run).multipliers
    proof = Proof(problem, u, dual_profit(problem, u), 0)
    while proof.at_root and not proof.solved:
        proof.advance(1 << 40)
    return Partitions(problem, proof.lam, np.random.default_rng(seed)), proof.bound


def begun(problem, seed=0):
    around, bound = search(problem, seed)
    total, servers = some_feasible(problem)
    around.offer(positions(problem, Assignment(np.array(servers))), total, bound)
    around._enter(*around._offered)
    return around, np.array(servers)


def some_servers(problem):
    for many in range(1, problem.servers + 1):
        yield from itertools.combinations(range(problem.servers), many)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_part_is_shared_out_in_the_best_way(case):
    """All sets of servers, all of them together included, first of some assignment, then of an optimum."""
    problem = drawn(1, tasks=5, **case)
    around, first = begun(problem)
    optimum = allocation.solve(problem, method="exact", stop=Stop(seconds=30)).solution.server
    found = set()
    for before, steps in ((first, 1), (first, 30), (np.array(optimum), 30)):
        for chosen in some_servers(problem):
            now = before.copy()
            arguments = (now, around._lam, 0.0, steps, 1 << 40, around._scratch)
            outcome = partition.share_out(around._data, np.array(chosen), *arguments)
            best = best_among(problem, before, chosen)
            assert outcome == (partition.FOUND if best > worth(problem, before.tolist()) else partition.DONE)
            assert worth(problem, now.tolist()) == best
            assert np.all((now == before) | np.isin(now, (-1, *chosen)))
            found.add(outcome)
    assert found == {partition.FOUND, partition.DONE}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_kick_is_another_sharing_out_that_loses_no_more_than_allowed(case):
    problem = drawn(1, tasks=6, **case)
    around, before = begun(problem)
    chosen = (0, 1, 3)
    earned = worth(problem, before.tolist())
    others = []
    free = [j for j in range(problem.tasks) if before[j] in chosen or before[j] < 0]
    for places in itertools.product((-1, *chosen), repeat=len(free)):
        trial = before.copy()
        trial[free] = places
        total = worth(problem, trial.tolist())
        if total is not None and np.any(trial != before):
            others.append(total)
    outcomes = set()
    for loss in (1.0, 2.0, 4.0, 8.0, 64.0):
        now = before.copy()
        outcome = partition.share_out(around._data, np.array(chosen), now, around._lam, loss, 30, 1 << 40, around._scratch)
        assert (outcome == partition.FOUND) == (max(others) >= earned - loss)
        if outcome == partition.FOUND:
            assert np.any(now != before)
            assert worth(problem, now.tolist()) >= earned - loss
        outcomes.add(outcome)
    assert partition.FOUND in outcomes


def test_too_many_steps_or_sets_or_tasks_are_given_up(monkeypatch):
    problem = drawn(1, tasks=6)
    around, before = begun(problem)
    chosen = np.arange(4)
    arguments = (around._data, chosen, before.copy(), around._lam, 64.0, 1)
    assert partition.share_out(*arguments, 0, around._scratch) == partition.TOO_MANY
    assert partition.share_out(*arguments, 1 << 40, around._scratch._replace(loss=np.empty(3))) == partition.TOO_MANY
    many = AllocationProblem.from_matrices(np.ones((3, 129)), np.ones((3, 129)), [43] * 3)
    large = Partitions(many, np.zeros(129), np.random.default_rng(0))
    large._become(np.repeat(np.arange(3), 43))
    assert large._share_out(np.arange(3), 1.0) == partition.TOO_MANY


def test_the_multipliers_take_no_steps_beyond_the_effort():
    problem = drawn(1, tasks=6)
    around, before = begun(problem)
    work, done = around._scratch.work, []
    for steps in (1, 30):
        began = int(work[0])
        outcome = partition.share_out(around._data, np.arange(4), before.copy(), around._lam, 64.0, steps, 0, around._scratch)
        assert outcome == partition.TOO_MANY
        done.append(int(work[0]) - began)
    assert done[0] == done[1]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_server_loses_is_the_best_of_all_sets_that_fit_less_what_it_holds(case):
    problem = drawn(1, tasks=6, **case)
    around, before = begun(problem)
    gain = {pair: problem.profit[pair] - around._lam[problem.task[pair]] for pair in range(problem.pairs)}
    for server in range(problem.servers):
        mine = np.flatnonzero(problem.server == server).tolist()
        sets = [each for many in range(len(mine) + 1) for each in itertools.combinations(mine, many)]
        fitting = [each for each in sets if problem.weight[list(each)].sum() <= problem.capacity[server]]
        held = sum(gain[pair] for pair in mine if before[problem.task[pair]] == server)
        best = max(sum(gain[pair] for pair in each) for each in fitting)
        assert around._loss[server] == pytest.approx(best - held, abs=1e-9)


def test_more_tasks_than_a_word_has_bits():
    """Tasks of both words change places: two of a hundred tasks are better off elsewhere."""
    value = np.ones((2, 100))
    value[0, :50] = value[1, 50:] = 2.0
    problem = AllocationProblem.from_matrices(value, np.ones((2, 100)), [50, 50], must_serve=np.ones(100, dtype=bool))
    around = Partitions(problem, np.full(100, 1.5), np.random.default_rng(0))
    wrong = np.repeat([0, 1], 50)
    wrong[[3, 90]] = [1, 0]
    outcome = partition.share_out(around._data, np.arange(2), wrong, around._lam, 0.0, 30, 1 << 40, around._scratch)
    assert (outcome, worth(problem, wrong.tolist())) == (partition.FOUND, 200.0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_walk_stays_feasible_and_finds_the_optimum(monkeypatch, case):
    monkeypatch.setattr(partitions, "_EFFORT", 2_000_000)
    problem = drawn(1, tasks=6, **case)
    around, _ = begun(problem)
    profits = []
    for _ in range(12):
        if around.advance():
            profits.append(around.best_profit)
        now = Assignment(around._servers)
        assert not violations(problem, now)
        assert around._profit == allocation.value(problem, now) <= around.best_profit
        assert around.best_profit == allocation.value(problem, assignment_of(problem, around.best))
    assert profits
    assert profits == sorted(profits)
    assert around.best_profit == allocation.solve(problem, method="exact", stop=Stop(seconds=30)).value


def test_an_offer_is_where_the_walk_may_go_back_to():
    problem = drawn(2, tasks=6)
    around, bound = search(problem)
    assert not around.advance()  # nothing is known
    around, first = begun(problem)
    best = allocation.solve(problem, method="exact", stop=Stop(seconds=30))
    around.offer(positions(problem, best.solution), best.value, bound)
    around._enter(*around._offered)
    assert around._servers.tolist() == first.tolist()
    assert around.best_profit == best.value
    around._go_to(around.best)
    assert around._servers.tolist() == best.solution.server.tolist()


def test_the_same_seed_walks_the_same_way(monkeypatch):
    monkeypatch.setattr(partitions, "_EFFORT", 2_000_000)
    problem = drawn(3, servers=6, tasks=30, must=False)
    first = allocation.solve(problem, method="greedy")
    runs = []
    for _ in range(2):
        around, bound = search(problem, seed=5)
        around.offer(positions(problem, first.solution), first.value, bound)
        for _ in range(6):
            around.advance()
        runs.append((around.best_profit, around._servers.tolist(), sorted(around._closed)))
    assert runs[0] == runs[1]


def test_what_they_suit():
    value = [[1.0, 2.0], [2.0, 1.0]]
    assert Partitions.suits(AllocationProblem.from_matrices(value, [[1, 2], [3, 1]], [3, 3]))
    assert not Partitions.suits(AllocationProblem.from_matrices(value, [[1, 2.5], [3, 1]], [3, 3]))
    assert not Partitions.suits(AllocationProblem.from_matrices([[np.pi, 0.1], [1e9, 1e-9]], [[1, 2], [3, 1]], [3, 3]))
    assert not Partitions.suits(AllocationProblem.from_matrices(value, [[10**6] * 2] * 2, [10**6] * 2))
    many = np.ones((2, 51))
    assert not Partitions.suits(AllocationProblem.from_matrices(many, many, [3, 3]))
    assert Partitions.suits(AllocationProblem.from_matrices(many[:, :50], many[:, :50], [3, 3]))


def test_the_family_warms_the_kernels_in_the_signatures_that_a_search_needs():
    kernels = [partition.share_out, partition.greatest_gains]
    for each in kernels:
        each._reset_overloads()
    small = allocation.generate(servers=2, tasks=3, seed=0)
    allocation.FAMILY.warm(small, allocation.solve(small, method="greedy").solution)
    warmed = [each.signatures for each in kernels]
    assert [len(each) for each in warmed] == [1, 1]
    around, _ = begun(drawn(2, servers=4, tasks=5))
    around.advance()
    assert [each.signatures for each in kernels] == warmed


def test_no_part_is_begun_where_the_clock_would_wait_for_it(monkeypatch):
    """Both threads' searches rest when less time is left than a part may take."""
    problem = drawn(3, servers=6, tasks=30)
    run = Run(sense=problem.sense, stop=Stop(seconds=100.0), rng=np.random.default_rng(0), observer=Observer(), inner=True)
    u = linear_duals(problem, run).multipliers
    proof = Proof(problem, u, dual_profit(problem, u), 0)
    monkeypatch.setattr(Proof, "wide", True)
    told, advanced = [], []
    monkeypatch.setattr(Partitions, "advance", lambda self: advanced.append(self) or False)
    companion = SimpleNamespace(search_around=lambda around, far=False: told.append(around))
    around = Surroundings(problem, proof, companion, run, parallel=True)
    around.step(None, 0.0, far=True)
    assert len(advanced) == 3
    assert isinstance(told[-1], Partitions)
    monkeypatch.setattr(Run, "remaining", 0.1)
    around.step(None, 0.0, far=True)
    assert len(advanced) == 3
    assert told[-1] is None

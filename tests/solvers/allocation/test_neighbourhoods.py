"""The search of neighbourhoods against plain loops: what it closes holds nothing better, what it finds is feasible."""

import itertools

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.solvers.allocation.bounds import linear_duals
from edgeworth.solvers.allocation.exact.partitions import Partitions
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.heuristic.annealing import AnnealingSearch
from edgeworth.solvers.allocation.model import Assignment, assignment_of, dual_profit, positions, violations


def drawn(seed, servers=4, tasks=8, must=True, whole=True, sparse=False):
    rng = np.random.default_rng(seed)
    weight = rng.integers(5, 26, (servers, tasks)) + (0.0 if whole else rng.random((servers, tasks)))
    value = weight + rng.integers(-5, 6, (servers, tasks))
    eligible = rng.random((servers, tasks)) < (0.7 if sparse else 2.0)
    room = np.floor(weight.sum(axis=1) / servers) + 4.0
    return AllocationProblem.from_matrices(value, weight, room, eligible, must_serve=np.full(tasks, must))


def search(problem, seed=0):
    run = Run(sense=problem.sense, stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True)
    u = linear_duals(problem, run).multipliers
    proof = Proof(problem, u, dual_profit(problem, u), 0)
    while proof.at_root and not proof.solved:
        proof.advance(1 << 40)
    return proof.neighbourhoods(np.random.default_rng(seed)), proof.bound


def worth(problem, servers):
    """What a sharing out earns, by plain loops; None where it is not feasible."""
    load, total = [0.0] * problem.servers, 0.0
    for j, i in enumerate(servers):
        begin, end = problem.indptr[j], problem.indptr[j + 1]
        here = [k for k in range(begin, end) if problem.server[k] == i]
        if (i >= 0 and not here) or (i < 0 and problem.must_serve[j]):
            return None
        for k in here:
            load[i] += problem.weight[k]
            total += problem.profit[k]
    return total if all(load[i] <= problem.limit[i] for i in range(problem.servers)) else None


def some_feasible(problem):
    """The first one in the order of plain loops."""
    for servers in itertools.product(range(-1, problem.servers), repeat=problem.tasks):
        total = worth(problem, servers)
        if total is not None:
            return total, servers
    return None


def best_among(problem, server, chosen):
    """The best sharing out of what the chosen servers hold, and of what nobody holds, by plain loops over all of them."""
    free = [j for j in range(problem.tasks) if server[j] in chosen or server[j] < 0]
    best = -np.inf
    for places in itertools.product((-1, *chosen), repeat=len(free)):
        trial = server.copy()
        trial[free] = places
        total = worth(problem, trial.tolist())
        best = best if total is None else max(best, total)
    return best


CASES = [{}, {"must": False}, {"whole": False}, {"must": False, "sparse": True, "whole": False}]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_closed_sets_hold_nothing_better(case):
    problem = drawn(1, tasks=6, **case)
    start = some_feasible(problem)
    assert start is not None
    around, bound = search(problem)
    first = np.array(start[1])
    around.offer(positions(problem, Assignment(first)), start[0], bound)
    profits = []
    for _ in range(12):
        if around.advance():
            profits.append(around.best_profit)
        found = assignment_of(problem, around.choice)  # after a kick it may be worse
        assert not violations(problem, found)
        assert around.profit == pytest.approx(allocation.value(problem, found), abs=1e-9)
        assert around.best_profit >= around.profit
    assert profits == sorted(profits)
    assert profits
    server = assignment_of(problem, around.choice).server
    checked = 0
    for many in range(2, problem.servers):
        for chosen in itertools.combinations(range(problem.servers), many):
            if around._key(np.array(chosen)) in around._closed:
                assert best_among(problem, server, chosen) < around.profit + around._step + 1e-9
                checked += 1
    assert checked


def test_an_offer_counts_only_where_it_is_better():
    problem = drawn(2, tasks=6)
    start = some_feasible(problem)
    around, bound = search(problem)
    assert not around.advance()  # nothing is known
    choice = positions(problem, Assignment(np.array(start[1])))
    around.offer(choice, start[0], bound)
    for _ in range(8):
        around.advance()
    better = around.best_profit
    around.offer(choice, start[0], bound)
    around.advance()
    assert around.best_profit == better > start[0]


def test_the_same_seed_searches_the_same_sets():
    problem = drawn(3, servers=6, tasks=30, must=False)
    first = allocation.solve(problem, method="greedy")
    runs = []
    for _ in range(2):
        around, bound = search(problem, seed=5)
        around.offer(positions(problem, first.solution), first.value, bound)
        for _ in range(6):
            around.advance()
        runs.append((around.best_profit, around.best.tolist(), sorted(around._closed)))
    assert runs[0] == runs[1]


def counted(monkeypatch, owner, name, log):
    method = getattr(owner, name)

    def noted(self, *arguments):
        log.append(name)
        return method(self, *arguments)

    monkeypatch.setattr(owner, name, noted)


def test_while_the_gap_is_far_from_closed_they_get_most_of_the_time(monkeypatch):
    """Type d of generalised assignment: neighbourhoods of many servers are searched several times a step, annealing rests."""
    rng = np.random.default_rng(1)
    weight = rng.integers(1, 101, (16, 80))
    cost = 111 - weight + rng.integers(-10, 11, (16, 80))
    room = np.floor(0.8 * weight.sum(axis=1) / 16)
    problem = AllocationProblem.from_matrices(cost, weight, room, must_serve=np.ones(80, dtype=bool), sense="min")
    log: list[str] = []
    for owner, name in ((Partitions, "advance"), (AnnealingSearch, "anneal")):
        counted(monkeypatch, owner, name, log)
    allocation.solve(problem, method="exact", stop=Stop(iterations=450), seed=0)
    late = log[log.index("advance") :]
    assert late.count("advance") > 10 * late.count("anneal")

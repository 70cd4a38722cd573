"""Enumeration of sets against plain loops: lists are whole, two servers are solved exactly, no better one is missed."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.observer import Observer
from edgeworth.core.result import Quality
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Exact
from edgeworth.solvers.allocation.bounds import linear_duals
from edgeworth.solvers.allocation.exact import enumeration as module
from edgeworth.solvers.allocation.exact import proof as proof_module
from edgeworth.solvers.allocation.exact.enumeration import ClosedEnumeration, Enumeration
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.kernels import joining, last_two, listing, tree
from edgeworth.solvers.allocation.model import dual_profit
from edgeworth.testing.faults.allocation import lowered_target, negative_row, twice_the_same_task


def listed(gain, weight, room, gap, most=1000):
    order = np.argsort(-gain / np.maximum(weight, 1e-300), kind="stable")
    n = len(gain)
    items = listing.Listing(
        gain=gain[order],
        weight=weight[order],
        worth=np.zeros(n + 1),
        left=np.full(n + 1, room),
        side=np.zeros(n + 1, dtype=np.int8),
        now=np.zeros(1, dtype=np.uint64),
        chosen=np.zeros((most, 1), dtype=np.uint64),
        loss=np.zeros(most),
        ints=np.zeros(listing.N_INTS, dtype=np.int64),
        reals=np.full(listing.N_REALS, -math.inf),
    )
    outcome = listing.MORE
    while outcome == listing.MORE:
        outcome = listing.list_sets(items, gap, 7)  # it is left and entered again at any step
    count = items.ints[listing.COUNT]
    sets = [frozenset(order[t].item() for t in range(n) if int(word) >> t & 1) for word in items.chosen[:count, 0]]
    return outcome, items.reals[listing.BEST], sets, items.loss[:count]


@pytest.mark.parametrize("seed", range(8))
def test_lists_hold_every_set_within_the_gap(seed):
    rng = np.random.default_rng(seed)
    gain, weight = rng.uniform(-0.5, 1.0, 9), rng.uniform(0.0, 1.0, 9)
    weight[rng.random(9) < 0.2] = 0.0
    room, gap = 2.0, 0.6
    fits = {
        frozenset(each): float(gain[list(each)].sum())
        for many in range(10)
        for each in itertools.combinations(range(9), many)
        if weight[list(each)].sum() <= room
    }
    best = max(fits.values())
    outcome, found, sets, loss = listed(gain, weight, room, gap)
    assert outcome == listing.DONE
    assert found == pytest.approx(best)
    assert len(set(sets)) == len(sets)
    assert set(sets) == {each for each, worth in fits.items() if worth >= best - gap}
    assert loss == pytest.approx([best - fits[each] for each in sets])
    assert listed(gain, weight, room, gap, most=len(sets) - 1)[0] == listing.FULL


def drawn(seed, servers=3, tasks=7, must=0.0, sense="max", whole=False):
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.1, 0.2, (servers, tasks))
    weight[rng.random((servers, tasks)) < 0.1] = 0.0
    value = weight * rng.uniform(1.0, 2.0, (servers, tasks)) + rng.uniform(-0.02, 0.05, (servers, tasks))
    if whole:
        weight, value = np.rint(100.0 * weight), np.rint(1000.0 * value)
    room = weight.sum(axis=1) / servers * rng.uniform(0.8, 1.1)
    eligible = rng.random((servers, tasks)) < 0.9
    eligible[0] = True
    return AllocationProblem.from_matrices(value, weight, room, eligible, must_serve=rng.random(tasks) < must, sense=sense)


def begun(problem, value):
    """The enumeration beside a proof that knows a value, from prices that fix little."""
    run = Run(sense=problem.sense, stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True)
    u = linear_duals(problem, run).multipliers
    proof = Proof(problem, u, dual_profit(problem, u), 1 << 20)
    proof.set_incumbent(value)
    return Enumeration(problem, proof), proof


def optimum(problem):
    """The largest profit of all assignments, one by one; None where none is feasible."""
    n, m = problem.servers, problem.tasks
    profit, weight = np.full((n + 1, m), -math.inf), np.zeros((n + 1, m))
    profit[n, ~problem.must_serve] = 0.0
    profit[problem.server, problem.task], weight[problem.server, problem.task] = problem.profit, problem.weight
    places = np.indices((n + 1,) * m).reshape(m, -1)
    total = profit[places, np.arange(m)[:, None]].sum(axis=0)
    for i in range(n):
        total[np.where(places == i, weight[i][:, None], 0.0).sum(axis=0) > problem.limit[i]] = -math.inf
    return total.max() if np.isfinite(total.max()) else None


CASES = [
    {},
    {"servers": 2, "tasks": 9},
    {"must": 0.4},
    {"must": 1.0, "sense": "min"},
    {"whole": True},
    {"servers": 5, "tasks": 5},
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_better_is_found_and_nothing_else_is_there(case, monkeypatch):
    """From values below the optimum, and from the optimum. Roots that fix next to nothing leave all to the lists."""
    monkeypatch.setattr(module.Root, "_fix", _fixes_nothing)
    joined = 0
    for seed in range(6):
        problem = drawn(seed, **case)
        best = optimum(problem)
        if best is None:
            continue
        for short in (0.0, 0.02, 0.2):
            search, proof = begun(problem, best - short * abs(best))
            while search.works:
                search.advance()
            assert proof.solved
            assert proof.value == pytest.approx(best, rel=1e-9)
            assert proof.bound == pytest.approx(best, rel=2e-9)
            joined += search._phase is module._Phase.JOIN
    assert joined > 6


@pytest.mark.parametrize(("values", "weights"), [(1e12, 1.0), (1e-12, 1e-12), (1e15, 1e9), (1e100, 1e-200)])
def test_no_magnitude_overflows(values, weights, monkeypatch):
    """Gains per weight, of weightless tasks too, and the prices of the last two servers."""
    monkeypatch.setattr(module.Root, "_fix", _fixes_nothing)
    plain = drawn(3)
    problem = replace(plain, value=plain.value * values, weight=plain.weight * weights, capacity=plain.capacity * weights)
    assert np.any(problem.weight == 0.0)
    best = optimum(problem)
    search, proof = begun(problem, 0.9 * best)
    while search.works:
        search.advance()
    assert proof.solved
    assert proof.value == pytest.approx(best, rel=1e-9)


def _fixes_nothing(root):
    root.rows.append(np.rint(root.lam / root._proof.unit).astype(np.int32))
    return 0
    yield


@pytest.mark.parametrize("seed", range(5))
def test_the_last_two_servers_are_shared_out_in_the_best_way(seed):
    """Whatever prices: a choice that earns what is needed is found, the best one; where there is none, none is."""
    rng = np.random.default_rng(seed)
    m = 6
    profit, weight = rng.uniform(-0.2, 1.0, (2, m)), rng.uniform(0.0, 1.0, (2, m))
    profit[rng.random((2, m)) < 0.2] = -math.inf
    weight[np.isinf(profit)] = 0.0
    must = (rng.random(m) < 0.3) & np.isfinite(profit).any(axis=0)
    two = last_two.Two(profit, weight, np.full(m, -1), must, np.array([1.2, 0.9]), 5.0)
    best = -math.inf
    for places in itertools.product(range(3), repeat=m):
        load, total = [0.0, 0.0, 0.0], 0.0
        for j, at in enumerate(places):
            if at < 2:
                load[at] += weight[at, j]
                total += profit[at, j]
            elif must[j]:
                total = -math.inf
        if load[0] <= 1.2 and load[1] <= 0.9:
            best = max(best, total)
    none = np.zeros((0, 1), dtype=np.uint64)
    sets = joining.Sets(np.zeros(1, dtype=np.int64), none, np.zeros(0), np.zeros(0), none, np.zeros(64), none[:1])
    for needed in (best - 0.5, best - 1e-9, best + 1e-9):
        walk = joining.Walk(
            at=np.zeros(1, dtype=np.int64),
            lost=np.zeros(1),
            worth=np.zeros(1),
            covered=np.zeros((1, 1), dtype=np.uint64),
            alive=np.zeros(m, dtype=np.bool_),
            choice=np.zeros(m, dtype=np.int64),
            prices=np.zeros((4, 2)),
            ints=np.zeros(last_two.N_INTS, dtype=np.int64),
            regret=np.zeros((2, 1000)),
            profit=np.zeros((2, 1000)),
            first=np.zeros((2, 1000)),
            second=np.zeros((2, 1000)),
            before=np.zeros((2, 1000), dtype=np.int64),
            option=np.zeros((2, 1000), dtype=np.int64),
            best=np.zeros((m, 3)),
            level=np.full(16, -1, dtype=np.int64),
            most=np.zeros(16),
            key=np.zeros((16, 1), dtype=np.uint64),
            total=np.zeros(1),
            gain=np.zeros((1, 0)),
            rest=np.zeros((1, 1)),
            sums=np.zeros((1, 1)),
        )
        outcome = joining.join(sets, two, walk, math.inf, 0.0, needed, 1 << 40)
        assert outcome == (last_two.FOUND if best >= needed else last_two.DONE)
        if best >= needed:
            assert sum(profit[at, j] for j, at in enumerate(walk.choice.tolist()) if at < 2) == pytest.approx(best)


def test_lists_that_are_too_long_wait_for_a_narrower_gap(monkeypatch):
    """The root stays short of the optimum here, and with the lists of three servers unfinished there is nothing to join."""
    problem = drawn(10, servers=4, tasks=7)
    best = optimum(problem)
    monkeypatch.setattr(module, "_SETS", 1)
    search, proof = begun(problem, 0.9 * best)
    while search.works:
        search.advance()
    assert not search.over
    assert not proof.solved
    monkeypatch.undo()
    assert not search.works
    proof.set_incumbent(best * (1.0 - 1e-6))
    assert search.works
    while search.works:
        search.advance()
    assert proof.solved
    assert proof.value == pytest.approx(best)


def test_a_tree_that_was_left_amid_losses_finds_them_again(monkeypatch):
    """The root fixes pairs by losses of its own between two steps of the tree, which else would rule the optimum out."""
    monkeypatch.setattr(proof_module, "EFFORT", 3000)
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.1, 1.0, (5, 25))
    value = weight * rng.uniform(1.0, 2.0, 25) * rng.uniform(0.8, 1.2, (5, 25))
    problem = AllocationProblem.from_matrices(value, weight, 0.12 * weight.sum(axis=1))
    best = allocation.solve(problem, method="exact", seed=0, params=Exact(enumerate=False)).value
    search, proof = begun(problem, 0.995 * best)
    proof.dives, amid = False, 0
    while proof.advance(1 << 40):
        amid += proof._stack is not None and proof._stack.ints[tree.PHASE] == tree.LOSSES
        if search._phase is not module._Phase.ROOT:
            search._begin()
        search._root._step = 0.0  # it fixes at every turn
        search.advance()
    assert amid
    assert proof.value == pytest.approx(best, rel=1e-9)
    assert proof.bound >= best


def test_what_would_take_too_long_to_check_is_a_claim(monkeypatch):
    problem = drawn(10, servers=4, tasks=7)
    best = optimum(problem)
    for limit, claimed in ((1 << 40, False), (0, True)):
        monkeypatch.setattr(module, "_REPEATED", limit)
        search, proof = begun(problem, best)
        while search.works:
            search.advance()
        assert proof.solved
        assert search._phase is module._Phase.JOIN
        assert proof.unlogged is claimed
        assert isinstance(proof.tree, ClosedEnumeration) is not claimed


def test_it_closes_what_the_tree_leaves_open():
    """Nearly all servers have a handful of sets; for the others there are too many for the tree."""
    problem = allocation.generate(servers=6, tasks=200, seed=2)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.quality is Quality.OPTIMAL
    assert result.certificate.kind == "set-enumeration"
    assert allocation.verify(problem, result)
    for fault in (lowered_target, negative_row, twice_the_same_task):
        assert not allocation.verify(problem, fault(problem, result)), fault.__name__
    again = allocation.solve(problem, method="exact", seed=0)
    assert np.array_equal(again.solution.server, result.solution.server)
    as_long, alone = Stop(iterations=result.stats.iterations), Exact(enumerate=False)
    assert allocation.solve(problem, method="exact", seed=0, stop=as_long, params=alone).quality is not Quality.OPTIMAL

"""HiGHS on the core: what is left out may be left out, what comes back is judged, turns are kept."""

import itertools
import math
import threading

import numpy as np
import pytest

from edgeworth import BoundEvidence, Stop
from edgeworth.core.highs import Answer
from edgeworth.core.observer import Observer
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.solvers.allocation.bounds import linear_duals
from edgeworth.solvers.allocation.exact import core_milp as module
from edgeworth.solvers.allocation.exact.core_arm import CoreArm, Cores
from edgeworth.solvers.allocation.exact.core_milp import CoreExchange, core_pairs, price_losses, solve_core
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.model import Assignment, dual_profit, violations

NEVER = 1 << 40


def a_run(problem, **stop):
    return Run(sense=problem.sense, stop=Stop(**stop), rng=np.random.default_rng(0), observer=Observer(), inner=True)


def small(seed, must=True, whole=True):
    rng = np.random.default_rng(seed)
    weight = rng.integers(2, 12, (3, 6)) + (0.0 if whole else rng.random((3, 6)))
    value = 20.0 - weight + rng.integers(-3, 4, (3, 6))
    capacity = np.floor(0.9 * weight.sum(axis=1) / 3) + 2.0
    return AllocationProblem.from_matrices(value, weight, capacity, must_serve=np.full(6, must))


def tight():
    """Of type d: what is cheap is heavy."""
    rng = np.random.default_rng(4)
    weight = rng.integers(5, 26, (4, 20))
    cost = 111 - weight + rng.integers(-10, 11, (4, 20))
    room = 0.8 * weight.sum(axis=1) // 4
    return AllocationProblem.from_matrices(cost, weight, room, must_serve=np.ones(20, dtype=bool), sense="min")


def by_hand(problem):
    """Every feasible assignment with its profit, by plain loops over all of them."""
    found = []
    for servers in itertools.product(range(-1, problem.servers), repeat=problem.tasks):
        try:
            assignment = Assignment(np.array(servers))
            if not violations(problem, assignment):
                found.append((servers, float(allocation.value(problem, assignment))))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize(("seed", "must", "whole"), [(1, True, True), (2, False, True), (3, False, False)])
def test_a_loss_never_exceeds_what_assignments_with_the_pair_show(seed, must, whole):
    problem = small(seed, must, whole)
    u = linear_duals(problem, a_run(problem)).multipliers
    proof = Proof(problem, u, dual_profit(problem, u), 0)
    while proof.at_root and not proof.solved:
        proof.advance(NEVER)
    feasible = by_hand(problem)
    assert feasible
    better = max(profit for _, profit in feasible)
    proof.set_incumbent(better - 1.0)  # what is excluded is no part of anything better than that
    found = None
    while found is None:
        found = proof.losses()
    for loss, bound in (price_losses(problem, u), found):
        for k in range(problem.pairs):
            with_pair = [profit for servers, profit in feasible if servers[problem.task[k]] == problem.server[k]]
            if with_pair and (loss[k] < math.inf or max(with_pair) > proof.value + 1e-6):  # it may have found better ones
                assert max(with_pair) <= bound - loss[k] + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_core_holds_the_optimum_and_a_part_claims_nothing(seed):
    problem = small(seed, must=seed % 2 == 0)
    feasible = by_hand(problem)
    best = max((profit for _, profit in feasible), default=None)
    worst = min(feasible, key=lambda each: each[1], default=None)
    loss, bound = price_losses(problem, linear_duals(problem, a_run(problem)).multipliers)
    start = None if worst is None else Assignment(np.array(worst[0]))
    answer = solve_core(problem, loss, bound, a_run(problem), start=start)
    assert answer.whole
    assert answer.termination is Termination.PROVED
    if best is None:
        assert answer.solution is None
        assert answer.bound == -math.inf
        return
    assert answer.profit == answer.bound == best
    part = solve_core(problem, loss, bound, a_run(problem), start=start, most=1)
    assert not part.whole
    assert part.bound is None
    assert part.profit >= worst[1]


def answered(x, bound, infeasible=False):
    return Answer(x, None, bound, Termination.PROVED, infeasible, 1, 1, "forged")


def test_forged_answers_are_refused(monkeypatch):
    problem = AllocationProblem.from_matrices([[5.0, 4.0], [3.0, 3.0]], [[2.0, 2.0], [2.0, 2.0]], [2.0, 2.0])
    loss, bound = np.zeros(4), 9.0
    start = Assignment(np.array([1, -1]))  # profit 3; the best is 8

    def forged(answer):
        monkeypatch.setattr(module, "minimise", lambda *_, **__: answer)
        return solve_core(problem, loss, bound, a_run(problem), start=start)

    overload = forged(answered(np.array([1.0, 0.0, 1.0, 0.0]), -9.0))  # both tasks at server 0
    assert overload.solution is None
    assert overload.bound is None
    assert overload.profit == 3.0
    assert overload.termination is Termination.ERROR
    assert "capacity" in overload.notes[0]
    twice = forged(answered(np.array([1.0, 1.0, 0.0, 0.0]), -8.0))  # task 0 at both servers
    assert twice.solution is None
    assert twice.bound is None
    assert "two servers" in twice.notes[0]
    low = forged(answered(np.array([1.0, 0.0, 0.0, 1.0]), -7.0))  # a solution of 8, said to be worth at most 7
    assert low.profit == 8.0
    assert low.bound is None
    assert "refused" in low.notes[0]
    none = forged(answered(None, -math.inf, infeasible=True))  # said to be infeasible up to the start: its claim is the start
    assert none.bound == 3.0
    high = forged(answered(np.array([1.0, 0.0, 0.0, 1.0]), -100.0))
    assert high.bound == bound
    assert high.profit == 8.0


def test_a_claim_below_what_is_known_is_refused():
    problem = small(1)
    exchange = CoreExchange(problem)
    exchange.offer(Assignment(np.zeros(6, dtype=int)), 50.0)
    assert exchange.claimed(50.2) == 50.0  # on the grid of the profits
    assert exchange.claimed(49.0) is None
    assert exchange.refused


def test_points_go_both_ways():
    problem = AllocationProblem.from_matrices([[5.0, 4.0], [3.0, 3.0]], [[2.0, 2.0], [2.0, 2.0]], [2.0, 2.0])
    exchange = CoreExchange(problem)
    first, second = Assignment(np.array([1, -1])), Assignment(np.array([0, 1]))
    exchange.enter(np.array([0, 1, 3]), True, first, 3.0)
    assert exchange.offered() is None  # HiGHS begins with it
    exchange.offer(second, 8.0)
    assert exchange.offered().tolist() == [1.0, 0.0, 1.0]
    assert exchange.offered() is None
    exchange.enter(np.array([0, 1]), False, first, 3.0)
    exchange.offer(second, 9.0)
    assert exchange.offered() is None  # the core does not hold it
    exchange.found(np.array([0.0, 1.0]))
    assert exchange.best is second  # a worse one


def test_core_pairs_keeps_the_start_and_the_least_losses():
    problem = small(2)
    start = Assignment(np.array(by_hand(problem)[0][0]))
    taken = np.flatnonzero(start.server[problem.task] == problem.server)
    loss = np.arange(problem.pairs, dtype=float)
    profit = problem.profit[taken].sum()
    core, whole = core_pairs(problem, loss, profit + 4.0, start, None)
    assert whole
    assert set(core) == set(range(5)) | set(taken)
    core, whole = core_pairs(problem, loss, profit + 4.0, start, 2)
    assert not whole
    assert set(core) == {0, 1} | set(taken)


def test_turns_end_and_the_arm_can_be_stopped():
    problem = tight()
    loss, bound = price_losses(problem, linear_duals(problem, a_run(problem)).multipliers)
    arm = CoreArm(problem, a_run(problem))
    arm.begin(loss, bound)
    assert arm.busy
    turns = 0
    while arm.busy:
        arm.turn(1)
        turns += 1
    assert turns > 1
    assert arm.answer.termination is Termination.PROVED
    arm.begin(loss, bound)
    arm.turn(NEVER, look=lambda: True)  # who waits may leave
    arm.end()
    assert not arm.busy
    assert arm.exchange.flag.stopped


def test_cores_grow_to_the_whole():
    problem = small(1)
    u = linear_duals(problem, a_run(problem)).multipliers
    cores = Cores(problem, a_run(problem), lambda: price_losses(problem, u))
    cores._most = 2
    sizes = []
    while not cores.over:
        cores.step(None, -math.inf)
        cores.turn(NEVER)
        if cores.arm.answer is not None:
            sizes.append(cores.arm.answer.pairs)
    assert sizes[:3] == [2, 4, 8]  # then what is possible after the first solution
    assert cores.claim == max(profit for _, profit in by_hand(problem)) == cores.arm.exchange.profit


@pytest.mark.parametrize("stop", [Stop(), Stop(iterations=60)])
def test_same_seed_same_answer_with_one_thread(stop):
    problem = tight()
    first, second = (allocation.solve(problem, method="exact", stop=stop, seed=3) for _ in range(2))
    assert first.value == second.value
    assert first.bound == second.bound
    assert first.stats.nodes == second.stats.nodes
    assert np.array_equal(first.solution.server, second.solution.server)
    assert allocation.verify(problem, first)


def test_what_was_told_of_a_part_is_forgotten_before_the_whole_begins():
    problem = tight()
    u = linear_duals(problem, a_run(problem)).multipliers
    arm = CoreArm(problem, a_run(problem))
    arm.exchange.flag.bound = 0.0  # of a part: a claim about the whole if it were taken for one
    arm.begin(*price_losses(problem, u))
    told = arm.exchange.flag.bound
    arm.end()
    assert told is None


def test_a_gate_that_missed_the_last_opening_lets_the_thread_go():
    gate = CoreArm(tight(), a_run(tight())).exchange
    waiting = threading.Thread(target=gate.pause, daemon=True)
    waiting.start()
    assert gate.idle.wait(5.0)
    gate.flag.stopped = True  # as when `open` came just before the thread closed the gate
    waiting.join(5.0)
    assert not waiting.is_alive()


def test_what_highs_claims_at_once_is_proved_by_the_tree_too():
    value = [[59, 426, 1001, 878, 805, 1056], [1140, 960, 544, 1148, 636, 470], [816, 509, 899, 460, 579, 550]]
    weight = [[949, 617, 102, 251, 272, 135], [59, 46, 624, 12, 446, 589], [351, 516, 225, 588, 579, 564]]
    room = [725.36295485, 677.31892874, 862.67808535]
    problem = AllocationProblem.from_matrices(value, weight, room, must_serve=[True] * 6, sense="min")
    for threads in (1, 2):
        result = allocation.solve(problem, method="exact", seed=256, stop=Stop(seconds=60.0), threads=threads)
        assert result.value == 4662.0
        assert result.bound_evidence is BoundEvidence.RECOMPUTED

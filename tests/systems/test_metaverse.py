"""The Metaverse platform: rounds of two blocks, results, and payments that depend on the clock."""

from __future__ import annotations

import copy
import hashlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.core.claims import ClaimBudget
from edgeworth.mechanisms.consensus import Block, Committed, Payments, UserKey
from edgeworth.mechanisms.consensus.messages import digest_of
from edgeworth.solvers import allocation
from edgeworth.systems import metaverse
from edgeworth.systems.metaverse import MetaverseRun, Platform, evidence

SMALL: dict[str, Any] = {"servers": 4, "tasks": 12, "rounds": 3, "seed": 0}
RUN = metaverse.run(**SMALL, method="regret-greedy")


def test_every_round_is_allocated_agreed_on_and_paid_for() -> None:
    assert RUN.verify()
    assert [each.number for each in RUN.rounds] == [1, 2, 3]
    assert RUN.chain.committed == 6
    for each in RUN.rounds:
        assert each.method == "regret-greedy"
        expected = allocation.solve(each.problem, method="regret-greedy").require()
        assert each.assignment.server.tolist() == expected.server.tolist()
        assert each.measures["welfare"] == allocation.value(each.problem, expected)
        assert sum(each.payments.users) + sum(each.payments.servers) == 10**9 * 12
    assert len(RUN.to_frame()) == 3


def test_a_task_takes_what_its_parts_take() -> None:
    each = RUN.rounds[0]
    system = each.problem.system
    assert system is not None
    for j in each.served.tolist():
        i, s = int(each.assignment.server[j]), int(system.source[j])
        cycles = float(system.data_size[j] * system.cycles_per_unit[i])
        rate = float(system.bandwidth[s] * math.log1p(system.transmit_power[s] * system.gain[s] / system.noise**2))
        expected = cycles / float(system.frequency[i]) + (0.0 if i == s else float(system.data_size[j]) / rate)
        own = each.allocation_seconds + each.block_seconds + each.record_seconds
        assert float(each.seconds[j]) == pytest.approx(expected + own, rel=1e-12)
    assert np.isnan(each.seconds[each.assignment.server < 0]).all()


def test_a_slow_chain_makes_tasks_late_and_users_are_refunded() -> None:
    slow = metaverse.run(**SMALL, method="regret-greedy", network="slow", timeout=5.0)
    assert slow.verify()
    for quick, each in zip(RUN.rounds, slow.rounds, strict=True):
        assert each.problem.hash == quick.problem.hash
        assert each.measures["consensus"] > quick.measures["consensus"]
        assert each.measures["late"] >= quick.measures["late"]
        assert each.measures["welfare_in_time"] <= quick.measures["welfare_in_time"] + 1e-9
    assert sum(each.measures["late"] for each in slow.rounds) > 0.0
    late = [how for each in slow.rounds for how in each.payments.closed.values()].count("late")
    assert late == sum(each.measures["late"] for each in slow.rounds)


@pytest.mark.parametrize("faults", ["wrong-allocation", "lazy-leader", "equivocating-leader", "mixed"])
def test_faulty_servers_cost_time_but_no_round(faults: str) -> None:
    found = metaverse.run(**SMALL, method="greedy", faults=faults)
    assert found.verify()
    assert len(found.rounds) == 3
    if faults in ("wrong-allocation", "lazy-leader"):
        assert found.chain.refusals
        assert found.measures["consensus"] > RUN.measures["consensus"]


def test_a_leader_whose_method_finds_less_than_greedy_proposes_greedy_s() -> None:
    found = metaverse.run(servers=20, tasks=50, rounds=2, method="random", seed=1)
    assert found.verify()
    assert {each.method for each in found.rounds} == {"greedy"}
    assert found.measures["greedy_instead"] == 1.0


def test_results_are_sealed_for_their_users() -> None:
    pytest.importorskip("cryptography")
    sealed = metaverse.run(servers=4, tasks=5, rounds=1, method="greedy", seed=0, seal=True)
    assert sealed.verify()
    plain = metaverse.run(servers=4, tasks=5, rounds=1, method="greedy", seed=0)
    digests = [Block.decode(each.chain.chains[0][1].block).content["results"] for each in (sealed, plain)]
    assert len(digests[0]) == len(digests[1]) == len(plain.rounds[0].served)
    assert not set(digests[0]) & set(digests[1])


def test_every_user_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cryptography")
    made, generate = [], UserKey.generate
    monkeypatch.setattr(UserKey, "generate", lambda: made.append(generate()) or made[-1])
    sealed = metaverse.run(servers=4, tasks=3, rounds=1, method="greedy", seed=0, seal=True)
    assert len({key.public for key in made}) == len(sealed.rounds[0].served) > 1


def test_the_record_block_is_held_to_the_tasks_served() -> None:
    machine = Platform(servers=4, tasks=6, method="greedy", seed=1)
    first = machine.propose(1, b"", 0, 0)
    assert machine.refusal(1, b"", first) == ""
    record = machine.propose(2, digest_of(first), 0, 0)
    assert machine.refusal(2, digest_of(first), record) == ""
    block = Block.decode(record)
    results = list(block.content["results"])
    for wrong in (results[:-1], [*results, results[0]], [*results[:-1], "x" * 64], [*results[:-1], 1], None):
        changed = replace(block, content={**block.content, "results": wrong}).encode()
        assert "results must be" in machine.refusal(2, digest_of(first), changed)
    more = replace(block, content={**block.content, "more": "x" * 1_000}).encode()
    assert "fields" in machine.refusal(2, digest_of(first), more)
    for how in ("wrong", "lazy"):
        assert machine.refusal(1, b"", machine.spoil(first, how))
        assert machine.refusal(2, digest_of(first), machine.spoil(record, how))


def test_what_more_than_f_faulty_servers_commit_against_the_rules_is_not_carried_out() -> None:
    """Three of four commit an allocation to a server at which a task is not eligible, and no results."""
    found = metaverse.run(servers=4, tasks=30, rounds=2, method="greedy", faults="wrong-allocation", faulty=3, seed=0)
    assert [name for name, verdict in found.verify().items() if not verdict] == ["validity", "rounds"]
    for each in found.rounds:
        assert (each.method, each.record_seconds, len(each.served)) == ("", math.inf, 0)
        assert each.payments.users == [10**9] * 30
        assert each.measures["overhead"] == 1.0


def altered(**changes: Any) -> MetaverseRun:
    return replace(RUN, rounds=(replace(RUN.rounds[0], **changes), *RUN.rounds[1:]))


def test_a_changed_run_is_noticed() -> None:
    everybody = allocation.Assignment(np.zeros(12, dtype=np.int64))
    assert not altered(assignment=everybody).verify()["allocation"]
    assert not altered(block_seconds=1e6).verify()["deadline"]
    rich = metaverse.run(**SMALL, method="regret-greedy").rounds[0].payments
    rich.servers[0] += 1
    assert not altered(payments=rich).verify()["money"]
    committed: list[Committed] = list(RUN.chain.chains[0])
    committed[0] = committed[0]._replace(tags={})
    chain = replace(RUN.chain, chains=(tuple(committed), *RUN.chain.chains[1:]))
    assert not replace(RUN, chain=chain).verify()["certificates"]


def exchanged() -> Payments:
    book = copy.deepcopy(RUN.rounds[0].payments)
    book.servers[0], book.servers[3] = book.servers[3], book.servers[0]
    return book


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2},
        {"problem": RUN.rounds[1].problem},
        {"assignment": allocation.Assignment(np.full(12, -1, dtype=np.int64))},
        {"method": "exact"},
        {"allocation_seconds": 0.0},
        {"block_seconds": 0.0},
        {"record_seconds": 0.0},
        {"send_seconds": np.zeros(12)},
        {"compute_seconds": np.zeros(12)},
        {"payments": exchanged()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_field_of_a_round_is_held_against_the_chain(changes: dict[str, Any]) -> None:
    verdict = altered(**changes).verify()["rounds"]
    assert not verdict
    assert verdict.witness == [(1, next(iter(changes)))]


def test_rounds_that_are_left_out_are_noticed() -> None:
    assert replace(RUN, rounds=RUN.rounds[:2]).verify()["rounds"].witness == [(0, "rounds")]
    assert replace(RUN, rounds=()).verify()["rounds"].witness == [(0, "rounds")]
    assert replace(RUN, method="exact").verify()["rounds"].witness == [(0, "method")]


def test_the_record_is_of_the_tasks_that_are_served() -> None:
    found = metaverse.run(servers=4, tasks=40, rounds=1, method="greedy", seed=3)
    served = found.rounds[0].served
    assert 0 < len(served) < 40
    assert served.tolist() != list(range(len(served)))
    texts = [f"result of task {task} of round 1".encode() for task in served]
    record = Block.decode(found.chain.chains[0][1].block).content["results"]
    assert record == [hashlib.sha256(text).hexdigest() for text in texts]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rounds": 0}, "rounds: "),
        ({"servers": 0}, "servers: "),
        ({"tasks": 0}, "tasks: "),
        ({"method": "loom"}, "method: "),
        ({"preset": "large"}, "preset: must make problems from a system"),
        ({"preset": "loom"}, "preset: "),
        ({"gap": -0.1}, "gap: "),
        ({"seal": 1}, "seal: "),
        ({"faults": "loom"}, "faults: "),
        ({"seed": "x"}, "seed: "),
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        metaverse.run(**{**SMALL, "method": "greedy", **given})


def test_what_a_task_takes_is_told_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Means over the tasks that both serve, paired over instances; served tasks are counted whole."""
    seconds = {"q-learning": [1.0, 2.0, math.nan], "exact": [1.0, 2.0, 3.0], "own server": [2.0, math.nan, 9.0]}
    seconds["greedy"] = seconds["own server"]

    def allocated(preset: str, number: int, method: str, seed: int) -> tuple[Any, Any]:
        found = np.array(seconds[method]) * (1.0 + 0.01 * number * (method == "exact"))
        return found, 3.0 * found

    monkeypatch.setattr(evidence, "_allocated", allocated)
    budget = ClaimBudget("two", seeds=1, instances=8)
    faster, served, joules = evidence.latency(budget), evidence.timely(budget), evidence.energy(budget)
    assert [str(each.verdict) for each in (faster, served, joules)] == ["holds", "holds in part", "holds"]
    by = {(row["preset"], row["platform"], row["other"]): row for row in faster.numbers}
    assert len(by) == 8
    one, other = by["metaverse", "q-learning", "greedy"], by["metaverse", "exact", "greedy"]
    assert (one["own"], one["theirs"], one["difference"]) == (1.0, 2.0, -1.0)
    assert (float(other["own"]), other["theirs"]) == (pytest.approx(2.0 * 1.005), 5.5)
    assert [row["difference"] for row in served.numbers[:3:2]] == [0.0, 1.0]
    seconds["q-learning"] = seconds["exact"] = [9.0, 9.0, 9.0]
    assert str(evidence.latency(budget).verdict) == "does not hold"


def test_at_home_nothing_is_sent() -> None:
    seconds, joules = evidence._allocated("metaverse-code", 0, "own server", 0)
    system = allocation.generate(preset="metaverse-code", seed=0).system
    assert system is not None
    for j in np.flatnonzero(~np.isnan(seconds)).tolist():
        i = int(system.source[j])
        cycles = float(system.data_size[j] * system.cycles_per_unit[i])
        assert float(seconds[j]) == pytest.approx(cycles / float(system.frequency[i]))
        assert float(joules[j]) == pytest.approx(float(system.energy_coefficient[i]) * cycles * float(system.frequency[i]) ** 2)

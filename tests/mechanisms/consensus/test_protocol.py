"""Safety and liveness over faults and networks, and what goes wrong beyond f faulty replicas or with a planted mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.replica import Replica
from tests.mechanisms.consensus import planted
from tests.oracles.consensus import agreement_of


def drawn(seed: int) -> dict[str, Any]:
    """A run with at most f faulty replicas."""
    rng = np.random.default_rng((seed, 21))
    replicas = int(rng.choice([1, 4, 4, 5, 6, 7, 10]))
    faulty = int(rng.integers(0, (replicas - 1) // 3 + 1))
    network = list(consensus.NETWORKS)[int(rng.integers(len(consensus.NETWORKS)))]
    every = int(rng.choice([2, 5, 10]))
    return {
        "replicas": replicas, "blocks": 12, "faults": ("mixed",) * faulty, "network": network, "checkpoint": every,
        "window": every * int(rng.integers(1, 3)), "seed": seed,
    }  # fmt: skip


def sound(seeds: Iterator[int]) -> int:
    """How many runs were looked at; every one must be sound."""
    count = 0
    for seed in seeds:
        count += 1
        run = consensus.simulate(**drawn(seed))
        report = consensus.verify(run)
        assert report, (seed, str(run), report)
        assert agreement_of([run.chains[i] for i in run.correct]) is None
        assert run.committed == 12 == len(run.answers)
    return count


def test_correct_replicas_agree_and_go_on() -> None:
    assert sound(iter(range(60))) == 60


@pytest.mark.slow
def test_correct_replicas_agree_and_go_on_in_ten_thousand_runs() -> None:
    assert sound(iter(range(1_000, 11_000))) == 10_000


@pytest.mark.parametrize("faults", consensus.FAULTS)
@pytest.mark.parametrize("network", ["calm", "chaotic"])
def test_every_fault(faults: str, network: str) -> None:
    run = consensus.simulate(replicas=7, blocks=6, faults=faults, network=network, seed=3)
    assert len(run.faulty) == 2 == run.tolerated
    assert consensus.verify(run)


def test_beyond_f_a_counterexample_is_found_and_played_again() -> None:
    run = consensus.simulate(replicas=4, blocks=3, faults="equivocating-leader", faulty=2, seed=0, until=5.0)
    report = consensus.verify(run, again=True)
    assert not report["agreement"]
    assert report["certificates"], "both blocks were signed for by a quorum"
    witness = report["agreement"].witness
    assert witness.blocks[0].digest != witness.blocks[1].digest
    assert agreement_of([run.chains[i] for i in run.correct]) == witness.sequence
    assert report["replay"]
    assert str(witness) in str(report["agreement"].witness)


PLANTED: list[tuple[type[Replica], str, dict[str, Any]]] = [
    (planted.SkipsPrepareQuorum, "certificates", {"faults": "mixed", "seed": 0}),
    (planted.SkipsCommitQuorum, "agreement", {"faults": "mixed", "seed": 0}),
    (planted.ForgetsCertificates, "agreement", {"faults": "equivocating-leader", "network": "slow", "seed": 0}),
    (planted.NarrowWindow, "liveness", {"seed": 0, "until": 30.0}),
    (planted.BelievesInvalid, "validity", {"faults": "wrong-allocation", "seed": 0}),
    (planted.BelievesInvalid, "validity", {"faults": "wrong-allocation", "machine": consensus.Trading(), "blocks": 3}),
    (planted.BelievesCertificates, "validity", {"faults": "forged", "network": "chaotic", "seed": 0}),
    (planted.BelievesAnybody, "certificates", {"faults": "forged", "seed": 0}),
]


@pytest.mark.parametrize(("mistake", "verdict", "setting"), PLANTED, ids=lambda item: getattr(item, "__name__", ""))
def test_a_planted_mistake_is_caught(mistake: type[Replica], verdict: str, setting: dict[str, Any]) -> None:
    for seed in range(40):
        given = {"replicas": 4, "blocks": 25, "until": 60.0, "most_messages": 50_000} | setting | {"seed": seed}
        run = consensus.simulate(correct=mistake, **given)
        if not consensus.verify(run)[verdict]:
            assert consensus.verify(consensus.simulate(**given)), "the same run without the mistake"
            return
    pytest.fail(f"{mistake.__name__} was not noticed")


def test_the_same_seed_gives_the_same_run() -> None:
    one, two = (consensus.simulate(faults="mixed", network="chaotic", blocks=4, seed=5) for _ in range(2))
    assert one.same(two)
    assert consensus.replay(one).same(one)
    assert not one.same(consensus.simulate(faults="mixed", network="chaotic", blocks=4, seed=6))
    drawn_once = consensus.simulate(blocks=2, seed=np.random.default_rng(0))
    with pytest.raises(ValueError, match="run: must come from an integer seed"):
        consensus.replay(drawn_once)


def test_a_replica_that_was_cut_off_catches_up() -> None:
    away = consensus.Network(partitions=((0.0, 1.0, (3,)),), heals=1.0)
    run = consensus.simulate(replicas=4, blocks=100, network=away, seed=0)
    assert consensus.verify(run)
    assert run.sent["blocks"] > 0
    assert run.chains[3][0].time >= 1.0 > run.chains[1][0].time


def test_checkpoint_messages_that_were_lost_are_sent_again() -> None:
    """A window as wide as a checkpoint is apart does not move without them; nobody is faulty here."""
    run = consensus.simulate(replicas=4, blocks=8, network="chaotic", checkpoint=2, window=2, seed=94)
    assert consensus.verify(run)
    assert run.sent["checkpoint"] > 4 * 3 * 4, "more than four checkpoints of four replicas to three others"


def test_messages_of_a_block_are_quadratic_in_the_replicas() -> None:
    for n in (4, 7, 13):
        run = consensus.simulate(replicas=n, blocks=9, seed=0)
        assert run.sent["pre-prepare"] == 9 * (n - 1)
        assert run.sent["prepare"] == 9 * (n - 1) ** 2
        assert run.sent["commit"] == 9 * n * (n - 1)


def test_measures_are_named() -> None:
    run = consensus.simulate(replicas=7, blocks=5, faults="wrong-allocation", faulty=1, seed=0)
    assert run.measures["refused"] == 1.0
    assert run.measures["view_changes"] == 1.0 == run.view_changes
    refusing = {each.replica for each in run.refusals}
    assert refusing <= set(run.correct)
    assert len(refusing) > run.tolerated
    assert "sum must be" in run.refusals[0].reason
    assert run.measures["messages"] == run.messages == sum(run.sent.values())
    assert "5 of 5 blocks committed by 7 replicas" in str(run)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"replicas": 0}, "replicas: "),
    ({"replicas": True}, "replicas: "),
    ({"blocks": 0}, "blocks: "),
    ({"faults": "lying"}, "faults: "),
    ({"faults": ("silent", "lying")}, "faults: "),
    ({"faults": "silent", "faulty": 4}, "faulty: "),
    ({"faulty": 1}, "faults: must say how"),
    ({"faults": ("silent",) * 4}, "faults: must leave one"),
    ({"faults": ("silent",), "faulty": 2}, "faulty: must be 1"),
    ({"network": "wet"}, "network: "),
    ({"network": consensus.Network(partitions=((0.0, 1.0, (9,)),), heals=1.0)}, "network: must cut off replicas below 4"),
    ({"machine": "loom"}, "machine: "),
    ({"authenticators": "wax"}, "authenticators: "),
    ({"authenticators": 3}, "authenticators: must sign"),
    ({"timeout": 0.0}, "timeout: "),
    ({"checkpoint": 0}, "checkpoint: "),
    ({"window": 9}, "window: "),
    ({"until": 0.0}, "until: "),
    ({"most_messages": 0}, "most_messages: "),
    ({"seed": -1}, "seed: "),
]


@pytest.mark.parametrize(("given", "text"), BAD, ids=str)
def test_arguments_out_of_range_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        consensus.simulate(**{"replicas": 4, "blocks": 1, "seed": 0} | given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"least": 0.0}, "least: "),
        ({"mean": -1.0}, "mean: "),
        ({"rate": 0.0}, "rate: "),
        ({"loss": 1.0}, "loss: must be below 1"),
        ({"copies": -0.1}, "copies: "),
        ({"heals": float("nan")}, "heals: "),
        ({"partitions": [(0.0, 1.0, (0,))]}, "partitions: must be a tuple"),
        ({"partitions": ((0.0, 1.0),)}, "partitions: must be a tuple"),
        ({"partitions": ((0.0, 2.0, (0,)),), "heals": 1.0}, "when the network heals"),
        ({"partitions": ((1.0, 0.0, (0,)),), "heals": 1.0}, "partitions: must begin"),
    ],
    ids=str,
)
def test_networks_out_of_range_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        consensus.Network(**given)


def test_a_look_may_end_the_run() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consensus.simulate(replicas=10, blocks=50, seed=0, look=stop)

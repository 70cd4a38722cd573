"""B-Auction: when it is held, who wins, what is paid, and what waiting for the chain does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import procurement
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import BAuction, Episode, Schedule, auctions, generate, measures
from tests.solvers.scheduling.cases import random_episode


def solved(problem: Episode, params: BAuction) -> Schedule:
    result = scheduling.solve(problem, method="b-auction", params=params)
    assert scheduling.verify(problem, result)
    assert result.solution is not None
    return result.solution


def three(work: list[float], **settings: Any) -> Episode:
    """Tasks of device 0 at time 0; device 1 is as fast as it, device 2 faster and of more power; the mask leaves 10 s."""
    n = len(work)
    tasks: dict[str, Any] = {"arrival": [0.0] * n, "source": [0] * n, "work": work, "data": [1.0] * n, "horizon": 10.0}
    power, chain = [3.6, 3.6, 14.4], [[1.0, 2.0, 9.0]] * n
    numbers: dict[str, Any] = {"deadline": 12.0, "link_rate": 8.0, "epoch": 1.0, "chain_latency": chain}
    return Episode([2.0, 2.0, 4.0], [9000.0] * 3, 0.0, power, [0.0] * 3, **tasks, **(numbers | settings))


def test_an_auction_by_hand() -> None:
    """8 GFLOP at home end at 4 s, at most .5 of 12 s. The second, at 1 s, would end at 4 + 4 s: it is put out to tender.

    Idle devices bid 8 + 1000 x 3.6 x 8 / (3600 x 2) = 12 and 8 + 1000 x 14.4 x 8 / (3600 x 4) = 16: device 1 wins, for 16. It
    waits 3 s for the chain and is sent in one. The third, at 2 s, would end at 4 + 4 s at home. Device 1 has 4 s to do, .4 of
    the 10 s: it bids 8 x 1.4 + 4 = 15.2, and the score is 5 x .4 more, 17.2. Device 2 wins with 16 and is paid 17.2.
    """
    problem = three([8.0, 8.0, 8.0])
    schedule = solved(problem, BAuction())
    assert schedule.device.tolist() == [0, 1, 2]
    assert schedule.start.tolist() == [0.0, 5.0, 6.0]
    assert schedule.delay is not None
    assert schedule.delay.tolist() == [0.0, 3.0, 3.0]
    found = auctions(problem, bid_energy=2.0, chain_energy=0.5)
    assert found == pytest.approx(
        {"auctions": 2.0, "bids": 4.0, "awards": 2.0, "payment": (16.0 + 17.2) / 2, "delay": 3.0, "energy": 10.0}, rel=1e-12
    )
    tender = procurement.Tender([15.2, 16.0], [0.4, 0.0], weight=5.0, worth=100.0)
    assert procurement.run("second-score", tender).payment == pytest.approx(17.2, rel=1e-12)


def test_nobody_within_the_worth_wins() -> None:
    problem = three([8.0, 8.0])
    assert solved(problem, BAuction(worth=12.0)).device.tolist() == [0, 1]
    assert auctions(problem, BAuction(worth=12.0))["payment"] == pytest.approx(12.0, rel=1e-12)
    schedule = solved(problem, BAuction(worth=11.9))
    assert (schedule.device.tolist(), schedule.start.tolist()) == ([0, 0], [0.0, 4.0])  # at once, as nothing is sent
    found = auctions(problem, BAuction(worth=11.9))
    assert (found["auctions"], found["bids"], found["awards"], found["payment"]) == (1.0, 2.0, 0.0, 0.0)


def test_when_an_auction_is_held() -> None:
    problem = three([8.0, 8.0])
    assert solved(problem, BAuction(share=8.0 / 12.0)).device.tolist() == [0, 0]  # 8 s are not more than that
    assert solved(problem, BAuction(share=0.66)).device.tolist() == [0, 1]
    assert solved(problem, BAuction(share=0.0)).device.tolist() == [1, 2]  # always
    assert solved(three([17.0, 17.0]), BAuction(share=0.0)).device.tolist() == [1, 2]  # 8.5 s behind 8.5 s would not fit
    alone = replace(problem, margin=12.0)  # no device is open
    assert solved(alone, BAuction(share=0.0)).device.tolist() == [0, 0]
    assert auctions(alone, BAuction(share=0.0))["auctions"] == 0.0
    full = replace(alone, mask="off")  # the margin leaves no time: all are fully used, and the cheapest is the cheapest
    assert solved(full, BAuction(share=0.0)).device.tolist() == [1, 1]


def test_bidders_know_their_own_queues() -> None:
    """What the source has heard is 5 s old; device 1 bids by what it has to do now."""
    problem = replace(three([8.0, 8.0, 8.0]), gossip=5.0)
    assert solved(problem, BAuction()).device.tolist() == [0, 1, 2]


def test_the_chain_is_on_the_critical_path() -> None:
    """With an auction of every task latency is up by what the chain takes: 2 x U[1, 2], 3 s."""
    problem = generate(devices=5, horizon=200.0, seed=2)
    free = replace(problem, chain_latency=np.zeros((problem.tasks, 3)))
    always = BAuction(share=0.0)
    slow, fast = (measures(each, solved(each, always)) for each in (problem, free))
    assert slow["latency"] - fast["latency"] == pytest.approx(3.0, abs=0.4)
    assert auctions(problem, always)["delay"] == pytest.approx(3.0, abs=0.1)
    some = measures(problem, solved(problem, BAuction()))
    assert 0.0 < some["offloaded"] < 0.2 < slow["offloaded"]


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_nothing_that_is_paid_changes_a_decision(seed: int) -> None:
    problem = random_episode(seed)
    one, two = (solved(problem, BAuction(share=0.0, worth=worth)) for worth in (1e3, 1e6))
    assert (one.device == two.device).all()
    assert (one.start == two.start).all()


def test_parameters_out_of_range_are_refused() -> None:
    problem = three([8.0])
    for name in ("share", "weight", "work_price", "token_price", "worth"):
        for wrong in (-1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match=name):
                BAuction(**{name: wrong})
        with pytest.raises(TypeError, match=name):
            BAuction(**{name: "1"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bid_energy"):
        auctions(problem, bid_energy=-1.0)
    with pytest.raises(ValueError, match="chain_energy"):
        auctions(problem, chain_energy=float("inf"))
    with pytest.raises(TypeError, match="params: must be a BAuction"):
        auctions(problem, 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="problem: must be an Episode"):
        auctions("episode")  # type: ignore[arg-type]

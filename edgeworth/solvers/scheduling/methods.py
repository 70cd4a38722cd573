"""The methods of scheduling, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.solvers.scheduling"

METHODS: tuple[Method, ...] = (
    Method(
        name="local",
        kind="policy",
        function=f"{_ROOM}.policies.rules:local",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference="BEST, as a baseline",
    ),
    Method(
        name="local-edf",
        kind="policy",
        function=f"{_ROOM}.policies.rules:local_edf",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; the schedule of `local`, as all tasks have the same time to their deadline",
        reference="BEST, section IV",
    ),
    Method(
        name="random",
        kind="policy",
        function=f"{_ROOM}.policies.rules:random_device",
        exact=False,
        randomised=True,
        kernels=True,
        guarantee="feasible and causal",
        reference="BEST, as a baseline",
    ),
    Method(
        name="earliest-finish",
        kind="policy",
        function=f"{_ROOM}.policies.rules:earliest_finish",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference="ours; join the shortest completion time",
    ),
    Method(
        name="greedy-cost",
        kind="policy",
        function=f"{_ROOM}.policies.rules:greedy_cost",
        params=f"{_ROOM}.policies.rules:GreedyCost",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference="ours; BEST, equation 2",
    ),
    Method(
        name="threshold",
        kind="policy",
        function=f"{_ROOM}.policies.rules:threshold",
        params=f"{_ROOM}.policies.rules:Threshold",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference="ours",
    ),
    Method(
        name="b-auction",
        kind="policy",
        function=f"{_ROOM}.policies.auction:b_auction",
        params=f"{_ROOM}.policies.auction:BAuction",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; every award is that of the second-score auction",
        reference="BEST, section VI-B; Che (1993)",
    ),
)

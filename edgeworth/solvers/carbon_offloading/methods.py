"""The methods of carbon-aware offloading, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.solvers.carbon_offloading"
_BASELINE = "Chen and Wang, EURASIP J. Wireless Comm. Netw. 188 (2020)"

METHODS: tuple[Method, ...] = (
    Method(
        name="exact",
        kind="optimise",
        function=f"{_ROOM}.exact:interior_point",
        exact=True,
        randomised=False,
        kernels=True,
        guarantee="optimal in hindsight where the program is exact, else the gap is told; a recomputable bound always",
        reference="ours; Mehrotra, SIAM J. Optim. 2 (1992)",
    ),
    Method(
        name="lyapunov",
        kind="policy",
        function=f"{_ROOM}.policies:lyapunov",
        params=f"{_ROOM}.policies:Lyapunov",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; mean carbon within K / V of the least that keeps a buffer without limit finite",
        reference="Neely, Stochastic Network Optimization (2010), chapter 4; closed form ours",
    ),
    Method(
        name="green-only",
        kind="policy",
        function=f"{_ROOM}.policies:green_only",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; no carbon",
        reference="ours",
    ),
    Method(
        name="threshold",
        kind="policy",
        function=f"{_ROOM}.policies:threshold",
        params=f"{_ROOM}.policies:Threshold",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference="ours",
    ),
    Method(
        name="burn",
        kind="policy",
        function=f"{_ROOM}.policies:burn",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; no waste below the caps, for no bit served",
        reference="ours",
    ),
    Method(
        name="always-local",
        kind="policy",
        function=f"{_ROOM}.policies:always_local",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference=_BASELINE,
    ),
    Method(
        name="always-offload",
        kind="policy",
        function=f"{_ROOM}.policies:always_offload",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal",
        reference=_BASELINE,
    ),
    Method(
        name="full-power",
        kind="policy",
        function=f"{_ROOM}.policies:full_power",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible and causal; the least overflow that there is, where users do not interfere",
        reference="ours",
    ),
    Method(
        name="random",
        kind="policy",
        function=f"{_ROOM}.policies:random_powers",
        exact=False,
        randomised=True,
        kernels=True,
        guarantee="feasible and causal",
        reference="CADDTO (arXiv 2602.18797), as a baseline",
    ),
)

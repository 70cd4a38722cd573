"""Tables of what rules and policies do in markets: who deals with suppliers that default, and what bids buy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.learning.deep.policy import Policy
from edgeworth.solvers.scheduling.market.play import MarketRun, play_in_market
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode, generate

if TYPE_CHECKING:
    import pandas as pd


def market_sweep(
    markets: Mapping[str, Market],
    methods: Sequence[str | Policy] = ("local", "earliest-finish", "greedy-cost"),
    *,
    seeds: Iterable[int] = range(10),
    **settings: Any,
) -> pd.DataFrame:
    """Play methods on the same episodes in several markets, all devices choosing together.

    Parameters
    ----------
    markets : mapping of str to Market
        By the names that the table gives them.
    methods : sequence of str or Policy
        As `play_in_market` takes them.
    seeds : iterable of int
        Of the episodes, and of "random".
    **settings
        Further arguments of `generate`.

    Returns
    -------
    pandas.DataFrame
        A row a market, method and episode: ``market``, ``method``, ``seed``, the `measures`; shares of the offloads, 0 of none:
        ``to_defaulters``, to devices that may default, ``contested``, how often a supplier had not room for all, where they
        bid, and ``rejected``; ``defaults``, the share of the tasks that suppliers defaulted on; ``paid``, cash that deals
        locked, and ``premium``, what of it was bid above asks.

    Raises
    ------
    ValueError, TypeError
        As `generate` and `play_in_market` do.

    Examples
    --------
    >>> from edgeworth.solvers import scheduling
    >>> markets = {"all": scheduling.Market(default=(0.5, 1.0)), "closed": scheduling.Market(default=(0.5, 1.0), tolerance=0.2)}
    >>> table = scheduling.market_sweep(markets, ["earliest-finish"], seeds=range(2), horizon=300.0)
    >>> bool(np.subtract(*table.groupby("market").success.mean()[["closed", "all"]]) > 0)
    True
    """
    import pandas as pd

    rows = []
    for seed in seeds:
        episode = generate(seed=seed, **settings)
        for name, market in markets.items():
            for method in methods:
                run = play_in_market(episode, method, market=market, seed=seed if method == "random" else None, together=True)
                label = method if isinstance(method, str) else method.name
                rows.append({"market": name, "method": label, "seed": seed} | run.measures | _dealings(episode, run))
    return pd.DataFrame(rows)


def _dealings(episode: Episode, run: MarketRun) -> dict[str, float]:
    device, offloads = run.schedule.device, max(1, run.counts["offloads"])
    suppliers = device[(device >= 0) & (device != episode.source)]
    return {
        "to_defaulters": float(np.sum(run.default[suppliers] > 0.0)) / offloads,
        "contested": run.counts["contests"] / offloads,
        "rejected": run.rejected / offloads,
        "defaults": run.counts["defaults"] / max(1, episode.tasks),
        "paid": float(run.price.sum()),
        "premium": run.premium,
    }

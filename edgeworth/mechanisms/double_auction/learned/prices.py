"""Unit prices for buyers, by a network of public data and of the bids of those who refuse the least price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from os import PathLike
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.archive import read_arrays, write_arrays
from edgeworth.core.arrays import Bools, Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import replacing, wrong
from edgeworth.core.policy import refuse_trained_on
from edgeworth.mechanisms.double_auction.learned.networks import ReluNetwork
from edgeworth.mechanisms.double_auction.model import Market, NotApplicableError

INPUTS = (
    "cost of the cheapest tour to the buyer alone, a unit",
    "cost of such a tour by the mean seller, a unit",
    "cost of the way to the nearest other candidate and back, a unit",
    "demand over the mean capacity",
    "demand of all candidates over all capacity",
    "share of the buyers who refuse the least price",
    "how far their bids lie above the lowest bid of the history, summed over them, over the number of buyers",
)
"""What the network sees of one buyer. Costs are over the width of the history; everything ends at `_MOST`."""

_MOST = 3.0


@dataclass(frozen=True)
class PriceNetwork:
    """The unit price that every buyer is offered: a network of public data and of the bids of those who do not trade anyway.

    Parameters
    ----------
    network : ReluNetwork
        From `INPUTS` to one number, the price's height above the least one.
    floor : float
        The least price is ``low + floor (high - low)`` of the market's history of bids; in [0, 1].
    training_seeds : tuple of int
        Seeds of the markets that it was trained on, which it refuses to price.
    name : str
        What errors call it.

    Raises
    ------
    ValueError, TypeError
        For a network of other inputs or outputs, and for a floor out of range.

    Notes
    -----
    Buyer i is offered ``p_i = floor price + (high - low) clip(y_i, 0, 1 - floor)`` where the network gives y_i. Whoever bids
    less than the floor price could accept no price: that he refuses, and his bid, are free information for the others' prices.
    The price of a candidate depends on no candidate's bid.

    A mapping of the fields, which is how files hold it, is accepted for `network`.
    """

    network: ReluNetwork
    floor: float
    training_seeds: tuple[int, ...] = field(default=(), repr=False)
    name: str = "learned-price"

    def __post_init__(self) -> None:
        if isinstance(self.network, Mapping):
            object.__setattr__(self, "network", ReluNetwork(**self.network))
        if not isinstance(self.network, ReluNetwork):
            validation.reject_type("network", "must be a ReluNetwork", self.network)
        sizes = self.network.sizes
        if (sizes[0], sizes[-1]) != (len(INPUTS), 1):
            validation.reject("network", f"must have {len(INPUTS)} inputs and 1 output", sizes)
        validation.real("floor", self.floor, minimum=0.0, maximum=1.0)
        seeds = validation.array("training_seeds", self.training_seeds, np.int64, (None,), minimum=0)
        object.__setattr__(self, "training_seeds", tuple(sorted(seeds.tolist())))

    @property
    def training_problems(self) -> frozenset[str]:
        """Empty: it is trained on markets that are drawn from seeds."""
        return frozenset()

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as arrays in an npz file.

        Parameters
        ----------
        path : str or path
            Of the file.
        """
        seeds = np.array(self.training_seeds, dtype=np.int64)
        with replacing(path) as file:
            write_arrays(file, self.network.arrays | {"floor": np.array([self.floor]), "training_seeds": seeds})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> PriceNetwork:
        """The network that `save` wrote.

        Parameters
        ----------
        path : str or path
            Of the file.

        Returns
        -------
        PriceNetwork

        Raises
        ------
        FileFormatError
            For a file that holds no such network.
        """
        arrays = read_arrays(path)
        try:
            (floor,), seeds = arrays["floor"].tolist(), tuple(arrays["training_seeds"].tolist())
            return cls(ReluNetwork.stored(arrays), floor, seeds)
        except FileFormatError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            wrong(path, None, f"holds no network of prices ({error})")

    def of(self, market: Market) -> tuple[Floats, Bools]:
        """The unit price that every buyer is offered, infinite for those below the floor, and who accepts it.

        Parameters
        ----------
        market : Market
            With a history of bids.

        Returns
        -------
        prices : ndarray
            float64 [buyers], money a unit.
        accepts : ndarray
            bool [buyers]

        Raises
        ------
        ValueError
            For a market of a training seed; `NotApplicableError` for one without a history.
        """
        refuse_trained_on(self, market)
        least, width, high = self.bounds(market)
        candidate = market.bid >= least
        heights = self.network.batch(inputs(market, candidate, least, width))[:, 0]
        prices = np.where(candidate, self.prices(heights, least, width, high), np.inf)
        return prices, market.bid >= prices

    def bounds(self, market: Market) -> tuple[float, float, float]:
        """The least price of a market, the width of its history (1 where that is 0), and the highest price."""
        if market.history is None:
            raise NotApplicableError(f"market: must have a history of bids for {self.name!r}; 'rank-procurement' needs none")
        low, high = market.history
        return low + self.floor * (high - low), high - low or 1.0, high

    def prices(self, heights: Floats, least: float, width: float, high: float) -> Floats:
        """Prices from the network's outputs."""
        return np.minimum(least + width * np.maximum(heights, 0.0), max(high, least))


@np.errstate(over="ignore")  # a history of no width: infinite costs, which end at `_MOST`
def inputs(market: Market, candidate: Bools, least: float, width: float) -> Floats:
    """What the network sees of every buyer, float64 [buyers, INPUTS]: see `INPUTS`.

    Of the reports it holds the bids of those who are no candidates, and nothing else.
    """
    n, demand = market.buyers, market.demand.astype(np.float64)
    found = np.zeros((n, len(INPUTS)))
    if not n or not market.sellers:
        return found
    routes = market.routes
    if routes is not None:
        metres = routes.metres(range(market.sellers))
        there_and_back = metres[:n, n:] + metres[n:, :n].T
        alone = (there_and_back / routes.speed * routes.travel_cost + routes.depreciation) / (demand[:, None] * width)
        fits = market.demand[:, None] <= market.capacity[None, :]
        found[:, 0] = np.where(fits, alone, np.inf).min(axis=1)
        found[:, 1] = np.where(fits, alone, 0.0).sum(axis=1) / np.maximum(fits.sum(axis=1), 1)
        between = metres[:n, :n].copy()
        between[:, ~candidate] = np.inf
        np.fill_diagonal(between, np.inf)
        rate = float((routes.travel_cost / routes.speed).min())
        found[:, 2] = 2.0 * rate * np.minimum(between.min(axis=1), 1e9) / (demand * width)
    capacity = market.capacity.astype(np.float64)
    found[:, 3] = demand / max(float(capacity.mean()), 1.0)
    found[:, 4] = float(demand[candidate].sum()) / max(float(capacity.sum()), 1.0)
    refused = market.bid[~candidate]
    found[:, 5] = len(refused) / n
    if market.history is not None and least > market.history[0]:
        low = market.history[0]
        found[:, 6] = float(np.clip((refused - low) / (least - low), 0.0, 1.0).sum()) / n
    return np.minimum(found, _MOST)


@cache
def shipped() -> PriceNetwork:
    """The network that comes with the package."""
    with as_file(files(__package__).joinpath("shipped", "learned-price.npz")) as path:
        return PriceNetwork.load(path)


def network_of(given: Any) -> PriceNetwork:
    """A network, the one that comes with the package for None, or one as a file holds it."""
    if given is None:
        return shipped()
    if isinstance(given, Mapping):
        return PriceNetwork(**given)
    if not isinstance(given, PriceNetwork):
        validation.reject_type("network", "must be a PriceNetwork or None", given)
    return given

"""What a market of devices fixes, and what its ledger is before the first epoch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.kernels.tables import Tables
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.market.kernels.state import COUNTS, Books, Terms
from edgeworth.solvers.scheduling.model.problem import CHAIN, Episode

Settlement = Literal["escrow", "optimistic", "lock-first"]
SETTLEMENTS: tuple[Settlement, ...] = ("escrow", "optimistic", "lock-first")
DEAREST = 4_500.0
"""Cash: asks reach twice a price, and a price of the ledger 9,000."""
RICHEST = 1e6
"""Whole tokens, or cash, that a device may be given."""


@dataclass(frozen=True)
class Market:
    """The token market that devices of an episode deal in.

    Parameters
    ----------
    economy : {"backed", "literal"}
        Of the ledger, see `edgeworth.mechanisms.token_market.Rules`. Backed: the requester pays the supplier cash at its asks,
        and tokens of the supplier, minted against its attested reserve, are locked and burned with the work. Literal, as the
        paper prints it: a task burns the requester's own CTK, where it is executed locally too; elsewhere it also takes PTK.
    minting : bool
        Whether devices mint what is attested. Without it nobody has backed tokens to supply with.
    settlement : {"escrow", "optimistic", "lock-first"}
        "escrow": what a task takes is locked at its decision, and it is sent at once. "optimistic": it is sent at once, and
        nothing is locked before the settlement. "lock-first": it is sent once the lock is on the chain.
    period : float
        s > 0 between attestations, minting and new asks.
    work_price : float
        c_0, cash for a CTK that an idle device asks, from 0 to 4,500.
    power_price : float
        p_0, cash for a PTK that a device with a full battery asks, from 0 to 4,500.
    grant : tuple of three float
        CTK, PTK and cash that a device begins with, up to 10^6 each; in the backed economy the cash only.
    stake : float
        Cash of it that a device deposits, in the backed economy: collateral of a supplier, and the cap of what it may promise
        where nothing is locked.
    default : tuple of two float
        Share of the devices that default, and the probability with which one of them does on a task of another device.
    tolerance : float
        A supplier that failed more than this share of its deals, of three at least, is closed to all; 1: nobody is.
    bargain_rounds : int
        R >= 0, in the backed economy: rounds of bids for a supplier that has not room for all who chose it at an epoch; 0: the
        earlier deadlines have it.
    increment : float
        Cash > 0 by which a bid rises in a round.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range, and a stake above the cash of the grant.

    Notes
    -----
    Device k asks c_0 (1 + min(1, Q_k / (L - margin))) for a CTK and p_0 (2 - B_k / B_k(0)) for a PTK, rounded to a thousandth
    of cash and no less than that, posted every period as a quotation: an order in the ledger's book would lock the tokens
    that its escrow needs. A task of W GFLOP on which its supplier spends E J takes W CTK and E / 3,600 PTK, and costs the two
    products, all rounded up to base units.

    Every period each living device has its resources attested. Literal: C_i times its idle time since, and its battery above
    the floor. Backed: C_i (L - margin - Q_i) and the energy that its backlog leaves above the floor, and what is locked in its
    open deals, whose work is in the backlog or done; it mints up to that, and burns what of its own tokens is no longer backed.
    Either way at most 10^6 tokens of a kind are attested, as the ledger's amounts go.

    A deal is settled once max(decision + Delta, end) and the latency of its transaction are over: the supplier is paid for a
    success; for a failure the requester claims what was locked, and in the backed economy the supplier's stake. Accounts
    outlive batteries: what a dead device is owed or owes is settled, but it attests nothing more.

    A supplier that defaults on a task never begins it: the task fails at its deadline, is claimed, and counts in the ledger's
    record of the supplier. Which devices do, and on which tasks, is drawn for each episode by its hash, so that all who play an
    episode meet the same. The backlog of a device that defaults is short, and nothing but its record tells. With "optimistic"
    settlement a failure is never told to the ledger, so that records are clean.

    Where devices choose together (as agents of environments do), those that chose one supplier are rivals if it has not room,
    or tokens, for all. With ``bargain_rounds`` an ascending auction is held of each such supplier: its rivals, first by
    deadline, raise their bids from 0. In a round each that has no place bids ``increment`` more, as long as that is at most its
    saving: what the task is predicted to cost less there than at home, a cost unit being worth one cash, less the asks, and at
    most what it has. Places go by bid, then deadline. Who has one pays its own bid above the asks, which is locked with them;
    who has none keeps its task.

    References
    ----------
    BEST, sections III and IV. Ours, as the paper is silent or contradicts itself: the backed economy, cash and its grant, the
    stake, the asks and their prices, the period. "optimistic" is how it describes its settlement.

    Examples
    --------
    >>> Market("literal").grant, Market().settlement
    ((100.0, 50.0, 100.0), 'escrow')
    """

    economy: Economy = "backed"
    minting: bool = True
    settlement: Settlement = "escrow"
    period: float = 5.0
    work_price: float = 1.0
    power_price: float = 1_000.0
    grant: tuple[float, float, float] = (100.0, 50.0, 100.0)
    stake: float = 20.0
    default: tuple[float, float] = (0.0, 0.0)
    tolerance: float = 1.0
    bargain_rounds: int = 0
    increment: float = 0.1

    def __post_init__(self) -> None:
        for name, options in (("economy", ECONOMIES), ("settlement", SETTLEMENTS)):
            object.__setattr__(self, name, str(validation.choice(name, getattr(self, name), options)))  # no string of NumPy
        object.__setattr__(self, "minting", validation.flag("minting", self.minting))
        numbers = {"period": (1e-3, 1e9), "work_price": (0.0, DEAREST), "power_price": (0.0, DEAREST)}
        for name, (least, most) in numbers.items():
            object.__setattr__(self, name, validation.real(name, getattr(self, name), minimum=least, maximum=most))
        if not isinstance(self.grant, tuple) or len(self.grant) != 3:
            validation.reject_type("grant", "must be a tuple of three numbers, for CTK, PTK and cash", self.grant)
        grant = tuple(validation.real("grant", each, minimum=0.0, maximum=RICHEST) for each in self.grant)
        object.__setattr__(self, "grant", grant)
        object.__setattr__(self, "stake", validation.real("stake", self.stake, minimum=0.0, maximum=grant[2]))
        if not isinstance(self.default, tuple) or len(self.default) != 2:
            validation.reject_type("default", "must be a tuple of two numbers, a share and a probability", self.default)
        default = tuple(validation.real("default", each, minimum=0.0, maximum=1.0) for each in self.default)
        object.__setattr__(self, "default", default)
        validation.integer("bargain_rounds", self.bargain_rounds, minimum=0)
        if self.bargain_rounds and self.economy != "backed":
            validation.reject("bargain_rounds", "must be 0 in the literal economy, which knows no cash", self.bargain_rounds)
        object.__setattr__(self, "increment", validation.real("increment", self.increment, minimum=1e-3, maximum=DEAREST))
        object.__setattr__(self, "tolerance", validation.real("tolerance", self.tolerance, minimum=0.0, maximum=1.0))

    @property
    def mark(self) -> str:
        """What tells markets apart in snapshots: SHA-256 of its fields, in hexadecimal digits."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def rules(self) -> Rules:
        """The rules of its ledger."""
        ctk, ptk, cash = (
            round(each * unit) for each, unit in zip(self.grant, (layout.TOKEN, layout.TOKEN, layout.CASH_UNIT), strict=True)
        )
        return Rules(self.economy, grant=(ctk, ptk, cash), pool=0)


def terms(market: Market, problem: Episode) -> Terms:
    """The market's rules for an episode, as kernels read them."""
    return Terms(
        SETTLEMENTS.index(market.settlement),
        market.minting,
        market.period,
        problem.settlement,
        market.work_price * layout.CASH_UNIT,
        market.power_price * layout.CASH_UNIT,
        round(market.stake * layout.CASH_UNIT),
        market.tolerance,
        market.bargain_rounds,
        round(market.increment * layout.CASH_UNIT),
    )


def books(market: Market, problem: Episode) -> Books:
    """Empty ones, of an episode's size.

    Raises
    ------
    ValueError
        For work, energy and times that the ledger has no numbers for.
    """
    devices, tasks = problem.devices, problem.tasks
    most = layout.LIMIT / layout.TOKEN
    work = float(problem.work.max(initial=0.0))
    energy = float(np.max(problem.active_power * work / problem.capacity)) / 3_600.0  # as kernels reckon it, to the last bit
    latest = (problem.end + problem.settlement + float(problem.chain_latency.max(initial=0.0))) * 1e3
    for name, number, limit in (("work", work, most), ("work in PTK", energy, most), ("horizon in ms", latest, 1e14)):
        if number > limit:
            validation.reject(name, f"must be at most {limit:g} where there is a market", number)
    return Books(
        latency=problem.chain_latency[:, CHAIN.index("settlement")].copy(),
        asks=np.zeros((devices, 2), np.int64),
        rest=np.zeros(devices),
        promised=np.zeros((devices, 3), np.int64),
        open=np.zeros(tasks, np.int64),
        deal=np.zeros(tasks, np.int64),
        cash=np.zeros(tasks, np.int64),
        counts=np.zeros(COUNTS, np.int64),
        a=np.zeros(layout.WIDTH, np.int64),
        out=np.zeros(layout.OUTPUTS, np.int64),
        default=reliability(market, problem),
        luck=_draws(problem).random(tasks) if any(market.default) else np.ones(tasks),
        bids=np.zeros(devices, np.int64),
        fits=np.zeros(devices, np.bool_),
    )


def reliability(market: Market, problem: Episode) -> Floats:
    """The probability with which each device of an episode defaults on a task, float64 [devices]."""
    share, often = market.default
    if not any(market.default):
        return np.zeros(problem.devices)
    found: Floats = np.where(_draws(problem).spawn(1)[0].random(problem.devices) < share, often, 0.0)
    return found


def _draws(problem: Episode) -> np.random.Generator:
    return np.random.default_rng(int(problem.hash, 16))


def tables(market: Market, devices: int, tasks: int) -> Tables:
    """A ledger at genesis that has room for all that so many devices and tasks can enter into it: it never fills up.

    A device holds tokens of its own only, a task is one deal, and nobody orders.
    """
    small = Ledger.genesis(market.rules(), room=3 * devices + 4).tables
    rows = tasks + 4
    deals = np.zeros((rows, layout.DEAL_COLUMNS), np.int64)
    return small._replace(deals=deals, pairs=np.zeros(2 << rows.bit_length(), np.int64))


def market_of(market: object) -> Market | None:
    """An argument that is a market, or None."""
    if market is not None and not isinstance(market, Market):
        validation.reject_type("market", "must be a Market, or None", market)
    return market

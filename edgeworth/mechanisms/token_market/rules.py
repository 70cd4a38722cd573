"""What one market fixes at genesis, and the names of refusals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Literal

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.kernels import layout

Economy = Literal["literal", "backed"]
ECONOMIES: tuple[Economy, ...] = ("literal", "backed")
ASSETS = ("CTK", "PTK", "CASH")


class Refusal(IntEnum):
    """Why a command was refused; 0 is no refusal.

    Attributes
    ----------
    ACCEPTED
        The command took effect.
    UNKNOWN, RANGE, ASSET
        No such command, in this economy; a number out of its range; an asset that this command does not take.
    ACCOUNT, ROLE, KEY
        An account that is not there (or the same one on both sides of a deal); one whose role does not do this; a key that has
        an account, or that anybody could sign for.
    REPLAY, GAP
        A nonce, or a deal's number, that was used; a nonce ahead of the next.
    SIGNATURE, QUORUM
        A signature of the command, or inside it, does not verify; too few of oracles or arbiters do.
    STALE, BOUND, UNATTESTED
        A period no later than the last; an attestation key or a hash that belongs to another account, or an account that
        has another one; no attestation yet.
    UNBACKED, SUPPLY, FROZEN
        More tokens than the reserve backs; more than all tokens there may be; an overdue debt.
    BALANCE
        Less is free than the command takes.
    DEALS
        Stake does not leave while deals are open.
    FOREIGN, ORDERS, UNFILLED
        Tokens of another issuer are asked; the account's orders are at their cap; fill-or-kill found too little.
    OWNER, GONE
        The order or deal is another's; it is not there, or not open any more.
    EXPIRED, EARLY, LATE, RECEIPTED
        After a deadline; before a time; after the window of a receipt; a receipt is there.
    OVERDRAWN, POOL, PLEDGE
        More than the credit line or the debt; more than the pool has; no hash is pledged.
    CLOCK, SEQUENCER
        Time does not rise; only the sequencer tells it.
    """

    ACCEPTED = layout.ACCEPTED
    UNKNOWN = layout.UNKNOWN
    ACCOUNT = layout.NO_ACCOUNT
    REPLAY = layout.REPLAY
    GAP = layout.GAP
    KEY = layout.KEY
    ROLE = layout.ROLE
    RANGE = layout.RANGE
    ASSET = layout.ASSET
    SIGNATURE = layout.SIGNATURE
    STALE = layout.STALE
    QUORUM = layout.QUORUM
    BOUND = layout.BOUND
    UNATTESTED = layout.UNATTESTED
    UNBACKED = layout.UNBACKED
    FROZEN = layout.FROZEN
    BALANCE = layout.BALANCE
    DEALS = layout.OPEN_DEALS
    FOREIGN = layout.FOREIGN
    ORDERS = layout.ORDERS
    UNFILLED = layout.UNFILLED
    OWNER = layout.OWNER
    GONE = layout.GONE
    EXPIRED = layout.EXPIRED
    EARLY = layout.EARLY
    LATE = layout.LATE
    RECEIPTED = layout.RECEIPTED
    OVERDRAWN = layout.OVERDRAWN
    POOL = layout.POOL_EMPTY
    PLEDGE = layout.NO_PLEDGE
    CLOCK = layout.CLOCK
    SEQUENCER = layout.NOT_SEQUENCER
    SUPPLY = layout.TOO_MUCH


@dataclass(frozen=True)
class Rules:
    """What a market fixes at genesis.

    Parameters
    ----------
    economy : {"backed", "literal"}
        ``literal`` is the paper's: fungible CTK and PTK, grants at opening; a task is paid with tokens, which are then burned;
        no receipts, no arbiters. ``backed``: a token carries its issuer and is minted only against an attested reserve; a task
        is paid in cash.
    oracles, quorum : int
        Oracles, 1 to 7, and how many of them an attestation needs. The lower median of a quorum stays within the honest
        values while at most half the quorum, rounded down, lies upwards.
    arbiters, arbiter_quorum : int
        Arbiters, 1 to 7, and how many must agree; more than half.
    grant : tuple of three int
        Base units of CTK, PTK and cash. Literal: at opening, 100 CTK, 50 PTK (BEST, section III-C) and 100 cash (ours).
        Backed: the cash only, once an attestation key, at the first attestation.
    pool : int
        Base units in the credit pool at the start: of PTK in the literal economy (3,000 PTK, ours), of cash in the backed one.

    Raises
    ------
    ValueError, TypeError
        For another economy, a panel or a quorum out of range, and amounts that are no integers from 0 to 10^12.

    Examples
    --------
    >>> Rules().quorum, Rules("literal").pool
    (5, 3000000000)
    """

    economy: Economy = "backed"
    oracles: int = 7
    quorum: int = 5
    arbiters: int = 5
    arbiter_quorum: int = 3
    grant: tuple[int, int, int] = (100 * layout.TOKEN, 50 * layout.TOKEN, 100 * layout.CASH_UNIT)
    pool: int = -1

    def __post_init__(self) -> None:
        validation.choice("economy", self.economy, ECONOMIES)
        for panel, quorum, least in (("oracles", "quorum", 1), ("arbiters", "arbiter_quorum", self.arbiters // 2 + 1)):
            size = validation.integer(panel, getattr(self, panel), minimum=1, maximum=layout.MAX_PANEL)
            validation.integer(quorum, getattr(self, quorum), minimum=least, maximum=size)
        if not isinstance(self.grant, tuple) or len(self.grant) != len(ASSETS):
            validation.reject_type("grant", "must be a tuple of three integers, for CTK, PTK and CASH", self.grant)
        for name, amount in zip(ASSETS, self.grant, strict=True):
            validation.integer(f"grant of {name}", amount, minimum=0, maximum=layout.LIMIT)
        if self.pool == -1:
            unit = layout.TOKEN if self.economy == "literal" else layout.CASH_UNIT
            object.__setattr__(self, "pool", 3_000 * unit)
        validation.integer("pool", self.pool, minimum=0, maximum=layout.LIMIT)

    @classmethod
    def of(cls, vector: Sequence[int]) -> Rules:
        """The rules that `vector` wrote.

        Parameters
        ----------
        vector : sequence of int
            Nine numbers.
        """
        economy, oracles, quorum, arbiters, agree, ctk, ptk, cash, pool = vector
        kind = validation.integer("economy", economy, minimum=0, maximum=len(ECONOMIES) - 1)
        return cls(ECONOMIES[kind], oracles, quorum, arbiters, agree, (ctk, ptk, cash), pool)

    def vector(self) -> list[int]:
        """The rules as the kernel reads them."""
        panels = [self.oracles, self.quorum, self.arbiters, self.arbiter_quorum]
        return [ECONOMIES.index(self.economy), *panels, *self.grant, self.pool]


def cost(amount: int, price: int) -> int:
    """Base cash for tokens, rounded up: a buyer never underpays.

    A bid is rounded once, however many trades fill it, so that nobody gains by trading in pieces.

    Parameters
    ----------
    amount : int
        Base units of tokens, 0 to 10^12.
    price : int
        Base cash for a whole token, 0 to 9,000,000.

    Examples
    --------
    >>> cost(1_000, 20_000), cost(1, 1)
    (20, 1)
    """
    amount = validation.integer("amount", amount, minimum=0, maximum=layout.LIMIT)
    price = validation.integer("price", price, minimum=0, maximum=layout.MAX_PRICE)
    return -(-amount * price // layout.TOKEN)


def tokens(work: float, energy: float) -> tuple[int, int]:
    """CTK and PTK that a task takes, rounded up to base units.

    Parameters
    ----------
    work : float
        GFLOP, >= 0; a CTK is one.
    energy : float
        Joule, >= 0; a PTK is 3,600.

    Returns
    -------
    tuple of two int
        At most 10^12 each.

    Examples
    --------
    >>> tokens(5.5, 14.5)
    (5500000, 4028)
    """
    flops, joules = (
        Fraction(validation.real("work", work, minimum=0.0)),
        Fraction(validation.real("energy", energy, minimum=0.0)),
    )
    ctk, ptk = math.ceil(flops * layout.TOKEN), math.ceil(joules * layout.TOKEN / 3_600)
    validation.integer("work in base CTK", ctk, maximum=layout.LIMIT)
    validation.integer("energy in base PTK", ptk, maximum=layout.LIMIT)
    return ctk, ptk

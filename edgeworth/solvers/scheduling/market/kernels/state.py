"""What the market's kernels read and write beside an episode and a ledger."""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.core.arrays import Bools, Floats, Ints

ESCROW, OPTIMISTIC, LOCK_FIRST = range(3)

OPEN, PERIOD, OFFLOADS, CLOSED, REFUSED, WAITS, UNPAID, FAULT, DEFAULTS, CONTESTS, PREMIUM = range(11)
"""Places in `Books.counts`: tasks that are not settled; the last period attested; offloads; peers that solvency closed to a
head; choices that could not be paid for when their turn came; epochs at which a head waited for CTK; suppliers left unpaid; the
first refusal of the ledger that should not have been (command times 100 plus refusal); tasks that suppliers defaulted on;
suppliers, epoch by epoch, that had not room for all who chose them; base cash bid above asks by who got it."""
COUNTS = 11


class Terms(NamedTuple):
    """A market's rules as kernels read them.

    minting: may tokens be minted? period: s between attestations; delay: Delta, s; work_price, power_price: base cash for a
    whole CTK and PTK of an idle device with a full battery; stake: base cash that a device deposits; tolerance: share of failed
    deals above which nobody deals with a supplier; rounds: of bids, 0 of none; increment: base cash of a bid.
    """

    settlement: int
    minting: bool
    period: float
    delay: float
    work_price: float
    power_price: float
    stake: int
    tolerance: float
    rounds: int
    increment: int


class Books(NamedTuple):
    """What devices know and owe beside the ledger. Account k + 1 of the ledger is device k's.

    Of devices: asks, base cash for a whole CTK and PTK (0: none posted); rest, idle s that have been attested; promised, base
    CTK and PTK as a supplier and cash as a requester that nothing locks yet; default, the probability of it;
    bids, base cash above the asks, and fits, whether a bidder has a place, of the present epoch.
    Of tasks: latency, s of the transaction that settles it; open, the tasks that are not settled yet, in the order of their
    decisions; deal, the ledger's number (0: none); cash, its price; luck, in [0, 1): a supplier whose `default` is above it
    defaults on the task. a, out: a command's arguments and outputs.
    """

    latency: Floats
    asks: Ints
    rest: Floats
    promised: Ints
    open: Ints
    deal: Ints
    cash: Ints
    counts: Ints
    a: Ints
    out: Ints
    default: Floats
    luck: Floats
    bids: Ints
    fits: Bools

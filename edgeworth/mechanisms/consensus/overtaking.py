"""What a leader may do for itself with the orders that it sees: buy ahead of a bid, and leave out who is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from edgeworth.mechanisms.consensus.batches import Asked, Reached, Signers, played
from edgeworth.mechanisms.token_market.commands import Order
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.rules import ASSETS
from edgeworth.mechanisms.token_market.state import State

Arrange = Callable[[list[Asked]], list[Asked]]
"""Puts a batch in the order that the rules ask for; where they ask for none, leaves it as it is."""


def front_run(before: Reached, asked: Sequence[Asked], signers: Signers, own: Sequence[int], arrange: Arrange) -> list[Asked]:
    """The batch with a purchase and a resale put before the bid by which the leader gains most.

    Parameters
    ----------
    before : Reached
        The market before the block.
    asked : sequence of Asked
        What clients ask for.
    signers : Signers
        Makes the leader's commands.
    own : sequence of int
        The leader's accounts, which hold cash.
    arrange : callable
        The order that replicas ask for.

    Returns
    -------
    list of Asked
        As it was asked for where no bid is worth it.

    Notes
    -----
    For every bid and every account: buy as many tokens as the bid asks for, below its limit, and ask for the limit, or for one
    less than the next ask where that is cheaper. The leader knows the state and plays every such batch before it chooses, by
    the cash that its account has after the block. What a cleverer leader gains is more.
    """
    return _overtaken(before, list(asked), signers, own, arrange)[1]


def censor(before: Reached, asked: Sequence[Asked], signers: Signers, own: Sequence[int], arrange: Arrange) -> list[Asked]:
    """As `front_run`, and without the one command whose absence brings the leader most, where one does.

    Parameters
    ----------
    before, asked, signers, own, arrange
        As in `front_run`.

    Returns
    -------
    list of Asked
        As `front_run` where all absences bring nothing.
    """
    best, batch = _overtaken(before, list(asked), signers, own, arrange)
    for victim in asked:
        gain, other = _overtaken(before, [each for each in asked if each is not victim], signers, own, arrange)
        if gain > best:
            best, batch = gain, other
    return batch


def _overtaken(
    before: Reached, asked: list[Asked], signers: Signers, own: Sequence[int], arrange: Arrange
) -> tuple[int, list[Asked]]:
    """What the leader gains most by overtaking a bid, and the batch."""
    best, batch = 0, arrange(asked)
    for victim in asked:
        bid = victim.command
        if isinstance(bid, Order) and bid.side == "bid" and bid.price > 1:
            rest = [victim, *(each for each in asked if each is not victim)]
            for account in own:
                for trial in _trials(before, signers, bid, account, rest, arrange):
                    gain = _gain(before.state, trial, account)
                    if gain > best:
                        best, batch = gain, trial
    return best, batch


def _trials(
    before: Reached, signers: Signers, bid: Order, account: int, rest: list[Asked], arrange: Arrange
) -> Iterator[list[Asked]]:
    """Batches with a purchase and a resale before the rest, as far as the order lets them."""
    nonce, height = before.state.nonce(account), before.height + 1
    buy = signers.ask(Order("bid", bid.asset, bid.price - 1, bid.amount, tif="ioc"), account, nonce, height)
    # an order by hashes does not look at amounts and prices: the sale stands where this one does
    stand_in = signers.ask(Order("ask", bid.asset, bid.price, layout.LOT), account, nonce + 1, height)
    batch = arrange([buy, stand_in, *rest])
    state = before.state.copy()
    bought = played(state, batch[: batch.index(stand_in)])[batch.index(buy)].outputs[1]
    if bought < layout.LOT:
        return
    beside = _lowest_ask(state, bid.asset)
    for price in sorted({bid.price, max(min(bid.price, beside - 1), 1) if beside else bid.price}):
        yield arrange([buy, signers.ask(Order("ask", bid.asset, price, bought), account, nonce + 1, height), *rest])


def _lowest_ask(state: State, asset: str) -> int:
    """The price of the lowest resting ask of the literal economy; 0 where nothing is asked."""
    row = int(state.tables.heads[0, 2 * ASSETS.index(asset) + layout.ASK])
    return int(state.tables.orders[row, layout.O_PRICE]) if row else 0


def _gain(state: State, batch: Sequence[Asked], account: int) -> int:
    """What cash an account has more after a batch."""
    after = state.copy()
    played(after, batch)
    return after.account(account).free["CASH"] - state.account(account).free["CASH"]

"""Suppliers that default, and the record that the ledger keeps of them."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import DONE, FAILED
from edgeworth.solvers.scheduling.market.kernels.state import DEFAULTS
from edgeworth.solvers.scheduling.model.kernels.device import recount, rewake, settle, unlink
from edgeworth.solvers.scheduling.model.kernels.state import ABANDONED

RECORD = 3
"""Settled deals from which on a record is looked at."""


@leaf(counted=False)
def barred(terms, s, k):
    """Has device k, of so many settled deals at least, failed too large a share?"""
    failed = s.accounts[k + 1, FAILED]
    deals = failed + s.accounts[k + 1, DONE]
    return deals >= RECORD and failed > terms.tolerance * deals


@leaf(counted=False)
def default(world, state, books, j, k):
    """Device k was handed j just now: where it defaults it never begins it, and j fails at its deadline."""
    if state.status[j] != 0 or books.luck[j] >= books.default[k]:
        return
    before, other = -1, state.head[k]
    while other != j:
        before, other = other, state.after[other]
    unlink(state, k, before, j)
    recount(world, state, k)
    rewake(world, state, k)
    settle(state, j, world.due[j], ABANDONED)
    books.counts[DEFAULTS] += 1

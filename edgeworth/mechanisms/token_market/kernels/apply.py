"""The one kernel through which every command goes."""

from __future__ import annotations

from edgeworth.core.jit import jit, leaf
from edgeworth.mechanisms.token_market.kernels.accounts import borrow, burn, deposit, pledge, repay, transfer, withdraw
from edgeworth.mechanisms.token_market.kernels.attestation import attest, mint, open_account
from edgeworth.mechanisms.token_market.kernels.book import cancel, order
from edgeworth.mechanisms.token_market.kernels.deals import arbitrate, claim, commit, confirm, receipt
from edgeworth.mechanisms.token_market.kernels.layout import (
    ACCEPTED,
    ARBITRATE,
    ATTEST,
    BORROW,
    BURN,
    CANCEL,
    CLAIM,
    CLOCK,
    COMMANDS,
    COMMIT,
    CONFIRM,
    DEPOSIT,
    FULL,
    GAP,
    HEIGHT,
    LAST_TIME,
    MINT,
    NO_ACCOUNT,
    NONCE,
    NOT_SEQUENCER,
    OPEN,
    ORDER,
    OUTPUTS,
    PLEDGE,
    RANGE,
    RECEIPT,
    REPAY,
    REPLAY,
    TICK,
    TIME,
    TRANSFER,
    UNKNOWN,
    WITHDRAW,
)
from edgeworth.mechanisms.token_market.kernels.tables import is_account, roomy


@leaf(counted=False)
def tick(s, who, a):
    if who != 0:
        return NOT_SEQUENCER
    if a[0] > LAST_TIME:
        return RANGE
    if a[0] <= s.totals[TIME]:
        return CLOCK
    s.totals[TIME] = a[0]
    return ACCEPTED


@leaf(counted=False)
def dispatch(s, code, who, a, out):
    if code == OPEN:
        return open_account(s, a, out)
    if code == ATTEST:
        return attest(s, who, a, out)
    if code == MINT:
        return mint(s, who, a)
    if code == BURN:
        return burn(s, who, a)
    if code == TRANSFER:
        return transfer(s, who, a)
    if code == DEPOSIT:
        return deposit(s, who, a)
    if code == WITHDRAW:
        return withdraw(s, who, a)
    if code == ORDER:
        return order(s, who, a, out)
    if code == CANCEL:
        return cancel(s, who, a, out)
    if code == COMMIT:
        return commit(s, who, a, out)
    if code == CONFIRM:
        return confirm(s, who, a)
    if code == RECEIPT:
        return receipt(s, who, a, out)
    if code == CLAIM:
        return claim(s, who, a, out)
    if code == ARBITRATE:
        return arbitrate(s, a, out)
    if code == PLEDGE:
        return pledge(s, who, a)
    if code == BORROW:
        return borrow(s, who, a)
    if code == REPAY:
        return repay(s, who, a)
    return tick(s, who, a)


@jit(counted=False)
def apply(s, code, who, nonce, a, out):
    """Apply one command, or refuse it and change nothing. Returns ACCEPTED, a refusal, or FULL: a table must grow first.

    s: `Tables`. code: of the command. who: the signing account; 0 is the sequencer, and who opens an account has none yet.
    nonce: of that account. a int64 [WIDTH]: the arguments. out int64 [OUTPUTS]: what the command's own function says; zeros
    where it says nothing.
    """
    for k in range(OUTPUTS):
        out[k] = 0
    if code < OPEN or code > COMMANDS:
        return UNKNOWN
    if not roomy(s):
        return FULL
    if code == OPEN:
        who = 0
    else:
        if not (is_account(s, who) or (who == 0 and code == TICK)):
            return NO_ACCOUNT
        if nonce != s.accounts[who, NONCE]:
            return REPLAY if nonce < s.accounts[who, NONCE] else GAP
    result = dispatch(s, code, who, a, out)
    if result == ACCEPTED:
        s.totals[HEIGHT] += 1
        if code != OPEN:
            s.accounts[who, NONCE] += 1
    return result

"""The token market of BEST: tokens of compute and energy, cash, an order book and escrow, as one integer state machine.

Everything is a whole number of base units: 10^-6 CTK (a CTK is 1 GFLOP), 10^-6 PTK (a PTK is 3,600 J), 10^-3 of cash, and
milliseconds. Two economies: ``literal`` as the paper prints it, ``backed`` as we complete it (see `Rules`).

>>> from edgeworth.mechanisms import token_market
>>> state = token_market.State.genesis(token_market.Rules("literal"))
>>> for number in (1, 2):
...     _ = token_market.execute(state, token_market.Open(key=bytes([number] * 32)), signer=0)
>>> offer = token_market.Order(side="ask", asset="CTK", price=20_000, amount=5_000_000)  # 5 CTK for 20 each
>>> buy = token_market.Order(side="bid", asset="CTK", price=25_000, amount=2_000_000, tif="ioc")
>>> token_market.execute(state, offer, signer=1).refusal.name, token_market.execute(state, buy, signer=2).outputs
('ACCEPTED', (0, 2000000, 40000))
>>> token_market.violations(state)
[]

`verify` replays a run by rules of its own and judges thirteen invariants; `attack` plays one of fifteen attacks. A `Ledger`
takes signed commands, chains them by hashes and keeps them on disk (extra ``cryptography``). The same rules as contracts in a
real EVM are not here yet; their place is a room ``contracts``, compared with this ledger command by command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.mechanisms.token_market.apply import Effect as Effect, execute as execute
    from edgeworth.mechanisms.token_market.attacks import (
        ATTACKS as ATTACKS,
        VARIANTS as VARIANTS,
        Attack as Attack,
        Outcome as Outcome,
        attack as attack,
        attack_table as attack_table,
    )
    from edgeworth.mechanisms.token_market.authorities import Authorities as Authorities, Ring as Ring
    from edgeworth.mechanisms.token_market.check.invariants import (
        Broken as Broken,
        Summary as Summary,
        summary as summary,
        violations as violations,
    )
    from edgeworth.mechanisms.token_market.check.plain import PlainMarket as PlainMarket
    from edgeworth.mechanisms.token_market.check.verify import Offence as Offence, replay as replay, verify as verify
    from edgeworth.mechanisms.token_market.commands import (
        COMMANDS as COMMANDS,
        FORMATS as FORMATS,
        Arbitrate as Arbitrate,
        Attest as Attest,
        Borrow as Borrow,
        Burn as Burn,
        Cancel as Cancel,
        Claim as Claim,
        Command as Command,
        Commit as Commit,
        Confirm as Confirm,
        Deposit as Deposit,
        Mint as Mint,
        Open as Open,
        Order as Order,
        Pledge as Pledge,
        Receipt as Receipt,
        Repay as Repay,
        Tick as Tick,
        Transfer as Transfer,
        Withdraw as Withdraw,
    )
    from edgeworth.mechanisms.token_market.fields import (
        KINDS as KINDS,
        Judged as Judged,
        Kind as Kind,
        Party as Party,
        Reading as Reading,
        Vote as Vote,
    )
    from edgeworth.mechanisms.token_market.log import Log as Log, Record as Record, command_of as command_of
    from edgeworth.mechanisms.token_market.encoding import decode as decode, encode as encode
    from edgeworth.mechanisms.token_market.keys import Keys as Keys
    from edgeworth.mechanisms.token_market.random_runs import (
        Issued as Issued,
        Run as Run,
        random_issues as random_issues,
        random_run as random_run,
    )
    from edgeworth.mechanisms.token_market.random_signed import random_commands as random_commands
    from edgeworth.mechanisms.token_market.rules import (
        Refusal as Refusal,
        Rules as Rules,
        cost as cost,
        tokens as tokens,
    )
    from edgeworth.mechanisms.token_market.signing import (
        KeyPair as KeyPair,
        Signed as Signed,
        Wallet as Wallet,
        sound as sound,
        verified as verified,
    )
    from edgeworth.mechanisms.token_market.state import Account as Account, State as State
    from edgeworth.mechanisms.token_market.store.file import BrokenLedgerError as BrokenLedgerError
    from edgeworth.mechanisms.token_market.store.ledger import Ledger as Ledger
    from edgeworth.mechanisms.token_market.store.lines import read_signed as read_signed, write_signed as write_signed

_ROOMS = {
    "apply": ("Effect", "execute"),
    "attacks": ("ATTACKS", "VARIANTS", "Attack", "Outcome", "attack", "attack_table"),
    "authorities": ("Authorities", "Ring"),
    "check.invariants": ("Broken", "Summary", "summary", "violations"),
    "check.plain": ("PlainMarket",),
    "check.verify": ("Offence", "replay", "verify"),
    "commands": (
        "COMMANDS", "FORMATS", "Arbitrate", "Attest", "Borrow", "Burn", "Cancel", "Claim", "Command", "Commit", "Confirm",
        "Deposit", "Mint", "Open", "Order", "Pledge", "Receipt", "Repay", "Tick", "Transfer", "Withdraw",
    ),
    "encoding": ("decode", "encode"),
    "fields": ("KINDS", "Judged", "Kind", "Party", "Reading", "Vote"),
    "keys": ("Keys",),
    "log": ("Log", "Record", "command_of"),
    "random_runs": ("Issued", "Run", "random_issues", "random_run"),
    "random_signed": ("random_commands",),
    "rules": ("Refusal", "Rules", "cost", "tokens"),
    "signing": ("KeyPair", "Signed", "Wallet", "sound", "verified"),
    "state": ("Account", "State"),
    "store.file": ("BrokenLedgerError",),
    "store.ledger": ("Ledger",),
    "store.lines": ("read_signed", "write_signed"),
}  # fmt: skip
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_HOME, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
__getattr__ = later(__name__, _HOME)


def __dir__() -> list[str]:
    return list(__all__)

"""Commands of the ledger: one frozen dataclass each, and one table from which encoding, validation and arguments are derived.

`FORMATS` gives every command its fields in order, each with its kind in `fields.KINDS`: its width in the encoding, its range,
and what it becomes in the kernel's vector of int64 arguments. Signatures, keys and hashes are bytes here; the kernel sees what
was `Judged` of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar

from edgeworth.mechanisms.token_market.fields import (
    ALL_WELL,
    KINDS,
    AccountField,
    Amount,
    Checked,
    Digest,
    IssuerField,
    Judged,
    Number,
    Reading,
    SignatureField,
    Time,
    Token,
    Vote,
    format_of,
    numbers,
)


class Command(Checked):
    """What all commands share.

    Attributes
    ----------
    code : int
        Number in the kernel and in the encoding.
    """

    __slots__ = ()
    code: ClassVar[int]

    def arguments(self, judged: Judged = ALL_WELL) -> list[int]:
        """What the kernel sees.

        Parameters
        ----------
        judged : Judged
            Of the signatures, keys and hashes inside; left out, all is well.

        Examples
        --------
        >>> Transfer(to=2, asset="CASH", amount=5).arguments()
        [2, 2, 5, 0]
        """
        found: list[int] = []
        for name, kind in format_of(type(self)).items():
            found += numbers(getattr(self, name), KINDS[kind], judged)
        return found


@dataclass(frozen=True)
class Open(Command):
    """Open an account for a new key; the signer is that key.

    Parameters
    ----------
    key : bytes
        The public key, 32 bytes.
    role : {"device", "user"}
        Devices may attest and pledge.
    """

    key: Annotated[bytes, "key"]
    role: Annotated[str, "role"] = "device"


@dataclass(frozen=True)
class Attest(Command):
    """Show a device's idle resources of a period, signed inside the device and by oracles.

    Parameters
    ----------
    tee : int
        Number of the attestation key, >= 1, in the market's list.
    period : int
        Later than the device's last one.
    ctk, ptk : int
        What the device's trusted environment measured, base units.
    signature : bytes
        Of the attestation key.
    readings : tuple of Reading
        In rising order of seats.
    """

    tee: Annotated[int, "tee"]
    period: Number
    ctk: Amount
    ptk: Amount
    signature: SignatureField = b""
    readings: Annotated[tuple[Reading, ...], "readings"] = ()


@dataclass(frozen=True)
class Mint(Command):
    """Create tokens against the signer's reserve.

    Parameters
    ----------
    asset : {"CTK", "PTK"}
        What is minted.
    amount : int
        Base units.
    """

    asset: Token
    amount: Amount


@dataclass(frozen=True)
class Burn(Command):
    """Destroy tokens, as local work does in the literal economy.

    Parameters
    ----------
    asset : {"CTK", "PTK"}
        What is burned.
    amount : int
        Base units.
    issuer : int
        Whose tokens, in the backed economy; 0: the signer's own.
    """

    asset: Token
    amount: Amount
    issuer: IssuerField = 0


@dataclass(frozen=True)
class Transfer(Command):
    """Give tokens or cash to another account, or to oneself.

    Parameters
    ----------
    to : int
        The receiver.
    asset : {"CTK", "PTK", "CASH"}
        What is given.
    amount : int
        Base units; 0 changes nothing.
    issuer : int
        Whose tokens, in the backed economy; 0: the signer's own.
    """

    to: AccountField
    asset: Annotated[str, "asset"]
    amount: Amount
    issuer: IssuerField = 0


@dataclass(frozen=True)
class Deposit(Command):
    """Turn cash into stake; a notice of withdrawal lapses.

    Parameters
    ----------
    amount : int
        Base units.
    """

    amount: Amount


@dataclass(frozen=True)
class Withdraw(Command):
    """Turn stake into cash, 60 s after a notice.

    Parameters
    ----------
    amount : int
        Base units; 0 gives the notice.
    """

    amount: Amount


@dataclass(frozen=True)
class Order(Command):
    """Ask tokens or bid for them, in price-time priority at resting prices.

    Parameters
    ----------
    side : {"bid", "ask"}
        An ask locks tokens, a bid cash.
    asset : {"CTK", "PTK"}
        What is traded.
    price : int
        Base cash for a whole token, 1 to 9,000,000.
    amount : int
        Base units, 1,000 to 10^12.
    issuer : int
        Whose tokens; in the literal economy 0.
    tif : {"gtc", "ioc", "fok"}
        The rest stays in the book; is dropped; all or nothing.
    """

    side: Annotated[str, "side"]
    asset: Token
    price: Annotated[int, "price"]
    amount: Annotated[int, "lots"]
    issuer: IssuerField = 0
    tif: Annotated[str, "tif"] = "gtc"


@dataclass(frozen=True)
class Cancel(Command):
    """Take an order out of the book.

    Parameters
    ----------
    order : int
        The number that the order was given.
    """

    order: Number


@dataclass(frozen=True)
class Commit(Command):
    """Put a deal into escrow that requester and supplier have both signed; either may submit it.

    Parameters
    ----------
    requester, supplier : int
        The parties.
    number : int
        Of this deal between the two; used once.
    task : bytes
        Hash of the task, 32 bytes.
    ctk, ptk : int
        Tokens that the task takes, base units.
    cash : int
        The payment, base units; in the literal economy 0.
    time, deadline : int
        Of the promise, and of the result, ms.
    prepaid : bool
        The requester brings tokens of the supplier that it bought before; in the literal economy it always brings the
        tokens.
    signature : bytes
        Of the party that does not submit.
    """

    requester: AccountField
    supplier: AccountField
    number: Number
    task: Digest
    ctk: Amount
    ptk: Amount
    cash: Amount
    time: Time
    deadline: Time
    prepaid: Annotated[bool, "flag"] = False
    signature: SignatureField = b""


@dataclass(frozen=True)
class Confirm(Command):
    """Settle a deal as done: by its requester, or by its supplier once the window of its receipt is over.

    Parameters
    ----------
    deal : int
        The deal's number in the ledger.
    """

    deal: Number


@dataclass(frozen=True)
class Receipt(Command):
    """Say that the result was delivered; opens a window of 30 s for claims. Not in the literal economy.

    Parameters
    ----------
    deal : int
        The deal's number in the ledger.
    result : bytes
        Hash of the result, 32 bytes.
    signature : bytes
        Of the supplier's monitor.
    """

    deal: Number
    result: Digest
    signature: SignatureField = b""


@dataclass(frozen=True)
class Claim(Command):
    """Say that a deal failed: without a receipt a refund after the deadline, with one a dispute.

    Parameters
    ----------
    deal : int
        The deal's number in the ledger.
    reason : {"timeout", "failure", "wrong"}
        A timeout is none where there is a receipt.
    """

    deal: Number
    reason: Annotated[str, "reason"]


@dataclass(frozen=True)
class Arbitrate(Command):
    """Decide a dispute by a quorum of arbiters. Not in the literal economy.

    Parameters
    ----------
    deal : int
        The deal's number in the ledger.
    votes : tuple of Vote
        In rising order of seats.
    """

    deal: Number
    votes: Annotated[tuple[Vote, ...], "votes"]


@dataclass(frozen=True)
class Pledge(Command):
    """Bind a device's hash to the account, which opens its credit line.

    Parameters
    ----------
    digest : bytes
        Hash of the device's identity, 32 bytes; in the backed economy of its attestation key.
    """

    digest: Annotated[bytes, "pledge"]


@dataclass(frozen=True)
class Borrow(Command):
    """Borrow from the pool, up to 30 PTK (backed: 30 cash), due 600 s after a debt begins.

    Parameters
    ----------
    amount : int
        Base units.
    """

    amount: Amount


@dataclass(frozen=True)
class Repay(Command):
    """Pay a debt back.

    Parameters
    ----------
    amount : int
        Base units.
    """

    amount: Amount


@dataclass(frozen=True)
class Tick(Command):
    """Tell the time; by the sequencer.

    Parameters
    ----------
    time : int
        Milliseconds, later than before.
    """

    time: Time


COMMANDS: tuple[type[Command], ...] = (
    Open, Attest, Mint, Burn, Transfer, Deposit, Withdraw, Order, Cancel,
    Commit, Confirm, Receipt, Claim, Arbitrate, Pledge, Borrow, Repay, Tick,
)  # fmt: skip
"""All commands, in the order of their codes, from 1."""
for _code, _command in enumerate(COMMANDS, 1):
    _command.code = _code


FORMATS: Mapping[type, Mapping[str, str]] = MappingProxyType({kind: format_of(kind) for kind in (*COMMANDS, Reading, Vote)})
"""Of every command, and of the entries of lists: the fields in their order, each with the name of its kind."""

"""The keeper of keys: whether commands are authentic, and what is judged of the signatures, keys and hashes in them."""

from __future__ import annotations

import hashlib

from edgeworth.mechanisms.token_market.authorities import Authorities
from edgeworth.mechanisms.token_market.commands import Arbitrate, Attest, Command, Commit, Open, Pledge, Receipt
from edgeworth.mechanisms.token_market.fields import ALL_WELL, Judged
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.rules import Rules
from edgeworth.mechanisms.token_market.signing import (
    PREFIX,
    monitor_message,
    promise_message,
    reading_message,
    sound,
    tee_message,
    verified,
    vote_message,
)
from edgeworth.mechanisms.token_market.state import State

UNKNOWN_PLEDGE = layout.MAX_TEE + 1
"""What a hash of no attestation key becomes in the backed economy: a number that no attestation key has."""


class Keys:
    """Keys of a chain: of its authorities, and of its accounts.

    Parameters
    ----------
    chain : bytes
        The chain's id, 32 bytes.
    rules : Rules
        Of the market.
    authorities : Authorities
        Fixed at genesis.
    """

    def __init__(self, chain: bytes, rules: Rules, authorities: Authorities) -> None:
        self.chain, self.rules, self.authorities = chain, rules, authorities
        self.accounts = [authorities.sequencer]
        self.numbers = {authorities.sequencer: 0}

    def genesis(self) -> bytes:
        """The hash that comes before the first record's: SHA-256 of all that is fixed at genesis."""
        rules = b"".join(number.to_bytes(8, "little", signed=True) for number in self.rules.vector())
        return hashlib.sha256(PREFIX + b"/genesis" + self.chain + rules + self.authorities.to_bytes()).digest()

    def add(self, key: bytes) -> None:
        """The next account has this key."""
        self.numbers[key] = len(self.accounts)
        self.accounts.append(key)

    def authentic(self, command: Command, signer: int, encoded: bytes, signature: bytes) -> bool:
        """Whether a command's signature is its signer's; of an opening, the new key's.

        Parameters
        ----------
        command : Command
        signer : int
            An account that is there, or 0.
        encoded, signature : bytes
            The command as it was signed, and its signature.
        """
        key = command.key if isinstance(command, Open) else self.accounts[signer]
        return verified(key, signature, PREFIX + self.chain + encoded)

    def judge(self, command: Command, signer: int, state: State) -> Judged:
        """What the kernel is to know of the signatures, keys and hashes in a command.

        Parameters
        ----------
        command : Command
        signer : int
            Who commands it.
        state : State
            Before the command: of a receipt, the deal's supplier and its attestation key.

        Returns
        -------
        Judged
        """
        chain, known = self.chain, self.authorities
        if isinstance(command, Open):
            return Judged(fresh=command.key not in self.numbers and sound(command.key))
        if isinstance(command, Attest):
            one = command.tee <= len(known.tees) and verified(
                known.tees[command.tee - 1], command.signature, tee_message(chain, signer, command)
            )
            each = tuple(
                reading.seat < len(known.oracles)
                and verified(known.oracles[reading.seat], reading.signature, reading_message(chain, signer, command, reading))
                for reading in command.readings
            )
            return Judged(valid=one, each=each)
        if isinstance(command, Commit):
            other = command.supplier if signer == command.requester else command.requester
            key = self.accounts[other] if other < len(self.accounts) else b""
            return Judged(valid=verified(key, command.signature, promise_message(chain, command)))
        if isinstance(command, Receipt):
            return Judged(valid=verified(self.monitor(command.deal, state), command.signature, monitor_message(chain, command)))
        if isinstance(command, Arbitrate):
            votes = tuple(
                vote.seat < len(known.arbiters)
                and verified(known.arbiters[vote.seat], vote.signature, vote_message(chain, command.deal, vote))
                for vote in command.votes
            )
            return Judged(each=votes)
        return self.pledged(command)

    def pledged(self, command: Command) -> Judged:
        """What is judged of a command that holds no signatures and opens no account.

        Parameters
        ----------
        command : Command
        """
        if isinstance(command, Pledge) and self.rules.economy == "backed":
            return Judged(pledge=self.authorities.pledges.get(command.digest, UNKNOWN_PLEDGE))
        return ALL_WELL

    def monitor(self, deal: int, state: State) -> bytes:
        """The key that signs receipts of a deal: the supplier's attestation key, or the account's own where there is none.

        Parameters
        ----------
        deal : int
            Its number; no key where there is no such deal.
        state : State
            In which the deal is.
        """
        tables = state.tables
        if not 1 <= deal <= tables.totals[layout.N_DEALS]:
            return b""
        supplier = int(tables.deals[deal, layout.D_SUPPLIER])
        tee = int(tables.accounts[supplier, layout.TEE])
        return self.authorities.tees[tee - 1] if tee else self.accounts[supplier]

    def to_bytes(self) -> bytes:
        """The accounts' keys, in their order."""
        return b"".join(self.accounts[1:])

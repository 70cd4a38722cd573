"""Commands take effect on a state, one at a time or from a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.commands import Command
from edgeworth.mechanisms.token_market.fields import ALL_WELL, Judged
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.kernels.apply import apply
from edgeworth.mechanisms.token_market.rules import Refusal
from edgeworth.mechanisms.token_market.state import State


@dataclass(frozen=True)
class Effect:
    """What became of a command. It is truthy when the command was accepted.

    Parameters
    ----------
    refusal : Refusal
        ``ACCEPTED``, or why not.
    outputs : tuple of three int
        Of an order its number (0 if nothing rests), the tokens and the cash traded; of an opening the account; of a commitment
        the deal; of an attestation the reserves and the cash granted; of a receipt the end of its window; of a claim or an
        arbitration the deal's status, what the loser's stake paid, and the fine; of a cancellation what was unlocked.

    Examples
    --------
    >>> bool(Effect(Refusal.STALE, (0, 0, 0)))
    False
    """

    refusal: Refusal
    outputs: tuple[int, int, int]

    def __bool__(self) -> bool:
        return self.refusal is Refusal.ACCEPTED


def execute(state: State, command: Command, *, signer: int, nonce: int | None = None, judged: Judged = ALL_WELL) -> Effect:
    """Apply a command to a state, in place.

    Parameters
    ----------
    state : State
        Changed only if the command is accepted.
    command : Command
        Valid by construction.
    signer : int
        The account whose signature was verified; 0 is the sequencer, and whoever opens an account.
    nonce : int, optional
        That the signer gave; left out, the next one.
    judged : Judged
        Of the signatures, keys and hashes inside.

    Returns
    -------
    Effect

    Examples
    --------
    >>> from edgeworth.mechanisms.token_market import Open, Rules, State, Transfer
    >>> state = State.genesis(Rules("literal"))
    >>> execute(state, Open(bytes(32)), signer=0).outputs[0], execute(state, Open(bytes(32)), signer=0).outputs[0]
    (1, 2)
    >>> bool(execute(state, Transfer(to=2, asset="PTK", amount=7), signer=1)), state.account(2).free["PTK"]
    (True, 50000007)
    >>> execute(state, Transfer(to=2, asset="PTK", amount=7), signer=1, nonce=0).refusal.name
    'REPLAY'
    """
    who = validation.integer("signer", signer, minimum=0)
    if nonce is None:
        nonce = state.nonce(who) if who <= state.accounts else 0
    return execute_numbers(state, command.code, who, nonce, command.arguments(judged))


def execute_numbers(state: State, code: int, signer: int, nonce: int, arguments: Sequence[int]) -> Effect:
    """Apply a command that is already numbers, such as a record of a log.

    Parameters
    ----------
    state : State
        Changed only if the command is accepted.
    code, signer, nonce : int
        As `execute` passes them.
    arguments : sequence of int
        At most 34.
    """
    vector, out = np.zeros(layout.WIDTH, np.int64), np.zeros(layout.OUTPUTS, np.int64)
    vector[: len(arguments)] = arguments
    result = apply(state.tables, code, signer, nonce, vector, out)
    while result == layout.FULL:
        state.grow()
        result = apply(state.tables, code, signer, nonce, vector, out)
    first, second, third = out.tolist()
    return Effect(Refusal(result), (first, second, third))

"""What a message must look like before anything in it is believed or even read."""

from __future__ import annotations

from typing import Any

from edgeworth.mechanisms.consensus.messages import (
    BLOCKS,
    CHECKPOINT,
    COMMIT,
    FETCH,
    KINDS,
    NEW_VIEW,
    PRE_PREPARE,
    PREPARE,
    REPLY,
    REQUEST,
    VIEW_CHANGE,
    Committed,
    Message,
    Prepared,
    Stable,
)

LARGEST = 2**62
"""Views and sequence numbers stay below."""
MOST = 4_096
"""Certificates, votes or blocks that one message carries at most."""

_VOTES = (PREPARE, COMMIT)
_NUMBERED = (REQUEST, PRE_PREPARE, PREPARE, COMMIT, CHECKPOINT, FETCH, BLOCKS, REPLY)


def malformed(message: object, size: int) -> str:
    """Why a message cannot be one of the protocol.

    Parameters
    ----------
    message : object
        Anything.
    size : int
        How many replicas there are.

    Returns
    -------
    str
        The first rule that is broken, naming the field; empty for a well-formed message.

    Notes
    -----
    Types, ranges and lengths only: signatures, certificates and the place of a message in the protocol are judged afterwards.

    Examples
    --------
    >>> malformed(Message(COMMIT, 9, 0, 1, bytes(16), bytes(16)), 4)
    'sender: must be a replica below 4; got 9'
    """
    if type(message) is not Message:
        return f"message: must be a Message; got {type(message).__name__}"
    kind, sender, view, sequence, digest, tag, body = message
    if type(kind) is not int or not 0 <= kind < len(KINDS):
        return f"kind: must be one of 0 to {len(KINDS) - 1}; got {kind!r}"
    if type(sender) is not int or not (sender == -1 if kind == REQUEST else 0 <= sender < size):
        return f"sender: must be {'the client' if kind == REQUEST else f'a replica below {size}'}; got {sender!r}"
    if type(view) is not int or not 0 <= view < LARGEST:
        return f"view: must be a whole number from 0; got {view!r}"
    if type(sequence) is not int or not (1 if kind in _NUMBERED else 0) <= sequence < LARGEST:
        return f"sequence: must be a whole number in range; got {sequence!r}"
    if type(digest) is not bytes or type(tag) is not bytes:
        return f"digest and tag: must be bytes; got {type(digest).__name__} and {type(tag).__name__}"
    if kind in _VOTES:
        return "" if body is None else "body: votes carry none"
    return _body(kind, body, size)


def _body(kind: int, body: Any, size: int) -> str:
    if kind == PRE_PREPARE:
        return "" if type(body) is bytes else "body: a pre-prepare carries a block as bytes"
    if kind == VIEW_CHANGE:
        return _change(body, size)
    if kind == NEW_VIEW:
        if type(body) is not tuple or len(body) != 2 or not all(type(part) is tuple and len(part) <= MOST for part in body):
            return "body: a new view carries votes and authenticators, two tuples"
        if not all(type(tag) is bytes for tag in body[1]):
            return "body: authenticators must be bytes"
        for vote in body[0]:
            reason = malformed(vote, size) or ("" if vote.kind == VIEW_CHANGE else "kind: must be view-change")
            if reason:
                return f"body: a vote's {reason}"
        return ""
    if kind == BLOCKS:
        if type(body) is not tuple or len(body) > MOST:
            return "body: must be a tuple of committed blocks"
        return next(filter(None, (_committed(each, size) for each in body)), "")
    return "" if body is None else f"body: a {KINDS[kind]} carries none"


def _change(body: Any, size: int) -> str:
    if type(body) is not tuple or len(body) != 2 or type(body[0]) is not Stable or type(body[1]) is not tuple:
        return "body: a view change carries a stable checkpoint and a tuple of certificates"
    stable, prepared = body
    if len(prepared) > MOST:
        return f"body: must have at most {MOST} certificates; got {len(prepared)}"
    if not _number(stable.sequence) or type(stable.digest) is not bytes or not _tags(stable.tags, size):
        return "body: the stable checkpoint must have a number, a digest and authenticators by replica"
    for each in prepared:
        if type(each) is not Prepared:
            return f"body: must hold certificates; got {type(each).__name__}"
        if not (_number(each.sequence) and _number(each.view) and type(each.digest) is bytes and type(each.block) is bytes):
            return "body: a certificate must have numbers, a digest and a block"
        if not _tags(each.tags, size):
            return "body: a certificate must have authenticators by replica"
    if len({each.sequence for each in prepared}) < len(prepared):
        return "body: must have one certificate a number"
    return ""


def _committed(each: Any, size: int) -> str:
    if type(each) is not Committed:
        return f"body: must hold committed blocks; got {type(each).__name__}"
    numbers = _number(each.sequence) and each.sequence > 0 and _number(each.view)
    if not (numbers and type(each.digest) is bytes and type(each.block) is bytes and _tags(each.tags, size)):
        return "body: a committed block must have numbers, a digest, a block and authenticators"
    return ""


def _number(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _tags(tags: Any, size: int) -> bool:
    if type(tags) is not dict or len(tags) > size:
        return False
    return all(type(i) is int and 0 <= i < size and type(tag) is bytes for i, tag in tags.items())

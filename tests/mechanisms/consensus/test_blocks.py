"""Blocks, messages and records that are not what they should be."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.allocating import Allocating
from edgeworth.mechanisms.consensus.messages import (
    BLOCKS,
    COMMIT,
    NEW_VIEW,
    PRE_PREPARE,
    PREPARE,
    REQUEST,
    VIEW_CHANGE,
    Committed,
    Message,
    Prepared,
    Stable,
    digest_of,
)

D, T = bytes(16), bytes(16)
VOTE: Any = Message(VIEW_CHANGE, 1, 2, 0, b"", T, (Stable(), ()))
STABLE: Any = Stable  # for what they must not hold
PREPARED: Any = Prepared
GOOD: list[Any] = [
    Message(REQUEST, -1, 0, 1),
    Message(PRE_PREPARE, 0, 0, 1, D, T, b"block"),
    Message(PREPARE, 0, 0, 1, D, T),
    Message(COMMIT, 0, 0, 1, D, T),
    VOTE,
    Message(NEW_VIEW, 2, 2, 0, b"", T, ((VOTE,), (T,))),
    Message(BLOCKS, 0, 0, 1, b"", b"", (Committed(1, 0, D, b"x", {0: T}, 0.0),)),
]

BAD: list[tuple[object, str]] = [
    ("commit", "message: "),
    (tuple(GOOD[3]), "message: "),
    (GOOD[3]._replace(kind=10), "kind: "),
    (GOOD[3]._replace(kind=-1), "kind: "),
    (GOOD[3]._replace(kind=True), "kind: "),
    (GOOD[3]._replace(kind="commit"), "kind: "),
    (GOOD[3]._replace(sender=4), "sender: "),
    (GOOD[3]._replace(sender=-1), "sender: "),
    (GOOD[3]._replace(sender=1.0), "sender: "),
    (GOOD[0]._replace(sender=0), "sender: "),
    (GOOD[3]._replace(view=-1), "view: "),
    (GOOD[3]._replace(view=2**62), "view: "),
    (GOOD[3]._replace(view=None), "view: "),
    (GOOD[3]._replace(sequence=0), "sequence: "),
    (GOOD[3]._replace(sequence=2**70), "sequence: "),
    (GOOD[3]._replace(sequence=float("nan")), "sequence: "),
    (GOOD[3]._replace(digest="00"), "digest and tag: "),
    (GOOD[3]._replace(tag=None), "digest and tag: "),
    (GOOD[3]._replace(body=b"block"), "body: votes carry none"),
    (GOOD[0]._replace(body=1), "body: a request carries none"),
    (GOOD[1]._replace(body=None), "body: a pre-prepare"),
    (GOOD[1]._replace(body="block"), "body: a pre-prepare"),
    (VOTE._replace(body=None), "body: a view change"),
    (VOTE._replace(body=((0, b"", {}), ())), "body: a view change"),
    (VOTE._replace(body=(STABLE(), [])), "body: a view change"),
    (VOTE._replace(body=(STABLE(-1), ())), "body: the stable checkpoint"),
    (VOTE._replace(body=(STABLE(10, D, {4: T}), ())), "body: the stable checkpoint"),
    (VOTE._replace(body=(STABLE(10, D, [T]), ())), "body: the stable checkpoint"),
    (VOTE._replace(body=(STABLE(), (1,))), "body: must hold certificates"),
    (VOTE._replace(body=(STABLE(), (PREPARED(1, 0, D, "x", {}),))), "body: a certificate must have numbers"),
    (VOTE._replace(body=(STABLE(), (PREPARED(1, 0, D, b"x", {0: "T"}),))), "body: a certificate must have authenticators"),
    (VOTE._replace(body=(STABLE(), (PREPARED(1, 0, D, b"x", {}),) * 2)), "body: must have one certificate a number"),
    (VOTE._replace(body=(STABLE(), (PREPARED(1, 0, D, b"x", {}),) * 5_000)), "body: must have at most"),
    (GOOD[5]._replace(body=((VOTE,),)), "body: a new view"),
    (GOOD[5]._replace(body=((GOOD[3],), ())), "body: a vote's kind: "),
    (GOOD[5]._replace(body=((VOTE._replace(view="2"),), ())), "body: a vote's view: "),
    (GOOD[5]._replace(body=((VOTE,), (None,))), "body: authenticators"),
    (GOOD[6]._replace(body=[]), "body: must be a tuple"),
    (GOOD[6]._replace(body=(D,)), "body: must hold committed blocks"),
    (GOOD[6]._replace(body=(Committed(0, 0, D, b"x", {}, 0.0),)), "body: a committed block"),
]


@pytest.mark.parametrize("message", GOOD, ids=lambda message: consensus.KINDS[message.kind])
def test_messages_of_the_protocol_are_well_formed(message: Message) -> None:
    assert consensus.malformed(message, 4) == ""


@pytest.mark.parametrize(("message", "text"), BAD, ids=range(len(BAD)))
def test_malformed_messages_are_refused_by_name(message: Any, text: str) -> None:
    assert consensus.malformed(message, 4).startswith(text)


def test_a_replica_drops_what_is_malformed() -> None:
    class Deaf:
        now = 0.0

        def fail(self, *given: object) -> int:
            raise AssertionError("nothing may be sent")

        broadcast = send = wake = refused = fail

    replica = consensus.Replica(1, 4, consensus.Counting(0), Deaf(), consensus.IdealAuthenticators(0), 1.0, 10, 20)  # type: ignore[arg-type]
    for message, _ in BAD:
        if isinstance(message, Message):
            replica.receive(message.sender, message)


BLOCK = consensus.Block(3, bytes.fromhex("ab"), 1, 2, "counting", {"sum": 3})


def altered(**fields: Any) -> bytes:
    content = json.loads(BLOCK.encode()) | fields
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "must be JSON"),
        (b"\xff", "must be JSON"),
        (b"[" * 100_000, "must be JSON"),
        (b"[]", "must have the fields"),
        (altered(more=1), "must have the fields"),
        (altered(height=0), "height must be"),
        (altered(height=True), "height must be"),
        (altered(height="3"), "height must be"),
        (altered(view=-1), "view must be"),
        (altered(proposer=1.0), "proposer must be"),
        (altered(previous=1), "previous must be a str"),
        (altered(previous="xy"), "previous must be hexadecimal"),
        (altered(previous="AB"), "written canonically"),
        (altered(machine=None), "machine must be a str"),
        (altered(content=[]), "content must be a dict"),
        (altered(content={"a": float("nan")}), "numbers finite"),
        (BLOCK.encode() + b" ", "written canonically"),
        (json.dumps(json.loads(BLOCK.encode())).encode(), "written canonically"),
        (b'"' + b"x" * 4_000_000 + b'"', "must have at most"),
    ],
    ids=range(19),
)
def test_malformed_blocks_are_refused_by_name(data: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        consensus.Block.decode(data)


def test_a_block_that_is_too_deep_is_refused_also_where_it_can_just_be_read() -> None:
    said = set()
    for deep in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit() + 20):
        try:
            consensus.Block.decode(altered(content={}).replace(b"{}", b'{"a":' + b"[" * deep + b"]" * deep + b"}"))
        except ValueError as error:
            said.add(str(error)[:16])
    assert said <= {"block: must be J", "block: previous "}, "which of the two ends first is the interpreter's"


def test_a_block_is_its_bytes() -> None:
    assert consensus.Block.decode(BLOCK.encode()) == BLOCK


# --- records that were changed afterwards -------------------------------------------------------------------------------------


RUN = consensus.simulate(replicas=4, blocks=4, faults="silent", seed=2)


def with_block(place: int, **changes: Any) -> consensus.Run:
    """The run in which the first correct replica executed something else there."""
    chains = [list(chain) for chain in RUN.chains]
    chains[1][place] = chains[1][place]._replace(**changes)
    return replace(RUN, chains=tuple(map(tuple, chains)))


OTHER = consensus.Counting(99).propose(2, b"", 0, 0)
FORGED: list[tuple[consensus.Run, set[str]]] = [
    (with_block(1, block=OTHER), {"agreement", "chain", "validity"}),
    (with_block(1, block=OTHER, digest=digest_of(OTHER)), {"agreement", "certificates", "validity"}),
    (with_block(1, view=3), {"certificates"}),
    (with_block(1, sequence=1), {"certificates", "chain", "validity"}),
    (with_block(1, tags={}), {"certificates"}),
    (with_block(1, tags=dict.fromkeys(range(4), T)), {"certificates"}),
    (with_block(1, tags=dict(list(RUN.chains[1][1].tags.items())[:2])), {"certificates"}),
    (replace(RUN, chains=(*RUN.chains[:1], RUN.chains[1][:3], *RUN.chains[2:])), {"liveness"}),
    (replace(RUN, key=RUN.key + 1), {"certificates"}),
    (replace(RUN, answers=RUN.answers[:3]), {"liveness"}),
    (replace(RUN, answers=(*RUN.answers[:3], -1.0)), {"record"}),
    (replace(RUN, blocks=3), {"record"}),
    (replace(RUN, faulty=dict.fromkeys(range(4), "silent"), faults=("silent",) * 4), {"record"}),
    (replace(RUN, faulty={0: "silent", 1: "silent"}), {"record"}),
    (replace(RUN, replicas=1), {"record"}),
    (replace(RUN, chains=RUN.chains[:3]), {"record"}),
    (replace(RUN, machine=Allocating()), {"validity"}),
]


@pytest.mark.parametrize(("run", "broken"), FORGED, ids=range(len(FORGED)))
def test_a_changed_record_is_noticed(run: consensus.Run, broken: set[str]) -> None:
    report = consensus.verify(run)
    assert {name for name, verdict in report.items() if not verdict} == broken
    for name in broken:
        assert str(report[name].witness)


def test_beyond_what_the_client_asked_for_correct_replicas_must_agree_too() -> None:
    broken = consensus.simulate(replicas=4, blocks=3, faults="equivocating-leader", faulty=2, seed=0, until=5.0)
    short = consensus.verify(broken)["agreement"].witness.sequence - 1
    assert not consensus.verify(replace(broken, blocks=short, answers=broken.answers[:short]))["agreement"]


# --- what is agreed about -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [None, 0.02])
def test_replicas_verify_an_allocation_and_solve_nothing(gap: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Allocating(servers=4, tasks=12, method="exact", gap=gap, seed=1)
    run = consensus.simulate(replicas=4, blocks=2, machine=machine, seed=0)
    assert consensus.verify(run)
    fresh = Allocating(servers=4, tasks=12, method="exact", gap=gap, seed=1)
    monkeypatch.setattr(Allocating, "result", lambda *given: pytest.fail("a replica must not solve"))
    for each in run.chains[0]:
        previous = run.chains[0][each.sequence - 2].digest if each.sequence > 1 else b""
        assert fresh.refusal(each.sequence, previous, each.block) == ""


@pytest.mark.parametrize(("faults", "text"), [("wrong-allocation", "constraint"), ("lazy-leader", "below greedy's")])
def test_a_lying_or_lazy_leader_is_voted_out(faults: str, text: str) -> None:
    machine = Allocating(servers=4, tasks=60, seed=1)
    run = consensus.simulate(replicas=4, blocks=3, machine=machine, faults=faults, seed=0)
    assert consensus.verify(run)
    assert run.view_changes == 1
    assert text in run.refusals[0].reason


def test_what_a_block_says_of_an_allocation_is_checked() -> None:
    machine = Allocating(servers=4, tasks=12, method="exact", gap=0.05, seed=1)
    block = consensus.Block.decode(machine.propose(1, b"", 0, 0))
    content = dict(block.content)
    bound = content["bound"]
    arrays = {name: [kind, shape, (np.array(entries) * 0).tolist()] for name, (kind, shape, entries) in bound["arrays"].items()}

    def reason(**changes: Any) -> str:
        return machine.refusal(1, b"", replace(block, content=content | changes).encode())

    assert reason() == ""
    assert "fields" in reason(more=1)
    assert "problem must be that of round 1" in reason(problem="0" * 32)
    for servers in ([0], [0.0] * 12, [True] * 12, [4] * 12, [-2] * 12, "0" * 12, None):
        assert "servers must name" in reason(servers=servers)
    for value in (1.0, "x", None, "1p9999"):
        assert "value must be a number" in reason(value=value)
    for value in ("nan", "inf", (float.fromhex(content["value"]) * 1.001).hex()):
        assert "the block says" in reason(value=value)
    for wrong in (None, {}, {"kind": "loom", "arrays": {}}, {"kind": bound["kind"], "arrays": {}}, bound | {"arrays": arrays}):
        assert reason(bound=wrong)
    for kind, entry in (("<i4", 10**30), ("<i4", 2**31), ("<f8", 10**400), ("<f2", 1e300), ("<f8", "nan"), ("O", None)):
        spoilt = {name: [kind, shape, [entry] * math.prod(shape)] for name, (_, shape, _) in bound["arrays"].items()}
        assert "bound must be" in reason(bound=bound | {"arrays": spoilt})
    for method in ("loom", None, ["exact"]):
        assert "method must be" in reason(method=method)
    for seed in (-1, True, "0", 1.0, None, 2**63):
        assert "seed must be" in reason(seed=seed)
    assert "another" not in machine.refusal(2, b"", block.encode())
    assert "number 1, not 2" in machine.refusal(2, b"", block.encode())
    assert "does not follow" in machine.refusal(1, b"x", block.encode())
    assert "not 'allocation'" in machine.refusal(1, b"", replace(block, machine="counting").encode())

"""One replica among messages that it must not believe: what it says and what it executes afterwards.

What runs with faulty replicas cannot show, since none of the faults plays it, is shown here message by message.
"""

from __future__ import annotations

from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.messages import (
    BLOCKS,
    CHECKPOINT,
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
    checkpoint_statement,
    commit_statement,
    digest_of,
    new_view_statement,
    prepare_statement,
    view_change_statement,
)

KEYS = consensus.IdealAuthenticators(0)
MACHINE = consensus.Counting(0)
BEGINNING = Stable()
ONE, OTHER = (MACHINE.propose(1, b"", 0, 0, variant) for variant in (0, 1))


class Mouth:
    """A net that keeps what is said."""

    now = 0.0

    def __init__(self) -> None:
        self.said: list[Message] = []

    def broadcast(self, sender: int, message: Message) -> None:
        self.said.append(message)

    def send(self, sender: int, receiver: int, message: Message) -> None:
        self.said.append(message)

    def wake(self, replica: int, delay: float) -> int:
        return 1

    def refused(self, replica: int, sequence: int, view: int, reason: str) -> None:
        raise AssertionError(reason)

    def of(self, kind: int) -> list[Message]:
        return [message for message in self.said if message.kind == kind]


def replica(number: int = 1, every: int = 1) -> tuple[consensus.Replica, Mouth]:
    """One of four, so that three are a quorum."""
    net = Mouth()
    return consensus.Replica(number, 4, MACHINE, net, KEYS, 1.0, every, 2 * every), net


def offer(block: bytes = ONE, sender: int = 0, sequence: int = 1, view: int = 0) -> Message:
    digest = digest_of(block)
    tag = KEYS.sign(sender, prepare_statement(view, sequence, digest))
    return Message(PRE_PREPARE, sender, view, sequence, digest, tag, block)


def vote(kind: int, sender: int, block: bytes = ONE, view: int = 0) -> Message:
    state = prepare_statement if kind == PREPARE else commit_statement
    return Message(kind, sender, view, 1, digest_of(block), KEYS.sign(sender, state(view, 1, digest_of(block))))


def change(sender: int, view: int, prepared: tuple[Prepared, ...] = (), stable: Stable = BEGINNING) -> Message:
    body = (stable, prepared)
    return Message(VIEW_CHANGE, sender, view, 0, b"", KEYS.sign(sender, view_change_statement(view, *body)), body)


def new_view(view: int, changes: tuple[Message, ...], blocks: tuple[bytes, ...] = ()) -> Message:
    leader = view % 4
    tags = tuple(KEYS.sign(leader, prepare_statement(view, n, digest_of(block))) for n, block in enumerate(blocks, 1))
    return Message(NEW_VIEW, leader, view, 0, b"", KEYS.sign(leader, new_view_statement(view, changes)), (changes, tags))


def hear(who: consensus.Replica, *messages: Message) -> None:
    for message in messages:
        who.receive(message.sender, message)


def executed(who: consensus.Replica) -> None:
    hear(who, offer(), vote(PREPARE, 2), *(vote(COMMIT, sender) for sender in (0, 2, 3)))
    assert who.executed == 1


def test_of_two_proposals_of_a_view_the_first_counts() -> None:
    who, net = replica()
    hear(who, offer(ONE), offer(OTHER), vote(PREPARE, 2, OTHER), vote(PREPARE, 3, OTHER))
    assert [each.digest for each in net.of(PREPARE)] == [digest_of(ONE)]
    assert not net.of(COMMIT)
    hear(who, vote(PREPARE, 2, ONE))
    assert [each.digest for each in net.of(COMMIT)] == [digest_of(ONE)]


def test_the_leader_alone_proposes_and_within_the_window() -> None:
    who, net = replica()
    hear(who, offer(sender=2), offer(sequence=3), offer(view=1))
    assert not net.said
    assert not any(slot.offers for slot in who.slots.values())


def test_nobody_votes_twice() -> None:
    who, net = replica()
    hear(who, offer(), vote(PREPARE, 0), offer(), *(vote(PREPARE, 0) for _ in range(3)))
    assert not net.of(COMMIT), "the leader and the replica itself are two"
    hear(who, vote(PREPARE, 3), *(vote(COMMIT, 3) for _ in range(3)))
    assert len(net.of(COMMIT)) == 1
    assert who.executed == 0


def test_a_checkpoint_is_stable_where_a_quorum_names_the_same_state() -> None:
    who, _ = replica()
    executed(who)
    for sender in (0, 2, 3):
        digest = digest_of(OTHER)
        hear(who, Message(CHECKPOINT, sender, 0, 1, digest, KEYS.sign(sender, checkpoint_statement(1, digest))))
    assert who.stable.sequence == 0
    for sender in (2, 3):
        digest = digest_of(ONE)
        hear(who, Message(CHECKPOINT, sender, 0, 1, digest, KEYS.sign(sender, checkpoint_statement(1, digest))))
    assert (who.stable.sequence, set(who.stable.tags)) == (1, {1, 2, 3})


def test_votes_for_an_earlier_view_open_none() -> None:
    who, net = replica()
    hear(who, change(0, 9), change(2, 13))
    assert (who.view, who.active) == (9, False), "two of four want a later one, one of whom is correct"
    hear(who, *(change(sender, view) for sender in (0, 2, 3) for view in (1, 5)))
    assert not net.of(NEW_VIEW), "its own vote and one other are for view 9"
    hear(who, change(3, 9))
    assert [each.view for each in net.of(NEW_VIEW)] == [9]


def test_a_new_view_rests_on_a_quorum_of_votes_for_it() -> None:
    for wrong in (
        tuple(change(sender, 2) for sender in (0, 3)),
        tuple(change(0, 2) for _ in range(3)),
        (*(change(sender, 2) for sender in (0, 3)), change(2, 6)),
        (*(change(sender, 2) for sender in (0, 3)), change(2, 2)._replace(tag=bytes(16))),
    ):
        who, _ = replica()
        hear(who, new_view(2, wrong))
        assert (who.view, who.active) == (0, True), wrong
    hear(who, new_view(2, tuple(change(sender, 2) for sender in (0, 2, 3))))
    assert (who.view, who.active) == (2, True)
    hear(who, new_view(1, tuple(change(sender, 1) for sender in (0, 2, 3))))
    assert who.view == 2


def test_a_new_view_proposes_what_was_prepared_last() -> None:
    def prepared(block: bytes, view: int, voters: int = 3) -> Prepared:
        digest = digest_of(block)
        tags = {i: KEYS.sign(i, prepare_statement(view, 1, digest)) for i in range(voters)}
        return Prepared(1, view, digest, block, tags)

    votes = (change(0, 2, (prepared(ONE, 0),)), change(2, 2, (prepared(OTHER, 1),)), change(3, 2))
    for wrong in ((ONE,), (), (OTHER, OTHER)):
        who, net = replica()
        hear(who, new_view(2, votes, wrong))
        assert who.view == 0, wrong
    hear(who, new_view(2, votes, (OTHER,)))
    assert who.view == 2
    assert [each.digest for each in net.of(PREPARE)] == [digest_of(OTHER)]
    good = prepared(ONE, 0)
    for unsound in (
        prepared(ONE, 0, voters=2),
        good._replace(tags={**good.tags, 2: good.tags[1]}),
        prepared(ONE, 2),
        good._replace(block=OTHER),
    ):
        who, _ = replica()
        hear(who, new_view(2, (votes[0], votes[2], change(2, 2, (unsound,))), (ONE,)))
        assert who.view == 0, unsound


def test_a_stable_checkpoint_in_a_vote_is_certified() -> None:
    """Else a vote could say that everything is done, and nothing were proposed again."""
    digest = digest_of(ONE)
    tags = {i: KEYS.sign(i, checkpoint_statement(8, digest)) for i in (0, 2, 3)}
    for wrong in ({}, dict(list(tags.items())[:2]), {**tags, 3: tags[2]}):
        who, _ = replica()
        hear(who, new_view(2, (change(0, 2), change(2, 2), change(3, 2, stable=Stable(8, digest, wrong)))))
        assert who.view == 0, wrong
    hear(who, new_view(2, (change(0, 2), change(2, 2), change(3, 2, stable=Stable(8, digest, tags)))))
    assert who.view == 2


def test_blocks_that_were_missed_prove_themselves() -> None:
    who, _ = replica()
    digest = digest_of(ONE)
    tags = {i: KEYS.sign(i, commit_statement(0, 1, digest)) for i in (0, 2, 3)}
    good = Committed(1, 0, digest, ONE, tags, 0.0)
    for wrong in (
        good._replace(tags=dict(list(tags.items())[:2])),
        good._replace(tags=dict.fromkeys(tags, tags[0])),
        good._replace(view=1),
        good._replace(block=OTHER),
        good._replace(block=OTHER, digest=digest_of(OTHER)),
        good._replace(sequence=2),
    ):
        hear(who, Message(BLOCKS, 3, 0, 1, body=(wrong,)))
        assert who.executed == 0, wrong
    hear(who, Message(BLOCKS, 3, 0, 1, body=(good,)))
    assert [each.block for each in who.chain] == [ONE]


def test_requests_are_the_client_s() -> None:
    who, net = replica(number=0)
    who.receive(2, Message(REQUEST, -1, 0, 1))
    assert not net.said
    who.receive(-1, Message(REQUEST, -1, 0, 1))
    assert len(net.of(PRE_PREPARE)) == 1

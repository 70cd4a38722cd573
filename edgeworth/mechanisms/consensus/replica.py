"""A correct replica: practical Byzantine fault tolerance as its authors describe it, one block at a time."""

from __future__ import annotations

from edgeworth.mechanisms.consensus.member import Member
from edgeworth.mechanisms.consensus.messages import (
    BLOCKS,
    CHECKPOINT,
    COMMIT,
    FETCH,
    NEW_VIEW,
    PRE_PREPARE,
    PREPARE,
    REQUEST,
    VIEW_CHANGE,
    Authenticators,
    Committed,
    Message,
    Prepared,
    Stable,
    certifies,
    commit_statement,
    digest_of,
    new_view_statement,
    prepare_statement,
    statement_of,
    view_change_statement,
)
from edgeworth.mechanisms.consensus.parts import Machine, Net, Slot
from edgeworth.mechanisms.consensus.view_change import NULL, open_numbers, sound_change
from edgeworth.mechanisms.consensus.wellformed import malformed


class Replica(Member):
    """One correct replica.

    Parameters
    ----------
    number, size : int
        Its number from 0, and how many replicas there are.
    machine : Machine
        What is agreed about.
    net : Net
        Where messages go.
    authenticators : Authenticators
        Signs for this replica, checks for all.
    timeout : float
        Seconds after which a replica that waits for a block leaves the view, > 0; doubled at every further view.
    every, window : int
        A checkpoint every so many blocks; sequence numbers beyond the last stable one that are looked at.

    Notes
    -----
    Three phases: the leader of a view proposes a block (pre-prepare), who finds it valid says so (prepare), who has a quorum of
    these says that (commit), who has a quorum of commits executes. A quorum is (n + f) // 2 + 1 of n >= 3f + 1 replicas, so
    that two quorums share a correct replica. A replica whose timer ends, or that is shown an invalid block, votes for the next
    view with all prepared certificates above its stable checkpoint; its leader must propose those again. A replica that is
    behind asks for blocks, which prove themselves by their commit certificates, and for the checkpoint messages that it lost.

    References
    ----------
    Castro and Liskov, Practical Byzantine Fault Tolerance, OSDI 1999, sections 4.2 to 4.5.
    """

    def __init__(
        self,
        number: int,
        size: int,
        machine: Machine,
        net: Net,
        authenticators: Authenticators,
        timeout: float,
        every: int,
        window: int,
    ) -> None:
        super().__init__(number, size, machine, net, authenticators, timeout, every, window)
        self._handlers = {
            REQUEST: self._on_request, PRE_PREPARE: self._on_pre_prepare, PREPARE: self._on_prepare, COMMIT: self._on_commit,
            CHECKPOINT: self._on_checkpoint, VIEW_CHANGE: self._on_view_change, NEW_VIEW: self._on_new_view,
            FETCH: self._on_fetch, BLOCKS: self._on_blocks,
        }  # fmt: skip

    # --- what it is asked -----------------------------------------------------------------------------------

    def receive(self, by: int, message: Message) -> None:
        """Take a message that came from ``by``; what is malformed, forged or of no use is dropped."""
        handler = None if malformed(message, self.size) else self._handlers.get(message.kind)
        if handler is None or (message.kind == REQUEST) != (by == -1):
            return
        if by != message.sender:  # passed on: it must be signed
            statement = statement_of(message)
            if statement is None or not self.authenticators.valid(message.sender, statement, message.tag):
                return
        handler(message)

    def expire(self, timer: int) -> None:
        """A timer ended: ask for what others have, and leave the view."""
        if timer != self.timer:
            return
        self.timer = 0
        self._fetch()
        if self.active and self.wanted <= self.executed:
            self._wait()
        elif self.active or len({i for view, votes in self.changes.items() if view >= self.view for i in votes}) >= self.quorum:
            self._leave(self.view + 1)
        else:  # the others have not left yet, or have not heard
            self._announce()

    def resume(self) -> None:
        """Go on after an interruption: timers are lost, what was decided and promised is not."""
        self.timer = 0
        self._fetch()
        self._wait()

    # --- the normal case ------------------------------------------------------------------------------------

    def _on_request(self, message: Message) -> None:
        if message.sequence <= self.executed:
            self._reply(self.chain[message.sequence - 1])
            return
        self.wanted = max(self.wanted, message.sequence)
        if not self._waits:
            self.timer = 0
        self._wait()
        self._propose()

    def _propose(self) -> None:
        sequence = self.executed + 1
        if not self.active or self.leader(self.view) != self.number or self.wanted < sequence or not self._inside(sequence):
            return
        if self.view in self._slot(sequence).offers:
            return
        block = self.machine.propose(sequence, self.head, self.view, self.number)
        self._offer(sequence, block)

    def _offer(self, sequence: int, block: bytes) -> None:
        digest = digest_of(block)
        tag = self._sign(prepare_statement(self.view, sequence, digest))
        message = Message(PRE_PREPARE, self.number, self.view, sequence, digest, tag, block)
        self.net.broadcast(self.number, message)
        self._on_pre_prepare(message)

    def _on_pre_prepare(self, message: Message) -> None:
        _, sender, view, sequence, digest, tag, block = message
        if sender != self.leader(view) or view < self.view or not self._inside(sequence):
            return
        if not isinstance(block, bytes) or digest_of(block) != digest or not self._signed(message):
            return
        slot = self._slot(sequence)
        if view not in slot.offers:
            slot.offers[view] = message
            slot.blocks.setdefault(digest, block)
            self._count(slot.prepares, view, digest, sender, tag)
            self._consider(sequence)

    def _consider(self, sequence: int, again: bool = False) -> None:
        """Accept the offer of the present view for a number; ``again``: a new view shows that it may have been committed."""
        slot = self._slot(sequence)
        offer = slot.offers.get(self.view)
        if offer is None or not self.active or (slot.accepted is not None and slot.accepted[0] >= self.view):
            return
        if sequence > self.executed + 1 and not again:  # it cannot be judged before the block ahead of it is known
            return
        if sequence <= self.executed:
            if offer.digest != self.chain[sequence - 1].digest:  # more than f are faulty: there is nothing to be won by haste
                self.net.refused(self.number, sequence, self.view, "another block was committed there")
                return
        elif not again:
            empty = "a block that nobody proposed again must not be empty"
            reason = self.machine.refusal(sequence, self.head, offer.body) if offer.body != NULL else empty
            if reason:
                self.net.refused(self.number, sequence, self.view, reason)
                self._leave(self.view + 1)
                return
        slot.accepted = (self.view, offer.digest)
        if offer.sender != self.number:
            tag = self._sign(prepare_statement(self.view, sequence, offer.digest))
            self.net.broadcast(self.number, Message(PREPARE, self.number, self.view, sequence, offer.digest, tag))
            self._count(slot.prepares, self.view, offer.digest, self.number, tag)
        self._advance(sequence, slot)

    def _on_prepare(self, message: Message) -> None:
        _, sender, view, sequence, digest, tag, _ = message
        if view >= self.view and sender != self.leader(view) and self._inside(sequence) and self._signed(message):
            slot = self._slot(sequence)
            self._count(slot.prepares, view, digest, sender, tag)
            self._advance(sequence, slot)

    def _on_commit(self, message: Message) -> None:
        _, sender, view, sequence, digest, tag, _ = message
        if self._inside(sequence) and self._signed(message):
            slot = self._slot(sequence)
            self._count(slot.commits, view, digest, sender, tag)
            self._execute(sequence, slot, view, digest)

    def _advance(self, sequence: int, slot: Slot) -> None:
        """Commit to what a quorum accepted."""
        if slot.accepted is None or not self.active or slot.accepted[0] != self.view:
            return
        if slot.prepared is not None and slot.prepared.view == self.view:
            return
        view, digest = slot.accepted
        tags = slot.prepares.get(slot.accepted, {})
        if len(tags) < self.quorum:
            return
        slot.prepared = Prepared(sequence, view, digest, slot.blocks[digest], dict(tags))
        tag = self._sign(commit_statement(view, sequence, digest))
        self.net.broadcast(self.number, Message(COMMIT, self.number, view, sequence, digest, tag))
        self._count(slot.commits, view, digest, self.number, tag)
        self._execute(sequence, slot, view, digest)

    def _execute(self, sequence: int, slot: Slot, view: int, digest: bytes) -> None:
        tags = slot.commits[view, digest]
        if sequence == self.executed + 1 and len(tags) >= self.quorum and digest in slot.blocks:
            self._append(Committed(sequence, view, digest, slot.blocks[digest], dict(tags), self.net.now))
            self._go_on()

    def _append(self, committed: Committed) -> None:
        self.chain.append(committed)
        self.tries, self.timer = 0, 0
        self._reply(committed)
        if committed.sequence % self.every == 0:
            message = self._checkpoint(committed.sequence)
            self.net.broadcast(self.number, message)
            self._on_checkpoint(message)

    def _go_on(self) -> None:
        """After a block: the next one, whatever is known of it already."""
        self._wait()
        following = self.executed + 1
        slot = self.slots.get(following)
        if slot is not None:
            for (view, digest), tags in list(slot.commits.items()):
                if len(tags) >= self.quorum and digest in slot.blocks:
                    self._execute(following, slot, view, digest)
                    return
            self._consider(following)
        self._propose()

    # --- checkpoints ----------------------------------------------------------------------------------------

    def _on_checkpoint(self, message: Message) -> None:
        _, sender, _, sequence, digest, tag, _ = message
        if sequence <= self.stable.sequence or sequence % self.every or not self._signed(message):
            return
        tags = self.checkpoints.setdefault(sequence, {}).setdefault(digest, {})
        tags[sender] = tag
        if len(tags) < self.quorum:
            return
        if self.executed < sequence:
            self._fetch()
        elif self.chain[sequence - 1].digest == digest:
            self.stable = Stable(sequence, digest, dict(tags))
            self.slots = {number: slot for number, slot in self.slots.items() if number > sequence}
            self.checkpoints = {number: found for number, found in self.checkpoints.items() if number > sequence}
            self._propose()  # the window has moved

    # --- leaving a view -------------------------------------------------------------------------------------

    def _leave(self, view: int) -> None:
        self.view, self.active, self.opening = view, False, None
        self.tries += 1
        self._announce()

    def _announce(self) -> None:
        """Vote for the view that it wants, with all that it knows to be prepared."""
        body = (self.stable, self._certificates())
        tag = self._sign(view_change_statement(self.view, *body))
        message = Message(VIEW_CHANGE, self.number, self.view, 0, b"", tag, body)
        self.net.broadcast(self.number, message)
        self.timer = 0
        self._wait()
        self._on_view_change(message)

    def _certificates(self) -> tuple[Prepared, ...]:
        return tuple(slot.prepared for _, slot in sorted(self.slots.items()) if slot.prepared is not None)

    def _on_view_change(self, message: Message) -> None:
        sender, view = message.sender, message.view
        if view < self.view or (view == self.view and self.active):
            if self.opening is not None and sender != self.number:  # it has not heard of the present view
                self.net.send(self.number, sender, self.opening)
            return
        if not sound_change(message, self.quorum, self.size, self.authenticators):
            return
        self.changes.setdefault(view, {})[sender] = message
        later = {i: number for number, found in sorted(self.changes.items()) if number > self.view for i in found}
        if len(later) > self.faulty_at_most:  # one of them is correct
            self._leave(min(later.values()))
        elif view == self.view and self.leader(view) == self.number and len(self.changes[view]) >= self.quorum:
            self._open(view)

    def _open(self, view: int) -> None:
        """Lead a view: what may have been committed is proposed again, in the same place."""
        changes = tuple(self.changes[view][i] for i in sorted(self.changes[view])[: self.quorum])
        _, numbers = open_numbers(changes)
        tags = tuple(self._sign(prepare_statement(view, sequence, digest)) for sequence, digest, _ in numbers)
        message = Message(NEW_VIEW, self.number, view, 0, b"", self._sign(new_view_statement(view, changes)), (changes, tags))
        self.net.broadcast(self.number, message)
        self._enter(message)

    def _on_new_view(self, message: Message) -> None:
        sender, view = message.sender, message.view
        if sender != self.leader(view) or view < self.view or (view == self.view and self.active) or not self._signed(message):
            return
        changes, tags = message.body
        if len({each.sender for each in changes}) < self.quorum or any(each.view != view for each in changes):
            return
        if not all(sound_change(each, self.quorum, self.size, self.authenticators) for each in changes):
            return
        numbers = open_numbers(changes)[1]
        if len(tags) != len(numbers):
            return
        for (sequence, digest, _), tag in zip(numbers, tags, strict=True):
            if not self.authenticators.valid(sender, prepare_statement(view, sequence, digest), tag):
                return
        self._enter(message)

    def _enter(self, message: Message) -> None:
        view, (changes, tags) = message.view, message.body
        self.view, self.active, self.opening, self.timer = view, True, message, 0
        self.changes = {number: found for number, found in self.changes.items() if number > view}
        stable, numbers = open_numbers(changes)
        if stable > self.executed:
            self._fetch()
        for (sequence, digest, block), tag in zip(numbers, tags, strict=True):
            if self._inside(sequence):
                slot = self._slot(sequence)
                slot.offers[view] = Message(PRE_PREPARE, message.sender, view, sequence, digest, tag, block)
                slot.blocks.setdefault(digest, block)
                self._count(slot.prepares, view, digest, message.sender, tag)
                self._consider(sequence, again=True)
        self._wait()
        self._consider(self.executed + 1)
        self._propose()

    # --- catching up ----------------------------------------------------------------------------------------

    def _on_blocks(self, message: Message) -> None:
        before = self.executed
        for each in message.body:
            if each.sequence != self.executed + 1 or digest_of(each.block) != each.digest:
                continue
            statement = commit_statement(each.view, each.sequence, each.digest)
            if not certifies(self.quorum, self.size, statement, each.tags, self.authenticators):
                return
            self._append(each._replace(time=self.net.now))
        if self.executed > before:
            self._go_on()

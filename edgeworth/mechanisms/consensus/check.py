"""Runs of the protocol are judged by what replicas executed and by the certificates that let them, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from edgeworth.core.verdict import Report, Scope, Verdict
from edgeworth.mechanisms.consensus.authenticators import authenticators_of
from edgeworth.mechanisms.consensus.messages import Committed, commit_statement, digest_of
from edgeworth.mechanisms.consensus.protocol import replay
from edgeworth.mechanisms.consensus.run import Run


@dataclass(frozen=True)
class Disagreement:
    """Two correct replicas executed different blocks with one number.

    Attributes
    ----------
    sequence : int
        The number.
    replicas : tuple of int
        Who they are.
    blocks : tuple of Committed
        What each executed; both certificates are part of the evidence.
    """

    sequence: int
    replicas: tuple[int, int]
    blocks: tuple[Committed, Committed]

    def __str__(self) -> str:
        one, other = self.blocks
        return (
            f"block {self.sequence}: replica {self.replicas[0]} executed {one.digest.hex()[:8]} of view {one.view}, "
            f"replica {self.replicas[1]} {other.digest.hex()[:8]} of view {other.view}"
        )


@dataclass(frozen=True)
class Offence:
    """What is wrong with a block that a correct replica executed.

    Attributes
    ----------
    replica, sequence : int
        Who, and which block.
    text : str
        What is wrong.
    """

    replica: int
    sequence: int
    text: str

    def __str__(self) -> str:
        return f"replica {self.replica}, block {self.sequence}: {self.text}"


def verify(run: Run, *, again: bool = False) -> Report:
    """Judge a run.

    Parameters
    ----------
    run : Run
        A run.
    again : bool
        Also play it again from its seed, which takes as long as the run did.

    Returns
    -------
    Report
        ``record``: every replica has a chain, every faulty one its fault, one is correct, and answers are to blocks that were
        executed; alone where it fails. ``agreement``: no two correct replicas executed different blocks with one number
        (witness: `Disagreement`). ``certificates``: every block that a correct replica executed has authenticators of a quorum
        for exactly that block (witness: `Offence`). ``chain``: numbers follow each other and digests are those of the blocks.
        ``validity``: the machine accepts every block after the one before it, empty ones of new views apart. ``liveness``:
        every correct replica executed all blocks that the client asked for, and the client has an answer to each. ``replay``,
        where asked for: the run goes the same way again.

    Notes
    -----
    With at most f = (n - 1) // 3 faulty replicas and a network that heals, all hold. A quorum is every set of replicas of which
    any two share more than f; with more faulty replicas ``agreement`` can fail while ``certificates`` holds, which shows that
    replicas signed for both blocks. ``validity`` asks the run's own machine, as the replicas did: it shows that they agreed on
    what the machine takes, not that the machine is right. Who was faulty, when, how many messages and bytes were sent and what
    was refused is taken from the record: ``again`` alone holds that against anything.

    Examples
    --------
    >>> from edgeworth.mechanisms import consensus
    >>> bool(consensus.verify(consensus.simulate(replicas=4, blocks=3, faults="silent", seed=0)))
    True
    >>> broken = consensus.simulate(replicas=4, blocks=3, faults="equivocating-leader", faulty=2, seed=1)
    >>> consensus.verify(broken)["agreement"].holds
    False
    """
    odd = _oddity(run)
    if odd:
        return Report({"record": Verdict.of(False, 1.0, 0.0, odd)})
    verdicts = {
        "record": Verdict.of(True),
        "agreement": _agreement(run),
        "certificates": _certificates(run),
        "chain": _chain(run),
        "validity": _validity(run),
        "liveness": _liveness(run),
    }
    if again:
        same = replay(run).same(run)
        verdicts["replay"] = Verdict.of(same, 0.0 if same else 1.0, 0.0, None if same else "it went another way")
    return Report(verdicts)


def _oddity(run: Run) -> str:
    """What no run can have left behind; empty where there is nothing."""
    if not len(run.chains) == len(run.views) == run.replicas:
        return f"{run.replicas} replicas have {len(run.chains)} chains and {len(run.views)} views"
    if not run.correct or len(run.faulty) != len(run.faults) or not set(run.faulty) <= set(range(run.replicas)):
        return f"of {run.replicas} replicas {sorted(run.faulty)} are faulty, with {len(run.faults)} faults"
    longest = max(map(len, run.chains))
    if len(run.answers) > min(run.blocks, longest) or not all(0.0 <= each <= run.time for each in run.answers):
        return f"answers {run.answers} by {run.time:.6g} s, to {run.blocks} requests of which {longest} were executed"
    return ""


def _agreement(run: Run) -> Verdict:
    for sequence in range(1, max(len(run.chains[i]) for i in run.correct) + 1):
        first: tuple[int, Committed] | None = None
        for i in run.correct:
            if len(run.chains[i]) < sequence:
                continue
            block = run.chains[i][sequence - 1]
            if first is None:
                first = (i, block)
            elif first[1].block != block.block:
                return Verdict.of(False, 1.0, 0.0, Disagreement(sequence, (first[0], i), (first[1], block)))
    return Verdict.of(True)


def _certificates(run: Run) -> Verdict:
    size = run.replicas
    enough = (size + (size - 1) // 3) // 2 + 1  # any two of so many share more than f
    keys = authenticators_of(run.authenticators, run.key)
    for i in run.correct:
        for each in run.chains[i]:
            statement = commit_statement(each.view, each.sequence, each.digest)
            signers = {j for j, tag in each.tags.items() if j in range(size) and keys.valid(j, statement, tag)}
            if len(signers) < enough:
                text = f"{len(signers)} of {enough} replicas signed for it in view {each.view}"
                return Verdict.of(False, float(enough - len(signers)), 0.0, Offence(i, each.sequence, text))
    return Verdict.of(True)


def _chain(run: Run) -> Verdict:
    for i in run.correct:
        for place, each in enumerate(run.chains[i], 1):
            text = ""
            if each.sequence != place:
                text = f"it has number {each.sequence} in place {place}"
            elif digest_of(each.block) != each.digest:
                text = "its digest is not that of the block"
            if text:
                return Verdict.of(False, 1.0, 0.0, Offence(i, each.sequence, text))
    return Verdict.of(True)


def _validity(run: Run) -> Verdict:
    for i in run.correct:
        previous = b""
        for each in run.chains[i]:
            reason = run.machine.refusal(each.sequence, previous, each.block) if each.block else ""
            if reason:
                return Verdict.of(False, 1.0, 0.0, Offence(i, each.sequence, reason))
            previous = each.digest
    return Verdict.of(True)


def _liveness(run: Run) -> Verdict:
    behind = {i: len(run.chains[i]) for i in run.correct if len(run.chains[i]) < run.blocks}
    if not behind and len(run.answers) < run.blocks:
        return Verdict.of(False, float(run.blocks - len(run.answers)), 0.0, f"block {len(run.answers) + 1} was not answered")
    if not behind:
        return Verdict.of(True)
    i = min(behind, key=lambda number: behind[number])
    text = f"not executed at {run.time:.6g} s, when {run.messages:,} messages had been sent"
    missing = float(run.blocks - behind[i])
    return Verdict.of(False, missing, 0.0, Offence(i, behind[i] + 1, text), Scope(note=f"until {run.until:g} s"))

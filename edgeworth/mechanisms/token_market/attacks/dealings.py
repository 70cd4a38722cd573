"""Attacks on deals: 6, 7 and 8 of the table, and what a sequencer could do, 15."""

from __future__ import annotations

from edgeworth.mechanisms.token_market.attacks.scene import COLLUDER, Outcome, Scene
from edgeworth.mechanisms.token_market.commands import (
    Arbitrate,
    Claim,
    Confirm,
    Deposit,
    Receipt,
    Tick,
    Transfer,
    Withdraw,
)
from edgeworth.mechanisms.token_market.fields import Vote
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, WINDOW

LATE = 15_001
"""Milliseconds until a deal's deadline is over."""


def no_answer(scene: Scene) -> Outcome:
    """A supplier takes a task and never answers."""
    own, requester = scene.join(), scene.devices[0]
    scene.begin(own)
    promise = scene.promise(requester, own, scene.task(own))
    (deal, *_) = scene.must(requester, promise)
    early = scene.refusal(requester, Claim(deal, "timeout"))
    scene.wait(LATE)
    _, paid, fine = scene.must(requester, Claim(deal, "timeout"))
    account = scene.state.account(own)
    text = (
        f"a claim before the deadline: {early}; after it all is refunded, {paid / CASH_UNIT:.2f} of cash of the supplier's"
        f" stake go to the requester and {fine / CASH_UNIT:.2f} are a fine; the supplier's record: {account.failed} failed"
    )
    return scene.outcome("no-answer", text, numbers={"slashed": (paid + fine) / CASH_UNIT})


def _votes(scene: Scene, truth: bool, corrupt: int) -> tuple[Vote, ...]:
    """All arbiters vote; the first so many for the attacker, who is never in the right."""
    return tuple(Vote(seat, truth != (seat < corrupt)) for seat in range(scene.rules.arbiters))


def disputes(scene: Scene, name: str, corrupt: int) -> Outcome:
    """A wrong result; and right ones, of which the requester says nothing, claims a failure, claims a timeout.

    Parameters
    ----------
    scene : Scene
        A market before the attack.
    name : str
        Of the outcome.
    corrupt : int
        How many of the arbiters vote for the attacker.
    """
    own, honest = scene.join(), scene.devices
    scene.begin(own)
    said: list[str] = []
    for number, case in enumerate(("wrong", "silence", "failure", "timeout")):
        requester, supplier = (honest[number], own) if case == "wrong" else (own, honest[number])
        task = scene.task(supplier)
        (deal, *_) = scene.must(requester, scene.promise(requester, supplier, task, number))
        if case != "wrong":  # a wrong result costs no work
            scene.work(supplier, requester, task[2])
        receipt = scene.refusal(supplier, Receipt(deal, bytes(32)))
        if not scene.backed:
            scene.wait(LATE)
            said.append(f"{case}: {receipt}, claimed {scene.refusal(requester, Claim(deal, 'failure'))}")
            continue
        told = "nothing" if case == "silence" else scene.refusal(requester, Claim(deal, case))
        few = tuple(Vote(seat, case != "wrong") for seat in range(scene.rules.arbiters))[: scene.rules.arbiter_quorum - 1]
        if case in ("wrong", "failure"):
            few_votes = scene.refusal(supplier, Arbitrate(deal, few))
            status = scene.must(honest[9], Arbitrate(deal, _votes(scene, case != "wrong", corrupt)))[0]
            said.append(f"{case}: {told}, two votes {few_votes}, all votes {'settled' if status == 3 else 'refunded'}")
        else:
            scene.wait(WINDOW + 1)
            said.append(f"{case}: {told}, the supplier confirms {scene.refusal(supplier, Confirm(deal))}")
    panel = f"{corrupt} of {scene.rules.arbiters} arbiters are the attacker's" if scene.backed else "no receipts, no arbiters"
    text = f"{panel}; " + "; ".join(said)
    return scene.outcome(name, text)


def dispute(scene: Scene) -> Outcome:
    """With the largest minority of arbiters."""
    return disputes(scene, "dispute", (scene.rules.arbiters - 1) // 2)


def arbiter_majority(scene: Scene) -> Outcome:
    """One arbiter more."""
    return disputes(scene, "arbiter-majority", (scene.rules.arbiters + 1) // 2)


def promised(scene: Scene, name: str, *, drain: bool, first: bool) -> Outcome:
    """A requester promises what it has to every device while none of the promises has reached the ledger.

    Parameters
    ----------
    scene : Scene
        A market before the attack.
    name : str
        Of the outcome.
    drain : bool
        Whether a colluder's deal takes everything before the others arrive.
    first : bool
        Whether suppliers begin only when the escrow is locked; otherwise at once, as in the paper, where the ledger is off the
        critical path. In the backed economy they then take a promise up to the requester's stake over the number of devices,
        so that all open promises of an account are covered.
    """
    own, peers = scene.join(), scene.devices
    if scene.backed:
        scene.must(own, Deposit(scene.state.account(own).free["CASH"]))
    tasks = {who: scene.task(who) for who in peers}
    cap = scene.state.account(own).stake // len(peers)
    offers = [scene.promise(own, who, tasks[who], number) for number, who in enumerate(peers)]
    if not scene.backed:  # what is left is just enough for the dearest task
        for asset, need in (("CTK", max(task[0] for task in tasks.values())), ("PTK", max(task[1] for task in tasks.values()))):
            scene.must(own, Transfer(COLLUDER, asset, scene.state.account(own).free[asset] - need))
    scene.begin(own, COLLUDER)
    taken = [offer for offer in offers if first or not scene.backed or offer.cash <= cap]
    if drain:
        have = scene.state.account(own)
        everything = (0, 0, have.free["CASH"] + have.stake) if scene.backed else (have.free["CTK"], have.free["PTK"], 0)
        whole = scene.promise(own, COLLUDER, everything, len(peers))
    if not first:
        for offer in taken:
            scene.work(offer.supplier, own, tasks[offer.supplier][2])
    scene.refusal(own, Withdraw(1))
    if drain:
        (deal, *_) = scene.must(own, whole)
        scene.must(own, Confirm(deal))
    scene.wait(6_000)  # the paper's settlement delay, and the chain
    paid = 0
    for offer in taken:
        effect = scene.do(offer.supplier, offer)
        if not effect:
            continue
        paid += 1
        if first:
            scene.work(offer.supplier, own, tasks[offer.supplier][2])
        scene.must(own, Confirm(effect.outputs[0]))
        scene.settled(offer.supplier, tasks[offer.supplier][2])
    text = (
        f"{len(offers)} promises, {len(taken)} taken{'' if first else ' and begun at once'}"
        f"{f' (each up to {cap / CASH_UNIT:.2f} of cash)' if scene.backed and not first else ''}"
        f"{', a colluder commits first' if drain else ''}: {paid} settle, {len(taken) - paid} find nothing"
    )
    return scene.outcome(name, text, numbers={"taken": float(len(taken)), "paid": float(paid)})


def over_commitment(scene: Scene) -> Outcome:
    """By one account."""
    return promised(scene, "over-commitment", drain=False, first=False)


def drained_stake(scene: Scene) -> Outcome:
    """With a colluder, who takes the stake by a deal of its own."""
    return promised(scene, "drained-stake", drain=True, first=False)


def lock_first(scene: Scene) -> Outcome:
    """With a colluder, against suppliers who begin when the escrow is locked."""
    return promised(scene, "lock-first", drain=True, first=True)


def usurped_sequencer(scene: Scene) -> Outcome:
    """A supplier's peer tells the time, so that a deadline passes, and then takes the refund."""
    own, supplier = scene.join(), scene.devices[0]
    scene.begin(own)
    task = scene.task(supplier)
    (deal, *_) = scene.must(own, scene.promise(own, supplier, task))
    ahead = scene.refusal(own, Tick(scene.state.clock + LATE))
    claim = scene.refusal(own, Claim(deal, "timeout"))
    back = scene.refusal(0, Tick(scene.state.clock))
    scene.work(supplier, own, task[2])
    scene.must(own, Confirm(deal))
    scene.settled(supplier, task[2])
    text = f"a peer tells the time: {ahead}; its claim before the deadline: {claim}; time that does not rise: {back}"
    return scene.outcome("usurped-sequencer", text)


def censorship(scene: Scene) -> Outcome:
    """The one sequencer keeps an honest supplier's co-signed promise back until it has expired; the work was done at once."""
    own, supplier = scene.join(), scene.devices[0]
    scene.begin(own)
    task = scene.task(supplier)
    promise = scene.promise(own, supplier, task)
    scene.work(supplier, own, task[2])
    scene.wait(LATE)
    late = scene.refusal(supplier, promise)
    return scene.outcome("censorship", f"the promise arrives after its deadline: {late}")

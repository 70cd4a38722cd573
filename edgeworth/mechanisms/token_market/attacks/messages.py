"""Attacks on what is sent and kept: 9 and 12 of the table."""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.mechanisms.token_market.attacks.scene import ATTACKER, BUYER, Outcome, Scene
from edgeworth.mechanisms.token_market.check.verify import Offence, verify
from edgeworth.mechanisms.token_market.commands import Transfer
from edgeworth.mechanisms.token_market.fields import Judged
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, TRANSFER
from edgeworth.mechanisms.token_market.log import Record


def replayed(scene: Scene) -> Outcome:
    """Commands of others are sent again, out of order, late, and under other signatures."""
    own, supplier = scene.join(), scene.devices[0]
    scene.must(BUYER, Transfer(ATTACKER, "CASH", CASH_UNIT))
    task = scene.task(supplier)
    promise = scene.promise(own, supplier, task)
    scene.must(own, promise)
    scene.begin(own, ATTACKER)
    again = Transfer(ATTACKER, "CASH", CASH_UNIT)
    last = scene.state.nonce(BUYER) - 1
    tries = {
        "a transfer again": scene.refusal(BUYER, again, nonce=last),
        "a transfer ahead of its turn": scene.refusal(BUYER, again, nonce=last + 2),
        "a promise again": scene.refusal(supplier, promise),
        "a promise that only one signed": scene.refusal(own, scene.promise(own, supplier, task, 1), Judged(valid=False)),
        "a promise submitted by a stranger": scene.refusal(ATTACKER, scene.promise(own, supplier, task, 2)),
        "an old attestation": scene.refusal(supplier, scene.shown(supplier, 1)),
        "a key that has an account": scene.refusal(0, scene.opening(), Judged(fresh=False)),
    }
    text = "; ".join(f"{name}: {answer}" for name, answer in tries.items())
    refused = float(sum(answer != "ACCEPTED" for answer in tries.values()))
    return scene.outcome("replayed-command", text, numbers={"tries": float(len(tries)), "refused": refused})


class _Told:
    """A log as a tamperer tells it, beside the state that others have."""

    def __init__(self, scene: Scene, records: Sequence[Record]) -> None:
        self.records, self.state, self.rules, self.endowed = records, scene.state, scene.rules, scene.endowed


def _tampered(records: list[Record], at: int) -> dict[str, list[Record]]:
    """What can be done to the record of a transfer."""
    record = records[at]
    more = (*record.arguments[:2], 2 * record.arguments[2], *record.arguments[3:])
    other = next(k for k in range(at + 1, len(records)) if records[k].signer == record.signer)
    swapped = list(records)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    return {
        "edit": [*records[:at], record._replace(arguments=more), *records[at + 1 :]],
        "delete": records[:at] + records[at + 1 :],
        "insert": [*records[: at + 1], record, *records[at + 1 :]],
        "truncate": records[:at],
        "swap": swapped,
    }


def log_tampering(scene: Scene) -> Outcome:
    """Somebody who keeps a log edits, deletes, inserts, truncates and swaps its records, to have been paid more.

    What is believed is what `verify` finds nothing against, beside the state that honest readers have.
    """
    for _ in range(2):
        scene.must(BUYER, Transfer(ATTACKER, "CASH", CASH_UNIT))
    scene.begin(ATTACKER)
    at = next(k for k, record in enumerate(scene.records) if record.code == TRANSFER)
    said, found = [], 0
    for name, records in _tampered(scene.records, at).items():
        report = verify(_Told(scene, records), every=10_000)
        first = min((each.witness.sequence for each in report.values() if isinstance(each.witness, Offence)), default=-1)
        found += first >= 0
        said.append(f"{name} at {at}: " + (f"found at {first}" if first >= 0 else "not found"))
    if found < len(said):
        scene.works[ATTACKER] = CASH_UNIT
    return scene.outcome("log-tampering", "; ".join(said), numbers={"tampered": float(len(said)), "found": float(found)})


def rolled_back(scene: Scene) -> Outcome:
    """The file is replaced by an older one, in which a payment never was; nobody remembers a later one."""
    scene.begin(ATTACKER)
    before, length = scene.state.copy(), len(scene.records)
    scene.must(ATTACKER, Transfer(BUYER, "CASH", CASH_UNIT))
    scene.works[ATTACKER] = CASH_UNIT  # what it bought
    scene.works[BUYER] = -CASH_UNIT
    scene.state, scene.records = before, scene.records[:length]
    good = bool(verify(_Told(scene, scene.records), every=10_000))
    text = f"a log that ends at record {length - 1} before a payment of 1 cash: {'verifies' if good else 'is found'}"
    return scene.outcome("rolled-back", text)

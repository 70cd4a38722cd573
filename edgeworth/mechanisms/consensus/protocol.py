"""`simulate`: a run of the protocol from a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from edgeworth.core import validation
from edgeworth.core.seeds import Seed, generator
from edgeworth.mechanisms.consensus.authenticators import authenticators_of
from edgeworth.mechanisms.consensus.faults import FAULTS, MIXABLE
from edgeworth.mechanisms.consensus.machines import machine_of
from edgeworth.mechanisms.consensus.messages import KINDS, Authenticators
from edgeworth.mechanisms.consensus.network import Network, network_of
from edgeworth.mechanisms.consensus.parts import Machine
from edgeworth.mechanisms.consensus.replica import Replica
from edgeworth.mechanisms.consensus.run import Refusal, Run
from edgeworth.mechanisms.consensus.simulation import Simulation

MIXED = "mixed"
"""The fault that stands for one drawn anew for every faulty replica."""


def simulate(
    *,
    replicas: int = 4,
    blocks: int = 10,
    faults: str | Sequence[str] | None = None,
    faulty: int | None = None,
    network: Network | str = "calm",
    machine: Machine | str = "counting",
    timeout: float = 0.5,
    checkpoint: int = 10,
    window: int = 20,
    until: float = 3_000.0,
    most_messages: int = 10_000_000,
    authenticators: Authenticators | str = "ideal",
    seed: Seed = None,
    correct: type[Replica] = Replica,
    look: Callable[[], None] | None = None,
) -> Run:
    """Play the protocol from the first request until all correct replicas have executed all blocks.

    Parameters
    ----------
    replicas : int
        How many, 1 to 200.
    blocks : int
        How many the client asks for, one after the other, >= 1.
    faults : str or sequence of str, optional
        How replicas are faulty: one of `FAULTS` for all, one each, or "mixed" for drawn ones. None: none is.
    faulty : int, optional
        How many are, at most all but one. Default: as many as `faults` names, (replicas - 1) // 3 for a single name. More than
        (replicas - 1) // 3 is allowed, and nothing is then guaranteed.
    network : Network or str
        One of `NETWORKS`, or a network of your own.
    machine : Machine or str
        What is agreed about: "counting", "allocation", "token-market", or a machine of your own.
    timeout : float
        Seconds after which a replica that waits for a block leaves the view, > 0.
    checkpoint, window : int
        Blocks between two checkpoints, >= 1; sequence numbers looked at beyond the last stable one, at least ``checkpoint``.
    until : float
        Simulated seconds after which the run ends in any case, > 0.
    most_messages : int
        Delivered messages after which it ends in any case, >= 1.
    authenticators : Authenticators or str
        "ideal", "ed25519" (extra ``cryptography``), or authenticators of your own.
    seed : int, SeedSequence or Generator, optional
        Of delays, losses, faults and authenticators. The same arguments give the same run.
    correct : type
        The class of the correct replicas: for planted mistakes.
    look : callable, optional
        Called every 2,000 messages; what it raises ends the run.

    Returns
    -------
    Run
        What every replica executed, with the certificates; `verify` judges it.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    The first leader is faulty wherever anybody is; the other faulty replicas are drawn. Faulty replicas know each other, vote
    for whatever one of them proposes, and are not hindered by anything but the authenticators. What the network does to
    messages does not depend on who is faulty. Time is simulated: only messages take some.

    References
    ----------
    Castro and Liskov, Practical Byzantine Fault Tolerance, OSDI 1999; MTA paper, section II.

    Examples
    --------
    >>> run = simulate(replicas=4, blocks=5, faults="equivocating-leader", seed=0)
    >>> run.committed, bool(run.view_changes)
    (5, True)
    """
    size = validation.integer("replicas", replicas, minimum=1, maximum=200)
    wanted = validation.integer("blocks", blocks, minimum=1)
    every = validation.integer("checkpoint", checkpoint, minimum=1)
    wide = validation.integer("window", window, minimum=every)
    patience = validation.real("timeout", timeout, minimum=0.0, open_minimum=True)
    end = validation.real("until", until, minimum=0.0, open_minimum=True)
    most = validation.integer("most_messages", most_messages, minimum=1)
    carried = network_of(network)
    for _, _, group in carried.partitions:
        if group and max(group) >= size and isinstance(network, Network):
            validation.reject("network", f"must cut off replicas below {size}", group)
    names = _names(faults, faulty, size)
    rng, record = generator(seed)
    key = int(rng.integers(2**62))
    about = machine_of(machine, key)
    kinds = _kinds(names, size, rng)
    world = Simulation(
        size, wanted, about, authenticators_of(authenticators, key), carried, rng,
        [(number, FAULTS[name]) for number, name in kinds.items()], patience, every, wide, correct,
    )  # fmt: skip
    world.run(end, most, look)
    return Run(
        replicas=size,
        blocks=wanted,
        faults=names,
        faulty=kinds,
        network=carried,
        machine=about,
        timeout=patience,
        every=every,
        window=wide,
        seed=record,
        key=key,
        authenticators=authenticators,
        until=end,
        most=most,
        chains=tuple(tuple(replica.chain) for replica in world.replicas),
        views=tuple(replica.view for replica in world.replicas),
        answers=tuple(world.answered),
        sent=dict(zip(KINDS, world.sent, strict=True)),
        bytes=world.bytes,
        refusals=tuple(Refusal(*each) for each in world.refusals),
        time=world.now,
    )


def replay(run: Run, *, correct: type[Replica] = Replica) -> Run:
    """Play a run again from its seed.

    Parameters
    ----------
    run : Run
        A run with an integer seed.
    correct : type
        The class of the correct replicas that it was played with.

    Returns
    -------
    Run
        `Run.same` says whether it went as before.

    Raises
    ------
    ValueError
        For a run whose seed is no integer.
    """
    if not isinstance(run.seed, int):
        validation.reject("run", "must come from an integer seed to be played again", run.seed)
    return simulate(
        replicas=run.replicas,
        blocks=run.blocks,
        faults=run.faults,
        network=run.network,
        machine=run.machine,
        timeout=run.timeout,
        checkpoint=run.every,
        window=run.window,
        until=run.until,
        authenticators=run.authenticators,
        most_messages=run.most,
        seed=run.seed,
        correct=correct,
    )


def _names(faults: str | Sequence[str] | None, faulty: int | None, size: int) -> tuple[str, ...]:
    """One fault a faulty replica."""
    if faults is None:
        if faulty:
            validation.reject("faults", f"must say how {faulty} replicas are faulty", faults)
        return ()
    known = (*FAULTS, MIXED)
    if isinstance(faults, str):
        tolerated = (size - 1) // 3
        count = tolerated if faulty is None else validation.integer("faulty", faulty, minimum=0, maximum=max(size - 1, 0))
        return (validation.choice("faults", faults, known),) * count
    names = tuple(validation.choice("faults", each, known) for each in faults)
    if faulty is not None and validation.integer("faulty", faulty, minimum=0) != len(names):
        validation.reject("faulty", f"must be {len(names)}, one a fault", faulty)
    if len(names) > max(size - 1, 0):
        validation.reject("faults", f"must leave one of {size} replicas correct", names)
    return names


def _kinds(names: Sequence[str], size: int, rng: np.random.Generator) -> dict[int, str]:
    """Which replicas are faulty, and how: the first leader, and others by chance."""
    if not names:
        return {}
    numbers = [0, *(1 + rng.permutation(size - 1))[: len(names) - 1].tolist()]
    drawn = [MIXABLE[int(rng.integers(len(MIXABLE)))] if name == MIXED else name for name in names]
    return dict(sorted(zip(numbers, drawn, strict=True)))

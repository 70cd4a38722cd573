"""A trained policy on a problem: what devices observe is shown to it epoch by epoch, by the simulator it was trained in."""

from __future__ import annotations

from typing import NoReturn, get_args

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Bools, Ints
from edgeworth.core.method import Found
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.learning.deep.nets import check_outputs
from edgeworth.learning.deep.policy import Policy
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import PLAIN, Observe, View, view_of
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode, Schedule, assigned

_CHUNK = 32  # epochs between two looks at the clock: some 20 ms with 25 devices


def play(policy: Policy, problem: Episode, run: Run[Schedule]) -> Found[Schedule]:
    """What a policy does on a problem, by the mode of its distribution of actions.

    Parameters
    ----------
    policy : Policy
        Trained in a `vector_env` of devices that observe the same.
    problem : Episode
    run : Run

    Returns
    -------
    Found
        The devices that it chose, as `assigned` plays them; no bound. Where the run is cut, every device executes its own tasks
        from then on.

    Notes
    -----
    A policy that observes a market decides in one: devices begin with what `Market` grants in the backed economy, where no task
    waits for tokens. What it chose is then played by the rules of the problem, which know no tokens.

    Raises
    ------
    PolicyMismatchError
        For a policy of other observations or actions than devices have here, of a network that takes another number of devices
        only, and of a market whose ledger has no numbers for the problem's work.
    """
    view = view_for(policy, problem)
    engine = Engine(1, view, False, 0.0, None if view.observe in PLAIN else Market())
    try:
        engine.fill([problem])
    except ValueError as error:  # of a market that has no numbers for the problem
        raise PolicyMismatchError(f"method: must observe what devices of this problem can; {error}") from error
    device, epoch = np.full(problem.tasks, -1), 0
    ended, notes = Termination.CONVERGED, tuple[str, ...]()
    while not engine.over[0]:
        if epoch and epoch % _CHUNK == 0:
            reason = run.tick(epoch)
            if reason is not None:
                ended, notes = reason, (f"cut after {epoch} epochs: every device executes its own tasks from there on",)
                break
        actions = chosen_by(policy, engine)
        engine.play(actions[None])
        who = np.flatnonzero(engine.decided[0] >= 0)
        chosen = actions[who]
        device[engine.decided[0, who]] = np.where(chosen == 0, who, chosen - (chosen <= who))
        epoch += 1
    return Found(assigned(problem, device), ended, iterations=epoch, evaluations=int((device >= 0).sum()), notes=notes)


def chosen_by(policy: Policy, engine: Engine) -> Ints:
    """Actions of all devices of an engine's first copy."""
    return actions_of(policy, engine.seen[0], engine.opened[0], engine.active[0])


def actions_of(policy: Policy, seen: Array, opened: Bools, active: Bools) -> Ints:
    """Actions of all devices [..., devices]; those that have nothing to decide take what is open to them."""
    actions: Ints = opened.argmax(axis=-1)
    if active.any():
        if policy.agent_id:  # it asks who is who by the places of all
            actions[active] = policy.act(seen, opened)[active]
        else:
            actions[active] = policy.act(seen[active], opened[active])
    return actions


def view_for(policy: Policy, problem: Episode) -> View:
    """What devices of the problem observe if they observe what the policy does."""
    spec, devices = policy.spec, problem.devices
    if spec.action.n == 0:
        _refuse("must choose one of the devices", f"{policy.name}: {spec.action}")
    each = (view_of(name, spec.action.n, market=True) for name in get_args(Observe))
    trained = next((view for view in each if view.shows(spec.names)), None)
    if trained is None:
        _refuse("must observe what devices of this problem can", f"{policy.name}: {', '.join(spec.names) or 'unnamed'}")
    if spec.action.n != devices and not policy.any_size:
        rule = f"must have been trained with {devices} devices, as its network takes no other number than it was trained with"
        _refuse(rule, f"{policy.name}: {spec.action.n}")
    if policy.agent_id and spec.agents != devices:
        _refuse(f"must number {devices} devices", f"{policy.name}: {spec.agents}")
    view = view_of(trained.observe, devices, market=True)
    try:
        check_outputs("method", policy.net, policy.weights, len(view.names) + policy.agent_id * devices, devices)
    except ValueError as error:
        raise PolicyMismatchError(str(error)) from error
    return view


def _refuse(rule: str, got: str) -> NoReturn:
    try:
        validation.reject("method", rule, got)
    except ValueError as error:
        raise PolicyMismatchError(str(error)) from None

"""A trained policy on a problem: what devices observe is shown to it slot by slot, by the simulator that it was trained in."""

from __future__ import annotations

from typing import get_args

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.learning.deep.policy import Policy
from edgeworth.learning.deep.spaces import ActionSpec
from edgeworth.solvers.carbon_offloading.env.observation import Observe, view_of
from edgeworth.solvers.carbon_offloading.env.vector import VectorEnv, vector_env
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule

_CHUNK = 256  # slots between two looks at the clock: some 20 ms


def play(policy: Policy, problem: CarbonOffloading, run: Run[Schedule]) -> Found[Schedule]:
    """What a policy does on a problem, by the mode of its distribution of actions.

    Parameters
    ----------
    policy : Policy
        Trained in a `vector_env` of devices that observe the same.
    problem : CarbonOffloading
    run : Run

    Returns
    -------
    Found
        The powers that it chose; no bound. Where the run is cut, no power is spent from then on.

    Raises
    ------
    PolicyMismatchError
        For a policy of other observations or actions than devices have here.
    """
    try:
        env = _environment(policy, problem)
    except ValueError as error:
        raise PolicyMismatchError(str(error)) from None
    powers = np.zeros((problem.slots, problem.users, 2))
    seen, _ = env.reset()
    ended, notes = Termination.CONVERGED, tuple[str, ...]()
    for t in range(problem.slots):
        if t and t % _CHUNK == 0:
            reason = run.tick(t)
            if reason is not None:
                ended, notes = reason, (f"cut at slot {t} of {problem.slots}: no power is spent from there on",)
                break
        powers[t] = policy.act(seen)[0]
        seen = env.step(powers[t][None])[0]
    local = powers[:, :, 0].T * problem.local_power_cap[:, None]
    offload = powers[:, :, 1].T * problem.offload_power_cap[:, None]
    return Found(Schedule(local, offload), ended, notes=notes)


def _environment(policy: Policy, problem: CarbonOffloading) -> VectorEnv:
    """One copy of the problem whose devices observe what the policy does."""
    charged = bool(np.any(problem.battery > 0.0))
    spec = policy.spec
    if spec.action != ActionSpec.box(0.0, 1.0, dim=2):
        validation.reject("method", "must choose two powers over their caps, in [0, 1]", f"{policy.name}: {spec.action}")
    if policy.agent_id and spec.agents != problem.users:
        rule = f"must have been trained with {problem.users} users, as it tells them apart by their numbers"
        validation.reject("method", rule, f"{policy.name}: {spec.agents}")
    views: dict[tuple[str, ...], Observe] = {view_of(each, problem.users, charged).names: each for each in get_args(Observe)}
    if spec.names not in views:
        rule = "must observe what devices of this problem can"
        validation.reject("method", rule, f"{policy.name}: {', '.join(spec.names) or 'unnamed'}")
    return vector_env(1, problems=[problem], observe=views[spec.names])

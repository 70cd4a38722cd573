"""Methods that are trained policies: their rows play the files in ``shipped``, a file of one's own, or train."""

from __future__ import annotations

from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.learning.deep.learned import LearnedPolicy as LearnedPolicy
from edgeworth.learning.deep.learned import play_learned
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule


def ppo(problem: CarbonOffloading, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what proximal policy optimisation learnt, one policy for all devices: the learner of the paper.

    Parameters
    ----------
    problem : CarbonOffloading
        Any: the policy knows nothing but what a device observes. Without parameters the run ends as REFUSED, with a note,
        where devices have batteries, which the policy that comes with the package does not observe.
    params : LearnedPolicy
        Which policy is played; without it the one that comes with the package.
    run : Run
        Only for the time rule, and for the seed of training where ``params.steps`` says to train.

    Returns
    -------
    Found
        The powers that the mode of the policy's distribution chooses; no bound. Of a run that is cut while it trains, those of
        the policy learnt by then in the first 256 slots, and none after.

    Notes
    -----
    The policy that comes with the package observes "csi" (see `parallel_env`) and was trained in episodes of the preset
    "caddto" alone, at a load of 3 Mbit/s: on other loads, caps and sizes it is played as it is, without any promise. At
    5 Mbit/s it was found to cost several times what `value_iteration` does; for such a load train one of one's own. It was
    made by ::

        edgeworth train carbon-offloading --method ppo --steps 2000000 --out ppo.npz

    which gives the same file bit for bit on one machine with one version of torch, NumPy and Python (the file names them).

    ValueError is raised for problems of the policy's training seed, here 770001; for a policy of ``params.checkpoint`` that
    observes something else; and, where ``params.steps`` says to train, for a problem of whose kind no others can be drawn.
    Without torch (extra "learn") training raises MissingExtraError.

    References
    ----------
    Schulman et al. (2017), Proximal policy optimization algorithms; CADDTO (arXiv 2602.18797) for its use here. The setting is
    ours.
    """
    return play_learned("ppo", problem, params, run)


def mappo(problem: CarbonOffloading, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what multi-agent PPO learnt: as `ppo`, with a critic that saw all devices in training.

    Parameters
    ----------
    problem : CarbonOffloading
        As of `ppo`.
    params : LearnedPolicy
        As of `ppo`.
    run : Run
        As of `ppo`.

    Returns
    -------
    Found
        As of `ppo`.

    Notes
    -----
    The critic is not played: a device needs what it observes itself, and nothing else. With zero forcing on a known channel
    devices are independent, so that a central critic can know no more than a local one. Made by the command of `ppo` with
    ``--method mappo``.

    References
    ----------
    Yu et al. (2022), The surprising effectiveness of PPO in cooperative multi-agent games.
    """
    return play_learned("mappo", problem, params, run)


def ddpg(problem: CarbonOffloading, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what deep deterministic policy gradient learnt, one policy for all devices.

    Parameters
    ----------
    problem : CarbonOffloading
        As of `ppo`.
    params : LearnedPolicy
        As of `ppo`.
    run : Run
        As of `ppo`.

    Returns
    -------
    Found
        As of `ppo`; the policy is deterministic.

    Notes
    -----
    Made by the command of `ppo` with ``--method ddpg``.

    References
    ----------
    Lillicrap et al. (2016), Continuous control with deep reinforcement learning; Chen and Wang (2020) for its use here.
    """
    return play_learned("ddpg", problem, params, run)


def td3(problem: CarbonOffloading, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what TD3 learnt, one policy for all devices: `ddpg` with two critics, delayed updates and smoothed targets.

    Parameters
    ----------
    problem : CarbonOffloading
        As of `ppo`.
    params : LearnedPolicy
        As of `ppo`.
    run : Run
        As of `ppo`.

    Returns
    -------
    Found
        As of `ddpg`.

    Notes
    -----
    It tells what of a difference between `ppo` and `ddpg` is due to how values are estimated. Made by the command of `ppo` with
    ``--method td3``.

    References
    ----------
    Fujimoto, van Hoof and Meger (2018), Addressing function approximation error in actor-critic methods.
    """
    return play_learned("td3", problem, params, run)

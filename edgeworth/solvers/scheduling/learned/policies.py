"""Methods that are trained policies: their rows play the files in ``shipped``, a file of one's own, or train."""

from __future__ import annotations

from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.learning.deep.learned import LearnedPolicy as LearnedPolicy
from edgeworth.learning.deep.learned import play_learned
from edgeworth.solvers.scheduling.model import Episode, Schedule


def mappo(problem: Episode, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what multi-agent PPO learnt: a device sees itself and its task, and which others the mask leaves open.

    Parameters
    ----------
    problem : Episode
        Of ten devices, without parameters: the network tells devices apart by their numbers. On others the run ends as REFUSED,
        with a note.
    params : LearnedPolicy
        Which policy is played; without it the one that comes with the package.
    run : Run
        Only for the time rule, and for the seed of training where ``params.steps`` says to train.

    Returns
    -------
    Found
        The devices that the mode of the policy's distribution chooses; no bound. Of a run that is cut while it trains, those of
        the policy learnt by then for some epochs, and the sources after.

    Notes
    -----
    One perceptron for all devices observes "own" (see `parallel_env`) and the device's number; a critic saw all devices in
    training and is not played. Of another device a device knows nothing but whether the mask closes it, so that it cannot
    choose well between those that are open: that is the paper's observation without a market.

    The policy that comes with the package was trained in episodes of Table II at the five loads of the paper's sweep, 90 s
    long, each decision credited with its task's cost and with the delay of those that its device begins after it. On other
    presets it is played as it is, without any promise. It was made by ::

        edgeworth train scheduling --method mappo --steps 4000000 --out mappo.npz

    which gives the same file bit for bit on one machine with one version of torch, NumPy and Python (the file names them).

    ValueError is raised for problems of the policy's training seed, here 770001; for a policy of ``params.checkpoint`` that
    observes something else or takes another number of devices; and, where ``params.steps`` says to train, for a problem of
    whose kind no others can be drawn. Without torch (extra "learn") training raises MissingExtraError.

    References
    ----------
    Yu et al. (2022), The surprising effectiveness of PPO in cooperative multi-agent games; BEST, section VI-B, for its use
    here. The paper has a network of 256-256-128, one for each device, a learning rate of 1e-4 and credit by time; sizes, rates
    and credit here are ours.
    """
    return play_learned("mappo", problem, params, run)


def gnn_marl(problem: Episode, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what PPO learnt with attention between devices: `mappo` with a graph of all devices in place of the own features.

    Parameters
    ----------
    problem : Episode
        Any: the network takes any number of devices.
    params : LearnedPolicy
        As of `mappo`.
    run : Run
        As of `mappo`.

    Returns
    -------
    Found
        As of `mappo`.

    Notes
    -----
    Observes "graph": what is known of every device, oneself first, and the seconds of transfer between each two. Two rounds of
    dense attention with four heads, to whose scores a learnt multiple of the seconds is added, and a perceptron that makes the
    logit of a device from its node and one's own. Trained with ten devices as `mappo`, made by its command with
    ``--method gnn-marl``.

    References
    ----------
    BEST, section VI-B, which names the scheme; Bernardez et al. (2021), Is machine learning ready for traffic engineering
    optimization?, for message passing between agents. The network is ours.
    """
    return play_learned("gnn-marl", problem, params, run)


def best(problem: Episode, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what PPO learnt in the token market: the scheme of the paper.

    Parameters
    ----------
    problem : Episode
        As of `mappo`.
    params : LearnedPolicy
        As of `mappo`.
    run : Run
        As of `mappo`.

    Returns
    -------
    Found
        As of `mappo`.

    Notes
    -----
    The setting of `mappo`; a device also sees its tokens and what others ask and have ("market"), pays for what it hands over,
    and cannot choose whom it cannot pay. In training a task that another device executes costs w_e 24,000 J more for every
    power token that it takes, the paper's exchange rate, which counts the energy of execution 7.67 times; the value of the
    schedule counts it once.

    The problem has no tokens: played, the policy brings a market of its own, backed, with the grant of `Market`, in which it
    decides. Its devices are then the schedule. Made by the command of `mappo` with ``--method best``; ``--tokens off --observe
    own``, ``--observe own`` and ``--exchange-rate`` train what the paper's parts are compared with.

    References
    ----------
    BEST, sections III and IV and Table II; sizes, rates and credit are ours, as of `mappo`.
    """
    return play_learned("best", problem, params, run)


def scorer(problem: Episode, params: LearnedPolicy, run: Run[Schedule]) -> Found[Schedule]:
    """Play what PPO learnt with one small network that scores one candidate device after the other.

    Parameters
    ----------
    problem : Episode
        Any: the network takes any number of devices.
    params : LearnedPolicy
        As of `mappo`.
    run : Run
        As of `mappo`.

    Returns
    -------
    Found
        As of `mappo`.

    Notes
    -----
    Observes "candidates": for every device that the task could go to the backlog, speed, power, the predicted end and the
    energy there. Where devices change places, so does the choice. Trained with ten devices as `mappo`, made by its command with
    ``--method scorer``.

    References
    ----------
    Ours; Schulman et al. (2017), Proximal policy optimization algorithms. The delay of others is credited as in the
    difference rewards of Wolpert and Tumer (2001), Optimal payoff functions for members of collectives.
    """
    return play_learned("scorer", problem, params, run)

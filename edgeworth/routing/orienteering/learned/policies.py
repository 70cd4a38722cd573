"""Methods that are trained routers: their rows play the file in ``shipped``, a file of one's own, or train."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.learning.deep.learned import LearnedPolicy, play_learned
from edgeworth.routing.orienteering.learned.play import sampled
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan


@dataclass(frozen=True, kw_only=True)
class LearnedRouter(LearnedPolicy):
    """Parameters of a trained router: which policy builds plans, and how many.

    Parameters
    ----------
    checkpoint : str or path, optional
        As of `LearnedPolicy`.
    steps : int, optional
        As of `LearnedPolicy`; choices, some eight for a plan of the preset "fusion". The run ends between gradient steps only,
        each of 64 plans, which take a minute and more where there are hundreds of customers.
    samples : int, >= 0
        How many plans are drawn from the policy, beside the one of its most probable choices.

    Raises
    ------
    ValueError, TypeError
        As of `LearnedPolicy`.

    Examples
    --------
    >>> LearnedRouter(samples=128).checkpoint is None
    True
    """

    samples: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "samples", validation.integer("samples", self.samples, minimum=0))


def attention(problem: OrienteeringProblem, params: LearnedRouter, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Insert customer after customer into the routes, in an order that a policy has learnt on other instances.

    Parameters
    ----------
    problem : OrienteeringProblem
        Any. The policy that comes with the package was trained on the preset "fusion" alone; on others it is played as it is,
        without any promise.
    params : LearnedRouter
        Which policy, and how many plans are drawn from it.
    run : Run
        For the time rule, the draws, and the seed of training where ``params.steps`` says to train.

    Returns
    -------
    Found
        The best plan built; no bound. Where the run is cut, what was built by then. ``iterations`` counts plans,
        ``evaluations`` choices.

    Notes
    -----
    A choice is a pair of a vehicle and a customer among those that are open: the customer fits into the vehicle's route, and
    gains, or opens a route that later stops may pay for. It comes to where it fits best. Of each open pair the policy sees 22
    numbers (``kernels.insertion.FEATURES``), among them what the best insertion after this one would gain, and scores it by
    attention to the other pairs of the vehicle and of the customer (`PairAttention`). So it goes until no pair is open; routes
    that do not pay are dropped then. Sizes are free, and vehicles or customers that change places change nothing but ties.

    The policy was trained by REINFORCE with a rollout baseline. It was made by ::

        edgeworth train orienteering --method attention --steps 600000 --out attention.npz

    ValueError is raised for problems of the policy's training seed, here 770001, for a policy of ``params.checkpoint`` that
    sees something else, and, where ``params.steps`` says to train, for a problem that `generate` did not make. Without torch
    (extra "learn") training raises MissingExtraError.

    References
    ----------
    Kool, van Hoof and Welling, Attention, learn to solve routing problems!, ICLR 2019, for the training; construction by
    insertion and the network are ours.
    """
    return play_learned("attention", problem, params, run, partial(sampled, samples=params.samples, search=False))


def attention_local_search(problem: OrienteeringProblem, params: LearnedRouter, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """`attention`, whose plans are all improved by the local search of `ant_colony_local_search`.

    Parameters
    ----------
    problem : OrienteeringProblem
        As of `attention`.
    params : LearnedRouter
        As of `attention`.
    run : Run
        As of `attention`.

    Returns
    -------
    Found
        The best plan, worth at least what `attention` finds with the same parameters and seed.

    Notes
    -----
    Insertion, replacement, ejection of up to three customers, removal, swap, or-opt, cross exchange and 2-opt*, until none of
    them gains.

    References
    ----------
    As of `attention` and `ant_colony_local_search`.
    """
    return play_learned("attention", problem, params, run, partial(sampled, samples=params.samples, search=True))

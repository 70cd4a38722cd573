"""What a device gains by leaving a policy that all others keep: an equilibrium check for policies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.family import family
from edgeworth.core.policy import refuse_trained_on, training_seed
from edgeworth.core.seeds import ENVIRONMENTS
from edgeworth.core.stop import Stop
from edgeworth.learning.deep.learned import COPIES
from edgeworth.learning.deep.policy import Policy
from edgeworth.learning.deep.training import train
from edgeworth.solvers.scheduling.env.sources import Drawn
from edgeworth.solvers.scheduling.learned import plan
from edgeworth.solvers.scheduling.learned.deviation import (
    NONE,
    Deviation,
    deviation_env,
    own_costs,
    simple_deviations,
)
from edgeworth.solvers.scheduling.market.rules import Market, market_of
from edgeworth.solvers.scheduling.model import Episode

LEAST = 8
"""Training episodes that a deviation is chosen on at least; as many as are judged, where these are more."""


@dataclass(frozen=True, eq=False, repr=False)
class PolicyRegret:
    """What devices gain by leaving a policy; see `policy_regret`.

    Attributes
    ----------
    policy : str
        Its name.
    devices : tuple of int
        Who leaves it, each alone.
    deviations : tuple of str
        To what: the name of what was best in training, "none" where nothing was better than the policy.
    cost : float64 [devices, episodes]
        Mean cost of the device's own tasks where it keeps the policy, 0 in an episode where it has none.
    gains : float64 [devices, episodes]
        By how much that falls where it leaves it.
    interval : float64 [devices, 2]
        The 95% interval of the mean gain by Student's t over episodes; NaN of one episode.
    upper : float64 [devices]
        What no deviation gains more than, on the mean of these episodes.
    """

    policy: str
    devices: tuple[int, ...]
    deviations: tuple[str, ...]
    cost: Floats
    gains: Floats
    interval: Floats
    upper: Floats

    @property
    def gain(self) -> Floats:
        """The mean gain over episodes, float64 [devices]; below 0 where what was better in training is worse here."""
        found: Floats = self.gains.mean(axis=1)
        return found

    @property
    def lower(self) -> Floats:
        """The gain, and 0 where it is below: who gains nothing stays. It is at most `upper`."""
        found: Floats = np.maximum(self.gain, 0.0)
        return found

    def __repr__(self) -> str:
        k = int(self.gain.argmax())
        low, high = self.interval[k]
        return (
            f"PolicyRegret({self.policy!r}: device {self.devices[k]} gains {self.gain[k]:.4g} [{low:.4g}, {high:.4g}] of "
            f"{self.cost[k].mean():.4g} by {self.deviations[k]!r}, at most {self.upper[k]:.4g})"
        )


def policy_regret(
    policy: Policy,
    episodes: Sequence[Episode],
    *,
    device: int | Sequence[int] = 0,
    steps: int = 0,
    seed: int = 0,
    market: Market | None = None,
    bound: Stop | None = None,
) -> PolicyRegret:
    """Bound what one device gains by leaving a policy while all others keep it.

    Parameters
    ----------
    policy : Policy
        Trained in a `vector_env`; all devices play it, by its mode.
    episodes : sequence of Episode
        To judge on, at least one, of `generate` with the same arguments but for the seed, with ``service="serial"``.
    device : int or sequence of int
        Who leaves; several leave one at a time.
    steps : int
        Agent-steps, >= 0, for which a reply to the policy is trained; 0: only rules are tried. More than 0 need the extra
        "learn".
    seed : int
        Of the episodes in which a deviation is trained and chosen, in [0, 900000).
    market : Market, optional
        In which all play. Default: none, or that of `solve` for policies that observe one.
    bound : Stop, optional
        When to end each Lagrangian bound; default 2 s.

    Returns
    -------
    PolicyRegret

    Raises
    ------
    MissingExtraError
        Where ``steps`` says to train and torch is not installed.
    PolicyMismatchError
        For a policy of other observations or actions than devices have.
    ValueError, TypeError
        For arguments out of range, episodes of several kinds or that `generate` did not make, and episodes of a seed that the
        policy, or a reply to it, was trained on.

    Notes
    -----
    Write J_i(pi', pi) for the mean of c_j over the tasks of device i where i plays pi' and all others pi; cash and tokens do
    not count. The regret of i is R_i = J_i(pi, pi) - min over pi' of J_i(pi', pi) >= 0; a policy is an equilibrium where no
    device has any. It is bounded from both sides.

    *From below* by what a deviation gains. Tried are: home; the earliest end; the least predicted cost with a bonus from -1 to
    2 for home; and where ``steps`` say so a reply trained by `PPO`, each of the device's decisions credited with its own cost,
    in an environment whose other devices play the policy. The device observes "candidates", whatever the policy observes, so
    that it may know more than the policy does. The best of them, or none, on training episodes of the same kind is played on
    the episodes given: its gain there is not overfitted, and is the mean of paired differences with a 95% interval.

    *From above* by hindsight. Take away all tasks but those of device i, and let b_i be a bound on the mean cost of any
    schedule of what is left (method "lagrangian"). Then R_i <= J_i(pi, pi) - b_i, in every episode. For let the real system
    play whatever it does, with any deviation of i. Of its schedule keep device and start of the tasks of i. No two of them
    overlap on a device, as no two of all tasks did; each begins no earlier than it can be there, and ends by the same times:
    these are the constraints of hindsight, none of which asks for other tasks. Each costs what it cost before, and one that
    failed no less than w_l L + beta, what hindsight pays for a failure. So the kept schedule is one that b_i bounds. It is a
    loose bound where devices are busy, as it gives device i all processors to itself.

    Both hold of the mean over the episodes given, so that lower <= upper always.

    Examples
    --------
    >>> from edgeworth.learning.deep.learned import shipped_policy
    >>> from edgeworth.solvers import scheduling
    >>> policy = shipped_policy("edgeworth.solvers.scheduling", "mappo")
    >>> episodes = [scheduling.generate(seed=900_000 + k) for k in range(20)]
    >>> scheduling.policy_regret(policy, episodes, steps=200_000)  # doctest: +SKIP
    """
    if not isinstance(policy, Policy):
        validation.reject_type("policy", "must be a Policy", policy)
    given = _judged(episodes)
    validation.integer("steps", steps, minimum=0)
    training_seed(seed)
    market_of(market)
    for episode in given:
        refuse_trained_on(policy, episode)
        if episode.provenance.seed == seed:
            validation.reject("seed", "must not be that of an episode to judge on", seed)
    devices = (device,) if isinstance(device, int | np.integer) else tuple(device)
    for each in devices:
        validation.integer("device", each, minimum=0, maximum=given[0].devices - 1)
    if not devices:
        validation.reject("device", "must be one or several", device)
    found = [_of_device(policy, given, each, steps, seed, market, bound or Stop(seconds=2.0)) for each in devices]
    names, cost, gains, upper = zip(*found, strict=True)
    table = np.array(gains)
    return PolicyRegret(policy.name, devices, names, np.array(cost), table, _ends(table), np.array(upper))


def _ends(gains: Floats) -> Floats:
    """The ends of the interval of each device's mean gain."""
    from scipy.stats import t

    n = gains.shape[1]
    if n == 1:
        return np.full((len(gains), 2), np.nan)
    half = t.ppf(0.975, n - 1) * gains.std(axis=1, ddof=1) / math.sqrt(n)
    return np.stack([gains.mean(axis=1) - half, gains.mean(axis=1) + half], axis=1)


def _judged(episodes: Sequence[Episode]) -> tuple[Episode, ...]:
    """The episodes, of one kind."""
    if not isinstance(episodes, Sequence) or not all(isinstance(each, Episode) for each in episodes):
        validation.reject_type("episodes", "must be a sequence of Episode", episodes)
    if not episodes:
        validation.reject("episodes", "must hold at least one", episodes)
    for each in episodes:
        if each.service != "serial" or each.epoch == 0.0:
            rule = "must be of service 'serial', which hindsight knows, and of an epoch above 0, at which copies are stepped"
            validation.reject("episodes", rule, (each.service, each.epoch))
        try:
            same = plan.arguments(each) == plan.arguments(episodes[0])
        except ValueError:
            rule = "must be made by generate, and not of a trace: others of their kind are drawn"
            validation.reject("episodes", rule, each)
        if not same:
            validation.reject("episodes", "must be generated with the same arguments but for the seed", each)
    return tuple(episodes)


def _of_device(
    policy: Policy, given: Sequence[Episode], device: int, steps: int, seed: int, market: Market | None, stop: Stop
) -> tuple[str, Floats, Floats, float]:
    """The name of the deviation, own costs and gains by episode, and the upper bound."""
    kind = plan.arguments(given[0])
    tried = [NONE, *simple_deviations(given[0])]
    if steps:
        tried.append(_reply(policy, given[0], device, steps, seed, market))
    source = Drawn(kind, np.random.SeedSequence(seed, spawn_key=(ENVIRONMENTS, 1)), max(LEAST, len(given)))
    chosen = tried[int(own_costs(policy, source.draw(), device, tried, market).mean(axis=1).argmin())]
    cost, left = own_costs(policy, given, device, [NONE, chosen], market)
    floors = [least_cost(each, device, stop) for each in given]
    return chosen.name, cost, cost - left, float(np.mean(cost - np.array(floors)))


def _reply(policy: Policy, like: Episode, device: int, steps: int, seed: int, market: Market | None) -> Deviation:
    """What PPO learns for one device among others that play the policy."""
    env = deviation_env(policy, device, COPIES, like, market, costs="own", **plan.arguments(like))
    learner = replace(plan.scorer(steps), minibatch=64, learning_rate=3e-3)  # one device decides little: learn more of it
    reply = train(env, learner, steps=steps, seed=seed, name="reply").policy
    return Deviation(f"reply trained for {steps} agent-steps", lambda seen, opened: reply.act(seen, opened))


def least_cost(episode: Episode, device: int, stop: Stop | None = None) -> float:
    """A bound on the mean cost of a device's own tasks, whatever it and the others do; 0 where it has none.

    Parameters
    ----------
    episode : Episode
    device : int
    stop : Stop, optional
        When to end the Lagrangian bound.
    """
    own = np.flatnonzero(episode.source == device)
    columns = ("arrival", "source", "work", "data", "chain_latency")
    alone = replace(episode, **{name: getattr(episode, name)[own] for name in columns})
    found = family("scheduling").solve(alone, method="lagrangian", stop=stop).bound
    return 0.0 if found is None else max(0.0, found)  # costs are no less

"""Insertion as a construction that a policy learns: which customer comes into which route next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from edgeworth.core.arrays import Array, Floats, Ints
from edgeworth.core.jit import read_only
from edgeworth.learning.deep.reinforce import Partial
from edgeworth.learning.deep.spaces import ActionSpec, Spec
from edgeworth.routing.orienteering.heuristic.arrays import instance_of, scales
from edgeworth.routing.orienteering.kernels import insertion as kernel
from edgeworth.routing.orienteering.kernels.plans import Instance, Plan
from edgeworth.routing.orienteering.model import OrienteeringProblem

LOOKS = 1_000_000
"""So often a customer is looked at as what may follow another one, between two looks at the clock."""


def stacked(problems: Sequence[OrienteeringProblem]) -> dict[str, Array]:
    """Problems of as many vehicles and customers as arrays: those of `Instance` with an axis more, and the units ``money`` and
    ``time``.

    Parameters
    ----------
    problems : sequence of OrienteeringProblem
        At least one.
    """
    near = np.zeros((problems[0].locations, 0), np.int64)  # insertion needs no neighbours
    parts = [instance_of(problem)._replace(near=near) for problem in problems]
    found = {name: np.stack([np.asarray(getattr(part, name)) for part in parts]) for name in Instance._fields}
    found["money"], found["time"] = np.array([scales(problem) for problem in problems]).T.copy()
    return found


class Insertion:
    """Plans that grow by insertion, many side by side: a `learning.deep.reinforce.Construction`.

    An action is a pair of a vehicle and a customer; the customer comes to where it fits best into the vehicle's route. A pair
    is open where this is feasible and gains, or opens a route that later stops may pay for. In the end routes that do not pay
    are dropped. The plans are feasible at any time.

    Parameters
    ----------
    vehicles, customers : int
        Of all instances, at least 1.
    draw : callable, optional
        ``f(generator)``: an instance to train on.
    about : mapping, optional
        Plain data that tell these instances from others.
    ended : callable, optional
        Asked while plans begin, which takes long in large instances; vehicles that come after its True serve nobody.

    Attributes
    ----------
    plans : Plan
        With an axis of plans, one more than there are.
    """

    def __init__(
        self,
        vehicles: int,
        customers: int,
        draw: Callable[[np.random.Generator], OrienteeringProblem] | None = None,
        about: Mapping[str, object] | None = None,
        ended: Callable[[], bool] = lambda: False,
    ) -> None:
        self.vehicles, self.customers, self._draw, self.about = vehicles, customers, draw, dict(about or {})
        self._ended = ended
        pairs = vehicles * customers
        self.spec = Spec(agents=1, obs=1 + pairs * kernel.SIZE, action=ActionSpec.discrete(pairs, masked=True))

    def instances(self, generator: np.random.Generator, count: int) -> dict[str, Array]:
        """Instances to train on; see `stacked`."""
        if self._draw is None:
            raise ValueError("draw: must be given where instances are to be drawn; got None")
        return stacked([self._draw(generator) for _ in range(count)])

    def begin(self, instances: Mapping[str, Array], which: Ints | None = None) -> Partial:
        """Empty plans.

        Parameters
        ----------
        instances : mapping
            As of `stacked`.
        which : int64 [plans], optional
            The instance of every plan; by default a plan for each.
        """
        self._which = np.arange(len(instances["money"])) if which is None else which
        self._batch = read_only(Instance._make(instances[name] for name in Instance._fields))
        self._units = instances["money"], instances["time"]
        many, m, n = len(self._which), self.vehicles, self.customers
        self.plans = Plan(
            stops=np.zeros((many + 1, m + 2, n + 3), np.int64),
            size=np.zeros((many + 1, m), np.int64),
            load=np.zeros((many + 1, m)),
            version=np.zeros((many + 1, m), np.int64),
            leave=np.zeros((many + 1, m + 2, n + 3)),
            latest=np.zeros((many + 1, m + 2, n + 3)),
            where=np.full((many + 1, n), -1),
            place=np.zeros((many + 1, n), np.int64),
        )
        spot, after = (np.full((many, m, n), -1) for _ in range(2))
        gain, added, later = (np.zeros((many, m, n)) for _ in range(3))
        self._places = kernel.Places(spot, gain, added, after, later)
        seen, mask = np.zeros((many, self.spec.obs), np.float32), np.zeros((many, m * n), np.bool_)
        self._partial = Partial(seen, mask, np.zeros(many, np.bool_))
        alike = many > 0 and bool((self._which == self._which[0]).all())
        first = self._which[:1] if alike else self._which
        step = max(1, LOOKS // max(1, len(first) * n**2))
        for k in range(0, m, step):
            kernel.start(self._batch, first, self.plans, self._places, k, min(k + step, m))
            if self._ended():
                break
        if alike:
            for each in (*self.plans, *self._places):
                each[1:many] = each[0]
        return self._shown()

    def extend(self, actions: Array) -> Partial:
        """Insert the customer of one pair into each plan that is not complete."""
        chosen = np.ascontiguousarray(actions, np.int64)
        kernel.insert(self._batch, self._which, self.plans, self._places, chosen, self._partial.complete)
        return self._shown()

    def _shown(self) -> Partial:
        kernel.observe(self._batch, self._which, self.plans, self._places, *self._units, *self._partial)
        return self._partial

    def cost(self) -> Floats:
        """Minus the value of every plan."""
        values = np.zeros(len(self._which))
        kernel.earned(self._batch, self._which, self.plans, values)
        return -values

"""Action distributions on a network's outputs: `Categorical`, `Beta`, `SquashedGaussian`, clipped `Gaussian`, `Deterministic`.

A head says how many outputs it needs (`size`) and turns them into a distribution. What `sample` and `mode` return is the
*stored* action, the one a learner keeps and `log_prob` takes. The environment receives `applied(action)`: for `Categorical` and
`Beta` the same number, for `SquashedGaussian` and `Deterministic` the stored u mapped to (1 + tanh u) / 2, so that no log
density needs the inverse hyperbolic tangent of a rounded number, and for `Gaussian` (1 + u) / 2 clipped to [0, 1]. Continuous
actions therefore always reach the environment in [0, 1]. Functions whose names end in ``_numpy`` are what a trained policy
needs where torch is absent.

Shapes: ``parameters`` [..., size]; ``mask`` [..., n], true where open; actions [...] of integers for `Categorical`,
[..., dim] otherwise; log-probabilities, entropies and divergences [...], summed over the dimensions of an action.
"""

from edgeworth.learning.deep.heads.base import Head
from edgeworth.learning.deep.heads.beta import Beta
from edgeworth.learning.deep.heads.categorical import Categorical
from edgeworth.learning.deep.heads.continuous import Gaussian, SquashedGaussian
from edgeworth.learning.deep.heads.deterministic import Deterministic

HEADS: dict[str, type[Head]] = {each.kind: each for each in (Categorical, Beta, SquashedGaussian, Gaussian, Deterministic)}
"""Heads by the name that checkpoints and specifications use."""

__all__ = ["HEADS", "Beta", "Categorical", "Deterministic", "Gaussian", "Head", "SquashedGaussian"]

"""Continuous actions, independent in every dimension: `SquashedGaussian` and clipped `Gaussian`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.learning.deep.heads.base import Head

if TYPE_CHECKING:
    from torch import Generator, Tensor

_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
_LOG_2 = math.log(2.0)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class Continuous(Head):
    """Two network outputs for each dimension of the action, all the first ones before all the second ones."""

    dim: int

    def __post_init__(self) -> None:
        validation.integer("dim", self.dim, minimum=1)

    @property
    def size(self) -> int:
        """Twice the number of dimensions."""
        return 2 * self.dim

    def _halves(self, parameters: Any, mask: object) -> tuple[Any, Any]:
        if mask is not None:
            validation.reject("mask", f"must be None for the head {self.kind!r}, whose actions are continuous", mask)
        if parameters.shape[-1] != self.size:
            validation.reject("parameters", f"must have {self.size} entries in the last axis", tuple(parameters.shape))
        return parameters[..., : self.dim], parameters[..., self.dim :]


@dataclass(frozen=True)
class _Normal(Continuous):
    """What both Gaussian heads share: outputs are the mean and the logarithm of the standard deviation."""

    limits: ClassVar[tuple[float, float]] = (-5.0, 2.0)
    """Range in which the logarithm of the standard deviation is kept."""

    def _moments(self, parameters: Tensor, mask: object = None) -> tuple[Tensor, Tensor]:
        mean, log_std = self._halves(parameters, mask)
        return mean, log_std.clamp(*self.limits)

    def _slope(self, stored: Tensor) -> Tensor | float:
        """Logarithm of the derivative of the applied action by the stored one."""
        return -_LOG_2

    def _mean_slope(self, mean: Tensor, log_std: Tensor) -> Tensor | float:
        """Expectation of `_slope`."""
        return -_LOG_2

    def sample(self, parameters: Tensor, generator: Generator, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """See `Head.sample`."""
        mean, log_std = self._moments(parameters.detach(), mask)
        noise = mean.new_empty(mean.shape).normal_(generator=generator)
        action = mean + log_std.exp() * noise
        # the noise is what `log_prob` would recover by a division
        return action, (-0.5 * noise.square() - log_std - _HALF_LOG_TAU - self._slope(action)).sum(-1)

    def log_prob(self, parameters: Tensor, action: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.log_prob`."""
        mean, log_std = self._moments(parameters, mask)
        noise = (action - mean) * (-log_std).exp()
        return (-0.5 * noise.square() - log_std - _HALF_LOG_TAU - self._slope(action)).sum(-1)

    def entropy(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.entropy`."""
        mean, log_std = self._moments(parameters, mask)
        return (0.5 + _HALF_LOG_TAU + log_std + self._mean_slope(mean, log_std)).sum(-1)

    def mode(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.mode`: the stored mean."""
        mean: Tensor = self._halves(parameters, mask)[0]
        return mean

    def kl(self, p: Tensor, q: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.kl`; a bijection of the action leaves it as it is."""
        mean, log_std = self._moments(p, mask)
        other, log_other = self._moments(q, mask)
        ratio = (2.0 * (log_std - log_other)).exp()
        moved = ((mean - other) * (-log_other).exp()).square()
        return (0.5 * (ratio + moved - 1.0) + log_other - log_std).sum(-1)

    def mode_numpy(self, parameters: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """See `Head.mode_numpy`."""
        return np.asarray(self._halves(parameters, mask)[0])

    def sample_numpy(
        self, parameters: NDArray[Any], generator: np.random.Generator, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[Any]:
        """See `Head.sample_numpy`."""
        mean, log_std = self._halves(parameters, mask)
        noise = generator.standard_normal(mean.shape)
        return np.asarray(mean + np.exp(np.clip(log_std, *self.limits)) * noise).astype(parameters.dtype)


@dataclass(frozen=True)
class SquashedGaussian(_Normal):
    """A Gaussian u pressed into (0, 1) by (1 + tanh u) / 2; u is what is stored.

    Parameters
    ----------
    dim : int
        Number of dimensions of the action, at least 1. Outputs: dim means, then dim logarithms of standard deviations, which
        are kept within [-5, log 2]: a wider Gaussian piles up at both ends of the interval.

    Raises
    ------
    ValueError, TypeError
        If dim is no positive integer; at use, if a mask is given or the parameters have another length than 2 dim.

    Notes
    -----
    log f(a) = log N(u) - log da/du with log da/du = log 2 - 2 u - 2 softplus(-2 u), exact for every u. `entropy` takes the
    expectation of that term by Gauss-Hermite quadrature with 32 nodes: its error is below 1e-7 for standard deviations up to 1
    and below 2e-4 up to 2. `mode` is the image of the mean, which is the median of the distribution and what is customary.

    References
    ----------
    Haarnoja, Zhou, Abbeel and Levine, Soft actor-critic, ICML 2018, appendix C.

    Examples
    --------
    >>> import numpy as np
    >>> head = SquashedGaussian(1)
    >>> head.applied(head.mode_numpy(np.array([0.0, -1.0]))).tolist()
    [0.5]
    """

    kind: ClassVar[str] = "squashed-gaussian"
    limits: ClassVar[tuple[float, float]] = (-5.0, _LOG_2)

    def _slope(self, stored: Tensor) -> Tensor | float:
        from torch.nn.functional import softplus

        slope: Tensor = _LOG_2 - 2.0 * (stored + softplus(-2.0 * stored))
        return slope

    def _mean_slope(self, mean: Tensor, log_std: Tensor) -> Tensor | float:
        nodes, weights = mean.new_tensor(_NODES), mean.new_tensor(_WEIGHTS)
        points = mean.unsqueeze(-1) + log_std.exp().unsqueeze(-1) * nodes
        return (self._slope(points) * weights).sum(-1)

    def applied(self, action: Any) -> Any:
        """(1 + tanh u) / 2."""
        return 0.5 + 0.5 * (np.tanh(action) if isinstance(action, np.ndarray) else action.tanh())


@dataclass(frozen=True)
class Gaussian(_Normal):
    """A Gaussian u of which the environment receives (1 + u) / 2 clipped to [0, 1]; u is what is stored.

    Parameters
    ----------
    dim : int
        Number of dimensions of the action, at least 1. Outputs: dim means, then dim logarithms of standard deviations, which
        are kept within [-5, 2].

    Raises
    ------
    ValueError, TypeError
        If dim is no positive integer; at use, if a mask is given or the parameters have another length than 2 dim.

    Notes
    -----
    The literal head of most papers: log-probabilities are those of the action before it is clipped, on the scale of
    (1 + u) / 2, so that the mass beyond the ends is counted where the environment cannot see it.

    Examples
    --------
    >>> import numpy as np
    >>> head = Gaussian(2)
    >>> head.applied(np.array([0.0, 3.0])).tolist()
    [0.5, 1.0]
    """

    kind: ClassVar[str] = "gaussian"

    def applied(self, action: Any) -> Any:
        """(1 + u) / 2, clipped to [0, 1]."""
        return (0.5 + 0.5 * action).clip(0.0, 1.0)

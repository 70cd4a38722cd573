"""Continuous actions: `Beta`, independent in every dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.learning.deep.heads.continuous import Continuous

if TYPE_CHECKING:
    from torch import Generator, Tensor

_WALL = 1e-6  # Beta's actions stay this far from 0 and 1, where its log density is infinite; float32 tells 1 - 1e-6 from 1
_ABOVE_ONE = 1e-6  # added to Beta's concentrations: softplus underflows to 0, and a mode needs them above 1


@dataclass(frozen=True)
class Beta(Continuous):
    """Beta distributions on [0, 1]: no mass is lost at the ends of the box, and the density vanishes there.

    With outputs x and y of a dimension, alpha = 1 + softplus(x), beta = 1 + softplus(y), both above 1: one mode, inside.

    Parameters
    ----------
    dim : int
        Number of dimensions of the action, at least 1.

    Raises
    ------
    ValueError, TypeError
        If dim is no positive integer; at use, if a mask is given or the parameters have another length than 2 dim.

    Notes
    -----
    log f(a) = (alpha - 1) log a + (beta - 1) log(1 - a) - log B(alpha, beta). Actions are kept within [1e-6, 1 - 1e-6], when
    they are drawn as well as in `log_prob`, so that no log density is infinite. A draw is X / (X + Y) with X and Y
    gamma-distributed, from the generator that is passed.

    References
    ----------
    Chou, Maturana and Scherer, Improving stochastic policy gradients in continuous control with deep reinforcement learning
    using the beta distribution, ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> head = Beta(1)
    >>> head.size, head.mode_numpy(np.array([0.5, 0.5])).tolist()
    (2, [0.5])
    """

    kind: ClassVar[str] = "beta"

    def _concentrations(self, parameters: Tensor, mask: object = None) -> Tensor:
        """alpha - 1 of all dimensions, then beta - 1: one tensor, since every operation on small tensors costs as much."""
        from torch.nn.functional import softplus

        self._halves(parameters, mask)
        concentrations: Tensor = softplus(parameters) + _ABOVE_ONE
        return concentrations

    def sample(self, parameters: Tensor, generator: Generator, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """See `Head.sample`."""
        import torch

        both = self._concentrations(parameters.detach(), mask)
        # torch.distributions takes no generator; what it draws gammas with does
        first, second = self._halves(torch._standard_gamma(both + 1.0, generator=generator), None)
        action = (first / (first + second)).clamp_(_WALL, 1.0 - _WALL)
        return action, self._density(both, action)

    def log_prob(self, parameters: Tensor, action: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.log_prob`."""
        return self._density(self._concentrations(parameters, mask), action.clamp(_WALL, 1.0 - _WALL))

    def _density(self, both: Tensor, action: Tensor) -> Tensor:
        import torch

        logs = torch.cat((action.log(), (-action).log1p()), -1)
        return (both * logs).sum(-1) - self._log_beta(both)

    def _log_beta(self, both: Tensor) -> Tensor:
        """The sum of log B(alpha, beta) over dimensions."""
        a, b = self._halves(both, None)
        return (both + 1.0).lgamma().sum(-1) - (a + b + 2.0).lgamma().sum(-1)

    def entropy(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.entropy`."""
        both = self._concentrations(parameters, mask)
        a, b = self._halves(both, None)
        inner = (both * (both + 1.0).digamma()).sum(-1) - ((a + b) * (a + b + 2.0).digamma()).sum(-1)
        return self._log_beta(both) - inner

    def mode(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.mode`: (alpha - 1) / (alpha + beta - 2)."""
        a, b = self._halves(self._concentrations(parameters, mask), None)
        return a / (a + b)

    def kl(self, p: Tensor, q: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.kl`."""
        one, other = self._concentrations(p, mask), self._concentrations(q, mask)
        (a, b), (c, d) = self._halves(one, None), self._halves(other, None)
        inner = ((one - other) * (one + 1.0).digamma()).sum(-1) + ((c - a + d - b) * (a + b + 2.0).digamma()).sum(-1)
        return self._log_beta(other) - self._log_beta(one) + inner

    def _concentrations_numpy(self, parameters: NDArray[Any], mask: object) -> tuple[NDArray[Any], NDArray[Any]]:
        both = np.logaddexp(parameters, parameters.dtype.type(0.0)) + parameters.dtype.type(_ABOVE_ONE)
        a, b = self._halves(both, mask)
        return a, b

    def mode_numpy(self, parameters: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """See `Head.mode_numpy`."""
        a, b = self._concentrations_numpy(parameters, mask)
        return np.asarray(a / (a + b))

    def sample_numpy(
        self, parameters: NDArray[Any], generator: np.random.Generator, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[Any]:
        """See `Head.sample_numpy`."""
        a, b = self._concentrations_numpy(parameters, mask)
        return np.clip(generator.beta(a + 1.0, b + 1.0), _WALL, 1.0 - _WALL).astype(parameters.dtype)

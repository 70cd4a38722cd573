"""One of n actions, with a mask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.learning.deep.heads.base import Head, refuse_closed

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Categorical(Head):
    """One of n actions, with probabilities proportional to exp(logit) among the actions that the mask leaves open.

    Parameters
    ----------
    n : int
        Number of actions, at least 1; one network output, a logit, for each.

    Raises
    ------
    ValueError, TypeError
        If n is no positive integer; at use, if a mask closes every action of a row or has another shape than the logits.

    Notes
    -----
    A closed action's logit is set to minus infinity *before* the log-softmax, so that its probability and the gradient of
    everything by its logit are exactly 0 and the open ones sum to 1. Sampling is an exponential race: the open action with the
    largest p_a / E_a, E_a standard exponential, wins with probability p_a, and a closed one never does.

    References
    ----------
    Huang and Ontanon, A closer look at invalid action masking in policy gradient algorithms, FLAIRS 35 (2022).

    Examples
    --------
    >>> import numpy as np
    >>> head = Categorical(3)
    >>> head.size, int(head.mode_numpy(np.array([1.0, 3.0, 2.0]), np.array([True, False, True])))
    (3, 2)
    """

    n: int
    kind: ClassVar[str] = "categorical"
    continuous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        validation.integer("n", self.n, minimum=1)

    @property
    def size(self) -> int:
        """n."""
        return self.n

    def log_probs(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """Log-probabilities [..., n] of all actions, minus infinity where the mask closes."""
        if mask is not None:
            refuse_closed(parameters, mask)
            parameters = parameters.masked_fill(~mask, -math.inf)
        return parameters.log_softmax(-1)

    def sample(self, parameters: Tensor, generator: Generator, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """See `Head.sample`."""
        logs = self.log_probs(parameters, mask).detach()
        race = logs.new_empty(logs.shape).exponential_(generator=generator).clamp_min_(1e-30)
        action = (logs.exp() / race).argmax(-1)
        return action, logs.gather(-1, action.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, parameters: Tensor, action: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.log_prob`."""
        return self.log_probs(parameters, mask).gather(-1, action.unsqueeze(-1)).squeeze(-1)

    def entropy(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.entropy`; over the open actions only."""
        logs = self.log_probs(parameters, mask)
        finite = logs if mask is None else logs.masked_fill(~mask, 0.0)  # 0 times minus infinity would be no number
        return -(logs.exp() * finite).sum(-1)

    def mode(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.mode`; the first of the most probable actions."""
        return self.log_probs(parameters, mask).argmax(-1)

    def kl(self, p: Tensor, q: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.kl`; under one mask for both."""
        logs = self.log_probs(p, mask)
        difference = logs - self.log_probs(q, mask)
        return (logs.exp() * (difference if mask is None else difference.masked_fill(~mask, 0.0))).sum(-1)

    def mode_numpy(self, parameters: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """See `Head.mode_numpy`."""
        return np.asarray(self._closed(parameters, mask).argmax(-1))

    def sample_numpy(
        self, parameters: NDArray[Any], generator: np.random.Generator, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[Any]:
        """See `Head.sample_numpy`."""
        logits = self._closed(parameters, mask)
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        race = np.maximum(generator.standard_exponential(logits.shape), 1e-30)
        return np.asarray((weights / race).argmax(-1))

    @staticmethod
    def _closed(logits: NDArray[Any], mask: NDArray[np.bool_] | None) -> NDArray[Any]:
        if mask is None:
            return logits
        refuse_closed(logits, mask)
        return np.where(mask, logits, -np.inf)

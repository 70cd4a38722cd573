"""What every head can do, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation

if TYPE_CHECKING:
    from torch import Generator, Tensor


class Head(ABC):
    """A distribution over actions, given by a network's outputs. Instances are frozen and know their `size`."""

    kind: ClassVar[str]
    continuous: ClassVar[bool] = True

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of network outputs that parameterise the distribution."""

    @abstractmethod
    def sample(self, parameters: Tensor, generator: Generator, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Draw an action and return it with its log-probability; no gradient flows through the draw."""

    @abstractmethod
    def log_prob(self, parameters: Tensor, action: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logarithm of the probability, or of the density on the applied scale, of a stored action."""

    @abstractmethod
    def entropy(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """Entropy in nats; differential, on the applied scale, for continuous actions (unclipped for `Gaussian`)."""

    @abstractmethod
    def mode(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """The deterministic action of the distribution, as it is stored."""

    @abstractmethod
    def kl(self, p: Tensor, q: Tensor, mask: Tensor | None = None) -> Tensor:
        """Kullback-Leibler divergence KL(p || q) of two distributions given by their parameters."""

    @abstractmethod
    def mode_numpy(self, parameters: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """`mode` without torch."""

    @abstractmethod
    def sample_numpy(
        self, parameters: NDArray[Any], generator: np.random.Generator, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[Any]:
        """Draw an action without torch: of the same law as `sample`, not the same draws."""

    def applied(self, action: Any) -> Any:
        """What the environment receives for a stored action: an array or tensor, as it comes."""
        return action


def refuse_closed(logits: Any, mask: Any) -> None:
    """Refuse masks that close every action."""
    if mask.shape != logits.shape:
        validation.reject("mask", f"must have the shape {tuple(logits.shape)} of the logits", tuple(mask.shape))
    rows = mask.any(-1)
    if not rows.all():
        where = np.argwhere(~np.asarray(rows))[0].tolist()
        validation.reject("mask", "must leave at least one action open in every row", f"none open in row {where}")

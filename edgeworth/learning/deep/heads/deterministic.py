"""Continuous actions without randomness, for policies that explore by noise of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.learning.deep.heads.base import Head

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Deterministic(Head):
    """The action is what the network says: the environment receives (1 + tanh u) / 2 of an output u.

    Parameters
    ----------
    dim : int
        Number of dimensions of the action, at least 1; one network output for each.

    Raises
    ------
    ValueError, TypeError
        If dim is no positive integer; at use, if a mask is given, or a density is asked for, which a point does not have.

    Examples
    --------
    >>> import numpy as np
    >>> head = Deterministic(1)
    >>> head.applied(head.mode_numpy(np.array([0.0]))).tolist()
    [0.5]
    """

    dim: int
    kind: ClassVar[str] = "deterministic"

    def __post_init__(self) -> None:
        validation.integer("dim", self.dim, minimum=1)

    @property
    def size(self) -> int:
        """The number of dimensions."""
        return self.dim

    def _checked(self, parameters: Any, mask: object) -> Any:
        if mask is not None:
            validation.reject("mask", f"must be None for the head {self.kind!r}, whose actions are continuous", mask)
        if parameters.shape[-1] != self.size:
            validation.reject("parameters", f"must have {self.size} entries in the last axis", tuple(parameters.shape))
        return parameters

    def _no_density(self) -> NoReturn:
        validation.reject("head", "must have a density, to learn by log-probabilities", self.kind)

    def sample(self, parameters: Tensor, generator: Generator, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Refused: there is no log-probability."""
        self._no_density()

    def log_prob(self, parameters: Tensor, action: Tensor, mask: Tensor | None = None) -> Tensor:
        """Refused: there is no log-probability."""
        self._no_density()

    def entropy(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """Refused: a point has no differential entropy."""
        self._no_density()

    def kl(self, p: Tensor, q: Tensor, mask: Tensor | None = None) -> Tensor:
        """Refused: two points have no divergence."""
        self._no_density()

    def mode(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Head.mode`."""
        outputs: Tensor = self._checked(parameters, mask)
        return outputs

    def mode_numpy(self, parameters: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """See `Head.mode_numpy`."""
        return np.asarray(self._checked(parameters, mask))

    def sample_numpy(
        self, parameters: NDArray[Any], generator: np.random.Generator, mask: NDArray[np.bool_] | None = None
    ) -> NDArray[Any]:
        """The same as `mode_numpy`; nothing is drawn."""
        return self.mode_numpy(parameters, mask)

    def applied(self, action: Any) -> Any:
        """(1 + tanh u) / 2."""
        return 0.5 + 0.5 * (np.tanh(action) if isinstance(action, np.ndarray) else action.tanh())

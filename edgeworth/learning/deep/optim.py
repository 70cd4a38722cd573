"""Weights of several networks in one vector, and Adam on it: a step is a few operations, however many layers there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.learning.deep.nets import Net
from edgeworth.learning.deep.torching import torch


class Flat:
    """The weights of networks, tensors that share one vector.

    Parameters
    ----------
    nets : mapping of Net
        By name.
    start : mapping of sequences of ndarray
        The weights to begin with.

    Attributes
    ----------
    vector : Tensor
        All weights.
    of : dict
        Name -> list of the weights of that network, leaves that gradients are taken by.
    leaves : list of Tensor
        The weights of all networks, in the order of the vector.
    """

    def __init__(self, nets: Mapping[str, Net], start: Mapping[str, Sequence[Array]]) -> None:
        t = torch()
        self.nets = dict(nets)
        arrays = [np.asarray(each) for name in self.nets for each in start[name]]
        self.vector = t.from_numpy(np.concatenate([each.ravel() for each in arrays]))
        self.of: dict[str, list[Any]] = {}
        self.leaves: list[Any] = []
        at = 0
        for name in self.nets:
            self.of[name] = []
            for each in start[name]:
                leaf = self.vector[at : at + each.size].view(each.shape).detach().requires_grad_()
                self.of[name].append(leaf)
                self.leaves.append(leaf)
                at += each.size

    def gradient(self, loss: Any) -> Any:
        """The gradient of a loss by all weights, as one vector.

        Parameters
        ----------
        loss : Tensor
        """
        return torch().cat([each.reshape(-1) for each in torch().autograd.grad(loss, self.leaves)])

    def refuse_infinite(self, steps: int) -> None:
        """Refuse to go on where a weight is no number.

        Parameters
        ----------
        steps : int
            Named in the error.

        Raises
        ------
        FloatingPointError
        """
        if not torch().isfinite(self.vector).all():
            raise FloatingPointError(
                f"weights: training diverged by agent-step {steps}: they hold NaN or infinities; look for such rewards or "
                "observations, or lower the learning rate"
            )

    def copies(self, name: str) -> tuple[Array, ...]:
        """Copies of one network's weights.

        Parameters
        ----------
        name : str
        """
        return tuple(each.detach().numpy().copy() for each in self.of[name])

    def arrays(self) -> dict[str, Array]:
        """All weights by network and name."""
        return {
            f"{name}/{key}": values
            for name, net in self.nets.items()
            for key, values in zip(net.shapes(), self.copies(name), strict=True)
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of `arrays`."""
        return {f"{name}/{key}": shape for name, net in self.nets.items() for key, shape in net.shapes().items()}

    def load(self, arrays: Sequence[Array]) -> None:
        """Take weights over, in the order of `shapes`.

        Parameters
        ----------
        arrays : sequence of ndarray
        """
        with torch().no_grad():
            self.vector.copy_(torch().from_numpy(np.concatenate([each.ravel() for each in arrays])))


class Adam:
    """Adam with clipping of the gradient's length.

    Parameters
    ----------
    vector : Tensor
        What is moved.
    most : float, optional
        Longest gradient; a longer one is scaled down.
    eps : float
    decay : (float, float)
        Of the mean gradient and of the mean square.

    References
    ----------
    Kingma and Ba, Adam, ICLR 2015.
    """

    def __init__(
        self, vector: Any, *, most: float | None = None, eps: float = 1e-8, decay: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self.vector, self.most, self.eps, self.decay = vector, most, eps, decay
        self.mean, self.square, self.count = torch().zeros_like(vector), torch().zeros_like(vector), 0

    def step(self, gradient: Any, rate: float) -> None:
        """One step down the gradient, which is overwritten.

        Parameters
        ----------
        gradient : Tensor
        rate : float
            The learning rate.
        """
        with torch().no_grad():
            if self.most is not None:
                gradient.mul_((self.most / (gradient.norm() + 1e-6)).clamp_(max=1.0))
            self.count += 1
            one, two = self.decay
            self.mean.lerp_(gradient, 1.0 - one)
            self.square.mul_(two).addcmul_(gradient, gradient, value=1.0 - two)
            scale = (1.0 - two**self.count) ** 0.5
            size = self.square.sqrt().add_(self.eps * scale)
            self.vector.addcdiv_(self.mean, size, value=-rate * scale / (1.0 - one**self.count))

    def arrays(self) -> dict[str, Array]:
        """Its moments and the number of steps."""
        return {"mean": self.mean.numpy().copy(), "square": self.square.numpy().copy(), "count": np.array([self.count])}

    def load(self, arrays: Mapping[str, Array]) -> None:
        """The inverse of `arrays`.

        Parameters
        ----------
        arrays : mapping of ndarray
        """
        with torch().no_grad():
            self.mean.copy_(torch().from_numpy(arrays["mean"]))
            self.square.copy_(torch().from_numpy(arrays["square"]))
        self.count = int(arrays["count"][0])

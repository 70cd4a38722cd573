"""Pro-LNN: a liquid cell whose time constants depend on input and state, and which is told how much time has passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.forecasting.networks.base import WIDTH, Float32, SeriesNet
from edgeworth.learning.deep.torching import torch

TAU = (0.1, 1000.0)
"""Lowest and highest time constant, in steps."""
SLOWEST = 8.0
"""The time constants begin between 1 and this, in even ratios; chosen on feeders that no table is made of."""
EPSILON = 1e-5  # of the layer normalisation
_LIMITS = np.array([*TAU, EPSILON], np.float32)


@dataclass(frozen=True, kw_only=True)
class ProLNN(SeriesNet):
    """The liquid network of the FUSION paper, appendix B: 11,114 parameters at one feature and a horizon of 10.

    Parameters
    ----------
    features, horizon : int
        As of `SeriesNet`.

    Notes
    -----
    With input x, state h (0 at first) and dt time units since the last observation, a step is ::

        tau = clip(softplus(A x + a + B h + b), TAU)
        phi = tanh(layer_norm(C x + c + D h + d))
        h <- phi + exp(-dt / tau) (h - phi)

    which solves dh/dt = (phi - h) / tau over dt with phi and tau held. So the update rate of the paper is 1 - exp(-dt / tau),
    and its small residual scale, whose place is lost, is a scale of the time constants, which are trained. (24) and the formula
    of tau are lost too; that both gates read input and state is the structure that has the printed number of parameters.

    With phi and tau held, steps of dt1 and dt2 are one of dt1 + dt2 exactly. Between two steps of the cell they are not held:
    both follow the state, so two half steps are close to a whole one, not equal.

    References
    ----------
    Hasani, Lechner, Amini, Rus and Grosu, Liquid time-constant networks, AAAI 2021.

    Examples
    --------
    >>> import math
    >>> sum(math.prod(shape) for shape in ProLNN().shapes().values())
    11114
    """

    kind: ClassVar[str] = "pro-lnn"
    entry: ClassVar[str] = "tau.input.weight"
    takes_gaps: ClassVar[bool] = True

    def body(self) -> dict[str, tuple[int, ...]]:
        gate = {
            "input.weight": (self.features, WIDTH),
            "input.bias": (WIDTH,),
            "state.weight": (WIDTH, WIDTH),
            "state.bias": (WIDTH,),
        }
        named = {f"{which}.{name}": shape for which in ("tau", "drive") for name, shape in gate.items()}
        return named | {"norm.gain": (WIDTH,), "norm.bias": (WIDTH,)}

    def start(self, rng: np.random.Generator) -> list[Array]:
        found = super().start(rng)
        constants = np.geomspace(1.0, SLOWEST, WIDTH)
        found[list(self.shapes()).index("tau.input.bias")] = np.log(np.expm1(constants)).astype(np.float32)
        return found

    def states(self, weights: Mapping[str, Array], x: Float32, gaps: Float32) -> Array:
        from edgeworth.core.jit import read_only
        from edgeworth.forecasting.networks import kernels

        def both(name: str) -> Array:
            return np.concatenate([weights[f"tau.{name}"], weights[f"drive.{name}"]], axis=-1)

        state = np.empty((len(x), WIDTH), np.float32)
        bias = both("input.bias") + both("state.bias")
        given = (both("input.weight"), bias, both("state.weight"), weights["norm.gain"], weights["norm.bias"], _LIMITS)
        kernels.liquid(read_only(kernels.Liquid(x, gaps, *given)), state)
        return state

    def torch_states(self, weights: Mapping[str, Any], x: Any, gaps: Any) -> Any:
        t = torch()
        F = t.nn.functional

        def both(name: str) -> Any:
            return t.cat([weights[f"tau.{name}"], weights[f"drive.{name}"]], dim=-1)

        among, gain, shift = both("state.weight"), weights["norm.gain"], weights["norm.bias"]
        entering = x.transpose(0, 1) @ both("input.weight") + (both("input.bias") + both("state.bias"))
        h = x.new_zeros(len(x), WIDTH)
        for given, gap in zip(entering, gaps.t().unsqueeze(2), strict=True):
            rate, drive = t.addmm(given, h, among).chunk(2, dim=1)
            tau = F.softplus(rate).clamp(*TAU)
            phi = t.tanh(F.layer_norm(drive, (WIDTH,), gain, shift, EPSILON))
            h = t.lerp(phi, h, t.exp(-gap / tau))
        return h

"""Training of the three networks, by one budget: Adam on the mean squared error, stopped early by windows held out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.forecasting.networks.base import SeriesNet
from edgeworth.forecasting.networks.network import ARCHITECTURES, Network, observed
from edgeworth.learning.deep.optim import Adam, Flat
from edgeworth.learning.deep.torching import one_thread, torch

EPOCHS = 100


@dataclass(frozen=True, kw_only=True)
class Training:
    """How networks are trained.

    Parameters
    ----------
    rate : float, > 0
        Adam's learning rate.
    batch : int, >= 1
        Windows of a gradient step.
    patience : int, >= 1
        Epochs without a better error on the windows held out, after which training ends.
    clip : float, > 0
        Longest gradient.
    consistency : float, >= 0
        Weight of the consistency of several steps, a second term of the loss: the network is rolled forward, its own one-step
        forecast taking the place of the next observation, and the squared errors of these forecasts are averaged. For one
        feature only.
    rolls : int, >= 1
        Steps of such a roll, at most the horizon.

    Notes
    -----
    The paper calls the consistency term optional. It is off by default: at weight .5 and three rolls it lowered the held-out
    error on neither of two feeders it was tried on, and training took three times as long (`edgeworth.forecasting.claims`).
    """

    rate: float = 1e-3
    batch: int = 64
    patience: int = 15
    clip: float = 1.0
    consistency: float = 0.0
    rolls: int = 3

    def __post_init__(self) -> None:
        for name in ("rate", "clip"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        validation.real("consistency", self.consistency, minimum=0.0)
        for name in ("batch", "patience", "rolls"):
            validation.integer(name, getattr(self, name), minimum=1)


def fit_network(
    name: str,
    windows: Array,
    targets: Array,
    held_windows: Array,
    held_targets: Array,
    *,
    seed: int,
    epochs: int | None = None,
    dt: Array | None = None,
    held_dt: Array | None = None,
    training: Training | None = None,
) -> Network:
    """Train a network on windows and what followed them.

    Parameters
    ----------
    name : {"pro-lnn", "lstm", "transformer"}
    windows : float64 [n, history] or [n, history, features]
        Scaled by the caller. With exogenous features, which follow the series itself, there are more parameters.
    targets : float64 [n, horizon]
        In the same units.
    held_windows, held_targets : float64
        Likewise; they decide when training ends and which epoch's weights are kept, and no gradient sees them.
    seed : int, >= 0
        Of the start and of the order of windows.
    epochs : int, >= 1, optional
        Most passes over the windows; default `EPOCHS`.
    dt, held_dt : float64 [n, history], optional
        As of `Network.predict`, which also says where windows may hold NaN.
    training : Training, optional

    Returns
    -------
    Network
        ``provenance`` holds the seed, the epochs, the best held-out error and the parameters of training.

    Raises
    ------
    ValueError, TypeError
        For other shapes, values that are not finite, and for a consistency term with exogenous features.
    MissingExtraError
        Without torch (extra "learn").
    FloatingPointError
        Where training diverges.

    Notes
    -----
    The same seed gives the same weights on the same version of torch.

    Examples
    --------
    >>> sine = np.sin(np.arange(200) / 4.0)
    >>> past, future = np.split(np.lib.stride_tricks.sliding_window_view(sine, 20), [16], axis=1)
    >>> fitted = fit_network("pro-lnn", past[:150], future[:150], past[150:], future[150:], seed=0, epochs=1)
    >>> fitted.history, fitted.horizon, fitted.predict(past[:3]).shape
    (16, 4, (3, 4))
    """
    training = training or Training()
    most = EPOCHS if epochs is None else validation.integer("epochs", epochs, minimum=1)
    rng = np.random.default_rng(validation.integer("seed", seed, minimum=0))
    after = validation.array("targets", targets, np.float64, (None, None))
    held_after = validation.array("held_targets", held_targets, np.float64, (None, after.shape[1]))
    architecture = ARCHITECTURES[validation.choice("name", name, tuple(ARCHITECTURES))]
    features = np.shape(windows)[2] if np.ndim(windows) == 3 else 1
    net = architecture(features=features, horizon=after.shape[1])
    x, gaps = observed(net, windows, dt)
    held_x, held_gaps = observed(net, held_windows, held_dt)
    for label, one, other in (("targets", x, after), ("held_targets", held_x, held_after)):
        if len(one) != len(other):
            validation.reject(label, f"must be as many as the windows, {len(one)}", len(other))
    if held_x.shape[1:] != x.shape[1:]:
        validation.reject("held_windows", f"must have the shape of the windows, {x.shape[1:]}", held_x.shape[1:])
    if training.consistency and (features > 1 or training.rolls > net.horizon):
        rule = "must be 0 with exogenous features, whose future is not known, and where rolls exceed the horizon"
        validation.reject("consistency", rule, training.consistency)
    with one_thread():
        kept, told = _descend(net, (x, gaps, after), (held_x, held_gaps, held_after), rng, most, training)
    arrays = dict(zip(net.shapes(), kept, strict=True))
    provenance = {"seed": int(seed), **told, "windows": len(x), **asdict(training)}
    return Network(name, arrays, x.shape[1], net.horizon, provenance)


def _descend(
    net: SeriesNet,
    given: tuple[Array, Array, Floats],
    held: tuple[Array, Array, Floats],
    rng: np.random.Generator,
    epochs: int,
    training: Training,
) -> tuple[tuple[Array, ...], dict[str, float]]:
    """The weights of the best epoch, and how it went."""
    t = torch()
    flat = Flat({net.kind: net}, {net.kind: net.start(rng)})
    adam = Adam(flat.vector, most=training.clip)
    x, gaps, after = (t.from_numpy(np.array(each, np.float32)) for each in given)
    held_x, held_gaps, held_after = (t.from_numpy(np.array(each, np.float32)) for each in held)
    weights = flat.of[net.kind]
    best, kept, at, done = np.inf, flat.vector.clone(), 0, 0
    for epoch in range(1, epochs + 1):
        for batch in t.from_numpy(rng.permutation(len(x))).split(training.batch):
            loss = _loss(net, weights, x[batch], gaps[batch], after[batch], training)
            adam.step(flat.gradient(loss), training.rate)
        done = epoch
        with t.inference_mode():
            parts = zip(held_x.split(512), held_gaps.split(512), held_after.split(512), strict=True)
            squares = sum(float(((net.torch(weights, *part[:2]) - part[2]) ** 2).sum()) for part in parts)
        error = squares / held_after.numel()
        if not np.isfinite(error):
            rule = (
                f"training diverged in epoch {epoch}: the error on windows held out is {error}; look at the scale of the data"
            )
            raise FloatingPointError(f"{net.kind}: {rule}")
        if error < best:
            best, at = error, epoch
            kept.copy_(flat.vector)
        elif epoch - at >= training.patience:
            break
    with t.no_grad():
        flat.vector.copy_(kept)
    return flat.copies(net.kind), {"epochs": done, "best_epoch": at, "held_mse": best}


def _loss(net: SeriesNet, weights: list[Any], x: Any, gaps: Any, after: Any, training: Training) -> Any:
    t = torch()
    ahead = net.torch(weights, x, gaps)
    loss = t.nn.functional.mse_loss(ahead, after)
    if not training.consistency:
        return loss
    rolled = t.zeros(())
    for step in range(1, training.rolls + 1):
        rolled = rolled + ((ahead[:, 0] - after[:, step - 1]) ** 2).mean()
        if step < training.rolls:
            x = t.cat([x[:, 1:], ahead[:, :1, None]], dim=1)
            gaps = t.cat([gaps[:, 1:], t.ones_like(gaps[:, :1])], dim=1)
            ahead = net.torch(weights, x, gaps)
    return loss + training.consistency * rolled / training.rolls

"""The network that comes with the package: pro-lnn, trained on many synthetic series at once. It needs no torch.

It was made, in two minutes of processor time, by ::

    python -c "from edgeworth.forecasting.networks import train_pooled; train_pooled().save('pro-lnn-synthetic.npz')"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.policy import training_seed
from edgeworth.forecasting.networks.network import Network
from edgeworth.forecasting.networks.train import Training, fit_network
from edgeworth.forecasting.samples import Samples
from edgeworth.forecasting.series import synthetic

SEEDS = range(770_001, 770_065)
"""Seeds of the series that the shipped network was trained on."""
LENGTH, HISTORY, HORIZON = 24 * 60, 48, 10
TRAINED, HELD = 0.7, 0.15
"""Share of a series that scales it and is trained on, and the share of that which is held out, at its end."""
_STRIDE = 4  # steps between two windows: neighbours tell nearly the same


def train_pooled(
    seeds: Iterable[int] = SEEDS,
    *,
    length: int = LENGTH,
    seed: int = 770_001,
    epochs: int = 40,
    training: Training | None = None,
) -> Network:
    """Train pro-lnn on synthetic series of several seeds, each scaled by the mean and deviation of its own training part.

    Parameters
    ----------
    seeds : iterable of int
        Of the series, below `edgeworth.core.policy.EVALUATION`.
    length : int
        Steps of each series; the last 30% are not used.
    seed : int
        Of the network's start and of the order of windows.
    epochs : int, >= 1
        Most passes over the pool.
    training : Training, optional

    Returns
    -------
    Network
        ``provenance["training_seeds"]`` says which series it has seen.

    Raises
    ------
    ValueError, TypeError
        For no seeds, for seeds of evaluation, and for series shorter than what a held-out window takes.
    MissingExtraError
        Without torch (extra "learn").
    """
    known = [training_seed(each) for each in seeds]
    end = int(TRAINED * validation.integer("length", length, minimum=1))
    cut = end - int(HELD * end)
    if not known or end - cut < HORIZON or cut < HISTORY + HORIZON:
        validation.reject("length", "must leave windows to train on and to hold out, of one series at least", (length, known))
    parts: tuple[list[Array], list[Array]] = ([], [])
    for each in known:
        series = synthetic(length, seed=each)[:end]
        scaled = (series - series.mean()) / series.std()
        pairs = np.lib.stride_tricks.sliding_window_view(scaled, HISTORY + HORIZON)[::_STRIDE]
        first_held = -(-(cut - HISTORY) // _STRIDE)  # its targets begin at the cut or after it
        parts[0].append(pairs[: (cut - HISTORY - HORIZON) // _STRIDE + 1])
        parts[1].append(pairs[first_held:])
    fit, held = (np.concatenate(part) for part in parts)
    given = (fit[:, :HISTORY], fit[:, HISTORY:], held[:, :HISTORY], held[:, HISTORY:])
    made = fit_network("pro-lnn", *given, seed=seed, epochs=epochs, training=training)
    about = {"series": "synthetic", "length": length, "training_seeds": sorted(set(known))}
    return replace(made, provenance={**made.provenance, **about})


@cache
def pooled_network() -> Network:
    """The network that `train_pooled` made, for series in units of the mean and deviation of their own past.

    Returns
    -------
    Network
        pro-lnn, history 48, horizon 10.

    Notes
    -----
    It knows nothing but what `series.synthetic` draws with its defaults. There it errs less, on clean inputs, than methods that
    are fitted to the one series alone; on electricity loads with another shape of day its RMSE is up to twice that of "linear".

    Examples
    --------
    >>> pooled_network().parameters, pooled_network().provenance["training_seeds"][0]
    (11114, 770001)
    """
    with as_file(files(__package__) / "shipped" / "pro-lnn-synthetic.npz") as path:
        return Network.load(path)


def fit_pooled(samples: Samples) -> Network:
    """The network as it is: nothing is fitted but the scale, which the caller makes of the series.

    Parameters
    ----------
    samples : Samples
        Of one feature, with the network's history and horizon.

    Raises
    ------
    ValueError
        For others.
    """
    sizes = {"history": (samples.history, HISTORY), "horizon": (samples.horizon, HORIZON)}
    sizes["exogenous"] = (samples.windows.shape[2] - 1, 0)
    for name, (given, wanted) in sizes.items():
        if given != wanted:
            validation.reject(name, f"must be {wanted}, which the network was trained for", given)
    return pooled_network()


def stored_pooled(name: str, arrays: Arrays, history: int, horizon: int, provenance: Mapping[str, object]) -> Network:
    """The network of a file; a method of another name than its architecture's.

    Parameters
    ----------
    name : str
    arrays : mapping of ndarray
    history, horizon : int
    provenance : mapping
    """
    return Network("pro-lnn", arrays, history, horizon, provenance)

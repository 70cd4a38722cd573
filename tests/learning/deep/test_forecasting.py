"""Forecasting networks: torch and the loops agree, a seed gives the same weights, and what can be learnt is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from edgeworth.core.arrays import Floats
from edgeworth.forecasting.networks import ARCHITECTURES, Network, Training, fit_network, train_pooled
from edgeworth.forecasting.networks.pro_lnn import ProLNN
from tests.forecasting.test_networks import PRINTED, held_gates, network, windows

NAMES = tuple(PRINTED)
Pairs = tuple[Floats, Floats]


def pairs(series: Floats, history: int, horizon: int) -> Pairs:
    past, future = np.split(np.lib.stride_tricks.sliding_window_view(series, history + horizon), [history], axis=1)
    return past, future


def autoregression(seed: int, length: int, phi: float = 0.8) -> Floats:
    noise = np.random.default_rng(seed).normal(size=length)
    found = np.zeros(length)
    for k in range(1, length):
        found[k] = phi * found[k - 1] + noise[k]
    return found


def fitted(name: str, fit: Pairs, held: Pairs, seed: int = 0, **options: Any) -> Network:
    return fit_network(name, *fit, *held, seed=seed, **options)


def rmse(made: Network, test: Pairs) -> float:
    return float(np.sqrt(np.mean((made.predict(test[0]) - test[1]) ** 2)))


@pytest.mark.parametrize("name", NAMES)
def test_torch_and_the_loops_agree(name: str) -> None:
    for features in (1, 3):
        made, given = network(name, 48, 10, features), windows(33, 48, features).astype(np.float32)
        gaps = np.random.default_rng(5).uniform(0.1, 5.0, (33, 48)).astype(np.float32)
        gaps[:, 3] = 0.0
        net = ARCHITECTURES[name](features=features)
        weights = list(made.arrays.values())
        with torch.inference_mode():
            tensors = [torch.tensor(each) for each in weights]
            theirs = net.torch(tensors, torch.tensor(given), torch.tensor(gaps)).numpy()
        assert np.abs(net.numpy(weights, given, gaps) - theirs).max() < 1e-5


def test_lstm_and_transformer_are_those_of_torch_nn() -> None:
    """Its modules with our weights, and with as many."""
    given = torch.tensor(windows(5, 9, 1), dtype=torch.float32)
    for name in ("lstm", "transformer"):
        made = network(name, 9, 10)
        w = {key: torch.tensor(value) for key, value in made.arrays.items()}
        if name == "lstm":
            module: Any = torch.nn.LSTM(1, 64, 2, batch_first=True)
            for k, layer in enumerate(("lower", "upper")):
                for ours, theirs in (("input", "ih"), ("state", "hh")):
                    getattr(module, f"weight_{theirs}_l{k}").data = w[f"{layer}.{ours}.weight"].t().contiguous()
                    getattr(module, f"bias_{theirs}_l{k}").data = w[f"{layer}.{ours}.bias"]
            below = module(given)[0][:, -1]
        else:
            from edgeworth.forecasting.networks.transformer import positions

            layer_ = torch.nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
            module = torch.nn.TransformerEncoder(layer_, 2, enable_nested_tensor=False)
            for k, layer in enumerate(module.layers):
                names = {"self_attn.in_proj": "query", "self_attn.out_proj": "mix", "linear1": "up", "linear2": "down"}
                for theirs, ours in names.items():
                    joint = theirs == "self_attn.in_proj"
                    sep = "_" if joint else "."
                    layer.get_parameter(f"{theirs}{sep}weight").data = w[f"{k}.{ours}.weight"].t().contiguous()
                    layer.get_parameter(f"{theirs}{sep}bias").data = w[f"{k}.{ours}.bias"]
                for theirs, ours in (("norm1", "one"), ("norm2", "two")):
                    layer.get_parameter(f"{theirs}.weight").data = w[f"{k}.{ours}.gain"]
                    layer.get_parameter(f"{theirs}.bias").data = w[f"{k}.{ours}.bias"]
            below = module(given @ w["embed.weight"] + w["embed.bias"] + torch.tensor(positions(9)))[:, -1]
        head = torch.relu(below @ w["head.0.weight"] + w["head.0.bias"]) @ w["head.1.weight"] + w["head.1.bias"]
        assert np.abs(made.predict(given.numpy()) - head.detach().numpy()).max() < 1e-5
        sizes = {"lstm": 2_410, "transformer": 2_410 + 128}[name]  # head; head and embedding
        assert sum(each.numel() for each in module.parameters()) + sizes == PRINTED[name]


def test_the_dynamics_are_those_of_ncps() -> None:
    """Without synapses its liquid time-constant neuron leaks towards a fixed potential, as ours does with held gates."""
    pytest.importorskip("ncps")
    from ncps.torch import LTCCell
    from ncps.wirings import FullyConnected

    arrays, tau = held_gates()
    wiring = FullyConnected(64)
    wiring.build(1)
    cell = LTCCell(wiring, ode_unfolds=100, epsilon=0.0)
    dt = np.array([[0.5, 2.0, 1.0, 7.0]])
    with torch.no_grad():
        for name, value in cell.named_parameters():
            value.fill_(1.0 if name in ("gleak", "input_w", "output_w", "sigma", "sensory_sigma") else 0.0)
        cell.cm.copy_(torch.tensor(tau))
        cell.vleak.copy_(torch.tensor(np.tanh(arrays["norm.bias"])))
        state = torch.zeros(1, 64)
        for step in dt[0]:
            _, state = cell(torch.zeros(1, 1), state, float(step))
    ours = ProLNN().states(arrays, np.zeros((1, 4, 1), np.float32), dt.astype(np.float32))
    assert np.abs(ours - state.numpy()).max() < 0.02  # its steps are those of an implicit Euler method


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_weights(name: str) -> None:
    given = pairs(autoregression(0, 200), 12, 3)
    one, same, other = (fitted(name, given, given, seed, epochs=2) for seed in (3, 3, 4))
    assert all(np.array_equal(one.arrays[key], same.arrays[key]) for key in one.arrays)
    assert not np.array_equal(one.arrays["head.1.bias"], other.arrays["head.1.bias"])
    assert one.provenance == same.provenance


@pytest.mark.parametrize("name", NAMES)
def test_a_sine_is_learnt(name: str) -> None:
    """Without noise, so the error could be 0; persistence is far off."""
    wave = pairs(np.sin(2.0 * np.pi * np.arange(700) / 24.0), 24, 6)
    fit, held, test = (tuple(each[part] for each in wave) for part in (slice(0, 400), slice(430, 500), slice(530, None)))
    made = fitted(name, fit, held, epochs=25)
    persistence = float(np.sqrt(np.mean((test[0][:, -1:] - test[1]) ** 2)))
    assert rmse(made, test) < 0.1 * persistence


@pytest.mark.parametrize("name", NAMES)
def test_an_autoregression_is_forecast_as_well_as_it_can_be(name: str) -> None:
    """The best predictor of AR(1) is phi^k times the last value, and no other has a smaller expected error."""
    fit, held, test = (pairs(autoregression(seed, length), 12, 3) for seed, length in ((0, 3000), (1, 600), (2, 3000)))
    best = np.sqrt(np.mean((test[0][:, -1:] * 0.8 ** np.arange(1, 4) - test[1]) ** 2))
    persistence = np.sqrt(np.mean((test[0][:, -1:] - test[1]) ** 2))
    assert rmse(fitted(name, fit, held, epochs=8), test) < best + 0.25 * (persistence - best)


def test_the_test_part_is_not_seen() -> None:
    """Weights follow the windows of fitting, and of those held out only the epoch that is kept."""
    fit = pairs(autoregression(0, 300), 12, 3)
    one, other = (fitted("pro-lnn", fit, pairs(autoregression(seed, 100), 12, 3), epochs=1) for seed in (1, 2))
    assert all(np.array_equal(one.arrays[key], other.arrays[key]) for key in one.arrays)
    assert one.provenance["held_mse"] != other.provenance["held_mse"]


def test_time_between_observations_is_learnt() -> None:
    """A decay seen at random times: what comes next depends on how long ago the last observation was."""
    rng = np.random.default_rng(0)
    dt = rng.uniform(0.2, 4.0, (1200, 6))
    level = rng.uniform(1.0, 3.0, (1200, 1))
    age = np.where(np.arange(6) == 5, dt, 0.0)[:, -1:]
    given = np.repeat(level, 6, axis=1)
    given[:, -1] = np.nan  # held: only dt tells its age
    after = level * np.exp(-age)
    parts = slice(0, 900), slice(900, 1000), slice(1000, None)
    x, y, t = ([each[part] for part in parts] for each in (given, after, dt))
    made = fit_network("pro-lnn", x[0], y[0], x[1], y[1], seed=0, dt=t[0], held_dt=t[1], epochs=40)
    told = np.sqrt(np.mean((made.predict(x[2], t[2]) - y[2]) ** 2))
    untold = np.sqrt(np.mean((made.predict(x[2]) - y[2]) ** 2))
    assert told < 0.25 * np.std(y[2])
    assert untold > 2.0 * told


def test_the_consistency_term_changes_training() -> None:
    given = pairs(autoregression(0, 200), 12, 3)
    plain, rolled = (fitted("pro-lnn", given, given, epochs=1, training=Training(consistency=c)) for c in (0.0, 1.0))
    assert not np.array_equal(plain.arrays["head.1.bias"], rolled.arrays["head.1.bias"])
    assert rolled.provenance["consistency"] == 1.0


def test_bad_training_is_refused() -> None:
    x, y = pairs(autoregression(0, 60), 12, 3)
    wrong: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (("gru", x, y, x, y), {}, "name: must be one of"),
        (("lstm", x, y[:-1], x, y), {}, "targets: must be as many"),
        (("lstm", x, y, x, y[:-1]), {}, "held_targets: must be as many"),
        (("lstm", x, y, x[:, 1:], y), {}, "held_windows: must have the shape"),
        (("lstm", x, y, x, y[:, 1:]), {}, "held_targets: must have shape"),
        (("lstm", x, np.full_like(y, np.nan), x, y), {}, "targets"),
        (("lstm", x, y, x, y), {"dt": np.ones(x.shape)}, "dt: must be None"),
        (("lstm", x, y, x, y), {"epochs": 0}, "epochs"),
        (("lstm", x, y, x, y), {"seed": -1}, "seed"),
        (("lstm", x, y, x, y), {"training": Training(consistency=1.0, rolls=4)}, "consistency"),
    ]
    for given, options, message in wrong:
        with pytest.raises(ValueError, match=message):
            fit_network(*given, **{"seed": 0, **options})
    for bad in ({"rate": 0.0}, {"batch": 0}, {"consistency": -1.0}, {"rolls": 0}, {"clip": np.inf}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            Training(**bad)


def test_diverged_training_says_so() -> None:
    x, y = pairs(autoregression(0, 60), 12, 3)
    with pytest.raises(FloatingPointError, match="diverged"):
        fit_network("lstm", x, y * 1e30, x, y * 1e30, seed=0, epochs=3)


def test_a_pool_of_series_is_trained_on() -> None:
    made = train_pooled(range(2), length=300, epochs=1)
    assert made.provenance["training_seeds"] == [0, 1]
    assert (made.history, made.horizon, made.parameters) == (48, 10, 11_114)
    for seeds, length, message in (([], 300, "length"), ([0], 90, "length"), ([900_000], 300, "seed: must be below")):
        with pytest.raises(ValueError, match=message):
            train_pooled(seeds, length=length, epochs=1)

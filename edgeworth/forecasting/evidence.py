"""The computations behind `claims`: each function runs one test of a claim of the FUSION paper's section VI-B.

Networks are trained when they are asked for (extra "learn"), those of the tables once for all claims of a session. The two
feeders are read from the folder that the environment variable EDGEWORTH_DATA names. Without torch, or without the file, the
evidence says what was not tested.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.intervals import interval
from edgeworth.core.policy import EVALUATION
from edgeworth.datasets.electricity import read_electricity
from edgeworth.forecasting.backtesting import backtest
from edgeworth.forecasting.corruption import Corruption, Fill
from edgeworth.forecasting.networks import ARCHITECTURES, Network, Training, fit_network
from edgeworth.forecasting.series import scale_of, synthetic, windows_of

if TYPE_CHECKING:
    import pandas as pd

NETWORKS = ("pro-lnn", "lstm", "transformer")
BESIDE = ("persistence", "seasonal-naive", "linear", "holt-winters")
"""What nothing should be compared without."""
TABLE_II: Mapping[str, float] = MappingProxyType({"lstm": 0.119, "transformer": 0.467, "pro-lnn": 0.459})
"""The paper's mean squared errors on clean inputs."""
TABLE_III: Mapping[str, int] = MappingProxyType({"lstm": 52_842, "transformer": 69_482, "pro-lnn": 11_114})
"""The paper's numbers of parameters."""
FEEDERS = ("MT_005", "MT_145")
FILE = "uci_electricity/electricity_1000h_202clients_2012.csv.gz"
LENGTH, HISTORY, HORIZON = 1440, 48, 10
TRAIN, HELD = 0.7, 0.15
WEIGHT = 0.5
"""Of the consistency term."""
SLIGHTLY = 1.5
COMPARABLE = 1.101
"""RMSE of Pro-LNN over the LSTM's in the paper's Table III."""

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_EPOCHS, _FEWER = 100, 40  # most passes of training; with the consistency term a pass takes three times as long
_TAKES = 15
_FILLS: Mapping[str, Fill] = MappingProxyType({"told": "none", "filled": "last"})
Interval = tuple[float, float, float]
Pairs = tuple[Floats, Floats]


# --- rules --------------------------------------------------------------------------------------------------------------------


def below(intervals: list[Interval], least: float = 0.0) -> ClaimVerdict:
    """Whether all intervals lie below a number; in part where one does and none lies above it."""
    if all(high < least for _, _, high in intervals):
        return _HOLDS
    if any(low > least for _, low, _ in intervals):
        return _FAILS
    return _PARTLY if len(intervals) == 1 or any(high < least for _, _, high in intervals) else _FAILS


def lstm_lowest(budget: ClaimBudget) -> Evidence:
    return _beside_others(budget, "synthetic", "lstm", "MSE on clean inputs", lambda frame: np.log(frame["mse_clean"]))


def slightly(budget: ClaimBudget) -> Evidence:
    numbers: list[Row] = [{"network": name, "ratio": TABLE_II[name] / TABLE_II["lstm"]} for name in ("transformer", "pro-lnn")]
    ratios = [float(row["ratio"]) for row in numbers]
    text = f"{ratios[0]:.2f} and {ratios[1]:.2f} times the LSTM's: in print, nothing was run"
    return Evidence(_HOLDS if max(ratios) <= SLIGHTLY else _FAILS, Reason.DEFINITION, text, numbers=tuple(numbers), instances=2)


def lstm_surges(budget: ClaimBudget) -> Evidence:
    def growth(frame: pd.DataFrame) -> Any:
        return np.log(frame["mse_clean"] / frame["mse_corrupt"])  # below 0, and lowest where it grows most

    return _beside_others(budget, "synthetic", "lstm", "clean over corrupt MSE", growth)


def trade_off(budget: ClaimBudget) -> Evidence:
    corrupt = "MSE on corrupted inputs"
    return _beside_others(budget, "synthetic", "pro-lnn", corrupt, lambda frame: np.log(frame["mse_corrupt"]), ("lstm",))


def sizes(budget: ClaimBudget) -> Evidence:
    count = {name: sum(int(np.prod(shape)) for shape in made().shapes().values()) for name, made in ARCHITECTURES.items()}
    ratios = {name: count[name] / count["pro-lnn"] for name in ("lstm", "transformer")}
    table = (4 * count["transformer"] + 4 * 512 * 64) / (4 * count["pro-lnn"])
    numbers: list[Row] = [{"network": name, "parameters": n, "printed": TABLE_III[name]} for name, n in count.items()]
    exact = all(row["parameters"] == row["printed"] for row in numbers)
    fewer = min(ratios.values()) >= 3.5 and max(ratios.values()) < 6.5
    smaller = fewer and max(ratios.values()) >= 8.5  # a factor of 9
    text = (
        f"{count['lstm']:,} and {count['transformer']:,} beside {count['pro-lnn']:,} parameters: {ratios['lstm']:.2f} and"
        f" {ratios['transformer']:.2f} times as many, and as many bytes; the factor of 9 counts a table of 512 x 64 positions,"
        f" which is not trained and any program can compute ({table:.2f} with it)"
    )
    found = _FAILS if not exact else _HOLDS if fewer and smaller else _PARTLY if fewer else _FAILS
    return Evidence(found, Reason.DEFINITION, text, numbers=tuple(numbers), instances=3)


def comparable(budget: ClaimBudget) -> Evidence:
    least = float(np.log(COMPARABLE))
    return _beside_others(budget, "feeders", "pro-lnn", "RMSE", lambda frame: np.log(frame["rmse"]), least=least)


def smallest_degradation(budget: ClaimBudget) -> Evidence:
    what = "increase of MSE"
    return _beside_others(
        budget, "feeders", "pro-lnn", what, lambda frame: frame["mse_corrupt"] - frame["mse_clean"], log=False
    )


def irregular(budget: ClaimBudget) -> Evidence:
    return _told(budget, "complete", "trained on complete windows")


def irregular_trained(budget: ClaimBudget) -> Evidence:
    return _told(budget, "own", "each trained on windows as it is given them")


def _told(budget: ClaimBudget, trained: str, how: str) -> Evidence:
    lack = _missing("feeders")
    if lack:
        return _untested(lack)
    rows = [row for row in with_gaps(budget.seeds, _passes(budget, 0.5)) if row["trained"] == trained]
    ratios = np.log([float(row["told"]) / float(row["filled"]) for row in rows]).reshape(budget.seeds, -1)
    found = interval(ratios.mean(axis=1))
    each = ", ".join(f"{np.exp(value):.2f}" for value in ratios.mean(axis=0))
    text = (
        "MSE of Pro-LNN that skips missing inputs and is told the time, over that of Pro-LNN fed the last value, "
        f"{how}: {_ratio(found)}, 95% over {_times(budget.seeds, 'seed')} (synthetic, {', '.join(FEEDERS)}: {each})"
    )
    return _evidence([found], text, rows, budget, ratios.shape[1])


def consistency(budget: ClaimBudget) -> Evidence:
    lack = _missing("feeders")
    if lack:
        return _untested(lack)
    numbers, fewer = list[Row](), min(_FEWER, _passes(budget))
    for seed in range(budget.seeds):
        for name, series in _feeders().items():
            fit, held, test = _parts(series, series)
            error = {}
            for weight in (0.0, WEIGHT):
                terms = Training(consistency=weight)
                made = fit_network("pro-lnn", *fit, *held, seed=seed, epochs=fewer, training=terms)
                error[weight] = float(np.mean((made.predict(test[0]) - test[1])[:, HORIZON // 2 :] ** 2))
            numbers.append({"series": name, "seed": seed, "with": error[WEIGHT], "without": error[0.0]})
    ratios = np.log([float(row["with"]) / float(row["without"]) for row in numbers]).reshape(budget.seeds, -1)
    found = interval(ratios.mean(axis=1))
    text = (
        f"MSE of steps {HORIZON // 2 + 1} to {HORIZON} with the term (weight {WEIGHT:g}) over without it, {fewer} epochs at"
        f" most: {_ratio(found)}, 95% over {_times(budget.seeds, 'seed')}, mean of {' and '.join(FEEDERS)}; training takes"
        " three times as long"
    )
    return _evidence([found], text, numbers, budget, len(FEEDERS))


def latency(budget: ClaimBudget) -> Evidence:
    if find_spec("torch") is None:
        return _untested("takes torch (extra 'learn')")
    from edgeworth.learning.deep.torching import one_thread, torch

    rng = np.random.default_rng(0)
    window = rng.normal(size=(1, HISTORY, 1))
    runs: dict[tuple[str, str], Callable[[], object]] = {}
    for name, made in ARCHITECTURES.items():
        net = made(horizon=HORIZON)
        weights = net.start(rng)
        ours = Network(name, dict(zip(net.shapes(), weights, strict=True)), HISTORY, HORIZON)
        tensors, given = [torch().from_numpy(each) for each in weights], torch().tensor(window, dtype=torch().float32)
        runs[name, "fused"] = partial(ours.predict, window)
        runs[name, "torch"] = partial(net.torch, tensors, given)
    taken: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    with one_thread(), torch().inference_mode():
        for take in range(_TAKES + 1):
            for key, run in runs.items():
                began = time.process_time()
                for _ in range(_TAKES):
                    run()
                if take:  # the first one compiles
                    taken[key].append((time.process_time() - began) / _TAKES * 1e6)
    median = {key: statistics.median(values) for key, values in taken.items()}
    numbers: list[Row] = [{"network": name, "by": by, "microseconds": value} for (name, by), value in median.items()]
    slower = median["pro-lnn", "torch"] > max(median["lstm", "torch"], median["transformer", "torch"])
    fused = median["pro-lnn", "fused"] < median["lstm", "torch"]
    said = ", ".join(f"{name} {median[name, 'torch']:.0f} and {median[name, 'fused']:.0f}" for name in ARCHITECTURES)
    text = f"microseconds of processor time a window, in torch and by our loops: {said}"
    found = _HOLDS if slower and fused else _PARTLY if slower or fused else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=1)


def _beside_others(
    budget: ClaimBudget,
    kind: str,
    own: str,
    what: str,
    measure: Callable[[pd.DataFrame], Any],
    others: tuple[str, ...] = (),
    least: float = 0.0,
    log: bool = True,
) -> Evidence:
    """One network's measure less that of others, paired over seeds: below a number or not."""
    lack = _missing(kind)
    if lack:
        return _untested(lack)
    frame = measured(kind, budget.seeds, _passes(budget))
    values = frame.assign(value=measure(frame)).groupby(["model", "seed"])["value"].mean().unstack("seed")
    others = others or tuple(name for name in NETWORKS if name != own)
    numbers, said, judged = list[Row](), [], list[Interval]()
    for other in (*others, *(name for name in values.index if name not in NETWORKS)):
        found = interval((values.loc[own] - values.loc[other]).to_numpy())
        judged.append(found)
        numbers.append({"network": own, "other": other, **dict(zip(("difference", "low", "high"), found, strict=True))})
        said.append(f"{other} {_ratio(found) if log else '{:+.4f} ({:+.4f} to {:+.4f})'.format(*found)}")
    how = "over" if log else "less"
    text = f"{what} of {own} {how} that of others, 95% over {_times(budget.seeds, 'seed')}: {', '.join(said)}"
    return _evidence(judged[: len(others)], text, numbers, budget, frame["series"].nunique(), least)


def _evidence(
    judged: list[Interval], text: str, numbers: list[Row], budget: ClaimBudget, series: int, least: float = 0.0
) -> Evidence:
    found, ends, seeds = below(judged, least), judged[0][1:], budget.seeds
    rows = tuple(numbers)
    return Evidence(found, Reason.MEASURED, text, numbers=rows, interval=ends, seeds=seeds, instances=series)


def _ratio(found: Interval) -> str:
    """Logarithms as factors."""
    mean, low, high = np.exp(found)
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"


# --- measuring ----------------------------------------------------------------------------------------------------------------


@cache
def measured(kind: str, seeds: int, epochs: int) -> pd.DataFrame:
    """Backtests of the networks, and of what they are compared with, on clean and corrupted inputs.

    Parameters
    ----------
    kind : {"synthetic", "feeders"}
    seeds : int
    epochs : int
        Most passes of training.

    Returns
    -------
    pandas.DataFrame
        A row a model, series and seed, with the columns of `Backtest`.
    """
    import pandas as pd

    names = [*NETWORKS, *(name for name in BESIDE if name != "holt-winters" or find_spec("statsmodels") is not None)]
    options: dict[str, Any] = {"history": HISTORY, "horizon": HORIZON, "train": TRAIN, "epochs": epochs}
    options["corruption"] = Corruption()
    if kind == "feeders":
        tables = [backtest(names, _feeders(), seeds=range(seeds), **options)]
    else:
        tables = [backtest(names, {f"seed {k}": _synthetic(k)}, seeds=[k], **options) for k in range(seeds)]
    return pd.concat([table.to_frame() for table in tables], ignore_index=True)


@cache
def with_gaps(seeds: int, epochs: int) -> list[Row]:
    """Errors of Pro-LNN where 30% of the inputs are missing, for each seed and series, and two ways of training.

    Parameters
    ----------
    seeds, epochs : int
        As of `measured`.

    Returns
    -------
    list of mappings
        ``told``: the mean squared error, scaled, of a network that skips missing steps and is told the time; ``filled``: of one
        that is given the last value in their place. ``trained`` is "complete" where one network, trained on windows without
        gaps, is given both, and "own" where two networks were each trained on what they are given.
    """
    rows = list[Row]()
    for seed in range(seeds):
        for k, (name, series) in enumerate({"synthetic": _synthetic(seed), **_feeders()}.items()):
            inputs = {"complete": series}
            for label, fill in _FILLS.items():
                corruption = Corruption(missing=0.3, noise=0.0, burst_rate=0.0, fill=fill)
                inputs[label] = corruption.corrupt(series, seed=(seed, k))
            parts = {label: _parts(seen, series) for label, seen in inputs.items()}
            made = {
                label: fit_network("pro-lnn", *fit, *held, seed=seed, epochs=epochs) for label, (fit, held, _) in parts.items()
            }
            for trained in ("complete", "own"):
                row: dict[str, float | int | str | bool] = {"series": name, "seed": seed, "trained": trained}
                for label in _FILLS:
                    (windows, truth), network = parts[label][2], made[label if trained == "own" else "complete"]
                    row[label] = float(np.mean((network.predict(windows) - truth) ** 2))
                rows.append(row)
    return rows


def _parts(seen: Floats, truth: Floats) -> tuple[Pairs, Pairs, Pairs]:
    """Windows of what is seen and what truly followed: to train on, held out, and of the test part; scaled by the past."""
    cut = int(TRAIN * len(truth))
    fitted = int((1.0 - HELD) * cut)
    mean, deviation = scale_of(truth[:cut])
    given, after = (seen - mean) / deviation, (truth - mean) / deviation

    def pairs(first: int, last: int) -> Pairs:
        windows = windows_of(given[first - HISTORY : last - HORIZON], HISTORY)
        return windows, windows_of(after[first:last], HORIZON)

    return pairs(HISTORY, fitted), pairs(fitted, cut), pairs(cut, len(truth))


def _synthetic(seed: int) -> Floats:
    return synthetic(LENGTH, seed=EVALUATION + seed)


@cache
def _feeders() -> dict[str, Floats]:
    loads = read_electricity(Path(os.environ["EDGEWORTH_DATA"]) / FILE, clients=FEEDERS)
    return {name: loads[name] for name in FEEDERS}


def _passes(budget: ClaimBudget, part: float = 1.0) -> int:
    """Most passes of training: few with `SMOKE`, which is to take less than two minutes."""
    return _EPOCHS if budget.instances >= 100 else min(_EPOCHS, max(1, int(part * budget.instances)))


def _missing(kind: str) -> str:
    """What a test lacks; nothing where it can run."""
    if find_spec("torch") is None:
        return "takes training (extra 'learn')"
    if kind == "feeders" and not (Path(os.environ.get("EDGEWORTH_DATA", "")) / FILE).is_file():
        return f"takes {FILE} in the folder that EDGEWORTH_DATA names"
    return ""


def _untested(lack: str) -> Evidence:
    return Evidence(ClaimVerdict.NOT_TESTED, Reason.NOTHING, lack, conclusive=False)


def _times(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

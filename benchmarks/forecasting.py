"""Forecasting networks: processor time of a forecast, by our loops and by torch, and of training on one feeder.

torch runs the same weights: its own LSTM, its own attention, and, for pro-lnn, whose cell it lacks, the eager loop over steps
that training uses; the paper's implementation is such a loop. All take turns on one thread. Run by `make bench-learn`.
"""

from __future__ import annotations

import importlib.metadata
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from harness import DATA, record, table

from edgeworth.core.arrays import Floats
from edgeworth.datasets.electricity import read_electricity
from edgeworth.forecasting.networks import ARCHITECTURES, Network, fit_network

HISTORY, HORIZON = 48, 10
BATCHES = ((512, 2), (1, 100))  # windows, and how often they are forecast in one take
TAKES = 7
FEEDER = "MT_005"


def feeder(name: str) -> Floats:
    """One series of the 1,000 hours."""
    path = DATA / "uci_electricity" / "electricity_1000h_202clients_2012.csv.gz"
    return read_electricity(path, clients=[name])[name]


def seconds(run: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - began) / times


def inference(windows: int, times: int) -> list[list[object]]:
    """A row a network: microseconds a window of ours and of torch, medians of interleaved takes, and ratios."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(windows, HISTORY, 1))
    runs: dict[tuple[str, str], Callable[[], object]] = {}
    for name, made in ARCHITECTURES.items():
        net = made(horizon=HORIZON)
        weights = net.start(rng)
        ours = Network(name, dict(zip(net.shapes(), weights, strict=True)), HISTORY, HORIZON)
        tensors, given = [torch.from_numpy(each) for each in weights], torch.tensor(x, dtype=torch.float32)
        runs[name, "ours"] = lambda ours=ours: ours.predict(x)
        runs[name, "torch"] = lambda net=net, tensors=tensors, given=given: net.torch(tensors, given)
    taken: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    with torch.inference_mode():
        for run in runs.values():
            run()
        for _ in range(TAKES):
            for key, run in runs.items():
                taken[key].append(seconds(run, times) / windows * 1e6)
    median = {key: statistics.median(values) for key, values in taken.items()}
    rows: list[list[object]] = []
    for name in ARCHITECTURES:
        mine, theirs = median[name, "ours"], median[name, "torch"]
        ratios = (
            mine / theirs,
            mine / median["lstm", "ours"],
            mine / median["lstm", "torch"],
            theirs / median["lstm", "torch"],
        )
        rows.append([windows, name, f"{mine:.1f}", f"{theirs:.1f}", *(f"{ratio:.2f}" for ratio in ratios)])
    return rows


def training() -> list[list[object]]:
    """A row a network: processor seconds of training, epochs, and the error on the test part beside persistence's."""
    series = feeder(FEEDER)
    end = int(0.7 * len(series))
    held = int(0.85 * end)
    scaled = (series - series[:end].mean()) / series[:end].std()

    def pairs(first: int, last: int) -> tuple[Floats, Floats]:
        """Windows whose targets lie in [first, last)."""
        cut = np.lib.stride_tricks.sliding_window_view(scaled[max(0, first - HISTORY) : last], HISTORY + HORIZON)
        return cut[:, :HISTORY], cut[:, HISTORY:]

    test = pairs(end, len(series))
    rows: list[list[object]] = []
    total = 0.0
    for name in ARCHITECTURES:
        began = time.process_time()
        made = fit_network(name, *pairs(0, held), *pairs(held, end), seed=0)
        spent = time.process_time() - began
        total += spent
        error = np.sqrt(np.mean((made.predict(test[0]) - test[1]) ** 2))
        rows.append([name, made.parameters, f"{spent:.1f}", made.provenance["epochs"], f"{error:.3f}"])
    still = np.sqrt(np.mean((test[0][:, -1:] - test[1]) ** 2))
    return [*rows, ["all three", "", f"{total:.1f}", "", ""], ["persistence", 0, "", "", f"{still:.3f}"]]


def main() -> None:
    torch.set_num_threads(1)
    rows = [row for windows, times in BATCHES for row in inference(windows, times)]
    head = ["windows", "network", "ours, us", "torch, us", "ours / torch", "ours / our lstm", "ours / torch's lstm"]
    body = f"Processor time a window of {HISTORY} steps, medians of {TAKES} interleaved takes:\n\n"
    body += table([*head, "torch / torch's lstm"], rows)
    body += (
        f"\n\nTraining on {FEEDER}, seed 0 (target: 180 s for all three); error of 10 steps ahead, in standard deviations:\n\n"
    )
    body += table(["network", "parameters", "CPU s", "epochs", "test RMSE"], training())
    record("Forecasting networks", f"torch {importlib.metadata.version('torch')}; one thread.\n\n{body}")


if __name__ == "__main__":
    main()

"""The outcome of a backtest: a tidy table, and differences with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.display import aligned, cell, number, percent
from edgeworth.core.files import write_text
from edgeworth.core.intervals import crossed, interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MEASURES = ("rmse", "mae", "smape", "mse_clean", "mse_corrupt", "difference", "relative", "coverage", "cpu_ms")
_SIZES = ("parameters", "bytes")


@dataclass(frozen=True, eq=False)
class Scores:
    """Squared errors of one method, means over the horizon.

    Parameters
    ----------
    clean, corrupt : float64 [seeds, origins]
        Of all series, one after the other; the same array twice where nothing was corrupted.
    """

    clean: Floats
    corrupt: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """What `backtest` returns.

    Attributes
    ----------
    rows : tuple of mappings
        One a method, series and seed, see `to_frame`.
    scores : mapping
        Method -> `Scores`.
    origins : tuple of int
        How many origins each series was judged at.
    setting : mapping
        What was asked, plain data.
    interrupted : bool
        The table ended before all methods, by Ctrl-C.
    """

    rows: tuple[Mapping[str, Any], ...]
    scores: Mapping[str, Scores] = field(repr=False)
    origins: tuple[int, ...]
    setting: Mapping[str, Any]
    interrupted: bool = False

    def __repr__(self) -> str:
        return f"Backtest({', '.join(self.models)}; {len(self.rows)} rows)"

    def with_model(self, name: str, rows: list[dict[str, Any]], scores: Scores) -> Backtest:
        """The table with a further method."""
        return replace(self, rows=(*self.rows, *rows), scores={**self.scores, name: scores})

    def as_interrupted(self) -> Backtest:
        """The table, said to be a part."""
        return replace(self, interrupted=True)

    @property
    def models(self) -> list[str]:
        """The methods, in order."""
        return list(self.scores)

    def to_frame(self) -> pd.DataFrame:
        """One row a method, series and seed.

        Returns
        -------
        pandas.DataFrame
            ``model``, ``series``, ``seed``; ``rmse``, ``mae``, ``smape`` (from 0 to 2) over all origins and steps ahead, in the
            units of the backtest; ``mse_clean``, the square of rmse; with a corruption ``mse_corrupt``, ``difference`` of the
            two, ``relative`` to the clean one; ``coverage``, the share of what was observed between the quantiles .1 and .9;
            ``parameters``, ``bytes`` of them; ``cpu_ms``, CPU milliseconds of a forecast.
        """
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self.rows])

    @cached_property
    def best(self) -> str:
        """The method with the least mean squared error, clean."""
        return min(self.models, key=lambda name: float(self.scores[name].clean.mean()))

    def summary(self, reference: str | None = None, *, block: int = 24) -> pd.DataFrame:
        """One row a method: means over series and seeds, and differences to a reference.

        Parameters
        ----------
        reference : str, optional
            A method of the table; default `best`.
        block : int, >= 1
            Consecutive origins that are averaged before the interval is made, since their forecasts overlap.

        Returns
        -------
        pandas.DataFrame
            The measures of `to_frame`; ``excess``: mean squared error less the reference's on the same windows, with its 95%
            interval ``excess_low`` to ``excess_high`` by Student's t; with a corruption the same on corrupted inputs,
            ``excess_corrupt`` and so on. The frame's ``attrs["reference"]`` names the reference.

        Notes
        -----
        The interval counts the chance of seeds and of blocks of origins (`core.intervals.crossed`); where there is one of both,
        which is no sample, its ends are NaN. Blocks longer than a season are nearly independent; shorter ones make intervals
        that are too short.
        """
        import pandas as pd

        against = self.best if reference is None else validation.choice("reference", reference, self.models)
        length = validation.integer("block", block, minimum=1)
        frame = pd.DataFrame([self._summed(name, against, length) for name in self.models]).set_index("model")
        frame.attrs["reference"] = against
        return frame

    def _summed(self, name: str, against: str, block: int) -> dict[str, Any]:
        rows = [row for row in self.rows if row["model"] == name]
        found: dict[str, Any] = {"model": name}
        found |= {key: float(np.mean([row[key] for row in rows])) for key in _MEASURES if key in rows[0]}
        found |= {key: rows[0][key] for key in _SIZES}
        mine, other = self.scores[name], self.scores[against]
        pairs = [("excess", mine.clean - other.clean)]
        if "mse_corrupt" in rows[0]:
            pairs.append(("excess_corrupt", mine.corrupt - other.corrupt))
        for key, excess in pairs:
            sample = np.stack([part.mean(axis=1) for part in self._blocks(excess, block)], axis=1)
            sample = sample[:1] if (sample == sample[0]).all() else sample  # seeds that change nothing are one
            mean, low, high = crossed(sample) if sample.shape[1] > 1 else interval(sample[:, 0])
            if sample.size == 1 and name != against:
                low = high = math.nan
            found |= {key: float(excess.mean()), f"{key}_low": low + excess.mean() - mean}
            found[f"{key}_high"] = high + float(excess.mean()) - mean
        return found

    def _blocks(self, values: Floats, block: int) -> Iterator[Floats]:
        """Consecutive origins of one series each."""
        for part in np.split(values, np.cumsum(self.origins)[:-1], axis=1):
            yield from np.array_split(part, max(part.shape[1] // block, 1), axis=1)

    def text(self, reference: str | None = None) -> str:
        """The summary as a table of text.

        Parameters
        ----------
        reference : str, optional
            As of `summary`.
        """
        frame = self.summary(reference)
        against = frame.attrs["reference"]
        corrupt = "mse_corrupt" in frame
        head = ["model", "rmse", "mae", "smape", "mse", *(["mse corrupt", "relative"] if corrupt else []), "coverage"]
        head += ["parameters", "bytes", "cpu ms", f"mse - {against} [95% interval]"]
        lines = []
        for name, row in frame.iterrows():
            cells = [str(name), *(number(row[key], 4) for key in ("rmse", "mae", "smape", "mse_clean"))]
            cells += [number(row["mse_corrupt"], 4), percent(row["relative"])] if corrupt else []
            cells += [percent(row["coverage"]), str(int(row["parameters"])), str(int(row["bytes"])), number(row["cpu_ms"], 3)]
            span = f"{number(row['excess'], 3)} [{number(row['excess_low'], 3)}, {number(row['excess_high'], 3)}]"
            lines.append([*cells, "reference" if name == against else span])
        return aligned(head, lines, left=("model",))

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write `to_frame` as a CSV file.

        Parameters
        ----------
        path : str or path
        """
        frame = self.to_frame()
        for name in ("model", "series"):
            frame[name] = frame[name].map(cell)
        write_text(path, frame.to_csv(index=False))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean squared error of every method, clean and corrupted; one point a seed, mean over series.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        """
        from edgeworth.forecasting.plots import errors

        return errors(self.rows, ax)

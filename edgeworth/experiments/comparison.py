"""The outcome of a sweep: a table, what was asked, and ways to look at it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from edgeworth._version import __version__
from edgeworth.core.numeric import Sense
from edgeworth.core.result import Result
from edgeworth.experiments import statistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LIBRARIES = ("highspy", "joblib", "matplotlib", "numba", "numpy", "pandas", "scipy")


def versions() -> dict[str, str]:
    """The versions that numbers may depend on, read without importing anything."""
    found = {"edgeworth": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


@dataclass(frozen=True)
class Setting:
    """What was asked of a sweep.

    kind, sense: of all problems. problems: their labels. methods: pairs (label, what it stands for). seeds: the method
    seeds. runs: how many were planned; interrupted: did Ctrl-C end the sweep before them? versions: of the libraries.
    """

    kind: str
    sense: Sense
    problems: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    n_jobs: int
    threads: int
    runs: int
    interrupted: bool
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "versions", MappingProxyType(dict(self.versions)))

    def __reduce__(self) -> tuple[Any, ...]:
        names = ("kind", "sense", "problems", "methods", "seeds", "n_jobs", "threads", "runs", "interrupted")
        return type(self), (*(getattr(self, name) for name in names), dict(self.versions))

    @property
    def labels(self) -> tuple[str, ...]:
        """The methods' labels in the order asked."""
        return tuple(label for label, _ in self.methods)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` returns.

    frame: one row a run, in the order problem, method, method seed. Columns: ``problem`` (a label) and ``problem_hash``;
    ``instance_seed`` (from the provenance); ``method`` (label), ``method_seed`` (missing: deterministic); ``value``,
    ``bound``, ``bound_evidence``, ``gap`` (signed, relative) as in `Result`; ``gap_to_best_bound``: the gap of the value to
    the tightest recomputed bound that any method left on this instance (where there is none, the tightest claimed one) and
    nothing refuted; ``quality``, ``termination``, ``seconds``;
    ``verified``: the family's checker found nothing wrong, the run did not end in an error, and no other method's verified
    value contradicts its bound; ``notes``; then the problem's measures. NaN: there is no such number.
    results: the `Result` of every row (None: the method raised). setting: what was asked.
    """

    frame: pd.DataFrame
    results: tuple[Result[Any] | None, ...]
    setting: Setting

    @property
    def verified(self) -> bool:
        """Did every row stand the check?"""
        return bool(self.frame["verified"].all())

    def summary(self, reference: str | None = None) -> pd.DataFrame:
        """One row a method; statistics are over instances, after averaging the method seeds of each.

        ``instances`` with at least one run; ``solved``: share of runs with a verified value; ``mean_value``, ``mean_bound``,
        ``mean_gap_to_best_bound``, ``mean_seconds``; ``share_optimal`` (proved by a
        recomputed bound), ``share_claimed`` (an optimum on a method's word), ``share_verified``; ``difference``: mean over the
        ``pairs`` instances on which both have a value of (value - the reference's value), in the problem's own sense;
        ``difference_low``, ``difference_high``: its 95% interval by Student's t, mean -+ t(.975, pairs - 1) s / sqrt(pairs),
        NaN for fewer than two pairs. Values and bounds that failed the check are left out. Interpret the interval for
        instances drawn independently from one distribution (a preset); for a set of files it is descriptive only.

        reference: a label; default: the best mean value among the methods solved on most instances. The frame's
        ``attrs["reference"]`` names it (None: no method has a value).
        """
        return statistics.summarise(self.frame, self.setting.labels, self.setting.sense, reference)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how far every run's value is from the best bound, per method (`edgeworth.experiments.plots.gaps`)."""
        from edgeworth.experiments.plots import gaps

        return gaps(self.frame, self.setting.labels, self.setting.sense, ax)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write `frame` as CSV in UTF-8, one row a run. What a spreadsheet would calculate, in labels and notes, begins with
        an apostrophe there; control characters are written out.
        """
        from edgeworth.core.display import cell
        from edgeworth.core.files import write_text

        safe = self.frame.copy()
        for name in safe.columns[[kind.kind == "O" for kind in safe.dtypes]]:
            safe[name] = [cell(item) if isinstance(item, str) else item for item in safe[name]]
        safe.columns = [cell(str(name)) for name in safe.columns]
        write_text(path, safe.to_csv(index=False, lineterminator="\n"))

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write one self-contained page: what was compared, summary, plots (inline SVG), all rows, versions."""
        from edgeworth.experiments.page import write

        write(self, path)

    def __repr__(self) -> str:
        state = "all verified" if self.verified else f"{int((~self.frame['verified']).sum())} not verified"
        sizes = f"{len(self.setting.problems)} problems x {len(self.setting.methods)} methods"
        return f"<Comparison of {self.setting.kind}: {sizes}, {len(self.frame)} of {self.setting.runs} runs, {state}>"

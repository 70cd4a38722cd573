"""The outcome of a sweep: a table, what was asked, and ways to look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from edgeworth.core import validation
from edgeworth.core.display import cell
from edgeworth.core.errors import require
from edgeworth.core.faces import frame_html
from edgeworth.core.files import replacing, write_text
from edgeworth.core.problem import Problem, Stored
from edgeworth.core.result import Result
from edgeworth.experiments import (
    comparison_page,
    convergence,
    figures,
    paired,
    plots,
    profiles,
    ranking,
    rows,
    statistics,
    table,
)
from edgeworth.experiments.cases import Cases, Goal, Reference, gather
from edgeworth.experiments.page import Section
from edgeworth.experiments.setting import Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What `compare` returns.

    Attributes
    ----------
    rows : tuple of mappings
        What every run left, in the order problem, method, method seed; `frame` is made of it.
    results : tuple of Result or None
        The `Result` of every row. None where the method raised, and where the comparison comes from a file: files hold the
        table, and a result that is wanted later is saved by `Result.save`.
    setting : Setting
        What was asked.
    problems : tuple of problems
        Those whose results are here, so that pages can draw a solution; empty where the comparison comes from a file.
    """

    rows: tuple[Mapping[str, Any], ...]
    results: tuple[Result[Stored] | None, ...]
    setting: Setting
    problems: tuple[Problem, ...] = ()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a run.

        Columns: ``problem`` (a label) and ``problem_hash``; ``instance_seed`` (from the provenance); ``method`` (label),
        ``method_seed`` (missing: deterministic); ``value``, ``bound``, ``bound_evidence``, ``gap`` (signed, relative) as in
        `Result`; ``gap_to_best_bound``: the gap of the value to the tightest recomputed bound that any method left on this
        instance (where there is none, the tightest claimed one) and nothing refuted, missing where the family's bounds do not
        hold for the solution (a profile out of equilibrium, of a family whose bounds hold for equilibria only); of games,
        ``regret``: the largest relative gain of a deviation, as the checker found it, and where there is a leader
        ``gap_of_price``: the same gap of what the leader's choice earns where the followers reply by their exact equilibrium;
        ``quality``, ``termination``;
        ``seconds`` and ``time_limit`` of the run; ``overran``: it took more than its limit, 10% and 0.2 s; ``verified``: the
        family's checker found nothing wrong, the run did not end in an error, and no other method's verified value
        contradicts its bound; ``notes``; then the problem's measures. NaN: there is no such number.
        """
        return table.frame(self.rows, self.setting.sense)

    @property
    def verified(self) -> bool:
        """Whether every row stood the check."""
        return bool(self.frame["verified"].all())

    def summary(self, reference: str | None = None) -> pd.DataFrame:
        """One row a method; statistics are over instances, after averaging the method seeds of each.

        ``instances`` with at least one run; ``solved``: share of runs with a verified value; ``mean_value``, ``mean_bound``,
        ``mean_gap_to_best_bound``, of games ``mean_gap_of_price`` and ``mean_regret``, ``mean_seconds``; ``share_optimal``
        (proved by a recomputed bound), ``share_claimed`` (an optimum on a method's word), ``share_verified``,
        ``share_overran``; ``difference``: mean over the ``pairs`` instances on which both have a value of (value - the
        reference's value), in the problem's own sense;
        ``difference_low``, ``difference_high``: its 95% interval by Student's t, mean -+ t(.975, pairs - 1) s / sqrt(pairs),
        NaN for fewer than two pairs. Values and bounds that failed the check are left out. Interpret the interval for
        instances drawn independently from one distribution (a preset); for a set of files it is descriptive only.

        Parameters
        ----------
        reference : str, optional
            A label; default: the best mean value among the methods solved on most instances. The frame's
            ``attrs["reference"]`` names it (None: no method has a value).

        Returns
        -------
        pandas.DataFrame
        """
        return statistics.summarise(self.frame, self.setting.labels, self.setting.sense, reference)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how far every run's value is from the best bound, per method (`edgeworth.experiments.plots.gaps`)."""
        return plots.gaps(self.frame, self.setting.labels, self.setting.sense, ax)

    def merge(self, other: Comparison) -> Comparison:
        """Both sweeps as one table: best bounds, refutations and statistics are recomputed over all rows.

        Parameters
        ----------
        other : Comparison
            Of other problems, other methods or other method seeds, made in the same setting.

        Returns
        -------
        Comparison
            Problems and methods in the order of their first appearance, this sweep's first.

        Raises
        ------
        ValueError
            Where kind, sense, threads or versions differ, one label stands for two methods, or both hold the same run.
        TypeError
            Where `other` is no Comparison.

        Examples
        --------
        >>> from edgeworth import compare
        >>> from edgeworth.solvers import allocation
        >>> one, two = ([allocation.generate(servers=3, tasks=9, seed=seed)] for seed in (0, 1))
        >>> compare(one, ["greedy"]).merge(compare(two, ["greedy"])).summary()["instances"].tolist()
        [2]
        """
        if not isinstance(other, Comparison):
            validation.reject_type("other", "must be a Comparison", other)
        labels = table.merged_labels(self.rows, other.rows)
        reached = {row["problem"] for row in (*self.rows, *other.rows)}
        waiting = [label for label in (*self.setting.problems, *other.setting.problems) if label not in reached]
        setting = self.setting.merged(other.setting, tuple(dict.fromkeys((*labels.values(), *waiting))))
        place = {digest: position for position, digest in enumerate(labels)}
        names = {label: position for position, label in enumerate(setting.labels)}
        found: dict[tuple[int, int, int], tuple[Mapping[str, Any], Result[Stored] | None]] = {}
        for part in (self, other):
            for row, result in zip(part.rows, part.results, strict=True):
                seed = -1 if row["method_seed"] is None else row["method_seed"]
                key = place[row["problem_hash"]], names[row["method"]], seed
                if key in found:
                    run = f"{row['problem']}, {row['method']}" + (f", seed {seed}" if seed >= 0 else "")
                    raise ValueError(f"other: must hold no run of this comparison; both hold {run}")
                found[key] = {**row, "problem": labels[row["problem_hash"]]}, result
        ordered = [found[key] for key in sorted(found, key=lambda key: (*key[:2], _order(setting.seeds, key[2])))]
        problems = {problem.hash: problem for problem in (*self.problems, *other.problems)}
        merged = tuple(row for row, _ in ordered), tuple(result for _, result in ordered)
        return Comparison(*merged, setting, tuple(problems.values()))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the table and the setting to a file that `Comparison.load` reads: a line of JSON about the sweep, then a line
        a run. The file is written whole or not at all. The results are not in it: save what you need by `Result.save`.

        Parameters
        ----------
        path : str or path
            Its ending is free; ``.jsonl`` is customary.
        """
        write_text(path, self._lines())

    def _lines(self) -> str:
        return rows.header(self.setting, len(self.rows)) + "".join(map(rows.line, self.rows))

    @classmethod
    def load(cls, path: str | PathLike[str], *, limit: int | None = None) -> Comparison:
        """Read what `save` wrote, or the file of ``compare(rows=...)``, also of a sweep that never came to its end.

        Parameters
        ----------
        path : str or path
        limit : int, optional
            Most bytes of text that are read; default `edgeworth.core.files.TEXT_LIMIT`.

        Returns
        -------
        Comparison
            With the same `frame` and `summary`; its `results` are None. ``setting.interrupted`` is True where runs are
            missing.

        Raises
        ------
        FileFormatError
            Naming the line, for a file that is damaged, of another format or of a later schema.
        FileNotFoundError
            Where there is no file.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from edgeworth import compare
        >>> from edgeworth.solvers import allocation
        >>> comparison = compare([allocation.generate(servers=3, tasks=9, seed=0)], ["greedy", "lp"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "sweep.jsonl"
        ...     comparison.save(path)
        ...     Comparison.load(path).frame.equals(comparison.frame)
        True
        """
        setting, found = rows.read(path, limit=limit)
        return cls(tuple(found), (None,) * len(found), setting)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write `frame` as CSV in UTF-8, one row a run. What a spreadsheet would calculate, in labels and notes, begins with
        an apostrophe there; control characters are written out.
        """
        write_text(path, self._csv())

    def _csv(self) -> str:
        safe = self.frame.copy()
        for name in safe.columns[[kind.kind == "O" for kind in safe.dtypes]]:
            safe[name] = [cell(item) if isinstance(item, str) else item for item in safe[name]]
        safe.columns = [cell(str(name)) for name in safe.columns]
        return safe.to_csv(index=False, lineterminator="\n")

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write `frame` as Parquet, one row a run; needs the extra parquet. Entropy that no 64-bit integer holds is text,
        and half of a surrogate pair, which UTF-8 cannot hold, is written out (``\\ud800``).
        """
        require("to_parquet", "parquet", "pyarrow")
        plain = self.frame.copy()
        for name in ("instance_seed", "method_seed"):
            if plain[name].dtype.kind == "O":
                plain[name] = [None if item is None else str(item) for item in plain[name]]
        for name in plain.columns[[kind.kind == "O" for kind in plain.dtypes]]:
            cells = [_encodable(item) if isinstance(item, str) else item for item in plain[name]]
            plain[name] = pd.Series(cells, index=plain.index, dtype="object")
        with replacing(path) as file:
            plain.to_parquet(file, index=False)

    def to_html(self, path: str | PathLike[str], *, sections: Sequence[Section] = ()) -> None:
        """Write one self-contained page: what was compared, summary, plots, the best solution, all runs, files to save.

        Parameters
        ----------
        path : str or path
        sections : sequence of Section
            More parts of the page, which stand before the table of all runs.

        Raises
        ------
        TypeError, ValueError
            Where `sections` holds something else, or two parts of the page would have one title.

        Notes
        -----
        The page asks for nothing from elsewhere. It is whole without its script, which sorts and filters tables. Plots are
        inline SVG, once for wide pages and once for phones. Convergence curves need traces, and the picture of the best
        solution needs results: a comparison from a file has neither.
        """
        for each in sections:
            if not isinstance(each, Section):
                validation.reject_type("sections", "must hold Sections", each)
        write_text(path, self._page(sections))

    def _page(self, sections: Sequence[Section] = ()) -> str:
        return comparison_page.text(
            self.frame,
            self.summary(),
            self.setting,
            lambda: self._cases,
            results=self.results,
            problems=self.problems,
            sections=sections,
            csv=self._csv(),
            lines=self._lines(),
        )

    # --- many methods, and how they got there -----------------------------------------------------------------------------

    @cached_property
    def _cases(self) -> Cases:
        return gather(self.rows, self.frame, self.results, self.setting)

    def performance_profile(self, goal: Goal = "value", tau: float = profiles.TAU) -> pd.DataFrame:
        """The share of instances solved within multiples of the best time (`edgeworth.experiments.profiles.performance`)."""
        return profiles.performance(self._cases, goal, tau)

    def gap_profile(self, reference: Reference = "value") -> pd.DataFrame:
        """The share of runs within a gap of the best known (`edgeworth.experiments.profiles.gap`)."""
        return profiles.gap(self._cases, reference)

    def data_profile(self, goal: Goal = "value", tau: float = profiles.TAU) -> pd.DataFrame:
        """The share of runs that have solved their instance, over seconds (`edgeworth.experiments.profiles.data`)."""
        return profiles.data(self._cases, goal, tau)

    def ranking(self, alpha: float = ranking.ALPHA) -> pd.DataFrame:
        """Mean ranks, Friedman's test and Nemenyi's critical difference (`edgeworth.experiments.ranking.mean_ranks`)."""
        return ranking.mean_ranks(self._cases, alpha)

    def pairwise(self) -> pd.DataFrame:
        """Paired Wilcoxon tests with Holm's correction, and effect sizes (`edgeworth.experiments.paired.pairs`)."""
        return paired.pairs(self._cases)

    def convergence(self, reference: Reference = "bound", points: int = convergence.POINTS) -> pd.DataFrame:
        """Median gaps of value and bound over seconds, from traces (`edgeworth.experiments.convergence.curves`)."""
        return convergence.curves(self._cases, reference, points)

    def figures(self, folder: str | PathLike[str], tau: float = profiles.TAU) -> dict[str, str]:
        """Write every figure and its numbers to a folder (`edgeworth.experiments.figures.write`)."""
        return figures.write(self.frame, self.setting, lambda: self._cases, folder, tau)

    def _repr_html_(self) -> str:
        return frame_html(self.summary(), repr(self))

    def __repr__(self) -> str:
        state = "all verified" if self.verified else f"{int((~self.frame['verified']).sum())} not verified"
        sizes = f"{len(self.setting.problems)} problems x {len(self.setting.methods)} methods"
        return f"<Comparison of {self.setting.kind}: {sizes}, {len(self.rows)} of {self.setting.runs} runs, {state}>"


def _order(seeds: tuple[int, ...], seed: int) -> int:
    return seeds.index(seed) if seed in seeds else -1


def _encodable(text: str) -> str:
    """The text with half of a surrogate pair written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

"""The outcome of `head_to_head`: one row a family, benchmark and method, and ways to look at it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from edgeworth.core.benchmark import Benchmark, BudgetName, Trial
from edgeworth.core.display import aligned, html, number, percent
from edgeworth.core.faces import frame_html
from edgeworth.core.files import write_text
from edgeworth.core.verdict import Status
from edgeworth.experiments import page, plots
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.drawing import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from edgeworth.mechanisms.auditing import Audit

_PROPERTIES = {"truthful": "truthful", "individually_rational": "rational", "weakly_budget_balanced": "balanced"}
_COLUMNS = ("family", "role", "method", "gap", "regret", "seconds", "evidence", "audit")
_WORDS = (
    "Gap: relative, mean over the instances with a value, to the tightest bound that any method left there; of a profile out "
    "of equilibrium whose family has no bound for it, that of the leader's price with exact replies; of a bound, from the best "
    "value to it. Regret: of a game, the largest gain of a deviation over what the player has at stake; of a mechanism, the "
    "largest gain of a lie over the greatest welfare, by the auditor."
)


@dataclass(frozen=True, eq=False)
class FamilyTable:
    """One benchmark of a family, run.

    Attributes
    ----------
    benchmark : Benchmark
    trial : Trial
        What was run of it.
    comparison : Comparison
        All its runs.
    audits : mapping
        Of a family of mechanisms: (hash of the instance, method) -> the `Audit` of the rule there, or why there is none.
    """

    benchmark: Benchmark
    trial: Trial
    comparison: Comparison
    audits: Mapping[tuple[str, str], Audit | str]

    @property
    def what(self) -> str:
        """The instances in words."""
        words = [str(each) if name == "preset" else f"{name} {each}" for name, each in self.trial.options.items()]
        count = len(self.comparison.setting.problems)
        return f"{', '.join(words)}; {count} instance{'s' if count != 1 else ''}"

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a method; see `HeadToHead.to_frame`."""
        setting, frame = self.comparison.setting, self.comparison.frame
        summary = self.comparison.summary()
        gaps = pd.Series(math.nan, index=frame.index)
        if frame["gap_to_best_bound"].notna().any():
            gaps = pd.Series(plots.distances(frame, setting.sense)[0] / 100.0, index=frame.index)
        for method, role in self.benchmark.roles.items():
            runs = frame[frame["method"] == method]
            if runs.empty:  # the sweep was interrupted before
                continue
            silent = runs[["value", "bound"]].isna().all(axis=1)
            audits = [self.audits[key] for key in self.audits if key[1] == method]
            regret = summary["mean_regret"][method] if "mean_regret" in summary else _gain(audits)
            yield {
                "family": setting.kind,
                "instances": self.what,
                "role": role,
                "method": method,
                "value": summary["mean_value"][method],
                "gap": gaps[runs.index].groupby(runs["problem_hash"]).mean().mean(),
                "regret": regret,
                "seconds": summary["mean_seconds"][method],
                "evidence": _evidence(runs),
                "audit": _judged(audits),
                "verified": bool(runs["verified"].all()),
                "notes": "; ".join(dict.fromkeys(runs["notes"][~runs["verified"] | silent])),
            }


@dataclass(frozen=True, eq=False, repr=False)
class HeadToHead:
    """What `head_to_head` returns.

    Attributes
    ----------
    budget : {"smoke", "short"}
    seed : int
        Of the first instance of every benchmark.
    parts : tuple of FamilyTable
        Every benchmark with all its runs and audits, in the order of the families.
    interrupted : bool
        The table ended before all runs of all families, by Ctrl-C.
    """

    budget: BudgetName
    seed: int
    parts: tuple[FamilyTable, ...]
    interrupted: bool = False

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return pd.DataFrame([row for part in self.parts for row in part.rows()])

    @property
    def verified(self) -> bool:
        """Whether every run of every family stood the check."""
        return all(part.comparison.verified for part in self.parts)

    def to_frame(self) -> pd.DataFrame:
        """One row a benchmark and method.

        Returns
        -------
        pandas.DataFrame
            ``family``; ``instances``, in words; ``role``: exact (or a bound), heuristic, learned; ``method``; ``value``, mean
            over instances; ``gap``: relative, to the tightest bound that any method left on the instance (see
            `Comparison.frame`), of a bound from the best value to it, mean over the instances that have one (``evidence``
            counts those without an answer); ``regret``: of a game as in `Comparison.frame`, of a
            mechanism the largest gain of a lie over the greatest welfare, as the auditor found it (infinite where it grows
            with the report without end); ``seconds``, mean of a run; ``evidence``: the qualities of the results, FAILED where
            the checker refuted one; ``audit``: of a mechanism, which properties the auditor refuted or confirmed on all
            instances; ``verified``; ``notes`` of runs that failed or gave no answer. NaN: there is no such number.
        """
        return self._frame.copy()

    def best(self) -> pd.DataFrame:
        """The best row of every benchmark and role: what learning buys, and where it buys nothing.

        Returns
        -------
        pandas.DataFrame
            Rows of `to_frame`, verified ones only: the smallest gap, or regret where a family has no bound, the faster one
            where they are equal within 1e-9. Rules that the auditor found to invite lies come after those that it did not.
        """
        frame = self._frame[self._frame["verified"]]
        bounded = frame["gap"].notna().groupby([frame["family"], frame["instances"]]).transform("any")
        score = frame["gap"].where(bounded, frame["regret"]).round(9)  # a rule without an outcome still has an audit
        keyed = frame.assign(lies=frame["audit"].str.contains("not truthful"), score=score)
        ordered = keyed.sort_values(["lies", "score", "seconds"], kind="stable")
        first = ordered.drop_duplicates(["family", "instances", "role"]).sort_index()
        return first.drop(columns=["lies", "score"]).reset_index(drop=True)

    def text(self) -> str:
        """The table as text, with what was run, and what failed."""
        cells, seen = [], None
        for _, row in self._frame.iterrows():
            shown = [percent(row["gap"]), *(number(row[name], 3) for name in ("regret", "seconds"))]
            shown = [row["family"], row["role"], row["method"], *shown, row["evidence"], row["audit"]]
            place = row["family"], row["instances"]
            cells.append(shown if place != seen else ["", *shown[1:]])
            seen = place
        lines = [aligned(_COLUMNS, cells, left=(*_COLUMNS[:3], *_COLUMNS[6:])), "", _WORDS, ""]
        lines += [f"{part.comparison.setting.kind}: {part.what}, {_limit(part.trial)}" for part in self.parts]
        failed = self._frame[~self._frame["verified"]]
        lines += ["", "All runs verified." if failed.empty else f"{len(failed)} of {len(self._frame)} rows FAILED:"]
        lines += [f"  {row['family']}: {row['method']}: {row['notes']}" for _, row in failed.iterrows()]
        silent = self._frame[self._frame["verified"] & (self._frame["notes"] != "")]
        lines += [f"No answer: {row['family']}: {row['method']}: {row['notes']}" for _, row in silent.iterrows()]
        return "\n".join([*lines, "Interrupted: runs are missing."] if self.interrupted else lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw gap, regret and time of every row (`edgeworth.experiments.plots.roles`)."""
        return plots.roles(self._frame, ax)

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write one self-contained page: the best row of every role, all rows, the plot (inline SVG), what was run."""
        failed = int((~self._frame["verified"]).sum())
        state = (f"{failed} of {len(self._frame)} rows failed verification", "bad") if failed else ("all runs verified", "good")
        cut = '<span class="state bad">interrupted</span>' if self.interrupted else ""
        run = [(f"{part.comparison.setting.kind}", f"{part.what}, {_limit(part.trial)}") for part in self.parts]
        versions = self.parts[0].comparison.setting.versions
        run += [("seed of the first instance", str(self.seed)), ("versions", ", ".join(map(" ".join, versions.items())))]
        body = [
            f'<p><span class="state {state[1]}">{state[0]}</span> {cut}</p>',
            '<p class="soft">Every solution was checked by code that did not produce it; rules were audited.</p>',
            f'<p class="soft">{html(_WORDS)}</p>',
            "<h2>The best of every role</h2>",
            page.rows(self.best().drop(columns="notes"), lambda row: False, name="The best of every role"),
            "<h2>Gap and time</h2>",
            figure(
                self.plot,
                1.3 + 0.3 * len(self._frame),
                "Gap, regret and mean time of every method, a row each; the table below has the numbers.",
            ),
            "<h2>All methods</h2>",
            page.rows(self._frame, lambda row: not row["verified"], name="All methods"),
            "<h2>What was run</h2>",
            "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(what)}</dd>" for name, what in run) + "</dl>",
        ]
        write_text(path, page.document("Exact, heuristic and learned methods, head to head", body))

    def _repr_html_(self) -> str:
        return frame_html(self._frame, repr(self))

    def __repr__(self) -> str:
        state = "all verified" if self.verified else f"{int((~self._frame['verified']).sum())} rows not verified"
        families = len({part.comparison.setting.kind for part in self.parts})
        return f"<HeadToHead, {self.budget}: {families} families, {len(self._frame)} rows, {state}>"


def _limit(trial: Trial) -> str:
    return ", ".join(f"{name} {getattr(trial.stop, name):g}" for name in trial.stop.rules) + " a run"


def _evidence(runs: pd.DataFrame) -> str:
    """The qualities of a method's runs, most frequent first."""
    words = Counter(_quality(run) for _, run in runs.iterrows())
    return next(iter(words)) if len(words) == 1 else ", ".join(f"{word} {count}" for word, count in words.most_common())


def _quality(run: pd.Series[Any]) -> str:
    if not run["verified"]:
        return "FAILED"
    if math.isnan(run["value"]) and not math.isnan(run["bound"]):
        return f"{run['bound_evidence']} bound"
    return str(run["quality"]) if run["quality"] != "none" else f"none ({run['termination']})"


def _gain(audits: list[Audit | str]) -> float:
    """The largest gain of a lie over the greatest welfare, mean over the instances that were judged to the end or refuted."""
    judged = [each for each in audits if not isinstance(each, str) and each.truthful.status is not Status.NOT_CHECKED]
    gains = [each.truthful.violation / each.optimum for each in judged if each.optimum > 0.0]
    return math.fsum(gains) / len(gains) if gains else math.nan


def _judged(audits: list[Audit | str]) -> str:
    if not audits:
        return ""
    reports = [each for each in audits if not isinstance(each, str)]
    words = []
    for name, word in _PROPERTIES.items():
        found = [getattr(each, name) for each in reports]
        if any(verdict.status is Status.FAILS for verdict in found):
            words.append(f"not {word}")
        elif len(reports) == len(audits) and all(verdict.holds for verdict in found):
            words.append(word)
    why = dict.fromkeys(each for each in audits if isinstance(each, str))
    return "; ".join(filter(None, (", ".join(words) if words or why else "not judged", *why)))

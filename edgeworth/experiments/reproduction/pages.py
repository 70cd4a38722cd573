"""The pages of a reproduction: an overview, a page a paper, and the figures with their data. No request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from edgeworth.core import style
from edgeworth.core.claim_figures import intervals
from edgeworth.core.claims import ClaimVerdict
from edgeworth.core.display import cell, html
from edgeworth.core.files import write_text
from edgeworth.experiments import page
from edgeworth.experiments.drawing import figure, svg
from edgeworth.experiments.reproduction.findings import Examined, Findings, command
from edgeworth.experiments.reproduction.papers import PAPERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIGURES = "figures"
_GOOD, _BAD = (ClaimVerdict.HOLDS,), (ClaimVerdict.FAILS, ClaimVerdict.CANNOT_HOLD)
_HEIGHT = 3.4


def write(found: Findings, folder: str | PathLike[str]) -> None:
    """Write the pages and figures into a folder that is there."""
    place = Path(folder)
    os.makedirs(place / _FIGURES, exist_ok=True)
    counts = pd.DataFrame([_counted(found, name) for name in found.papers])
    if len(counts):
        _write_figure(place, "verdicts", svg(lambda ax: _bars(ax, counts), _bar_height(counts)), counts)
    write_text(place / "index.html", _overview(found, counts))
    for name in found.papers:
        write_text(place / f"{name}.html", _paper(found, name, place))


def _counted(found: Findings, paper: str) -> dict[str, object]:
    counts = {str(verdict): count for verdict, count in found.counts(paper).items()}
    failed = sum(row.paper == paper for row in found.failed)
    return {"paper": paper, "claims": sum(counts.values()) + failed} | counts | {"failed to run": failed}


def _overview(found: Findings, counts: pd.DataFrame) -> str:
    body = [
        *_state(found, None),
        '<p class="soft">Every number was computed; the rule of each claim was fixed before it ran.</p>',
    ]
    for name in found.papers:
        told = f'<a href="{name}.html">{html(PAPERS[name].title)}</a>'
        body.append(f"<p><b>{told}</b><br>{html(found.headline(name))}</p>")
    if len(counts):
        body += [
            "<h2>Verdicts</h2>",
            figure(
                lambda ax: _bars(ax, counts),
                _bar_height(counts),
                "Bars of claims by verdict, a row a paper; the table below has the numbers.",
            ),
        ]
        body.append(page.rows(counts, lambda row: row["failed to run"] > 0, name="Verdicts"))
    body.append("<h2>Claims</h2>")
    body.append(_linked(found.rows, lambda row: f"{row.paper}.html#{row.claim.id}", ("paper",)))
    body.append(_what_was_run(found))
    return page.document("Claims of the papers, reproduced", body)


def _paper(found: Findings, name: str, place: Path) -> str:
    rows = [row for row in found.rows if row.paper == name]
    body = ['<p><a href="index.html">All papers</a></p>', *_state(found, name)]
    body.append(_linked(rows, lambda row: f"#{row.claim.id}", ()))
    for row in rows:
        body += _claim(row, found, place)
    body.append(_what_was_run(found))
    return page.document(PAPERS[name].title, body)


def _state(found: Findings, paper: str | None) -> list[str]:
    parts = [f"<p><b>{html(found.headline(paper))}</b></p>"]
    loose = sum(row.evidence is not None and not row.evidence.conclusive for row in found.rows if paper in (None, row.paper))
    if loose:
        parts.append(f'<p class="soft">{loose} of them are not conclusive: fewer seeds were run than their rules ask for.</p>')
    if found.interrupted:
        parts.append('<p><span class="state bad">interrupted: claims are missing</span></p>')
    return parts


def _badge(row: Examined) -> str:
    if row.evidence is None:
        return '<span class="state bad">failed to run</span>'
    kind = " good" if row.verdict in _GOOD else " bad" if row.verdict in _BAD else ""
    return f'<span class="state{kind}">{html(str(row.verdict))}</span>'


def _linked(rows: Iterable[Examined], target: Callable[[Examined], str], more: tuple[str, ...]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in (*more, "claim", "source", "statement", "verdict"))
    lines = []
    for row in rows:
        cells = [html(str(getattr(row, name))) for name in more]
        cells += [f'<a href="{html(target(row))}">{html(row.claim.id)}</a>', html(row.claim.source)]
        marked = "".join(f"<td>{each}</td>" for each in cells)
        lines.append(f'<tr>{marked}<td class="note">{html(row.claim.statement)}</td><td>{_badge(row)}</td></tr>')
    body = "\n".join(lines)
    start = '<section class="scroll" tabindex="0" aria-label="Claims"><table>'
    return f"{start}<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></section>"


def _claim(row: Examined, found: Findings, place: Path) -> list[str]:
    claim, evidence = row.claim, row.evidence
    parts = [f'<h2 id="{html(claim.id)}">{html(claim.id)} {_badge(row)}</h2>']
    parts.append(f"<blockquote>{html(claim.quote)}</blockquote>")
    rule = f"{claim.rule.estimator}: {claim.rule.threshold}"
    if claim.rule.tolerance:
        rule += f"; tolerance {claim.rule.tolerance:g}"
    if claim.rule.seeds:
        rule += f"; at least {claim.rule.seeds} seeds"
    told = {"source": claim.source, "statement": claim.statement, "scope": claim.scope, "rule": rule}
    if evidence is None:
        told["failed"] = row.error
    else:
        told |= {"reason": str(evidence.reason), "found": evidence.text}
        if evidence.interval is not None:
            told["95% interval"] = " to ".join(f"{end:.5g}" for end in evidence.interval)
        if evidence.witness is not None:
            told["witness"] = str(evidence.witness)
        told["run"] = f"{_count(evidence.seeds, 'seed')}, {_count(evidence.instances, 'instance')}, {evidence.seconds:.2f} s"
        if not evidence.conclusive:
            told["conclusive"] = (
                "no" if not claim.rule.seeds else f"no: fewer than {claim.rule.seeds} seeds, or parts were not run"
            )
    parts.append(_described(told))
    parts.append(f'<pre class="scroll">{html(command(row, found.budget))}</pre>')
    if evidence is not None and evidence.numbers:
        numbers = pd.DataFrame([dict(each) for each in evidence.numbers])
        drawn = intervals(evidence.numbers) if evidence.figure is None else evidence.figure
        if drawn is not None:
            height = _HEIGHT if evidence.figure is not None else 1.2 + 0.3 * len(numbers)
            name = f"{row.paper}-{claim.id}"
            _write_figure(place, name, svg(drawn, height), numbers)
            parts.append(figure(drawn, height, f"Figure of the claim {claim.id}; the table below has the numbers."))
            files = (
                f'<a href="{_FIGURES}/{name}.{ending}">{word}</a>' for ending, word in (("svg", "figure"), ("csv", "data"))
            )
            parts.append(f'<p class="soft">{", ".join(files)}</p>')
        parts.append(page.rows(numbers, lambda row: False, tall=len(numbers) > _MANY, name=f"Numbers of {claim.id}"))
    return parts


_MANY = 16


def _described(told: Mapping[str, str]) -> str:
    return "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(text)}</dd>" for name, text in told.items()) + "</dl>"


def _what_was_run(found: Findings) -> str:
    budget = f"{found.budget.name}: {_count(found.budget.seeds, 'seed')}, {_count(found.budget.instances, 'instance')}"
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    return "<h2>What was run</h2>" + _described({"budget": budget, "versions": versions})


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _write_figure(place: Path, name: str, drawn: str, data: pd.DataFrame) -> None:
    write_text(place / _FIGURES / f"{name}.svg", drawn)
    safe = data.map(lambda item: cell(item) if isinstance(item, str) else item)
    write_text(place / _FIGURES / f"{name}.csv", safe.to_csv(index=False, lineterminator="\n"))


def _bar_height(counts: pd.DataFrame) -> float:
    return 1.2 + 0.42 * len(counts)


def _bars(ax: Axes, counts: pd.DataFrame) -> Axes:
    """How many claims of each paper have each verdict, side by side."""
    left = [0] * len(counts)
    for verdict in ClaimVerdict:
        width = counts[str(verdict)].tolist()
        if any(width):
            ax.barh(counts.paper.tolist(), width, left=left, color=_SHADES[verdict], label=str(verdict))
            left = [start + more for start, more in zip(left, width, strict=True)]
    ax.invert_yaxis()
    ax.set_xlabel("claims")
    ax.legend(frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), labelcolor=style.INK)
    style.dress(ax)
    return ax


_SHADES = {
    ClaimVerdict.HOLDS: style.COLOURS[2], ClaimVerdict.PARTLY: style.COLOURS[4], ClaimVerdict.FAILS: style.COLOURS[1],
    ClaimVerdict.CANNOT_HOLD: style.COLOURS[3], ClaimVerdict.NOT_TESTABLE: style.COLOURS[0],
    ClaimVerdict.NOT_TESTED: style.FAINT,
}  # fmt: skip

"""One self-contained HTML page of a comparison: no script, no request, the same bytes for the same comparison."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterable
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pandas as pd

from edgeworth.core import style
from edgeworth.core.display import html
from edgeworth.experiments import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from edgeworth.experiments.setting import Setting

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2430; --soft: #5b6475; --line: #d9dde5; --page: #ffffff; --card: #f6f7f9;
  --bad: #b00020; --good: #1b7f4b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ee; --soft: #a0a8b8; --line: #363c4a; --page: #14171f;
  --card: #1c2029; --bad: #ff7b8b; --good: #5fd39a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.2rem 1.4rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3rem; font-weight: 650; }
h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; font-weight: 650; }
p { margin: .4rem 0; max-width: 78ch; }
.soft, caption { color: var(--soft); font-size: .87rem; }
.state { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-size: .87rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
.tall { max-height: 34rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .34rem .7rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { position: sticky; top: 0; background: var(--card); font-weight: 600; vertical-align: bottom; }
tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; }
tbody tr:hover { background: var(--card); }
tbody th { font-weight: 600; }
.number { text-align: right; }
.note { white-space: normal; min-width: 18rem; max-width: 34rem; }
tr.failed td, tr.failed th { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: .6rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: .4rem 0 0; } svg { width: 100%; max-width: 860px; height: auto; display: block; }
svg * { stroke-linejoin: round; }
svg text { font-family: system-ui, "Segoe UI", Roboto, sans-serif !important; }
@media print { .tall { max-height: none; } }
"""

_PERCENT = (
    "gap", "gap_to_best_bound", "gap_of_price", "mean_gap_to_best_bound", "mean_gap_of_price", "solved", "share_optimal",
    "share_claimed", "share_verified", "share_overran",
)  # fmt: skip
_UNITS = {"seconds": "seconds (s)", "mean_seconds": "mean seconds (s)", "time_limit": "time limit (s)"}


def text(frame: pd.DataFrame, summary: pd.DataFrame, setting: Setting) -> str:
    """The page of a comparison: its table, its summary and its setting."""
    title = f"Comparison of {len(setting.methods)} methods on {len(setting.problems)} {setting.kind} problems"
    failed = int((~frame["verified"]).sum())
    if failed:
        state = f'<span class="state bad">{failed} of {len(frame)} runs failed verification</span>'
    else:
        state = f'<span class="state good">all {len(frame)} runs verified</span>'
    late = int(frame["overran"].sum())
    if late:
        state += f' <span class="state bad">{late} of {len(frame)} runs overran their time limit</span>'
    if setting.interrupted:
        state += f' <span class="state bad">interrupted after {len(frame)} of {setting.runs} runs</span>'
    reference = summary.attrs["reference"]
    wanted = "larger is better" if setting.sense == "max" else "smaller is better"
    difference = (
        "No method has a verified value to compare with."
        if reference is None
        else f"Difference: paired difference of the value to <b>{html(reference)}</b> over the instances that both solved "
        "(pairs), with its 95% interval by Student's t."
    )
    shown = frame.drop(columns="problem_hash")
    return document(
        title,
        [
            f"<p>{state}</p>",
            '<p class="soft">Every solution was checked by code that did not produce it; values are recomputed from the model. '
            f"Values: {wanted}.</p>",
            "<h2>Summary</h2>",
            f'<p class="soft">Means over instances, after averaging the method seeds of each. {difference} Gaps are relative '
            "to the value and measured against the tightest bound that any method left on the same instance.</p>",
            rows(summary.reset_index(), lambda row: row["share_verified"] < 1.0 or row["share_overran"] > 0.0),
            "<h2>Gap and time</h2>",
            figure(lambda ax: plots.gaps(frame, setting.labels, setting.sense, ax), 1.3 + 0.55 * len(setting.labels)),
            figure(lambda ax: plots.effort(frame, setting.labels, setting.sense, ax), 3.8),
            "<h2>All runs</h2>",
            '<p class="soft">Point at a number to see all its digits. Overran: the run took more than its limit, 10% and '
            "0.2 s.</p>",
            rows(shown, lambda row: not row["verified"] or row["overran"], tall=True),
            "<h2>What was run</h2>",
            _what_was_run(frame, setting),
        ],
    )


def document(title: str, body: Iterable[str]) -> str:
    """A whole page of these parts."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head>",
            "<body><main>",
            f"<h1>{escape(title)}</h1>",
            *body,
            "</main></body></html>",
            "",
        ]
    )


def _what_was_run(frame: pd.DataFrame, setting: Setting) -> str:
    hashes = frame.drop_duplicates("problem_hash").set_index("problem")["problem_hash"]
    items = [(f"method {label}", what) for label, what in setting.methods]
    items += [(f"problem {label}", f"hash {hashes.get(label, 'not reached')}") for label in setting.problems]
    items += [
        ("method seeds", ", ".join(map(str, setting.seeds)) + " (randomised methods only)"),
        ("threads a run", str(setting.threads)),
        ("parallel jobs", str(setting.n_jobs)),
        ("versions", ", ".join(f"{name} {version}" for name, version in setting.versions.items())),
    ]
    return "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(what)}</dd>" for name, what in items) + "</dl>"


def rows(frame: pd.DataFrame, failed: Callable[[pd.Series[Any]], bool], tall: bool = False) -> str:
    """A table of the page; failed: which rows are marked."""
    numeric = [bool(pd.api.types.is_numeric_dtype(kind)) and str(kind) != "bool" for kind in frame.dtypes]
    names = [str(name) for name in frame.columns]
    head = "".join(
        f'<th scope="col"{_class("number") if number else ""}>{html(_heading(name))}</th>'
        for name, number in zip(names, numeric, strict=True)
    )
    body = []
    for _, row in frame.iterrows():
        cells = "".join(_cell(name, row[name], number) for name, number in zip(names, numeric, strict=True))
        body.append(f"<tr{_class('failed') if failed(row) else ''}>{cells}</tr>")
    box = "scroll tall" if tall else "scroll"
    lines = "\n".join(body)
    return f'<div class="{box}"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'


def _class(name: str) -> str:
    return f' class="{name}"'


def _heading(name: str) -> str:
    return name.replace("_", " ") + " (%)" if name in _PERCENT else _UNITS.get(name, name.replace("_", " "))


def _cell(name: str, item: Any, number: bool) -> str:
    if item is None or item is pd.NA or (isinstance(item, float) and math.isnan(item)):
        return f"<td{_class('number') if number else ''}>&ndash;</td>"
    if number:
        full = repr(item.item() if hasattr(item, "item") else item)
        shown = f"{float(item) * 100.0:.3g}" if name in _PERCENT else full if float(item).is_integer() else f"{item:.6g}"
        return f'<td class="number" title="{full}">{shown.removesuffix(".0")}</td>'
    if isinstance(item, bool):
        word = "yes" if item else "no"
        return f"<td>{word if item == (name == 'verified') else word.upper()}</td>"
    return f"<td{_class('note') if name == 'notes' else ''}>{html(str(item))}</td>"


# --- figures --------------------------------------------------------------------------------------------------------------


def figure(draw: Callable[[Axes], Axes], height: float) -> str:
    """A plot as inline SVG in the reader's colours."""
    return inline(svg(draw, height))


def inline(drawn: str) -> str:
    """An SVG of `svg` for the inside of a page, in the reader's colours."""
    return f"<figure>{_inline(drawn)}</figure>"


def svg(draw: Callable[[Axes], Axes], height: float, *, transparent: bool = True) -> str:
    """A plot as SVG. Its own figure and settings: nothing global is touched; the same numbers give the same text."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgeworth"}):
        drawn = Figure(figsize=(8.6, height), layout="constrained")
        FigureCanvasSVG(drawn)
        draw(drawn.add_subplot())
        file = StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the reader's fonts draw it, not matplotlib's
            drawn.savefig(file, format="svg", transparent=transparent, metadata={"Date": None})
    return file.getvalue()


def _inline(svg: str) -> str:
    """Matplotlib's SVG for the inside of a page: no namespaces, no metadata, markers written out instead of referred to."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {name.rpartition("}")[2]: item for name, item in element.attrib.items()}
    for parent in list(root.iter()):
        # A style element would rule the whole page.
        for child in [child for child in parent if child.tag in ("metadata", "style")]:
            parent.remove(child)
    shapes = {element.get("id"): element for element in root.iter("path") if element.get("id")}
    for element in list(root.iter("use")):
        shape = shapes[element.attrib.pop("href").lstrip("#")]
        place = f"translate({element.attrib.pop('x', '0')} {element.attrib.pop('y', '0')})"
        looks = ";".join(filter(None, (shape.get("style"), element.get("style"))))
        element.tag = "path"
        element.attrib |= {"d": shape.get("d", ""), "transform": place, "style": looks}
    for parent in list(root.iter("defs")):
        for child in [child for child in parent if child.tag == "path"]:
            parent.remove(child)
    clipped = set(re.findall(r"url\(#(\w+)\)", svg))
    for element in root.iter():
        if element.get("id") not in clipped:
            element.attrib.pop("id", None)
    root.attrib = {"viewBox": root.get("viewBox", ""), "role": "img"}
    page = ElementTree.tostring(root, encoding="unicode")
    for colour, variable in ((style.INK, "var(--ink)"), (style.FAINT, "var(--line)"), (style.WRONG, "var(--bad)")):
        page = page.replace(colour.lower(), variable)
    return page

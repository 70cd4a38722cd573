"""Parts of a self-contained HTML page: no request, the same bytes for the same numbers, whole without its script."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from importlib.resources import as_file, files
from typing import Any, Literal

import numpy as np
import pandas as pd

from edgeworth.core import validation
from edgeworth.core.display import html, percentage
from edgeworth.core.files import read_text
from edgeworth.core.numeric import OPTIMALITY_TOL
from edgeworth.experiments.drawing import Draw, figure

_PERCENT = (
    "gap", "gap_to_best_bound", "gap_of_price", "mean_gap_to_best_bound", "mean_gap_of_price", "solved", "share_optimal",
    "share_claimed", "share_verified", "share_overran",
)  # fmt: skip
_UNITS = {"seconds": "seconds (s)", "mean_seconds": "mean seconds (s)", "time_limit": "limit (s)"}
_SHORT = 16  # letters of texts that stand in one line, where a column has no longer ones
_WHOLE = 1e7  # integers below it are shown whole


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, paragraphs, a picture, a table. All texts are texts: nothing in them is markup.

    Parameters
    ----------
    title : str
        The heading.
    paragraphs : sequence of str
        The text below it.
    draw : callable, optional
        ``draw(ax)`` draws the picture on the axes that it is given. It is called several times: for wide pages and phones.
    alt : str
        What the picture shows, for readers who do not see it.
    height : float
        Of the picture on a wide page, in inches, > 0.
    table : pandas.DataFrame, optional
        Shown below the picture. Columns that have names of the page's own hold what those hold: ``gap``, ``solved`` and
        ``share_verified`` are shares, which are shown in percent, ``seconds`` are seconds.

    Raises
    ------
    ValueError, TypeError
        For a title that is empty or no text, a `draw` that cannot be called or comes without its `alt`, a height that is none,
        and a table that is no DataFrame.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from edgeworth import compare
    >>> from edgeworth.experiments import Section
    >>> from edgeworth.solvers import allocation
    >>> comparison = compare([allocation.generate(servers=3, tasks=9, seed=0)], ["greedy", "lp"])
    >>> note = Section("What we found", ["The bound is tight: 2 < 3."], table=pd.DataFrame({"figure": [1.5]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "page.html"
    ...     comparison.to_html(path, sections=[note])
    ...     "The bound is tight: 2 &lt; 3." in path.read_text(encoding="utf-8")
    True
    """

    title: str
    paragraphs: Sequence[str] = ()
    draw: Draw | None = None
    alt: str = ""
    height: float = 3.6
    table: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for argument, each in (("title", self.title), ("alt", self.alt), *(("paragraphs", text) for text in self.paragraphs)):
            if not isinstance(each, str):
                validation.reject_type(argument, "must be text", each)
        if isinstance(self.paragraphs, str):
            validation.reject_type("paragraphs", "must be a sequence of texts", self.paragraphs)
        if not self.title.strip():
            validation.reject("title", "must not be empty", self.title)
        if self.draw is not None and not callable(self.draw):
            validation.reject_type("draw", "must be callable or None", self.draw)
        if self.draw is not None and not self.alt.strip():
            validation.reject("alt", "must say what the picture shows", self.alt)
        validation.real("height", self.height, minimum=0.1)
        if self.table is not None and not isinstance(self.table, pd.DataFrame):
            validation.reject_type("table", "must be a DataFrame or None", self.table)

    def html(self) -> str:
        """The section as a part of `document`."""
        parts = [heading(self.title), *(f"<p>{html(text)}</p>" for text in self.paragraphs)]
        if self.draw is not None:
            parts.append(figure(self.draw, self.height, self.alt))
        if self.table is not None:
            parts.append(rows(self.table, lambda row: False, name=self.title))
        return "\n".join(parts)


def heading(title: str) -> str:
    """A heading that links can point to."""
    return f'<h2 id="{_place(title)}">{html(title)}</h2>'


def contents(titles: Iterable[str]) -> str:
    """Links to headings of these titles."""
    links = "".join(f'<a href="#{_place(title)}">{html(title)}</a>' for title in titles)
    return f'<nav aria-label="Contents">{links}</nav>'


def _place(title: str) -> str:
    """A name for a heading, of letters and digits only; other titles have other names."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in title.lower())
    return f"{plain[:40].strip('-') or 'part'}-{zlib.crc32(title.encode('utf-8', 'backslashreplace')):08x}"


def document(title: str, body: Iterable[str]) -> str:
    """A whole page of these parts."""
    style, script = _own("page.css"), _own("page.js")
    digits = '<label class="digits"><input type="checkbox" id="digits"> all digits</label>'
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>\n{style}</style></head>",
            "<body><main>",
            f"<h1>{html(title)}</h1>",
            digits,
            *body,
            f"</main>\n<script>\n{script}</script></body></html>",
            "",
        ]
    )


def _own(name: str) -> str:
    """A file of this package."""
    with as_file(files(__package__) / name) as path:
        return read_text(path)


def rows(
    frame: pd.DataFrame,
    failed: Callable[[pd.Series[Any]], bool],
    tall: bool = False,
    *,
    name: str = "table",
    best: Collection[tuple[int, str]] = (),
) -> str:
    """A table of the page.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its first column names the rows.
    failed : callable
        Of a row, whether it is marked.
    tall : bool
        True gives a long table a scrollbar of its own.
    name : str
        Of the table, for readers who do not see it.
    best : collection of (int, str)
        Row numbers and columns of the cells that are marked as the best.
    """
    numeric = [pd.api.types.is_any_real_numeric_dtype(kind) for kind in frame.dtypes]
    names = [str(each) for each in frame.columns]
    head = "".join(
        f'<th scope="col"{_class("number") if number else ""}>{html(_heading(each))}</th>'
        for each, number in zip(names, numeric, strict=True)
    )
    short = [
        not number and max((len(str(item)) for item in frame.iloc[:, k]), default=0) <= _SHORT
        for k, number in enumerate(numeric)
    ]
    body = []
    columns = [frame.iloc[:, k].tolist() for k in range(len(names))]  # rows would make floats of integers
    for position, ((_, row), items) in enumerate(zip(frame.iterrows(), zip(*columns, strict=True), strict=False)):
        cells = "".join(
            _cell(each, item, number, k == 0, (position, each) in best, short[k])
            for k, (each, item, number) in enumerate(zip(names, items, numeric, strict=True))
        )
        body.append(f"<tr{_class('failed') if failed(row) else ''}>{cells}</tr>")
    box = "scroll tall" if tall else "scroll"
    start = f'<section class="{box}" tabindex="0" aria-label="{html(name)}"><table>'
    return f"{start}<thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(body) + "\n</tbody></table></section>"


def best_cells(
    frame: pd.DataFrame, wanted: Mapping[str, Literal["max", "min"]], among: pd.Series[bool], by: str | None = None
) -> set[tuple[int, str]]:
    """Which cells hold the best number of their column.

    Parameters
    ----------
    frame : pandas.DataFrame
    wanted : mapping
        Column -> whether its largest or its smallest number is the best.
    among : pandas.Series of bool
        The rows that compete.
    by : str, optional
        The best are found for every value of this column apart.

    Returns
    -------
    set of (int, str)
        Numbers that differ by no more than `OPTIMALITY_TOL`, of relative measures (gaps, shares, regrets) itself and of others
        relative to the best, are one: rounding makes none better. None of a column in which all competitors are equal.
    """
    found: set[tuple[int, str]] = set()
    keys = pd.Series(0, index=frame.index) if by is None else frame[by]
    for column in wanted.keys() & set(frame.columns):
        numbers = frame[column].where(among).astype(float)
        best = numbers.groupby(keys.to_numpy()).transform(wanted[column])
        unit = 1.0 if column in (*_PERCENT, "regret", "mean_regret") else best.abs()
        winner = (numbers == best) | ((numbers - best).abs() <= OPTIMALITY_TOL * unit)
        beaten = (numbers.notna() & ~winner).groupby(keys.to_numpy()).transform("any")
        found |= {(position, str(column)) for position, won in enumerate(winner & beaten) if won}
    return found


def _class(name: str) -> str:
    return f' class="{name}"'


def _heading(name: str) -> str:
    return name.replace("_", " ") + " (%)" if name in _PERCENT else _UNITS.get(name, name.replace("_", " "))


def _cell(name: str, item: Any, number: bool, first: bool, best: bool, short: bool) -> str:
    tag, scope = ("th", ' scope="row"') if first else ("td", "")
    named = {"number": number, "best": best, "note": name == "notes", "short": short and not first}
    classes = " ".join(word for word, wanted in named.items() if wanted)
    start = f"<{tag}{scope}{_class(classes) if classes else ''}"
    if item is None or item is pd.NA or item is pd.NaT or (isinstance(item, float | np.floating) and math.isnan(item)):
        return f"{start}>&ndash;</{tag}>"
    if number:
        shown, full = _number(item if isinstance(item, int) else float(item), name in _PERCENT)
        return f"{start}>{shown}</{tag}>" if shown == full else f'{start} title="{full}">{shown}</{tag}>'
    if isinstance(item, bool):
        word = "yes" if item else "no"
        item = word if item == (name == "verified") else word.upper()
    return f"{start}>{html(str(item))}</{tag}>"


def _number(item: float, percent: bool) -> tuple[str, str]:
    """A number in three significant digits, never fewer than its whole part, and in all."""
    if math.isinf(item):
        word = "∞" if item > 0 else "-∞"
        return word, word
    if percent:  # by the decimal point, so that no digit is made by rounding
        exact = Decimal(repr(float(item))).scaleb(2)
        full = f"{exact:f}" if abs(exact) >= Decimal("1e-6") or not exact else f"{exact}"
        full = full.rstrip("0").rstrip(".") if "." in full and "E" not in full else full
    else:
        full = repr(item).removesuffix(".0")
    size = abs(float(full))
    if float(full).is_integer() and size < _WHOLE:
        return f"{float(full):.0f}".replace("-0", "0") if not size else f"{float(full):.0f}", full
    if percent and size < 1e3:
        return percentage(float(full)), full
    return (f"{float(full):.0f}" if 999.5 <= size < _WHOLE else f"{float(full):.3g}"), full

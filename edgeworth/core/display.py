"""Text from outside (labels, names, notes, messages) made harmless for the place where it is shown.

Names come from files and from users; terminals obey escape sequences, matplotlib typesets what stands between dollars, and
spreadsheets calculate cells that begin with an equals sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from textwrap import wrap

_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls: escape sequences begin with them
    "\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # line ends, marks that reorder the text around them, nothing visible
    "\ud800-\udfff"  # half pairs: not even UTF-8 has them
    "\ufdd0-\ufdef"  # what is no character and never will be: neither XML nor HTML takes it
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_KEPT = frozenset("\n")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf|-")


def one_line(text: str) -> str:
    r"""The text without anything that acts: what a terminal or a page would obey is written out.

    >>> print(one_line("red\x1b[31m\nline"))
    red\x1b[31m\nline
    """
    return _ACTING.sub(_written, text)


def lines(text: str) -> str:
    """The same for a text of several lines."""
    return _ACTING.sub(lambda found: found[0] if found[0] in _KEPT else _written(found), text)


def figure_text(text: str) -> str:
    r"""The same for matplotlib, which takes no dollar for mathematics and hides no label that begins with an underscore.

    >>> print(figure_text("$x$"), figure_text("_greedy"))
    \$x\$  _greedy
    """
    shown = one_line(text).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def figure_lines(text: str, width: int) -> str:
    """`figure_text` in lines of at most so many letters.

    >>> print(figure_lines("a method with parameters", 10))
    a method
    with
    parameters
    """
    return "\n".join(figure_text(line) for line in wrap(one_line(text), width, break_on_hyphens=False) or [""])


def cell(text: str) -> str:
    """The same for a cell of a CSV file: what a spreadsheet would calculate begins with an apostrophe. Numbers stay.

    >>> cell("=1+1"), cell("-2.5"), cell("greedy")
    ("'=1+1", '-2.5', 'greedy')
    """
    shown = one_line(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(shown) else shown


def html(text: str) -> str:
    """The same for a page: nothing in it is markup."""
    return escape(one_line(text))


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A plain table for a notebook, which brings the style.

    >>> html_table(("a", "b"), [("<1>", "2")], "c")
    '<table><caption>c</caption><tr><th>a</th><th>b</th></tr><tr><td>&lt;1&gt;</td><td>2</td></tr></table>'
    """
    lines = [("th", head), *(("td", row) for row in rows)]
    body = "".join(f"<tr>{''.join(f'<{tag}>{html(cell)}</{tag}>' for cell in row)}</tr>" for tag, row in lines)
    return f"<table><caption>{html(caption)}</caption>{body}</table>"


def number(value: float | None, digits: int = 6) -> str:
    """A number for a table; ``-`` where there is none."""
    if value is None or value != value:  # NaN differs from itself
        return "-"
    return f"{float(value):.{digits}g}"


def percent(value: float | None) -> str:
    """A share or a relative gap as a percentage; ``-`` where there is none."""
    text = "-" if value is None or value != value else percentage(value * 100.0)
    return text if text == "-" else f"{text} %"


def percentage(hundredths: float) -> str:
    """Three significant digits of what is a percentage already, and more where three would make all of what is less than all.

    >>> percentage(99.96), percentage(99.94), percentage(1e-12)
    ('99.96', '99.9', '1e-12')
    """
    digits = 3
    while abs(hundredths) < 100.0 <= abs(float(f"{hundredths:.{digits}g}")):
        digits += 1
    return f"{hundredths:.{digits}g}"


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ()) -> str:
    """A table as text: columns two spaces apart, numbers to the right, those named in `left` to the left."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(line[k]) for line in (head, *rows)) for k in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(head, cells, widths, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *(line(row) for row in rows)])


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")

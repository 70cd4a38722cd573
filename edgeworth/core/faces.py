"""How problems, solutions and results show themselves: one line in a terminal, a table in a notebook, a pandas DataFrame.

Everything is made of the fields of their dataclasses; pandas is imported when a frame is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from edgeworth.core.display import html_table, one_line
from edgeworth.core.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd

_ENDS = 3  # entries of an array that are shown at each end
_WIDTH = 200  # characters of a line
_ROWS = 20  # of a table in a notebook


def brief(value: object) -> str:
    """A value in a few characters: arrays by their first and last entries, or by their shape.

    >>> brief(np.arange(9)), brief(np.zeros((2, 3))), brief(0.1234567), brief(("a", 1))
    ('[0 1 2 ... 6 7 8] (9)', 'float64 2 x 3', '0.123457', '(a, 1)')
    """
    if isinstance(value, np.ndarray):
        if value.ndim != 1:
            return f"{value.dtype} {' x '.join(map(str, value.shape))}"
        entries = [brief(item.item() if isinstance(item, np.generic) else item) for item in _ends(value)]
        if len(value) > 2 * _ENDS:
            return f"[{' '.join(entries[:_ENDS])} ... {' '.join(entries[_ENDS:])}] ({len(value)})"
        return f"[{' '.join(entries)}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        shown = [brief(item) for item in (value if len(value) <= 2 * _ENDS else value[:_ENDS])]
        return f"({', '.join(shown)}{f', ... {len(value)} in all' if len(value) > 2 * _ENDS else ''})"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _line(value)
    return one_line(str(value) if isinstance(value, str) and value.isidentifier() else repr(value))


def _ends(values: Any) -> list[Any]:
    return list(values) if len(values) <= 2 * _ENDS else [*values[:_ENDS], *values[-_ENDS:]]


def _line(shown: Any) -> str:
    fields = [field.name for field in dataclasses.fields(shown) if field.repr]
    text = f"{type(shown).__name__}({', '.join(f'{name}={brief(getattr(shown, name))}' for name in fields)})"
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 4]}...)"


def origin(provenance: Provenance) -> str:
    """Where a problem comes from, in words: ``hotspot seed 3``, the name of a file, ``arrays``."""
    if not provenance.name:
        return provenance.source
    if provenance.source == "file":
        index = provenance.parameters.get("index")
        return provenance.name if index is None else f"{provenance.name} #{index}"
    return f"{provenance.name} seed {provenance.seed}" if isinstance(provenance.seed, int) else provenance.name


class ShownProblem:
    """Of a problem's dataclass: ``sizes`` names the attributes that say how large it is."""

    sizes: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {_head(self)}>"

    def _repr_html_(self) -> str:
        rows = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                span = ("", "") if not value.size or value.dtype.kind not in "fiu" else (brief(value.min()), brief(value.max()))
                rows.append((field.name, f"{value.dtype} {' x '.join(map(str, value.shape))}", *span))
            elif value is not None and not isinstance(value, Provenance):
                rows.append((field.name, brief(value), "", ""))
        return html_table(("field", "content", "least", "largest"), rows, f"{type(self).__name__}: {_head(self)}")


def _head(problem: Any) -> str:
    facts = [origin(problem.provenance)]
    for name in problem.sizes:
        size = getattr(problem, name)
        facts.append(f"{size} {name if size != 1 else name.removesuffix('s')}" if isinstance(size, int) else f"{name} {size}")
    return one_line(", ".join([*facts, problem.sense]))


class Column(NamedTuple):
    """A column of a solution's table.

    name: its heading. unit: what its numbers are measured in, or what they say. field: of the dataclass, default the name.
    axis: it holds positions along this axis of the problem ("server"), which have names there.
    """

    name: str
    unit: str
    field: str = ""
    axis: str = ""


class ShownSolution:
    """Of a solution's dataclass: ``row`` says what a row of its table is about, ``columns`` what it holds."""

    row: ClassVar[str] = ""
    columns: ClassVar[tuple[Column, ...]] = ()

    def __repr__(self) -> str:
        return _line(self)

    def _repr_html_(self) -> str:
        return frame_html(self.to_frame(), repr(self))

    def to_frame(self, problem: object = None) -> pd.DataFrame:
        """The solution as a table.

        Parameters
        ----------
        problem : the problem it solves, optional
            Where its servers, tasks, ... have names, rows and entries are named by them instead of numbered.

        Returns
        -------
        pandas.DataFrame
            ``attrs["units"]`` says of every column what it is measured in.
        """
        import pandas as pd

        content = self._content()
        data: dict[str, Any] = {}
        for column in self.columns:
            values = content[column.field or column.name]
            if values is None:  # an optional field that the solution does not have
                continue
            names = getattr(problem, f"{column.axis}_names", None)
            if names is not None:
                values = [names[k] if k >= 0 else None for k in np.asarray(values).tolist()]
            data[column.name] = values
        frame = pd.DataFrame(data)
        frame.index.name = self.row or None
        names = getattr(problem, f"{self.row}_names", None)
        if names is not None and len(names) == len(frame):
            frame.index = pd.Index(names, name=self.row)
        frame.attrs["units"] = {column.name: column.unit for column in self.columns if column.name in data}
        return frame

    def _content(self) -> Mapping[str, object]:
        """Field -> its values, one a row, or one for all rows."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]


def frame_html(frame: pd.DataFrame, caption: str) -> str:
    """A table for a notebook; a long one is cut."""
    shown = frame.head(_ROWS)
    head = [str(frame.index.name or ""), *map(str, frame.columns)]
    rows = [[str(label), *map(_cell, row)] for label, row in zip(shown.index, shown.itertuples(index=False), strict=True)]
    more = len(frame) - len(shown)
    return html_table(head, rows, f"{caption}; {more} more rows" if more else caption)


def _cell(value: object) -> str:
    if value is None or value != value or type(value).__name__ == "NAType":
        return ""
    return value if isinstance(value, str) else brief(value.item() if isinstance(value, np.generic) else value)

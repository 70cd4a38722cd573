"""Plots as inline SVG: in the reader's colours, once for a wide page and once for a phone, and never heavy."""

from __future__ import annotations

import base64
import re
import textwrap
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from edgeworth.core import style
from edgeworth.core.display import html, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

Draw = Callable[["Axes"], object]

WIDE, NARROW = 8.6, 4.1  # inches: of a page and of a phone
_HEAVY = 90_000  # characters of an SVG from which its marks are drawn as pixels; axes and words stay as they are
_ROW = 0.2  # inches of a row with a name
_WORDS = 46  # letters of a line of a narrow legend
_LOOK: dict[Any, str] = {"svg.fonttype": "none", "svg.hashsalt": "edgeworth"} | dict.fromkeys(
    ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), style.INK
)
_FONT = re.compile(r"font-family:[^;]*;? ?")  # the page's own takes its place
_SPACE = re.compile(r" (?=[A-Za-z])|(?<=[A-Za-z]) ")  # around the letters of a path
_LONG = re.compile(r"-?\d+\.\d{3,}")


def figure(draw: Draw, height: float, alt: str, caption: str = "") -> str:
    """A plot as a figure of a page.

    Parameters
    ----------
    draw : callable
        Draws on the axes that it is given. It is called for every drawing anew.
    height : float
        Inches, of the wide drawing.
    alt : str
        What the plot shows, for readers who do not see it.
    caption : str
        Below the plot, for all readers.
    """
    said = f"<figcaption>{html(caption)}</figcaption>" if caption else ""
    both = (inline(_drawn(draw, width, height, True), alt, name) for width, name in ((WIDE, "wide"), (NARROW, "narrow")))
    return f"<figure>{''.join(both)}{said}</figure>"


def svg(draw: Draw, height: float) -> str:
    """A plot as an SVG file. Nothing global is touched; the same numbers give the same text."""
    return _drawn(draw, WIDE, height, False)


def _drawn(draw: Draw, width: float, height: float, transparent: bool) -> str:
    from matplotlib.ticker import FixedLocator

    with _figure(width, height) as drawn:
        ax = drawn.add_subplot()
        draw(ax)
        ticks = ax.get_yticks()
        if isinstance(ax.yaxis.get_major_locator(), FixedLocator) and len(ticks) * _ROW > height - 1.0:
            drawn.set_figheight(1.0 + _ROW * len(ticks))  # a row with a name each
        if width == NARROW:
            _title_above(drawn, ax)
            _legends_below(drawn)
        text = _written(drawn, transparent)
        if len(text) > _HEAVY and transparent:
            for each in drawn.axes:
                for artist in (*each.collections, *each.patches, *each.lines):
                    artist.set_rasterized(True)
            text = _written(drawn, transparent)
    return text


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the reader's fonts draw it, not matplotlib's
        drawn = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(drawn)
        yield drawn


def _written(drawn: Figure, transparent: bool) -> str:
    file = StringIO()
    drawn.savefig(file, format="svg", transparent=transparent, metadata={"Date": None}, dpi=160 if transparent else None)
    return file.getvalue()


def _title_above(drawn: Figure, ax: Axes) -> None:
    """Give the title the whole width of the figure, and as many lines as it needs."""
    for loc in ("left", "center"):
        title = ax.get_title(loc)
        if title:
            ax.set_title("", loc=loc)
            wrapped = textwrap.fill(title, _WORDS + 4, break_on_hyphens=False)
            whole = drawn.suptitle(wrapped, x=0.02, ha="left", fontsize=9.5)
            whole.set_parse_math(loc == "left" or ax.title.get_parse_math())


def _legends_below(drawn: Figure) -> None:
    """Move legends from the side of the axes, where a phone has no room, to the foot of the figure, and make it higher."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    height, room = drawn.get_figheight(), 0.0
    moved: list[tuple[Legend, float]] = []
    for ax in drawn.axes:
        old = ax.get_legend()
        if old is None:
            continue
        texts = [textwrap.fill(text.get_text(), _WORDS, break_on_hyphens=False) for text in old.get_texts()]
        handles = list(old.legend_handles)
        title = old.get_title().get_text()
        old.remove()
        columns = 2 if max(map(len, texts), default=0) <= _WORDS // 3 else 1
        legend = ax.legend(
            handles=handles, labels=texts, ncols=columns, loc="lower left", frameon=False, fontsize=8.5, labelcolor=style.INK,
            title=title or None, borderaxespad=0.0, bbox_to_anchor=(0.02, 0.0), bbox_transform=drawn.transFigure,
        )  # fmt: skip
        legend.set_in_layout(False)
        needs = legend.get_window_extent().height / drawn.dpi + 0.06
        moved.append((legend, room))
        room += needs
    if not moved:
        return
    whole = height + room
    drawn.set_figheight(whole)
    for legend, foot in moved:
        legend.set_bbox_to_anchor((0.02, (room - foot) / whole), transform=drawn.transFigure)
        legend.set_loc("upper left")
    layout = drawn.get_layout_engine()
    if isinstance(layout, ConstrainedLayoutEngine):
        layout.set(rect=(0.0, room / whole, 1.0, height / whole))


def inline(drawn: str, alt: str, name: str = "wide") -> str:
    """An SVG of matplotlib for the inside of a page: no namespaces, no metadata, markers written out instead of referred to."""
    root = ElementTree.fromstring(drawn)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: item for key, item in element.attrib.items()}
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
    own = f"f{zlib.crc32(drawn.encode()):08x}"  # two figures of one page share no identifier
    clipped = set(re.findall(r"url\(#(\w+)\)", drawn))
    for element in root.iter():
        found = element.attrib.pop("id", None)
        if found in clipped:
            element.set("id", f"{own}-{found}")
        for key, item in element.attrib.items():
            if key == "clip-path":
                element.set(key, item.replace("url(#", f"url(#{own}-"))
            elif key in ("d", "transform", "x", "y", "points", "width", "height"):
                element.set(key, _SPACE.sub("", re.sub(r"\s+", " ", _LONG.sub(_short, item)).strip()))
            elif key == "style":
                element.set(key, _themed(_FONT.sub("", item)))
        if element.get("transform", "").startswith("rotate(-0 "):
            element.attrib.pop("transform")
    _without_empty(root)
    root.attrib = {"class": name, "viewBox": root.get("viewBox", ""), "role": "img", "aria-label": one_line(alt)}
    page = ElementTree.tostring(root, encoding="unicode")
    return re.sub(r"\n\s*", "\n", page)


def _themed(look: str) -> str:
    """The colours of the page in the place of our own."""
    themed = [(style.INK, "var(--ink)"), ("#000000", "var(--ink)"), (style.FAINT, "var(--line)"), (style.WRONG, "var(--bad)")]
    themed += [(colour, f"var(--c{k})") for k, colour in enumerate(style.COLOURS)]
    for colour, variable in themed:
        look = look.replace(colour.lower(), variable)
    return look


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _without_empty(parent: ElementTree.Element) -> None:
    for child in list(parent):
        _without_empty(child)
        unseen = child.tag == "path" and child.get("style") == "fill: none"
        if unseen or (child.tag in ("g", "defs") and not len(child)):
            parent.remove(child)


def data_link(text: str, kind: str, file: str, words: str) -> str:
    """A link that saves a text as a file; the text is in the page itself."""
    packed = base64.b64encode(text.encode("utf-8", "backslashreplace")).decode("ascii")
    return f'<a download="{html(file)}" href="data:{kind};base64,{packed}">{html(words)}</a>'

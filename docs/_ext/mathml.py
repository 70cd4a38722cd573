"""Formulas as MathML, which browsers draw by themselves: no script, no fonts, nothing to fetch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LOGGER = logging.getLogger(__name__)


def _draw(self: Any, node: nodes.Element, block: bool) -> None:
    text = re.sub(r"\\[Bb]igg?[lrm]?(?![a-zA-Z])", "", node.astext())  # MathML stretches parentheses by itself
    try:
        drawn = tex2mathml(text, as_block=block)
    except MathError as error:
        LOGGER.warning("formula %r: %s", text, error, location=node)
        drawn = f"<code>{self.encode(text)}</code>"
    self.body.append(f'<div class="math">{drawn}</div>' if block else drawn)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda self, node: _draw(self, node, block=False), None),
        block_renderers=(lambda self, node: _draw(self, node, block=True), None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The pages of the site, and the code blocks in them. `docs/contributing/documentation.md` states the rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs"
PARTS = "claims/intro"  # what other pages include: links are seen from the page that does
RUN = ("python", "pycon", "console", "sh")
PARSED = ("json", "toml", "yaml")
SHOWN = ("text",)
DIRECTIVES = r"\{(toctree|include|eval-rst|image|figure|note|tip|warning)\}"  # others could show code
HIDDEN = re.compile(  # code outside fences, or in fences that only Markdown sees: in quotations, behind tabs
    r"\s*>\s*(```|~~~)|[^`]*\t.*(```|~~~)|\s*(>\s*)*>>> |[^`]*<pre\b"
    r"|\s*\.\. (code|sourcecode|parsed-literal|literalinclude|doctest|testcode)"
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line of the page on which the text begins (from 1)."""

    language: str
    text: str
    line: int


def pages() -> list[Path]:
    """All pages that are written in Markdown, sorted."""
    return sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


def front_matter(text: str) -> dict[str, Any]:
    """The fields between the two lines of dashes at the top of a page."""
    found = re.match(r"---\n(.*?\n)---\n", text, flags=re.DOTALL)
    return {} if found is None else dict(yaml.safe_load(found[1]))


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, those inside directives too; a directive itself is none."""
    found: list[Block] = []
    directives: list[str] = []  # fences of the directives that are open
    fence, language, first, held = "", "", 0, list[str]()
    above = [""]  # the lines outside fences
    for number, line in enumerate(text.splitlines(), start=1):
        if not fence:
            outside = next((each for each in reversed(above) if each.strip()), "")
            indented = re.match(r" {4}", line) and not above[-1].strip() and not re.match(r"\s|[-*+]|\d+[.)]", outside)
            if HIDDEN.match(line) or indented:
                raise ValueError(f"line {number}: code stands in a plain fenced block, which the tests see")
            above.append(line)
        mark = re.match(r" *(`{3,}|~{3,}|:{3,})(.*)$", line)
        if mark is None or (fence and not (mark[1].startswith(fence) and not mark[2].strip())):
            held.append(line)
        elif fence:
            found.append(Block(language, "".join(f"{each}\n" for each in held), first))
            fence = ""
        elif mark[2].strip().startswith("{"):
            if not re.match(DIRECTIVES, mark[2].strip()):
                raise ValueError(f"line {number}: code stands in a plain fenced block, which the tests see")
            directives.append(mark[1])
        elif directives and not mark[2].strip() and mark[1] == directives[-1]:
            directives.pop()
        else:
            fence, language, first, held = mark[1], mark[2].strip(), number + 1, []
    if fence:
        raise ValueError(f"line {first - 1}: the block is never closed")
    return found

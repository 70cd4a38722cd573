"""The newest table of every title in `benchmarks/RESULTS.md`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from .text import table

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks" / "RESULTS.md"
GROUPS: dict[str, tuple[str, ...]] = {  # page -> its subjects; what none names is on the last page
    "solvers": ("Allocation", "Carbon offloading", "Carbon-aware offloading", "Scheduling", "BEST", "Best"),
    "routing-and-games": ("Routing", "Trading", "Offloading", "Finite games"),
    "mechanisms": ("Mechanisms", "Learned auctions", "Token market", "Consensus"),
    "learning-and-systems": (),
}


@cache
def subjects() -> dict[str, dict[str, str]]:
    """Subject -> title -> date, machine and table, of the newest run."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", RESULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        subject, _, rest = title.partition(": ")
        subject = subject.partition(",")[0]
        found.setdefault(_capital(subject), {})[rest or title.removeprefix(subject).lstrip(", ")] = body.strip()
    return found


def _of(group: str) -> list[str]:
    named = [subject for each in GROUPS.values() for subject in each]
    return [subject for subject in subjects() if subject in GROUPS[group] or (not GROUPS[group] and subject not in named)]


def newest(group: str) -> str:
    """A section a subject, in it a section a title, with date and machine. Figures are large, so they are links."""
    lines: list[str] = []
    for subject in _of(group):
        lines += [f"## {subject}", ""]
        for title, body in subjects()[subject].items():
            text = body.replace("\n### ", "\n#### ")
            text = re.sub(r"!\[([^\]]*)\]\(figures/([^)]+)\)", r"[\1 (\2)](../../benchmarks/figures/\2)", text)
            lines += [f"### {_capital(title)}", "", text, ""] if title else [text, ""]
    return "\n".join(lines)


def overview() -> str:
    """Which page has which subjects."""
    rows = [(f"[{_capital(group.replace('-', ' '))}](benchmarks/{group}.md)", ", ".join(_of(group))) for group in GROUPS]
    return table(("page", "subjects"), rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

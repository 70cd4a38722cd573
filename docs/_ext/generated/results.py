"""The newest table of every title in `benchmarks/RESULTS.md`."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks" / "RESULTS.md"


def newest() -> str:
    """A section a subject, in it a section a title; each begins with its date and machine."""
    subjects: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", RESULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        subject, _, rest = title.partition(": ")
        subject = subject.partition(",")[0]
        subjects.setdefault(_capital(subject), {})[rest or title.removeprefix(subject).lstrip(", ")] = body.strip()
    lines: list[str] = []
    for subject, titles in subjects.items():
        lines += [f"## {subject}", ""]
        for title, body in titles.items():
            text = body.replace("\n### ", "\n#### ").replace("](figures/", "](../benchmarks/figures/")
            lines += [f"### {_capital(title)}", "", text, ""] if title else [text, ""]
    return "\n".join(lines)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

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
        subject = re.split(r"[:,]", title)[0]
        subject = subject[0].upper() + subject[1:]
        subjects.setdefault(subject, {})[title] = body.strip()
    lines: list[str] = []
    for subject, titles in subjects.items():
        lines += [f"## {subject}", ""]
        for title, body in titles.items():
            lines += ([] if title.lower() == subject.lower() else [f"### {title}", ""]) + [
                body.replace("\n### ", "\n#### ").replace("](figures/", "](../benchmarks/figures/"),
                "",
            ]
    return "\n".join(lines)

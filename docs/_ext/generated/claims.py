"""What the claims of the papers came to, from `docs/claims/claims.json`, which `edgeworth reproduce` wrote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .text import plain, table

FILE = Path(__file__).resolve().parents[2] / "claims" / "claims.json"
VERDICTS = ("holds", "holds in part", "does not hold", "cannot hold", "not testable", "not tested yet")
_MOST_ROWS = 12


@cache
def read() -> dict[str, Any]:
    """The document."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def verdict(claim: Mapping[str, Any]) -> str:
    """What is said of a claim."""
    return "failed to run" if claim["evidence"] is None else str(claim["evidence"]["verdict"])


def overview() -> str:
    """How many claims of each paper came to which verdict, and what was run."""
    told = read()
    rows = []
    for paper_ in told["papers"]:
        counts = Counter(verdict(claim) for claim in told["claims"] if claim["paper"] == paper_["name"])
        link = f"[{plain(paper_['title'])}]({paper_['name']}.md)"
        rows.append((link, *(str(counts.get(word, 0)) for word in VERDICTS)))
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    budget = told["budget"]
    seeds = f"{budget['seeds']} seed{'' if budget['seeds'] == 1 else 's'}"
    ran = f"Budget {budget['name']}: {seeds}, {budget['instances']} instances; {versions}."
    return f"**{told['headline']}**\n\n{table(('paper', *VERDICTS), rows)}\n{ran}\n"


def paper(name: str) -> str:
    """The claims of a paper: a table of all, then a section each."""
    told = read()
    claims = [claim for claim in told["claims"] if claim["paper"] == name]
    (about,) = [each for each in told["papers"] if each["name"] == name]
    rows = [(f"[{claim['id']}](#{name}-{claim['id']})", f"**{verdict(claim)}**", plain(claim["quote"])) for claim in claims]
    head = f"**{about['headline']}**\n\n" + table(("claim", "verdict", "what the paper says"), rows)
    return head + "\n" + "\n".join(_section(claim) for claim in claims)


def _section(claim: Mapping[str, Any]) -> str:
    evidence, rule = claim["evidence"], claim["rule"]
    judged = f"{rule['estimator']}: {rule['threshold']}"
    if rule["tolerance"]:
        judged += f"; tolerance {rule['tolerance']:g}"
    if rule["seeds"]:
        judged += f"; at least {rule['seeds']} seeds"
    told = {"Source": claim["source"], "Tested": claim["statement"], "Scope": claim["scope"], "Rule": judged}
    if evidence is None:
        told["Failed"] = claim["error"]
    else:
        told |= {"Found": evidence["text"], "Reason": evidence["reason"]}
        if evidence["interval"] is not None:
            told["95% interval"] = " to ".join(f"{end:.5g}" for end in evidence["interval"])
        if evidence["witness"] is not None:
            told["Witness"] = str(evidence["witness"])
        if not evidence["conclusive"]:
            told["Conclusive"] = "no: this budget has fewer seeds than the rule asks for, or parts were not run"
    listed = "\n".join(f"- {key}: {plain(text)}" for key, text in told.items())
    quote = plain(" ".join(claim["quote"].split()))
    parts = [f"({claim['paper']}-{claim['id']})=\n\n## {claim['id']}", f"**{verdict(claim)}**", f"> {quote}", listed]
    if evidence is not None and evidence["numbers"]:
        parts.append(_numbers(evidence["numbers"]))
    parts.append(f"```text\n{claim['command']}\n```")
    return "\n\n".join(parts) + "\n"


def _numbers(rows: list[Mapping[str, Any]]) -> str:
    head = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_cell(row.get(key)) for key in head] for row in rows[:_MOST_ROWS]]
    more = len(rows) - _MOST_ROWS
    rest = f"\n{more} more rows are in `docs/claims/claims.json`.\n" if more > 0 else ""
    return table([plain(key) for key in head], cells) + rest


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else plain(str(value))

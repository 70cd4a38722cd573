"""Verdicts that are expected: a file of them, and where a run differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike

from edgeworth.core.claims import ClaimVerdict
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, write_text

FORMAT, SCHEMA = "edgeworth-verdicts", 1
Verdicts = Mapping[str, Mapping[str, str]]
"""Verdict by paper and id."""
_UNTESTED = str(ClaimVerdict.NOT_TESTED)


@dataclass(frozen=True)
class Change:
    """A claim whose verdict is not the expected one.

    Attributes
    ----------
    paper, claim : str
    expected, found : str
        Verdicts; empty where there is none: nothing is expected of the claim, or no row of the paper has this id any more.
    """

    paper: str
    claim: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Both in a sentence."""
        if not self.expected:
            return f"{self.paper} {self.claim}: nothing expected, found: {self.found}"
        return f"{self.paper} {self.claim}: expected: {self.expected}, found: {self.found or 'no such claim'}"


def changes(found: Verdicts, expected: Verdicts, whole: Iterable[str]) -> list[Change]:
    """Where verdicts differ. whole: papers in which what is expected must be found; a verdict "" is compared with nothing."""
    told = []
    for paper, rows in found.items():
        known = expected.get(paper, {})
        for claim, verdict in rows.items():
            before = known.get(claim, "")
            if verdict and before != verdict and _UNTESTED not in (before, verdict):
                told.append(Change(paper, claim, before, verdict))
    for paper in whole:
        gone = [claim for claim in expected.get(paper, {}) if claim not in found.get(paper, {})]
        told.extend(Change(paper, claim, expected[paper][claim], "") for claim in gone)
    return told


def updated(found: Verdicts, expected: Verdicts, whole: Iterable[str]) -> dict[str, dict[str, str]]:
    """What is found, and what is expected where nothing is; of papers in `whole` no claim that is gone."""
    gone = set(whole)
    kept = {paper: {} if paper in gone else dict(rows) for paper, rows in expected.items()}
    for paper, rows in found.items():
        known = expected.get(paper, {})
        best = {claim: known.get(claim, verdict) if verdict in ("", _UNTESTED) else verdict for claim, verdict in rows.items()}
        kept.setdefault(paper, {}).update({claim: verdict for claim, verdict in best.items() if verdict})
    return {paper: rows for paper, rows in kept.items() if rows}


def write_verdicts(path: str | PathLike[str], verdicts: Verdicts, budget: str) -> None:
    """Write a file of verdicts."""
    document = {"format": FORMAT, "schema": SCHEMA, "budget": budget, "verdicts": verdicts}
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_verdicts(path: str | PathLike[str], budget: str) -> dict[str, dict[str, str]]:
    """Read the verdicts of a file.

    Parameters
    ----------
    path : path
        A ``verdicts.json`` as ``edgeworth reproduce --out`` writes it: an object with ``format`` "edgeworth-verdicts",
        ``schema`` 1, the name of the ``budget``, and ``verdicts`` by paper and id.
    budget : str
        Name of the budget of the run that is to be compared: with another one, a verdict may be another.

    Returns
    -------
    dict of str to dict of str to str

    Raises
    ------
    FileFormatError
        Naming the file and what is wrong with it.
    ValueError
        For verdicts of another budget.
    """
    try:
        document = json.loads(read_text(path))
    except ValueError as error:
        raise FileFormatError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileFormatError(f"{path}: not a file of verdicts, which says {FORMAT!r} as its format")
    if document.get("schema") != SCHEMA:
        raise FileFormatError(f"{path}: schema {document.get('schema')!r}, and this version reads {SCHEMA}")
    known, found = {str(each) for each in ClaimVerdict}, document.get("verdicts")
    sound = isinstance(found, dict) and all(
        isinstance(rows, dict) and all(isinstance(each, str) and each in known for each in rows.values())
        for rows in found.values()
    )
    if not isinstance(found, dict) or not sound:
        raise FileFormatError(f"{path}: verdicts must be {', '.join(sorted(known))}, by paper and id")
    if document.get("budget") != budget:
        raise ValueError(f"{path}: verdicts of the budget {document.get('budget')!r} stand beside a run with {budget!r}")
    return {str(paper): dict(rows) for paper, rows in found.items()}

"""The glossary speaks of names that are in the code, and every term stands there once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import edgeworth

PACKAGE = Path(edgeworth.__file__).resolve().parent
PAGE = PACKAGE.parent / "docs" / "glossary.md"
FILES = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
CODE = "\n".join(FILES.values())
PLACES = "\n".join(FILES)
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| term")
]


def test_a_row_has_a_term_a_meaning_and_a_place() -> None:
    assert len(ROWS) > 100
    for row in ROWS:
        assert len(row) == 5, row
        assert row[0], row
        assert row[1].endswith("."), row


def test_a_term_stands_there_once() -> None:
    terms = [row[0] for row in ROWS]
    assert sorted(set(terms)) == sorted(terms)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_row_names_is_in_the_code(row: list[str]) -> None:
    for name in re.findall(r"`([^`]+)`", row[2]):
        place = name.split(": ")[0]
        last = re.split(r"[(\[]", name.rpartition(".")[2])[0].strip('"')
        found = place in PLACES or name in CODE or re.search(rf"\b{re.escape(last)}\b", CODE) is not None
        assert found, name

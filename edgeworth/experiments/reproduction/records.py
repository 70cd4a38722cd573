"""What a reproduction found, as data, as files and as pages."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from edgeworth.core.files import write_text
from edgeworth.experiments.reproduction import pages
from edgeworth.experiments.reproduction.findings import Findings
from edgeworth.experiments.reproduction.papers import PAPERS
from edgeworth.experiments.reproduction.verdicts import Change, Verdicts, changes, updated

if TYPE_CHECKING:
    import pandas as pd

FORMAT, SCHEMA = "edgeworth-claims", 1


@dataclass(frozen=True)
class Reproduction(Findings):
    """What `reproduce` returns.

    Attributes
    ----------
    budget : ClaimBudget
    rows : tuple of Examined
        In the order of the papers.
    asked : tuple of str
        The papers that were run as a whole: what `compare` misses in them is missing.
    versions : mapping of str to str
        The libraries' versions.
    interrupted : bool
        Whether Ctrl-C ended it: claims are missing.
    """

    def verdicts(self, expected: Verdicts | None = None) -> dict[str, dict[str, str]]:
        """The verdicts, by paper and id, of the tests that ran.

        Parameters
        ----------
        expected : mapping of str to mapping of str to str, optional
            Verdicts that stand where this run has none: of claims that were not run, that could not be tested here, or whose
            test failed. So a file is brought up to date, also where an extra is not installed.

        Returns
        -------
        dict of str to dict of str to str
        """
        return updated(self._found(), expected or {}, self._whole())

    def compare(self, expected: Verdicts) -> list[Change]:
        """Where the verdicts differ from expected ones; see `read_verdicts`.

        Parameters
        ----------
        expected : mapping of str to mapping of str to str
            Verdicts by paper and id, as of `verdicts`.

        Returns
        -------
        list of Change
            Claims whose verdict is another, that nothing is expected of, or that are expected and were not found in a paper
            that was run as a whole. A claim that either side could not test (data or an extra are not there) is no change.
        """
        return changes(self._found(), expected, self._whole())

    def _found(self) -> dict[str, dict[str, str]]:
        """Verdicts; "" where a test failed."""
        found: dict[str, dict[str, str]] = {name: {} for name in self.papers}
        for row in self.rows:
            found[row.paper][row.claim.id] = str(row.verdict or "")
        return found

    def _whole(self) -> tuple[str, ...]:
        return () if self.interrupted else self.asked

    def to_frame(self) -> pd.DataFrame:
        """One row a claim: paper, claim, source, statement, verdict, reason, text, interval, conclusive, seconds, error.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        table = []
        for row in self.rows:
            told: dict[str, object] = {
                "paper": row.paper, "claim": row.claim.id, "source": row.claim.source, "statement": row.claim.statement
            }  # fmt: skip
            fields = {} if row.evidence is None else row.evidence.to_fields()
            for name in ("verdict", "reason", "text", "interval", "conclusive", "seconds"):
                told[name] = fields.get(name)
            table.append(told | {"error": row.error})
        return pd.DataFrame(table)

    def to_fields(self) -> dict[str, object]:
        """The document that `to_json` writes.

        Returns
        -------
        dict of str to object
            ``format``, ``schema``, ``versions``, ``budget`` (name, seeds, instances), ``interrupted``, ``headline``, ``papers``
            (name, title, headline), ``claims`` (a row a claim: paper, id, source, quote, statement, scope, rule, the command
            that repeats it, evidence as of `Evidence.to_fields`, error) and ``seconds`` by paper and id. No date is in it, and
            seconds are apart, so that what was found can be compared with ``diff``.
        """
        seconds: dict[str, dict[str, float]] = {name: {} for name in self.papers}
        for row in self.rows:
            if row.evidence is not None:
                seconds[row.paper][row.claim.id] = round(row.evidence.seconds, 3)
        return {
            "format": FORMAT,
            "schema": SCHEMA,
            "versions": dict(self.versions),
            "budget": {"name": self.budget.name, "seeds": self.budget.seeds, "instances": self.budget.instances},
            "interrupted": self.interrupted,
            "headline": self.headline(),
            "papers": [{"name": n, "title": PAPERS[n].title, "headline": self.headline(n)} for n in self.papers],
            "claims": [row.to_fields(self.budget) for row in self.rows],
            "seconds": seconds,
        }

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write ``claims.json``: what was found, as data.

        Parameters
        ----------
        path : path
        """
        write_text(path, json.dumps(self.to_fields(), indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    def to_html(self, folder: str | PathLike[str]) -> None:
        """Write ``index.html``, one page a paper, and ``figures`` (SVG, and their data as CSV) into a folder.

        Parameters
        ----------
        folder : path
            Made where it is not there.
        """
        os.makedirs(folder, exist_ok=True)
        pages.write(self, folder)

"""What the tests of claims found: rows, and counts of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from edgeworth.core.claims import BUDGETS, Claim, ClaimBudget, ClaimVerdict, Evidence

_WORDS = {
    ClaimVerdict.HOLDS: "{} hold",
    ClaimVerdict.PARTLY: "{} in part",
    ClaimVerdict.FAILS: "{} do not hold",
    ClaimVerdict.CANNOT_HOLD: "{} cannot hold",
    ClaimVerdict.NOT_TESTABLE: "{} not testable",
    ClaimVerdict.NOT_TESTED: "{} not tested yet",
}


@dataclass(frozen=True)
class Examined:
    """A claim and what its test found.

    Attributes
    ----------
    paper : str
        A name in `PAPERS`.
    claim : Claim
    evidence : Evidence, optional
        None where the test failed to run.
    error : str
        Why it failed; empty where it ran.
    """

    paper: str
    claim: Claim
    evidence: Evidence | None
    error: str = ""

    @property
    def verdict(self) -> ClaimVerdict | None:
        """What is said of the claim; None where its test failed to run."""
        return None if self.evidence is None else self.evidence.verdict

    def to_fields(self, budget: ClaimBudget) -> dict[str, object]:
        """As plain fields for JSON. Its seconds are left out, so that equal findings are equal fields."""
        claim, rule = self.claim, self.claim.rule
        told: dict[str, object] = {"paper": self.paper, "id": claim.id, "source": claim.source, "quote": claim.quote}
        told |= {"statement": claim.statement, "scope": claim.scope}
        told["rule"] = {
            "estimator": rule.estimator, "threshold": rule.threshold, "tolerance": rule.tolerance, "seeds": rule.seeds
        }  # fmt: skip
        found = None if self.evidence is None else self.evidence.to_fields()
        if found is not None:
            del found["seconds"]
        return told | {"command": command(self, budget), "evidence": found, "error": self.error}


def command(row: Examined, budget: ClaimBudget) -> str:
    """What repeats a claim alone."""
    if BUDGETS.get(budget.name) == budget:
        return f"edgeworth reproduce {row.paper} --claim {row.claim.id} --budget {budget.name}"
    return f"edgeworth.experiments.reproduce({row.paper!r}, [{row.claim.id!r}], {budget!r})"


@dataclass(frozen=True)
class Findings:
    """The rows of a reproduction, and what can be said of them.

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

    budget: ClaimBudget
    rows: tuple[Examined, ...]
    asked: tuple[str, ...]
    versions: Mapping[str, str]
    interrupted: bool = False

    @property
    def failed(self) -> tuple[Examined, ...]:
        """Claims whose test failed to run."""
        return tuple(row for row in self.rows if row.evidence is None)

    @property
    def papers(self) -> tuple[str, ...]:
        """The papers of the rows."""
        return tuple(dict.fromkeys(row.paper for row in self.rows))

    def counts(self, paper: str | None = None) -> dict[ClaimVerdict, int]:
        """How many claims have each verdict, in the order of `ClaimVerdict`; of one paper or of all.

        Parameters
        ----------
        paper : str, optional

        Returns
        -------
        dict of ClaimVerdict to int
        """
        found = Counter(row.verdict for row in self.rows if paper in (None, row.paper))
        return {verdict: found[verdict] for verdict in ClaimVerdict}

    def headline(self, paper: str | None = None) -> str:
        """The counts in a sentence.

        Parameters
        ----------
        paper : str, optional

        Returns
        -------
        str
        """
        parts = [_WORDS[verdict].format(count) for verdict, count in self.counts(paper).items() if count]
        failed = sum(paper in (None, row.paper) for row in self.failed)
        return ", ".join([*parts, *([f"{failed} failed to run"] if failed else [])]) or "no claim was run"

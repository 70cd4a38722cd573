"""Run the tests of claims, one after the other; one that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from typing import Any

from edgeworth.core import validation
from edgeworth.core.claims import SHORT, Claim, ClaimBudget, ClaimVerdict, Evidence, Reason
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.run import PRESSES
from edgeworth.experiments.reproduction.findings import Examined
from edgeworth.experiments.reproduction.papers import ALL, PAPERS, chosen
from edgeworth.experiments.reproduction.records import Reproduction
from edgeworth.experiments.setting import versions

logger = logging.getLogger(__name__)
OnClaim = Callable[[int, int, Mapping[str, Any]], object]


def reproduce(
    paper: str = ALL,
    claims: Sequence[str] | None = None,
    budget: ClaimBudget = SHORT,
    *,
    on_claim: OnClaim | None = None,
) -> Reproduction:
    """Test the claims of a paper, or of all.

    Parameters
    ----------
    paper : str
        A name in `PAPERS`, or "all".
    claims : sequence of str, optional
        Ids of those that are run, default all.
    budget : ClaimBudget
        ``SMOKE``, ``SHORT``, ``FULL`` of `edgeworth.core.claims`, or one of your own.
    on_claim : callable, optional
        ``f(done, total, row)`` after every claim; the row has ``paper``, ``claim``, ``verdict`` (or ``error``), ``seconds``.

    Returns
    -------
    Reproduction
        A test that raises is a row with an ``error``; one that lacks an extra is not tested, and says which. Ctrl-C ends the
        run: what was finished is returned, and what was under way is left out.

    Raises
    ------
    ValueError, TypeError
        For an unknown paper, claim or budget, naming the nearest.

    Notes
    -----
    A claim run alone finds the same numbers as among all: tests share instances and runs with each other, by caches whose keys
    hold everything that these depend on, and no generator of random numbers. Only numbers that are seconds differ.

    Examples
    --------
    >>> from edgeworth.core.claims import SMOKE
    >>> found = reproduce("caddto", ["carbon-unit", "green-slots"], SMOKE)
    >>> found.headline()
    '1 hold, 1 cannot hold'
    """
    if not isinstance(budget, ClaimBudget):
        validation.reject_type("budget", "must be a ClaimBudget", budget)
    asked = chosen(paper, claims)
    rows: list[Examined] = []
    interrupted = False
    for name, claim in asked:
        presses = PRESSES.count
        try:
            row = _examined(name, claim, budget)
        except KeyboardInterrupt:
            interrupted = True
        # A press that a solver turned into an orderly end has cut what the claim would have been judged by.
        if interrupted or PRESSES.count > presses:
            interrupted = True
            break
        rows.append(row)
        if on_claim is not None:
            on_claim(len(rows), len(asked), _told(row))
    whole = () if claims is not None else tuple(PAPERS) if paper == ALL else (paper,)
    return Reproduction(budget, tuple(rows), whole, _versions(), interrupted)


def _examined(paper: str, claim: Claim, budget: ClaimBudget) -> Examined:
    try:
        return Examined(paper, claim, claim.examine(budget))
    except MissingExtraError as error:
        untested = Evidence(ClaimVerdict.NOT_TESTED, Reason.NOTHING, str(error), conclusive=False)
        return Examined(paper, claim, untested)
    except Exception as error:  # whatever it is, the other claims are still to be run
        logger.warning("the test of %s %s failed", paper, claim.id, exc_info=True)
        return Examined(paper, claim, None, f"{type(error).__name__}: {error}")


def _versions() -> dict[str, str]:
    """Of torch too, where it is: policies that a test trains depend on it."""
    found = versions()
    with suppress(metadata.PackageNotFoundError):
        found["torch"] = metadata.version("torch")
    return found


def _told(row: Examined) -> Mapping[str, Any]:
    about = {"paper": row.paper, "claim": row.claim.id}
    if row.evidence is None:
        return about | {"error": row.error}
    return about | {"verdict": str(row.evidence.verdict), "seconds": row.evidence.seconds}

"""The papers, and where the rows of their claims are: families keep those of their model, systems those of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from edgeworth.core import validation
from edgeworth.core.claims import Claim
from edgeworth.core.lazy import resolve


@dataclass(frozen=True)
class Paper:
    """A paper whose claims are rows.

    Parameters
    ----------
    name : str
        Short, as the command line takes it.
    title : str
    rows : tuple of str
        ``module:NAME`` of a claim or of a sequence of claims; imported when they are asked for.
    """

    name: str
    title: str
    rows: tuple[str, ...]


PAPERS: Mapping[str, Paper] = MappingProxyType(
    {
        paper.name: paper
        for paper in (
            Paper(
                "ai-bazaar",
                "AI-Bazaar: A Cloud-Edge Computing Power Trading Framework for Ubiquitous AI Services",
                ("edgeworth.games.trading.claims:CLAIMS",),
            ),
            Paper(
                "metaverse",
                "Blockchain-based Edge Resource Sharing for Metaverse (MTA)",
                (
                    "edgeworth.solvers.allocation.claims:CLAIMS",
                    "edgeworth.mechanisms.consensus.claims:CLAIMS",
                    "edgeworth.systems.metaverse.rows:CLAIMS",
                ),
            ),
            Paper(
                "best",
                "BEST: Blockchain-Enabled Sustainable Task Scheduling for Optimizing Large AI Model Workloads at the Edge",
                (
                    "edgeworth.solvers.scheduling.claims:CLAIMS",
                    "edgeworth.mechanisms.token_market.claims:CLAIMS",
                    "edgeworth.mechanisms.consensus.claims:MARKET_CLAIMS",
                    "edgeworth.systems.best.gathered:CITED",
                ),
            ),
            Paper(
                "fusion",
                "FUSION: Forecast-Embedded Agent Scheduling with Service Incentive Optimization over Distributed Air-Ground"
                " Edge Networks",
                (
                    "edgeworth.forecasting.claims:CLAIMS",
                    "edgeworth.games.offloading.claims:CLAIMS",
                    "edgeworth.systems.fusion.gathered:CLAIMS",
                ),
            ),
            Paper(
                "caddto",
                "Carbon-aware decentralized dynamic task offloading in MIMO-MEC networks via multi-agent reinforcement"
                " learning (CADDTO)",
                ("edgeworth.solvers.carbon_offloading.claims:CLAIMS",),
            ),
        )
    }
)
"""Name -> paper. A new paper, or a new place of claims, is a line here; nothing else knows them."""

ALL = "all"


def claims_of(paper: str) -> Mapping[str, Claim]:
    """The claims of a paper by their ids, in the order of its rows.

    Parameters
    ----------
    paper : str
        A name in `PAPERS`.

    Returns
    -------
    mapping of str to Claim

    Raises
    ------
    ValueError
        For another name, and where two rows of a paper have one id.

    Examples
    --------
    >>> claims_of("caddto")["carbon-unit"].source
    'second-hand notes'
    """
    validation.choice("paper", paper, tuple(PAPERS))
    found: dict[str, Claim] = {}
    for path in PAPERS[paper].rows:
        rows = resolve(path)
        for claim in (rows,) if isinstance(rows, Claim) else rows:
            if claim.id in found:
                validation.reject("claims", f"of {paper} must have distinct ids", claim.id)
            found[claim.id] = claim
    return MappingProxyType(found)


def chosen(paper: str, claims: Sequence[str] | None) -> list[tuple[str, Claim]]:
    """The claims that are asked for, each with its paper; ids of `claims` must be known."""
    validation.choice("paper", paper, (ALL, *PAPERS))
    rows = [(name, claim) for name in (PAPERS if paper == ALL else (paper,)) for claim in claims_of(name).values()]
    if claims is None:
        return rows
    if isinstance(claims, str) or not claims:
        validation.reject("claims", "must be a sequence of ids, at least one", claims)
    known = list(dict.fromkeys(claim.id for _, claim in rows))
    for each in claims:
        if each not in known:
            rule = f"must be ids that `edgeworth reproduce {paper} --list` shows{validation.nearest(str(each), known)}"
            validation.reject("claims", rule, each)
    return [(name, claim) for name, claim in rows if claim.id in claims]

"""Double auctions: edge servers buy computing from vehicles that carry UAVs, or anybody from anybody.

`run` gives the outcome of a rule, `solve` the same beside a bound of the welfare. `verify` judges ``capacity`` (units sold),
``route`` (windows, return and numbering of the tours; in routed markets only), ``stop`` (who is on no tour has no place on one)
and ``idle`` (who does not trade neither pays nor receives); of a result also ``value``, ``bound`` (rebuilt from one price, from
prices of the sellers, or by going through all sets of few buyers) and ``quality``. The payments of those who trade cancel in
the welfare and are not judged: that they are the rule's, `run` shows, and whether the rule is truthful, rational or balanced
`edgeworth.mechanisms.auditing` says;
`critical_value` gives the report at which an agent of any rule, your own included, stops trading; `learned_bidders` what agents
that learn make of it, and `exact_regret` what a misreport gains at most, beside an estimate by gradient ascent.

>>> from edgeworth.mechanisms import double_auction
>>> market = double_auction.generate(buyers=4, sellers=3, preset="unit", seed=0)
>>> outcome = double_auction.run("mcafee", market)
>>> bool(double_auction.verify(market, outcome))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.mechanisms.double_auction import check, model
from edgeworth.mechanisms.double_auction.check import *
from edgeworth.mechanisms.double_auction.examples import tiny_problems
from edgeworth.mechanisms.double_auction.methods import METHODS as METHODS
from edgeworth.mechanisms.double_auction.model import *

if TYPE_CHECKING:
    from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2 as OffAic2
    from edgeworth.mechanisms.double_auction.critical import (
        CriticalValue as CriticalValue,
        NotMonotoneWarning as NotMonotoneWarning,
        critical_value as critical_value,
    )
    from edgeworth.mechanisms.double_auction.learned.bidders import (
        LearnedBid as LearnedBid,
        LearnedBidding as LearnedBidding,
        learned_bidders as learned_bidders,
    )
    from edgeworth.mechanisms.double_auction.learned.network_rule import NetworkRule as NetworkRule
    from edgeworth.mechanisms.double_auction.learned.networks import ReluNetwork as ReluNetwork
    from edgeworth.mechanisms.double_auction.learned.price_training import train_learned_price as train_learned_price
    from edgeworth.mechanisms.double_auction.learned.prices import PriceNetwork as PriceNetwork
    from edgeworth.mechanisms.double_auction.learned.regret import ExactRegret as ExactRegret, exact_regret as exact_regret
    from edgeworth.mechanisms.double_auction.plots import plot_market as plot_market
    from edgeworth.mechanisms.double_auction.rules import Rule as Rule, run as run
    from edgeworth.mechanisms.double_auction.rules.k_double_auction import KDoubleAuction as KDoubleAuction
    from edgeworth.mechanisms.double_auction.rules.learned_price import LearnedPrice as LearnedPrice
    from edgeworth.mechanisms.double_auction.rules.posted_procurement import Posted as Posted
    from edgeworth.mechanisms.double_auction.rules.rank_procurement import RankPosted as RankPosted
    from edgeworth.mechanisms.double_auction.spec import Classic as Classic


def _auto(problem: model.Market) -> str:
    """A rule that is truthful, rational and balanced; with bid rows the paper's, for no such rule knows them."""
    if problem.bid_rows is not None:
        return "off-aic2"
    return "mcafee" if problem.unit else "rank-procurement"


FAMILY = Family(
    kind="double-auction",
    problem=model.Market,
    solution=model.Outcome,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=_auto,
    judge=check.judge,
    rebuild=check.REBUILD,
    examples=tiny_problems,
    audit_model="edgeworth.mechanisms.double_auction.incentives:AUDIT_MODEL",
    late={
        "CriticalValue": "critical",
        "ExactRegret": "learned.regret",
        "LearnedBid": "learned.bidders",
        "LearnedBidding": "learned.bidders",
        "NetworkRule": "learned.network_rule",
        "NotMonotoneWarning": "critical",
        "PriceNetwork": "learned.prices",
        "ReluNetwork": "learned.networks",
        "Rule": "rules",
        "critical_value": "critical",
        "exact_regret": "learned.regret",
        "learned_bidders": "learned.bidders",
        "run": "rules",
        "train_learned_price": "learned.price_training",
    },
    plots=("plot_market",),
    benchmarks=(
        Benchmark(
            exact=("optimum", "vcg"),
            heuristic=("posted-procurement", "rank-procurement", "off-aic2"),
            learned=("learned-price",),
            smoke=Trial(stop=Stop(seconds=1.0), options={"preset": "fusion"}),
            short=Trial(stop=Stop(seconds=5.0), options={"preset": "fusion"}, instances=5),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()

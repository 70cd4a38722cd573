"""What the MTA paper claims of its platform (sections I and II), and what the BEST paper claims of its market's makers.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests the rows of the MTA paper, ``claim_table(MARKET_CLAIMS, SHORT)``
that of the BEST paper; ``CLAIMS[0].examine()`` tests one. The tests are in `edgeworth.mechanisms.consensus.evidence`. What the
MTA paper claims of latency, energy and fast decisions needs whole rounds and belongs to `edgeworth.systems`.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.mechanisms.consensus import evidence

_ROUNDS = "rounds of metaverse-code (the values of the authors' code), 20 servers, 50 tasks; seeds from 0, at most 5"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="trustless",
        source="section I",
        quote="enables resource integration and optimal utilization among MEC servers in a trustless environment",
        statement="servers need not be trusted: no minority of them breaks agreement, and none gains by a report that is not"
        " checked",
        scope="4 to 7 replicas, at most f of them faulty, all kinds, all networks, 4 blocks; theta reported above the truth in "
        + _ROUNDS,
        rule=Rule(
            "unsound runs, and rounds in which a false theta gains and breaks no constraint of the round as reported",
            "holds where there is neither, in part where all runs are sound",
        ),
        test=evidence.trustless,
    ),
    Claim(
        id="incentive-compatibility",
        source="section I",
        quote="Our proposed system can satisfy the demands of low latency, multiple requests, energy efficiency, incentive"
        " compatibility, and data privacy protection for Metaverse users",
        statement="no server gains by reporting more cycles a unit of data than it takes",
        scope=f"{_ROUNDS}; theta times 1.1, 1.3 and 2, one server at a time; regret-greedy allocates, III-C pays",
        rule=Rule(
            "largest gain of a server over its utility at the truth", "does not hold where it is above 0", tolerance=1e-6
        ),
        test=evidence.incentives,
    ),
    Claim(
        id="data-privacy",
        source="section I",
        quote="data privacy protection for Metaverse users",
        statement="what users tell the platform of their tasks stays with them",
        scope="the fields p, D, tau and source of one task in a round of 4 servers and 12 tasks",
        rule=Rule(
            "fields on which depends what replicas must compute to check a block",
            "holds where there is none, in part where results alone are sealed",
        ),
        test=evidence.privacy,
    ),
    Claim(
        id="lightweight",
        source="section II-B",
        quote="we implement PBFT, a lightweight consensus protocol in blockchain",
        statement="the messages of a block grow no faster than the number of servers",
        scope="4 to 40 replicas, none faulty, 4 blocks, network calm",
        rule=Rule("slope of log messages over log replicas", "holds up to 1.1, does not from 1.5 on"),
        test=evidence.lightweight,
    ),
    Claim(
        id="complexity",
        source="section IV-C",
        quote="the time complexity of the learning-based solution should be O(m × n) = O(k × n) + O(n) + O(m × n)",  # noqa: RUF001
        statement="the steps of Algorithm 3 are bounded by a constant times m n",
        scope="Algorithms 1 to 3 as printed, counted loop by loop; Table I, and K from 1 to 5,000",
        rule=Rule("steps over m n", "does not hold where it grows without bound in K", tolerance=0.0),
        test=evidence.complexity,
    ),
)
"""Of the MTA paper, sections I, II and IV-C."""

MARKET_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="decentralized",
        source="III-C",
        quote="The tokenized resources are traded on a decentralized marketplace governed by a set of smart contracts.",
        statement="who makes the blocks gains nothing by it",
        scope="literal economy, 16 clients, 8 orders a block, views of 4 blocks of one leader with one account; a seed an"
        " instance",
        rule=Rule(
            "a front-running leader's gain a view in cash, 95% interval",
            "does not hold where it is above 0 under the order that the leader chooses; the paper names no order",
        ),
        test=evidence.decentralized,
    ),
)
"""Of the BEST paper, section III-C."""

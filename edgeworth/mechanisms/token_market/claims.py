"""What the BEST paper claims of its tokens and their security (sections III-B, III-C and V): sentences, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.mechanisms.token_market.evidence`. The paper's economy is the literal one; where it is refuted, the text says what
the backed economy does. What it claims of trained policies in a manipulated market belongs to scheduling, which trains them.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.mechanisms.token_market import evidence

_SCENE = "ten attested devices of Table II, an honest buyer, attackers; seeds from 0, one per instance up to 5"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="start-up-funds",
        source="III-C",
        quote="each device is initially allocated 100 CTK and 50 PTK as the start-up funds",
        statement="with them and tokens minted for idle time a device can work without pause",
        scope="literal economy; a device of 2.5 GFLOP/s that works whenever it has CTK and mints what it idles; 600 s",
        rule=Rule("share of its time that it works", "holds from .99 on"),
        test=evidence.start_up_funds,
    ),
    Claim(
        id="backed-tokens",
        source="III-B",
        quote="The value of these tokens depends on them being verifiably backed by real, available resources.",
        statement="a device's tokens at the start are no more than its resources",
        scope="50 PTK of grant and 30 PTK of credit at 3,600 J each; batteries of Table II, 4,000 to 5,000 J",
        rule=Rule("energy granted over the largest battery", "cannot hold where above 1"),
        test=evidence.backed_tokens,
    ),
    Claim(
        id="sybil",
        source="V-A",
        quote="an identity is only economically viable if it can mint tradable assets (CTK and PTK)",
        statement="100 accounts without hardware gain nothing",
        scope=_SCENE,
        rule=Rule("attack sybil, literal", "does not hold where it succeeds for any seed"),
        test=evidence.sybil,
    ),
    Claim(
        id="forged-attestation",
        source="V-A",
        quote="making the underlying resources difficult to forge",
        statement="attestations that are invented, old or another device's mint nothing",
        scope=_SCENE + "; attestation keys do not lie",
        rule=Rule("attack forged-attestation, both economies", "holds where it fails for every seed"),
        test=evidence.forged,
    ),
    Claim(
        id="price-manipulation",
        source="V-B",
        quote="An agent's learned policy would not purchase tokens at an artificially inflated price",
        statement="a requester loses nothing by a price pumped to 100 times",
        scope=_SCENE + "; the paper's market buy at the lowest ask, which is not a trained policy",
        rule=Rule("attack pump-and-dump, literal", "does not hold where a market buy loses cash for every seed"),
        test=evidence.pumped,
    ),
    Claim(
        id="fake-volume",
        source="V-B",
        quote="creating a false transaction volume and misleading the resource pricing judgments of other intelligent agents",
        statement="fake trades move the readings of an observer at no cost to who trades",
        scope=_SCENE + "; last price, volume, lowest ask, median ask of staked accounts",
        rule=Rule("readings of attack wash-trading", "holds where all move, in part where some do, at a loss of 0 cash"),
        test=evidence.fake_volume,
    ),
    Claim(
        id="paid-for-delivery",
        source="V-C",
        quote="ensures that providers are only paid for work successfully delivered",
        statement="work not delivered is not paid for, and work delivered is",
        scope=_SCENE + "; no answer, a wrong result, a requester who denies a right one in three ways",
        rule=Rule("attacks no-answer and dispute, literal", "holds where both fail for every seed, in part where one does"),
        test=evidence.delivery,
    ),
    Claim(
        id="collateral",
        source="V-C",
        quote="allowing the smart contract to slash the provider's collateral and refund the payment",
        statement="a provider that defaults loses collateral",
        scope=_SCENE,
        rule=Rule("cash slashed in attack no-answer, literal", "does not hold where it is 0 for every seed", tolerance=0.0),
        test=evidence.collateral,
    ),
    Claim(
        id="trustless",
        source="V-C",
        quote="This mechanism removes the need for trust between parties",
        statement="a supplier that begins at once, as IV-B has it, cannot lose by promises made to others",
        scope=_SCENE + "; one balance promised to ten devices before the first settlement",
        rule=Rule("attack over-commitment, literal", "does not hold where it succeeds for any seed"),
        test=evidence.promises,
    ),
    Claim(
        id="oracle-quorum",
        source="V-D",
        quote="An attacker would need to compromise a significant quorum of these nodes to corrupt the data feed",
        statement="no minority of oracles changes what a device may mint",
        scope=_SCENE + "; 7 oracles, a quorum of 5; 0 to 7 liars, with attestation keys that lie and that do not",
        rule=Rule(
            "least number of liars that changes a reserve",
            "holds where it is above half of all with honest keys and with lying ones, in part where with honest keys only",
        ),
        test=evidence.oracles,
    ),
    Claim(
        id="immutable-logic",
        source="V-B",
        quote="preventing any single entity from manipulating the market mechanics in its favor",
        statement="nobody gains by replayed commands, dust, rounding, overtaking, or by leaving a debt",
        scope=_SCENE + "; attacks 9, 10, 11, 13, 14, 15",
        rule=Rule("attacks that succeed, literal", "holds where none does for any seed, in part where some do"),
        test=evidence.logic,
    ),
)
"""Of sections III-B, III-C and V."""

"""What the FUSION paper claims of its online stage: section V, appendix D and Table V, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.games.offloading.evidence`.

>>> from edgeworth.core.claims import SMOKE
>>> next(claim for claim in CLAIMS if claim.id == "appendix-d-i").examine(SMOKE).verdict.value
'does not hold'
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.games.offloading import evidence

_TINY = "preset random, 4 users x 3 providers, seeds 0, 1, ...; all profiles, all deviations"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="theorem-1",
        source="Theorem 1, (21)",
        quote="whenever a SD changes its action in a way that strictly increases its own utility (disregarding pure payment"
        " transfers), the induced change in [the potential (21)] has the same sign",
        statement="every strictly improving move raises (21): heterogeneous users",
        scope=f"{_TINY}, linearised; with and without prices and providers' costs",
        rule=Rule("share of the strictly improving moves that do not raise (21)", "holds where it is 0"),
        test=evidence.heterogeneous_users,
    ),
    Claim(
        id="theorem-1-identical",
        source="Theorem 1, (21)",
        quote="This separable structure will be instrumental for constructing an ordinal potential",
        statement="every strictly improving move raises (21): identical users (w = C = s = 1)",
        scope="preset random, identical, linearised, no costs; 5, 10, 20 and 60 users x 3 providers, 40 random profiles a game,"
        " all deviations from each; with and without prices",
        rule=Rule("share of the strictly improving moves that do not raise (21), by size", "holds where it is 0 at every size"),
        test=evidence.identical_users,
    ),
    Claim(
        id="lemma-2",
        source="Lemma 2",
        quote="the two congestion components must share the same sign",
        statement="a user's congestion term and the integral change with one sign in every move between providers",
        scope="random pairs of providers: rates U[.5, 2], loads U[0, 5], the mover's weight U[.5, 2], seed 0",
        rule=Rule("share of moves whose two terms have opposite signs", "holds where it is 0"),
        test=evidence.congestion_signs,
    ),
    Claim(
        id="theorem-1-maximiser",
        source="after Theorem 1",
        quote="every local maximizer of [the potential (21)] corresponds to a pure-strategy NE",
        statement="the global maximiser of (21) is an equilibrium",
        scope=f"{_TINY}, linearised, no prices, no costs",
        rule=Rule("games in which it is none, by epsilon above 1e-9", "holds where it is 0", tolerance=1e-9),
        test=evidence.maximisers,
    ),
    Claim(
        id="appendix-d-i",
        source="appendix D-I",
        quote="payments can be omitted from the potential without changing ordinal comparisons between profiles",
        statement="leaving prices out of (21) breaks no comparison that holds without prices",
        scope=f"{_TINY}, identical users, no congestion (rates of 1e9): (21) then fails by prices alone",
        rule=Rule("share of the strictly improving moves that do not raise (21)", "holds where prices add nothing to it"),
        test=evidence.payments,
    ),
    Claim(
        id="appendix-d-d",
        source="appendix D-D, (66)-(68)",
        quote="This linearization preserves the ordinal ranking of actions induced by the original soft-deadline utility in the"
        " operating regime of interest, and hence does not change the set of Nash equilibrium",
        statement="linearised and soft deadlines have the same pure equilibria",
        scope=f"{_TINY}; deadlines U[.5, 1.5], met in some profiles (where none can be met, both are one function)",
        rule=Rule("games whose sets of pure equilibria differ", "holds where it is 0"),
        test=evidence.linearisation,
    ),
    Claim(
        id="appendix-d-h",
        source="section V-E, appendix D-H",
        quote="the algorithm converges in finitely many steps to a stable congestion-aware offloading configuration",
        statement="PG-BRD ends in a pure equilibrium",
        scope="preset random, 20 users x 5 providers, linearised; and three machines with floored deadlines",
        rule=Rule("runs that end in an equilibrium, by the checker", "holds where all do, in part where the linear ones do"),
        test=evidence.dynamics,
    ),
    Claim(
        id="table-v-visits",
        source="Table V, section VI-A2",
        quote="obtain DoI by multiplying the total number of interactions with the corresponding per-interaction delay",
        statement="an interaction is a visit of a user at 8 ms: one assignment of 1,800 users takes the 14.40 s of FUSION_NoPG",
        scope="preset random, 1,800 users x 40 providers, 15 within reach, random-feasible",
        rule=Rule("DoI of one assignment, in seconds", "holds where it is the table's to its two decimals", tolerance=0.005),
        test=evidence.visits,
    ),
    Claim(
        id="table-v-power",
        source="Table V, section VI-A2",
        quote="By aggregating the energy consumed by all control-message transmissions under these power levels and the"
        " corresponding interaction delays, we obtain the overall ECoI",
        statement="ECoI is DoI times one mean power in all rows",
        scope="the five rows of Table V",
        rule=Rule(
            "rows that agree with the median of ECoI / DoI up to the rounding of both", "holds for all, in part for most"
        ),
        test=evidence.power,
    ),
    Claim(
        id="table-v-order",
        source="section VI-C2",
        quote="for all settings, the values of DoI and ECoI for different methods remain within the same order of magnitude",
        statement="the largest DoI and the largest ECoI are below ten times the least",
        scope="the five rows of Table V (the figure that the sentence is about has no numbers in the text)",
        rule=Rule("largest over least, of both", "holds where both are below 10, in part where one is"),
        test=evidence.order_of_magnitude,
    ),
)
"""The paper's claims in its order."""

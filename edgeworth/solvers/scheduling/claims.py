"""What the BEST paper claims of schedules: sentences and figures, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.solvers.scheduling.evidence`, those of rows on the paper's learners, whose rules were fixed before there was one, in
``evidence_learned`` and ``evidence_prices``. What it claims of its market and its security belongs to the token market.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.solvers.scheduling import evidence, evidence_learned, evidence_prices

_AXES = "5 to 25 devices; .05 to .25 tasks a second and device; 5 to 25 GFLOP; the rest Table II, 10 devices, 600 s"
_RULES = "local, earliest-finish, greedy-cost"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="energy-saving",
        source="abstract",
        quote="It reduces total energy consumption by up to 26% - 46% against other schemes, while maintaining a high task"
        " success rate",
        statement="the learner takes at least 26% less energy than each scheme that completes as many tasks",
        scope=f"{_AXES}; beside the energy floor of all schedules that complete all tasks",
        rule=Rule("paired saving of energy per success, 95%", "holds where the interval is above .26 against each", seeds=20),
        test=evidence_learned.energy_saving,
    ),
    Claim(
        id="energy-complex",
        source="section VI-C2",
        quote="BEST reduces total system energy consumption by 20.0% compared to the latency-focused GNN-MARL, 26.5% compared"
        " to the standard MAPPO, and a substantial 46.7% compared to the energy-intensive B-Auction method",
        statement="so it is at equal work",
        scope="25 GFLOP; .05, .1 and .25 tasks a second and device; energy, and energy per success",
        rule=Rule("paired saving, 95%", "holds where the three numbers are in the intervals", seeds=20),
        test=evidence_learned.energy_complex,
    ),
    Claim(
        id="energy-by-tokens",
        source="section VI-C2",
        quote="BEST's superiority stems from its core design, which makes energy an explicit, tradable commodity via PTK",
        statement="the saving comes from the price of power tokens",
        scope="exchange rates of 0, 3,600 and 24,000 J a token; tokens off",
        rule=Rule("paired difference of energy per success, 95%", "holds where the interval is below 0", seeds=20),
        test=evidence_learned.energy_by_tokens,
    ),
    Claim(
        id="energy-rises",
        source="section VI-C2, figure 4",
        quote="total energy consumption naturally rises with more devices, higher load, and greater task complexity",
        statement="the mean energy rises from each value of each axis to the next, for every rule",
        scope=f"{_RULES}; {_AXES}",
        rule=Rule("mean energy over episodes", "holds where it rises along all axes, in part along some"),
        test=evidence.energy_rises,
    ),
    Claim(
        id="latency-saving",
        source="section VI-C1",
        quote="under the highest system load (task arrival rate = 0.25), BEST reduces average latency by 16.4% compared to"
        " MAPPO and a significant 41.0% compared to the B-Auction baseline",
        statement="so it is",
        scope=".25 tasks a second and device, Table II; the auction with and without the chain's latency",
        rule=Rule("paired saving of latency, 95%", "holds where both numbers are in the intervals", seeds=20),
        test=evidence_learned.latency_saving,
    ),
    Claim(
        id="latency-falls",
        source="section VI-C1, figure 3 (a)",
        quote="the latency for all learning-based methods (GNN-MARL, BEST, MAPPO) generally improves with more devices as this"
        " provides more offloading options",
        statement="with more devices to offload to the mean latency falls, from each number to the next, for every rule",
        scope=f"{_RULES}, random; 5 to 25 devices; channels radio, link and shared",
        rule=Rule("mean latency over episodes", "holds where it falls on all channels, in part on some"),
        test=evidence.latency_falls,
    ),
    Claim(
        id="success-by-market",
        source="section VI-C3",
        quote="Under the most challenging high-load conditions (task arrival rate = 0.25), BEST maintains a 75% success rate.",
        statement="75% is more than rules without learning reach in that setting",
        scope=f"{_RULES}, random; Table II; then a shared channel, 1,365 s, and 25 GFLOP at a rate of .1",
        rule=Rule("mean success of rules in the setting of Table II", "does not hold where all are above 75%"),
        test=evidence.three_quarters,
    ),
    Claim(
        id="success-order",
        source="section VI-C3",
        quote="This represents a significant relative improvement in reliability of 15.4% over MAPPO and 21.0% over B-Auction.",
        statement="so it is",
        scope=".25 tasks a second and device, Table II; three channels",
        rule=Rule("paired difference of success, 95%", "holds where both numbers are in the intervals", seeds=20),
        test=evidence_learned.success_order,
    ),
    Claim(
        id="success",
        source="section VI-C3, figure 5",
        quote="Success rates improve with more devices [...] They degrade under heavy load and with more complex tasks",
        statement="mean success changes so from each value of an axis to the next, for every rule",
        scope=f"{_RULES}; {_AXES}",
        rule=Rule("mean success over episodes", "holds where it does along all axes, in part along some"),
        test=evidence.success,
    ),
    Claim(
        id="utilisation",
        source="section VI-C4",
        quote="achieving a highly competitive utilization rate of 96% under the same conditions. This is a 2.1% relative"
        " improvement over the standard MAPPO baseline",
        statement="96% of the devices' time can be useful work under the highest load",
        scope=f"{_RULES}; .25 tasks a second and device; Table II, and 25 GFLOP",
        rule=Rule("work that is offered over the devices' time", "cannot hold where below .96"),
        test=evidence.full_use,
    ),
    Claim(
        id="utilisation-order",
        source="section VI-C4",
        quote="This is a 2.1% relative improvement over the standard MAPPO baseline",
        statement="so it is",
        scope=".25 tasks a second and device; Table II, and 25 GFLOP",
        rule=Rule(
            "paired relative difference of utilisation, 95%", "holds where .021 is in both intervals, in part in one", seeds=20
        ),
        test=evidence_learned.utilisation_order,
    ),
    Claim(
        id="utilisation-rises",
        source="section VI-C4, figure 6",
        quote="Utilization increases for all methods with higher system load and task complexity",
        statement="mean utilisation rises from each value of an axis to the next, for every rule",
        scope=f"{_RULES}; {_AXES}",
        rule=Rule("mean utilisation over episodes", "holds where it rises along both axes, in part along one"),
        test=evidence.utilisation_rises,
    ),
    Claim(
        id="order",
        source="section VI-C",
        quote="B-Auction has the lowest success rate because its slower, auction-based matching process can cause tasks to miss"
        " their deadlines",
        statement="GNN-MARL has the least latency, BEST is close, and the auction is last in latency, energy and success",
        scope="Table II; equal budgets",
        rule=Rule("paired differences, 95%", "holds where all intervals are on the side named", seeds=20),
        test=evidence_learned.order,
    ),
    Claim(
        id="decision",
        source="section IV-C2, equation 8",
        quote="the per-decision complexity is very low and can be considered approximately constant for a given network size",
        statement="the products of a decision do not depend on the number of devices",
        scope="the paper's layers, 5 to 100 devices",
        rule=Rule("products by equation 8", "holds where equal for all, in part where linear"),
        test=evidence.decision_time,
    ),
    Claim(
        id="training",
        source="section IV-C1, equation 7",
        quote="The total complexity for the update phase is thus O(E (T N C_critic + N C_actor + C_critic))",
        statement="that counts what Algorithm 1 evaluates",
        scope="one central critic, N actors, T steps",
        rule=Rule("evaluations of critic and actors an epoch", "cannot hold where they are of another order"),
        test=evidence.training_complexity,
    ),
    Claim(
        id="settlement",
        source="section IV-B",
        quote="at the time t + delta t, both parties jointly submit the commitment to the smart contract for settlement. If the"
        " off-chain execution is successful, the contract releases the tokens.",
        statement="offloaded tasks have ended 5 s after their decision",
        scope="earliest-finish, random; Table II at .25 tasks a second and device, and 25 GFLOP",
        rule=Rule("share that has not", "holds where 0, in part where below 5% somewhere"),
        test=evidence.settlement,
    ),
    Claim(
        id="mask",
        source="section IV-A",
        quote="we design a binary mask for each decision to filter out inactionable actions",
        statement="both of its rules close devices, and tasks succeed more often for it",
        scope="random; .05 and .25 tasks a second and device, and 25 GFLOP",
        rule=Rule(
            "share of the tasks that the first rule closes; success with and without", "holds where both, in part for one"
        ),
        test=evidence.masks,
    ),
    Claim(
        id="units",
        source="section III-B; Table II",
        quote="One PTK corresponds to a standardized unit of energy consumption, for example, 3600 Joules (1 Watt-hour).",
        statement="the exchange rate of 24,000 agrees with it",
        scope="III-B, equation 2, Table II",
        rule=Rule("joules by the one over joules by the other", "cannot hold where not 1"),
        test=evidence.units,
    ),
    Claim(
        id="backed",
        source="section III-B",
        quote="enabling token minting only if resources are verifiably available",
        statement="the power tokens of new devices are backed by their batteries",
        scope="grants and credit of section III-C, batteries of Table II",
        rule=Rule("joules granted over joules held", "cannot hold where above 1"),
        test=evidence.backed,
    ),
    Claim(
        id="learned",
        source="section VI",
        quote="BEST learns to make more sustainable trade-offs than methods that treat energy merely as a component",
        statement="a learner costs less than every simple rule",
        scope=f"{_RULES}; Table II; beside the Lagrangian bound",
        rule=Rule("paired difference of cost to the best rule, 95%", "holds where the interval is below 0", seeds=20),
        test=evidence_learned.learned,
    ),
    Claim(
        id="resilient-policies",
        source="section V-B",
        quote="makes them inherently resilient to price manipulation",
        statement="decisions of trained policies are the same where a market's readings are manipulated",
        scope="observations before and after wash-trading and pump-and-dump",
        rule=Rule("share of decisions that change", "holds up to .01", tolerance=0.01, seeds=3),
        test=evidence_prices.resilient,
    ),
)
"""The paper's claims, in the order of its section VI, then of its model."""

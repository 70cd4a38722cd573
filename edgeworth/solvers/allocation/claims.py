"""What the MTA paper claims of its setting, its Algorithm 2 and its learner, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.solvers.allocation.evidence` and, of curves, in ``evidence_sweeps``; ``notebooks/02_allocation.ipynb`` draws them.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.solvers.allocation import evidence, evidence_sweeps

_SETTINGS = "20 servers, 50 tasks; presets metaverse (Table I), hotspot and metaverse-code (the values of the authors' code)"
_CURVES = "presets metaverse (Table I) and hotspot, 20 servers; means over instances, by greedy and by q-learning"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="capacity",
        source="section I",
        quote="Since their resources are not infinite, one single MEC server may not be able to handle those offloading tasks"
        " in time",
        statement="capacities bind: the tasks' most valuable servers cannot take them all",
        scope="presets metaverse (Table I) and metaverse-code",
        rule=Rule("instances in which some server's load exceeds its capacity", "holds for all, in part for all of one preset"),
        test=evidence.capacity_binds,
    ),
    Claim(
        id="sharing",
        source="section II-B",
        quote="conduct resource sharing for MEC empowered Metaverse applications",
        statement="servers that share tasks reach a greater welfare than servers that keep their own",
        scope=f"{_SETTINGS}, hotspot with 200 tasks too; for the best server of a single task theta, alpha, lambda, the unit of"
        " rates and the rewards vary",
        rule=Rule(
            "greatest welfare with sharing over that without",
            "holds where it exceeds 1.01 in every instance, in part in every instance of one setting",
            tolerance=0.01,
        ),
        test=evidence.sharing,
    ),
    Claim(
        id="needs-learning",
        source="section I",
        quote="the time complexity is too high, so we design a learning-based algorithm to find its approximate optimal value"
        " in polynomial time",
        statement="the greedy rule falls short of the optimum, and Q-learning does not as much",
        scope=f"{_SETTINGS}; methods greedy and q-learning, both feasible",
        rule=Rule(
            "relative distance from the greatest welfare",
            "holds where greedy is more than 1% below and q-learning nearer in every instance, in part on one preset",
            tolerance=0.01,
            seeds=1,
        ),
        test=evidence.needs_more_than_greedy,
    ),
    Claim(
        id="algorithm-2",
        source="section IV-B1",
        quote="Algorithm 2 is the transformation of C1 and C2 in the MTA problem",
        statement="what Algorithm 2 lets through keeps the capacities C1",
        scope="presets metaverse and metaverse-code; rates of Table I and in the code's order; as printed and as in"
        " q_update of the authors' code (their main program runs another function, which never tests), both by"
        " the rewards of Algorithm 1",
        rule=Rule("runs whose best episode overloads a server", "holds where there is none", seeds=1),
        test=evidence.constraints,
    ),
    Claim(
        id="available-actions",
        source="section IV-B1",
        quote="if mu_acc < mu_i and tau_ava > tau_e, then A_ij is considered as available action; otherwise, [it] will be"
        " discarded",
        statement="servers that can process a task under C1 and C2 are available to it while all servers are idle",
        scope="presets metaverse and metaverse-code; all pairs of a task and a server that keep capacity and deadline",
        rule=Rule("share of these pairs that the rule discards", "holds where it is 0"),
        test=evidence.available_servers,
    ),
    Claim(
        id="figure-2",
        source="section V-B, figure 2",
        quote="the learning-based algorithm can always outperform the other two algorithms with higher rewards",
        statement="Q-learning earns more than greedy and than random in every instance",
        scope=f"{_SETTINGS}; feasible methods by welfare, and the printed learner and greedy rule by their reward table",
        rule=Rule("instances in which it earns more, by welfare and by rewards", "holds for all of them", seeds=1),
        test=evidence.outperforms,
    ),
    Claim(
        id="figure-2-tasks",
        source="section V-B, figure 2",
        quote="more tasks would increase the overall revenue. But from our experimental results, this trend does not hold",
        statement="total rewards do not rise with the number of tasks",
        scope=f"{_CURVES}; 20, 50, 100, 150, 200 tasks",
        rule=Rule("curves that do not rise at every step", "holds where all do not, in part where some", seeds=1),
        test=evidence_sweeps.more_tasks,
    ),
    Claim(
        id="figure-3-prices",
        source="section V-B, figure 3",
        quote="When the unit prices are larger, the users will pay more to the system, so the total rewards will increase",
        statement="total rewards rise with all unit prices",
        scope=f"{_CURVES}; 50 tasks, prices 0, 10, 40, 70, 100% larger",
        rule=Rule("curves that rise at every step", "holds where all do, in part where some", seeds=1),
        test=evidence_sweeps.larger_prices,
    ),
    Claim(
        id="figure-3-data",
        source="section V-B, figure 3",
        quote="if the data size of tj is larger, then the CPU cycles required to process tj will also be increased, and thus"
        " the total rewards will be higher",
        statement="total rewards rise with all data sizes",
        scope=f"{_CURVES}; 50 tasks, data sizes 0, 10, 40, 70, 100% larger",
        rule=Rule("curves that rise at every step", "holds where all do, in part where some", seeds=1),
        test=evidence_sweeps.larger_data,
    ),
    Claim(
        id="figure-4-discount",
        source="section V-B, figure 4(b)",
        quote="the larger the value of γ, the better the convergence",  # noqa: RUF001
        statement="the learner's best episode of 500 is worth more with a larger discount",
        scope="presets metaverse (Table I) and hotspot, 20 servers, 50 tasks; q-learning with gamma .1, .5, .9",
        rule=Rule(
            "paired differences of welfare over instances, 95% by Student's t, of neighbouring discounts",
            "holds where all are above 0, in part where some are",
            seeds=1,
        ),
        test=evidence_sweeps.larger_discount,
    ),
)
"""The rows, in the paper's order of ideas."""

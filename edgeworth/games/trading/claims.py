"""What the AI-Bazaar paper claims: its Table 1, theorems 3-5 and the sentences of its section 6, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.games.trading.evidence`.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.games.trading import evidence
from edgeworth.games.trading.claims_contest import CONTEST_CLAIMS
from edgeworth.games.trading.claims_roles import ROLE_CLAIMS

_TABLE_1 = "Table 1 with eps = 1/20, exact equilibria"
_LEARNERS = "presets ai-bazaar, interior, kink, two-peaks; the paper's parameters, 100,000 rounds for every learner"
_INTERIOR = "random games with one role ratio and interior demands at the price 15, N = 8"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="table-1",
        source="Table 1",
        quote="R = 20000 (mining reward), eps = 20 (training parameter), C_b = 220 (AI service profits), u_i = 0.5",
        statement="its values make mining worthwhile and demands interior",
        scope="Table 1 as printed, and with eps = 1/20",
        rule=Rule("what a unit earns by services less what it costs at most", "holds where below 0: demands can be interior"),
        test=evidence.table_one,
    ),
    Claim(
        id="condition-14",
        source="condition (14)",
        quote="there must be only one NE in consumer's game given the following condition",
        statement="condition (14), which theorems 3 and 4 assume, can be satisfied by all consumers where costs are positive",
        scope=f"{_INTERIOR}; beside it Table 1 with eps = 1/20 and equal role ratios, N = 2..10, where costs are negative",
        rule=Rule("games of positive costs in which it is true for every consumer, in two readings", "holds where above 0"),
        test=evidence.condition_14,
    ),
    Claim(
        id="theorem-3",
        source="Theorem 3",
        quote="When the role-playing ratio of each consumer is same, i.e., beta, there must be only one NE in consumer's game",
        statement="the consumers' equilibrium is unique",
        scope=_INTERIOR,
        rule=Rule("largest relative difference between two ways to an equilibrium", "holds below 1e-6", tolerance=1e-6),
        test=evidence.uniqueness,
    ),
    Claim(
        id="theorem-4",
        source="Theorem 4, (18)",
        quote="the unique NE in the AI consumer's game is provided as follows: [equation (18)]",
        statement="equation (18) gives the equilibrium",
        scope=f"{_INTERIOR}; and Table 1",
        rule=Rule("largest relative difference to the exact demands", "in part: below 1e-9 where demands are interior", 1e-9),
        test=evidence.equation_18,
    ),
    Claim(
        id="equation-27",
        source="equation (27)",
        quote="we can obtain the first order and second order derivatives of profit U_cpp",
        statement="equation (27) is the derivative of the profit (26)",
        scope=f"{_INTERIOR} and unequal rewards",
        rule=Rule("smallest relative error against a central difference", "holds up to 1e-3", tolerance=1e-3),
        test=evidence.equation_27,
    ),
    Claim(
        id="theorem-5",
        source="Theorem 5",
        quote="The CPP can achieve profit maximization under the unique optimal price.",
        statement="the profit is concave in the price with a unique stationary maximum",
        scope="presets interior, kink, two-peaks; and two consumers of unequal role ratios",
        rule=Rule("stationary points and local maxima of the profit", "one counterexample refutes it"),
        test=evidence.unique_price,
    ),
    Claim(
        id="figure-6",
        source="figure 6",
        quote="the PGA-APP algorithm cannot converge [...] the MiniMax Q-learning and PB-MARL algorithms can converge to the"
        " AI-Bazaar equilibrium point approximately",
        statement="PB-MARL and minimax-Q converge to the equilibrium, PGA-APP does not",
        scope=_LEARNERS,
        rule=Rule(
            "share of seeds that end within 5% of the equilibrium",
            "holds for .9 or more of PB-MARL and minimax-Q and .1 or less of PGA-APP on every preset; in part for one of these,"
            " or for PB-MARL and minimax-Q on ai-bazaar",
            seeds=10,
        ),
        test=evidence.convergence,
    ),
    Claim(
        id="figure-8a",
        source="figure 8(a)",
        quote="the PB-MARL algorithm could balance the profit of the consumer and CPP while benefiting both of them",
        statement="PB-MARL gives both sides more than the exact equilibrium",
        scope="preset interior; the paper's parameters",
        rule=Rule("median profits of both sides against those at the equilibrium", "holds where both are higher", seeds=10),
        test=evidence.balance,
    ),
    Claim(
        id="figure-8a-one-sided",
        source="figure 8(a)",
        quote="the AI consumer's profit calculated by addressing problem P2 through the Genetic Algorithm (GA), while the green"
        " bar chart represents the solutions by solving problem P1 through GA. [...] the PB-MARL algorithm could balance the"
        " profit of the consumer and CPP while benefiting both of them",
        statement="PB-MARL pays the consumer at least what it gets where P1 is solved, and the provider at least what it gets"
        " where P2 is solved",
        scope="presets ai-bazaar, interior, kink, two-peaks; P1 and P2 solved exactly, the others replying, fixed at the"
        " equilibrium, or free; the paper's parameters, consumer 0",
        rule=Rule(
            "median profits over seeds against those of the other side's optimum",
            "holds where both are at least as high in every reading on every preset, in part in some",
            tolerance=1e-9,
            seeds=10,
        ),
        test=evidence.one_sided,
    ),
    Claim(
        id="figure-8b",
        source="figure 8(b)",
        quote="the PB-MARL algorithm is closest to the AI-bazaar equilibrium compared with other baselines",
        statement="PB-MARL is closest to the equilibrium",
        scope=_LEARNERS,
        rule=Rule("median distance over seeds", "holds where it is least on every preset, in part on some", seeds=10),
        test=evidence.closest,
    ),
    Claim(
        id="figure-8b-consumers",
        source="figure 8(b)",
        quote="the AI consumer's utility may give rise to poor performance as the number of AI consumers increases [...]"
        " However, the CPP would gain more utility",
        statement="with more consumers each of them earns less and the provider more",
        scope=f"{_TABLE_1}, N = 2, 5, 10, 20, 40",
        rule=Rule("signs of the differences along N", "holds where all are as stated, in part for one side"),
        test=evidence.more_consumers,
    ),
    Claim(
        id="figure-9a",
        source="figure 9(a)",
        quote="for the small role-playing ratio [...] the AI consumer's profit shows an upward tendency. However, with an"
        " increase of beta_i, the AI consumer's profit decreases. [...] the lower the block reward, the lower the profit",
        statement="the consumer's profit rises in the role ratio, then falls; a lower reward pays less",
        scope=_TABLE_1,
        rule=Rule(
            "the reward from which the profit rises first", "holds where it is below 20,000; in part: reward's order only"
        ),
        test=evidence.role_ratio,
    ),
    Claim(
        id="figure-9b",
        source="figure 9(b)",
        quote="with a large number of AI consumers [...] there is a crossover point, after which it becomes more unprofitable",
        statement="a higher role ratio pays more with few consumers and less with many",
        scope=f"{_TABLE_1}, N = 2..40, ratios .1 and .2",
        rule=Rule("changes of sign of the difference along N", "holds for exactly one, from more to less"),
        test=evidence.role_crossing,
    ),
    Claim(
        id="figure-9c",
        source="figure 9(c)",
        quote="the profit of the CPP would rise with the growth of lambda [...] an increase in block reward brings about"
        " additional profit for the CPP as well",
        statement="the provider's profit rises with lambda and R",
        scope=f"{_TABLE_1}; and preset interior",
        rule=Rule(
            "range of the profit over lambda and R", "holds where it rises in both scopes, in part in one", tolerance=1e-9
        ),
        test=evidence.performance_factor,
    ),
    Claim(
        id="figure-9d",
        source="figure 9(d)",
        quote="as the size of the block increases, the profit of the consumer first ascents, then decreases",
        statement="the consumer's profit rises in the block size, then falls",
        scope=f"{_TABLE_1}; and R = 5,000",
        rule=Rule("the reward up to which the profit rises first", "holds where it is above 20,000; in part: above 5,000"),
        test=evidence.block_size,
    ),
    Claim(
        id="figure-9d-mining",
        source="figure 9(d)",
        quote="the greater computing power that AI consumer devotes to mining, the better revenue it will get",
        statement="a consumer earns more, the more power it mines with",
        scope=f"{_TABLE_1}, B = 500, ratios .1, .2, .4; and R = 5,000",
        rule=Rule("signs of the differences along the ratio", "holds where none is negative"),
        test=evidence.more_mining,
    ),
    *ROLE_CLAIMS,
    *CONTEST_CLAIMS,
)
"""The paper's claims in its order."""

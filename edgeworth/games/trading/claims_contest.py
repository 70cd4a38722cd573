"""What the AI-Bazaar paper claims of the consumers' contest and of learning, beside the rows of `claims`.

Its proofs between the theorems, proof of learning, cost and steadiness of PB-MARL, and figure 8(a) by its own algorithm.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.games.trading import evidence_contest, evidence_learning

_GAMES = "random games with one role ratio and interior demands at the price 15, N = 8"
_BOTH = "random games with one role ratio and interior demands at the price 15, N = 8 and 2"
_STANDARD = (
    "Definition 2. If a general function f(x) satisfies the following conditions, it could be defined as a standard function: "
)

CONTEST_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="theorem-2",
        source="Theorem 2",
        quote="The profit function of the consumer u_i has the fixed point, and the NE of AI consumers definitely is the fixed"
        " point of the profit function.",
        statement="an equilibrium is a fixed point of the profits, or at least of the replies (12)",
        scope=_GAMES,
        rule=Rule(
            "largest relative distance of profits, and of replies, from the demands in equilibrium",
            "holds where profits are demands within 1e-9; in part where replies are",
            tolerance=1e-9,
        ),
        test=evidence_contest.fixed_point,
    ),
    Claim(
        id="definition-2-positivity",
        source="Definition 2, (15)",
        quote=_STANDARD + "(1) Positivity [...] Therefore, we can prove f(F_i) > 0",
        statement="the reply (12) is positive",
        scope=f"{_GAMES}; the others' demands anywhere in the box",
        rule=Rule(
            "consumers for whom it is positive everywhere, and in equilibrium",
            "holds where all are everywhere, in part where all are in equilibrium",
        ),
        test=evidence_contest.positivity,
    ),
    Claim(
        id="definition-2-monotonicity",
        source="Definition 2, (16)",
        quote=_STANDARD + "[...] (2) Monotonicity [...] Based on the Lemma 2, we have f(bar F) < f(F')",
        statement="the reply (12) rises with the others' demand",
        scope=f"{_BOTH}; around the equilibrium",
        rule=Rule("consumers whose reply rises there", "holds where all do"),
        test=evidence_contest.monotonicity,
    ),
    Claim(
        id="definition-2-scalability",
        source="Definition 2, (17)",
        quote=_STANDARD + "[...] (3) Scalability: [...] f(rho x) < rho f(x) [...] it can be proved that [equation (17)]",
        statement="rho f(F) exceeds f(rho F) for rho > 1, by what (17) says",
        scope=f"{_GAMES}; rho 1.01, 2, 10",
        rule=Rule(
            "least difference, clipped by (13); least relative error of the expression printed in (17)",
            "holds where the first is above 0 and the second below 1e-9, in part for the first alone",
            tolerance=1e-9,
        ),
        test=evidence_contest.scalability,
    ),
    Claim(
        id="lemma-2",
        source="Lemma 2, (24)",
        quote="If the AI consumer has the same role-playing ratio beta, while the condition (14) is ensured, then [equation"
        " (24)]",
        statement="(24) holds for all consumers of a game, by (14)",
        scope=_BOTH,
        rule=Rule(
            "games in which (24) is true for all; consumers for whom (14) and (24) agree",
            "holds where the first are all games; in part where the second are all consumers",
        ),
        test=evidence_contest.lemma_2,
    ),
    Claim(
        id="equation-28",
        source="equation (28)",
        quote="Due to the negativity of (28), we can prove that U_cpp is strictly concave function with respect to p.",
        statement="the second derivative of the provider's profit is negative",
        scope=f"{_GAMES}; preset kink, whose demands are interior there; central differences of the exact profit",
        rule=Rule("games in which it is above 0", "holds where there is none; one counterexample refutes it"),
        test=evidence_contest.equation_28,
    ),
    Claim(
        id="learning-chance",
        source="section 4.2, (1)-(2)",
        quote="Similar to PoW [30], we consider the occurrence of addressing the learning-based puzzle can be formulated as a"
        " random variable subject to a Poisson distribution.",
        statement="a miner wins the training race with probability x_i / X, propagation aside",
        scope="Table 1 with eps = 1/20; networks with 6 hidden units on 120 observations, steps in proportion to x_i; smallest"
        " loss after T_train, blocks 1-8, and first below .95 of the loss before, blocks 1-2; a data set a seed",
        rule=Rule(
            "99.9% Wilson intervals of the share of races that the largest miner wins, by reading and block",
            "holds where all hold x_i / X, in part where all of one reading do",
            seeds=3,
        ),
        test=evidence_learning.learning_chance,
    ),
    Claim(
        id="complexity",
        source="section 5.2",
        quote="the complexity of the agent is O(S^2 x A). Specifically, S denotes the element number in the state space set,"
        " while A is the number in the action space set.",
        statement="the cost of the provider's update grows as S^2 A",
        scope="preset interior, N = 10; S = 10, 40 and A = 11, 44; cells of the tables that a round writes, 200 rounds",
        rule=Rule(
            "most cells written in a round for 4 times the states",
            "holds where they grow by 8 or more (16 is S^2), in part where S^2 A is an upper bound only",
        ),
        test=evidence_learning.complexity,
    ),
    Claim(
        id="oscillation",
        source="section 5.2",
        quote="it can avoid suffering the seriously oscillatory problem compared to the single-agent RL",
        statement="single-agent reinforcement learning, every player a Q-learner of its own, oscillates, and PB-MARL does not",
        scope="presets ai-bazaar and interior; the paper's parameters, Q-learning with and without a tenth of actions explored;"
        " 100,000 rounds, the second half looked at 100 times",
        rule=Rule(
            "share of looks at which the profile of most probable actions had changed, median over seeds",
            "holds where Q-learning's is above PB-MARL's by .3 or more on every preset, with and without exploration; in part"
            " in some of these cases",
            seeds=10,
        ),
        test=evidence_learning.oscillation,
    ),
    Claim(
        id="figure-8a-genetic",
        source="figure 8(a)",
        quote="we leverage the red bar chart to denote the AI consumer's profit calculated by addressing problem P2 through the"
        " Genetic Algorithm (GA), while the green bar chart represents the solutions by solving problem P1 through GA.",
        statement="PB-MARL pays the consumer at least what P1 by GA does, and the provider at least what P2 by GA does",
        scope="preset interior; the others replying, fixed at the equilibrium, or free; population 30, 15 generations",
        rule=Rule(
            "median profits over seeds", "holds where both are at least as high in every reading, in part in some", seeds=10
        ),
        test=evidence_learning.genetic_points,
    ),
)
"""In the paper's order."""

"""What the MTA paper claims of its platform as a whole, a row each; the tests are in `evidence`.

>>> [claim.id for claim in CLAIMS]
['low-latency', 'finished-timely', 'energy-efficiency', 'round-decisions']
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.systems.metaverse import evidence

_SCOPE = (
    "20 servers, 50 tasks; presets metaverse-code (the values of the authors' code) and metaverse (Table I); q-learning and"
    " exact, beside the best assignment in which every task stays at its source, and beside greedy; what a user's device would"
    " take has no model in the paper"
)
_PAIRED = "paired differences over instances to both others, 95% by Student's t, of both methods on both presets"
_DEMANDS = "Our proposed system can satisfy the demands of low latency, multiple requests, energy efficiency"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="low-latency",
        source="section I, contributions",
        quote=_DEMANDS,
        statement="a task takes less time, sending and computing, than where it stays at its source, and than by greedy",
        scope=_SCOPE + "; the platform's own time, which staying at home would not need, is left out",
        rule=Rule(f"{_PAIRED}: seconds a task that both serve", "holds where all are below 0, in part where some are", seeds=1),
        test=evidence.latency,
    ),
    Claim(
        id="finished-timely",
        source="section I",
        quote="so that more offloading tasks from Metaverse users can be finished timely",
        statement="more tasks are finished within their time than where tasks stay at their source, and than by greedy",
        scope=_SCOPE,
        rule=Rule(f"{_PAIRED}: number of tasks", "holds where all are above 0, in part where some are", seeds=1),
        test=evidence.timely,
    ),
    Claim(
        id="energy-efficiency",
        source="section I, contributions",
        quote=_DEMANDS,
        statement="a task takes less energy, sending and computing, than where it stays at its source, and than by greedy",
        scope=_SCOPE,
        rule=Rule(f"{_PAIRED}: joules a task that both serve", "holds where all are below 0, in part where some are", seeds=1),
        test=evidence.energy,
    ),
    Claim(
        id="round-decisions",
        source="section I",
        quote="since the offloading tasks are time-sensitive, the task allocation step is expected to make the (near) optimal"
        " decisions as fast as possible so as to reduce the latency of the whole system",
        statement="no rule that decides faster than the learner is worth as much inside the round",
        scope="preset metaverse-code, 20 servers and replicas, 50 tasks; greedy, regret-greedy, q-learning, exact within 1%",
        rule=Rule(
            "rounds in which greedy's assignment is worth more than the learner's, and seconds of both",
            "does not hold where it is in all of them and greedy is faster, in part where in some, holds where in none",
            seeds=1,
        ),
        test=evidence.as_fast_as_possible,
    ),
)
"""The rows, in the paper's order of ideas."""

"""What the CADDTO paper claims: sentences of its abstract, of a summary and of second-hand notes, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.solvers.carbon_offloading.evidence`, those of rows on the learner itself in ``evidence_learned``: their rules were
written down before there was a learner. Under ``SMOKE`` these look at the policies that come with the package, which no rule
but one calls conclusive; with more seeds they train the others (extra "learn"): some CPU hours at ``FULL``, once.

The paper is known here by its abstract, by a summary in Chinese without formulas (quoted in translation), and by second-hand
notes; a quote says which.
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.solvers.carbon_offloading import evidence, evidence_learned

_EPISODES = "preset caddto (5 users, 8 antennas, 200 slots, dominant overflow scale), test seeds from 2000"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="lowest-carbon",
        source="abstract",
        quote="The framework achieves the lowest carbon intensity",
        statement="the least carbon per bit served distinguishes a learner from rules without learning",
        scope=f"{_EPISODES}; loads of 1, 3 and 5 Mbit/s; green-only, lyapunov at four V, hindsight",
        rule=Rule(
            "carbon per bit of green-only", "does not hold where it is 0 at every load: nothing emits less", tolerance=0.0
        ),
        test=evidence.lowest_carbon,
    ),
    Claim(
        id="lowest-carbon-learner",
        source="abstract",
        quote="The framework achieves the lowest carbon intensity",
        statement="the learner emits less carbon per bit than lyapunov, mpc and DDPG at no more overflow",
        scope=f"{_EPISODES}; loads of 1 to 5 Mbit/s",
        rule=Rule("paired difference of carbon per bit", "holds where the 95% interval is below 0 against each", seeds=10),
        test=evidence_learned.lowest_carbon,
    ),
    Claim(
        id="lyapunov-room",
        source="abstract",
        quote="CADDTO-PPO outperforms deep deterministic policy gradient (DDPG) and lyapunov-based baselines.",
        statement="some causal policy costs at least 10% less than lyapunov with a tuned V",
        scope=f"{_EPISODES}; 3 and 5 Mbit/s; one V tuned for both on other seeds; value iteration as the best causal policy",
        rule=Rule(
            "1 - cost of value iteration / cost of lyapunov, paired over episodes, 95%",
            "holds where the interval is above .1 at both loads, in part where it is above 0 at one",
        ),
        test=evidence.room_above_lyapunov,
    ),
    Claim(
        id="lyapunov-learner",
        source="abstract",
        quote="CADDTO-PPO outperforms deep deterministic policy gradient (DDPG) and lyapunov-based baselines.",
        statement="the learner costs less than lyapunov with a tuned V, which sees as much as it does",
        scope=f"{_EPISODES}; loads of 3 and 5 Mbit/s; 2e6 and 1e7 agent-steps",
        rule=Rule("paired difference of cost", "holds where the 95% interval is below 0 at both loads", seeds=10),
        test=evidence_learned.against_lyapunov,
    ),
    Claim(
        id="ddpg",
        source="abstract",
        quote="CADDTO-PPO outperforms deep deterministic policy gradient (DDPG) and lyapunov-based baselines.",
        statement="the learner costs less than DDPG, tuned by 20 trials, after equal agent-steps",
        scope=f"{_EPISODES}; 2e6 agent-steps; DDPG with and without the changes of TD3",
        rule=Rule("paired difference of cost", "holds where the 95% interval is below 0 against both", seeds=10),
        test=evidence_learned.against_ddpg,
    ),
    Claim(
        id="overflow",
        source="abstract; the load from second-hand notes (high traffic: 10 bits/slot)",
        quote="maintains near-zero packet overflow rates under extreme traffic loads",
        statement="overflow below 1% is possible at 10 kbit a slot",
        scope="preset caddto, test seeds from 2000; 5, 6, 8, 10 and 12 kbit a slot, and literally 10 bit",
        rule=Rule("least overflow of any schedule, mean", "holds where below 1% at 10 kbit a slot"),
        test=evidence.least_overflow,
    ),
    Claim(
        id="carbon-unit",
        source="second-hand notes",
        quote="carbon intensity about .00030 gCO2 per bit",
        statement="a device with caps of 2 W + 2 W can emit that much",
        scope="700 g/kWh; slots of 1 ms to 10 s; 10 bits and 10 kbit a slot",
        rule=Rule("energy that this takes over the energy of full power", "cannot hold where above 1 for slots up to 1 s"),
        test=evidence.carbon_unit,
    ),
    Claim(
        id="green-slots",
        source="abstract",
        quote="a carbon-first reward structure adaptively prioritizes green time slots for data transmission",
        statement="policies that are good by this reward serve more bits where more is harvested",
        scope=f"{_EPISODES}; loads of 3 and 5 Mbit/s",
        rule=Rule(
            "correlation of bits served with harvest, mean over episodes, 95%",
            "holds where the interval is above 0 for hindsight and value iteration at both loads, in part for some",
        ),
        test=evidence.green_slots,
    ),
    Claim(
        id="decoupled",
        source="abstract",
        quote="to decouple system throughput from grid-dependent carbon footprints",
        statement="more bits can be served without more carbon",
        scope="preset caddto, buffers of 20 kbit, seed 2000; loads of 1, 3 and 5 Mbit/s; hindsight, 13 weights of overflow",
        rule=Rule(
            "carbon of the greatest throughput",
            "holds where it takes no more than 1 uJ from the grid at every load, in part at one",
        ),
        test=evidence.decoupled,
    ),
    Claim(
        id="waste",
        source="abstract",
        quote="to jointly minimize carbon emissions and buffer latency and energy wastage",
        statement="the least cost wastes no harvest",
        scope=f"{_EPISODES}; loads of 1 and 3 Mbit/s",
        rule=Rule("share of the harvest that hindsight wastes", "holds up to 1e-3", tolerance=1e-3),
        test=evidence.least_waste,
    ),
    Claim(
        id="burning",
        source="summary",
        quote="penalty terms for energy waste and buffer overflow (translated)",
        statement="a lower penalty of waste means that more is done with the harvest",
        scope=f"{_EPISODES}; loads of 1, 3 and 5 Mbit/s; threshold at level 0 against burn",
        rule=Rule(
            "cost saved by burning what is left",
            "one episode with as many bits served and less cost refutes it",
            tolerance=1e-9,
        ),
        test=evidence.burning,
    ),
    Claim(
        id="constant-inference",
        source="abstract",
        quote="demonstrate a constant O(1) inference complexity",
        statement="a decision's time does not depend on the number of users",
        scope="any rule that reads its own observation; lyapunov measured at 5, 100 and 1,000 users (gains gamma)",
        rule=Rule("inputs of a decision", "holds where none is another user's"),
        test=evidence.inference,
    ),
    Claim(
        id="network-size",
        source="second-hand notes",
        quote="less than 68 KB per inference",
        statement="the policy network has less than 68 KB",
        scope="layers deduced from the sentence: 3 observed numbers, 2 actions, 128 hidden twice, float32",
        rule=Rule("bytes", "holds below 68,000, in part below 68 x 1,024"),
        test=evidence.network_size,
    ),
    Claim(
        id="inference-time",
        source="second-hand notes",
        quote="less than .15 ms per inference",
        statement="a decision of the policy network takes less than .15 ms",
        scope="one observation at a time, one core",
        rule=Rule("median and 99th percentile of 10,000 decisions", "holds where both are below, in part for the median"),
        test=evidence_learned.inference_time,
    ),
    Claim(
        id="dense",
        source="abstract",
        quote="Traditional centralized optimization and off-policy reinforcement learning struggle with scalability and"
        " signaling overhead in dense networks.",
        statement="parameters trained with 5 users cost no more a user with 100",
        scope="trained on caddto, tested on preset dense (100 users, 128 antennas), test seeds from 2000",
        rule=Rule("paired difference of the share of always-local's excess that is closed", "holds within 2%", 0.02, seeds=10),
        test=evidence_learned.dense,
    ),
    Claim(
        id="interference",
        source="abstract",
        quote="complex inter-user interference in multi-antenna (MIMO) uplinks complicate real-time resource management",
        statement="a device's cost at its own powers depends on the powers of others",
        scope="preset caddto, test seeds from 2000; zero forcing, with a channel error of .05, and minimum mean square error",
        rule=Rule(
            "largest relative change of device 0's cost, others random against silent",
            "holds where above 1e-9 for all receivers, in part for some",
            tolerance=1e-9,
        ),
        test=evidence.interference,
    ),
    Claim(
        id="on-policy",
        source="summary",
        quote="on-policy [...] fresh samples [...] ensure robust convergence where interference changes fast (translated)",
        statement="learners from old samples cost more than one from fresh ones",
        scope=f"{_EPISODES}; SAC and TD3 against proximal policy optimisation after equal agent-steps",
        rule=Rule("paired difference of cost", "holds where the 95% interval is above 0 for both", seeds=10),
        test=evidence_learned.from_old_samples,
    ),
    Claim(
        id="convergence",
        source="summary",
        quote="robust convergence in a nonstationary decentralised environment (translated)",
        statement="training ends within 10% of the best causal policy on every seed",
        scope=f"{_EPISODES}; load of 3 Mbit/s, 1e7 agent-steps",
        rule=Rule("share of seeds that end within 10% of value iteration", "holds for all, in part for half", seeds=10),
        test=evidence_learned.convergence,
    ),
    Claim(
        id="shared-parameters",
        source="summary, as a limitation",
        quote="parameter sharing may limit policies of their own in highly heterogeneous settings (translated)",
        statement="shared parameters cost more than own ones where devices differ",
        scope="preset heterogeneous, test seeds from 2000; with and without the device's caps in the observation",
        rule=Rule("paired difference of cost", "holds where the 95% interval is above 0", seeds=10),
        test=evidence_learned.shared_parameters,
    ),
    Claim(
        id="balanced",
        source="summary",
        quote="the weights of the reward are distributed evenly (translated)",
        statement="weights of 1/4 each balance the four aims, and ask for every bit to be served",
        scope=f"{_EPISODES}; loads of 3 and 5 Mbit/s; overflow over the mean arrivals as the literal reading",
        rule=Rule(
            "shares of the parts in the optimum's cost; price of a dropped bit over that of a served one",
            "holds where shares are 10% to 50% and dropping never pays, in part for one of these",
        ),
        test=evidence.balanced,
    ),
)
"""The paper's claims, in the order of the questions that they raise: carbon, cost, overflow, green slots, inference, scale."""

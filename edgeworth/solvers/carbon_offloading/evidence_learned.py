"""The computations behind those claims of `claims` that are on the learner: each function runs one test.

A budget's ``seeds`` is how many policies of a learner are judged. The first is the one that comes with the package, the others
are trained when they are asked for (extra "learn") and kept in the user's cache folder, so that a test that runs again, or was
interrupted, trains nothing twice. With one seed nothing is trained, and without torch neither: the evidence says what was not
tested, and is not conclusive, as it has fewer seeds than its rule asks for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.core.intervals import crossed, interval
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.learning.deep.envs import as_vector_env
from edgeworth.learning.deep.keeping import kept_policy, trained_policy
from edgeworth.learning.deep.learned import COPIES, SEED
from edgeworth.learning.deep.nets import Mlp
from edgeworth.learning.deep.policy import Policy
from edgeworth.solvers.carbon_offloading import evidence
from edgeworth.solvers.carbon_offloading.env.sources import alone
from edgeworth.solvers.carbon_offloading.env.vector import vector_env
from edgeworth.solvers.carbon_offloading.learned.plan import OBSERVE, ppo
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, generate, measures
from edgeworth.solvers.carbon_offloading.model.channels import Fading, gamma_gains
from edgeworth.solvers.carbon_offloading.policies.rules import Lyapunov

_KIND = "carbon-offloading"
_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
STEPS, LONG = 2_000_000, 10_000_000
"""Agent-steps of training: those of the policies that come with the package, and five times as many."""
TRIALS, ASKED = 20, 20
"""Settings that were tried for ddpg before that of `learned.plan`, and those that the claim speaks of."""
LOAD = 3e6
"""bit/s, of the episodes that these were trained in."""
LIMIT = 0.15e-3
"""s a decision, of the second-hand notes."""
DECISIONS, TAKES = 10_000, 3
ROUNDS = 10
"""How often the copies of an environment play its own device sets before they come around again."""


def lowest_carbon(budget: ClaimBudget) -> Evidence:
    count = _count(budget)
    loads = evidence.LOADS if count > 1 else (LOAD,)
    rows, parts, held = list[Row](), [], []
    first: tuple[float, float] | None = None
    for load in loads:
        episodes = evidence.episodes_of(load, budget)
        own, lost = (_played("ppo", budget, episodes, load=load, name=name) for name in ("carbon_per_bit", "overflow"))
        said = []
        for other in ("lyapunov", "mpc", "ddpg"):
            carbon, overflow = (_of(other, budget, episodes, load, name) for name in ("carbon_per_bit", "overflow"))
            mean, low, high = crossed(own - carbon)
            more = float(lost.mean() - np.mean(overflow))
            first = (low, high) if first is None else first
            held.append(high < 0.0 and more <= 1e-12)
            rows.append({"load": load, "other": other, "difference": mean, "low": low, "high": high, "more_overflow": more})
            said.append(f"{other} {float(np.mean(carbon)):.3g} ({_relative((mean, low, high), carbon)})")
        parts.append(f"{load / 1e6:g} Mbit/s: {float(own.mean()):.3g} g/bit, overflow {lost.mean():.2%}, " + ", ".join(said))
    text = (
        f"ppo after {STEPS:.0e} agent-steps, beside others (difference of ppo's over their mean, 95%): "
        + "; ".join(parts)
        + ("" if count > 1 else "; loads of 1 and 5 Mbit/s take policies trained there, and were not tested")
        + _about(budget, len(episodes))
    )
    found = _HOLDS if all(held) else _FAILS
    return _evidence(found, text, rows, budget, len(episodes) * len(loads), first)


def against_lyapunov(budget: ClaimBudget) -> Evidence:
    trains = _count(budget) > 1
    rows, parts, held = list[Row](), [], []
    first: tuple[float, float] | None = None
    for load in (LOAD, 5e6) if trains else (LOAD,):
        episodes = evidence.episodes_of(load, budget)
        rule, causal = (evidence.costs_of(episodes, name) for name in ("lyapunov", "value-iteration"))
        for steps in (STEPS, LONG) if trains else (STEPS,):
            own = _played("ppo", budget, episodes, load=load, steps=steps)
            mean, low, high = crossed(own - rule)
            first = (low, high) if first is None else first
            held.append(high < 0.0)
            above = float(own.mean() / causal.mean() - 1.0)
            rows.append({"load": load, "steps": steps, "difference": mean, "low": low, "high": high, "above_causal": above})
            parts.append(
                f"{load / 1e6:g} Mbit/s, {steps:.0e} agent-steps: {_relative((mean, low, high), rule)}"
                f" (value iteration: {causal.mean() / rule.mean() - 1.0:+.1%})"
            )
    text = (
        f"cost of ppo over that of lyapunov at V / V* = {Lyapunov().tradeoff:g}, tuned for both loads; both see as much (95%): "
        + "; ".join(parts)
        + ("" if trains else f"; 5 Mbit/s and {LONG:.0e} agent-steps take policies of their own, and were not tested")
        + _about(budget, len(episodes))
    )
    return _evidence(_HOLDS if all(held) else _FAILS, text, rows, budget, len(episodes) * (1 + trains), first)


def against_ddpg(budget: ClaimBudget) -> Evidence:
    rows, said, own, count = _beside(("ddpg", "td3"), budget)
    tuned = TRIALS >= ASKED
    text = (
        f"cost of ppo over theirs, each after {STEPS:.0e} agent-steps (95%): {said}; means: {own}; ddpg's setting comes from"
        f" {TRIALS} trials" + ("" if tuned else f", where the claim asks for {ASKED}: not conclusive") + _about(budget, count)
    )
    found = _HOLDS if all(float(row["high"]) < 0.0 for row in rows) else _FAILS
    judged = _evidence(found, text, rows, budget, count, (float(rows[0]["low"]), float(rows[0]["high"])))
    return replace(judged, conclusive=tuned)


def from_old_samples(budget: ClaimBudget) -> Evidence:
    rows, said, own, count = _beside(("td3",), budget)
    low, high = -float(rows[0]["high"]), -float(rows[0]["low"])
    behind = low > 0.0
    row = {**rows[0], "difference": -float(rows[0]["difference"]), "low": low, "high": high}
    text = (
        f"cost of ppo over that of td3, each after {STEPS:.0e} agent-steps (95%): {said}; means: {own}; SAC is no method here"
        " (benchmarks/deep_learning.py is the place for a peer's): the rule asks for both, so that td3 alone can refute the"
        " claim and not confirm it" + _about(budget, count)
    )
    found = _evidence(_PARTLY if behind else _FAILS, text, [row], budget, count, (low, high))
    return replace(found, conclusive=not behind)


def convergence(budget: ClaimBudget) -> Evidence:
    episodes = evidence.episodes_of(LOAD, budget)
    causal = float(evidence.costs_of(episodes, "value-iteration").mean())
    rows, parts, shares = list[Row](), [], []
    for steps in (STEPS, LONG) if _count(budget) > 1 else (STEPS,):
        above = _played("ppo", budget, episodes, steps=steps).mean(axis=1) / causal - 1.0
        rows.extend({"steps": steps, "seed": SEED + k, "above_causal": x} for k, x in enumerate(above.tolist()))
        shares.append(float(np.mean(above <= 0.1)))
        parts.append(
            f"after {steps:.0e} agent-steps {np.count_nonzero(above <= 0.1)} of {len(above)} seeds end within 10% of value"
            f" iteration ({above.min():+.1%} to {above.max():+.1%}, median {np.median(above):+.1%})"
        )
    text = "; ".join(parts) + ("" if len(shares) > 1 else f"; {LONG:.0e}, which the rule asks for, were not trained")
    found = _HOLDS if shares[-1] == 1.0 else (_PARTLY if shares[-1] >= 0.5 else _FAILS)
    return _evidence(found, text + _about(budget, len(episodes)), rows, budget, len(episodes))


def dense(budget: ClaimBudget) -> Evidence:
    few = evidence.episodes_of(LOAD, budget)
    many = tuple(generate(preset="dense", gains="gamma", seed=evidence.FIRST_SEED + k) for k in range(max(1, len(few) // 4)))
    closed, above = [], []
    for group in (few, many):
        own = _played("ppo", budget, group).mean(axis=1)
        worst, best, rule = (float(evidence.costs_of(group, name).mean()) for name in ("always-local", "exact", "lyapunov"))
        closed.append((worst - own) / (worst - best))
        above.append((float(np.mean(own)) / best - 1.0, rule / best - 1.0))
    mean, low, high = interval(closed[0] - closed[1])
    rows = [
        {"users": users, "closed": float(share.mean()), "above_hindsight": own, "lyapunov_above_hindsight": rule}
        for users, share, (own, rule) in zip((5, 100), closed, above, strict=True)
    ]
    text = (
        "share of always-local's excess over hindsight that ppo, trained with 5 users, closes: "
        + ", ".join(f"{row['closed']:.2%} with {row['users']} users" for row in rows)
        + (f"; difference {mean:+.2%} [{low:+.2%}, {high:+.2%}], 95% over seeds" if _count(budget) > 1 else "")
        + ". always-local costs so much that this share flatters: cost above hindsight is "
        + ", ".join(
            f"{float(row['above_hindsight']):.1%} with {row['users']} users (lyapunov"
            f" {float(row['lyapunov_above_hindsight']):.1%})"
            for row in rows
        )
        + _about(budget, len(few), f" of 5 users and {len(many)} of 100")
    )
    return _evidence(_HOLDS if high <= 0.02 else _FAILS, text, rows, budget, len(few) + len(many), (low, high))


def inference_time(budget: ClaimBudget) -> Evidence:
    rng = generator(SEED, INSTANCES)[0]
    shipped = trained_policy(_KIND, "ppo", steps=STEPS)
    net = Mlp(inputs=3, outputs=shipped.head.size, hidden=evidence.LAYERS[1:-1])
    weights = tuple(rng.normal(0.0, 0.1, shape).astype(np.float32) for shape in net.shapes().values())
    spec = as_vector_env(vector_env(1, observe="paper")).spec
    paper = replace(shipped, name="paper", spec=spec, net=net, weights=weights, normaliser=None)
    rows, within = list[Row](), []
    for policy in (paper, shipped):
        walls, own = _timed(policy, rng.random((DECISIONS, policy.spec.obs)))
        median, late = np.percentile(own, (50.0, 99.0))
        within.append((median < LIMIT, late < LIMIT))
        rows.append(
            {
                "network": "-".join(map(str, (policy.net.inputs, *policy.net.hidden, policy.net.outputs))),  # type: ignore[attr-defined]
                "median": float(median), "p99": float(late), "wall_median": float(np.median(walls)),
                "wall_p99": float(np.percentile(walls, 99.0)),
            }
        )  # fmt: skip
    rule = evidence.decision_time(users=5)
    text = (
        f"{DECISIONS:,} decisions of Policy.act in NumPy, ms of processor time, the least of {TAKES} a decision, so that"
        " other programs do not decide (in brackets wall-clock time, taken once): "
        + "; ".join(
            f"{row['network']} median {_ms(row['median'])} ({_ms(row['wall_median'])}), 99th percentile {_ms(row['p99'])}"
            f" ({_ms(row['wall_p99'])})"
            for row in rows
        )
        + f"; lyapunov {_ms(rule)} a decision of a whole run"
    )
    medians, lates = (all(column) for column in zip(*within, strict=True))
    found = _HOLDS if medians and lates else (_PARTLY if medians else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=DECISIONS)


def shared_parameters(budget: ClaimBudget) -> Evidence:
    sets = _count(budget)
    if sets == 1:
        text = "own parameters take training, which needs several seeds" + _lacking(budget)
        return Evidence(ClaimVerdict.NOT_TESTED, Reason.NOTHING, text, conclusive=False)
    rows = list[Row]()
    for k in range(sets):
        known = generate(preset="heterogeneous", seed=evidence.FIRST_SEED + k)
        tests = (known, *(_same_devices(known, SEED - 1 - j) for j in range(len(evidence.episodes_of(LOAD, budget)) // 10)))
        together, apart = float(np.sum(_costs(_policy_of(known, k, None), tests))), 0.0
        for user in range(known.users):
            policy = _policy_of(known, k, user)
            apart += float(np.sum(_costs(policy, [alone(test, user) for test in tests])))
        rule = float(np.sum(evidence.costs_of(tests, "lyapunov")))
        rows.append({"devices": evidence.FIRST_SEED + k, "shared": together, "own": apart, "lyapunov": rule})
    shared, own = (np.array([float(row[name]) for row in rows]) for name in ("shared", "own"))
    mean, low, high = interval(shared - own)
    text = (
        f"shared parameters cost {_relative((mean, low, high), own)} more than own ones (95%, paired over {sets} sets of 5"
        f" devices, every device's experience the same: {STEPS:.0e} agent-steps a set), {np.count_nonzero(shared > own)} of"
        f" {sets} sets; devices observe buffer, harvest and rates in units of what they have: caps are in no observation of the"
        " environment, and that half of the scope was not tested" + _lacking(budget)
    )
    found = _HOLDS if low > 0.0 else _FAILS
    return _evidence(found, text, rows, budget, sets * len(tests), (low, high))


# --- policies and what they cost ----------------------------------------------------------------------------------------------


def _count(budget: ClaimBudget) -> int:
    """Policies of a learner that are judged."""
    return budget.seeds if find_spec("torch") is not None else 1


def _lacking(budget: ClaimBudget) -> str:
    missing = budget.seeds - _count(budget)
    return f'; torch (extra "learn") is not installed, so that {missing} seeds of {budget.seeds} were not trained' * (
        missing > 0
    )


def _about(budget: ClaimBudget, episodes: int, more: str = "") -> str:
    count = _count(budget)
    return f"; {count} seed{'s' * (count > 1)} of training, {episodes} episodes{more}" + _lacking(budget)


@cache
def _policy(method: str, steps: int, seed: int, load: float) -> Policy:
    if load == LOAD:  # as the policies of the package were trained
        return trained_policy(_KIND, method, steps=steps, seed=seed)
    return trained_policy(_KIND, method, steps=steps, seed=seed, load=load)


def _played(
    method: str, budget: ClaimBudget, episodes: Sequence[CarbonOffloading], *, load: float = LOAD, steps: int = STEPS,
    name: str = "cost",
) -> Floats:  # fmt: skip
    """A measure of a learner's policies, [seeds, episodes]."""
    policies = [_policy(method, steps, SEED + k, load) for k in range(_count(budget))]
    return np.stack([_costs(each, episodes, name) for each in policies])


def _of(method: str, budget: ClaimBudget, episodes: Sequence[CarbonOffloading], load: float, name: str) -> Floats:
    """The same of a learner, or of a rule, [episodes]."""
    if method == "ddpg":
        return _played(method, budget, episodes, load=load, name=name)
    return np.array([evidence.measured(each, method)[name] for each in episodes])


def _costs(policy: Policy, episodes: Sequence[CarbonOffloading], name: str = "cost") -> Floats:
    return np.array([_measured(policy, each)[name] for each in episodes])


@cache
def _measured(policy: Policy, problem: CarbonOffloading) -> dict[str, float]:
    return measures(problem, family(_KIND).solve(problem, method=policy, seed=0).require())


def _beside(others: Sequence[str], budget: ClaimBudget) -> tuple[list[Row], str, str, int]:
    """Cost of ppo minus that of other learners: rows, both as text, and the number of episodes."""
    episodes = evidence.episodes_of(LOAD, budget)
    own = _played("ppo", budget, episodes)
    rows, parts, means = list[Row](), [], [f"ppo {own.mean():.3f}"]
    for other in others:
        cost = _played(other, budget, episodes)
        mean, low, high = crossed(own - cost)
        rows.append({"other": other, "difference": mean, "low": low, "high": high, "ppo": own.mean(), "cost": cost.mean()})
        parts.append(f"{other} {_relative((mean, low, high), cost)}")
        means.append(f"{other} {cost.mean():.3f}")
    return rows, ", ".join(parts), ", ".join(means), len(episodes)


def _same_devices(problem: CarbonOffloading, seed: int) -> CarbonOffloading:
    """Another episode of the same devices, which stay where they are."""
    law, rng = problem.law, generator(seed, INSTANCES)[0]
    if law is None:
        raise ValueError("problem: must know its law")
    scale = np.repeat((law.mean_gain / law.gain_shape)[:, None], problem.slots, axis=1)
    return replace(
        problem,
        arrivals=np.asarray(law.packet * rng.poisson(law.mean_arrival / law.packet), np.float64),
        harvest=np.asarray(law.quantum * rng.poisson(law.mean_harvest / law.quantum), np.float64),
        gain=gamma_gains(rng, Fading(law.correlation, int(law.gain_shape) + problem.users - 1), scale),
        overflow_scale=None,
        provenance=Provenance("arrays", "same devices", {"devices": problem.provenance.seed}, seed),
    )


def _policy_of(known: CarbonOffloading, k: int, user: int | None) -> Policy:
    """What the devices of a problem learn together, or one of them alone from its own part of the same episodes."""

    def environment() -> object:
        episodes = [_same_devices(known, SEED + 1_000 * (k + 1) + j) for j in range(ROUNDS * COPIES)]
        return vector_env(COPIES, problems=episodes if user is None else [alone(p, user) for p in episodes], observe=OBSERVE)

    steps = STEPS if user is None else STEPS // known.users
    about = {"kind": _KIND, "devices": known.hash, "user": user, "observe": OBSERVE, "episodes": ROUNDS * COPIES}
    return kept_policy(ppo(steps), environment, steps=steps, seed=SEED + k, name="ppo", about=about)


# --- figures ------------------------------------------------------------------------------------------------------------------


def _timed(policy: Policy, seen: Floats) -> tuple[Floats, Floats]:
    """Of every decision, s: wall-clock time once, and the least of its times on the processor, which nothing else lengthens."""
    walls, own = np.empty(len(seen)), np.empty((TAKES, len(seen)))
    for k, row in enumerate(seen.astype(np.float32)):
        for j in range(TAKES):
            began, wall = time.thread_time_ns(), time.perf_counter_ns()
            policy.act(row)
            walls[k], own[j, k] = time.perf_counter_ns() - wall, time.thread_time_ns() - began
    return walls * 1e-9, own.min(axis=0) * 1e-9


def _evidence(
    found: ClaimVerdict, text: str, rows: Sequence[Row], budget: ClaimBudget, instances: int,
    interval: tuple[float, float] | None = None,
) -> Evidence:  # fmt: skip
    return Evidence(
        found, Reason.MEASURED, text, numbers=tuple(rows), interval=interval, seeds=_count(budget), instances=instances
    )


def _relative(difference: tuple[float, float, float], other: Floats) -> str:
    mean, low, high = (each / float(np.mean(other)) for each in difference)
    return f"{mean:+.1%} [{low:+.1%}, {high:+.1%}]"


def _ms(seconds: object) -> str:
    return f"{1e3 * float(seconds):.3g}"  # type: ignore[arg-type]

"""Learned policies of scheduling: those that come with the package, what they see, what they are refused on, other sizes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import edgeworth
from edgeworth import Stop, compare
from edgeworth.core.policy import EVALUATION, PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep.heads import Beta, Categorical
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, LearnedPolicy, vector_env
from edgeworth.solvers.scheduling.env.observation import view_of
from edgeworth.solvers.scheduling.learned import plan

LEARNED = tuple(plan.PLAN.learners)
ANY_SIZE = ("gnn-marl", "scorer")
PACKAGE = scheduling.FAMILY.package


def episode(seed: int = EVALUATION, **options: Any) -> Episode:
    return scheduling.generate(**{"horizon": 40.0, "seed": seed, **options})


def shipped(method: str) -> deep.Policy:
    return shipped_policy(PACKAGE, method)


# --- what comes with the package ----------------------------------------------------------------------------------------------


def test_methods_that_are_trained_are_those_of_the_table() -> None:
    rows = [row.name for row in scheduling.METHODS if row.params and row.params.endswith(":LearnedPolicy")]
    assert rows == list(LEARNED)
    assert {path.name for path in files(f"{PACKAGE}.learned").joinpath("shipped").iterdir()} == {f"{x}.npz" for x in LEARNED}


@pytest.mark.parametrize("method", LEARNED)
def test_a_policy_that_comes_with_the_package(method: str) -> None:
    assert len(files(f"{PACKAGE}.learned").joinpath("shipped", f"{method}.npz").read_bytes()) <= 200_000
    policy = shipped(method)
    assert policy.name == method
    assert policy.spec.names == view_of(plan.OBSERVE[method], 10, market=True).names
    assert policy.training_seeds == {SEED}
    assert policy.training["params"] == plan.PLAN.learners[method](plan.STEPS).to_fields()  # else it is of an older setting
    assert plan.STEPS <= policy.training["steps"] < 1.03 * plan.STEPS
    assert policy.any_size == (method in ANY_SIZE)


def test_scorer_costs_less_than_every_simple_rule() -> None:
    """On episodes that nobody trained in; at ten devices, and as it is at 25. All figures are of fixed episodes."""
    for options in ({"horizon": 300.0}, {"horizon": 100.0, "devices": 25}):
        problems = [episode(EVALUATION + k, **options) for k in range(3)]
        rules = ["local", "earliest-finish", "greedy-cost", "threshold"]
        frame = compare(problems, ["scorer", "gnn-marl", *rules]).frame
        assert frame["verified"].all()
        table = frame.groupby("method")["value"].mean()
        assert table[["scorer", "gnn-marl"]].max() < 0.995 * table[rules].min()


def test_the_papers_price_of_power_switches_offloading_off() -> None:
    """Who sees no others hands over and gains by it; at 24,000 J a power token nobody hands over, and the schedule is local."""
    problems = [episode(EVALUATION + k, horizon=300.0) for k in range(3)]
    table = compare(problems, ["mappo", "best", "local"]).frame.groupby("method")["value"].mean()
    assert table["mappo"] < 0.95 * table["local"]
    assert table["best"] == pytest.approx(table["local"], rel=2e-3)


# --- how they are played ------------------------------------------------------------------------------------------------------


def stepped(policy: deep.Policy, problem: Episode, observe: Any) -> scheduling.Schedule:
    """The schedule that a policy plays in a vector environment of the market it was trained in, if any."""
    market = scheduling.Market() if observe == "market" else None
    env = vector_env(1, problems=[problem], observe=observe, market=market)
    seen, infos = env.reset()
    device = np.full(problem.tasks, -1)
    while True:
        actions = policy.act(seen, infos["action_mask"])
        seen, _, ended, _, infos = env.step(actions)
        for i, j in enumerate(infos["decided"][0]):
            if j >= 0:
                device[j] = [i, *(k for k in range(problem.devices) if k != i)][actions[0, i]]
        if ended[0]:
            return scheduling.assigned(problem, device)


@pytest.mark.parametrize("method", LEARNED)
def test_plays_what_an_environment_of_its_training_plays(method: str) -> None:
    problem = episode()
    result = scheduling.solve(problem, method=method)
    assert scheduling.verify(problem, result)
    theirs = stepped(shipped(method), problem, plan.OBSERVE[method])
    assert result.solution is not None
    for name in ("device", "start", "decided"):
        assert np.array_equal(getattr(result.solution, name), getattr(theirs, name))


@pytest.mark.parametrize("method", LEARNED)
def test_sees_nothing_of_the_future(method: str) -> None:
    """The contract of policies does this on tiny problems, which not every network takes."""
    causality = scheduling.FAMILY.causality
    assert causality is not None
    problem, changed = episode(horizon=20.0, rate=0.5), 0
    before = scheduling.solve(problem, method=method).solution
    assert before is not None
    for slot, other in causality.futures(problem):
        after = scheduling.solve(other, method=method).solution
        assert after is not None
        for one, two in zip(causality.decided(before, slot), causality.decided(after, slot), strict=True):
            assert np.array_equal(one, two)
        changed += not np.array_equal(before.device, after.device)
    assert changed >= 3


def permuted(problem: Episode, order: NDArray[Any]) -> Episode:
    """The same episode in which device order[k] is number k."""
    owned = {
        name: getattr(problem, name)[order] for name in ("capacity", "battery", "battery_floor", "active_power", "idle_power")
    }
    return replace(problem, **owned, source=np.argsort(order)[problem.source])


@pytest.mark.parametrize("method", ANY_SIZE)
def test_devices_have_no_numbers(method: str) -> None:
    problem, order = episode(rate=0.5), np.random.default_rng(0).permutation(10)
    one = scheduling.solve(problem, method=method).solution
    two = scheduling.solve(permuted(problem, order), method=method).solution
    assert one is not None
    assert two is not None
    assert np.array_equal(order[two.device], one.device)
    assert (one.device != problem.source).mean() > 0.1


@pytest.mark.parametrize(
    "options", [{"epoch": 0.0}, {"channel": "shared"}, {"gossip": 2.0}, {"service": "sharing"}, {"rate": 0.0}]
)
@pytest.mark.parametrize("method", LEARNED)
def test_other_rules_than_those_of_training(method: str, options: dict[str, Any]) -> None:
    problem = episode(horizon=15.0, **options)
    assert scheduling.verify(problem, scheduling.solve(problem, method=method))


def test_ends_by_the_clock() -> None:
    problem = episode(horizon=600.0)
    result = scheduling.solve(problem, method="scorer", stop=Stop(seconds=0.02))
    assert result.termination is Termination.TIME
    assert result.notes[0].endswith("every device executes its own tasks from there on")
    assert scheduling.verify(problem, result)
    assert result.solution is not None
    last = problem.arrival > 500.0
    assert np.array_equal(result.solution.device[last], problem.source[last])


# --- what they are refused on -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", LEARNED)
def test_its_training_seed_is_refused(method: str) -> None:
    rule = f"method: must not have been trained on the seed of the problem it is judged on, {SEED}; got '{method}'"
    with pytest.raises(ValueError, match=rule):
        scheduling.solve(episode(SEED), method=method)
    met = vector_env(2, horizon=20.0)
    met.reset(SEED)
    with pytest.raises(ValueError, match=rule):
        scheduling.solve(met.problem(1), method=method)


@pytest.mark.parametrize("method", ["mappo", "best"])
def test_a_size_that_its_network_cannot_take_is_refused_by_name(method: str, tmp_path: Path) -> None:
    problem = episode(devices=4)
    result = scheduling.solve(problem, method=method)
    assert result.termination is Termination.REFUSED
    rule = "must have been trained with 4 devices, as its network takes no other number than it was trained with"
    assert f"method: {rule}; got '{method}: 10'" in result.notes[0]
    shipped(method).save(tmp_path / "p.npz")
    with pytest.raises(PolicyMismatchError, match=rule):
        scheduling.solve(problem, method=method, params=LearnedPolicy(checkpoint=tmp_path / "p.npz"))
    with pytest.raises(PolicyMismatchError, match=rule):
        scheduling.solve(problem, method=shipped(method))


def made(names: tuple[str, ...], **options: Any) -> deep.Policy:
    spec = deep.Spec(agents=3, obs=len(names), action=deep.ActionSpec.discrete(3, masked=True), names=names)
    net = deep.Mlp(inputs=len(names) + 3 * bool(options.get("agent_id")), hidden=(4,), outputs=3)
    return deep.Policy("mine", spec, net, Categorical(3), tuple(net.start(np.random.default_rng(0))), **options)


def test_policies_of_other_kinds_are_refused() -> None:
    problem = episode(devices=3)
    assert scheduling.verify(problem, scheduling.solve(problem, method=made(view_of("peers", 3).names, agent_id=True)))
    for names in (("has_task", "work"), view_of("peers", 4).names):
        with pytest.raises(PolicyMismatchError, match="method: must observe what devices of this problem can; got 'mine: "):
            scheduling.solve(problem, method=made(names))
    spec = deep.Spec(agents=3, obs=1, action=deep.ActionSpec.box(0.0, 1.0))
    net = deep.Mlp(inputs=1, outputs=2)
    powers = deep.Policy("powers", spec, net, Beta(1), tuple(net.start(np.random.default_rng(0))))
    with pytest.raises(PolicyMismatchError, match="method: must choose one of the devices"):
        scheduling.solve(problem, method=powers)


def numbered(net: deep.Net, names: tuple[str, ...], count: int, agents: int | None = None, **options: Any) -> deep.Policy:
    spec = deep.Spec(agents=agents or count, obs=len(names), action=deep.ActionSpec.discrete(count, masked=True), names=names)
    return deep.Policy("mine", spec, net, Categorical(count), tuple(net.start(np.random.default_rng(0))), **options)


def test_networks_that_make_another_number_of_choices_are_refused_by_name() -> None:
    seen, problem = view_of("candidates", 10).names, episode(horizon=5.0)
    split = numbered(deep.Scorer(own=30, features=6), seen, 10)  # ten candidates of ten devices, thirteen of twelve
    assert scheduling.verify(problem, scheduling.solve(problem, method=split))
    with pytest.raises(PolicyMismatchError, match="method: must make 12 numbers of 108"):
        scheduling.solve(episode(horizon=5.0, devices=12), method=split)
    for features in (3, 90):
        with pytest.raises(PolicyMismatchError, match="method: must make 10 numbers of 90"):
            scheduling.solve(problem, method=numbered(deep.Scorer(features=features), seen, 10))
    three = numbered(deep.Mlp(inputs=93, outputs=10, hidden=(4,)), seen, 10, agents=3, agent_id=True)
    with pytest.raises(PolicyMismatchError, match="method: must number 10 devices; got 'mine: 3'"):
        scheduling.solve(problem, method=three)


def test_a_file_of_very_many_actions_is_refused_at_once() -> None:
    """The names of a graph of so many devices would fill the memory."""
    count, own = 10**6, view_of("own", 1).names
    many = numbered(deep.Mlp(inputs=len(own), outputs=count, hidden=(1,)), own, count)
    with pytest.raises(PolicyMismatchError, match="must have been trained with 10 devices"):
        scheduling.solve(episode(horizon=5.0), method=many)


def test_work_that_a_market_has_no_numbers_for_is_refused_by_name() -> None:
    problem = episode(horizon=5.0, work=1e9)
    result = scheduling.solve(problem, method="best")
    assert result.termination is Termination.REFUSED
    assert "work: must be at most 1e+06 where there is a market; got 1000000000.0" in result.notes[0]
    with pytest.raises(PolicyMismatchError, match="work: must be at most"):
        scheduling.solve(problem, method=shipped("best"))


def test_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.solvers import scheduling as s\n"
        "problem = s.generate(horizon=5.0, seed=0)\n"
        f"for name in {LEARNED!r}: assert s.verify(problem, s.solve(problem, method=name)), name\n"
        "try: s.solve(problem, method='scorer', params=s.LearnedPolicy(steps=10))\n"
        "except MissingExtraError as error: assert error.extra == 'learn'\n"
        "else: raise SystemExit('it trained')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


# --- where they are trained ---------------------------------------------------------------------------------------------------


def test_where_they_are_trained() -> None:
    for method in LEARNED:
        env = plan.environment(method, 2, devices=3, seed=0)
        _, infos = env.reset(0)
        assert env.observation_names == view_of(plan.OBSERVE[method], 3, market=True).names
        assert ("state" in infos) == (method != "scorer")
        given = env.problem(0).provenance.parameters
        assert (given["rate"], given["horizon"]) == (plan.RATES[0], plan.HORIZON)
    with pytest.raises(ValueError, match="tokens"):
        plan.environment("best", 2, tokens="paper")
    with pytest.raises(ValueError, match="observe: must be one of own, peers, candidates, graph where there is no market"):
        plan.environment("best", 2, tokens="off")


def test_problems_of_the_same_kind_are_drawn_with_the_same_arguments(tmp_path: Path) -> None:
    episode(devices=3, rate=0.1, preset="burst", channel="link", mask="slack", energy_weight=2.0, work=4.0).save(
        tmp_path / "p.json"
    )
    given = edgeworth.load(tmp_path / "p.json")
    env = plan.like("scorer", given)
    env.reset(0)
    drawn = env.problem(0)
    assert env.copies == 213
    kind = {"devices": 3, "rate": 0.1, "work": 4.0, "data": (2.0, 3.0), "preset": "burst"}
    assert drawn.provenance.parameters.items() >= kind.items()
    for name in (*scheduling.model.problem.NUMBERS, *scheduling.model.problem.CHOICES):
        assert getattr(drawn, name) == getattr(given, name), name
    bare = Episode([2.0], 100.0, 0.0, 1.0, 0.5, [0.0], [0], [1.0], [1.0])
    with pytest.raises(ValueError, match="steps: must be None for a problem that generate did not make"):
        plan.like("scorer", bare)

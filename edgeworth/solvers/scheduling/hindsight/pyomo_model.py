"""The hindsight problem as a disjunctive program in Pyomo, for users who take it to a solver of their own, and by HiGHS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.pyomo import solve_model
from edgeworth.core.result import BoundEvidence
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.hindsight.program import program
from edgeworth.solvers.scheduling.hindsight.search import Search, earliest
from edgeworth.solvers.scheduling.model import Episode, Schedule

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel


def build_model(episode: Episode) -> ConcreteModel:
    """The hindsight problem, without a grid, as an unsolved Pyomo ``ConcreteModel``; for tiny episodes.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``; solvers take about 3 devices and 12 tasks.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With sets ``DEVICES``, ``TASKS``, ``PAIRS`` (task, device) that may meet the deadline, and ``ORDERS`` (i, j, k), i < j;
        binary ``assign[j, k]``, ``fail[j]`` and ``before[i, j]`` (i executes before j where both are on one device),
        ``start[j]`` >= 0, s, which is 0 where the task fails; constraints ``once[j]``, ``released[j]``, ``in_time[j]``,
        ``first[i, j, k]`` and ``second[i, j, k]``; objective ``total``, the mean cost, to be minimised.

    Raises
    ------
    ValueError
        Where processors are shared.

    Notes
    -----
    Tasks i < j on device k do not overlap: start_i + p_ik <= start_j + M (3 - before_ij - assign_ik - assign_jk) and the
    same with the two exchanged and 1 - before_ij, M being the last end of a success. A relaxation by such M is weak: the
    bounds of ``lagrangian`` and ``milp`` are much closer. ``model.write("name.lp")`` hands it to other solvers.

    References
    ----------
    Manne, On the job-shop scheduling problem, Operations Research 8 (1960).
    """
    import pyomo.environ as pyo

    pairs, n = program(episode), episode.tasks
    devices = range(episode.devices)
    possible = [(j, k) for j in range(n) for k in devices if pairs.latest[k, j] >= pairs.release[k, j]]
    some = set(possible)
    both = [(i, j) for j in range(n) for i in range(j)]
    process, release, latest, fixed = (x.tolist() for x in (pairs.process, pairs.release, pairs.latest, pairs.fixed))
    big = float(np.max(pairs.latest + pairs.process, initial=0.0))
    model = pyo.ConcreteModel(name="scheduling")
    model.DEVICES, model.TASKS = pyo.Set(initialize=devices), pyo.Set(initialize=range(n))
    model.PAIRS = pyo.Set(initialize=possible, dimen=2)
    orders = [(i, j, k) for i, j in both for k in devices if (i, k) in some and (j, k) in some]
    model.ORDERS = pyo.Set(initialize=orders, dimen=3)
    model.assign, model.fail = pyo.Var(model.PAIRS, domain=pyo.Binary), pyo.Var(model.TASKS, domain=pyo.Binary)
    model.before = pyo.Var(both, domain=pyo.Binary)
    model.start = pyo.Var(model.TASKS, domain=pyo.NonNegativeReals)

    def on_device(m: ConcreteModel, j: int, number: list[list[float]]) -> object:
        return pyo.quicksum(number[k][j] * m.assign[j, k] for k in devices if (j, k) in some)

    def first(m: ConcreteModel, i: int, j: int, k: int) -> object:
        apart = 3 - m.before[i, j] - m.assign[i, k] - m.assign[j, k]
        return m.start[i] + process[k][i] <= m.start[j] + big * apart

    def second(m: ConcreteModel, i: int, j: int, k: int) -> object:
        apart = 2 + m.before[i, j] - m.assign[i, k] - m.assign[j, k]
        return m.start[j] + process[k][j] <= m.start[i] + big * apart

    ones = [[1.0] * n] * episode.devices
    model.once = pyo.Constraint(model.TASKS, rule=lambda m, j: on_device(m, j, ones) + m.fail[j] == 1)
    model.released = pyo.Constraint(model.TASKS, rule=lambda m, j: m.start[j] >= on_device(m, j, release))
    model.in_time = pyo.Constraint(model.TASKS, rule=lambda m, j: m.start[j] <= on_device(m, j, latest))
    model.first, model.second = pyo.Constraint(model.ORDERS, rule=first), pyo.Constraint(model.ORDERS, rule=second)
    cost = pyo.quicksum(
        on_device(model, j, fixed) + pairs.weight * model.start[j] + pairs.failure * model.fail[j] for j in range(n)
    )
    model.total = pyo.Objective(expr=cost / max(n, 1), sense=pyo.minimize)
    return model


def disjunctive(episode: Episode, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """The model of `build_model` solved by HiGHS; for tiny episodes.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``.
    params : None
        The method has no parameters.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The devices and orders of HiGHS's answer, each task as early as possible, or tasks in the order of arrivals, each where
        it costs least, if that is better; and HiGHS's bound, a claim.

    Raises
    ------
    ValueError
        Where processors are shared.

    Notes
    -----
    Exact in continuous time, unlike ``milp``, and hopeless beyond a dozen tasks, as its relaxation is weak.

    References
    ----------
    Manne, On the job-shop scheduling problem, Operations Research 8 (1960). Huangfu and Hall, Math. Prog. Comp. 10 (2018).
    """
    with run.breakable():
        model = build_model(episode)
    pairs = program(episode)
    found = Search(pairs, *earliest(pairs), seed=0)
    answer = solve_model(model, run)
    if answer.loaded and episode.tasks:
        device = np.full(episode.tasks, -1, np.int64)
        for (j, k), variable in model.assign.items():
            if variable.value is not None and variable.value > 0.5:
                device[j] = k
        start = np.array([model.start[j].value or 0.0 for j in range(episode.tasks)])
        exact = Search(pairs, device, np.argsort(start, kind="stable"), seed=0)
        found = exact if exact.best < found.best else found
    return Found(found.schedule(), answer.termination, bound=answer.bound, evidence=BoundEvidence.CLAIMED, notes=answer.notes)

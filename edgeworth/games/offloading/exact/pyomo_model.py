"""The game's optimum as a mixed-integer model in Pyomo, for users who take it to a solver of their own, and solved that way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.pyomo import solve_model
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.worth import potential_worth, welfare_worth
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import OffloadingGame, Profile, positions, value, violations

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

_CLAIM = 1e-7  # what big-M rows and the solver's tolerances may leave between a proved optimum and its bound, relative


def build_model(game: OffloadingGame, objective: Literal["welfare", "potential"] = "welfare") -> ConcreteModel:
    """The optimum as an unsolved Pyomo ``ConcreteModel``: the welfare in every regime, or the weighted potential Psi.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    objective : {"welfare", "potential"}
        What is maximised.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With sets ``USERS``, ``PROVIDERS``, ``PAIRS`` (user, provider); binary ``offload[i, k]``; ``loss[i, k]`` >= 0, what the
        delay takes; constraints ``one_place[i]``, ``cap[k]``; ``congestion[i, k]``: loss >= slope (Lambda_k - (W_k - w_i)(1 -
        offload)) + lateness at no load, W_k the weight of all users in reach, so that it binds only where the user is; binary
        ``late[i, k]`` and ``floor[i, k]`` where a floored machine loses its reward and no more; objective ``total``.

    Notes
    -----
    Exact, with a relaxation that is weak: for tiny games. `column_generation` is the method for larger ones.
    """
    import pyomo.environ as pyo

    validation.choice("objective", objective, ("welfare", "potential"))
    if objective == "welfare":
        worth = welfare_worth(game)
        constant = math.fsum(game.local_utility.tolist())
    else:
        worth = potential_worth(game, np.zeros(game.providers))
        scale = np.divide(game.weight, game.gamma, out=np.zeros(game.users), where=game.gamma > 0.0)
        constant = math.fsum((scale * game.local_utility).tolist())
    pairs = list(zip(game.user.tolist(), game.provider.tolist(), strict=True))
    by_user: dict[int, list[int]] = {i: [] for i in range(game.users)}
    by_provider: dict[int, list[int]] = {k: [] for k in range(game.providers)}
    for i, k in pairs:
        by_user[i].append(k)
        by_provider[k].append(i)
    model = pyo.ConcreteModel(name="offloading")
    model.USERS = pyo.Set(initialize=range(game.users))
    model.PROVIDERS = pyo.Set(initialize=range(game.providers))
    model.PAIRS = pyo.Set(initialize=pairs, dimen=2)
    model.offload = pyo.Var(model.PAIRS, domain=pyo.Binary)
    model.loss = pyo.Var(model.PAIRS, domain=pyo.NonNegativeReals)

    def one_place(m: ConcreteModel, i: int) -> object:
        return sum(m.offload[i, k] for k in by_user[i]) <= 1 if by_user[i] else pyo.Constraint.Skip

    def cap(m: ConcreteModel, k: int) -> object:
        here = by_provider[k]
        return sum(m.offload[i, k] for i in here) <= int(game.cap[k]) if here else pyo.Constraint.Skip

    model.one_place = pyo.Constraint(model.USERS, rule=one_place)
    model.cap = pyo.Constraint(model.PROVIDERS, rule=cap)
    model.congestion = pyo.Constraint(model.PAIRS)
    model.late = pyo.Var(model.PAIRS, domain=pyo.Binary)
    model.floor = pyo.Constraint(model.PAIRS)
    prizes = []
    for p, (i, k) in enumerate(pairs):
        # loss >= slope Lambda_k + start while the user is at k; kinked users may also be early: then the loss is 0
        slope, start, prize, most = _terms(game, worth, p, i, k)
        prizes.append(prize)
        others = math.fsum(float(game.weight[j]) for j in by_provider[k]) - float(game.weight[i])
        load = pyo.quicksum(float(game.weight[j]) * model.offload[j, k] for j in by_provider[k])
        slack = max(slope * others + start, 0.0)
        right = slope * load + start - slack * (1 - model.offload[i, k])
        if most is None:
            model.late[i, k].fix(0)
        else:  # a floored machine: beyond `most` the loss does not grow
            excess = max(slope * (others + float(game.weight[i])) + start, 0.0)
            right = right - excess * model.late[i, k]
            model.floor[i, k] = model.loss[i, k] >= most * model.late[i, k]
        model.congestion[i, k] = model.loss[i, k] >= right
    gains = pyo.quicksum(prize * model.offload[pair] for prize, pair in zip(prizes, pairs, strict=True))
    model.total = pyo.Objective(expr=constant + gains - pyo.quicksum(model.loss[pair] for pair in pairs), sense=pyo.maximize)
    return model


def _terms(game: OffloadingGame, worth: partition.Worth, p: int, i: int, k: int) -> tuple[float, float, float, float | None]:
    """(slope, start, prize, most): a pair is worth prize - min(most, max(0, slope Lambda + start)); linear ones start at 0."""
    rate = float(game.rate[k])
    if worth.linear:
        return float(worth.gamma[i]) / rate, 0.0, float(worth.prize[p]), None
    slope, start = float(game.gamma[i]) / rate, float(game.sensitivity[i] * worth.late[p])
    if bool(game.human[i]):
        return slope, 0.0, float(worth.prize[p]) - start, None
    most = float(game.sensitivity[i] * game.deadline[i]) if game.regime == "floored" else None
    return slope, start, float(worth.prize[p]), most


def pyomo_milp(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The Pyomo model of `build_model` for the highest welfare, solved by HiGHS with a relative gap of 0; for tiny games.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The profile of the solver's incumbent and its bound, a claim, up to the solver's tolerances (1e-7 relative).

    Notes
    -----
    A linearisation of the congestion terms whose relaxation is weak: `column_generation` is far faster. It shows that the Pyomo
    model and the game agree, and is the pattern for other solvers. It reports nothing before its end, so of the stop rules it
    obeys the clock only.

    References
    ----------
    Bynum et al., Pyomo - Optimization Modeling in Python (2021). Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    if not game.pairs:
        empty = Profile(np.full(game.users, -1))
        return Found(empty, Termination.PROVED, bound=value(game, empty), evidence=BoundEvidence.CLAIMED)
    with run.breakable():
        model = build_model(game)
    answer = solve_model(model, run)
    notes, profile = list(answer.notes), None
    if answer.loaded:
        provider = np.full(game.users, -1, dtype=np.int64)
        for (i, k), variable in model.offload.items():
            if variable.value is not None and variable.value > 0.5:
                provider[i] = k
        profile = Profile(provider)
        broken = violations(game, profile)
        if broken:
            notes.append(f"HiGHS's incumbent breaks a constraint and was refused: {broken[0]}")
            profile = None
    bound, termination = answer.bound, answer.termination
    if termination is Termination.PROVED and (profile is None or bound is None):
        termination = Termination.ERROR
    if bound is not None and profile is not None and termination is Termination.PROVED:
        welfare = value(game, profile)
        terms = np.abs(game.gain[(chosen := positions(game, profile))[chosen >= 0]]).sum() + np.abs(game.local_utility).sum()
        if abs(bound - welfare) <= _CLAIM * max(abs(welfare), float(terms)):
            bound = welfare
        else:
            termination = Termination.STALLED
            notes.append(f"HiGHS says that its incumbent is worth {bound!r}; it is worth {welfare!r}, so nothing is proved")
    evidence = BoundEvidence.CLAIMED if bound is not None else None
    return Found(profile, termination, bound=bound, evidence=evidence, notes=tuple(notes))

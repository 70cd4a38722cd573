"""What ``edgeworth demo`` shows: a city, a theorem with a counterexample, a mechanism with the report that gains."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edgeworth.core.display import aligned, number, percent
from edgeworth.core.numeric import OPTIMALITY_TOL, relative_gap
from edgeworth.core.stop import Stop
from edgeworth.core.style import COLOURS, INK, WRONG, dress
from edgeworth.core.verdict import Status, Verdict
from edgeworth.experiments import line_plots
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.page import Section
from edgeworth.experiments.sweep import OnRun, compare
from edgeworth.experiments.tasks import MethodSpec
from edgeworth.games import offloading
from edgeworth.games.offloading.check import PotentialWitness
from edgeworth.games.offloading.claims import CLAIMS
from edgeworth.mechanisms import auditing, double_auction
from edgeworth.solvers import allocation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLES = {
    "greedy": "heuristic",
    "regret-greedy": "heuristic",
    "local-search": "heuristic",
    "q-learning": "learned",
    "lagrangian": "bound",
    "highs": "exact",
    "exact": "exact",
}
"""The methods that run on the city."""

_EPISODES = 1_000_000  # of the learner: more than any time limit of a demonstration leaves room for
_MOMENTS = (0.1, 1.0)  # seconds at which the table shows the gaps
_RULE = "off-aic2"


@dataclass(frozen=True)
class Demonstration:
    """What `demonstrate` returns.

    Parameters
    ----------
    city : AllocationProblem
    comparison : Comparison
        Of the methods on the city, with traces.
    sentences : tuple of str
        What the runs, the theorem's check and the audit say.
    sections : tuple of Section
        Theorem and audit, for the comparison's page.
    verified : bool
        Whether every run stood the check, both witnesses do it again when they are played, and nothing was left unchecked.
    """

    city: allocation.AllocationProblem
    comparison: Comparison
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]
    verified: bool

    def table(self) -> str:
        """A row a method: value and bound, how its gap to the best bound narrowed, and what is known of it."""
        return _table(self.comparison)

    def plot(self) -> Axes:
        """How far every method was from the best bound, over time."""
        ax = line_plots.curves(self.comparison.convergence())
        ax.set_title(
            f"{self.city.tasks} tasks, {self.city.servers} servers; dotted: how far each bound was", loc="left", fontsize=10
        )
        ax.set_ylabel("gap to the best bound (%)")
        return ax


def demonstrate(*, tasks: int, seconds: float, seed: int, on_run: OnRun | None = None) -> Demonstration | None:
    """Run the methods on a city, test a theorem on a game, audit a mechanism on a market.

    Parameters
    ----------
    tasks : int
        Of the city, >= 1.
    seconds : float
        Time limit of a method, > 0.
    seed : int
        Of city, game, market and methods, >= 0.
    on_run : callable, optional
        Called after every run on the city, as by `compare`.

    Returns
    -------
    Demonstration or None
        None where Ctrl-C ended the runs.
    """
    stop = Stop(seconds=seconds)
    city = allocation.generate(preset="melbourne-like", tasks=tasks, seed=seed)
    learner = MethodSpec("q-learning", "q-learning", allocation.QLearning(episodes=_EPISODES))
    methods = [learner if name == learner.label else name for name in ROLES]
    found = compare([city], methods, seeds=[seed], stop=stop, trace=True, on_run=on_run)
    if found.setting.interrupted:
        return None
    game = offloading.generate(preset="random", users=4, providers=3, seed=seed)
    theorem, ours = offloading.verify_potential(game, which="paper"), offloading.verify_potential(game, which="weighted")
    market = double_auction.generate(preset="fusion", buyers=4, sellers=3, seed=seed)
    audit = auditing.audit(_RULE, market)
    claim, stands = _claim(game, theorem, ours)
    lie, again = _audited(audit)
    sections = (_theorem_section(game, theorem, claim), _audit_section(market, audit, lie))
    return Demonstration(city, found, (*_city(found), claim, lie), sections, found.verified and stands and again)


def _table(found: Comparison) -> str:
    curves = found.convergence()
    end = float(found.frame["time_limit"].iloc[0])
    moments = [moment for moment in _MOMENTS if moment < end]
    rows = []
    for row in found.frame.to_dict("records"):
        mine = curves[curves["method"] == row["method"]]
        gaps = [mine["gap"][mine["seconds"] <= moment].iloc[-1:].tolist() for moment in moments]
        shown = [percent(gap[0]) if gap and math.isfinite(gap[0]) else "-" for gap in gaps]
        cells = [row["method"], ROLES[row["method"]], number(row["value"]), number(row["bound"]), *shown]
        rows.append([*cells, _gap(row), number(row["seconds"], 2), _evidence(row)])
    head = [
        "method",
        "role",
        "value",
        "bound",
        *(f"gap at {moment:g} s" for moment in moments),
        "at the end",
        "seconds",
        "evidence",
    ]
    return aligned(head, rows, left=("method", "role", "evidence"))


def _gap(row: Mapping[Hashable, Any]) -> str:
    return _tolerant(row["gap_to_best_bound"])


def _tolerant(gap: float) -> str:
    """A gap; what is below the tolerance of the checks is none."""
    return percent(0.0 if abs(gap) <= OPTIMALITY_TOL else gap)


def _left(row: Mapping[Hashable, Any]) -> str:
    """Where a run ended."""
    return "without a solution" if math.isnan(row["value"]) else f"at {number(row['value'])}, {_gap(row)} from the best bound"


def _evidence(row: Mapping[Hashable, Any]) -> str:
    if not row["verified"]:
        return "FAILED"
    if row["quality"] == "optimal":
        return "optimum, proved"
    if row["quality"] == "claimed optimal":
        return "optimum, its word"
    plain = "no solution" if math.isnan(row["value"]) else "value checked"
    return {"recomputed": "bound rebuilt", "claimed": "bound: its word"}.get(row["bound_evidence"], plain)


def _city(found: Comparison) -> list[str]:
    """What the runs on the city say: of the exact methods, then of the others."""
    rows = {row["method"]: row for row in found.frame.to_dict("records")}
    exact, peer, bound, learner = (rows[name] for name in ("exact", "highs", "lagrangian", "q-learning"))
    limit = exact["time_limit"]
    failed = [name for name, row in rows.items() if not row["verified"]]
    if failed:
        return [f"The runs of {', '.join(failed)} FAILED the check, so that nothing is said of the city. See the page."]
    if exact["quality"] == "optimal":
        first = (
            f"exact proved in {exact['seconds']:.2g} s that {number(exact['value'])} is the optimum; code that did not produce"
            " it rebuilt the proof."
        )
    else:
        first = f"exact did not finish in {limit:g} s: it ended {_left(exact)}."
    name = "The open solver HiGHS, on the same model (highs),"
    if peer["quality"] == "claimed optimal":
        second = f"{name} says after {peer['seconds']:.2g} s that {number(peer['value'])} is the optimum; that is its word."
    else:
        second = f"{name} did not finish in {limit:g} s and ended {_left(peer)}."
    heuristics = [rows[name] for name, role in ROLES.items() if role == "heuristic"]
    near = min(heuristics, key=lambda row: float(row["gap_to_best_bound"]))
    width = _tolerant(relative_gap(found.frame["value"].max(), bound["bound"], "max"))
    third = (
        f"lagrangian bounded the optimum within {width} in {bound['seconds']:.2g} s, so that the others can be judged without"
        f" it: {near['method']}, the best heuristic, ended {_left(near)}, and q-learning, after {learner['seconds']:.2g} s of"
        f" learning, {_left(learner)}."
    )
    return [first, second, third]


def _claim(game: offloading.OffloadingGame, theorem: Verdict, ours: Verdict) -> tuple[str, bool]:
    """What a theorem's check says, and whether its witness does it again and the weighted potential stood the same check."""
    source = next(claim.source for claim in CLAIMS if claim.id == "theorem-1")
    said = f"{source}, of the FUSION paper: every move by which a user gains raises one function"
    size = f"a game of {game.users} users and {game.providers} providers"
    if theorem.witness is None:
        return f"{said}. In {size} the check found no counterexample ({theorem.status}).", bool(theorem) and bool(ours)
    move = theorem.witness
    gain, rise = move.replay(game)
    words = (
        f"{said}. In {size}, {move.failing} of {move.improving} such moves do not: user {move.user} gains {gain:.3g} by"
        f" {f'going to provider {move.provider}' if move.provider >= 0 else 'computing locally'}, and the function changes by"
        f" {rise:.3g}, in exact arithmetic."
    )
    return words, bool(ours) and gain > 0.0 >= rise


def _audited(audit: auditing.Audit) -> tuple[str, bool]:
    """What an audit says of truthfulness, and whether it was settled and the witness gains again."""
    said, lie = f"{_RULE}, the auction of that paper as we read its text,", audit.truthful.witness
    settled = all(verdict.status is not Status.NOT_CHECKED for verdict in audit.report.values())
    if not isinstance(lie, auditing.Manipulation):
        return f"{said} on 4 buyers and 3 sellers: truthfulness {audit.truthful.status} ({audit.truthful.scope}).", settled
    words = (
        f"{said} does not reward the truth: among 4 buyers and 3 sellers, {lie} (the auditor looked at all {audit.pieces}"
        " points and pieces of reports, and played this one again)."
    )
    return words, settled and lie.gain > 0.0 and math.isclose(lie.replay(_RULE), lie.gain)


# --- the page ---------------------------------------------------------------------------------------------------------------


def _theorem_section(game: offloading.OffloadingGame, theorem: Verdict, words: str) -> Section:
    table, move = None, theorem.witness
    if move is not None:
        before = [_place(provider) for provider in move.profile.provider]
        after = [_place(move.provider) if user == move.user else place for user, place in enumerate(before)]
        table = pd.DataFrame({"user": range(game.users), "before the move": before, "after it": after})
    return Section(
        "A theorem with a counterexample",
        [words, "Where users compute before and after that move:"] if table is not None else [words],
        draw=lambda ax: _draw_moves(ax, game, move),
        alt="Every move by which a user gains: what it gains, and by how much the function of the theorem changes.",
        table=table,
    )


def _place(provider: int) -> str:
    return f"provider {provider}" if provider >= 0 else "locally"


def _draw_moves(ax: Axes, game: offloading.OffloadingGame, move: PotentialWitness | None) -> None:
    """Every move of every user from every profile: its gain, and the change of the function that the theorem is about."""
    profiles = [offloading.Profile(np.array(each)) for each in itertools.product(range(-1, game.providers), repeat=game.users)]
    worth = np.array([offloading.utilities(game, each) for each in profiles]).reshape(
        (game.providers + 1,) * game.users + (game.users,)
    )
    level = np.array([offloading.paper_potential(game, each) for each in profiles]).reshape(worth.shape[:-1])
    moves = []
    for user in range(game.users):
        gains, rises = np.moveaxis(worth[..., user], user, 0), np.moveaxis(level, user, 0)
        for before, after in itertools.permutations(range(game.providers + 1), 2):
            moves.append(np.stack([gains[after] - gains[before], rises[after] - rises[before]], axis=-1).reshape(-1, 2))
    gain, rise = np.concatenate(moves).T
    for some, marked, words in ((rise > 0.0, COLOURS[0], "raises the function"), (rise <= 0.0, WRONG, "does not")):
        shown = some & (gain > 0.0)
        ax.plot(gain[shown], rise[shown], ".", color=marked, ms=4, label=words, ls="none")
    if move is not None:
        ax.plot([move.gain], [move.rise], "D", color=WRONG, ms=7, label="the one below", ls="none")
    ax.axhline(0.0, color=INK, lw=0.9)
    ax.set_xlabel("gain of the user who moves")
    ax.set_ylabel("change of the function")
    dress(ax)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)


def _audit_section(market: double_auction.Market, audit: auditing.Audit, words: str) -> Section:
    lie = audit.truthful.witness
    agent = lie.agent if isinstance(lie, auditing.Manipulation) else None
    verdicts = [
        (name.replace("_", " "), str(verdict.status), str(verdict.witness or "")) for name, verdict in audit.report.items()
    ]
    return Section(
        "A mechanism with the report that gains",
        [words],
        draw=lambda ax: auditing.plot_audit(_RULE, market, agent, ax=ax),
        alt="The utility of the agent that gains most by a lie, against what it reports; truth and best report are marked.",
        table=pd.DataFrame(verdicts, columns=["property", "verdict", "evidence"]),
    )

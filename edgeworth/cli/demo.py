"""``edgeworth demo``: what the library is for, on one page and in a minute. Every number that it prints is of the run."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, drawable, writable
from edgeworth.core.numeric import OPTIMALITY_TOL, relative_gap

if TYPE_CHECKING:
    import pandas as pd

    from edgeworth.core.verdict import Verdict
    from edgeworth.experiments import Comparison
    from edgeworth.games.offloading import OffloadingGame
    from edgeworth.mechanisms.auditing import Audit

_ROLES = {
    "greedy": "heuristic",
    "regret-greedy": "heuristic",
    "local-search": "heuristic",
    "q-learning": "learned",
    "lagrangian": "bound",
    "highs": "exact",
    "exact": "exact",
}
_EPISODES = 1_000_000  # of the learner: more than any time limit of a demonstration leaves room for
_MOMENTS = (0.1, 1.0)  # seconds at which the table shows the gaps
_RULE = "off-aic2"


@click.command()
@click.option("--out", default="report.html", show_default=True, callback=writable, help="HTML page to write")
@click.option("--plot", callback=drawable, help="figure of the gaps over time to write: .svg, .png or .pdf")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of the city, the game and the market")
@click.option("--tasks", type=click.IntRange(min=1), default=1200, show_default=True, help="tasks of the city")
@click.option("--time-limit", type=float, default=3.0, show_default=True, help="seconds a method")
@click.option("--quiet", is_flag=True, help="no progress")
def demo(out: str, plot: str | None, seed: int, tasks: int, time_limit: float, quiet: bool) -> None:
    """Show in a minute what Edgeworth is for, and write a page about it.

    Exact, heuristic and learned methods and a bound on one city; a theorem of a paper with a counterexample; a mechanism with
    the report that gains. Exit code 0 when everything stands the check, 1 otherwise.
    """
    from edgeworth.cli.progress import sweep_progress
    from edgeworth.core.stop import Stop
    from edgeworth.experiments import MethodSpec, compare, line_plots
    from edgeworth.games import offloading
    from edgeworth.mechanisms import auditing, double_auction
    from edgeworth.solvers import allocation

    if not quiet:
        words = f"{len(_ROLES)} methods, at most {time_limit:g} s each. The first run compiles them, which no clock counts."
        output.say(words, err=True)
    city = allocation.generate(preset="melbourne-like", tasks=tasks, seed=seed)
    learner = MethodSpec("q-learning", "q-learning", allocation.QLearning(episodes=_EPISODES))
    methods = [learner if name == learner.label else name for name in _ROLES]
    with sweep_progress(quiet) as on_run:
        found = compare([city], methods, seeds=[seed], stop=Stop(seconds=time_limit), trace=True, on_run=on_run)
    if found.setting.interrupted:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)
    game = offloading.generate(preset="random", users=4, providers=3, seed=seed)
    theorem, ours = (offloading.verify_potential(game, which=which) for which in ("paper", "weighted"))
    market = double_auction.generate(preset="fusion", buyers=4, sellers=3, seed=seed)
    audit = auditing.audit(_RULE, market)

    curves = found.convergence()
    claims = [_claim(game, theorem, ours), _audited(audit)]
    files = output.Files()
    files.write(plot, lambda path: output.figure(lambda: line_plots.curves(curves), path))
    files.write(out, found.to_html)
    output.say(f"A city of {city.servers} edge servers and {city.tasks} tasks: which server computes which task?\n")
    output.say(_table(found, curves) + "\n")
    for sentence in (*_city(found), *(words for words, _ in claims)):
        output.say(textwrap.fill(sentence, 100, subsequent_indent="  ", initial_indent="- "))
    sound = found.verified and all(stands for _, stands in claims)
    output.say("\n" + ("Everything was verified." if sound else "NOT everything was verified."))
    for path in files.written:
        output.say(f"written: {path}")
    files.done()
    if not sound:
        raise SystemExit(FAILED)


def _table(found: Comparison, curves: pd.DataFrame) -> str:
    """A row a method: its value, how its gap to the best bound narrowed, and what is known of it."""
    end = float(found.frame["time_limit"].iloc[0])
    moments = [moment for moment in _MOMENTS if moment < end]
    rows = []
    for _, row in found.frame.iterrows():
        mine = curves[curves["method"] == row["method"]]
        gaps = [mine["gap"][mine["seconds"] <= moment].iloc[-1:].tolist() for moment in moments]
        shown = [output.percent(gap[0]) if gap and math.isfinite(gap[0]) else "-" for gap in gaps]
        cells = [row["method"], _ROLES[row["method"]], output.number(row["value"]), output.number(row["bound"]), *shown]
        rows.append([*cells, _gap(row), output.number(row["seconds"], 2), _evidence(row)])
    head = ["method", "role", "value", "bound", *(f"gap at {moment:g} s" for moment in moments), "at the end", "seconds", "evidence"]
    return output.aligned(head, rows, left=("method", "role", "evidence"))


def _gap(row: pd.Series[Any]) -> str:
    """A run's gap to the best bound; what is below the tolerance of the checks is none."""
    gap = row["gap_to_best_bound"]
    return output.percent(0.0 if abs(gap) <= OPTIMALITY_TOL else gap)


def _evidence(row: pd.Series[Any]) -> str:
    if not row["verified"]:
        return "FAILED"
    if row["quality"] == "optimal":
        return "optimum, proved"
    if row["quality"] == "claimed optimal":
        return "optimum, its word"
    return {"recomputed": "bound rebuilt", "claimed": "bound: its word"}.get(row["bound_evidence"], "value checked")


def _city(found: Comparison) -> list[str]:
    """What the runs on the city say: of the exact methods, then of the others."""
    rows = found.frame.set_index("method")
    exact, peer, bound = (rows.loc[name] for name in ("exact", "highs", "lagrangian"))
    limit, best = exact["time_limit"], rows["value"].max()
    if exact["quality"] == "optimal":
        first = (
            f"exact proved in {exact['seconds']:.2g} s that {output.number(exact['value'])} is the optimum; code that"
            " did not produce it rebuilt the proof."
        )
    else:
        first = (
            f"exact did not finish in {limit:g} s: it ended at {output.number(exact['value'])}, {_gap(exact)} from the best bound."
        )
    name = "The open solver HiGHS, on the same model (highs),"
    if peer["quality"] == "claimed optimal":
        second = f"{name} says after {peer['seconds']:.2g} s that {output.number(peer['value'])} is the optimum; that is its word."
    else:
        second = f"{name} did not finish in {limit:g} s and ended {_gap(peer)} from the best bound."
    heuristics = rows.loc[[name for name, role in _ROLES.items() if role == "heuristic"]]
    near = heuristics["gap_to_best_bound"].idxmin()
    third = (
        f"lagrangian bounded the optimum within {output.percent(relative_gap(best, bound['bound'], 'max'))} in"
        f" {bound['seconds']:.2g} s, so that others can be judged without it: {near}, the best heuristic, is {_gap(rows.loc[near])}"
        f" away, and q-learning, after {rows.loc['q-learning', 'seconds']:.2g} s of learning, {_gap(rows.loc['q-learning'])}."
    )
    return [first, second, third]


def _claim(game: OffloadingGame, theorem: Verdict, ours: Verdict) -> tuple[str, bool]:
    """What a theorem's check says, and whether its witness does it again and the weighted potential stood the same check."""
    from edgeworth.games.offloading.claims import CLAIMS

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


def _audited(audit: Audit) -> tuple[str, bool]:
    """What an audit says of truthfulness, and whether it was settled and the witness gains again."""
    from edgeworth.core.verdict import Status

    said, lie = f"{_RULE}, the auction of that paper as we read its text,", audit.truthful.witness
    if lie is None:
        settled = audit.truthful.status is not Status.NOT_CHECKED
        return f"{said} on 4 buyers and 3 sellers: truthfulness {audit.truthful.status} ({audit.truthful.scope}).", settled
    words = (
        f"{said} does not reward the truth: among 4 buyers and 3 sellers, {lie} (the auditor looked at all {audit.pieces} points"
        " and pieces of reports, and played this one again)."
    )
    return words, math.isclose(lie.replay(_RULE), lie.gain)

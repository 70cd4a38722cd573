"""The loads of the servers. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import figure_text, number
from edgeworth.core.names import label
from edgeworth.core.style import INK, WRONG, colour, dress, new_axes
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, loads, positions, value, violations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PARTED = 600  # tasks up to which every task is a part of its bar
_NAMED = 40  # servers up to which each has a name and a number of tasks


def plot_loads(problem: AllocationProblem, assignment: Assignment, *, ax: Axes | None = None) -> Axes:
    """Draw how full every server is.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a server: its load in percent of its capacity, parted at the tasks where they are few, and the number of its
        tasks. A server of capacity 0 has no bar. What is overloaded is red.

    Raises
    ------
    ValueError
        For an assignment of another number of tasks, or to servers that do not exist.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.solvers import allocation
    >>> problem = allocation.generate(servers=4, tasks=12, preset="hotspot", seed=0)
    >>> result = allocation.solve(problem, method="greedy")
    >>> ax = allocation.plot_loads(problem, result.solution, ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'load (% of capacity)'
    """
    if not isinstance(problem, AllocationProblem):
        validation.reject_type("problem", "must be an AllocationProblem", problem)
    broken = violations(problem, assignment)
    n = problem.servers
    if ax is None:
        ax = new_axes(6.4, 1.2 + 0.24 * min(max(n, 4), _NAMED))
    share = np.divide(100.0, problem.capacity, out=np.zeros(n), where=problem.capacity > 0.0)
    full = loads(problem, assignment) * share
    over = {each.at("server") for each in broken if each.rule == "capacity"}
    shades = [WRONG if i in over else colour(0) for i in range(n)]
    ax.barh(range(n), full, height=0.72, color=shades, lw=0)
    pair = positions(problem, assignment)
    pair = pair[pair >= 0]
    if len(pair) <= _PARTED:
        for i in range(n):
            ends = np.cumsum(problem.weight[pair[problem.server[pair] == i]])[:-1] * share[i]
            ax.vlines(ends, i - 0.36, i + 0.36, color="white", lw=0.8)
    ax.axvline(100.0, color=INK, lw=1.0, ls=(0, (4, 2)))
    served = np.bincount(assignment.server[assignment.server >= 0], minlength=n)
    if n <= _NAMED:
        ax.set_yticks(range(n), [figure_text(label(problem, "server", i)) for i in range(n)], fontsize=8)
        for i in range(n):
            ax.annotate(
                f"{served[i]} task{'s' if served[i] != 1 else ''}", (1.0, i), xytext=(5, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize=8, color=INK,
            )  # fmt: skip
    else:
        ax.set_ylabel("server")
    ax.set_ylim(max(n, 1) - 0.5, -0.5)
    ax.set_xlim(0.0, 1.03 * max(100.0, float(full.max(initial=0.0))))
    ax.set_xlabel("load (% of capacity)")
    worth = "breaks a constraint" if broken else f"value {number(value(problem, assignment))}"
    ax.set_title(f"{int(served.sum())} of {problem.tasks} tasks served; {worth}", loc="left", fontsize=10)
    dress(ax)
    return ax

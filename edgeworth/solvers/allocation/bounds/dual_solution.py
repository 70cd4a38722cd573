"""What a solved relaxation hands to the methods that build on it, whichever of the two solved it."""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.core.result import Termination
from edgeworth.solvers.allocation.model.system import Floats, Ints


class DualSolution(NamedTuple):
    """Multipliers of the capacity rows, and the primal choice that came with them.

    Parameters
    ----------
    multipliers : float64 [servers]
        u >= 0; all 0 where the relaxation was not solved.
    bound : float
        The dual function L(u) in the problem's own terms, valid for any u >= 0.
    choice : int64 [tasks] or None
        The pair of every task, -1 for a task that stays unserved, -2 for one that the relaxation does not decide.
    feasible : bool
        The choice decides every task and meets all constraints.
    ending : Termination
        Why the work ended.
    iterations : int
        Of the simplex method, or steps and rounds of the Lagrangian relaxation.
    solved : bool
        The multipliers come from the relaxation.
    infeasible : bool
        HiGHS claims that the linear relaxation has no solution.
    status : str
        HiGHS's own word, empty where it was not asked.
    """

    multipliers: Floats
    bound: float
    choice: Ints | None
    feasible: bool
    ending: Termination
    iterations: int
    solved: bool = True
    infeasible: bool = False
    status: str = ""

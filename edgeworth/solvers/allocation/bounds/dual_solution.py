"""What a relaxation hands to the methods that build on it."""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.core.result import Termination
from edgeworth.solvers.allocation.model.system import Floats, Ints


class DualSolution(NamedTuple):
    """Multipliers of the capacities from the linear program or the Lagrangian relaxation, and what came with them.

    Parameters
    ----------
    u : float64 [servers]
        Multipliers >= 0; 0 where the relaxation was not solved.
    solved : bool
        Whether the multipliers come from a relaxation that was solved, exactly or nearly.
    choice : int64 [tasks] or None
        A feasible choice of pairs, -1 for an unserved task; None where none is known.
    preferred : int64 [tasks] or None
        The pair that the relaxation takes for each task, -1 to leave it unserved, -2 where it is undecided.
    ending : Termination
        Why the work ended.
    iterations : int
        Simplex iterations, or Newton steps and rounds of exchanges.
    """

    u: Floats
    solved: bool
    choice: Ints | None
    preferred: Ints | None
    ending: Termination
    iterations: int

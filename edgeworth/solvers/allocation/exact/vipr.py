"""Proofs of small instances in the format VIPR 1.0, for checkers that nobody here wrote.

Source: Cheung, Gleixner and Steffy, Verifying integer programming results, IPCO 2017. The format knows linear inequalities,
their combinations, rounding and the two sides of a branching; knapsacks solved by tables are beyond it. The certificates
of `exact` are therefore not translated: the proof is made anew, by a branch and bound whose leaves are closed by linear
programming duals in rational numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from os import PathLike
from pathlib import Path

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.files import write_text
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.observer import Observer
from edgeworth.core.result import Result
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.solvers.allocation.bounds import column_model
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, positions, violations
from edgeworth.solvers.allocation.model import value as model_value

_PAIRS = 400  # beyond, the text of a proof is too long to be of use
_NODES = 5_000  # of the proof's tree at most
_DENOMINATORS = (1_000, 10**9)  # multipliers are rounded to such fractions, the second where the first is too coarse

Combination = dict[int, Fraction]


def to_vipr(problem: AllocationProblem, result: Result[Assignment], path: str | PathLike[str]) -> None:
    """Write a proof that the result's solution is optimal, or that nothing is feasible, to ``path`` in VIPR 1.0.

    Parameters
    ----------
    problem : AllocationProblem
        Of integer values, weights, capacities and offset, with at most 400 pairs.
    result : Result
        With an optimal solution; without a solution it is infeasibility that is proved. Its own certificate is not used.
    path : str or path

    Raises
    ------
    ValueError
        For a problem that is too large or not of integers, one whose proof takes more than 5,000 nodes, a result of another
        problem, and one whose solution is not feasible or not optimal (or that has none, and the problem has).

    Notes
    -----
    Variable k is the problem's pair k, chosen or not; the rows are x_k >= 0, then the tasks, then the servers. The offset is
    no part of the objective: a comment in the file tells it. In a leaf, task multipliers y, server multipliers u and those of
    the decisions add up to the objective, exactly, whatever u: every y_j is the largest p_ij - u_i w_ij. u is HiGHS's, rounded.
    """
    if not isinstance(problem, AllocationProblem):
        validation.reject_type("problem", "must be an AllocationProblem", problem)
    if not isinstance(result, Result):
        validation.reject_type("result", "must be a Result", result)
    if result.problem_hash != problem.hash:
        validation.reject("result", f"must be of this problem ({problem.hash})", result.problem_hash)
    if problem.pairs > _PAIRS:
        validation.reject("problem", f"must have at most {_PAIRS} pairs for a proof in VIPR", problem.pairs)
    if not (problem.integral and problem.whole.all()):
        validation.reject("problem", "must have integer values, weights, capacities and offset for a proof in VIPR", problem)
    proof = _Proof(problem, result.solution)
    proof.write(Path(path))


class _Proof:
    """The lines of the derivation, made depth first."""

    def __init__(self, problem: AllocationProblem, solution: Assignment | None) -> None:
        self.problem = problem
        self.chosen: list[int] = []
        self.value: int | None = None
        if solution is not None:
            broken = violations(problem, solution)
            if broken:
                validation.reject("result", f"must have a feasible solution ({broken[0]})", solution)
            self.chosen = sorted(k for k in positions(problem, solution).tolist() if k >= 0)
            self.value = round(model_value(problem, solution) - problem.offset)
        # Without a solution the objective is 0, and every leaf must show that 0 <= -1.
        aim = problem.profit if self.value is not None else np.zeros(problem.pairs)
        self.aim = [int(number) for number in aim.tolist()]
        self.target = 0 if self.value is None else (self.value if problem.sense == "max" else -self.value)
        self.weight = [int(number) for number in problem.weight.tolist()]
        self.room = [int(number) for number in problem.capacity.tolist()]
        self.run: Run[Assignment] = Run(
            sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), start=None, threads=1
        )
        self.rows = problem.pairs + problem.tasks + problem.servers
        self.lines: list[str] = []
        self.nodes = 0
        self._node({}, {})

    # --- branch and bound -----------------------------------------------------------------------------------------------

    def _node(self, fixed: Mapping[int, int], assumed: Mapping[int, int]) -> int:
        """Prove the claim under the decisions (pair -> 0 or 1; pair -> line of the assumption); returns the line's index."""
        self.nodes += 1
        if self.nodes > _NODES:
            validation.reject("problem", f"must have a proof of at most {_NODES} nodes", self.problem)
        crowded = self._crowded(fixed)
        if crowded is not None:
            return self._leaf(crowded, fixed, assumed)
        x, u = self._relaxed(fixed)
        goal = self.target + 1 if self.value is not None else 0
        for rounded in self._rounded(u):
            if self._bound(rounded, fixed)[0] < goal:
                return self._leaf(rounded, fixed, assumed)
        self._look_at(x)
        free = [k for k in range(self.problem.pairs) if k not in fixed]
        if not free:
            raise RuntimeError("a node without a choice was not closed")
        pair = min(free, key=lambda k: abs(x[k] - 0.5))
        ends = []
        for side, sense in ((1, "G"), (0, "L")):
            line = self._line(f"{sense} {side} 1 {pair} 1", "asm")
            ends.append((self._node({**fixed, pair: side}, {**assumed, pair: line}), line))
        (above, taken), (below, left) = ends
        return self._line(self._claim(), f"uns {below} {left} {above} {taken}")

    def _rounded(self, u: list[float]) -> Iterator[list[Fraction]]:
        """Multipliers to try: the solver's, rounded coarsely, then finely, and none."""
        for most in _DENOMINATORS:
            yield [max(Fraction(0), Fraction(number).limit_denominator(most)) for number in u]
        yield [Fraction(0)] * len(u)

    def _look_at(self, x: Floats) -> None:
        """Refuse the claim where the relaxation has a whole solution that it does not allow."""
        problem = self.problem
        taken = np.flatnonzero(x > 0.5)
        server = np.full(problem.tasks, -1, dtype=np.int64)
        server[problem.task[taken]] = problem.server[taken]
        found = Assignment(server)
        if violations(problem, found):
            return
        if self.value is None:
            validation.reject("result", "must have the solution that the problem has", found)
        if sum(self.aim[k] for k in taken.tolist()) > self.target:
            validation.reject("result", "must have an optimal solution; a better one is", found)

    def _crowded(self, fixed: Mapping[int, int]) -> list[Fraction] | None:
        """Server multipliers that close a node whose decisions alone overload a server; None where they do not."""
        load = [0] * self.problem.servers
        for k, side in fixed.items():
            load[int(self.problem.server[k])] += side * self.weight[k]
        for i, weight in enumerate(load):
            if weight > self.room[i]:
                u = [Fraction(0)] * self.problem.servers
                u[i] = Fraction(2 + abs(self.target) + 2 * sum(map(abs, self.aim)))
                return u
        return None

    def _relaxed(self, fixed: Mapping[int, int]) -> tuple[Floats, list[float]]:
        """x of the linear relaxation, and its server multipliers. Tasks that must be served may be left out at a high price."""
        problem, pairs = self.problem, self.problem.pairs
        base = column_model(problem, integer=False)
        wanted = np.flatnonzero(problem.must_serve)
        lower, upper = np.zeros(pairs + len(wanted)), np.ones(pairs + len(wanted))
        for k, side in fixed.items():
            lower[k] = upper[k] = side
        price = 4.0 * (sum(map(abs, self.aim)) + abs(self.target) + 1.0)
        model = ColumnModel(
            cost=np.concatenate([-np.array(self.aim, dtype=np.float64), np.full(len(wanted), price)]),
            upper=upper,
            row_lower=base.row_lower,
            row_upper=base.row_upper,
            starts=np.concatenate([base.starts, base.starts[-1] + np.arange(1, len(wanted) + 1)]),
            rows=np.concatenate([base.rows, wanted]),
            entries=np.concatenate([base.entries, np.ones(len(wanted))]),
            integer=False,
            lower=lower,
        )
        answer = minimise(model, self.run)
        if answer.x is None or answer.row_dual is None:
            raise RuntimeError(f"HiGHS did not solve a relaxation: {answer.status}")
        per = np.where(problem.capacity > 0.0, problem.capacity, 1.0)
        return answer.x[:pairs], (-answer.row_dual[problem.tasks :] / per).tolist()

    # --- leaves ---------------------------------------------------------------------------------------------------------

    def _bound(self, u: list[Fraction], fixed: Mapping[int, int]) -> tuple[Fraction, list[Fraction]]:
        """The bound on the objective under the decisions that u proves, and the task multipliers y of its proof."""
        problem = self.problem
        y, total = [], sum((price * room for price, room in zip(u, self.room, strict=True)), Fraction(0))
        for j in range(problem.tasks):
            mine = range(int(problem.indptr[j]), int(problem.indptr[j + 1]))
            reduced = {k: self.aim[k] - u[int(problem.server[k])] * self.weight[k] for k in mine}
            open_ = [reduced[k] for k in mine if fixed.get(k) != 0]
            if any(fixed.get(k) == 1 for k in mine):
                others = [reduced[k] for k in mine if k not in fixed]
                taken = [reduced[k] for k in mine if fixed.get(k) == 1]
                best = max(others + taken)
                best = best if problem.must_serve[j] else max(best, Fraction(0))
                total += best - sum((best - number for number in taken), Fraction(0))
            elif open_ or not problem.must_serve[j]:
                best = max([*open_, *([] if problem.must_serve[j] else [Fraction(0)])])
                total += best
            else:  # nothing serves it: the lower, the better
                best = -Fraction(4 * (sum(map(abs, self.aim)) + abs(self.target) + 1)) - sum(
                    (price * room for price, room in zip(u, self.room, strict=True)), Fraction(0)
                )
                total += best
            y.append(best)
        return total, y

    def _leaf(self, u: list[Fraction], fixed: Mapping[int, int], assumed: Mapping[int, int]) -> int:
        """The claim as a combination of rows and assumptions, rounded down."""
        problem = self.problem
        total, y = self._bound(u, fixed)
        parts: Combination = {problem.pairs + j: number for j, number in enumerate(y) if number}
        parts |= {problem.pairs + problem.tasks + i: number for i, number in enumerate(u) if number}
        for k in range(problem.pairs):
            rest = self.aim[k] - y[int(problem.task[k])] - u[int(problem.server[k])] * self.weight[k]
            if rest:  # x_k >= 1 where it is chosen, x_k <= 0 where it is ruled out and that helps, else x_k >= 0
                parts[assumed[k] if fixed.get(k) == 1 or rest > 0 else k] = rest
        if self.value is None:
            scale = Fraction(-1) / total  # 0 <= total < 0 becomes 0 <= -1, written 0 >= 1
            return self._line(self._claim(), _reason("lin", {row: -number * scale for row, number in parts.items()}))
        sign = 1 if problem.sense == "max" else -1
        return self._line(self._claim(), _reason("rnd", {row: sign * number for row, number in parts.items()}))

    def _claim(self) -> str:
        if self.value is None:
            return "G 1 0"
        return f"{'L' if self.problem.sense == 'max' else 'G'} {self.value} OBJ"

    def _line(self, claim: str, reason: str) -> int:
        self.lines.append(f"D{len(self.lines)} {claim} {{ {reason} }} -1")
        return self.rows + len(self.lines) - 1

    # --- the file -------------------------------------------------------------------------------------------------------

    def write(self, path: Path) -> None:
        """Everything in the order of the format."""
        problem = self.problem
        pairs, tasks, servers = range(problem.pairs), range(problem.tasks), range(problem.servers)
        where = list(zip(problem.task.tolist(), problem.server.tolist(), strict=True))
        text = [f"% allocation problem {problem.hash}; values without the offset {int(problem.offset)}", "VER 1.0"]
        text += [f"VAR {problem.pairs}", *(f"x_{j}_{i}" for j, i in where)]
        text += [f"INT {problem.pairs}", " ".join(map(str, pairs))]
        objective = [(k, int(number)) for k, number in enumerate(problem.value.tolist()) if number]
        text += [f"OBJ {problem.sense}", _sparse(objective), f"CON {self.rows} {problem.pairs}"]
        text += [f"B{k} G 0 1 {k} 1" for k in pairs]
        for j in tasks:
            mine = range(int(problem.indptr[j]), int(problem.indptr[j + 1]))
            text.append(f"T{j} {'E' if problem.must_serve[j] else 'L'} 1 {_sparse((k, 1) for k in mine)}")
        for i in servers:
            mine_i = [(k, self.weight[k]) for k in pairs if where[k][1] == i and self.weight[k]]
            text.append(f"S{i} L {self.room[i]} {_sparse(mine_i)}")
        if self.value is None:
            text += ["RTP infeas", "SOL 0"]
        else:
            text += [f"RTP range {self.value} {self.value}", "SOL 1", f"best {_sparse((k, 1) for k in self.chosen)}"]
        text += [f"DER {len(self.lines)}", *self.lines]
        write_text(path, "\n".join(text) + "\n")


def _sparse(entries: Iterable[tuple[int, int]]) -> str:
    """A count, then index and entry of each."""
    listed = list(entries)
    return " ".join([str(len(listed)), *(f"{index} {number}" for index, number in listed)])


def _reason(kind: str, parts: Combination) -> str:
    return " ".join([kind, str(len(parts)), *(f"{row} {number}" for row, number in sorted(parts.items()))])

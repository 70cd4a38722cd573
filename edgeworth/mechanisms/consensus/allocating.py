"""Blocks that hold an allocation: replicas verify it instead of solving it again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.budget import Budget, BudgetEnded
from edgeworth.core.result import Certificate, Result
from edgeworth.core.stop import Stop
from edgeworth.mechanisms.consensus.blocks import Block, misplaced
from edgeworth.solvers import allocation

_TOLERANCE = 1e-9
"""By which share of itself a stated value may differ from the one recomputed, and fall below greedy's."""

_SECONDS = 10.0  # that rebuilding a bound may take

_FIELDS = ("bound", "method", "problem", "seed", "servers", "value")


class Allocating:
    """A round of the platform: a problem that everybody knows, and a block with an assignment for it.

    Parameters
    ----------
    servers, tasks : int
        Of the problem of every round, >= 1.
    preset : str
        Of `allocation.generate`.
    method : str
        A method of the family, by which a correct leader makes its block.
    gap : float, optional
        A block must carry a bound, and its value must be within this share of it, >= 0. None: neither.
    stop : Stop, optional
        Of the leader's method. A block made under a limit of time depends on the machine.
    seed : int
        From which the problems are drawn, >= 0.

    Notes
    -----
    A replica accepts a block whose problem is that of the round, whose assignment breaks no constraint, whose value is as
    stated and at least greedy's and, where ``gap`` is given, whose bound can be rebuilt from its certificate. A leader may use
    any method; one that proposes less than greedy's is voted out, so that a correct leader whose method finds less proposes
    greedy's, and the block says so.

    References
    ----------
    MTA paper, section II-B, steps 3 to 5; the rules are ours, since the paper trusts every server.
    """

    name = "allocation"

    def __init__(
        self,
        *,
        servers: int = 6,
        tasks: int = 30,
        preset: str = "metaverse-code",
        method: str = "regret-greedy",
        gap: float | None = None,
        stop: Stop | None = None,
        seed: int = 0,
    ) -> None:
        self.servers = validation.integer("servers", servers, minimum=1)
        self.tasks = validation.integer("tasks", tasks, minimum=1)
        self.preset = preset
        self.method = validation.choice("method", method, tuple(each.name for each in allocation.METHODS))
        self.stop = stop
        self.gap = None if gap is None else validation.real("gap", gap, minimum=0.0)
        self.seed = validation.integer("seed", seed, minimum=0)
        self._problems: dict[int, Any] = {}
        self._results: dict[tuple[int, int], Result[allocation.Assignment]] = {}
        self._greedily: dict[int, Result[allocation.Assignment]] = {}
        self._judged: dict[tuple[int, bytes, bytes], str] = {}

    def problem(self, height: int) -> allocation.AllocationProblem:
        """The problem of a round."""
        if height not in self._problems:
            seed = int(np.random.SeedSequence((self.seed, height)).generate_state(1, np.uint64)[0] >> 1)
            self._problems[height] = allocation.generate(preset=self.preset, servers=self.servers, tasks=self.tasks, seed=seed)
        found: allocation.AllocationProblem = self._problems[height]
        return found

    def result(self, height: int, variant: int = 0) -> Result[allocation.Assignment]:
        """What the leader's method makes of the round; the variant is the method's seed."""
        if (height, variant) not in self._results:
            problem = self.problem(height)
            self._results[height, variant] = allocation.solve(problem, method=self.method, seed=variant, stop=self.stop)
        return self._results[height, variant]

    def best(self, height: int, variant: int = 0) -> Result[allocation.Assignment]:
        """What a correct leader proposes: greedy's assignment where its method's is worth less, as no replica accepts that."""
        own, greedy = self.result(height, variant), self._greedy(height)
        if own.value is None or (greedy.value is not None and own.value < greedy.value):
            return greedy
        return own

    def seconds(self, height: int, variant: int = 0) -> float:
        """That the leader took: its method, and greedy beside it."""
        return self.result(height, variant).stats.seconds + self._greedy(height).stats.seconds

    def propose(self, height: int, previous: bytes, view: int, proposer: int, variant: int = 0) -> bytes:
        """The block of a correct leader."""
        result = self.best(height, variant)
        assignment = result.require()
        bound = None
        if self.gap is not None and result.certificate is not None:
            arrays = {
                name: [values.dtype.str, list(values.shape), values.ravel().tolist()]
                for name, values in result.certificate.arrays.items()
            }
            bound = {"kind": result.certificate.kind, "arrays": arrays}
        content = {
            "problem": self.problem(height).hash, "method": result.method, "seed": variant, "bound": bound,
            "servers": assignment.server.tolist(), "value": allocation.value(self.problem(height), assignment).hex(),
        }  # fmt: skip
        return Block(height, previous, view, proposer, self.name, content).encode()

    def refusal(self, height: int, previous: bytes, block: bytes) -> str:
        """Why a block must not be accepted at that place; empty where it may."""
        key = (height, previous, block)
        if key not in self._judged:  # all replicas judge alike: the simulation judges once
            self._judged[key] = self._refusal(height, previous, block)
        return self._judged[key]

    def _refusal(self, height: int, previous: bytes, block: bytes) -> str:
        try:
            found = Block.decode(block)
        except ValueError as error:
            return str(error)
        reason = misplaced(found, self.name, height, previous)
        return reason or self._judge(height, found.content)

    def _judge(self, height: int, content: Any) -> str:
        problem = self.problem(height)
        if sorted(content) != list(_FIELDS):
            return f"content: must have the fields {', '.join(_FIELDS)}; got {sorted(content)}"
        if content["problem"] != problem.hash:
            return f"content: problem must be that of round {height}"
        if content["method"] not in [each.name for each in allocation.METHODS]:
            return f"content: method must be one of the family's; got {content['method']!r}"
        if type(content["seed"]) is not int or not 0 <= content["seed"] < 2**63:
            return f"content: seed must be a whole number from 0; got {content['seed']!r}"
        servers = content["servers"]
        whole = isinstance(servers, list) and len(servers) == problem.tasks and all(type(each) is int for each in servers)
        if not whole or not all(-1 <= each < problem.servers for each in servers):
            return f"content: servers must name one of {problem.servers} servers, or -1, for each of {problem.tasks} tasks"
        try:
            value = float.fromhex(content["value"])
        except (TypeError, ValueError, OverflowError):
            return f"content: value must be a number in hexadecimal; got {content['value']!r}"
        assignment = allocation.Assignment(np.array(servers, dtype=np.int64))
        broken = allocation.violations(problem, assignment)
        if broken:
            return f"the assignment breaks a constraint: {broken[0]}"
        true = allocation.value(problem, assignment)
        if not math.isfinite(value) or abs(value - true) > _TOLERANCE * max(abs(true), 1.0):
            return f"the value is {true}, the block says {value}"
        least = self._greedy(height).value
        if least is not None and true < least - _TOLERANCE * max(abs(least), 1.0):
            return f"the value {true:.6g} is below greedy's {least:.6g}"
        return "" if self.gap is None else self._far(problem, content["bound"], true)

    def _greedy(self, height: int) -> Result[allocation.Assignment]:
        if height not in self._greedily:
            self._greedily[height] = allocation.solve(self.problem(height), method="greedy")
        return self._greedily[height]

    def _far(self, problem: allocation.AllocationProblem, bound: Any, value: float) -> str:
        """Why the bound does not show that the value is near the optimum."""
        try:
            with np.errstate(all="ignore"):  # what does not fit its type proves nothing
                arrays = {
                    name: np.array(entries, dtype=np.dtype(kind)).reshape(shape)
                    for name, (kind, shape, entries) in bound["arrays"].items()
                }
            certificate = Certificate(bound["kind"], arrays)
            rebuilt = float(allocation.FAMILY.rebuild[certificate.kind](problem, certificate.arrays, Budget(_SECONDS)))
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError, BudgetEnded) as error:
            return f"content: bound must be a certificate of the family; {error}"
        gap = (rebuilt - value) / max(abs(value), 1e-300)
        if not gap <= (self.gap or 0.0) + _TOLERANCE:
            return f"the gap is {gap:.3g}, more than {self.gap:.3g}"
        return ""

    def spoil(self, block: bytes, how: str) -> bytes:
        """An overloaded server, or nobody served."""
        found = Block.decode(block)
        problem = self.problem(found.height)
        servers = np.full(problem.tasks, -1, dtype=np.int64)
        if how == "wrong":
            servers[problem.task] = problem.server  # the last server eligible for a task
            servers[:] = np.where(servers >= 0, servers.max(initial=-1), -1)
        value = allocation.value(problem, allocation.Assignment(servers)) if how == "lazy" else 0.0
        return replace(found, content={**found.content, "servers": servers.tolist(), "value": float(value).hex()}).encode()

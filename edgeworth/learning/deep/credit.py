"""Decisions and what they cost, which is known later: kept from one rollout to the next until it is."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats, Ints
from edgeworth.learning.deep.envs import Step
from edgeworth.learning.deep.rollout import Rollout


class Ledger:
    """The decisions of a rollout, and those of earlier ones that are still open.

    Parameters
    ----------
    rollout : Rollout

    Attributes
    ----------
    held : dict of arrays
        What is learnt from, one row a decision that is open, oldest first: ``copy`` and ``decision`` say whose cost it waits
        for, ``brought`` is minus that cost.
    """

    def __init__(self, rollout: Rollout) -> None:
        self._rollout, views = rollout, rollout.views
        shape = (rollout.length, views.rows)
        self._copy = np.broadcast_to(np.repeat(np.arange(views.copies), views.spec.agents), shape)
        self._decided, self._brought = np.full(shape, -1), np.full(shape, np.nan)
        self.held = self._fresh()

    def begin(self) -> None:
        """A rollout begins."""
        self._decided[...], self._brought[...] = -1, np.nan

    def take(self, k: int, step: Step) -> None:
        """Write down what step k decided, and settle what ended with it."""
        if step.decided is None or step.costs is None:
            raise ValueError("env: must tell at every step what was decided, and its costs, for credit by task; got None")
        self._check(step.decided, step.costs, step.final_costs)
        decided = np.ravel(step.decided)
        if self._rollout.active is not None:
            decided = np.where(self._rollout.active[k] > 0.0, decided, -1)
        self._decided[k] = decided
        ended = step.terminated | step.truncated
        if ended.any():
            costs = np.zeros((len(ended), 0)) if step.final_costs is None else step.final_costs
            if self._settle(k + 1, ended, costs):
                validation.reject("env", "must settle all decisions of an episode by its end", "final_costs of NaN")

    def _check(self, decided: Ints, costs: Floats, final: Floats | None) -> None:
        """Refuse other shapes than `Step` says: numbers of copies could pass for those of agents."""
        shape = (self._rollout.views.copies, self._rollout.views.spec.agents)
        if np.shape(decided) != shape or np.asarray(decided).dtype.kind not in "iu":
            validation.reject("env", f"must tell what was decided as integers of shape {shape}", decided)
        for each in (costs, final):
            if each is not None and (np.ndim(each) != 2 or len(each) != shape[0]):
                validation.reject("env", f"must tell costs of shape ({shape[0]}, numbers)", np.shape(each))

    def settled(self, costs: Floats) -> dict[str, Array]:
        """After the last step: the decisions whose costs are known by now, as `held`; the others are held.

        Parameters
        ----------
        costs : float [copies, numbers]
            Of the episodes under way.
        """
        self._settle(len(self._decided), np.ones(self._rollout.views.copies, np.bool_), costs)
        fresh = self._fresh()
        every = {name: np.concatenate([self.held[name], each]) for name, each in fresh.items()}
        known = ~np.isnan(every["brought"])
        self.held = {name: each[~known] for name, each in every.items()}
        return {name: each[known] for name, each in every.items()}

    def _fresh(self) -> dict[str, Array]:
        """The decisions of this rollout, step by step."""
        which = np.nonzero(self._decided >= 0)
        own = {"copy": self._copy[which], "decision": self._decided[which], "brought": self._brought[which]}
        return own | self._rollout.columns(which)

    def _settle(self, upto: int, copies: Bools, costs: Floats) -> bool:
        """Look up what open decisions of these copies cost; returns whether one is still open."""
        held, missing = self.held, False
        new = self._copy[:upto], self._decided[:upto], self._brought[:upto]
        for copy, decision, brought in (new, (held["copy"], held["decision"], held["brought"])):
            which = np.nonzero((decision >= 0) & np.isnan(brought) & copies[copy])
            most = int(decision[which].max(initial=-1))
            if most >= costs.shape[1]:
                validation.reject("env", f"must give the costs of decision {most}", f"costs of {costs.shape[1]}")
            brought[which] = -costs[copy[which], decision[which]]
            missing |= bool(np.isnan(brought[which]).any())
            if np.isinf(brought[which]).any():
                validation.reject("env", "must give finite costs, or NaN while they are open", "infinite ones")
        return missing

    def load(self, arrays: Arrays) -> None:
        """Hold what another one held.

        Parameters
        ----------
        arrays : mapping of arrays

        Raises
        ------
        ValueError
            For arrays of another shape, and decisions of copies that there are not.
        """
        count = len(arrays["decision"])
        self.held = {
            name: validation.stored(arrays, name, (count, *each.shape[1:])).astype(each.dtype)
            for name, each in self.held.items()
        }
        copy, decision = self.held["copy"], self.held["decision"]
        if ((copy < 0) | (copy >= self._rollout.views.copies) | (decision < 0)).any():
            validation.reject("arrays", "must hold decisions of this environment's copies", "others")

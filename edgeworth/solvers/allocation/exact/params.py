"""Parameters of `branch_and_bound`."""

from __future__ import annotations

from dataclasses import dataclass

from edgeworth.core import validation


@dataclass(frozen=True)
class Exact:
    """Parameters of `branch_and_bound`.

    Parameters
    ----------
    tree_pairs : int, >= 0
        Problems with more eligible pairs are left to the method "lagrangian".
    anneal : bool
        Whether simulated annealing looks for incumbents beside the tree.
    certificate_bytes : int, >= 0
        Largest certificate of a tree; beyond it, what the tree proves is a claim.
    core : bool
        Whether HiGHS works on the core beside the tree. Its bounds are claims.
    enumerate : bool
        Whether the sets that servers may hold are enumerated beside the tree.
    """

    tree_pairs: int = 1_000_000
    anneal: bool = True
    certificate_bytes: int = 50_000_000
    core: bool = True
    enumerate: bool = True

    def __post_init__(self) -> None:
        validation.integer("tree_pairs", self.tree_pairs, minimum=0)
        validation.flag("anneal", self.anneal)
        validation.flag("core", self.core)
        validation.flag("enumerate", self.enumerate)
        validation.integer("certificate_bytes", self.certificate_bytes, minimum=0)

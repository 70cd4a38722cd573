"""Certificates of column generation: what the checker needs to rebuild a bound at the root, and one beyond it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Arrays
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate
from edgeworth.routing.orienteering.exact.labelling import RunEnded
from edgeworth.routing.orienteering.exact.root import Bound, Root
from edgeworth.routing.orienteering.exact.tree import Tree

NG_ROUTES, LISTED_ROUTES = "ng-routes", "listed-routes"
"""Kinds of certificates: multipliers of the customers and the sets of neighbours that routes remember; these, with a target
and a tree over the routes of plans that reach it."""

_LABELS, _ROUTES, _NODES = 500_000, 60_000, 2_000  # most that a certificate is made for


class Proved(NamedTuple):
    """A bound with its evidence."""

    bound: float
    evidence: BoundEvidence
    certificate: Certificate


def proved(root: Root) -> Proved:
    """The bound to report, and the certificate: of the best L(pi) that the checker can afford where that reaches it, else of
    the routes listed."""
    certificate = Certificate(NG_ROUTES, _arrays(root.rebuilt))
    rebuilt = root.reported(root.rounded_down(root.rebuilt.value))
    enough = not root.closed or closes(root.value, rebuilt, "max", root.problem.integral)
    if enough and (rebuilt <= root.bound or closes(root.bound, rebuilt, "max", False)):
        return Proved(rebuilt, BoundEvidence.RECOMPUTED, certificate)
    best = _arrays(Bound(root.root_bound, root.prices, root.kinds, root.certified_near))
    listed = _listed_proof(root, best) if root.closed else None
    return listed or Proved(root.bound, BoundEvidence.CLAIMED, certificate)


def _arrays(bound: Bound) -> Arrays:
    members = [np.flatnonzero(row) for row in bound.near]
    return {
        "multipliers": bound.prices,
        "largest": bound.kinds,
        "indptr": np.cumsum([0, *map(len, members)], dtype=np.int64),
        "members": np.concatenate([np.zeros(0, dtype=np.int64), *members]),
    }


def _listed_proof(root: Root, arrays: Arrays) -> Proved | None:
    """The evidence that no plan is better than the best one: the routes of better plans are listed once more, and a tree over
    them is grown whose leaves all stay below. None where that is too much work, or the run must end."""
    root.finishing = True
    try:
        return _listed(root, arrays)
    except RunEnded:
        return None
    finally:
        root.finishing = False


def _listed(root: Root, arrays: Arrays) -> Proved | None:
    wanted = root.target
    slack = root.tolerance(wanted)  # routes are listed down to this much below their threshold
    target = max(root.value, wanted - 0.5 * slack)
    if not closes(root.value, root.rounded_down(target), "max", root.problem.integral):
        return None
    columns = root.routes_for(wanted, _LABELS, _ROUTES)
    if columns is None:
        return None
    tree = Tree(root.bases, root.n, columns, target - 0.25 * slack, _NODES, root.tick)
    if not tree.grow():
        return None
    content = {
        **arrays,
        "largest": root.kinds + 0.01 * slack,  # no less than what a sum in another order gives
        "target": np.array([target]),
        "branches": np.array(tree.branches, dtype=np.int64),
        "leaves": np.array(tree.leaves),
    }
    return Proved(root.rounded_down(target), BoundEvidence.RECOMPUTED, Certificate(LISTED_ROUTES, content))

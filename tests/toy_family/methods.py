"""The methods, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "tests.toy_family"

METHODS: tuple[Method, ...] = (
    Method(
        name="greedy",
        kind="optimise",
        function=f"{_ROOM}.heuristic:heaviest_first",
        exact=False,
        randomised=False,
        guarantee="half of the optimum",
        reference='Jenkyns, The efficacy of the "greedy" algorithm (1976)',
    ),
    Method(
        name="exact",
        kind="optimise",
        function=f"{_ROOM}.exact:dynamic_programme",
        exact=True,
        randomised=False,
        guarantee="optimal, with prices of the edges that prove it",
        reference="Bellman, Dynamic Programming (1957)",
    ),
)

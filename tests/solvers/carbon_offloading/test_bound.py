"""Every policy of the table stays above the bound, over a thousand episodes."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth.solvers import carbon_offloading

POLICIES = [row.name for row in carbon_offloading.METHODS if row.kind == "policy"]
LEARNED = ("ppo", "mappo", "ddpg", "td3")
LOADS, BUFFERS, BATTERIES = (1e6, 3e6, 5e6, 8e6, 12e6), (5e3, 2e4, 1e5), (0.0, 0.0, 1e-3)


def _below(episodes: range) -> list[tuple[int, str, float]]:
    """Episodes and policies whose value is below the bound, with the difference."""
    found = []
    for seed in episodes:
        rng = np.random.default_rng(seed)
        load, buffer, battery = (float(rng.choice(values)) for values in (LOADS, BUFFERS, BATTERIES))
        problem = carbon_offloading.generate(users=1, slots=40, load=load, buffer=buffer, battery=battery, seed=seed)
        bound = carbon_offloading.solve(problem, method="exact").bound
        assert bound is not None
        for name in POLICIES:
            if battery and name in ("value-iteration", *LEARNED):  # refused
                continue
            if name == "value-iteration" and seed % 20:  # a table for every device
                continue
            value = carbon_offloading.solve(problem, method=name, seed=seed).value
            assert value is not None
            if value < bound:
                found.append((seed, name, bound - value))
    return found


def test_no_policy_is_below_the_bound() -> None:
    assert len(POLICIES) == 14
    assert _below(range(12)) == []


@pytest.mark.slow
def test_no_policy_is_below_the_bound_in_a_thousand_episodes() -> None:
    assert _below(range(1_000)) == []

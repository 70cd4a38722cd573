"""Strategies for offloading games, profiles and edge systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from edgeworth.core.arrays import Array, Bools, Floats
from edgeworth.games.offloading.model import REGIMES, EdgeSystem, OffloadingGame, Profile
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def offloading_games(
    *, min_users: int = 0, max_users: int = 4, min_providers: int = 0, max_providers: int = 3, linear: bool | None = None
) -> SearchStrategy[OffloadingGame]:
    """Small games, degenerate ones among them.

    No users, no providers, nobody in reach, full caps, no workload, users who do not mind delays, ties, prices, costs, losses,
    machines in every regime.

    Parameters
    ----------
    min_users, max_users, min_providers, max_providers : int
        The range of sizes.
    linear : bool, optional
        Only the linearised regime (True), only the others (False), or all (None).

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    regimes = {None: REGIMES, True: ("linearised",), False: ("soft-deadline", "floored")}[linear]

    @st.composite
    def build(draw: DrawFn) -> OffloadingGame:
        m, n = draw(st.integers(min_users, max_users)), draw(st.integers(min_providers, max_providers))
        whole = draw(st.booleans())

        def number(low: int, high: int) -> SearchStrategy[float]:
            return st.integers(low, high) if whole else st.floats(low, high, allow_subnormal=False, width=32)

        def listed(entry: SearchStrategy[float], length: int, dtype: DTypeLike = np.float64) -> Array:
            return np.array(draw(st.lists(entry, min_size=length, max_size=length)), dtype=dtype)

        human = listed(st.booleans(), m, np.bool_)
        return OffloadingGame.from_matrices(
            gain=listed(number(-1, 4), m * n).reshape(m, n),
            rate=listed(number(1, 4), n),
            reach=listed(st.booleans(), m * n, np.bool_).reshape(m, n) if draw(st.booleans()) else None,
            transfer=listed(number(0, 1), m * n).reshape(m, n) if draw(st.booleans()) else None,
            price=listed(number(0, 1), m * n).reshape(m, n) if draw(st.booleans()) else None,
            weight=listed(number(1, 3), m),
            workload=listed(number(0, 3), m),
            sensitivity=listed(number(0, 2), m),
            deadline=np.where(human, 0.0, listed(number(1, 3), m)),
            human=human,
            local_utility=listed(number(0, 1), m) if draw(st.booleans()) else None,
            local_delay=listed(number(0, 2), m),
            cap=listed(st.integers(0, max_users), n, np.int64) if draw(st.booleans()) else None,
            cost_rate=listed(number(0, 1), n) if draw(st.booleans()) else None,
            regime=draw(st.sampled_from(regimes)),
        )

    return build()


def offloading_profiles(game: OffloadingGame) -> SearchStrategy[Profile]:
    """Any profile of the right shape: feasible or not, in reach or not.

    Parameters
    ----------
    game : OffloadingGame
        The game.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    listed = st.lists(st.integers(-1, game.providers - 1), min_size=game.users, max_size=game.users)
    return listed.map(lambda provider: Profile(np.array(provider, dtype=np.int64)))


def edge_systems(*, max_users: int = 4, max_providers: int = 3) -> SearchStrategy[EdgeSystem]:
    """Small systems of humans, machines, servers and UAVs in SI units, everybody within reach of a random part.

    Parameters
    ----------
    max_users, max_providers : int
        The largest sizes.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def build(draw: DrawFn) -> EdgeSystem:
        m, n = draw(st.integers(1, max_users)), draw(st.integers(1, max_providers))

        def per(length: int, low: float, high: float) -> Floats:
            entry = st.floats(low, high, allow_subnormal=False)
            return np.array(draw(st.lists(entry, min_size=length, max_size=length)), dtype=np.float64)

        def flags(length: int) -> Bools:
            return np.array(draw(st.lists(st.booleans(), min_size=length, max_size=length)), dtype=bool)

        user, provider = np.nonzero(flags(m * n).reshape(m, n))
        return EdgeSystem(
            human=flags(m),
            workload=per(m, 0.0, 2e9),
            data=per(m, 0.0, 2e6),
            weight=per(m, 0.5, 2.0),
            power=per(m, 0.1, 0.5),
            frequency=per(m, 5e8, 1e9),
            energy_coefficient=per(m, 0.0, 1e-27),
            latency_value=per(m, 0.0, 5.0),
            energy_value=per(m, 0.0, 1.5),
            reward=per(m, 0.0, 10.0),
            deadline=per(m, 0.5, 3.0),
            rate=per(n, 2e9, 2e10),
            cap=np.array(draw(st.lists(st.integers(0, m), min_size=n, max_size=n)), dtype=np.int64),
            provider_power=per(n, 0.0, 20.0),
            bandwidth=per(n, 1e6, 2e6),
            uav=flags(n),
            user=user,
            provider=provider,
            snr=per(len(user), 1.0, 300.0),
            price=per(len(user), 0.0, 0.5),
            energy_price=0.01,
        )

    return build()

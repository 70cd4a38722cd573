"""The game, its functions and its generators against a naive second implementation."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeworth
from edgeworth import Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame, Profile
from edgeworth.games.offloading.model import delays, jain, loads, positions, profile_of, provider_costs
from edgeworth.games.offloading.model.efficiency import INTERACTION_SECONDS, PROVIDER_WATTS, USER_WATTS
from edgeworth.testing import edge_systems, offloading_games, offloading_profiles
from tests.oracles import offloading as oracle


@st.composite
def games_and_profiles(draw: Any) -> tuple[OffloadingGame, Profile]:
    game = draw(offloading_games())
    return game, draw(offloading_profiles(game))


@given(games_and_profiles())
def test_functions_match_the_oracle(drawn: tuple[OffloadingGame, Profile]) -> None:
    game, profile = drawn
    actions = profile.provider.tolist()
    assert (offloading.violations(game, profile) == ()) == oracle.feasible(game, actions)
    if any(k >= 0 and oracle.pair(game, i, k) is None for i, k in enumerate(actions)):
        for function in (offloading.value, offloading.utilities, offloading.paper_potential, offloading.weighted_potential):
            with pytest.raises(ValueError, match="within reach"):
                function(game, profile)
        return
    close = {"rel": 1e-12, "abs": 1e-12}
    assert offloading.value(game, profile) == pytest.approx(oracle.welfare(game, actions), **close)
    assert offloading.paper_potential(game, profile) == pytest.approx(oracle.paper_potential(game, actions), **close)
    assert offloading.weighted_potential(game, profile) == pytest.approx(oracle.weighted_potential(game, actions), **close)
    utilities = offloading.utilities(game, profile)
    waits = delays(game, positions(game, profile))
    for i in range(game.users):
        assert utilities[i] == pytest.approx(oracle.utility(game, actions, i), **close)
        assert waits[i] == pytest.approx(oracle.delay(game, actions, i), **close)
    assert loads(game, profile) == pytest.approx([oracle.load(game, actions, k) for k in range(game.providers)], **close)
    assert float(provider_costs(game, profile).sum()) == pytest.approx(oracle.cost(game, actions), **close)
    assert np.array_equal(profile_of(game, positions(game, profile)).provider, profile.provider)


@given(edge_systems(), st.sampled_from(offloading.REGIMES), st.sampled_from(["zero", "reward"]), st.data())
def test_games_of_systems_say_what_the_raw_fields_say(system: Any, regime: Any, local: Any, data: Any) -> None:
    game = offloading.game_of_system(system, regime=regime, local=local)
    actions = [data.draw(st.sampled_from([-1, *oracle.reach(game, i)])) for i in range(game.users)]
    utilities = offloading.utilities(game, Profile(np.array(actions, dtype=np.int64)))
    for i in range(game.users):
        expected = oracle.physical_utility(system, actions, i, regime, local)
        assert utilities[i] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(offloading_games())
def test_graphs_bring_the_game_back(game: OffloadingGame) -> None:
    graph = offloading.to_networkx(game)
    assert nx.is_bipartite(graph)
    assert offloading.from_networkx(graph).hash == game.hash


def test_graphs_of_other_names_and_gaps() -> None:
    graph = nx.Graph()
    graph.add_node("phone", bipartite=0, weight=2.0)
    graph.add_node("mast", bipartite=1, rate=3.0)
    graph.add_edge("mast", "phone", gain=1.5)
    game = offloading.from_networkx(graph)
    assert (game.users, game.providers, game.pairs, game.weight[0], game.gain[0], game.price[0]) == (1, 1, 1, 2.0, 1.5, 0.0)
    graph.add_node("drone", bipartite=1)
    with pytest.raises(ValueError, match="graph: must have the attribute 'rate' at every provider"):
        offloading.from_networkx(graph)
    graph.nodes["drone"]["rate"] = 1.0
    graph.add_edge("mast", "drone", gain=1.0)
    with pytest.raises(ValueError, match="graph: must have edges between users and providers only"):
        offloading.from_networkx(graph)
    graph.add_node("nobody")
    with pytest.raises(ValueError, match="graph: must have the attribute bipartite"):
        offloading.from_networkx(graph)
    with pytest.raises(TypeError, match="graph: must be an undirected networkx Graph"):
        offloading.from_networkx(nx.DiGraph())


def test_regimes_differ_only_where_machines_are_late_or_early() -> None:
    game = OffloadingGame.from_matrices(
        [[5.0], [5.0]], [1.0], weight=[1.0, 1.0], deadline=[0.0, 1.5], human=[True, False], sensitivity=[1.0, 2.0]
    )
    both = Profile(np.zeros(2, dtype=np.int64))
    alone = Profile(np.array([-1, 0]))
    at = {regime: replace(game, regime=regime) for regime in offloading.REGIMES}
    late = {regime: offloading.utilities(at[regime], both).tolist() for regime in at}
    early = {regime: offloading.utilities(at[regime], alone)[1] for regime in at}
    assert late == {"linearised": [3.0, 4.0], "soft-deadline": [3.0, 4.0], "floored": [3.0, 4.0]}
    assert early == {"linearised": 6.0, "soft-deadline": 5.0, "floored": 5.0}
    slow = replace(game, rate=[0.1])
    soft, floored = (offloading.utilities(replace(slow, regime=regime), both)[1] for regime in offloading.REGIMES[1:])
    assert (soft, floored) == (5.0 - 2.0 * 18.5, 5.0 - 2.0 * 1.5)


def test_from_pairs_takes_any_order_and_refuses_a_pair_twice() -> None:
    given_ = {"gain": [1.0, 2.0, 3.0], "rate": [1.0, 1.0], "users": 2, "price": [0.1, 0.2, 0.3]}
    game = OffloadingGame.from_pairs(user=[1, 0, 1], provider=[1, 1, 0], **given_)
    assert game.indptr.tolist() == [0, 1, 3]
    assert game.provider.tolist() == [1, 0, 1]
    assert game.gain.tolist() == [2.0, 3.0, 1.0]
    assert game.price.tolist() == [0.2, 0.3, 0.1]
    with pytest.raises(ValueError, match="provider: must name a pair once; got provider 1 twice for user 1"):
        OffloadingGame.from_pairs(user=[1, 0, 1], provider=[1, 1, 1], **given_)


@pytest.mark.parametrize("preset", ["random", "fusion"])
@pytest.mark.parametrize("regime", offloading.REGIMES)
def test_presets_repeat_and_differ_by_seed(preset: str, regime: Any, tmp_path: Path) -> None:
    game = offloading.generate(preset=preset, users=60, seed=3, regime=regime)
    assert game.hash == offloading.generate(preset=preset, users=60, seed=3, regime=regime).hash
    assert game.hash != offloading.generate(preset=preset, users=60, seed=4, regime=regime).hash
    assert game.users == 60
    assert game.regime == regime
    assert game.provenance.name == preset
    assert 20 <= int(game.human.sum()) <= 40
    for ending in (".json", ".npz"):
        game.save(tmp_path / f"game{ending}")
        assert edgeworth.load(tmp_path / f"game{ending}").hash == game.hash


def test_the_random_preset_is_as_documented() -> None:
    game = offloading.generate(preset="random", users=4_000, providers=40, seed=0, prices=True, provider_cost=True)
    assert np.array_equal(np.diff(game.indptr), np.full(4_000, 10))
    assert 0.0 <= game.base.min() < 0.01 < 2.99 < game.base.max() <= 3.0
    assert 0.5 <= game.weight.min() < game.weight.max() <= 2.0
    assert np.all((game.rate >= 50.0) & (game.rate <= 200.0))
    assert 0.1 <= game.price.min() < game.price.max() <= 0.5
    assert 0.1 <= game.cost_rate.min() < game.cost_rate.max() <= 0.3
    share = np.bincount(game.provider, minlength=40) / 4_000
    assert share == pytest.approx(0.25, abs=0.04)
    same = offloading.generate(preset="random", users=10, providers=3, seed=0, identical=True)
    assert same.weight.tolist() == same.workload.tolist() == [1.0] * 10
    assert same.pairs == 30  # fewer than ten providers: all are in reach


def test_regimes_of_one_seed_are_one_game_seen_differently() -> None:
    games = [offloading.generate(preset="random", users=30, seed=5, regime=regime) for regime in offloading.REGIMES]
    for name in ("gain", "provider", "weight", "deadline", "rate"):
        assert all(np.array_equal(getattr(games[0], name), getattr(game, name)) for game in games)


def test_the_fusion_preset_has_servers_and_uavs_within_reach() -> None:
    game = offloading.generate(preset="fusion", users=200, providers=9, agents=5, seed=1)
    assert int((~game.uav).sum()) == 9
    assert 10 <= int(game.uav.sum()) <= 20
    assert set(game.cap[game.uav].tolist()) == {5}
    assert game.cap[~game.uav].min() >= 20
    assert np.all(np.diff(game.indptr) >= 1)
    assert np.all(game.rate[game.uav] <= 5e9)
    rewarded = offloading.generate(preset="fusion", users=200, seed=1, local="reward")
    timely = ~rewarded.human & (rewarded.local_delay <= rewarded.deadline)
    assert np.array_equal(rewarded.local_utility > 0.0, timely)
    assert timely.any()


def test_melbourne_from_the_eua_files(shared_data: Path) -> None:
    files = {
        "sites": shared_data / "eua" / "site-optus-melbCBD.csv",
        "positions": shared_data / "eua" / "users-melbcbd-generated.csv",
    }
    game = offloading.generate(preset="melbourne", seed=0, **files)
    assert game.users == 1_800
    assert int((~game.uav).sum()) == 125
    assert 160 <= int(game.uav.sum()) <= 320
    assert int(game.human.sum()) == 900
    assert np.all(np.diff(game.indptr) >= 1)
    some = offloading.generate(preset="melbourne", users=100, agents=0, seed=0, **files)
    assert (some.users, some.providers) == (100, 125)


def test_measures_of_a_game_by_hand() -> None:
    game = OffloadingGame.from_matrices(
        [[4.0, 1.0], [4.0, 1.0], [4.0, 1.0]],
        [2.0, 1.0],
        price=[[0.5, 0.0]] * 3,
        human=[True, False, False],
        deadline=[0.0, 0.5, 2.0],
        local_delay=[3.0, 3.0, 3.0],
        cap=[2, 2],
        cost_rate=[0.4, 0.1],
    )
    table = offloading.measures(game, Profile(np.array([0, 0, -1])))
    assert table == pytest.approx(
        {
            "offloaded_share": 2 / 3,
            "latency": 5 / 3,
            "deadline_misses": 2.0,
            "utilisation": 0.5,
            "busy_seconds": 0.5,
            "payments": 1.0,
            "provider_cost": 0.4,
            "jain_human": 1.0,
            "jain_machine": 16 / 20,
        }
    )


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20))
def test_jain_lies_between_one_over_n_and_one(amounts: list[float]) -> None:
    index = jain(np.array(amounts))
    if math.isnan(index):
        assert sum(amounts) ** 2 < 1e-300
    else:
        assert 1.0 / len(amounts) - 1e-9 <= index <= 1.0 + 1e-9


TABLE_V = {  # FUSION paper, Table V (EUA Melbourne: 900 humans, 900 machines): DoI in s, ECoI in "W"
    "FUSION": (145.32, 1865.80),
    "FUSION_NoPG": (14.40, 191.50),
    "PurOnline": (93.45, 1242.90),
    "FUSION_Random": (67.38, 896.20),
    "FUSION_NoST": (123.59, 1643.80),
}


def test_an_interaction_is_a_visit_of_a_user_as_in_table_v() -> None:
    """FUSION_NoPG assigns each of 1,800 users once: 14.40 s and 191.5 J. Counting pairs instead, with 15 providers in reach of
    a user, would give 216 s, more than any row of the table."""
    game = offloading.generate(preset="random", users=1_800, providers=40, reach=15, seed=0)
    doi, ecoi = TABLE_V["FUSION_NoPG"]
    for method in ("random-feasible", "greedy-delay"):
        found = offloading.interaction_overhead(game, offloading.solve(game, method=method, seed=0))
        assert found["interactions"] == 1_800
        assert found["doi"] == pytest.approx(doi, abs=0.005)
        assert found["ecoi"] == pytest.approx(ecoi, abs=0.05)  # the table's energies have one decimal
    passes = offloading.solve(game, method="pg-brd", seed=0)
    assert offloading.interaction_overhead(game, passes)["doi"] == pytest.approx(doi * passes.stats.iterations)


def test_table_v_has_one_power_in_four_rows_and_another_in_fusions_own() -> None:
    power = USER_WATTS + PROVIDER_WATTS
    for name, (doi, ecoi) in TABLE_V.items():
        fits = abs(ecoi - power * doi) <= 0.05 + power * 0.005  # what the rounding of both columns leaves
        assert fits == (name != "FUSION")
    doi, ecoi = TABLE_V["FUSION"]
    assert round(ecoi / doi, 2) == 12.84
    assert round(power * doi, 2) == 1932.76
    visits = {name: round(doi / INTERACTION_SECONDS / 1_800, 1) for name, (doi, _) in TABLE_V.items()}
    assert visits == {"FUSION": 10.1, "FUSION_NoPG": 1.0, "PurOnline": 6.5, "FUSION_Random": 4.7, "FUSION_NoST": 8.6}


def test_interactions_and_their_cost() -> None:
    game = offloading.generate(preset="random", users=20, providers=4, seed=0)

    def counted(method: str, **more: Any) -> tuple[float, int]:
        result = offloading.solve(game, method=method, seed=0, **more)
        overhead = offloading.interaction_overhead(game, result)
        assert overhead["doi"] == pytest.approx(0.008 * overhead["interactions"])
        assert overhead["ecoi"] == pytest.approx(13.3 * overhead["doi"])
        return overhead["interactions"], result.stats.iterations

    for method in ("pg-brd", "round-robin", "log-linear"):
        count, passes = counted(method)
        assert count == 20 * passes
        assert passes > 1
    count, moves = counted("max-gain")
    assert count == 20 * (moves + 1)
    count, moves = counted("max-gain", stop=Stop(iterations=3))
    assert (count, moves) == (60, 3)
    for name, play in offloading.PLAYS.items():
        assert counted(name, params=replace(play, rounds=50)) == (1_000, 50)
    assert counted("all-local")[0] == 0
    with pytest.raises(ValueError, match="result: must be one of"):
        offloading.interaction_overhead(game, offloading.solve(game, method="exact", seed=0))
    other = offloading.generate(preset="random", users=30, providers=4, seed=0)
    with pytest.raises(ValueError, match="result: must be a result of this game"):
        offloading.interaction_overhead(other, offloading.solve(game, seed=0))


def test_price_of_anarchy_of_a_game_whose_equilibria_are_all_known() -> None:
    game = offloading.generate(preset="random", users=5, providers=3, seed=0)
    equilibria = offloading.pure_equilibria(game)
    found = offloading.price_of_anarchy(game, equilibria, offloading.solve(game, method="exact", seed=0))
    welfare = [oracle.welfare(game, profile.provider.tolist()) for profile in equilibria]
    best = oracle.optimum(game)[0]
    assert found.anarchy == pytest.approx((best / min(welfare),) * 2)
    assert found.stability == pytest.approx((best / max(welfare),) * 2)
    bounded = offloading.price_of_anarchy(game, equilibria, offloading.solve(game, method="lagrangian", seed=0))
    assert bounded.anarchy[0] - 1e-9 <= found.anarchy[0] <= bounded.anarchy[1] + 1e-9
    with pytest.raises(ValueError, match="equilibria: must be at least one"):
        offloading.price_of_anarchy(game, [], offloading.solve(game, method="exact", seed=0))
    with pytest.raises(ValueError, match="optimum: must have a value and a bound"):
        offloading.price_of_anarchy(game, equilibria, offloading.solve(game, seed=0))

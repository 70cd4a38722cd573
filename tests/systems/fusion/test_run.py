"""A run: every variant stands the check, what chance decides is the same for all, and forged records are caught."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.core.errors import FileFormatError
from edgeworth.core.result import Termination
from edgeworth.core.run import PRESSES
from edgeworth.forecasting import Corruption
from edgeworth.games import offloading
from edgeworth.games.offloading import Profile
from edgeworth.mechanisms import double_auction
from edgeworth.systems import fusion
from edgeworth.systems.fusion.online_stage import fleet_of, online_game
from edgeworth.systems.fusion.settlement import measured
from tests.oracles import fusion as oracle
from tests.systems.fusion.worlds import SMALL, changed, small


@pytest.fixture(scope="module", params=list(fusion.VARIANTS))
def run(request: pytest.FixtureRequest) -> fusion.Run:
    return fusion.run(variant=request.param, rounds=2, seed=1, forecaster="persistence", **SMALL)


def test_every_variant_stands_the_check(run: fusion.Run) -> None:
    report = run.verify()
    assert report, report
    wanted = {"draw", "forecast", "quantity", "tours", "rule", "coverage", "cap", "settlement"}
    assert wanted <= set(report)
    assert ("epsilon" in report) == (run.variant.online == "pg-brd")
    assert "choices" in report


def test_money_and_tours_by_first_principles(run: fusion.Run) -> None:
    for each in run.rounds:
        drawn = run.drawn(each.number)
        again = oracle.money(run.world, drawn, each.contracts, each.provider, waiting=run.variant.rule == "none")
        assert {name: each.measures[name] for name in again} == pytest.approx(again, rel=1e-9)
        assert oracle.feasible(run.world, drawn, each.contracts)


def test_a_run_is_saved_loaded_and_replayed(run: fusion.Run, tmp_path: Path) -> None:
    assert run.replay().hash == run.hash
    for name in ("run.npz", "run.json"):
        run.save(tmp_path / name)
        again = fusion.Run.load(tmp_path / name)
        assert again.hash == run.hash
        assert again.measures == run.measures
    assert again.verify()
    for copied in (pickle.loads(pickle.dumps(run)), copy.deepcopy(run)):
        assert copied.hash == run.hash
        assert not copied.world.place.flags.writeable
    frame = run.to_frame()
    assert frame["round"].tolist() == [0, 1]
    assert frame["welfare"].mean() == pytest.approx(run.measures["welfare"])


def test_variants_meet_the_same_rounds() -> None:
    runs = [fusion.run(variant=name, rounds=2, seed=3, forecaster="persistence", **SMALL) for name in fusion.PAPER]
    first = runs[0]
    for run in runs[1:]:
        assert run.world.hash == first.world.hash
        for one, two in zip(run.rounds, first.rounds, strict=True):
            assert one.drawn == two.drawn
            assert (one.forecast == two.forecast).all()
            assert (one.contracts.quantity == two.contracts.quantity).all()
            assert one.measures["overload"] == two.measures["overload"]
    auctions = [run.rounds[0].contracts.hash for run in runs if run.variant.name in ("fusion", "no-pg")]
    assert auctions[0] == auctions[1]


def test_shares_of_rounds() -> None:
    run = fusion.run(variant="rank", rounds=3, seed=0, forecaster="persistence", **SMALL)
    for each in run.rounds:
        found = each.measures
        assert found["welfare"] == pytest.approx(found["offline"] + found["online"])
        assert found["contracted"] == found["used"] + found["stranded"]
        assert found["overload"] == found["used"] + found["shortfall"]
        lost = float((run.world.value * (each.contracts.contracted - used(run, each))).sum())
        assert found["welfare_contracted"] - found["welfare"] == pytest.approx(lost)


def used(run: fusion.Run, played: fusion.Played) -> Any:
    from edgeworth.systems.fusion.online_stage import contracted_fleet
    from edgeworth.systems.fusion.settlement import settled

    world, drawn = run.world, run.drawn(played.number)
    fleet = contracted_fleet(world, played.contracts)
    return settled(world, drawn, played.contracts, fleet, Profile(played.provider)).used


# --- forgeries --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def honest() -> fusion.Run:
    run = fusion.run(variant="exact-routes", rounds=1, seed=1, forecaster="persistence", servers=8, agents=4, users=110)
    tours = [run.rounds[0].contracts.tour(k) for k in range(run.world.agents)]
    assert max(map(len, tours)) >= 2
    assert run.verify()
    return run


def forged(run: fusion.Run, **fields: Any) -> fusion.Run:
    """The run with other fields in its first round; those of the contracts by their own names."""
    played = run.rounds[0]
    own = {name: value for name, value in fields.items() if hasattr(played, name)}
    deal = {name: value for name, value in fields.items() if name not in own}
    return replace(run, rounds=(replace(played, **{"contracts": replace(played.contracts, **deal), **own}),))


def put(values: np.ndarray[Any, Any], at: int, value: float) -> np.ndarray[Any, Any]:
    copy = np.array(values)
    copy[at] = value
    return copy


def test_altered_payments_and_rewards_are_caught(honest: fusion.Run) -> None:
    deal = honest.rounds[0].contracts
    i, k = int(deal.signed[0]), int(deal.agent[deal.signed[0]])
    for name, at in (("payment", i), ("reward", k)):
        values = getattr(deal, name)
        report = forged(honest, **{name: put(values, at, values[at] + 0.01)}).verify()
        assert {"rule", "settlement"} <= set(report.failures), name


def test_altered_routes_are_caught(honest: fusion.Run) -> None:
    deal = honest.rounds[0].contracts
    k = max(range(honest.world.agents), key=lambda k: len(deal.tour(k)))
    one, two = deal.tour(k)[:2]
    swapped = put(put(deal.stop, one, 1), two, 0)
    assert "rule" in forged(honest, stop=swapped).verify().failures
    gone = replace(deal, agent=put(deal.agent, one, -1), stop=put(deal.stop, one, -1))
    assert "route" in forged(honest, contracts=gone).verify().failures
    for name in ("begin", "end"):
        assert "tours" in forged(honest, **{name: put(getattr(deal, name), one, 1.0)}).verify().failures
    assert "tours" in forged(honest, tour_cost=deal.tour_cost * 0.9).verify().failures
    idle = int(np.flatnonzero(deal.quantity == 0)[0])
    assert "idle" in forged(honest, payment=put(deal.payment, idle, 1.0)).verify().failures


def test_altered_profiles_are_caught(honest: fusion.Run) -> None:
    world, played = honest.world, honest.rounds[0]
    away = int(np.flatnonzero(played.provider >= 0)[0])
    local = forged(honest, provider=put(played.provider, away, -1)).verify().failures
    assert "settlement" in local
    crowd = forged(honest, provider=np.zeros(world.users, dtype=np.int64)).verify().failures
    assert {"coverage", "cap"} & set(crowd)
    beyond = forged(honest, provider=put(played.provider, away, 10_000)).verify().failures
    assert "profile: providers must be below" in str(beyond["coverage"])
    alone = forged(honest, provider=np.full(world.users, -1)).verify().failures
    assert {"epsilon", "settlement"} <= set(alone)


def test_altered_measures_forecasts_and_draws_are_caught(honest: fusion.Run) -> None:
    played = honest.rounds[0]
    for name, value in played.measures.items():
        other = {**played.measures, name: value + 1.0}
        assert list(forged(honest, measures=other).verify().failures) == ["settlement"], name
    fewer = dict(list(played.measures.items())[1:])
    assert list(forged(honest, measures=fewer).verify().failures) == ["settlement"]
    assert "forecast" in forged(honest, forecast=played.forecast + 0.5).verify().failures
    assert "quantity" in forged(honest, planned=played.planned + 1.0).verify().failures
    assert "quantity" in forged(honest, quantity=played.contracts.quantity + 1).verify().failures
    assert "draw" in forged(honest, drawn="0" * 32).verify().failures
    assert "draw" in replace(honest, seed=5).verify().failures
    assert "settlement" in forged(honest, visits=played.visits + 1).verify().failures


def counted_again(run: fusion.Run, **fields: Any) -> fusion.Run:
    """A forgery of the online stage whose measures are those of what it says."""
    world, drawn, made = run.world, run.drawn(0), replace(run.rounds[0], **fields)
    fleet = fleet_of(world, made.contracts, run.variant)
    game, profile = online_game(world, drawn, fleet), Profile(made.provider)
    measures = measured(world, drawn, made.contracts, fleet, game, profile, made.visits, made.forecast)
    return replace(run, rounds=(replace(made, measures=measures),))


def test_another_variants_choices_are_caught(honest: fusion.Run) -> None:
    """Users who choose at random could be said to have chosen best, and equilibria to have come in one pass."""
    run = fusion.run(variant="no-pg", rounds=1, seed=1, forecaster="persistence", **SMALL)
    assert run.verify()
    played = run.rounds[0]
    away = int(np.flatnonzero(played.provider >= 0)[0])
    for other in (put(played.provider, away, -1), np.full(run.world.users, -1)):
        assert list(counted_again(run, provider=other).verify().failures) == ["choices"]
    for each in (run, honest):
        assert list(counted_again(each, visits=3 * each.rounds[0].visits + 1).verify().failures) == ["choices"]
    assert "choices" in replace(honest, variant=replace(honest.variant, online="random-feasible")).verify().failures
    assert not played.forecast.flags.writeable


def test_more_tasks_than_there_are_uavs_are_refused_at_once(honest: fusion.Run) -> None:
    deal = honest.rounds[0].contracts
    much = put(deal.quantity, int(deal.signed[0]), 10**12)
    assert {"quantity", "capacity", "settlement"} <= set(forged(honest, quantity=much).verify().failures)


@pytest.mark.parametrize("name", ["forecast", "planned"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e300])
def test_numbers_that_are_none_are_named(honest: fusion.Run, name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        forged(honest, **{name: put(getattr(honest.rounds[0], name), 0, value)})
    with pytest.raises((ValueError, TypeError), match="welfare"):
        forged(honest, measures={**honest.rounds[0].measures, "welfare": np.nan})


def test_damaged_files_are_refused(honest: fusion.Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    honest.save(path)
    text = path.read_text()
    for old, new, what in (
        ('"seed": 1', '"seed": 6', "does not match its hash"),
        ('"fusion-run"', '"fusion-world"', "not a record"),
        ('"forecaster"', '"forecast_by"', "missing|unknown"),
        ('"record"', '"problem"', "not a record"),
    ):
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(FileFormatError, match=what):
            fusion.Run.load(path)
    path.write_text(text[: len(text) // 2])
    with pytest.raises(FileFormatError):
        fusion.Run.load(path)
    with pytest.raises(FileNotFoundError):
        fusion.Run.load(tmp_path / "none.npz")


# --- arguments --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        ({"preset": "town"}, ValueError, "preset: must be one of"),
        ({"variant": "fuson"}, ValueError, "variant: .*did you mean 'fusion'"),
        ({"variant": 3}, TypeError, "variant"),
        ({"rounds": 0}, ValueError, "rounds: must be at least 1"),
        ({"rounds": 10_000}, ValueError, "rounds: must be at most"),
        ({"rounds": 1.0}, TypeError, "rounds"),
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": None}, TypeError, "seed"),
        ({"forecaster": "oracle"}, ValueError, "forecaster"),
        ({"contract": "most"}, ValueError, "contract"),
        ({"corruption": 0.3}, TypeError, "corruption"),
        ({"world": "synthetic"}, TypeError, "world: must be a World"),
        ({"sites": "sites.csv"}, ValueError, "sites: is not taken by preset 'synthetic'"),
        ({"preset": "melbourne"}, ValueError, "sites: of preset 'melbourne'"),
        (
            {"preset": "melbourne", "fetch": True, "sites": "s.csv", "users": "u.csv"},
            ValueError,
            "sites: of preset 'melbourne'",
        ),
        ({"preset": "melbourne", "fetch": "yes"}, TypeError, "fetch"),
        ({"preset": "roads", "graph": "grid"}, TypeError, "graph: must be a networkx Graph"),
        ({"preset": "roads", "servers": 101}, ValueError, "servers: must be at most the 100 nodes"),
        ({"servers": 0}, ValueError, "servers"),
        ({"agents": -1}, ValueError, "agents"),
        ({"users": 0}, ValueError, "users"),
        ({"own_share": -0.1}, ValueError, "own_share"),
        ({"intensity": [[1.0, 2.0]]}, ValueError, "intensity"),
    ],
)
def test_malformed_arguments_are_named(given: dict[str, Any], error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        fusion.run(**{"forecaster": "persistence", **given})


def test_a_world_takes_no_options_of_presets() -> None:
    with pytest.raises(ValueError, match="servers: must not be given beside a world"):
        fusion.run(world=small(), servers=6)
    with pytest.raises(ValueError, match="rule: must be one of"):
        fusion.Variant("own", rule="vcg")  # type: ignore[arg-type]


def test_own_variants_and_worlds() -> None:
    world = small(2)
    own = fusion.Variant("own", rule="posted-procurement", online="random-feasible")
    seen: list[tuple[int, int]] = []
    run = fusion.run(variant=own, world=world, rounds=2, seed=7, forecaster="intensity", on_round=lambda *a: seen.append(a[:2]))
    assert seen == [(1, 2), (2, 2)]
    assert run.verify()
    assert run.world is world


@pytest.mark.parametrize("variant", ["fusion", "no-st", "random", "pur-online", "rank", "welfare-optimum"])
def test_worlds_without_agents_and_without_overload(variant: str) -> None:
    for world in (small(0, agents=0), small(0, own_share=4.0), small(0, servers=1, users=1)):
        run = fusion.run(variant=variant, world=world, forecaster="persistence")
        assert run.verify(), run.verify()
        assert run.measures["contracts"] == 0.0 or world.agents


def test_ctrl_c_keeps_the_rounds_that_are_finished() -> None:
    def press(done: int, total: int, measures: object) -> None:
        if done == 2:
            raise KeyboardInterrupt

    run = fusion.run(variant="pur-online", rounds=5, forecaster="persistence", on_round=press, **SMALL)
    assert len(run.rounds) == 2
    assert run.verify()


@pytest.mark.parametrize(("variant", "stage"), [("welfare-optimum", double_auction), ("pur-online", offloading)])
def test_a_stage_that_ctrl_c_ends_is_no_answer(monkeypatch: pytest.MonkeyPatch, variant: str, stage: Any) -> None:
    """A solver keeps what it has after Ctrl-C; a round does not."""
    solve = stage.solve
    pressed = iter([False, True])

    def ended(*args: Any, **options: Any) -> Any:
        result = solve(*args, **options)
        return replace(result, termination=Termination.INTERRUPTED) if next(pressed) else result

    monkeypatch.setattr(stage, "solve", ended)
    run = fusion.run(variant=variant, rounds=3, seed=1, forecaster="persistence", **SMALL)
    assert len(run.rounds) == 1


def test_ctrl_c_in_a_solve_that_ends_by_itself_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = offloading.solve
    calls = iter(range(10))

    def pressed(*args: Any, **options: Any) -> Any:
        if next(calls) == 1:
            monkeypatch.setattr(PRESSES, "count", PRESSES.count + 1)
        return solve(*args, **options)

    monkeypatch.setattr(offloading, "solve", pressed)
    run = fusion.run(variant="rank", rounds=5, seed=1, forecaster="persistence", **SMALL)
    assert len(run.rounds) == 2


def test_the_page_of_a_run(tmp_path: Path) -> None:
    run = fusion.run(variant="rank", rounds=2, forecaster="persistence", corruption=Corruption(), **SMALL)
    run.to_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "verified" in text
    assert "settlement" in text
    assert run.world.hash in text
    assert run.plot().get_lines()[0].get_label() == "welfare"


def test_names_are_text_on_a_page(tmp_path: Path) -> None:
    """Neither markup nor, in the figure, mathematics."""
    variant = fusion.Variant("<script>$x_{$", rule="none")
    run = fusion.run(variant=variant, forecaster="persistence", world=changed(small(), preset="<script>"))
    run.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<script>") == 1  # the page's own
    run.plot().figure.canvas.draw()

"""Every family draws its solutions: on the axes given, with units, without changing what is global."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from edgeworth import _families
from edgeworth.core.family import family
from edgeworth.core.style import WRONG
from edgeworth.games import normal_form, offloading, trading
from edgeworth.mechanisms import double_auction, procurement
from edgeworth.mechanisms.auditing import audit, plot_audit
from edgeworth.routing import orienteering
from edgeworth.solvers import allocation

CHEAP = {"orienteering": "greedy", "carbon-offloading": "lyapunov"}  # others than "auto", which compiles for long


@pytest.fixture(autouse=True)
def _no_figure_survives() -> Iterator[None]:
    plt.close("all")  # what tests before left
    yield
    plt.close("all")


def _axes() -> Any:
    return Figure().add_subplot()


@pytest.mark.parametrize("kind", sorted(_families.FAMILIES))
def test_every_family_draws_its_solutions(kind: str) -> None:
    fam = family(kind)
    assert fam.plots
    before = dict(mpl.rcParams)
    drawn = 0
    for problem in fam.examples()[:4]:
        result = fam.solve(problem, method=CHEAP.get(kind, "auto"), seed=0)
        if result.solution is None:
            continue
        ax = _axes()
        assert fam.picture(problem, result.solution, ax=ax) is ax
        assert ax.get_xlabel()
        ax.figure.canvas.draw()
        drawn += 1
    assert drawn
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", sorted(_families.FAMILIES))
def test_pictures_name_a_wrong_problem(kind: str) -> None:
    fam = family(kind)
    with pytest.raises(TypeError):
        fam.picture(object(), object(), ax=_axes())


def test_a_problem_without_places_gets_a_timetable() -> None:
    problem = replace(orienteering.generate(vehicles=2, customers=5, seed=0), coordinates=None)
    result = orienteering.solve(problem, method="greedy", seed=0)
    assert orienteering.FAMILY.picture(problem, result.solution, ax=_axes()).get_xlabel().startswith("time")


def test_bars_are_the_loads() -> None:
    problem = allocation.AllocationProblem.from_matrices([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], [[2.0] * 3, [1.0] * 3], [4.0, 1.0])
    ax = allocation.plot_loads(problem, allocation.Assignment([0, 0, 1]), ax=_axes())
    assert [bar.get_width() for bar in ax.patches] == [100.0, 100.0]
    assert ax.get_title("left") == "3 of 3 tasks served; value 3"
    ax = allocation.plot_loads(problem, allocation.Assignment([1, 0, 1]), ax=_axes())
    assert [bar.get_width() for bar in ax.patches] == [50.0, 200.0]
    assert mpl.colors.to_hex(ax.patches[1].get_facecolor()) == WRONG.lower()
    assert "breaks a constraint" in ax.get_title("left")
    with pytest.raises(ValueError, match="assignment"):
        allocation.plot_loads(problem, allocation.Assignment([0]), ax=_axes())


def test_bars_are_the_users_and_the_probabilities_and_the_demands() -> None:
    game = offloading.generate(users=12, seed=0)
    profile = offloading.solve(game, method="pg-brd", seed=0).require()
    ax = offloading.plot_profile(game, profile.provider.tolist(), ax=_axes())
    place = np.where(profile.provider >= 0, profile.provider, game.providers)
    counted = np.zeros(game.providers + 1)
    for bar in ax.patches:
        counted[round(bar.get_y() + bar.get_height() / 2)] += bar.get_width()
    assert counted.tolist() == np.bincount(place, minlength=game.providers + 1).tolist()
    many = normal_form.generate(preset="zero-sum", strategies=40, seed=0)
    pure = normal_form.Profile.pure(many, [3, 5])
    ax = normal_form.plot_profile(many, [vector.tolist() for vector in pure], ax=_axes())
    assert [bar.get_width() for bar in ax.patches] == [1.0, 1.0]
    assert "78 of them not drawn" in ax.get_title("left")
    contest = trading.generate(consumers=5, seed=0)
    solution = trading.solve(contest).require()
    ax = trading.plot_profile(contest, solution, ax=_axes())
    heights = np.array([bar.get_height() for bar in ax.patches]).reshape(2, 5)
    assert np.allclose(heights.sum(axis=0), solution.demands)


def test_markets_show_prices_and_winners() -> None:
    market = double_auction.Market(bid=[9.0, 5.0, 1.0], ask=[2.0, 3.0, 8.0])
    outcome = double_auction.solve(market, method="mcafee").require()
    ax = double_auction.plot_market(market, outcome, ax=_axes())
    paid = next(line for line in ax.get_lines() if line.get_label() == "paid for a unit")
    assert sorted(paid.get_ydata()) == sorted(outcome.payment[outcome.seller >= 0])
    nobody = double_auction.Outcome([-1, -1, -1], [0.0] * 3, [0.0] * 3)
    assert "0 units traded" in double_auction.plot_market(market, nobody, ax=_axes()).get_title("left")
    tender = procurement.Tender(price=[3.0, 2.0], utilisation=[0.1, 0.9], weight=2.0)
    ax = procurement.plot_market(tender, procurement.Award(0, 3.6), ax=_axes())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["supplier 0 wins", "supplier 1"]
    assert procurement.plot_market(tender, procurement.Award(-1, 0.0), ax=_axes()).get_xlabel() == "score (money)"


def test_an_audit_is_drawn_with_its_witness() -> None:
    market = double_auction.generate(preset="unit", buyers=5, sellers=5, seed=0)
    witness = audit("k-double-auction", market).truthful.witness
    ax = plot_audit("k-double-auction", market, ax=_axes())
    marked = {line.get_label(): line.get_xydata()[0] for line in ax.get_lines()}
    assert marked["best report"][0] == witness.report
    assert marked["best report"][1] - marked["truth"][1] == pytest.approx(witness.gain)
    assert marked["truth"][0] == witness.truth
    assert "gains" in ax.get_title("left")
    utility = next(line for line in ax.get_lines() if line.get_label() == "utility").get_xydata()
    inside = utility[~np.isnan(utility[:, 0])]
    assert marked["best report"][1] <= inside[:, 1].max() + 1e-9
    ax = plot_audit("mcafee", market, ("seller", 1), ax=_axes())
    assert ax.get_title("left") == "seller 1: no report gains"
    assert "best report" not in {line.get_label() for line in ax.get_lines()}


def test_an_audit_names_what_is_wrong() -> None:
    market = double_auction.Market(bid=[3.0], ask=[1.0])
    with pytest.raises(ValueError, match="agent"):
        plot_audit("mcafee", market, ("buyer", 4))
    with pytest.raises(ValueError, match="dimension"):
        plot_audit("mcafee", market, dimension="size")
    with pytest.raises(ValueError, match="mechanism"):
        plot_audit("mcafe", market)
    with pytest.raises(TypeError, match="market"):
        plot_audit("mcafee", object())

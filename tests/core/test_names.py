"""Names of servers, tasks and players: labels are brought into order or refused, and never read by position."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import edgeworth
from edgeworth.core import names, validation
from edgeworth.games import normal_form, offloading, trading
from edgeworth.mechanisms import double_auction, procurement
from edgeworth.routing import orienteering
from edgeworth.solvers import allocation

VALUE = pd.DataFrame([[3.0, 2.0], [1.0, 4.0]], index=["east", "west"], columns=["render", "index"])
WEST_FIRST = pd.Series([1.0, 9.0], index=["west", "east"])


def test_labels_in_another_order_are_aligned() -> None:
    found, named = names.align(
        {"value": (VALUE, ("server", "task")), "capacity": (WEST_FIRST, ("server",)), "free": ([1.0, 2.0], ("server",))}
    )
    assert found["capacity"].tolist() == [9.0, 1.0]
    assert found["free"] == [1.0, 2.0]
    assert named == {"server_names": ("east", "west"), "task_names": ("render", "index")}


def test_what_is_stated_comes_first() -> None:
    found, named = names.align({"capacity": (WEST_FIRST, ("server",))}, {"server_names": ["east", "west"]})
    assert (found["capacity"].tolist(), named["server_names"]) == ([9.0, 1.0], ("east", "west"))


@pytest.mark.parametrize("order", [[2, 0, 1], [1, 2, 0]])
def test_labels_that_are_the_positions_are_positions(order: list[int]) -> None:
    shuffled = pd.Series([10.0, 11.0, 12.0]).iloc[order]
    other = pd.Series([1.0, 2.0, 3.0])
    found, named = names.align(
        {"price": (shuffled, ("supplier",)), "other": (other, ("supplier",)), "free": (1.0, ("supplier",))}
    )
    assert (found["price"].tolist(), found["other"].tolist()) == ([10.0, 11.0, 12.0], [1.0, 2.0, 3.0])
    assert names.checked("supplier_names", named["supplier_names"], 3) is None


def test_an_array_beside_a_sorted_table_is_refused_unless_its_order_is_stated() -> None:
    table = pd.DataFrame({"price": [3.0, 1.0, 2.0], "most": [30.0, 10.0, 20.0]}).sort_values("price")
    arguments = {"price": (table["price"], ("supplier",)), "most": (table["most"].to_numpy(), ("supplier",))}
    with pytest.raises(ValueError, match=r"most: must have labels along its suppliers too, .* in the order 1, 2, 0"):
        names.align(arguments)
    found, _ = names.align(arguments, {"supplier_names": table.index.astype(str)})
    assert (found["price"].tolist(), found["most"].tolist()) == ([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])


def test_names_may_be_an_array_or_an_index() -> None:
    for given in (np.array(["a", "b"]), pd.Index(["a", "b"]), pd.Series(["a", "b"]), (np.str_("a"), np.str_("b"))):
        found = names.checked("task_names", given, 2)
        assert found == ("a", "b")
        assert {type(name) for name in found} == {str}


def test_the_default_index_is_no_label() -> None:
    found, named = names.align({"a": (pd.Series([1.0, 2.0]), ("server",)), "b": (WEST_FIRST, ("server",))})
    assert (found["a"].tolist(), found["b"].tolist()) == ([1.0, 2.0], [1.0, 9.0])
    assert named == {"server_names": ("west", "east")}
    assert names.align({"a": (pd.Series([1.0]), ("server",))})[1] == {"server_names": None}


WRONG: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "a label more": (
        lambda: _aligned(pd.Series([1.0, 2.0, 3.0], index=["west", "east", "north"])),
        ValueError,
        "capacity: must have the same labels along its servers as the other arguments; got 'north', which they have not",
    ),
    "a label less": (
        lambda: _aligned(pd.Series([1.0], index=["west"])),
        ValueError,
        "capacity: must have the same labels along its servers as the other arguments; got no 'east'",
    ),
    "a label twice": (
        lambda: _aligned(pd.Series([1.0, 2.0], index=["west", "west"])),
        ValueError,
        "capacity: the labels along its servers: must differ; got 'west'",
    ),
    "a label missing": (
        lambda: _aligned(pd.Series([1.0, 2.0], index=[None, "east"])),
        ValueError,
        "capacity: must have no missing labels along its servers",
    ),
    "names a text": (lambda: names.checked("task_names", "ab", 2), TypeError, "task_names: must be a sequence of texts"),
    "names of numbers": (lambda: names.checked("task_names", [1, 2], 2), TypeError, "task_names: must be a sequence of texts"),
    "names too few": (lambda: names.checked("task_names", ["a"], 2), ValueError, "task_names: must hold 2 names; got 1"),
    "names twice": (lambda: names.checked("task_names", ["a", "a"], 2), ValueError, "task_names: must differ; got 'a'"),
    "labels where nothing has names": (
        lambda: validation.array("x", WEST_FIRST, np.float64, (None,)),
        TypeError,
        "x: must not have labels, which name nothing here",
    ),
    "labels within a list": (
        lambda: validation.array("x", [WEST_FIRST, WEST_FIRST], np.float64, (None, None)),
        TypeError,
        "x: must not have labels",
    ),
    "a mask deep inside": (
        lambda: validation.array("x", [[np.ma.masked_array([1.0, 2.0], mask=[True, False])]], np.float64, (1, 1, 2)),
        TypeError,
        "x: must not be a masked array",
    ),
    "a mask in an argument with a default": (
        lambda: _town(capacity=np.ma.masked_array([1.0], mask=[True])),
        TypeError,
        "capacity: must not be a masked array",
    ),
    "a mask in coordinates": (
        lambda: _town(coordinates=np.ma.masked_array([[0.0, 0.0], [3.0, 4.0]], mask=[[True, False], [False, False]])),
        TypeError,
        "coordinates: must not be a masked array",
    ),
    "a mask in fractions": (
        lambda: normal_form.NormalFormGame.from_fractions(np.ma.masked_array([[1, 2]], mask=[[True, False]])),
        TypeError,
        "payoffs: must not be a masked array",
    ),
}


def _aligned(capacity: pd.Series[float]) -> Any:
    return names.align({"value": (VALUE, ("server", "task")), "capacity": (capacity, ("server",))})


def _town(**changed: Any) -> orienteering.OrienteeringProblem:
    given: dict[str, Any] = {"coordinates": [[0.0, 0.0], [3.0, 4.0]], "profit": [1.0], "latest": 20.0, "depot": "first"}
    return orienteering.OrienteeringProblem.from_coordinates(rounding="none", **(given | changed))


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_aligned_is_refused(name: str) -> None:
    call, error, fragment = WRONG[name]
    with pytest.raises(error) as caught:
        call()
    assert fragment in str(caught.value)


# --- every family that takes arrays from users --------------------------------------------------------------------------


def _allocation() -> allocation.AllocationProblem:
    return allocation.AllocationProblem.from_matrices(VALUE, [[5.0, 5.0], [1.0, 1.0]], WEST_FIRST)


def _system(capacity: pd.Series[float]) -> allocation.MecSystem:
    ones = np.ones(2)
    return allocation.MecSystem(
        unit_price=pd.Series([1.0], index=["render"]),  # type: ignore[arg-type]
        data_size=[1.0],  # type: ignore[arg-type]
        deadline=[9.0],  # type: ignore[arg-type]
        source=[0],  # type: ignore[arg-type]
        cycles_per_unit=pd.Series([1.0, 2.0], index=["east", "west"]),  # type: ignore[arg-type]
        frequency=ones,
        energy_coefficient=ones,
        capacity=capacity,  # type: ignore[arg-type]
        bandwidth=ones,
        transmit_power=ones,
        gain=ones,
        noise=1.0,
        fee_share=0.1,
    )


def _offloading() -> offloading.OffloadingGame:
    gain = pd.DataFrame([[3.0, 1.0]], index=["phone"], columns=["edge", "uav"])
    return offloading.OffloadingGame.from_matrices(gain, [2.0, 4.0], cap=pd.Series([0, 1], index=["uav", "edge"]))


def _trading() -> trading.TradingGame:
    return trading.TradingGame(
        role_ratio=pd.Series([0.5, 0.25], index=["a", "b"]),  # type: ignore[arg-type]
        payment_weight=pd.Series([2.0, 1.0], index=["b", "a"]),  # type: ignore[arg-type]
        reward=10.0,
        service_profit=1.0,
        unit_cost=0.5,
        min_demand=0.0,
        max_demand=5.0,
        min_price=1.0,
        max_price=2.0,
    )


def _finite() -> normal_form.NormalFormGame:
    row = pd.DataFrame([[3.0, 0.0], [5.0, 1.0]], index=["quiet", "talk"], columns=["left", "right"])
    column = pd.DataFrame([[1.0, 0.0], [5.0, 3.0]], index=["talk", "quiet"], columns=["right", "left"])
    return normal_form.NormalFormGame([row, column])  # type: ignore[arg-type]


def _market() -> double_auction.Market:
    bid = pd.Series([10.0, 8.0], index=["b1", "b2"])
    return double_auction.Market(bid=bid, ask=[1.0], demand=pd.Series([2, 1], index=["b2", "b1"]))  # type: ignore[arg-type]


def _tender() -> procurement.Tender:
    price = pd.Series([1.0, 2.0], index=["s1", "s2"])
    return procurement.Tender(price, pd.Series([0.5, 0.0], index=["s2", "s1"]))  # type: ignore[arg-type]


def test_each_family_aligns() -> None:
    assert _allocation().capacity.tolist() == [9.0, 1.0]
    assert _system(WEST_FIRST).capacity.tolist() == [9.0, 1.0]
    assert _offloading().cap.tolist() == [1, 0]
    assert _trading().payment_weight.tolist() == [1.0, 2.0]
    assert _finite().payoffs[1].tolist() == [[3.0, 5.0], [0.0, 1.0]]
    assert _finite().strategies == (("quiet", "talk"), ("left", "right"))
    assert _market().demand.tolist() == [1, 2]
    assert _tender().utilisation.tolist() == [0.0, 0.5]


NAMED: dict[str, tuple[Callable[[], Any], dict[str, tuple[str, ...]]]] = {
    "allocation": (_allocation, {"server": ("east", "west"), "task": ("render", "index")}),
    "a system": (
        lambda: allocation.AllocationProblem.from_system(_system(WEST_FIRST)),
        {"server": ("east", "west"), "task": ("render",)},
    ),
    "offloading": (_offloading, {"user": ("phone",), "provider": ("edge", "uav")}),
    "trading": (_trading, {"consumer": ("a", "b")}),
    "double auction": (_market, {"buyer": ("b1", "b2"), "seller": ("0",)}),
    "procurement": (_tender, {"supplier": ("s1", "s2")}),
    "orienteering": (
        lambda: _town(profit=pd.Series([1.0], index=["inn"]), latest=pd.Series([20.0], index=["van"])),
        {"location": ("inn", "depot"), "customer": ("inn",), "vehicle": ("van",)},
    ),
}


@pytest.mark.parametrize("family", NAMED)
def test_names_are_kept(family: str, tmp_path: Path) -> None:
    make, wanted = NAMED[family]
    problem = make()
    problem.save(tmp_path / "problem.json")
    for same in (problem, pickle.loads(pickle.dumps(problem)), edgeworth.load(tmp_path / "problem.json")):
        assert {axis: names.names_of(same, axis) for axis in wanted} == wanted
        assert same.hash == problem.hash


def test_names_are_part_of_the_hash_and_positions_are_not() -> None:
    def problem(**given: Any) -> allocation.AllocationProblem:
        return allocation.AllocationProblem.from_matrices([[1.0], [2.0]], [[1.0], [1.0]], [1.0, 1.0], **given)

    plain = problem()
    assert problem(server_names=["0", "1"]).hash == plain.hash
    assert problem(server_names=["a", "b"]).hash != plain.hash
    assert "server_names" not in plain.to_payload().fields


def test_violations_and_their_texts_use_the_names() -> None:
    overloaded = allocation.violations(_allocation(), allocation.Assignment([0, 0]))  # type: ignore[arg-type]
    assert [str(each) for each in overloaded] == ["server east carries 10.0, its capacity is 9.0"]
    assert overloaded[0].at("server") == 0
    assert overloaded[0].at("task") is None
    full = offloading.violations(_offloading(), offloading.Profile([1]))  # type: ignore[arg-type]
    assert str(full[0]) == "provider uav serves 1 users, its cap is 0"
    idle = double_auction.Outcome([-1, -1], [0.0, 1.0], [0.0])  # type: ignore[arg-type]
    assert str(double_auction.violations(_market(), idle)[0]) == "buyer b2 does not trade, yet pays 1.0"
    dear = procurement.Tender([1e9], [0.0], supplier_names=("s9",))  # type: ignore[arg-type]
    assert "supplier s9" in str(procurement.violations(dear, procurement.Award(0, 0.0))[0])


def test_a_violation_is_replayed_at_its_place() -> None:
    problem = _allocation()
    broken = allocation.violations(problem, allocation.Assignment([0, 0]))[0]  # type: ignore[arg-type]
    assert broken.replay(problem, allocation.Assignment([0, 0])) == broken.amount  # type: ignore[arg-type]
    assert broken.replay(problem, allocation.Assignment([0, 1])) == 0.0  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(broken)) == broken
    assert hash(broken) == hash(pickle.loads(pickle.dumps(broken)))


# --- routing: where the depot is, and what the places are called ----------------------------------------------------------

FAR = np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 4.0], [9.0, 4.0, 0.0]])


def _same(one: orienteering.OrienteeringProblem, other: orienteering.OrienteeringProblem) -> bool:
    plain = [problem.to_payload().arrays for problem in (one, other)]
    return all(np.array_equal(plain[0][name], plain[1][name]) for name in plain[0])


@pytest.mark.parametrize("depot", [0, 1, 2])
def test_wherever_the_depot_stands_it_is_the_same_problem(depot: int) -> None:
    order = [1, 2]
    order.insert(depot, 0)
    matrix = FAR[np.ix_(order, order)]
    build = orienteering.OrienteeringProblem.from_matrices
    expected = build(FAR, [7.0, 8.0], depot="first", latest=20.0, travel_time=2.0 * FAR)
    found = build(matrix, [7.0, 8.0], depot=depot, latest=20.0, travel_time=2.0 * matrix)
    assert _same(found, expected)
    rows = [str(order.index(place)) for place in (1, 2, 0)]
    assert names.names_of(found, "location") == tuple(rows)


def test_names_of_a_matrix_order_the_customers() -> None:
    places = ["hub", "inn", "mill"]
    matrix = pd.DataFrame(FAR, index=places, columns=places)
    turned = matrix.loc[["mill", "hub", "inn"], ["inn", "mill", "hub"]]
    profit = pd.Series([8.0, 7.0], index=["mill", "inn"])
    build = orienteering.OrienteeringProblem.from_matrices
    for given in (matrix, turned):
        problem = build(given, profit, depot="hub", latest=20.0)
        place = {name: k for k, name in enumerate(names.names_of(problem, "location"))}
        assert problem.profit[0, place["inn"]] == 7.0
        assert problem.distance[place["hub"], place["mill"]] == 9.0
        assert problem.distance[place["inn"], place["mill"]] == 4.0
        assert problem.start.tolist() == [place["hub"]]
    with pytest.raises(ValueError, match="profit: must have the same labels along its customers as the other"):
        build(matrix, pd.Series([1.0, 2.0], index=["inn", "farm"]), depot="hub", latest=20.0)


def test_rows_of_the_matrix_order_customers_that_are_named_by_them() -> None:
    profit = pd.Series([8.0, 7.0], index=[2, 1])
    problem = orienteering.OrienteeringProblem.from_matrices(FAR, profit, depot="first", latest=20.0)
    assert problem.profit.tolist() == [[7.0, 8.0]]
    assert problem.location_names == ("1", "2", "0")


def test_solomons_customer_1_is_1(tmp_path: Path) -> None:
    text = "R\n\nVEHICLE\nNUMBER CAPACITY\n1 10\n\nCUSTOMER\nNO X Y D R D S\n" + "\n".join(
        ["0 0 0 0 0 100 0", "1 3 4 5 0 100 0", "2 6 8 6 0 1 0"]
    )
    path = tmp_path / "r.txt"
    path.write_text(text)
    problem = orienteering.read_solomon(path, rounding="none")
    assert problem.location_names == ("1", "2", "0")
    wrong = orienteering.plan(problem, [[0, 1]])
    assert orienteering.visits(problem, wrong) == {"0": ("1", "2")}
    texts = [str(each) for each in orienteering.violations(problem, wrong)]
    assert texts[0].startswith("vehicle 0 begins at customer 2 at 10.0, its window closes at 1.0")
    report = orienteering.verify(problem, wrong)
    assert "customer 2" in str(report)


def test_nodes_of_a_graph_are_names() -> None:
    graph = nx.Graph(regime="linearised")
    graph.add_node("phone", bipartite=0)
    graph.add_node("edge", bipartite=1, rate=2.0)
    graph.add_edge("phone", "edge", gain=3.0)
    game = offloading.from_networkx(graph)
    assert (game.user_names, game.provider_names) == (("phone",), ("edge",))
    assert offloading.from_networkx(offloading.to_networkx(game)).hash == game.hash

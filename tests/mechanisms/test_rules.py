"""A rule of double auctions is stated once: rows, documentation, public names and the auditor derive from its specification."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.double_auction import exact, rules
from edgeworth.mechanisms.double_auction.rules import RULES

FOLDER = Path(rules.__file__).parent


def made_for(name: str) -> da.Market:
    """A small market that the rule is made for."""
    for preset in ("unit", "multi-unit"):
        market = da.generate(preset=preset, buyers=3, sellers=2, seed=0)
        try:
            da.run(name, market)
        except ValueError:
            continue
        return market
    raise LookupError(name)


def test_every_file_is_one_rule() -> None:
    files = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
    assert files == sorted(name.replace("-", "_") for name in RULES)
    for name, spec in RULES.items():
        assert spec.name == name
        assert import_module(f"{rules.__name__}.{name.replace('-', '_')}").RULE is spec


@pytest.mark.parametrize("name", RULES)
def test_everything_that_names_rules_derives_from_the_specification(name: str) -> None:
    spec, market = RULES[name], made_for(name)
    row = da.FAMILY.method(name)
    assert row == spec.row
    assert (row.kind, row.guarantee, row.reference) == ("mechanism", spec.guarantee, spec.reference)
    assert row.params_type() is spec.params is getattr(da, spec.params.__name__)
    method: Any = row.resolve()
    assert method is getattr(da, name.replace("-", "_"))
    assert f"{method.__module__}:{method.__name__}" == row.function
    assert "Notes\n-----" in method.__doc__
    assert "References\n----------" in method.__doc__
    assert f"- ``{name}``: {spec.guarantee} ({spec.reference})" in str(da.run.__doc__)
    model = audit_model_of(market)
    assert name in model.mechanisms
    for agent in model.agents(market, "price"):
        points = model.breakpoints(market, name, agent, "price")
        params, tie = spec.params(), da.ByIndex()
        if spec.breakpoints is None:
            assert points is None
        else:
            assert np.array_equal(points, spec.breakpoints(market, agent, params, tie))  # type: ignore[arg-type]


def test_a_rule_seen_by_one_agent_is_the_rule() -> None:
    for name, spec in RULES.items():
        if spec.one_agent is None:
            continue
        market = made_for(name)
        outcome, model = da.run(name, market), audit_model_of(market)
        for agent in model.agents(market, "price"):
            own = spec.prepared().one_agent(market, agent)
            assert own is not None
            dealt = own(model.truth(market, agent, "price"))
            money = outcome.payment[agent[1]] if agent[0] == "buyer" else outcome.reward[agent[1]]
            assert (dealt.units, float(dealt.money)) == pytest.approx((model.quantity(market, outcome, agent), money))


@pytest.mark.parametrize("name", ["posted-procurement", "rank-procurement"])
@pytest.mark.parametrize("seed", range(3))
def test_procurement_in_a_unit_market_is_what_it_is_in_any(name: str, seed: int) -> None:
    """Rewards are costs and rents W - W(-k) by HiGHS, and one agent's view is the rule, at equal reports as well."""
    drawn = da.generate(preset="unit", buyers=14, sellers=13, seed=seed)
    market = replace(drawn, bid=np.round(drawn.bid), ask=np.round(drawn.ask)) if seed == 0 else drawn
    outcome = da.run(name, market)
    served, selling = np.flatnonzero(outcome.seller >= 0), sorted(set(outcome.seller[outcome.seller >= 0].tolist()))
    assert len(served) > 1
    price = float(outcome.payment[served[0]])
    bid = np.where(outcome.payment > 0.0, price, 0.0)
    if name == "posted-procurement":
        bid = np.where(market.bid >= price, price, 0.0)
    else:
        bid[np.argsort(-market.bid, kind="stable")[:9]] = price  # ceil(.6 of 14)

    def greatest(without: int = -1) -> float:
        capacity = np.array(market.capacity)
        capacity[without if without >= 0 else slice(0, 0)] = 0
        return exact._by_highs(replace(market, bid=bid, capacity=capacity), exact._free_run()).value

    whole = greatest()
    for k in selling:
        assert outcome.reward[k] == pytest.approx(market.ask[k] + whole - greatest(k), abs=1e-9)
    rng, model, rule = np.random.default_rng(seed), audit_model_of(market), RULES[name].prepared()
    for agent in model.agents(market, "price"):
        own = rule.one_agent(market, agent)
        assert own is not None
        for report in (0.0, *(model.draw_report(market, agent, "price", rng) for _ in range(6))):
            there = da.run(name, market.reported(agent, report))
            money = there.payment[agent[1]] if agent[0] == "buyer" else there.reward[agent[1]]
            dealt = own(report)
            assert (dealt.units, dealt.money) == (model.quantity(market, there, agent), money)
    found = audit(name, market, rationality="utility")
    assert found.truthful.scope.kind == "exhaustive"
    assert found.truthful
    assert found.individually_rational
    assert found.weakly_budget_balanced


NEW_RULE = '''"""A rule of a fixed price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.mechanisms.double_auction.clearing.unit import Cleared, Curves, unit_rule
from edgeworth.mechanisms.double_auction.model import Agent, Market
from edgeworth.mechanisms.double_auction.spec import as_method


@dataclass(frozen=True)
class FixedPrice:
    """Parameters of the rule ``fixed-price``: the unit price."""

    price: float = 5.0


def _clear(c: Curves, params: FixedPrice) -> Cleared:
    """Trade at one price that no report moves."""
    wanted = int(np.count_nonzero(c.bids >= params.price))
    offered = int(np.count_nonzero(c.asks <= params.price))
    return Cleared(min(wanted, offered), params.price, params.price)


def _breakpoints(market: Market, agent: Agent) -> np.ndarray:
    """The price and the others' reports."""
    return np.unique(np.concatenate([market.bid, market.ask, [FixedPrice().price]]))


RULE = unit_rule("fixed-price", FixedPrice, _clear, guarantee="none", reference="a test", breakpoints=_breakpoints)
fixed_price = as_method(RULE)
'''

TRIAL = """
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
market = da.Market(bid=[9.0, 8.0, 2.0], ask=[1.0, 7.0])
assert da.run("fixed-price", market).payment.tolist() == [5.0, 0.0, 0.0]
assert da.run("fixed-price", market, params=da.FixedPrice(3.0)).payment.tolist() == [3.0, 0.0, 0.0]
assert da.verify(market, da.solve(market, method="fixed-price"))
assert "fixed-price" in da.run.__doc__
assert da.fixed_price.__doc__.startswith("Trade at one price that no report moves.\\n\\nParameters\\n")
found = audit("fixed-price", market)
assert str(found.truthful.scope) == "exhaustive" and not found.truthful  # who is rationed outbids
assert found.strongly_budget_balanced
from edgeworth.cli import main
main(["methods", "double-auction"])
"""


def test_a_new_rule_is_one_file_and_one_line(tmp_path: Path) -> None:
    """As CONTRIBUTING says, on a copy of the package."""
    package = Path(edgeworth.__file__).parent
    shutil.copytree(package, tmp_path / "edgeworth", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / FOLDER.relative_to(package.parent)
    (folder / "fixed_price.py").write_text(NEW_RULE)
    listed = (folder / "__init__.py").read_text()
    assert listed.count('    "rank_procurement",\n') == 1
    (folder / "__init__.py").write_text(
        listed.replace('    "rank_procurement",\n', '    "rank_procurement",\n    "fixed_price",\n')
    )
    done = subprocess.run(
        [sys.executable, "-c", TRIAL],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "fixed-price" in done.stdout


@pytest.mark.parametrize("buyers", [2, 10, 11])
def test_procurement_in_a_unit_market_tells_sellers_apart_that_a_sum_of_floats_does_not(buyers: int) -> None:
    """The cheapest sells, whatever the number of buyers, and is paid the next ask; equal asks go by index."""
    bid = np.array([1e17] + [0.0] * (buyers - 1))
    market = da.Market(bid=bid, ask=[1.0, 0.5, 0.25, 0.25], history=(1e17, 1e17))
    outcome = da.run("posted-procurement", market)
    assert outcome.seller.tolist() == [2] + [-1] * (buyers - 1)
    assert outcome.reward.tolist() == [0.0, 0.0, 0.25, 0.0]
    found = audit("posted-procurement", market)
    assert found.truthful.scope.kind == "exhaustive"
    assert found.individually_rational

"""The model of double auctions: markets, truths, outcomes, ties, welfare, constraints, generators."""

from edgeworth.mechanisms.double_auction.model.functions import (
    clearing_price,
    measures,
    price_bound,
    quantity,
    seller_prices_bound,
    sold,
    surplus,
    tour_cost,
    utility,
    value,
    violations,
    welfare,
)
from edgeworth.mechanisms.double_auction.model.market import Agent, ExactMarket, Market, Outcome, Truth
from edgeworth.mechanisms.double_auction.model.presets import PRESETS, generate
from edgeworth.mechanisms.double_auction.model.routes import NotApplicableError, Routes, Tour
from edgeworth.mechanisms.double_auction.model.ties import ByIndex, Lottery, Refuse, Reverse, TieBreak, TieError, tie_break_of

__all__ = [
    "PRESETS",
    "Agent",
    "ByIndex",
    "ExactMarket",
    "Lottery",
    "Market",
    "NotApplicableError",
    "Outcome",
    "Refuse",
    "Reverse",
    "Routes",
    "TieBreak",
    "TieError",
    "Tour",
    "Truth",
    "clearing_price",
    "generate",
    "measures",
    "price_bound",
    "quantity",
    "seller_prices_bound",
    "sold",
    "surplus",
    "tie_break_of",
    "tour_cost",
    "utility",
    "value",
    "violations",
    "welfare",
]

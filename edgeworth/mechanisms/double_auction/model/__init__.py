"""The model of double auctions: markets, truths, outcomes, ties, welfare, constraints, generators."""

from edgeworth.mechanisms.double_auction.model.functions import (
    clearing_price as clearing_price,
    measures,
    price_bound as price_bound,
    quantity as quantity,
    seller_prices_bound as seller_prices_bound,
    sold as sold,
    surplus,
    tour_cost as tour_cost,
    utility,
    value,
    violations,
    welfare,
)
from edgeworth.mechanisms.double_auction.model.market import Agent as Agent, ExactMarket, Market, Truth
from edgeworth.mechanisms.double_auction.model.outcome import Outcome
from edgeworth.mechanisms.double_auction.model.presets import PRESETS, generate
from edgeworth.mechanisms.double_auction.model.routes import NotApplicableError as NotApplicableError, Routes, Tour as Tour
from edgeworth.mechanisms.double_auction.model.ties import (
    ByIndex,
    Lottery,
    Refuse,
    Reverse,
    TieBreak,
    TieError,
    tie_break_of as tie_break_of,
)

__all__ = [
    "PRESETS",
    "ByIndex",
    "ExactMarket",
    "Lottery",
    "Market",
    "Outcome",
    "Refuse",
    "Reverse",
    "Routes",
    "TieBreak",
    "TieError",
    "Truth",
    "generate",
    "measures",
    "surplus",
    "utility",
    "value",
    "violations",
    "welfare",
]

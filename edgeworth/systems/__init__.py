"""The papers end to end, one file of wiring each: their figures, the comparisons behind them, and every claim with its verdict.

`best`: scheduling of large-model tasks in a token market.
"""

from edgeworth.systems import best

__all__ = ["best"]


def __dir__() -> list[str]:
    return __all__.copy()

"""Forecasts, their quantiles and a backtest once more, in plain loops over plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

Vector = list[float]


def metrics(truth: list[Vector], forecast: list[Vector]) -> dict[str, float]:
    """Root mean square error, mean absolute error, and symmetric mean absolute percentage error from 0 to 2."""
    squares, misses, shares, count = [], [], [], 0
    for row, other in zip(truth, forecast, strict=True):
        for y, f in zip(row, other, strict=True):
            squares.append((y - f) ** 2)
            misses.append(abs(y - f))
            shares.append(0.0 if y == f == 0.0 else 2.0 * abs(y - f) / (abs(y) + abs(f)))
            count += 1
    return {
        "rmse": math.sqrt(math.fsum(squares) / count),
        "mae": math.fsum(misses) / count,
        "smape": math.fsum(shares) / count,
    }


def parts(steps: int) -> tuple[int, int]:
    """Where the held part and the calibration begin."""
    calibration = math.floor(0.15 * steps)
    rest = steps - calibration
    return rest - math.floor(0.15 * rest), rest


def scale(values: Vector) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in values) / len(values))


def conformal(mean: float, errors: Vector, level: float) -> float:
    """The mean plus the error of the conformal rank: at least a share `level` of n + 1 exchangeable errors is not above it."""
    ranked = sorted(errors)
    n = len(ranked)
    if level >= 0.5:
        k = next(k for k in range(1, n + 1) if k >= level * (n + 1) - 1e-9)
    else:
        k = next(k for k in range(n, 0, -1) if k <= level * (n + 1) + 1e-9)
    return mean + ranked[k - 1]


def seasonal(window: Vector, season: int, horizon: int) -> Vector:
    """The latest observed value a whole number of seasons before each step."""
    out = []
    for step in range(horizon):
        at = len(window) + step
        while at >= len(window):
            at -= season
        out.append(window[at])
    return out


def calibration_errors(series: Vector, predict: Callable[[Vector], Vector], history: int, horizon: int) -> list[Vector]:
    """Errors [n][horizon] of all windows whose targets lie in the calibration part."""
    _, begin = parts(len(series))
    out = []
    for origin in range(begin, len(series) - horizon + 1):
        ahead = predict(series[origin - history : origin])
        out.append([series[origin + h] - ahead[h] for h in range(horizon)])
    return out


def rolled(
    series: Vector, train: float, predict: Callable[[Vector], Vector], history: int, horizon: int
) -> tuple[list[Vector], list[Vector]]:
    """What followed every origin of the test part, and what was forecast, in units of the training part's range."""
    begin = math.floor(train * len(series))
    least, span = min(series[:begin]), max(series[:begin]) - min(series[:begin])
    truth, forecast = [], []
    for origin in range(begin, len(series) - horizon + 1):
        ahead = predict(series[origin - history : origin])
        truth.append([(series[origin + h] - least) / span for h in range(horizon)])
        forecast.append([(ahead[h] - least) / span for h in range(horizon)])
    return truth, forecast


def holt_winters(window: Vector, season: int, smoothing: Vector, horizon: int) -> Vector:
    """Additive season and damped trend; states at the start from the first two seasons."""
    alpha, beta, gamma, phi = smoothing
    first = math.fsum(window[:season]) / season
    second = math.fsum(window[season : 2 * season]) / season
    trend = (second - first) / season
    level = first - trend * (season + 1) / 2.0
    seasons = [window[k] - level - trend * (k + 1) for k in range(season)]
    for k, x in enumerate(window):
        expected = level + phi * trend
        cycle = seasons[k % season]
        new = alpha * (x - cycle) + (1.0 - alpha) * expected
        trend_new = beta * (new - level) + (1.0 - beta) * phi * trend
        seasons[k % season] = gamma * (x - expected) + (1.0 - gamma) * cycle
        level, trend = new, trend_new
    out, damped = [], 0.0
    for h in range(horizon):
        damped += phi ** (h + 1)
        out.append(level + damped * trend + seasons[(len(window) + h) % season])
    return out


def newsvendor_cost(quantity: float, demands: Vector, shortfall: float, stranded: float) -> float:
    """Mean cost of a quantity over equally likely demands."""
    return math.fsum(shortfall * max(d - quantity, 0.0) + stranded * max(quantity - d, 0.0) for d in demands) / len(demands)

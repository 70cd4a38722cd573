"""The decision value of a forecast: what the welfare of the whole system gains or loses with the forecast's error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.intervals import interval
from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.core.style import colour, new_axes
from edgeworth.forecasting import Corruption, Forecaster, fit
from edgeworth.forecasting.methods import method
from edgeworth.systems.fusion.auction_stage import contracts_of, market_of
from edgeworth.systems.fusion.forecast_stage import CONTRACTS, Contract, forecast_users, wanted
from edgeworth.systems.fusion.online_stage import fleet_of, online_game, play
from edgeworth.systems.fusion.presets import Preset, generate
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.settlement import measured
from edgeworth.systems.fusion.variants import Variant, variant_of, without_payments
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NOISE = (0.1, 0.2, 0.4, 0.8)
"""Standard deviations of the logarithm of what actual intensities are multiplied by."""
HISTORY = 48
CORRUPTION = Corruption()
"""The paper's, its lost numbers as in `Corruption`."""
_KEPT = ("welfare", "welfare_contracted", "offline", "online", "contracted", "used", "stranded", "shortfall")


def decision_value(
    forecasters: Iterable[str] = ("persistence", "seasonal-naive", "linear"),
    *,
    preset: Preset = "synthetic",
    variant: str | Variant = "fusion",
    contract: Contract = "point",
    worlds: int = 10,
    rounds: int = 6,
    noise: Iterable[float] = NOISE,
    corruption: Corruption | None = CORRUPTION,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Play the same rounds on forecasts of growing error, from perfect foresight to noise.

    Parameters
    ----------
    forecasters : iterable of str
        Names of `edgeworth.forecasting.METHODS`, fitted to each world's intensities before its first round; networks need
        torch (extra "learn").
    preset, **options
        As of `generate`.
    variant : str or Variant
        Off-AIC2's payments, which welfare does not depend on, are left out.
    contract : {"point", "newsvendor"}
        How much is bought on a forecast.
    worlds, rounds : int
        Worlds, of the seeds ``seed``, ``seed`` + 1, ..., and rounds of each; at least 1.
    noise : iterable of float
        >= 0; the actual intensities, each times ``exp(s z)`` with z standard normal, as forecasts of known error.
    corruption : Corruption, optional
        Of the windows that forecasters see, not of what they were fitted to; None: clean windows only.
    seed : int

    Returns
    -------
    pandas.DataFrame
        A row a world, forecast and kind of inputs: ``world``, ``forecast`` (a forecaster, "perfect": the actual users,
        "intensity": the actual intensities, "noise"), ``noise``, ``inputs`` ("clean", "corrupted" or "none"), ``rmse`` (root
        mean square over servers of forecast less actual users, mean over rounds), and means over rounds of ``welfare``,
        ``welfare_contracted``, ``offline``, ``online``, and of tasks ``contracted``, ``used``, ``stranded``, ``shortfall``.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.
    RuntimeError
        Where a stage fails its check; no such row gets into the table.

    Notes
    -----
    Users, windows and links of a round are the same whatever is forecast, so that differences are those of forecasts; the
    intensities tell all that can be known before users are drawn from them.

    Examples
    --------
    >>> table = decision_value(["persistence"], worlds=1, rounds=1, noise=[0.5], servers=6, agents=2, users=40)
    >>> table[["forecast", "inputs"]].agg(" ".join, axis=1).tolist()
    ['perfect none', 'intensity none', 'noise none', 'persistence clean', 'persistence corrupted']
    """
    import pandas as pd

    asked = variant_of(variant)
    like = without_payments(asked)
    names = [method(name, "forecasters").name for name in forecasters]
    sizes = [validation.real("noise", size, minimum=0.0) for size in noise]
    validation.choice("contract", contract, CONTRACTS)
    first = validation.integer("seed", seed, minimum=0)
    many = validation.integer("rounds", rounds, minimum=1)
    rows = []
    for number in range(first, first + validation.integer("worlds", worlds, minimum=1)):
        world = generate(preset, seed=number, **options)
        drawn = [draw(world, number, r) for r in range(many)]
        for forecast, size, inputs, users in _forecasts(world, drawn, number, names, sizes, corruption):
            played = [_played(world, each, like, contract, number, mine) for each, mine in zip(drawn, users, strict=True)]
            means = {name: float(np.mean([one[name] for one in played])) for name in ("forecast_error", *_KEPT)}
            about = {"world": number, "forecast": forecast, "noise": size, "inputs": inputs}
            rows.append(about | {"rmse": means.pop("forecast_error")} | means)
    return pd.DataFrame(rows)


def decision_summary(table: pd.DataFrame) -> pd.DataFrame:
    """What each forecast is worth, against perfect foresight in pairs.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `decision_value`.

    Returns
    -------
    pandas.DataFrame
        A row a forecast and kind of inputs, by rising ``rmse``: ``welfare``; ``loss`` against perfect foresight with its 95%
        interval by Student's t over worlds (``low``, ``high``), relative loss, and the loss of ``welfare_contracted``, the
        paper's accounting (``loss_contracted``).
    """
    import pandas as pd

    keys = ["forecast", "noise", "inputs"]
    perfect = table[table["forecast"] == "perfect"].set_index("world")
    rows = []
    for key, part in table.groupby(keys, dropna=False, sort=False):
        own = part.set_index("world")
        loss = (perfect["welfare"] - own["welfare"]).to_numpy(float)
        mean, low, high = interval(loss)
        printed = interval((perfect["welfare_contracted"] - own["welfare_contracted"]).to_numpy(float))[0]
        welfare = float(own["welfare"].mean())
        relative = mean / float(perfect["welfare"].mean())
        rows.append([*key, float(own["rmse"].mean()), welfare, mean, low, high, relative, printed, len(own)])
    names = [*keys, "rmse", "welfare", "loss", "low", "high", "relative", "loss_contracted", "worlds"]
    return pd.DataFrame(rows, columns=names).sort_values("rmse", ignore_index=True)


def plot_decision(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the loss of welfare against the error of the forecast, with 95% intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `decision_value`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    axes = new_axes(6.0, 3.6) if ax is None else ax
    found = decision_summary(table)
    found = found[found["forecast"] != "perfect"]
    known = found["forecast"].isin(["intensity", "noise"])
    for number, (label, rows) in enumerate(
        {
            "actual intensities, with noise": found[known],
            "clean windows": found[~known & (found["inputs"] == "clean")],
            "corrupted windows": found[found["inputs"] == "corrupted"],
        }.items()
    ):
        if not len(rows):
            continue
        off = np.maximum(np.stack([rows["loss"] - rows["low"], rows["high"] - rows["loss"]]), 0.0)
        line = "-" if number == 0 else ""
        axes.errorbar(rows["rmse"], rows["loss"], off, fmt=f"o{line}", ms=4, lw=1, capsize=2, color=colour(number), label=label)
        if number:
            for each in rows.itertuples():
                axes.annotate(str(each.forecast), (each.rmse, each.loss), (3, 3), textcoords="offset points", fontsize=6)
    axes.axhline(0.0, lw=0.6, color="grey")
    axes.set_xlabel("RMSE of the forecast, users a server")
    axes.set_ylabel("welfare lost against perfect foresight")
    axes.legend(fontsize="small", frameon=False)
    return axes


def _forecasts(
    world: World, drawn: list[Round], seed: int, names: list[str], noise: list[float], corruption: Corruption | None
) -> Iterable[tuple[str, float, str, list[Floats]]]:
    """Every forecast of the rounds' users: what it is, its noise, its inputs, and users by round and server."""
    for name in ("perfect", "intensity"):
        yield name, 0.0, "none", [forecast_users(world, each, name) for each in drawn]
    now = [world.first + each.number for each in drawn]
    for size in noise:
        rng = generator(seed, INSTANCES)[0]
        factor = np.exp(size * rng.standard_normal((len(drawn), world.servers)))
        yield "noise", size, "none", [world.expected(world.intensity[:, t] * z) for t, z in zip(now, factor, strict=True)]
    if not names:
        return
    past = world.intensity[:, : world.first]
    low, high = past.min(axis=1, keepdims=True), past.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1.0)
    windows = {"clean": [world.intensity[:, t - HISTORY : t] for t in now]}
    if corruption is not None:
        windows["corrupted"] = [
            low + span * np.stack([corruption.corrupt(row, seed=(seed, t, i)) for i, row in enumerate((seen - low) / span)])
            for seen, t in zip(windows["clean"], now, strict=True)
        ]
    for name in names:
        fitted = _fitted(name, past, seed)
        for inputs, seen in windows.items():
            yield name, np.nan, inputs, [world.expected(_next(fitted, each)) for each in seen]


def _fitted(name: str, past: Floats, seed: int) -> list[Forecaster]:
    """One forecaster of all servers' intensities where the method pools series, else one a server."""
    series = list(past)
    if "pooling" in method(name).takes:
        return [fit(name, series, history=HISTORY, horizon=1, seed=seed)]
    return [fit(name, each, history=HISTORY, horizon=1, seed=seed) for each in series]


def _next(fitted: list[Forecaster], windows: Floats) -> Floats:
    """The intensities that follow, float64 [S]."""
    if len(fitted) == 1:
        found = fitted[0].forecasts(windows, series=np.arange(len(windows)) if len(windows) > 1 else None)[:, 0]
    else:
        found = np.array([each.forecasts(window[None])[0, 0] for each, window in zip(fitted, windows, strict=True)])
    return np.asarray(np.maximum(found, 0.0))


def _played(world: World, drawn: Round, like: Variant, contract: Contract, seed: int, users: Floats) -> dict[str, float]:
    """The measures of a round on a forecast, its stages checked."""
    from edgeworth.games import offloading
    from edgeworth.mechanisms import double_auction

    contracts = contracts_of(world, drawn, wanted(world, users, contract), like, seed)
    market, buyers = market_of(world, drawn, contracts.quantity)
    outcome = double_auction.Outcome(
        contracts.agent[buyers], contracts.payment[buyers], contracts.reward, contracts.stop[buyers]
    )
    fleet = fleet_of(world, contracts, like)
    game = online_game(world, drawn, fleet)
    found = play(game, drawn.number, like, seed)
    broken = double_auction.violations(market, outcome)
    judged = offloading.verify(game, found)
    if broken or not judged:
        raise RuntimeError(f"round {drawn.number} of world {seed} fails its check: {broken or judged.failures}")
    return measured(world, drawn, contracts, fleet, game, found.require(), 0, users)

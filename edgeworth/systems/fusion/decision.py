"""The decision value of a forecast: what the welfare of the whole system gains or loses with the forecast's error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.intervals import interval
from edgeworth.core.style import colour, dress, new_axes
from edgeworth.forecasting import Corruption
from edgeworth.forecasting.methods import method
from edgeworth.games import offloading
from edgeworth.games.offloading import Profile
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.double_auction import Outcome
from edgeworth.systems.fusion.auction_stage import market_of
from edgeworth.systems.fusion.forecast_stage import (
    CONTRACTS,
    KNOWING,
    Contract,
    Outlook,
    forecast_users,
    outlook,
    planned_users,
)
from edgeworth.systems.fusion.online_stage import fleet_of, online_game
from edgeworth.systems.fusion.presets import Preset, generate
from edgeworth.systems.fusion.rounds import Round, Stream, draw, stream
from edgeworth.systems.fusion.running import play_round
from edgeworth.systems.fusion.variants import Variant, variant_of, without_payments
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NOISE = (0.1, 0.2, 0.4, 0.8)
"""Standard deviations of the logarithm of what actual intensities are multiplied by."""
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
        for forecast, size, inputs, found in _outlooks(world, many, number, names, sizes, corruption):
            played = [_played(world, each, like, contract, number, forecast, found) for each in drawn]
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
    dress(axes)
    return axes


def _outlooks(
    world: World, rounds: int, seed: int, names: list[str], noise: list[float], corruption: Corruption | None
) -> Iterator[tuple[str, float, str, Outlook]]:
    """Every forecast: what it is, its noise, its inputs, and what it says of all rounds."""
    actual = outlook(world, "intensity", seed)
    for name in KNOWING[::-1]:
        yield name, 0.0, "none", actual
    for size in noise:
        z = stream(seed, 0, Stream.NOISE).standard_normal((rounds, world.servers))
        yield "noise", size, "none", Outlook(actual.intensity[:rounds] * np.exp(size * z), np.zeros((1, world.servers)))
    for name in names:
        yield name, np.nan, "clean", outlook(world, name, seed)
        if corruption is not None:
            yield name, np.nan, "corrupted", outlook(world, name, seed, corruption)


def _played(
    world: World, drawn: Round, like: Variant, contract: Contract, seed: int, name: str, found: Outlook
) -> Mapping[str, float]:
    """The measures of a round on a forecast, its stages checked."""
    users = forecast_users(world, drawn, found, name)
    played = play_round(world, drawn, like, seed, users, planned_users(world, users, found, drawn.number, name, contract))
    contracts = played.contracts
    market, buyers = market_of(world, drawn, contracts.quantity)
    outcome = Outcome(contracts.agent[buyers], contracts.payment[buyers], contracts.reward, contracts.stop[buyers])
    broken = double_auction.violations(market, outcome)
    game = online_game(world, drawn, fleet_of(world, contracts, like))
    judged = offloading.verify(game, Profile(played.provider))
    wrong = [name for name in judged.failures if name != "epsilon" or like.online == "pg-brd"]
    if broken or wrong:
        raise RuntimeError(f"round {drawn.number} of world {seed} fails its check: {[*broken, *wrong]}")
    return played.measures

"""Trading rounds one after the other, and the record of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.display import number
from edgeworth.core.files import write_text
from edgeworth.core.payload import Payload
from edgeworth.core.run import PRESSES
from edgeworth.core.verdict import Report
from edgeworth.forecasting import Corruption
from edgeworth.games.offloading import Profile
from edgeworth.systems.fusion.auction_stage import Contracts, contracts_of
from edgeworth.systems.fusion.forecast_stage import (
    CONTRACTS,
    FORECASTERS,
    Contract,
    forecast_users,
    outlook,
    planned_users,
    wanted,
)
from edgeworth.systems.fusion.online_stage import fleet_of, online_game, play, visits_of
from edgeworth.systems.fusion.played import Played
from edgeworth.systems.fusion.presets import Preset, generate
from edgeworth.systems.fusion.records import Record
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.settlement import measured
from edgeworth.systems.fusion.variants import Variant, variant_of
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from edgeworth.systems.fusion.stage import RoundBound

OnRound = Callable[[int, int, Mapping[str, float]], None]
"""Called after every round with how many are done, how many there are, and the measures of the last."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Run(Record):
    """The record of a run: a world, what was done, and all rounds. It can be saved, loaded, replayed and verified.

    Attributes
    ----------
    world : World
    variant : Variant
    forecaster : str
    contract : {"point", "newsvendor"}
    corruption : Corruption or None
        Of what forecasters see.
    seed : int
    rounds : tuple of Played
        Rounds 0, 1, ...
    """

    kind: ClassVar[str] = "fusion-run"

    world: World
    variant: Variant
    forecaster: str
    contract: Contract
    corruption: Corruption | None
    seed: int
    rounds: tuple[Played, ...]

    def __post_init__(self) -> None:
        w = self.world
        if not self.rounds or [each.number for each in self.rounds] != list(range(len(self.rounds))):
            validation.reject("rounds", "must be numbered 0, 1, ...", [each.number for each in self.rounds])
        for each in self.rounds:
            servers = [len(values) for values in (each.contracts.quantity, each.forecast, each.planned)]
            shape = (*servers, len(each.contracts.reward), len(each.provider))
            if shape != (w.servers, w.servers, w.servers, w.agents, w.users):
                validation.reject("rounds", f"must have {w.servers} servers, {w.agents} agents and {w.users} users", shape)
            if int(each.contracts.agent.max(initial=-1)) >= w.agents:
                validation.reject("rounds", f"must name agents below {w.agents}", each.contracts.agent.max())

    def __repr__(self) -> str:
        welfare = number(self.measures["welfare"])
        return f"<Run {self.variant.name!r} of {self.world!r}: {len(self.rounds)} rounds, mean welfare {welfare}>"

    @property
    def measures(self) -> dict[str, float]:
        """Of all rounds, the mean of each measure over the rounds that have it."""
        names = dict.fromkeys(name for each in self.rounds for name in each.measures)
        return {name: float(np.mean([each.measures[name] for each in self.rounds if name in each.measures])) for name in names}

    def drawn(self, number: int) -> Round:
        """A round as it came.

        Parameters
        ----------
        number : int

        Returns
        -------
        Round
        """
        return draw(self.world, self.seed, number)

    def to_frame(self) -> pd.DataFrame:
        """One row a round: variant, forecaster, contract, seed, round and all measures.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        about = {"variant": self.variant.name, "forecaster": self.forecaster, "contract": self.contract, "seed": self.seed}
        return pd.DataFrame([about | {"round": each.number} | dict(each.measures) for each in self.rounds])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw welfare by round, as realised and in the paper's accounting.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        """
        from edgeworth.systems.fusion.page import plot

        return plot(self.rounds, f"{self.variant.name}, {self.forecaster} forecasts", ax)

    def to_html(self, path: str | PathLike[str], report: Report | None = None) -> None:
        """Write one self-contained page: what was run, means, verdicts, welfare by round, all rounds.

        Parameters
        ----------
        path : str or path
        report : Report, optional
            Of `verify`, which is called without it.
        """
        from edgeworth.systems.fusion.page import text

        world = self.world
        about = {
            "world": f"{world!r}, hash {world.hash}",
            "variant": repr(self.variant),
            "forecasts": f"{self.forecaster}, contracts by {self.contract}, corruption {self.corruption}",
            "seed": str(self.seed),
        }
        judged = self.verify() if report is None else report
        write_text(path, text(self.rounds, self.to_frame(), self.measures, judged, self.variant.name, about))

    @cached_property
    def bounds(self) -> tuple[RoundBound, ...]:
        """A bound on the welfare of each round that no contracts, tours and choices exceed; some seconds a round, once."""
        from edgeworth.systems.fusion.bounds import round_bound

        waiting = self.variant.rule == "none"
        return tuple(round_bound(self.world, self.drawn(each.number), waiting=waiting) for each in self.rounds)

    @property
    def bound(self) -> float:
        """The mean of `bounds`, beside ``measures["welfare"]``."""
        return float(np.mean([each.value for each in self.bounds]))

    def verify(self, *, bound: bool = False) -> Report:
        """Check every stage of every round by code that does not decide; see `verification.verify`.

        Parameters
        ----------
        bound : bool
            Whether `bounds` are rebuilt from their certificates too, and computed first where they were not.

        Returns
        -------
        Report
        """
        from edgeworth.systems.fusion.verification import verify

        return verify(
            self.world,
            self.variant,
            self.rounds,
            seed=self.seed,
            forecaster=self.forecaster,
            contract=self.contract,
            corruption=self.corruption,
            bounds=self.bounds if bound else None,
        )

    def replay(self) -> Run:
        """Run the same again, from the world and the seed alone.

        Returns
        -------
        Run
            Of the same hash, unless a stage has run into its time limit.
        """
        return play_rounds(
            self.world, self.variant, len(self.rounds), self.seed, self.forecaster, self.contract, self.corruption
        )

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        world = self.world.to_payload()
        fields: dict[str, Any] = {
            "world": world.fields,
            "variant": asdict(self.variant),
            "forecaster": self.forecaster,
            "contract": self.contract,
            "corruption": None if self.corruption is None else asdict(self.corruption),
            "seed": self.seed,
            "rounds": [
                {"number": each.number, "drawn": each.drawn, "visits": each.visits, "measures": dict(each.measures)}
                for each in self.rounds
            ],
        }
        arrays = {f"world.{name}": values for name, values in world.arrays.items()}
        for name in ("forecast", "planned", "provider"):
            arrays[name] = np.stack([getattr(each, name) for each in self.rounds])
        for name in self.rounds[0].contracts.to_payload().arrays:
            arrays[f"contracts.{name}"] = np.stack([getattr(each.contracts, name) for each in self.rounds])
        return Payload(fields, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Self:
        """The inverse of `to_payload`; validates like the constructor."""
        contracts = payload.part("contracts")
        forecast = validation.array("forecast", payload.array("forecast"), np.float64, (None, None))
        planned = validation.array("planned", payload.array("planned"), np.float64, forecast.shape)
        corruption = payload.field("corruption")
        provider = validation.array("provider", payload.array("provider"), np.int64, (None, None), minimum=-1)
        rounds = [
            Played(
                number=validation.integer("number", each["number"]),
                drawn=str(each["drawn"]),
                forecast=forecast[r],
                planned=planned[r],
                contracts=Contracts(**{name: values[r] for name, values in contracts.items()}),
                provider=provider[r],
                visits=validation.integer("visits", each["visits"], minimum=0),
                measures={str(name): validation.real(name, value) for name, value in each["measures"].items()},
            )
            for r, each in enumerate(payload.field("rounds"))
        ]
        return cls(
            world=World.from_payload(Payload(payload.field("world"), payload.part("world"))),
            variant=Variant(**payload.field("variant")),
            forecaster=payload.field("forecaster"),
            contract=validation.choice("contract", payload.field("contract"), CONTRACTS),  # type: ignore[arg-type]
            corruption=None
            if corruption is None
            else Corruption(**{**corruption, "burst_length": tuple(corruption["burst_length"])}),
            seed=validation.integer("seed", payload.field("seed"), minimum=0),
            rounds=tuple(rounds),
        )


def play_rounds(
    world: World,
    variant: Variant,
    rounds: int,
    seed: int,
    forecaster: str,
    contract: Contract,
    corruption: Corruption | None = None,
    on_round: OnRound | None = None,
) -> Run:
    """Play the rounds of a world from the first on; `run` documents the arguments."""
    name = "perfect" if variant.foresight else forecaster
    found = outlook(world, name, seed, corruption)
    played: list[Played] = []
    presses = PRESSES.count
    try:
        for r in range(rounds):
            drawn = draw(world, seed, r)
            forecast = forecast_users(world, drawn, found, name)
            planned = planned_users(world, forecast, found, r, name, contract)
            played.append(play_round(world, drawn, variant, seed, forecast, planned))
            if on_round is not None:
                on_round(r + 1, rounds, played[-1].measures)
            if PRESSES.count > presses:  # Ctrl-C in a solve that was at its end: the round is whole, and the last
                break
    except KeyboardInterrupt:
        if not played:
            raise
    return Run(
        world=world,
        variant=variant,
        forecaster=forecaster,
        contract=contract,
        corruption=corruption,
        seed=seed,
        rounds=tuple(played),
    )


def play_round(world: World, drawn: Round, variant: Variant, seed: int, forecast: Floats, planned: Floats) -> Played:
    """Auction, online stage and settlement of one round.

    Parameters
    ----------
    world : World
    drawn : Round
    variant : Variant
    seed : int
    forecast, planned : ndarray
        Users of each server, expected and wanted contracts for, float64 [S].

    Returns
    -------
    Played
    """
    contracts = contracts_of(world, drawn, wanted(world, planned), variant, seed)
    fleet = fleet_of(world, contracts, variant)
    game = online_game(world, drawn, fleet)
    result = play(game, drawn.number, variant, seed)
    profile: Profile = result.require()
    visits = visits_of(world, variant, result)
    found = measured(world, drawn, contracts, fleet, game, profile, visits, forecast)
    return Played(
        number=drawn.number,
        drawn=drawn.hash,
        forecast=forecast,
        planned=planned,
        contracts=contracts,
        provider=np.asarray(profile.provider),
        visits=visits,
        measures=found,
    )


def run(
    preset: Preset = "synthetic",
    variant: str | Variant = "fusion",
    rounds: int = 1,
    seed: int = 0,
    *,
    forecaster: str = "linear",
    contract: Contract = "point",
    corruption: Corruption | None = None,
    world: World | None = None,
    on_round: OnRound | None = None,
    **options: Any,
) -> Run:
    """Run the system: rounds of forecast, auction of UAV visits, offloading game and settlement.

    Parameters
    ----------
    preset : {"synthetic", "melbourne", "roads"}
        What `generate` makes of the seed; not looked at where a ``world`` is given.
    variant : str or Variant
        The paper's: "fusion", "no-pg", "random", "no-st", "pur-online"; ours: "posted", "rank", "exact-routes",
        "welfare-optimum", "online-optimum", "perfect"; see `VARIANTS`.
    rounds : int
        At least 1.
    seed : int
        Of the world and of all rounds, >= 0. Everything that nobody decides is the same for all variants.
    forecaster : str
        A name of `FORECASTERS`: a method of `edgeworth.forecasting`, fitted to the intervals before round 0, or "intensity" or
        "perfect", which know the round.
    contract : {"point", "newsvendor"}
        How much is bought on a forecast; see `planned_users`.
    corruption : Corruption, optional
        Of what forecasters observe; "intensity" and "perfect" know the round and observe nothing.
    world : World, optional
        In place of a preset.
    on_round : callable, optional
        See `OnRound`.
    **options
        Further arguments of `generate`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    In each round: the forecast gives every server's overload; the variant's rule makes contracts of it, an agent a server, and
    tours; UAVs hover at a server from the begin to the end of its visit; users, drawn by the actual intensities, choose; the
    contracts are settled as they were signed, used or not. Ctrl-C ends the run after the rounds that are finished, where there
    are any.

    References
    ----------
    FUSION paper, sections III, IV and VI-C.

    Examples
    --------
    >>> from edgeworth.systems import fusion
    >>> run = fusion.run(preset="synthetic", variant="no-st", rounds=2, seed=0, servers=6, agents=3, users=60)
    >>> bool(run.verify()), run.measures["used"] <= run.measures["contracted"]
    (True, True)
    """
    own = validation.integer("seed", seed, minimum=0)
    validation.choice("forecaster", forecaster, FORECASTERS)
    validation.choice("contract", contract, CONTRACTS)
    if corruption is not None and not isinstance(corruption, Corruption):
        validation.reject_type("corruption", "must be a Corruption or None", corruption)
    chosen = variant_of(variant)
    if world is None:
        world = generate(preset, seed=own, **options)
    elif options:
        validation.reject(next(iter(options)), "must not be given beside a world", next(iter(options.values())))
    elif not isinstance(world, World):
        validation.reject_type("world", "must be a World", world)
    many = validation.integer("rounds", rounds, minimum=1, maximum=world.rounds)
    return play_rounds(world, chosen, many, own, forecaster, contract, corruption, on_round)

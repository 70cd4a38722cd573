"""The model of procurement: a tender, an award, its value and constraints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, validation
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.core.violation import Violation, Violations

Floats = NDArray[np.float64]

__all__ = ["PRESETS", "Award", "Tender", "generate", "measures", "value", "violations"]

PRESETS = ("edge",)
"""What `generate` can make."""

_ARRAYS = ("price", "utilisation")

LARGEST = 1e250
"""Prices, worths and weights are at most this, so that no score overflows."""


@dataclass(frozen=True, eq=False, repr=False)
class Tender(ProblemData):
    """One task, suppliers i = 0..n-1 who report a price p_i and a utilisation u_i; the lowest score ``p_i + weight u_i`` wins.

    Attributes
    ----------
    price
        What each supplier asks for the task, money, >= 0; float64 [n].
    utilisation
        The share of each supplier's processor that is busy, in [0, 1]; float64 [n].
    weight
        What the buyer suffers of a utilisation of 1, money, >= 0.
    worth
        What the task is worth to the buyer, >= 0, who takes no offer of a score above it.
    verified
        True where the buyer measures the utilisation, so that only the price is reported; False where the reported one decides.
    provenance
        Where the tender comes from.
    supplier_names
        One text a supplier, by default the labels of the arguments that are Series, which are brought into one order; None
        where suppliers have numbers only.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range or of a wrong shape or type, and for money above 1e250.

    Notes
    -----
    Arrays are copied and read-only; n may be 0. Whose score is lowest, whether it is within the worth, and the welfare are
    decided in fractions of the numbers as they are stored: rounding never makes or breaks a tie.

    References
    ----------
    BEST paper, section VI-B, after Che, RAND J. Econ. 24 (1993).

    Examples
    --------
    >>> tender = Tender(price=[3.0, 2.0], utilisation=[0.1, 0.9], weight=2.0)
    >>> tender.score.tolist(), tender.cheapest
    ([3.2, 3.8], 0)
    """

    sizes: ClassVar[tuple[str, ...]] = ("suppliers",)

    kind: ClassVar[str] = "procurement"

    price: Floats
    utilisation: Floats
    weight: float = 1.0
    worth: float = 1e6
    verified: bool = True
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    supplier_names: tuple[str, ...] | None = None

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            price: ArrayLike,
            utilisation: ArrayLike,
            weight: float = 1.0,
            worth: float = 1e6,
            verified: bool = True,
            provenance: Provenance = ...,
            supplier_names: Sequence[str] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        arrays: dict[str, tuple[object, names.Axes]] = {name: (getattr(self, name), ("supplier",)) for name in _ARRAYS}
        aligned, found = names.align(arrays, {"supplier_names": self.supplier_names})
        for name, item in (aligned | found).items():
            store(name, item)
        store("price", validation.array("price", self.price, np.float64, (None,), minimum=0.0, maximum=LARGEST))
        shape = (len(self.price),)
        store("supplier_names", names.checked("supplier_names", self.supplier_names, len(self.price)))
        store("utilisation", validation.array("utilisation", self.utilisation, np.float64, shape, minimum=0.0, maximum=1.0))
        store("weight", validation.real("weight", self.weight, minimum=0.0, maximum=LARGEST))
        store("worth", validation.real("worth", self.worth, minimum=0.0, maximum=LARGEST))
        store("verified", validation.flag("verified", self.verified))

    @property
    def sense(self) -> Sense:
        """Always "max": welfare."""
        return "max"

    @property
    def integral(self) -> bool:
        """Always False."""
        return False

    @property
    def offset(self) -> float:
        """Always 0: no part of the welfare is fixed."""
        return 0.0

    @property
    def suppliers(self) -> int:
        """Number of suppliers n."""
        return len(self.price)

    @cached_property
    def score(self) -> Floats:
        """``p_i + weight u_i``, float64 [n], rounded."""
        result = self.price + self.weight * self.utilisation
        result.setflags(write=False)
        return result

    def exact_score(self, supplier: int) -> Fraction:
        """``p_i + weight u_i``, nothing rounded."""
        return Fraction(float(self.price[supplier])) + Fraction(self.weight) * Fraction(float(self.utilisation[supplier]))

    @property
    def cheapest(self) -> int | None:
        """The supplier of the lowest score, of equal ones the lowest index; None where nobody offers.

        A score is two operations, so its float is right to 2 u (u = 2^-53) of itself: who may be lowest is within 8 u of the
        lowest float, and 2^-1070 for what underflows. Of these the fractions decide.
        """
        if not self.suppliers:
            return None
        limit = float(self.score.min()) * (1.0 + 2.0**-50) + 2.0**-1070
        near = np.flatnonzero(self.score <= limit).tolist()
        return int(min(near, key=lambda i: (self.exact_score(i), i)))

    def reported(self, supplier: int, name: str, report: float) -> Tender:
        """The tender in which one supplier reports another price or utilisation."""
        price = validation.choice("name", name, ("price", "utilisation")) == "price"
        values = np.array(self.price if price else self.utilisation)
        values[supplier] = report
        return replace(self, price=values) if price else replace(self, utilisation=values)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        content: dict[str, object] = {name: getattr(self, name) for name in ("weight", "worth", "verified")}
        content |= {"provenance": self.provenance.to_fields(), **names.to_fields(self, "supplier")}
        return Payload(content, {name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def from_payload(cls, payload: Payload) -> Tender:
        """The inverse of `to_payload`; validates like the constructor."""
        origin = Provenance.from_fields(payload.field("provenance"))
        arrays: dict[str, Any] = {name: payload.array(name) for name in _ARRAYS}
        return cls(
            **arrays,
            **{name: payload.field(name) for name in ("weight", "worth", "verified")},
            provenance=origin,
            **names.from_fields(payload.fields, "supplier"),
        )


@dataclass(frozen=True, repr=False)
class Award(ShownSolution):
    """Who gets the task, and for what.

    Attributes
    ----------
    winner
        The supplier who gets the task, -1 for none.
    payment
        What it is paid.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("winner", "number of the supplier, -1: none", axis="supplier"),
        Column("payment", "money that the winner gets"),
    )

    winner: int
    payment: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "winner", validation.integer("winner", self.winner, minimum=-1))
        object.__setattr__(self, "payment", validation.real("payment", self.payment, minimum=-LARGEST, maximum=LARGEST))

    def _content(self) -> dict[str, object]:
        return {"winner": [self.winner], "payment": [self.payment]}

    def to_payload(self) -> Payload:
        """As plain fields."""
        return Payload({"winner": int(self.winner), "payment": float(self.payment)}, {})

    @classmethod
    def from_payload(cls, payload: Payload) -> Award:
        """The inverse of `to_payload`."""
        return cls(payload.field("winner"), payload.field("payment"))


def value(tender: Tender, award: Award) -> float:
    """The welfare ``worth - p - weight u`` of an award, reports taken as true.

    Parameters
    ----------
    tender : Tender
        The tender.
    award : Award
        An award of it.

    Returns
    -------
    float
        In money; 0 without a winner. Rounded once, from the exact number. The payment cancels.
    """
    _require_fitting(tender, award)
    if award.winner < 0:
        return 0.0
    return float(Fraction(tender.worth) - tender.exact_score(award.winner))


def violations(tender: Tender, award: Award) -> tuple[Violation, ...]:
    """Every broken constraint of an award.

    Parameters
    ----------
    tender : Tender
    award : Award

    Returns
    -------
    tuple of Violation
        Empty for a feasible award. Rules: ``winner`` (of a supplier whose score is above the worth; in money) and ``idle``
        (something is paid though nobody works; in money, without a place).

    Raises
    ------
    ValueError
        For a winner whom the tender does not have.
    """
    _require_fitting(tender, award)
    broken = Violations(tender, violations)
    if award.winner < 0:
        if award.payment != 0.0:
            broken.add("idle", abs(award.payment), f"nobody works, yet {award.payment} is paid")
    elif (over := tender.exact_score(award.winner) - Fraction(tender.worth)) > 0:
        text = f"the score of the winner, {broken.named('supplier', award.winner)}, is {float(over)} above the task's worth"
        broken.add("winner", float(over), text, supplier=award.winner)
    return tuple(broken.found)


def measures(tender: Tender, award: Award) -> dict[str, float]:
    """Named numbers of an award, for tables.

    Parameters
    ----------
    tender : Tender
        The tender.
    award : Award
        An award of it.

    Returns
    -------
    dict of str to float
        welfare, payment, surplus (worth less payment and ``weight u``) and supplier_utility.
    """
    welfare = value(tender, award)
    if award.winner < 0:
        return {"welfare": welfare, "payment": 0.0, "surplus": 0.0, "supplier_utility": 0.0}
    gain = float(award.payment - tender.price[award.winner])
    return {"welfare": welfare, "payment": float(award.payment), "surplus": welfare - gain, "supplier_utility": gain}


@validation.by_name
def generate(*, preset: str = "edge", suppliers: int | None = None, verified: bool = True, seed: Seed = None) -> Tender:
    """Generate a tender.

    Parameters
    ----------
    preset
        ``"edge"`` (ours): prices U[1, 10], utilisations U[0, 1], weight 5, worth 20.
    suppliers
        How many; None: 10.
    verified
        As in `Tender`.
    seed
        An int, SeedSequence, Generator or None (fresh, recorded). The same arguments give the same tender.

    Returns
    -------
    Tender

    Raises
    ------
    ValueError, TypeError
        For arguments out of range or of another type.
    """
    validation.choice("preset", preset, PRESETS)
    n = 10 if suppliers is None else validation.integer("suppliers", suppliers, minimum=0)
    rng, record = generator(seed, INSTANCES)
    return Tender(
        price=rng.uniform(1.0, 10.0, n),
        utilisation=rng.uniform(0.0, 1.0, n),
        weight=5.0,
        worth=20.0,
        verified=verified,
        provenance=Provenance("preset", preset, {"suppliers": n, "verified": verified}, record),
    )


def best_value(tender: Tender) -> float:
    """The greatest welfare in closed form, ``max(0, worth - min score)``.

    Parameters
    ----------
    tender : Tender
        The tender.

    Returns
    -------
    float
        Rounded up from the exact number.
    """
    best = tender.cheapest
    exact = Fraction(0) if best is None else max(Fraction(0), Fraction(tender.worth) - tender.exact_score(best))
    rounded = float(exact)
    return rounded if Fraction(rounded) >= exact else math.nextafter(rounded, math.inf)


def _require_fitting(tender: Tender, award: Award) -> None:
    if award.winner >= tender.suppliers:
        validation.reject("award", f"must name a winner below {tender.suppliers}", award.winner)

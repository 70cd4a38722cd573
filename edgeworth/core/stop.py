"""When a run ends, as a value."""

from __future__ import annotations

from dataclasses import dataclass, fields

from edgeworth.core import validation


@dataclass(frozen=True)
class Stop:
    """Rules that end a run; the first one that holds does. A `Stop` carries no clock, so it can be reused.

    Parameters
    ----------
    seconds : float, optional
        Wall-clock seconds, >= 0, compilation not counted. Every method takes it.
    iterations : int, optional
        Most iterations, >= 0. What one iteration is, the method's docstring says.
    stalled : int, optional
        End after so many iterations without an improved value, >= 1.
    target : float, optional
        End at a value at least this good (in the problem's own sense).
    gap : float, optional
        End at a signed relative gap of at most this, >= 0.

    Raises
    ------
    ValueError, TypeError
        For values out of range. A method refuses the rules that it does not support.

    Examples
    --------
    >>> Stop(seconds=10, gap=1e-4).rules
    ('seconds', 'gap')
    """

    seconds: float | None = None
    iterations: int | None = None
    stalled: int | None = None
    target: float | None = None
    gap: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None:
            validation.real("seconds", self.seconds, minimum=0.0)
        if self.iterations is not None:
            validation.integer("iterations", self.iterations, minimum=0)
        if self.stalled is not None:
            validation.integer("stalled", self.stalled, minimum=1)
        if self.target is not None:
            validation.real("target", self.target)
        if self.gap is not None:
            validation.real("gap", self.gap, minimum=0.0)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that are given."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is not None)

"""The numbers ``a + b t`` and the tracer that remembers what they were asked."""

from __future__ import annotations

import math
import numbers
import threading
from fractions import Fraction
from typing import Any, NoReturn, TypeAlias, cast, overload

import numpy as np

Exact = int | Fraction
Rational: TypeAlias = "int | Fraction | Traced"
"""An exact or a traced number."""
Number: TypeAlias = "float | Fraction | Traced"
"""What a report may be: a float, an exact or a traced number."""


class NotTraceableError(BaseException):
    """A traced number was asked for something that is not affine in t, or for a float: the code cannot be traced.

    No `Exception`, so that code that guards a conversion by ``except Exception`` is not traced along its fallback. Who runs
    foreign code on traced numbers turns it into an error of his own.
    """


def exact(value: Any) -> Exact:
    """A number as an exact rational: floats are dyadic fractions, so nothing is lost. Raises NotTraceableError for others."""
    kind = type(value)  # the usual kinds first: the abstract classes of `numbers` are slow to ask
    if kind is int or kind is Fraction:
        return cast(Exact, value)
    if kind is float and math.isfinite(value):
        return Fraction(value)
    if issubclass(kind, Traced):
        value.tracer.refuse("a traced number was taken for a constant")
    if isinstance(value, Fraction):
        return value
    if isinstance(value, numbers.Integral | np.bool_ | bool):
        return int(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return Fraction(float(value))
    raise NotTraceableError(f"traced numbers meet finite real numbers only; got {value!r}")


class Running(threading.local):
    """The tracers of the runs that are under way in this thread, nested ones last."""

    def __init__(self) -> None:
        self.tracers: list[Tracer] = []


RUNNING = Running()
_EXPONENTS = 500  # powers of two that a report may be scaled by
_TWO_RUNS = "numbers of two runs meet: the code keeps reports from one run to the next"


class Tracer:
    """Where t stands: at ``point`` (side 0), or just right (+1) or left (-1) of it, and the nearest root on that side.

    refused: why the run cannot be traced, None as long as it can; code that swallows the exception cannot take it back.
    """

    __slots__ = ("_above", "_below", "_nearest", "closed", "point", "refused", "side")

    def __init__(self, point: Exact, side: int) -> None:
        self.point, self.side, self.closed = point, side, False
        self.refused: str | None = None
        self._nearest: Exact | float | None = None
        # Two floats that enclose the point: most comparisons with a float are decided by them, without a fraction.
        try:
            near = float(point)
        except OverflowError:
            near = math.inf if point > 0 else -math.inf
        self._below = near if near <= point else math.nextafter(near, -math.inf)
        self._above = near if near >= point else math.nextafter(near, math.inf)

    @property
    def nearest(self) -> Exact | None:
        """The nearest root met so far on the side of the run."""
        return exact(self._nearest) if isinstance(self._nearest, float) else self._nearest

    def refuse(self, reason: str) -> NoReturn:
        """Record why the run cannot be traced, and leave it."""
        for tracer in (self, *RUNNING.tracers):
            if tracer.refused is None:
                tracer.refused = reason
        raise NotTraceableError(reason)

    def close(self) -> None:
        """The run is over: its numbers can be read, and no longer be compared."""
        self.closed = True
        self._below = self._above = math.nan  # no comparison is decided by them any more

    def sign(self, a: Exact, b: Exact) -> int:
        """The sign of a + b t, here; its root is remembered."""
        if self.closed:
            self.refuse(_TWO_RUNS)
        if b == 0:
            return (a > 0) - (a < 0)
        here = a + b * self.point
        if self.side == 0:
            return (here > 0) - (here < 0)
        if here == 0:
            return self.side if b > 0 else -self.side
        # The root lies on the side of the run where |a + b t| falls on that side.
        if (here > 0) != ((b > 0) == (self.side > 0)):
            self._met(Fraction(-a) / b)
        return 1 if here > 0 else -1

    def within_floats(self, b: Exact) -> None:
        """Refuse a coefficient so large or small that floats overflow, or vanish, where exact numbers do not."""
        if b and abs(b.numerator.bit_length() - b.denominator.bit_length()) > _EXPONENTS:
            self.refuse("a report is scaled by a factor at which floats overflow")

    def against(self, constant: float) -> int:
        """The sign of t - constant, here; 2 for NaN."""
        if constant < self._below or constant > self._above:
            beyond = constant > self._above
            if self.side and beyond == (self.side > 0) and -math.inf < constant < math.inf:
                self._met(constant)
            return -1 if beyond else 1
        if constant != constant:
            return 2
        return self.sign(-exact(constant), 1)

    def _met(self, root: Exact | float) -> None:
        nearest = self._nearest
        if nearest is None or (root < nearest if self.side > 0 else root > nearest):
            self._nearest = root


def _special(value: object) -> bool:
    kind = type(value)
    if kind is int or kind is Fraction or issubclass(kind, Traced):
        return False
    return isinstance(value, float | np.floating) and not -math.inf < value < math.inf


class Traced:
    """The number ``a + b t``. Adds, subtracts, is multiplied and divided by constants, and compares; nothing else."""

    __slots__ = ("a", "b", "tracer", "unit")

    def __init__(self, a: Exact, b: Exact, tracer: Tracer, unit: int = 0) -> None:
        self.a, self.b, self.tracer, self.unit = a, b, tracer, unit  # unit: 1 for t itself, -1 for -t, whose signs are cheap

    def _of(self, a: Exact, b: Exact) -> Traced:
        self.tracer.within_floats(b)
        return type(self)(a, b, self.tracer)

    # --- the other operand ------------------------------------------------------------------------------------------------

    def _other(self, other: Any) -> tuple[Exact, Exact] | None:
        """The other operand as (a, b); None where it is no real number, and its own methods are asked next."""
        kind = type(other)
        if kind is int or kind is Fraction:
            return other, 0
        if kind is float:
            return Fraction(other), 0
        if issubclass(kind, Traced):
            if other.tracer is not self.tracer:
                self.tracer.refuse(_TWO_RUNS)
            return other.a, other.b
        if isinstance(other, numbers.Integral | np.bool_ | float | np.floating | Fraction):
            return exact(other), 0
        if isinstance(other, numbers.Number) and not isinstance(other, complex):
            self.tracer.refuse(f"a report meets a number of type {type(other).__name__}; write it as a float")
        return None

    def _constant(self, asked: str, advice: str) -> float:
        """The value where t has cancelled out; refused otherwise."""
        if self.b != 0:
            self.tracer.refuse(f"{asked} of a report was asked for: {advice}")
        return float(self.a)

    # --- arithmetic -------------------------------------------------------------------------------------------------------

    # A float may be infinite or NaN, which swallows the report: what is left is a float.

    @overload
    def __add__(self, other: Rational) -> Traced: ...
    @overload
    def __add__(self, other: float) -> Traced | float: ...
    def __add__(self, other: Number) -> Traced | float:
        if _special(other):
            return float(other)
        pair = self._other(other)
        return NotImplemented if pair is None else self._of(self.a + pair[0], self.b + pair[1])

    __radd__ = __add__

    @overload
    def __sub__(self, other: Rational) -> Traced: ...
    @overload
    def __sub__(self, other: float) -> Traced | float: ...
    def __sub__(self, other: Number) -> Traced | float:
        if _special(other):
            return -float(other)
        pair = self._other(other)
        return NotImplemented if pair is None else self._of(self.a - pair[0], self.b - pair[1])

    @overload
    def __rsub__(self, other: Rational) -> Traced: ...
    @overload
    def __rsub__(self, other: float) -> Traced | float: ...
    def __rsub__(self, other: Number) -> Traced | float:
        if _special(other):
            return float(other)
        pair = self._other(other)
        return NotImplemented if pair is None else self._of(pair[0] - self.a, pair[1] - self.b)

    def __neg__(self) -> Traced:
        return type(self)(-self.a, -self.b, self.tracer, -self.unit)

    def __pos__(self) -> Traced:
        return self

    def __abs__(self) -> Traced:
        return -self if self < 0 else self

    @overload
    def __mul__(self, other: Rational) -> Traced: ...
    @overload
    def __mul__(self, other: float) -> Traced | float: ...
    def __mul__(self, other: Number) -> Traced | float:
        if _special(other):
            sign = self._sign(0)
            return float(other) * sign if sign else math.nan
        pair = self._other(other)
        if pair is None:
            return NotImplemented
        if self.b != 0 and pair[1] != 0:
            self.tracer.refuse("a product of two reports is not affine in one of them")
        return self._of(self.a * pair[0], self.a * pair[1] + self.b * pair[0])

    __rmul__ = __mul__

    @overload
    def __truediv__(self, other: Rational) -> Traced: ...
    @overload
    def __truediv__(self, other: float) -> Traced | float: ...
    def __truediv__(self, other: Number) -> Traced | float:
        if _special(other):
            return 0.0 if other == other else math.nan
        pair = self._other(other)
        if pair is None:
            return NotImplemented
        if pair[1] != 0:
            self.tracer.refuse("a division by a report is not affine in it")
        if pair[0] == 0:
            self.tracer.refuse("a report is divided by zero")
        return self._of(Fraction(self.a) / pair[0], Fraction(self.b) / pair[0])

    @overload
    def __rtruediv__(self, other: Rational) -> Traced: ...
    @overload
    def __rtruediv__(self, other: float) -> Traced | float: ...
    def __rtruediv__(self, other: Number) -> Traced | float:
        pair = None if _special(other) else self._other(other)
        if pair is None and not _special(other):
            return NotImplemented
        if self.b != 0 or self.a == 0 or pair is None:
            self.tracer.refuse("a division by a report is not affine in it")
        return self._of(Fraction(pair[0]) / self.a, Fraction(pair[1]) / self.a)

    def __pow__(self, other: Any) -> Any:
        return self._constant("a power", "it is not affine in the report") ** other

    def __rpow__(self, other: Any) -> Any:
        return other ** self._constant("a power", "it is not affine in the report")

    # --- comparisons ------------------------------------------------------------------------------------------------------

    def _sign(self, other: Any) -> int:
        """The sign of self - other; 2: not ordered (NaN), 3: no number."""
        if self.unit and issubclass(type(other), float):
            if self.unit > 0:
                return self.tracer.against(other)
            sign = self.tracer.against(-other)
            return sign if sign == 2 else -sign
        if _special(other):
            return 2 if other != other else (-1 if other > 0 else 1)
        pair = self._other(other)
        return 3 if pair is None else self.tracer.sign(self.a - pair[0], self.b - pair[1])

    def __lt__(self, other: Number) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return sign == -1

    def __le__(self, other: Number) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return sign <= 0

    def __gt__(self, other: Number) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return sign == 1

    def __ge__(self, other: Number) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return 0 <= sign <= 1

    def __eq__(self, other: object) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return sign == 0

    def __ne__(self, other: object) -> bool:
        sign = self._sign(other)
        if sign == 3:
            return NotImplemented
        return sign != 0

    def __bool__(self) -> bool:
        return self.tracer.sign(self.a, self.b) != 0

    # --- what a float has and can be traced ---------------------------------------------------------------------------------

    @property
    def real(self) -> Traced:
        """Itself."""
        return self

    @property
    def imag(self) -> float:
        """Zero."""
        return 0.0

    @property
    def ndim(self) -> int:
        """Zero, as of any scalar."""
        return 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Empty, as of any scalar."""
        return ()

    def item(self) -> Traced:
        """Itself."""
        return self

    conjugate = tolist = copy = __copy__ = item

    def __deepcopy__(self, memo: object) -> Traced:
        return self

    # --- what cannot be traced ----------------------------------------------------------------------------------------------

    def __float__(self) -> float:
        advice = (
            "leave out float(...), np.asarray(..., float) and the like, the reports are floats; fill lists and not "
            "np.zeros(n), which holds floats only; functions of the module math and the library's own rules cannot be followed"
        )
        return self._constant("a float", advice)

    def _whole(self, *_: object) -> NoReturn:
        self._constant("a rounded value", "rounding is not affine in the report")
        self.tracer.refuse("a constant made of reports was rounded")

    __int__ = __index__ = __round__ = __trunc__ = __floor__ = __ceil__ = __complex__ = _whole
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _whole
    rint = is_integer = as_integer_ratio = _whole

    def _curved(self, *_: object) -> NoReturn:
        self.tracer.refuse("a function of a report was asked for that is not affine in it")

    # By these names NumPy asks the elements of an object array.
    sqrt = cbrt = exp = exp2 = expm1 = log = log2 = log10 = log1p = hypot = sin = cos = tan = sinh = cosh = tanh = _curved
    arcsin = arccos = arctan = arctan2 = arcsinh = arccosh = arctanh = _curved

    def __hash__(self) -> int:
        return hash(self._constant("the hash", "do not use reports as keys of dictionaries and sets"))

    def __str__(self) -> str:
        return str(self._constant("the text", "do not decide by how a report is written"))

    def __format__(self, form: str) -> str:
        return format(self._constant("the text", "do not decide by how a report is written"), form)

    def __repr__(self) -> str:
        # Debuggers and error messages may look at it; the run that did is lost all the same.
        if self.tracer.refused is None:
            self.tracer.refused = "the text of a report was asked for: do not decide by how a report is written"
        return f"Traced({self.a} + {self.b} t)"

    def __reduce_ex__(self, protocol: object) -> tuple[type[float], tuple[float]]:
        return float, (self._constant("a pickle", "reports cannot leave the process while they are traced"),)

    def __getattr__(self, name: str) -> NoReturn:
        # NumPy and copy ask every object for optional dunders, a dtype, array methods; a plain "no" is what lets them go on.
        if name.startswith("__") or hasattr(np.ndarray, name):
            raise AttributeError(name)
        self.tracer.refuse(f"the attribute {name!r} of a report was asked for")


class TracedFloat(Traced):
    """A traced number that says it is a ``numpy.float64``, for code written for floats: ``isinstance`` and
    ``functools.singledispatch`` go the way they go on the elements of a float array. Not for code that counts in fractions,
    which would round for it.
    """

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return np.float64

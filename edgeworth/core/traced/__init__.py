"""Traced numbers: run plain Python on ``a + b t`` and learn for which t the run would have gone the same way.

Every comparison of a traced number asks for the sign of some ``a + b t``, whose only root is ``-a / b``. A run at t is
therefore valid, comparison by comparison, until the nearest root that it met; there the next run begins. `sweep` cuts a whole
range of t into points and open pieces this way, and nothing between them is left unexamined. All arithmetic is exact.

A traced number passes for a ``numpy.float64`` wherever that can be done right: comparisons (infinities included), affine
arithmetic, ``isinstance``, copies, object arrays under plain NumPy. Whatever else is asked of it (a float, an integer, text, a
hash, a pickle) is refused by an exception that ``except Exception`` does not catch; code that catches it all the same is found
out, because the refusal stays recorded in the tracer.
"""

from edgeworth.core.traced.number import Exact, NotTraceableError, Number, Rational, Traced, TracedFloat, Tracer, exact
from edgeworth.core.traced.sweeping import Interval, affine, at, boundary_above, boundary_below, cause, run, sweep

__all__ = [
    "Exact",
    "Interval",
    "NotTraceableError",
    "Number",
    "Rational",
    "Traced",
    "TracedFloat",
    "Tracer",
    "affine",
    "at",
    "boundary_above",
    "boundary_below",
    "cause",
    "exact",
    "run",
    "sweep",
]

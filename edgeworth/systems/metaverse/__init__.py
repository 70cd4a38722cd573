"""The platform around multi-task allocation (MTA paper) end to end: rounds of requests, blocks, computing, results, payments.

>>> from edgeworth.systems import metaverse
>>> found = metaverse.run(servers=4, tasks=10, rounds=2, method="greedy", seed=0)
>>> bool(found.verify()), len(found.rounds)
(True, 2)
"""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later
from edgeworth.systems.metaverse.platform import Platform
from edgeworth.systems.metaverse.running import MetaverseRun, Round, run

if TYPE_CHECKING:
    from edgeworth.systems.metaverse.rows import CLAIMS as CLAIMS

__all__ = ["CLAIMS", "MetaverseRun", "Platform", "Round", "run"]
__getattr__ = later(__name__, {"CLAIMS": "rows"})


def __dir__() -> list[str]:
    return __all__.copy()

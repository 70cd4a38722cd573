"""Studies: methods x problems x seeds in one SQLite file, which outlives the program, the worker and the machine's patience.

`Study` is `compare` with a memory: what was finished stays, and what has no row yet runs when it is asked for again.
"""

from edgeworth.experiments.study.study import Status, Study

__all__ = ["Status", "Study"]

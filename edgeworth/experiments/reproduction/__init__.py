"""Every claim of the papers, run again: one call, one table of verdicts, pages and files that can be compared."""

from edgeworth.experiments.reproduction.findings import Examined
from edgeworth.experiments.reproduction.papers import PAPERS, Paper, claims_of
from edgeworth.experiments.reproduction.records import Reproduction
from edgeworth.experiments.reproduction.running import reproduce
from edgeworth.experiments.reproduction.verdicts import Change, read_verdicts

__all__ = ["PAPERS", "Change", "Examined", "Paper", "Reproduction", "claims_of", "read_verdicts", "reproduce"]


def __dir__() -> list[str]:
    return __all__.copy()

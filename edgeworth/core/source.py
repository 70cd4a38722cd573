"""Where a family's problems come from, as data: the command line builds its options from it.

A family's module ``sources`` holds ``SOURCES``, a literal tuple: its generator, and a reader for every file format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Option:
    """A keyword argument of a source; ``name`` with hyphens is the option.

    type: "int", "float", "text", "path" (an existing file) or "flag". choices: the legal texts, where they are few.
    required: wherever its source is used. implies: keyword arguments that it stands for unless they are given too.
    """

    name: str
    type: Literal["int", "float", "text", "path", "flag"]
    help: str
    choices: tuple[str, ...] = ()
    required: bool = False
    implies: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A function that makes one problem.

    function: ``module:name``, resolved on use. reads: None for the family's generator, called ``f(seed=..., **options)``;
    for a reader the name of its option, which takes a file and may be repeated: ``f(path, **options)`` for each.
    """

    function: str
    help: str
    options: tuple[Option, ...] = ()
    reads: str | None = None

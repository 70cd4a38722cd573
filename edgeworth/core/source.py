"""Where a family's problems come from, as data: the command line builds its options from it.

A family's module ``sources`` holds ``SOURCES``, a literal tuple: its generator, and a reader for every file format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Option:
    """A keyword argument of a source; its name with hyphens is the option of the command line.

    Parameters
    ----------
    name : str
        The keyword argument.
    type : {"int", "float", "text", "path", "flag"}
        What it takes; a path is an existing file.
    help : str
        One line for people.
    choices : tuple of str
        The legal texts, where they are few.
    required : bool
        True where the option must be given whenever its source is used.
    implies : mapping
        Keyword arguments that the option stands for unless they are given too.
    """

    name: str
    type: Literal["int", "float", "text", "path", "flag"]
    help: str
    choices: tuple[str, ...] = ()
    required: bool = False
    implies: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A function that makes one problem.

    Parameters
    ----------
    function : str
        ``module:name``, imported on use.
    help : str
        One line for people.
    options : tuple of Option
        The keyword arguments that it takes.
    reads : str, optional
        None for the family's generator, called ``f(seed=..., **options)``. For a reader the name of its option, which takes a
        file and may be repeated: ``f(path, **options)`` for each.
    """

    function: str
    help: str
    options: tuple[Option, ...] = ()
    reads: str | None = None

"""Problems from command-line options, by the `SOURCES` of a family (`edgeworth.core.source`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli.groups import Input, offers, one_of
from edgeworth.core.lazy import resolve

if TYPE_CHECKING:
    from edgeworth.core.problem import Problem
    from edgeworth.core.source import Option, Source

FILE = Input()
_MOST = 2**63 - 1  # beyond it NumPy refuses numbers without saying which


def sources_of(kind: str) -> tuple[Source, ...]:
    """The family's sources."""
    from edgeworth.core.family import family

    return family(kind).sources


def options(kind: str, *, saved: bool) -> list[click.Parameter]:
    """The family's options: those of the generator, one a file format, those of the readers.

    saved: also ``--problem``, for files that Edgeworth saved.
    """
    table = sources_of(kind)
    params: dict[str, click.Parameter] = {}
    for source in sorted(table, key=lambda source: source.reads is not None):
        if source.reads is not None:
            text = f"{source.help}; repeatable"
            params[source.reads] = click.Option([_flag(source.reads)], type=FILE, multiple=True, help=text)
        for option in source.options:
            takers = [s for s in table if option.name in {o.name for o in s.options}]
            params.setdefault(option.name, option_of(option, takers))
    if saved:
        params["problem"] = click.Option(["--problem"], type=FILE, multiple=True, help="a problem Edgeworth saved; repeatable")
    return list(params.values())


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def option_of(option: Option, takers: Sequence[Source] = ()) -> click.Option:
    """takers: the sources that take it; where all of them read files, the help names these."""
    files = ", ".join(_flag(source.reads) for source in takers if source.reads is not None)
    alone = not takers or any(source.reads is None for source in takers)
    text = option.help if alone else f"{option.help} (with {files})"
    if option.type == "flag":
        return click.Option([_flag(option.name)], is_flag=True, default=None, help=text)
    if option.choices:
        shape = f"[{'|'.join(option.choices)}]"
        complete = offers(lambda ctx: option.choices)
        check = one_of(option.choices)
        return click.Option([_flag(option.name)], metavar=shape, callback=check, shell_complete=complete, help=text)
    kind: Any = {"int": int, "float": float, "text": str, "path": FILE}[option.type]
    return click.Option([_flag(option.name)], type=kind, help=text)


def obtain(kind: str, given: Mapping[str, Any], *, seed: int | None, instances: int | None) -> list[Any]:
    """What the options ask for: all files, or instances of the generator with seeds seed, seed + 1, ...

    Nothing is ignored: an option that no source in use takes is refused, as are seeds for files.
    """
    from edgeworth.core.io import load

    table = sources_of(kind)
    used = [source for source in table if source.reads is not None and given[source.reads]]
    saved = given.get("problem", ())
    if not used and not saved:
        used = [source for source in table if source.reads is None]
    _nothing_ignored(table, used, saved, given, seed, instances)
    found: list[Any] = []
    for source in used:
        keywords = keywords_of(source.options, given)
        make = resolve(source.function)
        if source.reads is None:
            first = 0 if seed is None else seed
            found += [make(seed=first + k, **keywords) for k in range(1 if instances is None else instances)]
        else:
            found += [make(path, **keywords) for path in given[source.reads]]
    for path in saved:
        problem = load(path)
        if getattr(problem, "kind", None) != kind or not isinstance(problem, _problem_type(kind)):
            raise click.UsageError(f"--problem: {path} does not hold a problem of the family {kind!r}.")
        found.append(problem)
    return found


def _nothing_ignored(
    table: Sequence[Source],
    used: Sequence[Source],
    saved: Sequence[str],
    given: Mapping[str, object],
    seed: int | None,
    instances: int | None,
) -> None:
    taken = {option.name for source in used for option in source.options}
    what = ", ".join([_flag(source.reads) for source in used if source.reads] + ["--problem"] * bool(saved))
    for option in (option for source in table for option in source.options):
        if given[option.name] is not None and option.name not in taken:
            if what:
                raise click.UsageError(f"{_flag(option.name)} is not used with {what}.")
            readers = [_flag(source.reads) for source in table if source.reads and option in source.options]
            raise click.UsageError(f"{_flag(option.name)} is only used with {', '.join(readers)}.")
    for source in used:
        for option in source.options:
            if option.required and given[option.name] is None:
                raise click.UsageError(f"{_flag(option.name)} is needed with {_flag(source.reads or '')}: {option.help}.")
    for name, value in (("--seed", seed), ("--instances", instances)):
        if what and value is not None:
            raise click.UsageError(f"{name} is not used with {what}: a file holds one instance.")


def keywords_of(options: Sequence[Option], given: Mapping[str, object]) -> dict[str, Any]:
    """The keyword arguments that the options which are given stand for."""
    keywords: dict[str, Any] = {}
    for option in options:
        value = given[option.name]
        if isinstance(value, int) and abs(value) > _MOST:
            raise click.UsageError(f"{_flag(option.name)}: must be at most {_MOST}; got {value}.")
        if value is not None:
            keywords |= option.implies
    return keywords | {option.name: given[option.name] for option in options if given[option.name] is not None}


def _problem_type(kind: str) -> type[Problem]:
    from edgeworth.core.family import family

    return family(kind).problem

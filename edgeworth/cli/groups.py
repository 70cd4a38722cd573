"""The command groups: errors as one line, hints for misspelt names, one subcommand for every problem family."""

from __future__ import annotations

import difflib
import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeworth import _families
from edgeworth.cli import output
from edgeworth.core.display import lines, one_line
from edgeworth.core.errors import MissingExtraError, NoSolutionError
from edgeworth.core.files import check_writable

if TYPE_CHECKING:
    from edgeworth.core.family import Family

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes besides 0."""


class Refusal(click.ClickException):
    """The library, or the system, refused: one line, exit code 2."""

    exit_code = MISUSED


def nearest(word: str, options: Iterable[str]) -> str:
    """A hint for a misspelt word, or nothing."""
    close = difflib.get_close_matches(word, list(options), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


class Commands(click.Group):
    """Subcommands in the order of their definition; a misspelt one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click lists them, but with first sentences that are wrapped and not cut."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=500)) for name, each in found.items() if each])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            raise click.UsageError(f"No such command {args[0]!r}.{nearest(args[0], names)} There are: {', '.join(names)}.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run; what the library raises for misuse, and what the system raises for files, becomes one line without traceback."""
        logging.getLogger("edgeworth").addHandler(logging.NullHandler())  # what it would say is in the notes of the results
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            output.say("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # nobody reads stdout any more
            output.hang_up(sys.stdout)
            ctx.exit(output.PIPE_CLOSED)
        except click.UsageError as error:
            text = error.format_message()
            if lines(text) == text:
                raise
            raise click.UsageError(one_line(text), error.ctx) from error
        except OSError as error:
            name = "" if error.filename is None else f"{error.filename}: "
            raise Refusal(one_line(f"{name}{error.strerror}" if error.strerror else str(error))) from error
        except MemoryError as error:
            raise Refusal(one_line(f"memory: must hold what was asked for; {error or 'it is full'}")) from error
        except (ValueError, TypeError, MissingExtraError, NoSolutionError) as error:
            raise Refusal(one_line(" ".join(str(error).split()))) from error


class PerFamily(Commands):
    """A group with one subcommand a problem family, built when it is asked for: `build(kind)` makes it.

    only: which families have one, default all.
    """

    build: Callable[[str], click.Command]
    only: Callable[[Family[Any, Any]], bool] | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        if self.only is None:
            return list(_families.FAMILIES)
        from edgeworth.core.family import family

        return [kind for kind in _families.FAMILIES if self.only(family(kind))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.build(cmd_name) if cmd_name in self.list_commands(ctx) else None


def per_family(
    name: str,
    help: str,
    build: Callable[[str], click.Command],
    *,
    only: Callable[[Family[Any, Any]], bool] | None = None,
    usage: str = "FAMILY [OPTIONS]",
) -> PerFamily:
    """A `PerFamily` group."""
    group = PerFamily(name=name, help=help, no_args_is_help=True, subcommand_metavar=usage)
    group.build, group.only = build, only
    return group


class Action(click.Command):
    """A command whose options are data: `action` receives them as one mapping."""

    action: Callable[[dict[str, Any]], None]

    def invoke(self, ctx: click.Context) -> None:
        self.action(dict(ctx.params))


def action(name: str, help: str, params: Sequence[click.Parameter], run: Callable[[dict[str, Any]], None]) -> Action:
    """An `Action`; options may be listed in any order of declaration."""
    command = Action(name=name, help=help, params=list(params))
    command.action = run
    return command


def one_of(choices: Collection[str]) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """The callback of an option, or of an argument of several values, that accepts the choices only and names the nearest."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        for each in value if isinstance(value, tuple) else () if value is None else (value,):
            if each not in choices:
                text = f"{each!r} is not one of {', '.join(choices)}.{nearest(each, choices)}"
                raise click.BadParameter(text, ctx=ctx, param=param)
        return value

    return check


Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def offers(choices: Callable[[click.Context], Iterable[str]], *, listed: bool = False) -> Completer:
    """What a shell offers for an option or an argument when the user asks for completion.

    choices: of the context, whose ``params`` hold what was typed before. listed: several words, separated by commas.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        before, comma, word = incomplete.rpartition(",") if listed else ("", "", incomplete)
        taken = before.split(",")
        return [f"{before}{comma}{choice}" for choice in choices(ctx) if choice.startswith(word) and choice not in taken]

    return complete


def methods_of(*kinds: str) -> list[str]:
    """The names of the families' methods, and "auto"."""
    from edgeworth.core.family import family

    return list(dict.fromkeys(["auto", *(row.name for kind in kinds for row in family(kind).methods)]))


def writable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """An option's callback: the file can be written, and no other option of the command writes the same one.

    Better known before an hour of computing than after it.
    """
    if value is None:
        return None
    if not Path(os.path.realpath(value)).parent.is_dir():  # a loop of links is no error yet
        raise click.BadParameter(f"the folder of {value!r} does not exist.", ctx=ctx, param=param)
    try:
        check_writable(value)
    except OSError as error:
        raise click.BadParameter(f"{value!r} cannot be written: {error.strerror}.", ctx=ctx, param=param) from error
    _note(ctx, param, value, writes=True)
    return value


class Input(click.Path):
    """A file that is read: it is there, and no option of the command writes it."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, if it is free."""
        found: Any = super().convert(value, param, ctx)
        if param is not None and ctx is not None:
            _note(ctx, param, found, writes=False)
        return found


def _note(ctx: click.Context, param: click.Parameter, value: str, *, writes: bool) -> None:
    """Remember a file of the command; refuse it where another option writes it, or this one writes what another names."""
    named: list[tuple[click.Parameter, str, bool]] = ctx.meta.setdefault(f"{__name__}.files", [])
    for other, path, written in named:
        if other is not param and (writes or written) and _one_file(value, path):
            flag = other.opts[-1] if isinstance(other, click.Option) else other.human_readable_name
            both = f"is the file that {flag} names: each needs one of its own."
            text = both if writes and written else f"would replace {flag}." if writes else f"would be replaced by {flag}."
            raise click.BadParameter(f"{value!r} {text}", ctx=ctx, param=param)
    named.append((param, value, writes))


def _one_file(one: str, other: str) -> bool:
    """Whether two paths lead to the same file, which need not exist; devices take what several write."""
    first, second = (Path(each) for each in (one, other))
    if first.exists() and second.exists():
        return first.samefile(second) and (first.is_file() or first.is_dir())
    return os.path.realpath(first) == os.path.realpath(second)


def drawable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """`writable`, for figures: the ending says the format."""
    if value is not None and Path(value).suffix.lower() not in (".svg", ".png", ".pdf"):
        raise click.BadParameter(f"{value!r} must end in .svg, .png or .pdf.", ctx=ctx, param=param)
    return writable(ctx, param, value)


def fillable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """`writable`, for folders: it is there, or can be made, and takes files."""
    if value is not None:
        writable(ctx, param, str(Path(value) / "figures.csv") if Path(value).is_dir() else value)
    return value


def saveable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """`writable`, for the files that Edgeworth saves: the ending says the format."""
    if value is not None and Path(value).suffix not in (".json", ".npz"):
        raise click.BadParameter(f"{value!r} must end in .json or .npz.", ctx=ctx, param=param)
    return writable(ctx, param, value)

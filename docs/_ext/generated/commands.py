"""The command line, from the commands themselves."""

from __future__ import annotations

import inspect

import click

from edgeworth.cli import main

from .text import plain, table

_MANY = 3  # choices from which on they stand beside the meaning


def page() -> str:
    """A section a command, a smaller one for each of its subcommands."""
    top = click.Context(main, info_name="edgeworth")
    return "\n".join(_section(main.commands[name], name, top, 2) for name in main.list_commands(top))


def _section(command: click.Command, name: str, above: click.Context, level: int) -> str:
    ctx = click.Context(command, info_name=name, parent=above)
    parts = [f"{'#' * level} {ctx.command_path}", _help(command)]
    if not isinstance(command, click.Group):
        usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
        parts.append(f"```text\n{usage}\n```")
    rows = [_row(record) for item in command.get_params(ctx) if (record := item.get_help_record(ctx)) is not None]
    rows = [row for row in rows if row[1] and "--help" not in row[0]]
    if rows:
        parts.append(table(("option", "meaning"), rows))
    if isinstance(command, click.Group):
        inner = ((each, command.get_command(ctx, each)) for each in command.list_commands(ctx))
        parts += [_section(each, word, ctx, level + 1) for word, each in inner if each is not None]
    return "\n\n".join(parts) + "\n"


def _help(command: click.Command) -> str:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(plain(" ".join(each.replace("\b", "").split())) for each in paragraphs)


def _row(record: tuple[str, str]) -> tuple[str, str]:
    names, _, rest = record[0].partition(" [")
    choices = rest.removesuffix("]").split("|")
    if len(choices) < _MANY:
        return f"`{record[0]}`", plain(record[1])
    return f"`{names}`", f"{plain(record[1])}: {', '.join(f'`{each}`' for each in choices)}"

"""The command ``edgeworth``. It only wires: every command calls the public functions that users call from code.

Results go to stdout, progress and errors to stderr. Exit codes: 0 when everything stands the check, 1 when something does
not (or no solution was found), 2 when nothing could be done: wrong options, unreadable files, what the library refuses; 130
after Ctrl-C, when what was finished has been printed and written.

Nothing here imports numpy or anything heavier before a command runs.
"""

from __future__ import annotations

import click

from edgeworth._version import __version__
from edgeworth.cli import output
from edgeworth.cli.audit import audit
from edgeworth.cli.backtest import backtest
from edgeworth.cli.compile import compile_
from edgeworth.cli.demo import demo
from edgeworth.cli.files import generate, solve, verify
from edgeworth.cli.groups import Commands
from edgeworth.cli.ledger import ledger
from edgeworth.cli.reproduce import reproduce
from edgeworth.cli.run import run
from edgeworth.cli.study import study
from edgeworth.cli.sweep import compare
from edgeworth.cli.tables import methods, show_versions
from edgeworth.cli.train import train

__all__ = ["main"]


_GUIDE = """\
Edgeworth decides who computes what in an edge-computing market, and at which
price, and shows how good the answer is: exact methods, heuristics and learned
policies on the same problem, each answer checked by code that did not make it.

Five commands to start with:

  edgeworth demo
      What all this is for, in a minute; writes the page report.html.
  edgeworth generate allocation --tasks 60 --seed 0 --out p.json
      A problem: which of 20 servers computes which of 60 tasks?
  edgeworth solve p.json --out r.json
      The best assignment, and the evidence that no other is better.
  edgeworth verify p.json r.json
      The check of it, which anybody can repeat.
  edgeworth compare allocation --seed 0 --methods exact,greedy,q-learning
      Methods beside each other; for statistics add --instances 5.

Read on: `edgeworth --help` lists all commands, `edgeworth COMMAND --help` the
options of one; `edgeworth methods` lists all methods, and `edgeworth methods
allocation exact` prints the mathematics of one. The documentation begins with
docs/start.md in the source.
"""


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgeworth")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Optimisation and mechanism design for edge-computing markets.

    Generate problems, solve them, verify the answers, and compare heuristics and learned policies with exact optima. Every
    answer is checked by code that did not produce it.

    The Tab key offers commands, options, presets and methods after this line in ~/.bashrc (zsh and fish alike):
    eval "$(_EDGEWORTH_COMPLETE=bash_source edgeworth)"
    """
    if ctx.invoked_subcommand is None:
        output.say(_GUIDE.rstrip())


_COMMANDS = (
    demo,
    generate,
    solve,
    verify,
    compare,
    study,
    train,
    backtest,
    audit,
    ledger,
    run,
    reproduce,
    methods,
    compile_,
    show_versions,
)
for _command in _COMMANDS:
    main.add_command(_command)

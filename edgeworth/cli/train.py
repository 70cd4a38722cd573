"""``edgeworth train``: a policy for the problems of a family, learnt by deep reinforcement learning."""

from __future__ import annotations

from typing import Any

import click

from edgeworth.cli import output, sources
from edgeworth.cli.groups import INTERRUPTED, Action, action, drawable, offers, one_of, per_family, writable

_HELP = """Train a policy for {kind} problems and write it to a file.

The file is played by `edgeworth solve PROBLEM --policy FILE`, or from code. Training needs the extra "learn", playing does not.
Learning rates and other settings are the family's own, not the defaults of the learners in Python (deep.PPO() and the like).
Ctrl-C ends training after the update under way; what was learnt is written then, and the exit code is 130.
"""


def _train(kind: str) -> Action:
    from edgeworth.core.family import family
    from edgeworth.core.lazy import resolve
    from edgeworth.learning.deep.learned import COPIES, SEED

    plan = resolve(family(kind).training or "")
    methods = list(plan.learners)
    path = click.Path(dir_okay=False)
    params: list[click.Parameter] = [
        click.Option(
            ["--method"],
            required=True,
            metavar=f"[{'|'.join(methods)}]",
            callback=one_of(methods),
            shell_complete=offers(lambda ctx: methods),
            help="what is trained",
        ),
        click.Option(["--steps"], type=click.IntRange(min=1), required=True, help="agent-steps in all"),
        click.Option(["--out"], type=path, callback=writable, required=True, help="file of the policy, .npz by custom"),
        click.Option(
            ["--name"],
            help="of the policy in tables (default: the method); give one to compare it with a method of that name",
        ),
        *(sources.option_of(option) for option in plan.options),
        click.Option(["--copies"], type=click.IntRange(min=1), default=COPIES, show_default=True, help="episodes at a time"),
        click.Option(["--seed"], type=int, default=SEED, show_default=True, help="training seed, below 900000"),
        click.Option(["--checkpoint"], type=path, callback=writable, help="file to go on from later, kept up to date"),
        click.Option(["--every"], type=click.IntRange(min=1), help="agent-steps between checkpoints (default: 1000000)"),
        click.Option(["--resume"], is_flag=True, help="go on from --checkpoint, with the same options"),
        click.Option(["--curve"], type=path, callback=writable, help="CSV file of the learning curve: one row an update"),
        click.Option(["--plot"], type=path, callback=drawable, help="figure of the learning curve: .svg, .png or .pdf"),
        click.Option(["--json", "as_json"], is_flag=True, help="print one JSON document, nothing else"),
        click.Option(["--quiet"], is_flag=True, help="no progress"),
    ]

    def run(given: dict[str, Any]) -> None:
        _run(plan, given)

    return action(kind, _HELP.format(kind=kind), params, run)


train = per_family(
    "train",
    "Train a policy, to be played as a method.",
    _train,
    only=lambda fam: fam.training is not None,
)


def _run(plan: Any, given: dict[str, Any]) -> None:
    from edgeworth.cli.progress import train_progress
    from edgeworth.core.result import Termination
    from edgeworth.learning import deep

    method, steps, checkpoint = given["method"], given["steps"], given["checkpoint"]
    for name in ("every", "resume"):
        if given[name] and checkpoint is None:
            raise click.UsageError(f"--{name} is used with --checkpoint only.")
    env = plan.environment(method, given["copies"], **sources.keywords_of(plan.options, given))
    with train_progress(given["quiet"], steps) as observer:
        trained = deep.train(
            env,
            plan.learners[method](steps),
            steps=steps,
            seed=given["seed"],
            name=given["name"] or method,
            observer=observer,
            checkpoint=checkpoint,
            resume=checkpoint if given["resume"] else None,
            **({"every": given["every"]} if given["every"] else {}),
        )
    files = output.Files()
    files.write(given["out"], trained.policy.save)
    files.write(given["curve"], trained.to_csv)
    files.write(given["plot"], lambda path: output.figure(lambda: deep.plot_training(trained.frame), path))
    last = trained.rows[-1] if trained.rows else None
    about = {
        "policy": trained.policy.name,
        "agent-steps": trained.trainer.steps,
        "updates": len(trained.rows),
        "reward": None if last is None else last.reward,
        "cpu seconds": sum(row.cpu_seconds for row in trained.rows),
        "training seed": given["seed"],
        "digest": trained.policy.digest,
        "stopped by": str(trained.termination),
    }
    if given["as_json"]:
        output.document(about | {"written": files.written})
    else:
        shown = {name: output.number(each) if isinstance(each, float) else str(each) for name, each in about.items()}
        output.say(output.pairs(shown))
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if trained.termination is Termination.INTERRUPTED:
        raise SystemExit(INTERRUPTED)

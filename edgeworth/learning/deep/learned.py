"""Methods that are trained policies: shipped with the package, read from a file, or trained when they are called.

A family says once what can be trained for its problems (`TrainingPlan`): its method rows and ``edgeworth train`` derive from
it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.core.lazy import resolve
from edgeworth.core.method import Found
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.policy import EVALUATION, PolicyMismatchError, refuse_trained_on
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.source import Option
from edgeworth.learning.deep.policy import Policy, load_policy
from edgeworth.learning.deep.training import Learner, train

COPIES = 64
"""Copies of an environment that are trained in where nobody says how many."""
SEED = 770_001
"""Of training where nobody says which: policies are refused on problems of their training seeds, and few problems have it."""


@dataclass(frozen=True, kw_only=True)
class LearnedPolicy:
    """Parameters of a method that is a trained policy: which one is played.

    Without either the policy that comes with the package is played, which needs no extra.

    Parameters
    ----------
    checkpoint : str or path, optional
        A file that `Policy.save` or ``edgeworth train`` wrote: this policy is played.
    steps : int, optional
        Train a policy for so many agent-steps first, in episodes that the generator of the problem draws with its arguments;
        needs the extra "learn". The seed of training is drawn from ``solve``'s ``seed`` and told in a note; it is never the
        problem's. Every call trains anew: to judge one policy on many problems, train it by `deep.train` or
        ``edgeworth train``.

    Raises
    ------
    ValueError, TypeError
        For both at once, and for numbers out of range.

    Examples
    --------
    >>> LearnedPolicy(steps=100_000).checkpoint is None
    True
    """

    checkpoint: str | os.PathLike[str] | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if self.checkpoint is not None:
            if not isinstance(self.checkpoint, str | os.PathLike):
                validation.reject_type("checkpoint", "must be the path of a policy's file, or None", self.checkpoint)
            object.__setattr__(self, "checkpoint", os.fspath(self.checkpoint))  # as results are saved
        if self.steps is not None:
            object.__setattr__(self, "steps", validation.integer("steps", self.steps, minimum=1))  # as results are saved
            if self.checkpoint is not None:
                validation.reject("steps", "must be None where a checkpoint is given", self.steps)


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What can be trained for the problems of a family, and how.

    Parameters
    ----------
    learners : mapping
        Method -> ``f(steps)``: the learner, `PPO` and the like, of training for so many agent-steps.
    environment : callable
        ``f(method, copies, **options)``: where the method is trained; of the ``options`` those that are given.
    options : tuple of Option
        What the command line asks for.
    like : callable
        ``f(method, problem)``: where it is trained for problems of the same kind as this one; ValueError where nothing is known
        that draws others. A run ends between updates only, so that these should be short.
    """

    learners: Mapping[str, Callable[[int], Learner]]
    environment: Callable[..., Any]
    options: tuple[Option, ...]
    like: Callable[[str, Any], Any]


def play_learned(
    method: str, problem: Any, params: LearnedPolicy, run: Run[Any], play: Callable[..., Found[Any]] | None = None
) -> Found[Any]:
    """What the function of a method row does: take or train the policy, refuse it on what it was trained on, play it.

    Parameters
    ----------
    method : str
        The name of the learner and of the file that comes with the package: as a rule the row's.
    problem : Problem
        Of a family that states ``play`` and ``training``.
    params : LearnedPolicy
    run : Run
    play : callable, optional
        ``f(policy, problem, run)``, where the row plays in another way than the family.

    Returns
    -------
    Found
        REFUSED, with a note, where the policy that comes with the package does not fit the problem. Where the clock cuts
        training, the policy learnt by then is played, and that is cut too where the family looks at the clock: a note says.

    Raises
    ------
    ValueError
        For a problem of the seeds that the policy was trained on, and a file's policy that does not fit.
    FileFormatError, OSError
        For a file that holds no policy.
    MissingExtraError
        Where training needs torch (extra "learn"), which is not installed.
    """
    fam = family(problem.kind)
    play = play or resolve(str(fam.play))
    if params.steps is not None:
        return _trained(resolve(str(fam.training)), play, method, problem, params.steps, run)
    shipped = params.checkpoint is None
    policy = shipped_policy(fam.package, method) if shipped else load_policy(str(params.checkpoint))
    refuse_trained_on(policy, problem)
    try:
        found: Found[Any] = play(policy, problem, run)
    except PolicyMismatchError as error:
        if not shipped:
            raise
        note = f"{error}; the policy that comes with Edgeworth does not fit: train one by steps, or name one by checkpoint"
        return Found(None, Termination.REFUSED, notes=(note,))
    return found


@cache
def shipped_policy(package: str, method: str) -> Policy:
    """A policy that comes with Edgeworth: the file ``learned/shipped/METHOD.npz`` of a family's package.

    Parameters
    ----------
    package : str
        The dotted name of the family's package.
    method : str
    """
    with as_file(files(f"{package}.learned").joinpath("shipped", f"{method}.npz")) as path:
        return load_policy(path)


class _Bridge(Observer):
    """Lets training end by the rules of the run that it is part of."""

    def __init__(self, run: Run[Any]) -> None:
        self._run = run
        self.reason: Termination | None = None

    def on_progress(self, progress: Progress) -> bool:
        self.reason = self._run.tick(progress.iterations)
        return self.reason is not None


def _trained(
    plan: TrainingPlan, play: Callable[..., Found[Any]], method: str, problem: Any, steps: int, run: Run[Any]
) -> Found[Any]:
    seed = int(run.rng.integers(EVALUATION - 1))
    own = problem.provenance.seed
    seed += isinstance(own, int) and seed >= own  # any training seed but the problem's
    env, bridge = plan.like(method, problem), _Bridge(run)
    found = train(env, plan.learners[method](steps), steps=steps, seed=seed, name=method, observer=bridge)
    refuse_trained_on(found.policy, problem)
    played = play(found.policy, problem, run)
    note = f"trained for {found.trainer.steps} agent-steps with training seed {seed}"
    if bridge.reason is None:
        return replace(played, notes=(note, *played.notes))
    return replace(played, termination=bridge.reason, notes=(f"{note}, where it was cut; {steps} were wanted", *played.notes))

"""Policies that are trained once and kept in the user's cache folder, so that what asks for them again does not train again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.family import family
from edgeworth.core.files import cache_folder, spare_folder
from edgeworth.core.lazy import resolve
from edgeworth.core.policy import training_seed
from edgeworth.core.result import Termination
from edgeworth.learning.deep.learned import COPIES, SEED, TrainingPlan, shipped_policy
from edgeworth.learning.deep.policy import Policy, load_policy
from edgeworth.learning.deep.training import Learner, Trained, train

_FEW = 1.1  # the last update is not cut: a policy may have been trained for a few agent-steps more


def trained_policy(kind: str, method: str, *, steps: int, seed: int = SEED, copies: int = COPIES, **options: Any) -> Policy:
    """What a method learns in so many agent-steps: shipped with the package, kept from before, or trained now and kept.

    Parameters
    ----------
    kind : str
        Of a family that says what can be trained for its problems.
    method : str
        One of the learners of its `TrainingPlan`.
    steps : int
        Agent-steps of training.
    seed : int
        Of training.
    copies : int
        How many episodes are trained in at a time.
    **options
        Of the plan's environment.

    Returns
    -------
    Policy

    Raises
    ------
    MissingExtraError
        Where it has to be trained and torch (extra "learn") is not installed.
    ValueError, TypeError
        For arguments out of range.
    OSError
        Where it cannot be kept.
    """
    fam = family(kind)
    if fam.training is None:
        validation.reject("kind", "must be of a family that says what can be trained for its problems", kind)
    plan: TrainingPlan = resolve(fam.training)
    steps, seed = validation.integer("steps", steps, minimum=1), training_seed(seed)
    learner = plan.learners[validation.choice("method", method, list(plan.learners))](steps)
    shipped = shipped_policy(fam.package, method)
    as_long = steps <= shipped.training["steps"] < _FEW * steps
    if not options and as_long and shipped.training.get("copies", copies) == copies and _is_of(shipped, learner, seed):
        return shipped
    about = {"kind": kind, "copies": copies, **options}
    return kept_policy(
        learner, lambda: plan.environment(method, copies, **options), steps=steps, seed=seed, name=method, about=about
    )


def kept_policy(
    learner: Learner, environment: Callable[[], Any], *, steps: int, seed: int, name: str, about: Mapping[str, Any]
) -> Policy:
    """A policy from the cache folder; where it is not there, or damaged, it is trained and put there.

    Parameters
    ----------
    learner : PPO or the like
    environment : callable
        Makes what is trained in.
    steps, seed : int
        As of `train`.
    name : str
        Of the policy.
    about : mapping
        Plain data that tell the environment from others.

    Returns
    -------
    Policy

    Raises
    ------
    MissingExtraError, ValueError, TypeError, OSError
        As of `train`.
    KeyboardInterrupt
        Where training was interrupted: the next call goes on from where it stood.

    Notes
    -----
    The file is found by a digest of all arguments, of the learner's setting and of the package's version.
    """
    path = kept_file(learner, steps=steps, seed=seed, name=name, about=about)
    try:
        found = load_policy(path)
        if _is_of(found, learner, seed):
            return found
    except (FileNotFoundError, FileFormatError):
        pass  # it is made anew
    path.parent.mkdir(parents=True, exist_ok=True)
    state = path.with_suffix(".state")
    trained = _trained(learner, environment, steps, seed, name, state)
    if trained.termination is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    trained.policy.save(path)
    state.unlink(missing_ok=True)  # another process may have been faster
    return trained.policy


def _trained(learner: Learner, environment: Callable[[], Any], steps: int, seed: int, name: str, state: Path) -> Trained:
    """Train, from where the state stands; where there is none, or it is damaged, from the beginning."""

    def trained(resume: Path | None) -> Trained:
        return train(environment(), learner, steps=steps, seed=seed, name=name, progress=True, checkpoint=state, resume=resume)

    try:
        return trained(state if state.exists() else None)
    except FileFormatError:
        return trained(None)


def kept_file(learner: Learner, *, steps: int, seed: int, name: str, about: Mapping[str, Any]) -> Path:
    """Where `kept_policy` keeps a policy; its arguments.

    Parameters
    ----------
    learner : PPO or the like
    steps, seed : int
    name : str
    about : mapping
    """
    said = {
        "edgeworth": __version__,
        "learner": learner.name,
        "params": learner.to_fields(),
        "steps": steps,
        "seed": seed,
        "about": dict(about),
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, allow_nan=False).encode()).hexdigest()
    return _folder() / f"{name}-{digest[:32]}.npz"


@cache
def _spare() -> Path:
    return spare_folder()


def _folder() -> Path:
    """Of all kept policies; where the user has no home, of this process."""
    folder = cache_folder()
    return _spare() if folder is None else folder / "edgeworth" / "policies"


def _is_of(policy: Policy, learner: Learner, seed: int) -> bool:
    """Whether the learner made it with this seed; a parameter that is younger than the policy was as it is by default."""
    made, params = policy.training, learner.to_fields()
    younger = params.keys() - made.get("params", {}).keys()
    usual = all(getattr(learner, name) == getattr(type(learner), name, None) for name in younger)
    same = made.get("params") == {name: value for name, value in params.items() if name not in younger}
    return usual and same and (made.get("learner"), made.get("seed")) == (learner.name, seed)

"""`train`: one call that trains a policy, tells how it goes, and can be resumed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import ARRAY_LIMIT, check_writable, write_text
from edgeworth.core.lazy import resolve
from edgeworth.core.observer import Observer, ProgressLine
from edgeworth.core.policy import training_seed
from edgeworth.core.result import Termination
from edgeworth.core.run import Run, interruptible
from edgeworth.core.seeds import generator
from edgeworth.core.stop import Stop
from edgeworth.learning.deep import checkpoint as files
from edgeworth.learning.deep.envs import Resumable, as_vector_env
from edgeworth.learning.deep.policy import Policy, policy_name
from edgeworth.learning.deep.reinforce import Reinforce
from edgeworth.learning.deep.torching import torch

if TYPE_CHECKING:
    import pandas as pd

CONTENT = "training state"
LEARNING = 3
"""The stream of learners: what they draw is independent of what methods, generators and environments draw of the same seed."""


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """How an update went.

    Attributes
    ----------
    steps, updates : int
        Agent-steps and updates after it.
    reward : float
        Mean reward of an agent-step.
    episode_return : float
        Mean over episodes that ended of the sum of rewards, of the mean agent; NaN where none ended.
    episodes : int
        How many ended.
    kl, clip_share, entropy, value_loss : float
        Means over the last epoch, before its gradient steps: the estimate r - 1 - log r of the divergence from the policy that
        acted; the share of ratios r that are clipped; entropy of the policy; mean squared error of the critic.
    explained_variance : float
        Of the critic's targets by its values.
    learning_rate : float
    seconds, cpu_seconds : float
        Of this update and its rollout.
    """

    steps: int
    updates: int
    reward: float
    episode_return: float
    episodes: int
    kl: float
    clip_share: float
    entropy: float
    value_loss: float
    explained_variance: float
    learning_rate: float
    seconds: float
    cpu_seconds: float


class Trainer(Protocol):
    """What a learner is trained by."""

    steps: int
    seeds: frozenset[int]
    memory: int
    """Bytes of the largest replay that its state may hold."""

    def __init__(self, env: Any, params: Any, seed: int) -> None: ...
    def advance(self, steps: int) -> tuple[TrainingRow, ...]: ...
    def policy(self, name: str) -> Policy: ...
    def state(self) -> tuple[dict[str, Any], dict[str, Array]]: ...
    def restore(self, header: Mapping[str, Any], arrays: Arrays, where: str) -> None: ...


class Learner(Protocol):
    """Parameters of a learner, `PPO` and the like. room: ``module:name`` of its trainer."""

    @property
    def name(self) -> str: ...
    @property
    def room(self) -> str: ...
    def to_fields(self) -> dict[str, Any]: ...


@dataclass(frozen=True, eq=False)
class Trained:
    """What `train` returns.

    Attributes
    ----------
    policy : Policy
        What was learnt.
    rows : tuple of TrainingRow
        The learning curve, one row an update; of resumed training from its beginning.
    trainer : Trainer
        Goes on by ``advance``.
    termination : Termination
        ITERATIONS where all steps were made; INTERRUPTED or OBSERVER where training was ended.
    """

    policy: Policy
    rows: tuple[TrainingRow, ...]
    trainer: Trainer
    termination: Termination

    @property
    def frame(self) -> pd.DataFrame:
        """The learning curve as a table."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows], columns=list(TrainingRow.__dataclass_fields__))

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the learning curve as CSV, one row an update.

        Parameters
        ----------
        path : str or path
        """
        write_text(path, self.frame.to_csv(index=False, lineterminator="\n"))

    def __repr__(self) -> str:
        return f"Trained({self.policy!r}, {self.trainer.steps} agent-steps)"


def train(
    env: object,
    learner: Learner,
    *,
    steps: int,
    seed: int = 0,
    name: str | None = None,
    observer: Observer | None = None,
    progress: bool = False,
    checkpoint: str | PathLike[str] | None = None,
    every: int = 1_000_000,
    resume: str | PathLike[str] | None = None,
) -> Trained:
    """Train a policy in a vector environment.

    Parameters
    ----------
    env : VectorEnv, ArrayEnv or Construction
        What is met; see `from_gymnasium` and `from_pettingzoo` for others. It is reset with the seed. For `Reinforce` it is a
        construction, and agent-steps are choices.
    learner : PPO or the like
        How is learnt, with its parameters.
    steps : int
        Agent-steps in all, of resumed training those before included: copies times agents times steps. The last update is not
        cut, so that it may be a few more.
    seed : int
        Of everything random, in [0, 900000): seeds from there on are for evaluation.
    name : str, optional
        Of the policy; default the learner's.
    observer : Observer, optional
        Told after every update (value: the best mean reward of an agent-step so far), and may end training by returning True.
    progress : bool
        Draw a line on stderr that says where training stands, where stderr is a terminal. Not together with an observer.
    checkpoint : str or path, optional
        A file that training can go on from, written every ``every`` agent-steps and at the end, whole or not at all.
    every : int
        Agent-steps between two checkpoints.
    resume : str or path, optional
        A checkpoint to go on from: of the same learner, seed and environment.

    Returns
    -------
    Trained
        ``policy`` needs NumPy only; ``rows`` is the learning curve.

    Raises
    ------
    MissingExtraError
        Where torch (extra "learn") is not installed.
    ValueError, TypeError
        For arguments out of range or that exclude each other; for a checkpoint of other training; where a checkpoint is asked
        for and the environment cannot be written down.
    FileFormatError
        For a file that is no checkpoint of training, truncated or altered.
    FloatingPointError
        Where weights are no numbers any more; the last checkpoint is left as it was.
    OSError
        Before training, where the checkpoint could not be written.

    Notes
    -----
    Ctrl-C ends training after the update under way: the checkpoint is written, and what was learnt is returned. A second one
    raises KeyboardInterrupt.

    On one machine the same call gives the same weights bit for bit, and so does training that was resumed, wherever it was cut.
    torch runs on one thread meanwhile.

    Examples
    --------
    >>> from edgeworth.learning import deep
    >>> from edgeworth.solvers import carbon_offloading
    >>> env = carbon_offloading.vector_env(64, preset="caddto", observe="csi")
    >>> trained = deep.train(env, deep.PPO(), steps=200_000, seed=1)  # doctest: +SKIP
    >>> trained.policy.save("policy.npz")  # doctest: +SKIP
    """
    torch()
    validation.integer("steps", steps, minimum=1)
    validation.integer("every", every, minimum=1)
    training_seed(seed)
    if validation.flag("progress", progress) and observer is not None:
        validation.reject("progress", "must be False where an observer is given", progress)
    if observer is not None and not isinstance(observer, Observer):
        validation.reject_type("observer", "must be an Observer or None", observer)
    if not hasattr(learner, "room"):
        validation.reject_type("learner", "must hold the parameters of a learner, such as PPO()", learner)
    label = policy_name(learner.name if name is None else name)  # better refused now than after an hour of training
    constructive = isinstance(learner, Reinforce)  # its trainer draws all instances, and knows where it stands
    world: Any = env if constructive else as_vector_env(env)
    if (checkpoint is not None or resume is not None) and not constructive and not isinstance(world, Resumable):
        validation.reject_type("env", "must have snapshot and restore where training is to be resumed", env)
    if checkpoint is not None:
        check_writable(checkpoint)
    trainer: Trainer = resolve(learner.room)(world, learner, seed)
    rows: list[TrainingRow] = []
    if resume is not None:
        rows = load(trainer, resume)
    line = ProgressLine() if progress else None
    rng, _ = generator(seed, LEARNING)  # a run has one; trainers have their own
    run: Run[Any] = Run(sense="max", stop=Stop(iterations=steps), rng=rng, observer=line or observer or Observer())
    try:
        with interruptible(run):
            ended = _run(trainer, rows, run, checkpoint, every)
    finally:
        if line is not None:
            line.clear()
    return Trained(trainer.policy(label), tuple(rows), trainer, ended)


def _run(trainer: Trainer, rows: list[TrainingRow], run: Run[Any], path: str | PathLike[str] | None, every: int) -> Termination:
    saved = trainer.steps
    ended = Termination.ITERATIONS if run.allowance(trainer.steps, 1) < 1 else None
    while ended is None:
        found = trainer.advance(1)
        rows.extend(found)
        ended = run.tick(trainer.steps, found[-1].reward)
        if path is not None and trainer.steps - saved >= every and ended is None:
            save(trainer, path, rows)
            saved = trainer.steps
    if path is not None:
        save(trainer, path, rows)
    return ended


def save(trainer: Trainer, path: str | PathLike[str], rows: list[TrainingRow] | tuple[TrainingRow, ...] = ()) -> None:
    """Write what training goes on from.

    Parameters
    ----------
    trainer : Trainer
    path : str or path
    rows : sequence of TrainingRow
        The learning curve so far.

    Raises
    ------
    TypeError
        For environments that cannot be written down.
    """
    header, arrays = trainer.state()
    curve = np.array([list(asdict(row).values()) for row in rows], np.float64).reshape(len(rows), -1)
    files.write(path, CONTENT, header, {**arrays, "curve": curve})


def load(trainer: Trainer, path: str | PathLike[str]) -> list[TrainingRow]:
    """Put a trainer where the one that was saved stood; returns the learning curve so far.

    Parameters
    ----------
    trainer : Trainer
        Of the same learner, seed and environment.
    path : str or path

    Raises
    ------
    FileFormatError
        For a file that is no checkpoint of training, truncated or altered.
    ValueError
        For a checkpoint of other training.
    """
    header, arrays = files.read(path, CONTENT, limit=ARRAY_LIMIT + trainer.memory)
    names = list(TrainingRow.__dataclass_fields__)
    try:
        trainer.restore(header, arrays, str(path))
        files.shaped_rows(arrays, "curve", len(names), path)
    except (KeyError, IndexError, TypeError, RuntimeError) as error:
        raise FileFormatError(f"{path}: not a state that training can go on from: {error!r}") from error
    whole = ("steps", "updates", "episodes")
    rows = []
    for numbers in arrays["curve"].reshape(-1, len(names)):
        fields: dict[str, Any] = {n: int(x) if n in whole else float(x) for n, x in zip(names, numbers, strict=True)}
        rows.append(TrainingRow(**fields))
    return rows


def versions() -> dict[str, str]:
    """Of what trained: they are recorded with every policy."""
    return {
        "edgeworth": __version__,
        "torch": str(torch().__version__),
        "numpy": np.__version__,
        "python": sys.version.split()[0],
    }

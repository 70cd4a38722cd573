"""Trained policies: a network, a head and a normaliser as arrays. Using one needs NumPy only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.errors import FileFormatError
from edgeworth.core.policy import TrainedPolicy
from edgeworth.learning.deep import checkpoint
from edgeworth.learning.deep.heads import HEADS, Head
from edgeworth.learning.deep.nets import Mlp, Net, Normaliser, net_of
from edgeworth.learning.deep.spaces import Spec

CONTENT = "policy"
_NET, _SCALE = "actor", "observations"


@dataclass(frozen=True, eq=False, repr=False)
class Policy(TrainedPolicy):
    """What an agent does at an observation; the same for all agents.

    Parameters
    ----------
    name : str
        What tables call it.
    spec : Spec
        Of the environment it was trained in.
    net : Net
        Observations in, the head's parameters out.
    head : Head
        The distribution of actions.
    weights : sequence of ndarray
        Of the network, in the order of its names, float32.
    normaliser : Normaliser, optional
        Of observations.
    agent_id : bool
        Whether a one-hot vector of the agent's number follows its observation.
    training : mapping
        How it was trained, as plain data: algorithm, parameters, steps, seeds, versions.
    training_seeds : frozenset of int
        Seeds that training drew from. ``solve`` and ``compare`` refuse the policy on problems of these seeds.
    training_problems : frozenset of str
        Hashes of the problems that training was given, if any; refused as well.

    Raises
    ------
    ValueError, TypeError
        Where the parts do not fit each other.
    """

    name: str
    spec: Spec
    net: Net
    head: Head
    weights: tuple[Array, ...]
    normaliser: Normaliser | None = None
    agent_id: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    training_seeds: frozenset[int] = frozenset()
    training_problems: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        policy_name(self.name)
        self._check_parts()
        shapes = list(self.net.shapes().values())
        frozen = tuple(validation.array("weights", each, np.float32, shape) for each, shape in _paired(self.weights, shapes))
        object.__setattr__(self, "weights", frozen)
        object.__setattr__(self, "training", MappingProxyType(dict(self.training)))

    def _check_parts(self) -> None:
        """Refuse parts that do not fit each other, before anything is computed with them."""
        spec, head, scale = self.spec, self.head, self.normaliser
        validation.flag("agent_id", self.agent_id)
        action = spec.action
        if head.continuous != (action.n == 0) or getattr(head, "dim", getattr(head, "n", 0)) != action.dim + action.n:
            validation.reject("head", f"must be of the actions {action}", head)
        inputs = spec.obs + (spec.agents if self.agent_id else 0)
        if isinstance(self.net, Mlp) and (self.net.inputs, self.net.outputs) != (inputs, head.size):
            validation.reject("net", f"must make {head.size} numbers of {inputs}", self.net)
        if scale is not None:
            scale.check(spec.obs)
        for seed in self.training_seeds:
            validation.integer("training_seeds", seed)
        if not all(isinstance(each, str) for each in self.training_problems):
            validation.reject_type("training_problems", "must hold hashes, as text", self.training_problems)

    def __repr__(self) -> str:
        return f"Policy({self.name!r}, {self.net.kind}, {self.head.kind}, {sum(each.size for each in self.weights)} weights)"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (dict(self.training), *(getattr(self, name) for name in _others()))

    def act(
        self,
        obs: ArrayLike,
        mask: ArrayLike | None = None,
        deterministic: bool = True,
        generator: np.random.Generator | None = None,
    ) -> Array:
        """What agents do.

        Parameters
        ----------
        obs : array_like [..., agents, obs] or, without agent_id, [..., obs]
            As the environment shows them.
        mask : boolean array_like [..., n], optional
            Which of the numbered actions are open.
        deterministic : bool
            The mode of the distribution; False draws from it, which takes a generator.
        generator : numpy.random.Generator, optional

        Returns
        -------
        ndarray
            Integers [...], or vectors between the bounds of ``spec.action``, float32 [..., dim].

        Raises
        ------
        ValueError, TypeError
            For observations of another size, a missing mask or generator, and masks that close every action.

        Notes
        -----
        Without torch; equal to what training computes up to rounding in float32.
        """
        given = np.asarray(obs)
        parameters = self._parameters(given)
        leading = given.shape[:-1]
        is_open = None if mask is None else validation.array("mask", mask, np.bool_, (*leading, parameters.shape[-1]))
        if is_open is None and self.spec.action.masked:
            validation.reject("mask", "must be given: the policy was trained with masks", None)
        if validation.flag("deterministic", deterministic):
            stored = self.head.mode_numpy(parameters, is_open)
        elif generator is None:
            validation.reject("generator", "must be given where actions are drawn", None)
        else:
            stored = self.head.sample_numpy(parameters, generator, is_open)
        if not self.head.continuous:
            return np.asarray(stored, np.int64)
        return self.spec.action.scaled(np.asarray(self.head.applied(stored), np.float32))

    def _parameters(self, obs: Array) -> Array:
        """The head's parameters at observations [..., obs]."""
        if obs.ndim < 1 or obs.dtype.kind not in "fiu":
            validation.reject("obs", "must be numbers with an axis of observations", obs)
        if not self.any_size and obs.shape[-1] != self.spec.obs:
            validation.reject("obs", f"must have {self.spec.obs} entries along the last axis", obs.shape)
        if not np.isfinite(obs).all() and not getattr(self.net, "edges", False):
            validation.reject("obs", "must be finite everywhere", obs)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused below, by name
            found = self._outputs(obs)
        if not np.isfinite(found).all():
            validation.reject("obs", "must be within what float32 computes with", obs)
        return found

    def _outputs(self, obs: Array) -> Array:
        """What the network makes of observations [..., obs]."""
        seen = np.asarray(obs, np.float32) if self.normaliser is None else self.normaliser.apply(obs)
        if self.agent_id:
            agents = self.spec.agents
            if obs.ndim < 2 or obs.shape[-2] != agents:
                validation.reject("obs", f"must have an axis of {agents} agents before the last one", obs.shape)
            seen = np.concatenate([seen, np.broadcast_to(np.eye(agents, dtype=np.float32), (*obs.shape[:-1], agents))], -1)
        rows = np.ascontiguousarray(seen.reshape(-1, seen.shape[-1]))
        found: Array = self.net.numpy(self.weights, rows)
        return found.reshape(*obs.shape[:-1], found.shape[-1])

    @property
    def any_size(self) -> bool:
        """Whether the network takes any number of candidates or nodes."""
        return self.net.kind != "mlp" and self.normaliser is None and not self.agent_id

    def renamed(self, name: str) -> Policy:
        """The same policy under another name.

        Parameters
        ----------
        name : str
        """
        return replace(self, name=name)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the policy to a file that `load_policy` reads.

        Parameters
        ----------
        path : str or path
            Its ending is free; ``.npz`` is customary.
        """
        checkpoint.write(path, CONTENT, *self._content())

    @cached_property
    def digest(self) -> str:
        """sha256 of all that the file of the policy holds: two policies of one name differ by it."""
        return checkpoint.digest(*self._content())

    def _content(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Header and arrays of its file."""
        header = {
            "name": self.name,
            "spec": self.spec.to_fields(),
            "spec_hash": self.spec.hash,
            "net": self.net.to_fields(),
            "head": {"kind": self.head.kind, **asdict(self.head)},  # type: ignore[call-overload]
            "agent_id": self.agent_id,
            "training": dict(self.training),
            "training_seeds": sorted(self.training_seeds),
            "training_problems": sorted(self.training_problems),
        }
        named = dict(zip(self.net.shapes(), self.weights, strict=True))
        arrays = checkpoint.prefixed(_NET, named)
        if self.normaliser is not None:
            arrays |= checkpoint.prefixed(_SCALE, self.normaliser.arrays())
        return header, arrays


def policy_name(name: object) -> str:
    """What may be a policy's name: a text that is not empty."""
    if not isinstance(name, str) or not name.strip():
        validation.reject("name", "must be a text that is not empty", name)
    return name


def _listed(header: Mapping[str, Any], name: str) -> frozenset[Any]:
    """The entries of a list; a text would pass for the list of its letters."""
    if not isinstance(header[name], list):
        validation.reject_type(name, "must be a list", header[name])
    return frozenset(header[name])


def _rebuilt(training: dict[str, Any], *values: Any) -> Policy:
    return Policy(**dict(zip(_others(), values, strict=True)), training=training)


def _others() -> list[str]:
    return [each.name for each in fields(Policy) if each.name != "training"]


def _paired(weights: Any, shapes: list[tuple[int, ...]]) -> zip[tuple[Any, tuple[int, ...]]]:
    if len(weights) != len(shapes):
        validation.reject("weights", f"must be {len(shapes)} arrays", len(weights))
    return zip(weights, shapes, strict=True)


def load_policy(path: str | PathLike[str], *, limit: int | None = None) -> Policy:
    """Read a policy that `Policy.save` wrote.

    Parameters
    ----------
    path : str or path
    limit : int, optional
        Most bytes of all arrays together; default `edgeworth.core.files.ARRAY_LIMIT`.

    Returns
    -------
    Policy

    Raises
    ------
    FileFormatError
        Naming the file and the rule: no policy, truncated, altered, of a later schema, or with parts that do not fit.
    FileNotFoundError
        Where there is no file.

    Notes
    -----
    Nothing of a file is executed or unpickled, and its digest covers header and arrays.
    """
    header, arrays = checkpoint.read(path, CONTENT, limit=limit)
    try:
        spec, net = Spec.from_fields(header["spec"]), net_of(header["net"])
        if spec.hash != header["spec_hash"]:
            raise ValueError(f"spec: must have the hash {header['spec_hash']}; got {spec.hash}")
        head = dict(header["head"])
        made = HEADS[validation.choice("kind", head.pop("kind"), list(HEADS))](**head)
        weights = checkpoint.shaped(checkpoint.part(arrays, _NET), net.shapes(), path)
        for each in weights:
            if each.dtype != np.float32:
                validation.reject_type("weights", "must be float32", each)
        scale = checkpoint.part(arrays, _SCALE)
        return Policy(
            name=header["name"],
            spec=spec,
            net=net,
            head=made,
            weights=tuple(weights),
            normaliser=Normaliser.of(scale) if scale else None,
            agent_id=header["agent_id"],
            training=header["training"],
            training_seeds=_listed(header, "training_seeds"),
            training_problems=_listed(header, "training_problems"),
        )
    except FileFormatError:
        raise
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FileFormatError(f"{os.fspath(path)}: not a policy that can be used: {error}") from error

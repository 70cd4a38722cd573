"""Deep reinforcement learning that knows no domain. Training needs the extra "learn" (torch), using a policy NumPy only."""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.learning.deep.adaptors import from_gymnasium as from_gymnasium
    from edgeworth.learning.deep.adaptors import from_pettingzoo as from_pettingzoo
    from edgeworth.learning.deep.envs import ArrayEnv as ArrayEnv
    from edgeworth.learning.deep.envs import Step as Step
    from edgeworth.learning.deep.envs import VectorEnv as VectorEnv
    from edgeworth.learning.deep.envs import from_arrays as from_arrays
    from edgeworth.learning.deep.policy import Policy as Policy
    from edgeworth.learning.deep.policy import load_policy as load_policy
    from edgeworth.learning.deep.spaces import ActionSpec as ActionSpec
    from edgeworth.learning.deep.spaces import Spec as Spec

_ROOMS = {
    "ActionSpec": "spaces",
    "ArrayEnv": "envs",
    "Attention": "attention",
    "Mlp": "nets",
    "Policy": "policy",
    "Scorer": "attention",
    "Spec": "spaces",
    "Step": "envs",
    "VectorEnv": "envs",
    "from_arrays": "envs",
    "from_gymnasium": "adaptors",
    "from_pettingzoo": "adaptors",
    "load_policy": "policy",
}

__all__ = sorted(_ROOMS, key=lambda name: (not name[0].isupper(), name))
__getattr__ = later(__name__, _ROOMS)


def __dir__() -> list[str]:
    return __all__.copy()

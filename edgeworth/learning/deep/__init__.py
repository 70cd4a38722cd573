"""Deep reinforcement learning that knows no domain. Training needs the extra "learn" (torch), using a policy NumPy only."""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.learning.deep.adaptors import from_gymnasium as from_gymnasium
    from edgeworth.learning.deep.adaptors import from_pettingzoo as from_pettingzoo
    from edgeworth.learning.deep.attention import Attention as Attention
    from edgeworth.learning.deep.attention import Scorer as Scorer
    from edgeworth.learning.deep.ddpg import DDPG as DDPG
    from edgeworth.learning.deep.ddpg import TD3 as TD3
    from edgeworth.learning.deep.envs import ArrayEnv as ArrayEnv
    from edgeworth.learning.deep.envs import Step as Step
    from edgeworth.learning.deep.envs import VectorEnv as VectorEnv
    from edgeworth.learning.deep.envs import from_arrays as from_arrays
    from edgeworth.learning.deep.learned import LearnedPolicy as LearnedPolicy
    from edgeworth.learning.deep.learned import TrainingPlan as TrainingPlan
    from edgeworth.learning.deep.nets import Mlp as Mlp
    from edgeworth.learning.deep.pairs import PairAttention as PairAttention
    from edgeworth.learning.deep.plots import plot_training as plot_training
    from edgeworth.learning.deep.policy import Policy as Policy
    from edgeworth.learning.deep.policy import load_policy as load_policy
    from edgeworth.learning.deep.ppo import PPO as PPO
    from edgeworth.learning.deep.reinforce import Reinforce as Reinforce
    from edgeworth.learning.deep.reinforce import construct as construct
    from edgeworth.learning.deep.reinforce_trainer import ReinforceTrainer as ReinforceTrainer
    from edgeworth.learning.deep.spaces import ActionSpec as ActionSpec
    from edgeworth.learning.deep.spaces import Spec as Spec
    from edgeworth.learning.deep.training import Trained as Trained
    from edgeworth.learning.deep.training import TrainingRow as TrainingRow
    from edgeworth.learning.deep.training import train as train

_ROOMS = {
    "ActionSpec": "spaces",
    "ArrayEnv": "envs",
    "Attention": "attention",
    "DDPG": "ddpg",
    "LearnedPolicy": "learned",
    "Mlp": "nets",
    "PPO": "ppo",
    "PairAttention": "pairs",
    "Policy": "policy",
    "Reinforce": "reinforce",
    "ReinforceTrainer": "reinforce_trainer",
    "Scorer": "attention",
    "Spec": "spaces",
    "Step": "envs",
    "TD3": "ddpg",
    "Trained": "training",
    "TrainingPlan": "learned",
    "TrainingRow": "training",
    "VectorEnv": "envs",
    "construct": "reinforce",
    "from_arrays": "envs",
    "from_gymnasium": "adaptors",
    "from_pettingzoo": "adaptors",
    "load_policy": "policy",
    "plot_training": "plots",
    "train": "training",
}

__all__ = sorted(_ROOMS, key=lambda name: (not name[0].isupper(), name))
__getattr__ = later(__name__, _ROOMS)


def __dir__() -> list[str]:
    return __all__.copy()

"""Environments for learners: all devices (PettingZoo), all as one agent (Gymnasium), many copies at once (arrays only)."""

from edgeworth.solvers.scheduling.env.making import gym_env as gym_env, parallel_env as parallel_env
from edgeworth.solvers.scheduling.env.vector import VectorEnv as VectorEnv, vector_env as vector_env

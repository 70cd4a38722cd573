"""Environments for learners: all devices (PettingZoo), one device (Gymnasium), many copies at once (arrays only)."""

from edgeworth.solvers.carbon_offloading.env.making import gym_env as gym_env, parallel_env as parallel_env
from edgeworth.solvers.carbon_offloading.env.scenario import Scenario as Scenario
from edgeworth.solvers.carbon_offloading.env.vector import VectorEnv as VectorEnv, vector_env as vector_env

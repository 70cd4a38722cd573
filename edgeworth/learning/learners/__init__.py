"""The learners, one file each: the dataclass of its parameters and the rule ``update`` by which it learns from a reward.

A file here is all that a new learner takes: `edgeworth.learning.registry` finds it. Nothing here imports a compiler; the
rules are plain loops that `edgeworth.learning.kernels.rules` compiles.
"""

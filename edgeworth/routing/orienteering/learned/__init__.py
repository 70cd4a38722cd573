"""Learned routers: a policy that was trained on other instances, and Q-learning on a tiny one."""

"""Examples in the docstrings of what needs torch are collected where torch is installed: `make test-learn` runs them."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["edgeworth/learning/deep", "edgeworth/forecasting/networks/train.py"]

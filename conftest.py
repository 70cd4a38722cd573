"""What holds for tests and examples in docstrings alike: one thread of linear algebra, and no file that needs torch without it.

`make test-learn` runs the examples of what needs torch.
"""

import os
from importlib.util import find_spec

# Before anything imports numpy: threads of OpenBLAS that wait for a processor which another worker has spend, on the small
# matrices of tests, hundreds of times what one thread does. Subprocesses of tests inherit it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

collect_ignore = [] if find_spec("torch") else ["edgeworth/learning/deep", "edgeworth/forecasting/networks/train.py"]

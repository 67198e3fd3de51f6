"""Settings of every test run, made before anything imports NumPy or Numba."""

import os
from pathlib import Path

from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"
os.environ["NUMBA_CACHE_DIR"] = str(Path(__file__).parents[1] / ".cache" / "numba")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the workers share the cores

settings.register_profile("tsrnn", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tsrnn")

collect_ignore = ["fixtures"]  # its script needs PyTorch, which the tests do not

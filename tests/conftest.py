"""What every test takes for granted."""

import os
import sys
from pathlib import Path

# nbgrader calls programs of its environment by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

os.environ["MPLBACKEND"] = "agg"

# The tests run in as many processes as there are cores; NumPy would take all cores in each of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

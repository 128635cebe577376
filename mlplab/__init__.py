"""The student's toolkit of Build Your Own MLP: checks, pictures, and the functions of earlier stages.

A notebook opens with

    import mlplab
    lab = mlplab.stage("04-backprop")
"""

import sys

from mlplab.exercises import STAGES
from mlplab.lab import Lab

__version__ = "0.1.0"


def stage(name: str) -> Lab:
    """The helper of one stage, bound to the names of the notebook that calls this.

    Raises: ValueError, with the names of the stages, where there is none called `name`.
    """
    if name not in STAGES:
        raise ValueError(f"there is no stage {name!r}; there are {', '.join(STAGES)}")
    return Lab(STAGES[name], sys._getframe(1).f_globals)

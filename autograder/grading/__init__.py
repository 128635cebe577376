"""Grading through nbgrader's own extension points: two of its steps replaced by ours."""

import os
import sys
import warnings
from pathlib import Path

from nbformat.warnings import MissingIDFieldWarning
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import DeduplicateIds, Execute
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.grading.deduplicate import DeduplicateCells
from autograder.grading.execute import ExecuteOutside
from autograder.grading.outcomes import SUFFIX


def configure(c: Config) -> None:
    """Sets, in an nbgrader configuration, what this course needs; called by `nbgrader_config.py`."""
    # nbgrader calls alembic by name to make its gradebook: it is found though nobody activated this environment.
    own_programs = str(Path(sys.executable).parent)
    if own_programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([own_programs, os.environ.get("PATH", os.defpath)])
    # nbgrader 0.9.6 makes each of its records so; it is added to the session right after.
    warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)
    # A grade cell that nbgrader puts back has no id; it is given one when the notebook is written.
    warnings.filterwarnings("ignore", category=MissingIDFieldWarning)
    c.CourseDirectory.ignore = [*CourseDirectory.ignore.default(), f"*{SUFFIX}"]
    c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
    # A grade cell that a student deleted comes back, and is graded as if nothing had happened.
    c.OverwriteCells.add_missing_cells = True
    ours = {Execute: ExecuteOutside, DeduplicateIds: DeduplicateCells}
    for steps in ("sanitize_preprocessors", "autograde_preprocessors"):
        c.Autograde[steps] = [ours.get(step, step) for step in getattr(Autograde, steps).default()]

"""Grading through nbgrader's own extension points: two of its steps replaced by ours."""

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import DeduplicateIds, Execute
from traitlets.config import Config

from autograder.grading.deduplicate import DeduplicateCells
from autograder.grading.execute import ExecuteOutside
from autograder.grading.outcomes import SUFFIX


def configure(c: Config) -> None:
    """Sets, in an nbgrader configuration, what this course needs; called by `nbgrader_config.py`."""
    c.CourseDirectory.ignore = [*CourseDirectory.ignore.default(), f"*{SUFFIX}"]
    c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
    # A grade cell that a student deleted comes back, and is graded as if nothing had happened.
    c.OverwriteCells.add_missing_cells = True
    ours = {Execute: ExecuteOutside, DeduplicateIds: DeduplicateCells}
    for steps in ("sanitize_preprocessors", "autograde_preprocessors"):
        c.Autograde[steps] = [ours.get(step, step) for step in getattr(Autograde, steps).default()]

"""The configuration of a course directory, as nbgrader's own commands read it."""

from pathlib import Path

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.grading import configure
from autograder.grading.execute import ExecuteOutside


def open_course(root: Path, assignment: str, changes: Config | None = None) -> tuple[CourseDirectory, Config]:
    """The course directory `root` and its configuration, with the stage to work on.

    Inputs: changes: what is to hold whatever the files say.
    """
    app = NbGrader(log_level="ERROR")
    app.initialize([], root=str(root))
    config = app.config
    if not any(issubclass(step, ExecuteOutside) for step in config.Autograde.get("autograde_preprocessors", [])):
        configure(config)  # no configuration there, or one that is not ours
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = assignment
    config.merge(changes or Config())
    return CourseDirectory(config=config), config

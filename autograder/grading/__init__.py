"""Grading through nbgrader's own extension points: steps replaced or added, and filters and templates of its pages."""

import os
import sys
import warnings
from pathlib import Path

from nbformat.warnings import MissingIDFieldWarning
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import DeduplicateIds, Execute, GetGrades, OverwriteCells
from nbgrader.server_extensions.formgrader.handlers import template_path
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.grading.deduplicate import DeduplicateCells, OverwriteKnownCells
from autograder.grading.execute import ExecuteOutside
from autograder.grading.outcomes import SUFFIX
from autograder.grading.safe_html import as_typed
from autograder.grading.safe_markdown import markdown2html
from autograder.grading.sanitize import HideHiddenTests, SanitizeOutputs, SanitizePage


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
    ours = {Execute: [ExecuteOutside, SanitizeOutputs], DeduplicateIds: [DeduplicateCells],
            OverwriteCells: [OverwriteKnownCells], GetGrades: [GetGrades, HideHiddenTests]}
    for converter, steps in ((Autograde, "sanitize_preprocessors"), (Autograde, "autograde_preprocessors"),
                             (GenerateFeedback, "preprocessors")):
        stock = getattr(converter, steps).default()
        c[converter.__name__][steps] = [step for one in stock for step in ours.get(one, [one])]
    # Feedback and Formgrader make their pages with this exporter.
    c.HTMLExporter.preprocessors = [SanitizePage]
    c.HTMLExporter.filters = {"markdown2html": markdown2html, "clean_html": as_typed}  # the latter has raw cells only
    c.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates"), template_path]

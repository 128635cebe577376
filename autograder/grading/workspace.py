"""The folder in which a submission runs: what the student had on disk, and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.coursedir import CourseDirectory

from mlplab.exercises import STAGES


@contextmanager
def workspace(coursedir: CourseDirectory, assignment: str, student: str) -> Iterator[Path]:
    """A scratch copy of the submission, with the student's earlier notebooks beside it, as `lab.carry` expects them.

    The earlier stages come from `autograded/`, else from `submitted/`; released solutions from `solutions/`.
    Yields: the folder of the assignment, inside a folder that is removed afterwards.
    """

    def folder(step: str, stage: str) -> Path:
        return Path(coursedir.format_path(step, student, stage))

    with TemporaryDirectory(prefix="submission-") as scratch:
        here = Path(scratch) / assignment
        shutil.copytree(folder(coursedir.autograded_directory, assignment), here,
                        ignore=shutil.ignore_patterns(*coursedir.ignore))
        for stage in STAGES[assignment].builds_on if assignment in STAGES else ():
            (here.parent / stage).mkdir()
            candidates = [folder(step, stage) / f"{stage}.ipynb"
                          for step in (coursedir.autograded_directory, coursedir.submitted_directory)]
            # A link would carry what somebody else wrote.
            candidates = [path for path in candidates if path.exists() and not path.is_symlink()][:1]
            candidates += Path(coursedir.root, "solutions", stage).glob("*-solution.ipynb")
            for path in candidates:
                shutil.copy(path, here.parent / stage)
        yield here

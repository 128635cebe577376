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

    with TemporaryDirectory(prefix="submission-") as scratch:
        here = Path(scratch) / assignment
        shutil.copytree(coursedir.format_path(coursedir.autograded_directory, student, assignment), here,
                        ignore=shutil.ignore_patterns(*coursedir.ignore))
        for place, path in carried(coursedir, assignment, student).items():
            (here.parent / place).parent.mkdir(exist_ok=True)
            shutil.copy(path, here.parent / place)
        yield here


def carried(coursedir: CourseDirectory, assignment: str, student: str) -> dict[str, Path]:
    """The notebooks of earlier stages that lie beside a submission when it runs, by their place there."""
    found = {}
    for stage in STAGES[assignment].builds_on if assignment in STAGES else ():
        candidates = [Path(coursedir.format_path(step, student, stage), f"{stage}.ipynb")
                      for step in (coursedir.autograded_directory, coursedir.submitted_directory)]
        # A link would carry what somebody else wrote.
        candidates = [path for path in candidates if path.exists() and not path.is_symlink()][:1]
        candidates += sorted(Path(coursedir.root, "solutions", stage).glob("*-solution.ipynb"))
        found |= {f"{stage}/{path.name}": path for path in candidates}
    return found

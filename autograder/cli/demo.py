"""The main job on a class of made-up students: release, submissions, autograding, feedback, and the table."""

import shutil
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.cli.report import diagnoses_table, scores_table
from autograder.cli.submissions import Submission
from autograder.grading.course import Course, NotGradable
from mlplab.exercises import STAGES

# A class is waiting for its table: an endless loop is given up sooner than at a real deadline.
_CELL_TIMEOUT, _CALL_TIMEOUT = 5, 2.0


def run_demo(repository: Path, folder: Path, submissions: list[Submission], console: Console) -> Course:
    """Grades a class in a course directory of its own, which is made anew.

    Inputs:
        repository: where `source/` is. folder: the course directory to make.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(repository / "source", folder / "source", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(repository / "nbgrader_config.py", folder)
    course = Course(folder, cell_timeout=_CELL_TIMEOUT, call_timeout=_CALL_TIMEOUT)
    course.enrol([submission.student for submission in submissions if submission.enrolled])
    notes: dict[tuple[str, str], str] = {}
    with _progress(console) as progress:
        for stage in progress.track(STAGES, description="release"):
            course.generate(stage)
        for submission in submissions:
            submission.write(folder)
        handed_in = [(stage, student) for stage in STAGES for student in course.submitted(stage)]
        for stage, student in progress.track(handed_in, description="autograde"):
            try:
                course.autograde(stage, student)
            except NotGradable as reason:
                notes[stage, student] = "not gradable"
                progress.console.print(f"{student}, {stage}: {reason}", highlight=False)
        graded = [key for key in handed_in if key not in notes]
        for stage, student in progress.track(graded, description="feedback"):
            course.feedback(stage, student)
    for submission in submissions:
        for stage in submission.missing:
            notes[stage, submission.student] = "missing"
            console.print(f"{submission.student}, {stage}: nothing was handed in", highlight=False)
    about = {submission.student: submission.about for submission in submissions}
    console.print(scores_table(course, STAGES, about, notes))
    console.print(diagnoses_table(course, STAGES, about))
    console.print(f"Feedback pages: {folder}/feedback/STUDENT/STAGE/STAGE.html", highlight=False)
    return course


def _progress(console: Console) -> Progress:
    return Progress(TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    console=console)

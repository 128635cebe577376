"""The main job on a class of made-up students: release, submissions, autograding, feedback, and the table."""

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from traitlets.config import Config

from autograder.cli.grade import grade_stages, progress_bar
from autograder.cli.report import diagnoses_table, scores_table
from autograder.cli.submissions import XOR_STAGES, Submission
from autograder.grading.bulk import Options
from autograder.grading.course import Course
from autograder.sandbox import LADDER, NotIsolated, Zygote

# A class is waiting for its table: an endless loop is given up sooner than at a real deadline.
_CELL_TIMEOUT, _CALL_TIMEOUT = 5, 2.0


def run_demo(repository: Path, folder: Path, submissions: list[Submission], console: Console, isolation: str = "auto"
             ) -> Course:
    """Grades a class in a course directory of its own, which is made anew.

    Inputs:
        repository: where `source/` is. folder: the course directory to make.
        isolation: as in `ExecuteOutside`; but where "auto" finds none, the demo goes on without and says so.
    """
    changes = Config()
    changes.ExecuteOutside.isolation = _isolation(isolation, console)
    changes.Autograde.create_student = False  # who is not on the class list is told
    changes.ExecuteOutside.timeout, changes.ExecuteOutside.call_timeout = _CELL_TIMEOUT, _CALL_TIMEOUT
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(repository / "source", folder / "source", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(repository / "nbgrader_config.py", folder)
    course = Course(folder)
    course.enrol([submission.student for submission in submissions if submission.enrolled])
    for stage in XOR_STAGES:
        course.generate(stage)
    for submission in submissions:
        submission.write(folder)
    notes: dict[tuple[str, str], str] = {}
    graded: list[tuple[str, str]] = []
    for report in grade_stages(folder, list(XOR_STAGES), Options(changes=changes), console):
        if report.stopped or report.failed:
            raise RuntimeError(f"{report.stage}: {report.stopped or report.failed}")
        graded += [(report.stage, student) for student in report.graded]
        for student, reason in sorted(report.not_gradable.items()):
            notes[report.stage, student] = "ungraded"
            console.print(f"{student}, {report.stage}: {reason}", highlight=False, soft_wrap=True)
    with progress_bar("feedback", console) as tell, ProcessPoolExecutor(
            os.cpu_count(), multiprocessing.get_context("spawn"), _open_course, (folder,)) as workers:
        for done, _ in enumerate(workers.map(_give_feedback, *zip(*graded, strict=True)), start=1):
            tell(done, len(graded))
    for submission in submissions:
        for stage in submission.missing:
            notes[stage, submission.student] = "missing"
            console.print(f"{submission.student}, {stage}: nothing was handed in", highlight=False)
    about = {submission.student: submission.about for submission in submissions}
    console.print(scores_table(course, XOR_STAGES, about, notes))
    console.print(diagnoses_table(course, XOR_STAGES, about))
    console.print(f"Feedback pages: {folder}/feedback/STUDENT/STAGE/STAGE.html", highlight=False)
    return course


def _isolation(isolation: str, console: Console) -> str:
    """The rung that all workers take, named on the console."""
    try:
        with Zygote(isolation) as zygote:
            rung, sentence = zygote.start().rung, zygote.sentence
    except NotIsolated as error:
        if isolation != "auto":
            raise
        console.print(str(error), highlight=False, soft_wrap=True)
        rung = "none"
        sentence = LADDER[rung].sentence + " The demo goes on, since its submissions come with this repository."
    console.print(sentence, highlight=False, soft_wrap=True)
    return rung


_course: Course


def _open_course(folder: Path) -> None:
    global _course
    _course = Course(folder)


def _give_feedback(stage: str, student: str) -> Path:
    return _course.feedback(stage, student)

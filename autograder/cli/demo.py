"""The main job on a class of made-up students: release, submissions, autograding, feedback, and the table."""

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.cli.report import diagnoses_table, scores_table
from autograder.cli.submissions import XOR_STAGES, Submission
from autograder.grading.course import Course, NotGradable
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
    isolation = _isolation(isolation, console)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(repository / "source", folder / "source", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(repository / "nbgrader_config.py", folder)
    course = _open_course(folder, isolation)
    course.enrol([submission.student for submission in submissions if submission.enrolled])
    notes: dict[tuple[str, str], str] = {}
    with _progress(console) as progress, _workers(folder, isolation) as workers:
        for stage in progress.track(XOR_STAGES, description="release"):
            course.generate(stage)
        for submission in submissions:
            submission.write(folder)
        handed_in = {stage: course.submitted(stage) for stage in XOR_STAGES}
        bar = progress.add_task("autograde", total=sum(map(len, handed_in.values())))
        for stage, students in handed_in.items():  # stage by stage: a later one carries from an earlier one
            tasks = {workers.submit(_grade, stage, student): student for student in students}
            for task in as_completed(tasks):
                reason = task.result()
                if reason is not None:
                    notes[stage, tasks[task]] = "ungraded"
                    progress.console.print(f"{tasks[task]}, {stage}: {reason}", highlight=False, soft_wrap=True)
                progress.advance(bar)
        graded = [(stage, student) for stage, students in handed_in.items() for student in students
                  if (stage, student) not in notes]
        for _ in progress.track(workers.map(_give_feedback, *zip(*graded, strict=True)), total=len(graded),
                                description="feedback"):
            pass
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


def _open_course(folder: Path, isolation: str) -> Course:
    return Course(folder, cell_timeout=_CELL_TIMEOUT, call_timeout=_CALL_TIMEOUT, isolation=isolation)


@contextmanager
def _workers(folder: Path, isolation: str) -> Iterator[ProcessPoolExecutor]:
    """As many processes as cores, each with the course open."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn"),
                             initializer=_start_worker, initargs=(folder, isolation)) as workers:
        yield workers


_course: Course


def _start_worker(folder: Path, isolation: str) -> None:
    global _course
    _course = _open_course(folder, isolation)


def _grade(stage: str, student: str) -> str | None:
    """Grades in a worker; returns why not, where that is so."""
    try:
        _course.autograde(stage, student)
    except NotGradable as reason:
        return str(reason)
    return None


def _give_feedback(stage: str, student: str) -> Path:
    return _course.feedback(stage, student)


def _progress(console: Console) -> Progress:
    return Progress(TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    console=console)

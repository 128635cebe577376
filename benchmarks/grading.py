"""Grading against stock nbgrader: wall and CPU seconds a submission, on the same submissions, in one run.

Three courses get the same submissions, made as for `autograder demo`, and are graded by the command an instructor
types, `nbgrader autograde STAGE`, stage by stage and in turns:

    stock         nbgrader's own Execute: a kernel for each notebook, `lab.check` in it, visible checks only
    ours visible  this course's configuration, checks from outside the student's process, visible checks only
    ours          the same with the hidden checks, as the course grades

CPU is what a command and all processes below it took (kernels, the warm process and what it forks), and both figures
are without the command's own start, which is timed on a call that finds nothing to do. A ratio above 1 says how many
times the stock way took. The scores of the first two must be equal, since the same checks decide; those of the third
may be lower where a hidden check sees more. Other work on the machine blurs wall more than CPU.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported, and for the commands: one core for each notebook

import argparse
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from autograder.cli.submissions import XOR_STAGES, Submission, demo_class
from autograder.grading.course import Course

REPOSITORY = Path(__file__).resolve().parents[1]
_COURSE = 'c = get_config()\nc.CourseDirectory.course_id = "benchmark"\n'
_OURS = _COURSE + "from autograder.grading import configure\nconfigure(c)\n"
_VISIBLE = _OURS + ("from autograder.grading import outcomes\nfrom mlplab.checks import visible_checks\n"
                    "outcomes.all_checks = lambda stage, name: visible_checks(stage).of(name)\n")
CONFIGURATIONS = {"stock": _COURSE, "ours visible": _VISIBLE, "ours": _OURS}


def make_course(root: Path, configuration: str, submissions: list[Submission]) -> Course:
    """A course directory with everything handed in and nothing graded."""
    shutil.copytree(REPOSITORY / "source", root / "source")
    course = Course(root)
    for stage in XOR_STAGES:
        course.generate(stage)
    for submission in submissions:
        submission.write(root)
    (root / "nbgrader_config.py").write_text(configuration)
    return course


def autograde(course: Course, stage: str) -> tuple[float, float]:
    """Wall and CPU seconds of `nbgrader autograde STAGE`; RuntimeError, with its log, if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", stage], cwd=course.root,
                          env=os.environ | {"PATH": path}, capture_output=True, text=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}, after:\n{done.stderr}")
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def plain(submission: Submission) -> bool:
    """Whether both ways can grade it: stock waits 30 s for an endless loop and loses a deleted grade cell."""
    broken = submission.files or submission.edits or submission.missing or "loop" in submission.about
    return submission.enrolled and not broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=3,
                        help="of the demo's class, evenly picked (default 3), five notebooks each")
    number = parser.parse_args().students
    gradable = [submission for submission in demo_class() if plain(submission)]
    submissions = gradable[::max(1, len(gradable) // number)][:number]
    with TemporaryDirectory() as scratch:
        courses = {name: make_course(Path(scratch, name.replace(" ", "-")), configuration, submissions)
                   for name, configuration in CONFIGURATIONS.items()}
        spent = {name: [0.0, 0.0] for name in courses}
        for turn, stage in enumerate(XOR_STAGES):
            order = list(courses)[turn % 3:] + list(courses)[:turn % 3]
            for name in order:
                for index, seconds in enumerate(autograde(courses[name], stage)):
                    spent[name][index] += seconds
        for name, course in courses.items():
            start = autograde(course, next(iter(XOR_STAGES)))  # all is graded already
            spent[name] = [total - len(XOR_STAGES) * idle for total, idle in zip(spent[name], start, strict=True)]
        report(submissions, courses, spent)


def report(submissions: list[Submission], courses: dict[str, Course], spent: dict[str, list[float]]) -> None:
    number = len(submissions) * len(XOR_STAGES)
    cost = Table("way", "wall, s", "CPU, s", "stock / it, wall", "CPU", title=f"a submission, of {number}")
    for name, seconds in spent.items():
        ratios = [base / own for base, own in zip(spent["stock"], seconds, strict=True)]
        cost.add_row(name, *(f"{value / number:.2f}" for value in seconds), *(f"{ratio:.1f}" for ratio in ratios))
    stages = [stage.partition("-")[0] for stage in XOR_STAGES]
    scores = Table("student", *stages, title=f"scores: {' | '.join(courses)}")
    different = 0
    for submission in submissions:
        cells = [[course.score(stage, submission.student).auto for course in courses.values()] for stage in XOR_STAGES]
        different += sum(abs(stock - visible) > 1e-9 for stock, visible, _ in cells)
        scores.add_row(submission.student, *(" | ".join(f"{value:g}" for value in cell) for cell in cells))
    for table in (cost, scores):
        Console(width=120).print(table)
    print(f"scores by visible checks alone: {number - different} of {number} equal")


if __name__ == "__main__":
    main()

"""Grading against stock nbgrader: wall and CPU seconds a submission, on the same submissions, in one run.

Courses of their own get the same submissions of one stage, made as for `autograder demo`, and are graded in slices and
in turns, a slice by one way after the other, so that other work on the machine falls on all of them:

    stock            `nbgrader autograde STAGE`: a kernel for each notebook, `lab.check` in it
    two stock        two of them at once, each with half of the students, kernels shut down at once
    ours, nbgrader   `nbgrader autograde STAGE` with this course's configuration
    bulk             `autograder grade STAGE`
    bulk, no plots   the same with `--plots skip`
    bulk, hidden     `autograder grade STAGE` with the hidden checks too, as the course grades; the others run the
                     visible checks only, which is what stock can
    floor            the same cells and nothing else, `lab.check` in them as for stock: forked from a warm process, as
                     many at once as cores

CPU is what a command and all processes below it took, those included that it left to others to wait for; so it needs
Linux. Both figures are without the command's own start, measured in every turn on a call that finds nothing to do. A
ratio above 1 says how many times the stock way took. The scores by the visible checks must be equal.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported, and for the commands: one core for each notebook

import argparse
import contextlib
import ctypes
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from rich.console import Console
from rich.table import Table
from traitlets.config import Config

from autograder.cli.submissions import XOR_STAGES, Submission, demo_class
from autograder.grading import bulk, outcomes
from autograder.grading.course import Course
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]
_PR_SET_CHILD_SUBREAPER = 36
_COURSE = 'c = get_config()\nc.CourseDirectory.course_id = "benchmark"\n'
_AT_ONCE = _COURSE + 'c.ExecutePreprocessor.shutdown_kernel = "immediate"\n'
_OURS = _COURSE + "from autograder.grading import configure\nconfigure(c)\n"
_VISIBLE = _OURS + ("from autograder.grading import outcomes\nfrom mlplab.checks import visible_checks\n"
                    "outcomes.all_checks = lambda stage, name: visible_checks(stage).of(name)\n")
_BULK = ("bulk", "bulk, no plots", "bulk, hidden")
CONFIGURATIONS = {"stock": _COURSE, "two stock": _AT_ONCE, "ours, nbgrader": _VISIBLE,
                  **dict.fromkeys(_BULK, _OURS), "floor": _OURS}


def make_course(root: Path, stage: str, configuration: str) -> Course:
    """A course directory with nothing handed in but the earlier stages."""
    shutil.copytree(REPOSITORY / "source", root / "source")
    course = Course(root)
    for name in XOR_STAGES:
        course.generate(name)
    (root / "nbgrader_config.py").write_text(configuration)
    return course


def hand_in(course: Course, stage: str, submissions: list[Submission], numbers: range) -> list[str]:
    """Writes submissions of students of their own names, and gives the names."""
    students = []
    for number in numbers:
        submission = submissions[number % len(submissions)]
        student = f"{submission.student}{number:05}"
        with TemporaryDirectory() as scratch:
            for step in ("source", "release"):
                Path(scratch, step).symlink_to(course.root / step)
            submission.write(Path(scratch))
            for name in (*STAGES[stage].builds_on, stage):
                shutil.copytree(Path(scratch, "submitted", submission.student, name),
                                course.root / "submitted" / student / name)
        for name in STAGES[stage].builds_on:  # as if graded before: stock takes them from there
            shutil.copytree(course.root / "submitted" / student / name, course.root / "autograded" / student / name)
        students.append(student)
    return students


# What is measured


def spent(*commands: list[str], cwd: Path) -> tuple[float, float]:
    """Wall and CPU seconds of commands run at once; RuntimeError, with its words, if one fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [subprocess.Popen(command, cwd=cwd, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for command in commands]
    for process in running:
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"exit status {process.returncode}, after:\n{said}")
    wall = time.perf_counter() - started
    with contextlib.suppress(ChildProcessError):  # those that fell to us, as the nearest that takes such children in
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run(way: str, course: Course, stage: str, students: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of grading what these students handed in; none of them, and it is the start alone."""
    itself = [sys.executable, __file__, "--run", way, "--course", str(course.root), "--stage", stage]
    if way in _BULK or way == "floor":
        return spent([*itself, *students], cwd=course.root)
    autograde = [sys.executable, "-m", "nbgrader", "autograde", stage]
    if way == "two stock" and students:
        halves = students[::2], students[1::2]
        return spent(*([*autograde, f"--CourseDirectory.student_id_exclude={','.join(half)}"] for half in halves),
                     cwd=course.root)
    return spent(autograde, cwd=course.root)


def visible_worker():
    """A worker that does without the hidden checks, as stock nbgrader must."""
    outcomes.all_checks = lambda stage, name: visible_checks(stage).of(name)
    return bulk.grade


def run_bulk(way: str, root: Path, stage: str) -> None:
    if way != "bulk, hidden":
        bulk.make_worker = visible_worker
    report = bulk.grade_stage(root, stage, bulk.Options(plots=way != "bulk, no plots", changes=Config()))
    if report.exit_status:
        raise RuntimeError(str(report))


def run_floor(root: Path, stage: str, students: list[str]) -> None:
    """Runs the cells in children of this process, as many at once as there are cores."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    from mlplab.plots.warm import warm_up

    os.environ["NBGRADER_EXECUTION"] = "autograde"
    shell = InteractiveShell.instance()
    shell.run_cell("None", silent=True)
    warm_up()
    running = 0
    for student in students:
        if running >= os.cpu_count():
            os.wait()
            running -= 1
        running += 1
        if os.fork() == 0:
            here = root / "submitted" / student / stage
            os.chdir(here)
            notebook = nbformat.read(here / f"{stage}.ipynb", as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    with capture_output():
                        shell.run_cell(cell.source)
            os._exit(0)
    for _ in range(running):
        os.wait()


# The report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", choices=list(XOR_STAGES), default="04-backprop")
    parser.add_argument("--submissions", type=int, default=8, help="how many (default 8; the goals are at 40 and 200)")
    parser.add_argument("--slices", type=int, default=2, help="in how many turns (default 2)")
    parser.add_argument("--run", choices=CONFIGURATIONS, help=argparse.SUPPRESS)
    parser.add_argument("--course", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("students", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run == "floor":
        run_floor(chosen.course, chosen.stage, chosen.students)
    elif chosen.run:
        run_bulk(chosen.run, chosen.course, chosen.stage)
    else:
        compare(chosen.stage, chosen.submissions, min(chosen.slices, chosen.submissions))


def plain(submission: Submission) -> bool:
    """Whether both ways can grade it: stock waits 30 s for an endless loop and loses a deleted grade cell."""
    broken = submission.files or submission.edits or submission.missing or "loop" in submission.about
    return submission.enrolled and not broken


def compare(stage: str, count: int, slices: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    submissions = [submission for submission in demo_class() if plain(submission)]
    with TemporaryDirectory() as scratch:
        courses = {way: make_course(Path(scratch, f"course{number}"), stage, configuration)
                   for number, (way, configuration) in enumerate(CONFIGURATIONS.items())}
        total = {way: [0.0, 0.0] for way in courses}
        students: list[str] = []
        for turn in range(slices):
            numbers = range(turn * count // slices, (turn + 1) * count // slices)
            order = list(courses)[turn % len(courses):] + list(courses)[:turn % len(courses)]
            for way in order:
                new = hand_in(courses[way], stage, submissions, numbers)
                measured = run(way, courses[way], stage, new)
                start = run(way, courses[way], stage, [])  # all is graded already
                total[way] = [sum(values) for values in zip(total[way], measured, [-value for value in start],
                                                            strict=True)]
            students += new
        report(stage, courses, total, students)


def report(stage: str, courses: dict[str, Course], total: dict[str, list[float]], students: list[str]) -> None:
    table = Table("way", "wall, s", "CPU, s", "stock / it, wall", "CPU", "it / floor, wall", "CPU",
                  title=f"a submission of {stage}, of {len(students)}")
    for way, seconds in total.items():
        faster = [base / own for base, own in zip(total["stock"], seconds, strict=True)]
        above = [own / base for base, own in zip(total["floor"], seconds, strict=True)]
        table.add_row(way, *(f"{value / len(students):.2f}" for value in seconds),
                      *(f"{ratio:.1f}" for ratio in faster), *(f"{ratio:.2f}" for ratio in above))
    Console(width=120).print(table)
    hidden = (total["bulk, hidden"][1] - total["bulk"][1]) / len(students)
    print(f"two stock / bulk, wall: {total['two stock'][0] / total['bulk'][0]:.1f}")
    print(f"the hidden checks: {1000 * hidden:.0f} ms CPU a notebook")
    equal = {way: sum(abs(courses[way].score(stage, student).auto - courses["stock"].score(stage, student).auto) < 1e-9
                      for student in students) for way in ("two stock", "ours, nbgrader", "bulk", "bulk, no plots")}
    print(f"scores equal to stock's, of {len(students)}: "
          + ", ".join(f"{way} {number}" for way, number in equal.items()))


if __name__ == "__main__":
    main()

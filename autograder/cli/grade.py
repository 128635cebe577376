"""`autograder grade`: a bar while it works, and what came of it as a table or as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.cli.report import count_diagnoses, diagnoses_table, isolations, left_to_us
from autograder.grading.bulk import Options, Report, grade_stage
from autograder.grading.course import Course


def grade_stages(root: Path, stages: list[str], options: Options, console: Console) -> list[Report]:
    """Grades stages in order, showing how far it is; goes no further where the machine cannot.

    Inputs: console: for the bar and for what is found on the way.
    """
    reports = []
    for stage in stages:
        with progress_bar(stage, console) as tell:
            report = grade_stage(root, stage, options, tell)
        reports.append(report)
        if report.stopped:
            break
    return reports


@contextmanager
def progress_bar(description: str, console: Console) -> Iterator:
    """A bar with a rate and an estimate, for `grade_stage` to tell."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(description, total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} a second" if task.speed else "")


def print_reports(root: Path, reports: list[Report], console: Console) -> None:
    """The closing tables, and a line for everything that somebody has to look at."""
    table = Table(title="Grading")
    for column in ("stage", "graded", "as before", "not gradable", "failed", "a second"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for report in reports:
        rate = f"{len(report.graded) / report.seconds:.1f}" if report.graded else "–"
        table.add_row(report.stage, *map(str, (len(report.graded), len(report.kept), len(report.not_gradable),
                                               len(report.failed), rate)))
    course = Course(root)
    students = sorted({student for report in reports for student in (*report.graded, *report.kept)})
    table.caption = f"Isolation: {isolations(course, [report.stage for report in reports], students)}"
    console.print(table)
    if students:
        console.print(diagnoses_table(course, [report.stage for report in reports], students))
    for stage, student, exercise in left_to_us(course, [report.stage for report in reports], students):
        console.print(f"{student}, {stage}: a check of {exercise} broke down: grade it by hand, and tell us",
                      highlight=False, soft_wrap=True, markup=False)
    for report in reports:
        for kind, found in (("not gradable", report.not_gradable), ("failed, our fault", report.failed)):
            for student, reason in sorted(found.items()):
                console.print(f"{student}, {report.stage}: {kind}: {reason}", highlight=False, soft_wrap=True,
                              markup=False)
        for line in (*report.notes, *([report.stopped] if report.stopped else [])):
            console.print(line, highlight=False, soft_wrap=True, markup=False)


def as_json(root: Path, reports: list[Report]) -> str:
    """The same for scripts: a list of objects, one a stage."""
    course = Course(root)
    return json.dumps([
        asdict(report) | {
            "exit_status": report.exit_status,
            "isolation": isolations(course, [report.stage], [*report.graded, *report.kept]),
            "by_hand": [found[1:] for found in left_to_us(course, [report.stage], [*report.graded, *report.kept])],
            "diagnoses": [dict(zip(("stage", "exercise", "diagnosis", "students"), (*found, count), strict=True))
                          for found, count in count_diagnoses(course, [report.stage], [*report.graded, *report.kept])],
        } for report in reports], indent=1)

"""What a class got, and what it misunderstood, as tables for the terminal."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from autograder.grading.course import Course
from autograder.grading.outcomes import diagnosis_of, isolation_of, load
from mlplab.checking import BROKEN, NOT_ATTEMPTED, PASSED

_UNFINISHED = (PASSED, NOT_ATTEMPTED)


def scores_table(course: Course, stages: Iterable[str], students: dict[str, str], notes: dict) -> Table:
    """Students × stages with the points earned automatically.

    Inputs:
        students: by id, a few words about each.
        notes: by (stage, student), a word to show where there is no score.
    """
    stages = list(stages)
    table = Table(title="Points earned automatically (free-text answers wait for a human)")
    table.add_column("student", no_wrap=True, min_width=7)
    if any(students.values()):
        table.add_column("what they did", no_wrap=True, overflow="ellipsis")
    for stage in stages:
        table.add_column(stage.partition("-")[0], justify="right", no_wrap=True, min_width=8)
    for student, about in students.items():
        cells = []
        for stage in stages:
            score = course.score(stage, student) if (stage, student) not in notes else None
            cells.append(f"{round(score.auto, 1):g}/{score.auto_max:g}" if score else notes.get((stage, student), "–"))
        table.add_row(student, *([about] if any(students.values()) else []), *cells)
    table.caption = f"Isolation: {isolations(course, stages, students)}"
    return table


def isolations(course: Course, stages: Iterable[str], students: Iterable[str]) -> str:
    """What the recorded runs were isolated by, with the number of notebooks where it was not the same for all."""
    found = Counter(isolation_of(course.autograded(stage, student)) for stage in stages for student in students)
    del found[None]
    if len(found) < 2:
        return next(iter(found), "nothing was run")
    return ", ".join(f"{title} ({count})" for title, count in found.most_common())


def count_diagnoses(course: Course, stages: Iterable[str], students: Iterable[str]
                    ) -> list[tuple[tuple[str, str, str], int]]:
    """Each (stage, exercise, diagnosis) with the number of students who had it, most frequent first."""
    found: Counter[tuple[str, str, str]] = Counter()
    students = list(students)
    for stage in stages:
        for student in students:
            for record in load(course.autograded(stage, student)):
                if record["status"] not in _UNFINISHED:
                    found[stage, record["exercise"], diagnosis_of(record)] += 1
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def left_to_us(course: Course, stages: Iterable[str], students: Iterable[str]) -> list[tuple[str, str, str]]:
    """Each (stage, student, exercise) of which a check broke down: it earned nothing, and wants grading by hand."""
    students = list(students)
    return [(stage, student, record["exercise"]) for stage in stages for student in students
            for record in load(course.autograded(stage, student)) if record["status"] == BROKEN]


def diagnoses_table(course: Course, stages: Iterable[str], students: Iterable[str]) -> Table:
    """What the class misunderstood, as a table."""
    table = Table(title="Diagnoses")
    for column in ("stage", "exercise", "diagnosis"):
        table.add_column(column)
    table.add_column("students", justify="right")
    for (stage, exercise, diagnosis), count in count_diagnoses(course, stages, students):
        table.add_row(stage, exercise, diagnosis, str(count))
    return table

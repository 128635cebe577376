"""Grades in the forms that learning platforms import, as plugs for nbgrader's own export.

`nbgrader export --exporter=autograder.grading.exports.MoodleExport --to=moodle.csv` works as well.
"""

import csv
from collections.abc import Iterator

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin


class _TableExport(ExportPlugin):
    """A row for each student, a column for each assignment. Who handed in nothing has an empty cell, not a 0."""

    default = ""

    def export(self, gradebook: Gradebook) -> None:
        assignments = [assignment for assignment in gradebook.assignments
                       if not self.assignment or assignment.name in self.assignment]
        students = [student for student in gradebook.students if not self.student or student.id in self.student]
        with open(self.to or self.default, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows(self.head(assignments))
            for student in students:
                writer.writerow([*self.about(student),
                                 *(_points(gradebook, assignment, student) for assignment in assignments)])

    def head(self, assignments: list[Assignment]) -> Iterator[list]:
        raise NotImplementedError

    def about(self, student: Student) -> list:
        raise NotImplementedError


class MoodleExport(_TableExport):
    """For *Grades → Import → CSV file*; map *ID number* or *Email address* to the user."""

    default = "grades-moodle.csv"

    def head(self, assignments: list[Assignment]) -> Iterator[list]:
        about = ["First name", "Last name", "ID number", "Email address"]
        yield [*about, *(assignment.name for assignment in assignments)]

    def about(self, student: Student) -> list:
        return [student.first_name, student.last_name, student.id, student.email]


class CanvasExport(_TableExport):
    """For *Grades → Import*: *ID* is Canvas's own number (`lms_user_id` in nbgrader), *SIS User ID* nbgrader's id."""

    default = "grades-canvas.csv"

    def head(self, assignments: list[Assignment]) -> Iterator[list]:
        before = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        yield [*before, *(assignment.name for assignment in assignments)]
        yield ["    Points Possible", "", "", "", "", *(assignment.max_score for assignment in assignments)]

    def about(self, student: Student) -> list:
        name = ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
        return [name, student.lms_user_id, student.id, student.email, ""]


def _points(gradebook: Gradebook, assignment: Assignment, student: Student) -> float | str:
    """As nbgrader's own CSV has them: the score less the penalty, at least 0."""
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return ""
    return round(max(0.0, submission.score - submission.late_submission_penalty), 4)

"""A course with one stage written the stock way, cheap to run, and what a gradebook holds of it."""

import stat
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.grading.course import Course

STAGE = "tiny"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def marked(cell, grade_id, *, grade=False, solution=False, points=4):
    marks = {"grade_id": grade_id, "grade": grade, "solution": solution, "locked": grade and not solution,
             "schema_version": 3, "task": False}
    if grade:
        marks["points"] = points
    cell.metadata["nbgrader"] = marks
    return cell


def make_course(root: Path, notebooks=(STAGE,)) -> Course:
    """The course directory, generated, with nobody in it."""
    folder = root / "source" / STAGE
    folder.mkdir(parents=True)
    for name in notebooks:
        nbformat.write(new_notebook(metadata={"kernelspec": KERNEL}, cells=[
            new_markdown_cell("# Tiny"),
            marked(new_code_cell("### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION"), "answer", solution=True),
            marked(new_code_cell("from helper import TRUE\nassert TRUE and answer == 42"), "asserts", grade=True),
            marked(new_code_cell("min(float(answer), 42) / 42 * 4"), "number", grade=True),
            marked(new_markdown_cell("Why?"), "words", grade=True, solution=True, points=3),
        ]), folder / f"{name}.ipynb")
    (folder / "helper.py").write_text("TRUE = True\n")
    course = Course(root)
    course.generate(STAGE)
    return course


def released(root: Path, name=STAGE):
    return nbformat.read(root / "release" / STAGE / f"{name}.ipynb", as_version=4)


def hand_in(root: Path, student: str, answer: str, *, words: str | None = None, edit=lambda notebook: None,
            name=STAGE) -> Path:
    """Writes a submission; returns its folder."""
    notebook = released(root, name)
    notebook.cells[1].source = answer
    if words is not None:
        notebook.cells[4].source = words
    edit(notebook)
    folder = root / "submitted" / student / STAGE
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def gradebook_of(course: Course) -> Gradebook:
    return Gradebook(f"sqlite:///{course.root}/gradebook.db", "")


def dump(course: Course, stage: str) -> dict[str, dict]:
    """Everything that the gradebook holds of a stage, by student, without ids."""
    with gradebook_of(course) as gradebook:
        return {submission.student.id: {
            "timestamp": submission.timestamp,
            "score": submission.score,
            "needs_manual_grade": submission.needs_manual_grade,
            "notebooks": {notebook.name: {
                "score": notebook.score,
                "penalty": notebook.late_submission_penalty,
                "flagged": notebook.flagged,
                "grades": {grade.cell.name: (grade.auto_score, grade.manual_score, grade.extra_credit, grade.score,
                                             grade.max_score, bool(grade.needs_manual_grade))
                           for grade in notebook.grades},
                "comments": {comment.cell.name: (comment.auto_comment, comment.manual_comment)
                             for comment in notebook.comments},
            } for notebook in submission.notebooks},
        } for submission in gradebook.assignment_submissions(stage)}


def enrolled(course: Course) -> set[str]:
    with gradebook_of(course) as gradebook:
        return {student.id for student in gradebook.students}


def files(course: Course, stage: str, student: str) -> dict[str, tuple[str, object]]:
    """What lies in `autograded/`: each file's permissions, with its bytes, or, of a notebook, source and marks."""
    folder = course.root / "autograded" / student / stage
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".outcomes.json") or path.is_dir():
            continue
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            content = [notebook.metadata.get("kernelspec")] + [
                (cell.cell_type, cell.source, cell.metadata.get("nbgrader")) for cell in notebook.cells]
        else:
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (stat.filemode(path.stat().st_mode), content)
    return found

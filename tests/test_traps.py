"""Traps of nbgrader 0.9.6, each held by a test that names it: what stock does, and what happens here."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade
from nbgrader.validator import Validator

from autograder.grading.course import Course, NotGradable
from autograder.grading.execute import close_loopholes, exercise_of
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]


def cell_with(source, grade_id, *, grade=False, solution=False, points=4):
    marks = {"grade_id": grade_id, "grade": grade, "solution": solution, "locked": grade and not solution,
             "schema_version": 3, "task": False}
    if grade:
        marks["points"] = points
    return new_code_cell(source, metadata={"nbgrader": marks})


@pytest.fixture
def course(tmp_path):
    """A course with an assignment that its instructor wrote the stock way, all asserts and numbers."""
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[
            new_markdown_cell("# Stock"),
            cell_with("### BEGIN SOLUTION\nanswer = 42\n### END SOLUTION", "answer", solution=True),
            cell_with("assert answer == 42", "asserts", grade=True),
            cell_with("answer", "number", grade=True),
        ])
    (tmp_path / "source" / "stock").mkdir(parents=True)
    nbformat.write(notebook, tmp_path / "source" / "stock" / "stock.ipynb")
    course = Course(tmp_path, cell_timeout=10)
    course.generate("stock")
    return course


def grade(course, answer, student="amy"):
    """The scores of the two stock grade cells after a student wrote `answer`."""
    course.enrol([student])
    notebook = nbformat.read(course.root / "release" / "stock" / "stock.ipynb", as_version=4)
    notebook.cells[1].source = answer
    folder = course.root / "submitted" / student / "stock"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "stock.ipynb")
    course.autograde("stock", student)
    graded = nbformat.read(course.autograded("stock", student), as_version=4)
    return [determine_grade(cell)[0] for cell in graded.cells[2:]]


def test_stock_assert_cells_still_work(course):
    assert grade(course, "answer = 42")[0] == 4
    assert grade(course, "answer = 41")[0] == 0
    assert grade(course, "raise NotImplementedError")[0] == 0


@pytest.mark.parametrize(("answer", "score"), [
    ("import numpy as np; answer = np.float64(2.5)", 2.5),  # stock: "np.float64(2.5)" is no number, so full marks
    ("answer = float('nan')", 0),  # stock: not ≥ 0, so full marks
    ("answer = -1.0", 0),  # stock: full marks
    ("answer = float('inf')", 0),  # stock: the submission is aborted
    ("answer = 4.0000000001", 4),  # stock: the submission is aborted
    ("answer = 2", 2),
    ("import os; os._exit(0)", 0),  # stock: cells that never ran have no error, so full marks
])
def test_a_stock_cell_s_number_means_what_it_says(course, answer, score):
    assert grade(course, answer)[1] == score


def test_a_warning_does_not_cost_the_points(course):
    warning = ("import warnings\nclass Answer(int):\n    def __eq__(self, other):\n        warnings.warn('careful')\n"
               "        return True\n    __hash__ = None\nanswer = Answer(2)")
    assert grade(course, warning)[0] == 4


def test_html_alone_is_no_reason_to_abort(course):
    shown = ("class Shown:\n    def _repr_mimebundle_(self, **_):\n        return {'text/html': '<b>4</b>'}\n"
             "answer = Shown()")
    assert grade(course, shown)[1] == 4  # as stock documents: ran without an error, and is no number


def test_stock_would_have_given_full_marks():
    """The control: without `close_loopholes` the same outputs are worth everything."""
    for text in ("np.float64(2.5)", "nan", "-1.0"):
        cell = cell_with("answer", "number", grade=True)
        cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": text})]
        assert determine_grade(cell)[0] == 4
        close_loopholes(cell, alive=True)
        assert determine_grade(cell)[0] < 4


def test_an_endless_loop_is_stopped_and_the_rest_is_graded(tmp_path, course):
    quick = Course(tmp_path, cell_timeout=1)
    assert grade(quick, "answer = 42\nwhile True: pass")[0] == 4


def test_no_execute_is_refused_rather_than_taken_at_its_word(course):
    grade(course, "answer = 42")
    (course.root / "nbgrader_config.py").write_text((REPOSITORY / "nbgrader_config.py").read_text())
    done = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", "stock", "--no-execute", "--force"],
                          cwd=course.root, capture_output=True, text=True)
    assert done.returncode != 0
    assert "grade without it" in done.stderr


def test_validate_exits_with_0_but_names_the_cell_that_raised(tmp_path):
    """So CI trusts nbval's exit status, and `lab.check` raises while validating."""
    notebook = nbformat.read(REPOSITORY / "release" / "01-activation" / "01-activation.ipynb", as_version=4)
    path = tmp_path / "01-activation.ipynb"
    nbformat.write(notebook, path)
    failed = [cell["source"] for cell in Validator().validate(str(path))["failed"]]
    assert [source for source in failed if source.startswith("lab.check")] == [
        f'lab.check("{exercise.name}")' for exercise in STAGES["01-activation"].exercises]


def test_nbgrader_finds_alembic_though_nobody_activated_the_environment(tmp_path):
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    (tmp_path / "nbgrader_config.py").write_text((REPOSITORY / "nbgrader_config.py").read_text())
    done = subprocess.run([sys.executable, "-m", "nbgrader", "db", "student", "add", "amy"], cwd=tmp_path,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "gradebook.db").exists()


def test_only_the_one_line_form_is_judged_from_outside():
    stage = STAGES["01-activation"]
    assert exercise_of(cell_with('lab.check("relu")', "test-relu", grade=True), stage).name == "relu"
    for source in ('lab.check("relu"); 1.0', "lab.check('nothing')", 'assert lab.check("relu") == 1', "1.0", "def ("):
        assert exercise_of(cell_with(source, "test-relu", grade=True), stage) is None
    assert exercise_of(cell_with('lab.check("relu")', "relu", solution=True), stage) is None


def test_a_bad_submission_leaves_the_recorded_grade_alone(course):
    grade(course, "answer = 42")
    before = course.score("stock", "amy")
    (course.root / "submitted" / "amy" / "stock" / "stock.ipynb").write_bytes(b"\xff\xfe not json")
    with pytest.raises(NotGradable, match="not a notebook"):
        course.autograde("stock", "amy")
    assert course.score("stock", "amy") == before
    assert course.autograded("stock", "amy").exists()

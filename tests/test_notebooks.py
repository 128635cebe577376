"""The course's notebooks as files: canonical, in step with the registry, released as they are, safe untouched."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.grading.course import Course
from autograder.notebooks import canonical, find_cell, make_canonical
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]
every_stage = pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)


def read(step, stage):
    return nbformat.read(REPOSITORY / step / stage.name / f"{stage.name}.ipynb", as_version=4)


def marks(cell):
    return cell.metadata.get("nbgrader", {})


@every_stage
def test_source_is_in_canonical_form(stage):
    assert make_canonical(REPOSITORY / "source" / stage.name / f"{stage.name}.ipynb", keep_outputs=False, check=True)


def test_worked_notebooks_are_in_canonical_form_and_carry_their_outputs():
    paths = list((REPOSITORY / "notebooks").glob("*.ipynb"))
    assert paths
    for path in paths:
        assert make_canonical(path, keep_outputs=True, check=True)
        assert any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells)


def test_canonical_form_forgets_what_a_run_leaves_behind():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        "1", execution_count=3, metadata={"scrolled": True, "tags": ["keep"]},
        outputs=[nbformat.v4.new_output("execute_result", data={"text/plain": "1"}, execution_count=3)])])
    form = nbformat.reads(canonical(notebook, keep_outputs=False), as_version=4)
    assert form.cells[0].outputs == []
    assert form.cells[0].execution_count is None
    assert form.cells[0].metadata == {"tags": ["keep"]}
    assert canonical(form, keep_outputs=False) == canonical(notebook, keep_outputs=False)


@every_stage
def test_every_exercise_has_its_cells_and_its_points(stage):
    notebook = read("source", stage)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [marks(cell)["grade_id"] for cell in code if marks(cell).get("solution")] == [
        exercise.name for exercise in stage.exercises]
    graded = [cell for cell in code if marks(cell).get("grade")]
    assert [cell.source for cell in graded] == [f'lab.check("{exercise.name}")' for exercise in stage.exercises]
    assert [(marks(cell)["grade_id"], marks(cell)["points"]) for cell in graded] == [
        (f"test-{exercise.name}", exercise.points) for exercise in stage.exercises]
    for exercise in stage.exercises:
        source = find_cell(notebook, exercise.name).source
        assert f"def {exercise.name}({exercise.parameters}):" in source
        assert "### BEGIN SOLUTION" in source


def test_the_course_asks_for_answers_in_words_with_rubrics():
    answers = [cell for stage in STAGES.values() for cell in read("source", stage).cells
               if cell.cell_type == "markdown" and marks(cell).get("grade")]
    assert len(answers) >= 3
    for cell in answers:
        assert marks(cell)["solution"]
        assert "Rubric" in cell.source


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A release, generated anew from source/."""
    root = tmp_path_factory.mktemp("course")
    (root / "source").symlink_to(REPOSITORY / "source")
    course = Course(root)
    for stage in STAGES:
        course.generate(stage)
    return root / "release"


@every_stage
def test_release_is_what_source_generates(generated, stage):
    name = f"{stage.name}/{stage.name}.ipynb"
    assert (REPOSITORY / "release" / name).read_text() == (generated / name).read_text()


@every_stage
def test_a_release_carries_no_solution_and_no_output(stage):
    solved, released = read("source", stage), read("release", stage)
    for exercise in stage.exercises:
        assert "raise NotImplementedError" in find_cell(released, exercise.name).source
        assert "SOLUTION" not in find_cell(released, exercise.name).source
    assert all(not cell.get("outputs") for cell in [*solved.cells, *released.cells])
    assert not any("Rubric" in cell.source for cell in released.cells)


@every_stage
def test_an_untouched_release_runs_to_its_last_cell(stage, tmp_path, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for name in (*stage.builds_on, stage.name):
        (tmp_path / name).mkdir()
        nbformat.write(read("release", STAGES[name]), tmp_path / name / f"{name}.ipynb")
    notebook = read("release", stage)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path / stage.name)}}).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())
    text = str([cell.get("outputs") for cell in notebook.cells])
    assert "is not written yet" in text
    assert "Traceback" not in text


def test_a_planted_wrong_solution_fails_validation(tmp_path, monkeypatch):
    """What nbval does on source/: the cell's exception is what turns it red."""
    monkeypatch.setitem(os.environ, "NBGRADER_EXECUTION", "validate")
    notebook = read("source", STAGES["01-activation"])
    find_cell(notebook, "sigmoid_prime").source = "def sigmoid_prime(a):\n    return 1 - a"
    NotebookClient(notebook, timeout=120, allow_errors=True,
                   resources={"metadata": {"path": str(tmp_path)}}).execute()
    failed = [marks(cell).get("grade_id") for cell in notebook.cells
              if any(output.output_type == "error" for output in cell.get("outputs", ()))]
    assert failed == ["test-sigmoid_prime"]

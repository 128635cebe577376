"""Submissions that are hostile as files: links, JSON that breaks readers, script in outputs, text and file names.

On every rung that this machine offers, one class: hostile submissions, each named after its attack, and honest ones
that are graded before and after them. What is refused is refused in one line, what is graded earns nothing, and the
honest ones get everything.
"""

import json
import os

import nbformat
import pytest
from hostile import REPOSITORY, STAGE
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from rungs import isolating

from autograder.grading.course import Course, NotGradable
from autograder.grading.outcomes import load
from autograder.notebooks import find_cell

NAME = f"{STAGE.name}.ipynb"
FULL = sum(exercise.points for exercise in STAGE.exercises)
SCRIPT = ("<script>alert(1)</script><img src=x onerror=alert(2)><style>body{display:none}</style>"
          "<a href='javascript:alert(3)'>x</a>")


def released(course):
    """What a student begins with, without its pictures, which take time."""
    notebook = nbformat.read(course.root / "release" / STAGE.name / NAME, as_version=4)
    notebook.cells = [cell for cell in notebook.cells
                      if cell.cell_type == "markdown" or "nbgrader" in cell.metadata or "import" in cell.source]
    return notebook


def solved(course):
    """The released notebook with every solution in it."""
    notebook, source = released(course), nbformat.read(REPOSITORY / "source" / STAGE.name / NAME, as_version=4)
    for exercise in STAGE.exercises:
        find_cell(notebook, exercise.name).source = find_cell(source, exercise.name).source
    return notebook


# Each hands in something; what it returns is the notebook, bytes, or None where the attack wrote the file itself.


def a_link_to_another_s_notebook(course, folder):
    os.symlink(course.root / "submitted" / "ada" / STAGE.name / NAME, folder / NAME)


def a_link_to_the_gradebook_beside_the_notebook(course, folder):
    os.symlink(course.root / "gradebook.db", folder / "data.csv")
    return solved(course)


def a_link_to_the_course_in_a_folder(course, folder):
    (folder / "data").mkdir()
    os.symlink(course.root, folder / "data" / "more", target_is_directory=True)
    return solved(course)


def json_nested_without_end(course, folder):
    return b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def not_utf_8(course, folder):
    return nbformat.writes(solved(course)).encode().replace(b"sigmoid", b"sigm\xffid", 1)


def two_hundred_megabytes(course, folder):
    with open(folder / NAME, "wb") as file:
        file.truncate(200_000_000)


REFUSED = {a_link_to_another_s_notebook: "is a link", a_link_to_the_gradebook_beside_the_notebook: "is a link",
           a_link_to_the_course_in_a_folder: "is a link", json_nested_without_end: "not", not_utf_8: "not a notebook",
           two_hundred_megabytes: "more than 20 MiB"}


def keys_that_come_twice(course, folder):
    """The first `source` of each grade cell is a number, the second what was released."""
    text, once = nbformat.writes(released(course)), '"source": [\n    "lab.check('
    assert once in text
    return text.replace(once, '"source": ["100.0"], ' + once).encode()


def scores_and_script_stored_as_outputs(course, folder):
    notebook = released(course)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", data={"text/html": SCRIPT}),
                            new_output("execute_result", data={"text/plain": "100.0"}, execution_count=1)]
            cell.execution_count = 1
    return notebook


def points_raised_in_the_metadata(course, folder):
    notebook = released(course)
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            marks["points"], marks["locked"], cell.source = 100, False, "100.0"
    return notebook


def another_kernel(course, folder):
    notebook = released(course)
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "100.0", "language": "bash"}
    return notebook


def modules_in_the_place_of_the_grader_s(course, folder):
    for name in ("numpy.py", "mlplab.py", "autograder.py", "sitecustomize.py", "nbgrader_config.py", "inside.py"):
        (folder / name).write_text("open('/tmp/hostile-was-here', 'w').close()\nraise SystemExit\n")
    return released(course)


def a_record_of_its_own(course, folder):
    (folder / f"{STAGE.name}.outcomes.json").write_text(json.dumps({"isolation": "mine", "outcomes": []}))
    return released(course)


def script_shown_by_cells(course, folder):
    notebook = released(course)
    shown = f"from IPython.display import *\nprint({SCRIPT!r})\ndisplay(HTML({SCRIPT!r}), Javascript('alert(1)'), " \
            f"Markdown({SCRIPT!r}), Latex('$\\\\unicode{{<script>}}$'))\nraise ValueError({SCRIPT!r})"
    notebook.cells.insert(0, new_code_cell(shown))
    return notebook


EARNS_NOTHING = [keys_that_come_twice, scores_and_script_stored_as_outputs, points_raised_in_the_metadata,
                 another_kernel, modules_in_the_place_of_the_grader_s, a_record_of_its_own, script_shown_by_cells]


def script_in_markdown_and_in_answers(course, folder):
    notebook = solved(course)
    notebook.cells.insert(1, new_markdown_cell(SCRIPT + "\n[x](javascript:alert(1)) ![x](file:///etc/passwd)"))
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = SCRIPT
    return notebook


def names_of_files_that_are_markup(course, folder):
    for name in ("<img src=x onerror=alert(1)>.txt", "a\nb.txt", "$(touch x);`touch x`", "-rf", "..\\x"):
        (folder / name).write_text("x")
    return solved(course)


def metadata_nested_deep(course, folder):
    notebook = solved(course)
    nested = {}
    for _ in range(200):
        nested = {"a": nested}
    notebook.metadata.more = nested
    return notebook


HONEST_ALL_THE_SAME = [script_in_markdown_and_in_answers, names_of_files_that_are_markup, metadata_nested_deep]


@pytest.fixture(scope="module", params=isolating())
def graded(request, tmp_path_factory):
    """The course on one rung, and by student the line of whoever was refused."""
    root = tmp_path_factory.mktemp("course")
    (root / "source").mkdir()
    os.symlink(REPOSITORY / "source" / STAGE.name, root / "source" / STAGE.name)  # the instructor may use links
    course = Course(root, isolation=request.param, cell_timeout=10)
    course.generate(STAGE.name)
    refused = {}
    for attack in [None, *REFUSED, *EARNS_NOTHING, *HONEST_ALL_THE_SAME, None]:
        student = attack.__name__ if attack else "zoe" if refused else "ada"
        folder = root / "submitted" / student / STAGE.name
        folder.mkdir(parents=True)
        handed_in = attack(course, folder) if attack else solved(course)
        if isinstance(handed_in, bytes):
            (folder / NAME).write_bytes(handed_in)
        elif handed_in is not None:
            nbformat.write(handed_in, folder / NAME)
        course.enrol([student])
        try:
            course.autograde(STAGE.name, student)
        except NotGradable as reason:
            refused[student] = str(reason)
    return course, refused


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.__name__)
def test_is_refused(graded, attack):
    course, refused = graded
    assert REFUSED[attack] in refused[attack.__name__] and "\n" not in refused[attack.__name__]
    assert course.score(STAGE.name, attack.__name__) is None
    assert not (course.root / "autograded" / attack.__name__ / STAGE.name).exists()


@pytest.mark.parametrize("attack", EARNS_NOTHING, ids=lambda attack: attack.__name__)
def test_earns_nothing(graded, attack):
    course, _ = graded
    assert course.score(STAGE.name, attack.__name__).auto == 0
    records = load(course.autograded(STAGE.name, attack.__name__))
    assert [record["exercise"] for record in records] == [exercise.name for exercise in STAGE.exercises]
    nbformat.validate(nbformat.read(course.autograded(STAGE.name, attack.__name__), as_version=4))
    assert not os.path.exists("/tmp/hostile-was-here")


@pytest.mark.parametrize("attack", HONEST_ALL_THE_SAME, ids=lambda attack: attack.__name__)
def test_harms_nobody(graded, attack):
    course, _ = graded
    assert course.score(STAGE.name, attack.__name__).auto == FULL


@pytest.mark.parametrize("student", ["ada", "zoe"])
def test_the_honest_ones_before_and_after_get_everything(graded, student):
    course, _ = graded
    assert course.score(STAGE.name, student).auto == FULL


def test_the_controls_of_the_files(graded):
    """nbgrader's own reading follows links, and finds the scores that were stored."""
    course, _ = graded
    linked = course.root / "submitted" / a_link_to_another_s_notebook.__name__ / STAGE.name / NAME
    assert nbformat.read(linked, as_version=4) == solved(course)
    stored = nbformat.read(course.root / "submitted" / scores_and_script_stored_as_outputs.__name__ / STAGE.name / NAME,
                           as_version=4)
    assert "100.0" in str(find_cell(stored, f"test-{STAGE.exercises[0].name}").outputs)

"""The demo's class: submissions made from the real release, each in one of the ways that submissions come in.

The tests work out from a submission's making which score it must get, and hold the pipeline to it.
"""

import builtins
import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.misconceptions import casebook
from autograder.notebooks import find_cell
from mlplab.carry import global_names
from mlplab.exercises import STAGES, Stage

XOR_STAGES: dict[str, Stage] = {name: stage for name, stage in STAGES.items() if name < "06"}
"""The stages that the demo's class takes: 01 to 05. The later ones train for many seconds each."""

SOLVED = "solved"
"""Stands for the solution in `source/`."""


@dataclass(frozen=True)
class Submission:
    """One student's work.

    Attributes:
        student: their id. about: what they did, in a few words.
        written: by stage and exercise, `SOLVED`, or the text of the cell; what is not named is left as released.
        answers: whether the free-text questions are answered, as in `source/`.
        edits: by stage, what was done to the notebook besides.
        files: by stage, bytes handed in in the place of a notebook.
        missing: stages that were not handed in.
        enrolled: whether the student is on the class list.
        misconception: stage, exercise and title of the one that was put in.
    """

    student: str
    about: str
    written: Mapping[tuple[str, str], str]
    answers: bool = False
    edits: Mapping[str, Callable[[NotebookNode], None]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    enrolled: bool = True
    misconception: tuple[str, str, str] | None = None

    def write(self, course: Path) -> None:
        """Writes the submission into a course directory that has `source/` and `release/`."""
        for stage in XOR_STAGES.values():
            if stage.name in self.missing:
                continue
            folder = course / "submitted" / self.student / stage.name
            folder.mkdir(parents=True)
            target = folder / f"{stage.name}.ipynb"
            if stage.name in self.files:
                target.write_bytes(self.files[stage.name])
            else:
                nbformat.write(self._notebook(course, stage), target)

    def _notebook(self, course: Path, stage: Stage) -> NotebookNode:
        released, solved = (nbformat.read(course / step / stage.name / f"{stage.name}.ipynb", as_version=4)
                            for step in ("release", "source"))
        for exercise in stage.exercises:
            text = self.written.get((stage.name, exercise.name))
            if text is not None:
                cell = find_cell(released, exercise.name)
                cell.source = find_cell(solved, exercise.name).source if text == SOLVED else text
        if self.answers:
            for cell in released.cells:
                marks = cell.metadata.get("nbgrader", {})
                if cell.cell_type == "markdown" and marks.get("solution"):
                    cell.source = find_cell(solved, marks["grade_id"]).source
        self.edits.get(stage.name, lambda notebook: None)(released)
        return released


def demo_class() -> list[Submission]:
    """The whole class, in the order of the table."""
    return [
        Submission("ada", "everything right", _all_solved(), answers=True),
        Submission("bela", "right, in another style", _other_style()),
        Submission("carla", "got about half way", _first_half()),
        _with_misconception("dina", "01-activation", "sigmoid", "overflow_far_below_zero"),
        _with_misconception("emil", "01-activation", "sigmoid_prime", "sigmoid_applied_twice"),
        _with_misconception("fatma", "02-forward", "initialize_weights", "global_generator_with_a_seed"),
        _with_misconception("gus", "03-loss", "mse", "mean_over_the_outputs_too"),
        _with_misconception("hana", "03-loss", "mse_gradient", "residual_without_the_mean"),
        _with_misconception("ivan", "04-backprop", "backward_pass", "sigmoid_where_its_slope_belongs"),
        _with_misconception("jo", "04-backprop", "backward", "output_weights_left_out"),
        _with_misconception("kim", "05-training", "train", "output_layer_moved_too_early"),
        Submission("lena", "opened it, wrote nothing", {}),
        Submission("milo", "a syntax error in `sigmoid`",
                   _all_solved() | {("01-activation", "sigmoid"): "def sigmoid(x):\n    return 1 / (1 + np.exp(-x)"}),
        Submission("nora", "an endless loop in `predict`", _all_solved() | {
            ("05-training", "predict"): "def predict(X, w1, w2):\n    while True:\n        pass"}),
        Submission("otto", "handed in a file that is no notebook, 03", _all_solved(),
                   files={"03-loss": b'{"cells": [oops'}),
        Submission("pia", "deleted a grade cell, 04", _all_solved(), edits={"04-backprop": _delete_grade_cell}),
        Submission("quin", "copied a grade cell, 01", _all_solved(), edits={"01-activation": _copy_grade_cell}),
        Submission("rosa", "rewrote grade cells to full points, 01", {},
                   edits={"01-activation": _rewrite_grade_cells}),
        Submission("sami", "did not hand in 02", _all_solved(), missing=frozenset({"02-forward"})),
        Submission("theo", "is not on the class list", _all_solved(), enrolled=False),
    ]


def stands_alone(function: Callable) -> bool:
    """Whether a function needs nothing but NumPy and the functions that the course asks for: whether it is a cell."""
    known = {"np", *(exercise.name for stage in XOR_STAGES.values() for exercise in stage.exercises)}
    return global_names(function.__code__) - set(dir(builtins)) <= known


def source_of(function: Callable, name: str) -> str:
    """The text of a function as a student would have it in a cell, under another name, without its decorators."""
    text = inspect.getsource(function)
    return text[text.index("def "):].replace(f"def {function.__name__}(", f"def {name}(", 1).rstrip()


def _all_solved() -> dict[tuple[str, str], str]:
    return {(stage.name, exercise.name): SOLVED for stage in XOR_STAGES.values() for exercise in stage.exercises}


def _other_style() -> dict[tuple[str, str], str]:
    written = {}
    for stage in XOR_STAGES.values():
        for right in casebook(stage).rights:
            if stands_alone(right.function):
                written[stage.name, right.exercise] = source_of(right.function, right.exercise)
    return written


def _first_half() -> dict[tuple[str, str], str]:
    exercises = list(_all_solved())
    return dict.fromkeys(exercises[:len(exercises) // 2], SOLVED)


def _with_misconception(student: str, stage: str, exercise: str, name: str) -> Submission:
    wrong = next(wrong for wrong in casebook(STAGES[stage]).wrongs
                 if (wrong.exercise, wrong.name) == (exercise, name))
    return Submission(student, f"{wrong.title}, in `{exercise}`",
                      _all_solved() | {(stage, exercise): source_of(wrong.function, exercise)},
                      misconception=(stage, exercise, wrong.title))


def _delete_grade_cell(notebook: NotebookNode) -> None:
    notebook.cells.remove(find_cell(notebook, "test-da_dh"))


def _copy_grade_cell(notebook: NotebookNode) -> None:
    cell = find_cell(notebook, "test-sigmoid")
    again = deepcopy(cell)
    again.id = "a-copy"
    notebook.cells.insert(notebook.cells.index(cell) + 1, again)


def _rewrite_grade_cells(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") and not marks.get("solution"):
            cell.source = f"{marks['points']}.0"

"""Judging one exercise, and the record of it beside the autograded notebook."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.checks import all_checks
from autograder.misconceptions import casebook
from mlplab.checking import PASSED, Outcome, run
from mlplab.exercises import Exercise, Stage
from mlplab.panel import outcome_panel

# Never handed to students (it holds expected values): nbgrader's CourseDirectory.ignore keeps it where it is.
SUFFIX = ".outcomes.json"


def judge(stage: Stage, exercise: Exercise, student: object, seed: int) -> Outcome:
    """Both halves at once, `judge_visible` and `judge_hidden`: for a student who shows nothing any more."""
    return judge_hidden(stage, exercise, student, seed, judge_visible(stage, exercise, student, seed))


def judge_visible(stage: Stage, exercise: Exercise, student: object, seed: int) -> Outcome:
    """Runs the visible checks on a student.

    Inputs:
        student: see `mlplab.student`; here its functions run in another process.
        seed: of the fresh inputs; the same seed gives the same inputs.
    """
    checks = [check for check in all_checks(stage, exercise.name) if check.visible]
    return run(stage, exercise, checks, student, seed)


def judge_hidden(stage: Stage, exercise: Exercise, student: object, seed: int, visible: Outcome) -> Outcome:
    """Runs the hidden checks on a student and names the misconception where one is recognised.

    A function can remember what it is called with here. So nothing that the student shows afterwards may be seen.

    Inputs:
        student, seed: as for the visible checks.
        visible: what those found.
    Returns: the outcome of both.
    """
    checks = [check for check in all_checks(stage, exercise.name) if not check.visible]
    outcome = run(stage, exercise, checks, student, seed, visible)
    if outcome.status in ("partly", "failed"):
        wrong = casebook(stage).identify(student, outcome, np.random.default_rng([seed, 1]))
        if wrong is not None:
            outcome = replace(outcome, misconception=wrong.title, hint=wrong.hint)
    return outcome


def cell_outputs(outcome: Outcome) -> list[NotebookNode]:
    """What a grade cell shows: the panel, then the score as a plain float, which is what nbgrader reads."""
    panel = outcome_panel(outcome)._repr_mimebundle_()
    return [
        new_output("display_data", data=panel),
        new_output("execute_result", data={"text/plain": repr(outcome.score)}),
    ]


def record_of(outcomes: Iterable[Outcome], isolation: str) -> dict:
    """A notebook's outcomes, with what it was isolated by, as plain JSON values."""
    return {"isolation": isolation, "outcomes": [outcome.to_dict() for outcome in outcomes]}


def save(record: dict, notebook: Path) -> None:
    """Writes the record of a notebook beside it."""
    notebook.with_suffix(SUFFIX).write_text(json.dumps(record, indent=1), encoding="utf-8")


def load(notebook: Path) -> list[dict]:
    """The recorded outcomes of an autograded notebook; empty where there are none."""
    return _record(notebook).get("outcomes", [])


def isolation_of(notebook: Path) -> str | None:
    """What an autograded notebook was isolated by when it ran; None where that is not recorded."""
    return _record(notebook).get("isolation")


def _record(notebook: Path) -> dict:
    path = notebook.with_suffix(SUFFIX)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def diagnosis_of(record: dict) -> str | None:
    """In a few words what a recorded outcome was taken for; None where there is nothing to say."""
    if record["status"] == PASSED:
        return None
    if record["misconception"]:
        return record["misconception"]
    codes = [verdict["diagnosis"]["code"] for verdict in record["verdicts"] if verdict["diagnosis"]]
    return codes[0].replace("-", " ") if codes else record["status"]

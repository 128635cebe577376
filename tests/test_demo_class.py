"""The main job on the demo's class: every score is the one that the submission's making implies."""

import io
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from rich.console import Console
from rungs import offered

from autograder.checks import all_checks, hidden_checks
from autograder.cli.demo import run_demo
from autograder.cli.submissions import SOLVED, XOR_STAGES, demo_class, stands_alone
from autograder.grading.outcomes import isolation_of, load
from autograder.misconceptions import casebook
from autograder.notebooks import find_cell
from autograder.sandbox import LADDER
from mlplab.checking import run
from mlplab.student import LocalStudent

REPOSITORY = Path(__file__).resolve().parents[1]
CLASS = {submission.student: submission for submission in demo_class()}
CASES = [(student, stage) for student in CLASS for stage in XOR_STAGES]
ENDLESS = ("05-training", "predict")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The course after the demo, and what it printed."""
    console = Console(file=io.StringIO(), width=200)
    course = run_demo(REPOSITORY, tmp_path_factory.mktemp("demo") / "course", list(CLASS.values()), console)
    return course, console.file.getvalue()


def not_written(name):
    def function(*args):
        error = NotImplementedError(name)
        error.needed = name
        raise error

    return function


def expected_score(submission, stage):
    """By the making alone: all the cells run in one namespace, in this process, and the checks on that."""
    namespace = {"np": np}
    for name in (*stage.builds_on, stage.name):
        solved = nbformat.read(REPOSITORY / "source" / name / f"{name}.ipynb", as_version=4)
        handed_in = name not in submission.missing and name not in submission.files
        for exercise in XOR_STAGES[name].exercises:
            namespace[exercise.name] = not_written(exercise.name)
            text = submission.written.get((name, exercise.name))
            if text is None or not handed_in:
                continue
            try:
                exec(find_cell(solved, exercise.name).source if text == SOLVED else text, namespace)
            except SyntaxError:
                if name == stage.name:
                    del namespace[exercise.name]
    student = LocalStudent(namespace)
    return sum(run(stage, exercise, all_checks(stage, exercise.name), student, seed=5).score
               for exercise in stage.exercises
               if not (submission.student == "nora" and (stage.name, exercise.name) == ENDLESS))


def test_the_class_has_every_way_in_which_submissions_come():
    misconceptions = {submission.misconception for submission in CLASS.values() if submission.misconception}
    assert len(misconceptions) == 8
    for stage, exercise, title in misconceptions:
        assert any(stands_alone(wrong.function) for wrong in casebook(XOR_STAGES[stage]).wrongs
                   if (wrong.exercise, wrong.title) == (exercise, title))
    exercises = {(stage.name, exercise.name) for stage in XOR_STAGES.values() for exercise in stage.exercises}
    assert set(CLASS["bela"].written) == exercises
    assert SOLVED not in CLASS["bela"].written.values()


@pytest.mark.parametrize(("student", "stage"), CASES)
def test_the_score_is_what_the_making_implies(demo, student, stage):
    course, _ = demo
    submission = CLASS[student]
    score = course.score(stage, student) if submission.enrolled else None
    if not submission.enrolled or stage in submission.missing:
        assert score is None
    elif stage in submission.files:  # handed in, as nbgrader has it, and nothing of it graded
        assert score.auto == 0
    else:
        assert score.auto == pytest.approx(expected_score(submission, XOR_STAGES[stage]))
        assert score.auto_max == sum(exercise.points for exercise in XOR_STAGES[stage].exercises)


def test_whoever_solved_everything_has_full_marks_and_whoever_wrote_nothing_none(demo):
    course, _ = demo
    for stage in XOR_STAGES:
        full = sum(exercise.points for exercise in XOR_STAGES[stage].exercises)
        for student in ("ada", "bela", "theo"):
            if CLASS[student].enrolled:
                assert course.score(stage, student).auto == full
        assert course.score(stage, "lena").auto == 0


def test_a_deleted_and_a_copied_grade_cell_change_nothing(demo):
    course, _ = demo
    for student in ("pia", "quin"):
        for stage in XOR_STAGES:
            assert course.score(stage, student).auto == course.score(stage, "ada").auto


def test_each_bad_submission_gets_one_clear_line(demo):
    _, printed = demo
    expected = [("otto", "03-loss", "is not a notebook"), ("sami", "02-forward", "nothing was handed in"),
                *(("theo", stage, "not on the class list") for stage in XOR_STAGES)]
    for student, stage, words in expected:
        lines = [line for line in printed.splitlines() if line.startswith(f"{student}, {stage}")]
        assert len(lines) == 1
        assert words in lines[0]


def test_each_misconception_is_named_in_the_record_and_the_table(demo):
    course, printed = demo
    for submission in CLASS.values():
        if submission.misconception is None:
            continue
        stage, exercise, title = submission.misconception
        records = {record["exercise"]: record for record in load(course.autograded(stage, submission.student))}
        assert records[exercise]["misconception"] == title
        assert re.search(rf"{stage} .* {exercise} .* {re.escape(title[:30])}", printed)


def test_feedback_says_nothing_of_the_hidden_checks(demo):
    course, _ = demo
    for student in ("ada", "dina", "emil", "lena"):
        for stage in XOR_STAGES.values():
            page = (course.root / "feedback" / student / stage.name / f"{stage.name}.html").read_text()
            for exercise in stage.exercises:
                for check in hidden_checks(stage).of(exercise.name):
                    assert check.title not in page
                    assert check.name not in page
            assert "other inputs" in page or student == "lena"


def test_the_feedback_folder_holds_no_record(demo):
    course, _ = demo
    assert list((course.root / "autograded").rglob("*.outcomes.json"))
    assert list((course.root / "feedback").rglob("*.outcomes.json")) == []


def test_the_records_are_json_with_scores_in_range(demo):
    course, _ = demo
    for path in (course.root / "autograded").rglob("*.outcomes.json"):
        for record in json.loads(path.read_text())["outcomes"]:
            assert 0 <= record["score"] <= record["points"]


def test_the_isolation_is_named_in_the_record_and_under_the_table(demo):
    course, printed = demo
    title = LADDER[offered()[0]].title
    assert {isolation_of(course.autograded(stage, "ada")) for stage in XOR_STAGES} == {title}
    assert f"Isolation: {title}" in printed.replace("\n", " ")


def test_a_later_stage_says_which_function_it_waits_for(demo):
    course, _ = demo
    records = {record["exercise"]: record for record in load(course.autograded("05-training", "sami"))}
    assert records["train"]["status"] == "waiting"
    assert "forward_pass" in records["train"]["verdicts"][0]["message"]

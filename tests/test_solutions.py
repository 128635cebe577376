"""Every named wrong solution is caught, at its check, with its diagnosis; every right one gets full marks."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import casebook, student_with
from mlplab.checking import EXCUSED, FAILED, PASSED, run
from mlplab.exercises import STAGES

BOOKS = [casebook(stage) for stage in STAGES.values()]
WRONG = [pytest.param(book, wrong, id=f"{book.stage.name}-{wrong.exercise}-{wrong.name}")
         for book in BOOKS for wrong in book.wrongs]
RIGHT = [pytest.param(book, right, id=f"{book.stage.name}-{right.exercise}-{right.function.__name__}")
         for book in BOOKS for right in book.rights]
EXERCISES = [pytest.param(stage, exercise, id=f"{stage.name}-{exercise.name}")
             for stage in STAGES.values() for exercise in stage.exercises]
# The exercises on which the course turns have at least five named wrong solutions, the small ones three.
OF_CONSEQUENCE = {"sigmoid", "forward_pass", "mse", "mse_gradient", "numerical_gradient", "backward",
                  "backward_faster", "backward_pass", "train", "softmax", "cross_entropy", "cross_entropy_gradient",
                  "forward", "confusion_matrix", "precision_recall", "train_validation_split", "improved_train",
                  "gaze_vector", "angular_error", "split_by_person"}
# Each grading trains a network for seconds: there, fewer seeds have to do.
COSTLY = {"improved_train"}


def seeds(exercise, many):
    return range(2 if exercise in COSTLY else many)


def grade(stage, exercise, student, seed):
    return run(stage, exercise, all_checks(stage, exercise.name), student, seed)


def wrong_student(book, wrong):
    return student_with(book.stage, {wrong.exercise: wrong.function})


@pytest.mark.parametrize(("book", "wrong"), WRONG)
def test_a_wrong_solution_is_caught_at_its_check_with_its_diagnosis(book, wrong):
    outcome = grade(book.stage, book.stage.exercise(wrong.exercise), wrong_student(book, wrong), seed=1)
    failed = {verdict.check: verdict for verdict in outcome.verdicts if verdict.status == FAILED}
    assert wrong.caught_by in failed, f"only {sorted(failed)} failed"
    diagnosis = failed[wrong.caught_by].diagnosis
    assert (diagnosis.code if diagnosis else None) == wrong.diagnosis
    assert outcome.score < outcome.points


@pytest.mark.parametrize(("book", "wrong"), WRONG)
def test_a_wrong_solution_is_recognised_by_its_behaviour(book, wrong):
    student = wrong_student(book, wrong)
    outcome = grade(book.stage, book.stage.exercise(wrong.exercise), student, seed=2)
    assert book.identify(student, outcome, np.random.default_rng(3)) is wrong


@pytest.mark.parametrize(("book", "wrong"), WRONG)
def test_the_score_does_not_depend_on_the_fresh_inputs(book, wrong):
    student, exercise = wrong_student(book, wrong), book.stage.exercise(wrong.exercise)
    assert len({grade(book.stage, exercise, student, seed).score for seed in seeds(wrong.exercise, 5)}) == 1


@pytest.mark.parametrize(("book", "right"), RIGHT)
def test_a_right_solution_in_any_style_gets_full_marks(book, right):
    for seed in seeds(right.exercise, 3):
        outcome = grade(book.stage, book.stage.exercise(right.exercise),
                        student_with(book.stage, {right.exercise: right.function}), seed)
        assert [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
        assert outcome.score == outcome.points


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_the_reference_gets_full_marks_whatever_the_seed(stage, exercise):
    for seed in seeds(exercise.name, 20):
        outcome = grade(stage, exercise, student_with(stage, {}), seed)
        assert [verdict for verdict in outcome.verdicts if verdict.status != PASSED] == []
        assert outcome.score == exercise.points


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_there_are_enough_of_both(stage, exercise):
    book = casebook(stage)
    wrong = [case for case in book.wrongs if case.exercise == exercise.name]
    right = [case for case in book.rights if case.exercise == exercise.name]
    assert len(wrong) >= (5 if exercise.name in OF_CONSEQUENCE else 3)
    assert len(right) >= 3


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_every_check_can_fail(stage, exercise):
    caught = {case.caught_by for case in casebook(stage).wrongs if case.exercise == exercise.name}
    for check in all_checks(stage, exercise.name):
        fails = check.name in caught or any(
            verdict.check == check.name and verdict.status == FAILED
            for case in casebook(stage).wrongs if case.exercise == exercise.name
            for verdict in grade(stage, exercise, wrong_student(casebook(stage), case), seed=4).verdicts)
        assert fails, f"no named wrong solution fails `{check.name}`"

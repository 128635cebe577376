"""Stage 07: the measures are scikit-learn's; how an improved training is examined; how long it may take."""

from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from autograder.checks import all_checks
from autograder.checks import fashion as hidden
from autograder.grading.course import Course
from autograder.grading.outcomes import load
from autograder.misconceptions import casebook, student_with
from autograder.notebooks import find_cell
from autograder.reference import fashion, mnist
from mlplab.checking import FAILED, PASSED, run
from mlplab.checks.fashion import easy_task, network_of
from mlplab.compare import CheckFailure
from mlplab.exercises import STAGES

REPOSITORY = Path(__file__).resolve().parents[1]
STAGE = STAGES["07-fashion"]
IMPROVED = STAGE.exercise("improved_train")
EXAMINED = ("reads_70_percent_of_new_clothes", "reads_79_percent_of_new_clothes", "reads_84_percent_of_new_clothes")


def predictions(seed, n_classes):
    """Labels and predictions of which some classes are never predicted, or do not occur."""
    rng = np.random.default_rng(seed)
    return rng.integers(n_classes - seed % 2, size=60), rng.integers(seed % 3, n_classes, size=60)


@pytest.mark.parametrize("seed", range(12))
def test_confusion_matrix_is_that_of_scikit_learn(seed):
    labels, answers = predictions(seed, 5)
    np.testing.assert_array_equal(fashion.confusion_matrix(labels, answers, 5),
                                  confusion_matrix(labels, answers, labels=range(5)))


@pytest.mark.parametrize("seed", range(12))
def test_precision_and_recall_are_those_of_scikit_learn(seed):
    labels, answers = predictions(seed, 5)
    precision, recall, _, _ = precision_recall_fscore_support(labels, answers, labels=range(5), zero_division=0)
    ours = fashion.precision_recall(fashion.confusion_matrix(labels, answers, 5))
    np.testing.assert_allclose(ours, (precision, recall), rtol=1e-12)


# What improved_train may give back

PARAMS = mnist.he_initialize([784, 5, 10], np.random.default_rng(0))


@pytest.mark.parametrize("value", [
    PARAMS, tuple(PARAMS), [list(pair) for pair in PARAMS], mnist.he_initialize([784, 10], np.random.default_rng(0)),
    mnist.he_initialize([784, 7, 5, 3, 10], np.random.default_rng(0)),
    [(W.astype(np.float32), b.astype(np.float32)) for W, b in PARAMS], [(W, b[np.newaxis]) for W, b in PARAMS],
])
def test_any_network_from_pixels_to_classes_is_taken(value):
    assert [b.ndim for _, b in network_of(value)] == [1] * len(value)


@pytest.mark.parametrize(("value", "words"), [
    (None, "is None"), (3.0, "is a float"), ([], "is empty"), ((PARAMS, [0.3, 0.1]), "more than the params"),
    ((PARAMS, None), "more than the params"), ([PARAMS[0]], "The last layer has 5 outputs"),
    ([W for W, _ in PARAMS], "is no pair"), ([(W.T, b) for W, b in PARAMS], "W has shape (5, 784)"),
    ([(W, np.append(b, 0)) for W, b in PARAMS], "b has shape (6,)"), (PARAMS[::-1], "W has shape (5, 10)"),
    ([(W * np.nan, b) for W, b in PARAMS], "not finite"), ([(W, "b") for W, b in PARAMS], "b is a str"),
    ([(W[:700], b) for W, b in PARAMS], "W has shape (700, 5)"), ({"W1": PARAMS[0][0]}, "is a dict"),
])
def test_what_is_no_such_network_gets_one_clear_line(value, words):
    with pytest.raises(CheckFailure) as failure:
        network_of(value)
    assert words in str(failure.value)


# How it is examined


def test_the_examination_is_one_training_for_all_thresholds():
    calls = []

    def improved_train(X, labels, rng):
        calls.append(len(X))
        return mnist.he_initialize([784, 10], rng)

    outcome = run(STAGE, IMPROVED, all_checks(STAGE, "improved_train"), student_with(STAGE, {
        "improved_train": improved_train}), seed=0)
    assert calls.count(4000) == 1
    assert {verdict.status for verdict in outcome.verdicts if verdict.check in EXAMINED} == {FAILED}
    assert outcome.score == 0


def test_a_training_that_fails_is_not_run_again():
    calls = []

    def improved_train(X, labels, rng):
        calls.append(len(X))
        raise ValueError(f"{len(X)} are too many")

    outcome = run(STAGE, IMPROVED, all_checks(STAGE, "improved_train"), student_with(STAGE, {
        "improved_train": improved_train}), seed=0)
    assert calls.count(4000) == 1
    assert "4000 are too many" in outcome.verdicts[-1].diagnosis.text


def test_params_that_were_learned_elsewhere_earn_nothing():
    """The classes are renamed, so that a network that was trained at home is none the wiser."""
    X, labels, _, _ = hidden._images()
    at_home = casebook(STAGE).wrongs[-1].function(X, labels, np.random.default_rng(0))
    outcome = run(STAGE, IMPROVED, all_checks(STAGE, "improved_train"), student_with(STAGE, {
        "improved_train": lambda X, labels, rng: at_home}), seed=0)
    assert outcome.score == 0
    assert "other-data" in {verdict.diagnosis.code for verdict in outcome.verdicts if verdict.diagnosis}


def test_the_easy_task_is_what_it_says():
    X, kinds = easy_task(np.random.default_rng(0), 200)
    assert (X.shape, X.dtype) == ((200, 784), np.float32)
    assert X.min() >= 0 and X.max() <= 1
    assert np.bincount(kinds).tolist() == [20] * 10
    again, _ = easy_task(np.random.default_rng(0), 200)
    np.testing.assert_array_equal(X, again)


# How long it may take

SLOW = """def improved_train(X, labels, rng):
    import time
    time.sleep(1)
    return [(rng.normal(size=(784, 10)), np.zeros(10))]"""
ENDLESS = "def improved_train(X, labels, rng):\n    while True: pass"
CELLS = ("setup", "precision_recall", "test-precision_recall", "improved_train", "test-improved_train")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course where a call may take half a second, one of improved_train three; of the notebook, what matters here."""
    exercises = [replace(exercise, seconds=3) if exercise.seconds else exercise for exercise in STAGE.exercises]
    monkeypatch.setitem(STAGES, STAGE.name, replace(STAGE, builds_on=(), exercises=tuple(exercises)))
    notebook = nbformat.read(REPOSITORY / "source" / STAGE.name / f"{STAGE.name}.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in CELLS]
    path = tmp_path / "source" / STAGE.name / f"{STAGE.name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    course = Course(tmp_path, call_timeout=0.5)
    course.generate(STAGE.name)
    return course


def graded(course, improved_train):
    """The outcomes, by exercise, of a submission that is right but for its improved_train."""
    course.enrol(["amy"])
    notebook = nbformat.read(course.root / "source" / STAGE.name / f"{STAGE.name}.ipynb", as_version=4)
    find_cell(notebook, "improved_train").source = improved_train
    path = course.root / "submitted" / "amy" / STAGE.name / f"{STAGE.name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    course.autograde(STAGE.name, "amy")
    return {outcome["exercise"]: outcome for outcome in load(course.autograded(STAGE.name, "amy"))}


def test_a_training_may_take_longer_than_other_calls(course):
    outcomes = graded(course, SLOW)
    verdicts = {verdict["check"]: verdict["status"] for verdict in outcomes["improved_train"]["verdicts"]}
    assert verdicts["gives_back_the_params_of_a_network"] == verdicts["follows_the_state_of_rng_alone"] == PASSED
    assert verdicts["reads_70_percent_of_new_clothes"] == FAILED


def test_an_endless_training_ends_and_costs_only_itself(course):
    outcomes = graded(course, ENDLESS)
    assert outcomes["improved_train"]["score"] == 0
    assert "stopped after 3 s" in outcomes["improved_train"]["verdicts"][0]["diagnosis"]["text"]
    assert outcomes["precision_recall"]["status"] == PASSED

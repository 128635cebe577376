"""Stage 02: a slip in `sigmoid` or `dense` is not punished again, whether `forward_pass` calls it or not."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import student_with
from autograder.reference.activation import sigmoid
from autograder.reference.forward import forward_pass
from mlplab.checking import EXCUSED, PASSED, VALUES, run
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES

STAGE = STAGES["02-forward"]
FORWARD_PASS = STAGE.exercise("forward_pass")


def sigmoid_without_the_minus(x):
    return 1 / (1 + np.exp(x))


SIGMOIDS = [
    pytest.param(sigmoid_without_the_minus, id="without the minus"),
    pytest.param(np.tanh, id="tanh"),
    pytest.param(lambda x: np.round(sigmoid(x), 3), id="rounded"),
    pytest.param(lambda x: (x > 0).astype(int), id="a step, in integers"),
    pytest.param(lambda x: x, id="nothing at all"),
]
DENSES = [
    pytest.param(lambda inputs, weights: inputs @ weights + 1, id="a bias"),
    pytest.param(lambda inputs, weights: (inputs @ weights)[::-1], id="samples in reverse"),
    pytest.param(lambda inputs, weights: -inputs @ weights, id="of the wrong sign"),
]


def unwritten(*args):
    raise NotImplementedError


def outcome_of(solution, **own):
    return run(STAGE, FORWARD_PASS, all_checks(STAGE, "forward_pass"),
               student_with(STAGE, {**own, "forward_pass": solution}), seed=11)


def assert_full_marks(outcome):
    assert [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
    assert outcome.score == FORWARD_PASS.points


@pytest.mark.parametrize("own", SIGMOIDS)
def test_an_own_sigmoid_is_not_punished_again(own):
    def with_it(X, w1, w2):
        act_hidden = own(X @ w1)
        return act_hidden, act_hidden @ w2

    outcome = outcome_of(with_it, sigmoid=own)
    assert_full_marks(outcome)
    assert "Right, given your own `sigmoid`." in {verdict.message for verdict in outcome.verdicts}
    assert_full_marks(outcome_of(forward_pass, sigmoid=own))


def test_a_right_given_forward_pass_passes_visible_values():
    """Where only the visible checks are run, an excuse alone would leave no points."""
    def with_it(X, w1, w2):
        act_hidden = sigmoid_without_the_minus(X @ w1)
        return act_hidden, act_hidden @ w2

    student = student_with(STAGE, {"sigmoid": sigmoid_without_the_minus, "forward_pass": with_it})
    outcome = run(STAGE, FORWARD_PASS, visible_checks(STAGE).of("forward_pass"), student, seed=0)
    assert VALUES in {verdict.category for verdict in outcome.verdicts if verdict.status == PASSED}
    assert_full_marks(outcome)


@pytest.mark.parametrize("own", DENSES)
def test_an_own_dense_layer_is_not_punished_again(own):
    def with_it(X, w1, w2):
        act_hidden = sigmoid(own(X, w1))
        return act_hidden, own(act_hidden, w2)

    def with_it_once(X, w1, w2):
        act_hidden = sigmoid(own(X, w1))
        return act_hidden, act_hidden @ w2

    for solution in (with_it, with_it_once, forward_pass):
        assert_full_marks(outcome_of(solution, dense=own))


@pytest.mark.parametrize("own", SIGMOIDS)
def test_a_slip_of_its_own_is_punished_all_the_same(own):
    def squashed_twice(X, w1, w2):
        act_hidden = own(X @ w1)
        return act_hidden, sigmoid(act_hidden @ w2)

    assert outcome_of(squashed_twice, sigmoid=own).score < FORWARD_PASS.points / 4


def test_two_functions_of_zeros_are_worth_nothing():
    def zeros(X, w1, w2):
        return np.zeros((len(X), len(w2))), np.zeros((len(X), w2.shape[1]))

    outcome = outcome_of(zeros, sigmoid=np.zeros_like,
                         dense=lambda inputs, weights: np.zeros((len(inputs), weights.shape[1])))
    assert outcome.score == 0


def test_what_is_not_called_need_not_be_written():
    assert_full_marks(outcome_of(forward_pass, sigmoid=unwritten, dense=unwritten))

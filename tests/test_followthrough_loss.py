"""Stage 03: a slip in `mse` is not punished again in `mse_gradient`, whether it is called there or not."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import student_with
from autograder.reference.loss import mse_gradient
from mlplab.checking import EXCUSED, PASSED, run
from mlplab.exercises import STAGES

STAGE = STAGES["03-loss"]
GRADIENT = STAGE.exercise("mse_gradient")


def half_mean(residual):
    return np.sum(residual**2) / (2 * len(residual))


def difference_in_place(y_hat, y):
    y_hat -= y
    return y_hat, half_mean(y_hat)


OWN = {
    "of the wrong sign": lambda y_hat, y: (y - y_hat, half_mean(y_hat - y)),
    "without the mean": lambda y_hat, y: (y_hat - y, half_mean(y_hat - y) * len(y)),
    "a mean over all numbers": lambda y_hat, y: (y_hat - y, np.mean((y_hat - y) ** 2) / 2),
    "without the half": lambda y_hat, y: (y_hat - y, 2 * half_mean(y_hat - y)),
    "swapped": lambda y_hat, y: (half_mean(y_hat - y), y_hat - y),
    "with absolute residuals": lambda y_hat, y: (np.abs(y_hat - y), half_mean(y_hat - y)),
    "rounded": lambda y_hat, y: (np.round(y_hat - y, 2), np.round(half_mean(y_hat - y), 4)),
    "in place": difference_in_place,
}
DERIVATIVES = {  # of an own error that is another one
    "without the mean": lambda y_hat, y: y_hat - y,
    "a mean over all numbers": lambda y_hat, y: (y_hat - y) / y.size,
    "without the half": lambda y_hat, y: 2 * (y_hat - y) / len(y),
}


def unwritten(*args):
    raise NotImplementedError


def outcome_of(solution, mse):
    student = student_with(STAGE, {"mse": mse, "mse_gradient": solution})
    return run(STAGE, GRADIENT, all_checks(STAGE, "mse_gradient"), student, seed=11)


def assert_full_marks(outcome):
    assert [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
    assert outcome.score == GRADIENT.points


@pytest.mark.parametrize("own", OWN)
def test_an_own_residual_is_not_punished_again(own):
    def with_it(y_hat, y):
        n_samples = len(y)
        return OWN[own](y_hat, y)[0] / n_samples

    assert_full_marks(outcome_of(with_it, OWN[own]))
    assert_full_marks(outcome_of(mse_gradient, OWN[own]))


@pytest.mark.parametrize("own", DERIVATIVES)
def test_the_derivative_of_an_own_error_is_right(own):
    outcome = outcome_of(DERIVATIVES[own], OWN[own])
    assert_full_marks(outcome)
    assert "Right, given your own `mse`." in {verdict.message for verdict in outcome.verdicts}


@pytest.mark.parametrize("own", OWN)
def test_a_slip_of_its_own_is_punished_all_the_same(own):
    def with_a_slip(y_hat, y):
        return -3 * OWN[own](y_hat, y)[0] / len(y)

    assert outcome_of(with_a_slip, OWN[own]).score < GRADIENT.points / 2


def test_zeros_are_worth_nothing_whatever_the_loss():
    outcome = outcome_of(lambda y_hat, y: np.zeros_like(y_hat), lambda y_hat, y: (np.zeros_like(y_hat), 0.0))
    assert outcome.score == 0


def test_what_is_not_called_need_not_be_written():
    assert_full_marks(outcome_of(mse_gradient, unwritten))

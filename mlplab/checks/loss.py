"""Visible checks of stage 03: the mean squared error and its gradient."""

import numpy as np

from mlplab.checking import ARGUMENTS, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving
from mlplab.checks._results import expect_shape, in_order
from mlplab.compare import CheckFailure, as_pair, expect_array, expect_float64, require
from mlplab.diagnosis import Suspect, certain, explain
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient

check = Checks("03-loss", visible=True)

LOSS = ("residual", "error")

# Six samples, one output: the residuals are 1, −2, 0, 3, 0 and −4, their squares add up to 30.
_Y_HAT = np.array([[3.0], [0.0], [2.0], [4.0], [1.0], [-2.0]])
_Y = np.array([[2.0], [2.0], [2.0], [1.0], [1.0], [2.0]])
_RESIDUAL = np.array([[1.0], [-2.0], [0.0], [3.0], [0.0], [-4.0]])
_ERROR = 2.5

_SHAPES = ((5, 3), (5, 1), (1, 3), (1, 1))


def _slips(code: str, text: str, *values: object) -> list[Suspect]:
    """One slip that shows in one of several values."""
    return [Suspect(certain(code, text), lambda value=value: value) for value in values]


# What the number would be with a slip, with and without the ½; worked out by hand as well.
_ERROR_SLIPS = [
    *_slips("hard-coded-samples", "The sum is divided by 4: take the number of samples from the shape, here it is 6.",
            3.75),
    *_slips("mean-of-residual", "The residuals are averaged without being squared: −2 and 2 cancel, and no loss is "
                                "left.", -1 / 3, -1 / 6),
    *_slips("square-of-mean", "The square of the mean is taken: square each residual first, then average.",
            1 / 9, 1 / 18),
    *_slips("absolute", "This is the mean absolute error: squares are asked for.", 5 / 3, 5 / 6),
    *_slips("root", "There is a square root: ‖r‖² is the plain sum of squares.", np.sqrt(5), np.sqrt(2.5)),
    *_slips("first-sample-only", "This is the error of the first sample: average over all of them.", 0.5),
]


@check("mse")
def has_the_residual_you_can_work_out_by_hand(student, rng):
    """Prediction minus target: 3 − 2 = 1 is the first."""
    residual, _ = in_order(student.mse(_Y_HAT.copy(), _Y.copy()), (_Y.shape, ()), "mse(y_hat, y)", LOSS)
    expect_array(residual, _RESIDUAL, "residual", suspects=_slips(
        "squared-residual", "These are squares: the residual itself is asked for, the backward pass needs its sign.",
        _RESIDUAL**2, _RESIDUAL**2 / 2))


@check("mse", weight=2)
def has_the_error_you_can_work_out_by_hand(student, rng):
    """½ (1 + 4 + 0 + 9 + 0 + 16) = 15, and a sixth of it is 2½."""
    _expect_error(student, _Y_HAT, _Y, _ERROR, _ERROR_SLIPS)


@check("mse")
def adds_up_the_outputs_of_a_sample(student, rng):
    """One sample with the residuals r, 2r and 2r: ½ (1 + 4 + 4) r² = 4½ r²."""
    r, y = rng.uniform(0.5, 2), rng.normal(size=(1, 3))
    _expect_error(student, y + r * np.array([[1.0, 2.0, 2.0]]), y, 4.5 * r**2,
                  _slips("first-output-only", "Only the first output counts: add up the squares of all.", 0.5 * r**2))


@check("mse")
def has_the_same_error_when_the_batch_is_repeated(student, rng):
    """The error is a mean over samples: the same samples three times leave it at 2½."""
    _expect_error(student, np.tile(_Y_HAT, (3, 1)), np.tile(_Y, (3, 1)), _ERROR,
                  _slips("hard-coded-samples", "Three times the samples, three times the error: take the number to "
                                               "divide by from the shape.", 3 * 2.5, 3 * 3.75))


@check("mse", category=SHAPES)
def gives_a_residual_in_the_shape_of_y_and_a_single_number(student, rng):
    """residual (N, K), also where N or K is 1, and one error."""
    for shape in _SHAPES:
        value = student.mse(rng.normal(size=shape), rng.normal(size=shape))
        residual, error = in_order(value, (shape, ()), "mse(y_hat, y)", LOSS)
        expect_shape(residual, shape, "residual")
        expect_float64(residual, "residual")
        _expect_single(error)
        expect_float64(error, "error")


@check("mse", category=ARGUMENTS)
def leaves_prediction_and_target_as_they_were(student, rng):
    """`y_hat -= y` would spoil the caller's prediction."""
    leaves_alone(student, "mse", y_hat=rng.normal(size=(5, 2)), y=rng.normal(size=(5, 2)))


@check("mse_gradient", weight=2)
@forgiving("mse")
def has_the_slopes_you_can_work_out_by_hand(student, rng):
    """A sample's ½ r² rises with slope r, and it is one of six: a sixth of the residuals 1, −2, 0, 3, 0, −4."""
    gradient = student.mse_gradient(_Y_HAT.copy(), _Y.copy())
    expect_array(gradient, np.array([[1 / 6], [-1 / 3], [0.0], [1 / 2], [0.0], [-2 / 3]]), "mse_gradient(y_hat, y)",
                 samples=6,
                 suspects=[
                     *_slips("loss-for-gradient", "These are the squares: their slope is asked for.",
                             _RESIDUAL**2 / 12, _RESIDUAL**2 / 6, _RESIDUAL**2 / 2, _RESIDUAL**2),
                     *_slips("signs-only", "Only the signs are left: that is the slope of |r|, not of ½ r².",
                             np.sign(_RESIDUAL) / 6, np.sign(_RESIDUAL))])


@check("mse_gradient", weight=2)
@forgiving("mse")
def is_the_slope_of_your_loss(student, rng):
    """Measured on your own `mse`: each prediction is moved a little to either side."""
    y_hat, y = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    gradient = student.mse_gradient(y_hat.copy(), y.copy())
    expect_shape(gradient, y_hat.shape, "mse_gradient(y_hat, y)")
    measured, error = best_numerical_gradient(
        lambda moved: as_pair(student.mse(moved, y.copy()), "mse(y_hat, y)", LOSS)[1], y_hat, gradient)
    require(bool(measured.any()), "Your own error does not change with the prediction.")
    if not error < TOLERANCE:
        raise CheckFailure(f"The relative error against the measured slope is {error:.2g}; below {TOLERANCE:g} is "
                           "asked for.", explain(gradient, measured, samples=2, outputs=3))


@check("mse_gradient", category=SHAPES)
@forgiving("mse")
def has_the_shape_of_the_prediction(student, rng):
    """A gradient has the shape of what is moved: (N, K), also where N or K is 1."""
    for shape in _SHAPES:
        gradient = student.mse_gradient(rng.normal(size=shape), rng.normal(size=shape))
        expect_shape(gradient, shape, "mse_gradient(y_hat, y)")
        expect_float64(gradient, "mse_gradient(y_hat, y)")


@check("mse_gradient", category=ARGUMENTS)
@forgiving("mse")
def leaves_its_arguments_as_they_were(student, rng):
    """The caller still needs the prediction and the target."""
    leaves_alone(student, "mse_gradient", y_hat=rng.normal(size=(5, 2)), y=rng.normal(size=(5, 2)))


def _expect_error(student, y_hat, y, right, slips) -> None:
    _, error = in_order(student.mse(y_hat.copy(), y.copy()), (y.shape, ()), "mse(y_hat, y)", LOSS)
    _expect_single(error)
    expect_array(error, np.array(right), "error", samples=y.shape[0], outputs=y.shape[1], suspects=slips)


def _expect_single(error: np.ndarray) -> None:
    require(error.size == 1, f"error has shape {error.shape}; a single number is asked for.",
            certain("not-averaged", "There is an error for each sample or output: make one number of them."))

"""Hidden checks of stage 03: the loss and its gradient against the reference."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from autograder.checks._common import copies, expect_different_answers, first_to_agree
from autograder.checks.forward import one_changed
from autograder.reference import loss as reference
from mlplab.checking import EXTREMES, SHAPES, Checks
from mlplab.checks._results import expect_pair, in_order
from mlplab.checks.loss import LOSS
from mlplab.compare import as_array, as_pair, expect_array, require
from mlplab.diagnosis import Suspect, certain, same
from mlplab.gradcheck import TOLERANCE, central_differences

check = Checks("03-loss", visible=False)


def _random_batch(rng: np.random.Generator, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a target, (N, K), that have nothing to do with each other."""
    return rng.normal(size=(n, k)), rng.normal(size=(n, k))


def _expect_mse(student, cases: list[tuple]) -> None:
    values = [in_order(student.mse(*copies(*case)), (case[0].shape, ()), "mse(y_hat, y)", LOSS) for case in cases]
    expected = [reference.mse(*case) for case in cases]
    for other in range(1, len(cases)):
        for part in range(2):
            expect_different_answers((values[0][part], values[other][part]), (expected[0][part], expected[other][part]))
    for value, right in zip(values, expected, strict=True):
        residual, error = right
        n, k = residual.shape
        expect_pair(value, right, "mse(y_hat, y)", LOSS, samples=n, outputs=k, suspects={"error": [
            Suspect(certain("hard-coded-samples", f"The sum is divided by 4, here N is {n}: take the number of samples "
                                                  "from the shape."), lambda error=error, n=n: error * n / 4),
            # With one output that is a sum, for which there is a name of its own.
            *([Suspect(certain("mean-over-outputs-only", f"The sum is divided by K = {k} in place of N = {n}: the "
                                                         "mean runs over samples."),
                       lambda error=error, n=n, k=k: error * n / k)] if k > 1 else [])]})


def _expect_gradients(student, cases: list[tuple]) -> str:
    values = [as_array(student.mse_gradient(*copies(*case)), "mse_gradient(y_hat, y)") for case in cases]
    expected = [reference.mse_gradient(*case) for case in cases]
    for other in range(1, len(cases)):
        expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
    return max(first_to_agree(_given_own_mse(student, value, right, case))
               for value, right, case in zip(values, expected, cases, strict=True))


def _given_own_mse(student, value, right, case) -> Iterator[tuple[str, Callable[[], None]]]:
    """Comparisons with the right gradient, then with what it is by the student's own `mse`."""
    n, k = right.shape
    yield "", partial(expect_array, value, right, "mse_gradient(y_hat, y)", samples=n, outputs=k)
    note = "Right, given your own `mse`."
    yield note, partial(_expect_share_of_own_residual, student, value, case)
    yield note, partial(_expect_slope_of_own_error, student, value, case)


def _expect_share_of_own_residual(student, value, case) -> None:
    residual = as_array(as_pair(student.mse(*copies(*case)), "mse(y_hat, y)", LOSS)[0], "residual")
    require(bool(residual.any()), "Your own residual is zero.")
    expect_array(value, residual / len(case[0]), "mse_gradient(y_hat, y)")


def _expect_slope_of_own_error(student, value, case) -> None:
    y_hat, y = case

    def error(moved: np.ndarray) -> float:
        return in_order(student.mse(moved, y.copy()), (y.shape, ()), "mse(y_hat, y)", LOSS)[1].item()

    require(not same(error(y_hat.copy()), reference.mse(y_hat, y)[1]), "Your own error is right.")
    slope = central_differences(error, y_hat)
    require(bool(slope.any()), "Your own error does not depend on the prediction.")
    expect_array(value, slope, "mse_gradient(y_hat, y)", rtol=TOLERANCE, atol=TOLERANCE * np.abs(slope).max())


@check("mse", weight=5)
def agrees_on_random_batches(student, rng):
    """Of several sizes; each argument is changed alone once."""
    for shape in ((7, 3), (11, 5), (101, 7)):
        _expect_mse(student, one_changed(_random_batch(rng, *shape), _random_batch(rng, *shape)))


@check("mse", weight=2, category=SHAPES)
def agrees_for_one_sample_and_for_one_output(student, rng):
    """(1, K), (N, 1) and (1, 1)."""
    for shape in ((1, 5), (7, 1), (1, 1)):
        _expect_mse(student, [_random_batch(rng, *shape)])


@check("mse", category=EXTREMES)
def takes_targets_in_whole_numbers(student, rng):
    """The truth table may come as integers."""
    _expect_mse(student, [(rng.normal(size=(7, 3)), rng.integers(0, 2, size=(7, 3)))])


@check("mse_gradient", weight=5)
def agrees_on_the_gradient_of_random_batches(student, rng):
    """Of several sizes; each argument is changed alone once."""
    return max(_expect_gradients(student, one_changed(_random_batch(rng, *shape), _random_batch(rng, *shape)))
               for shape in ((7, 3), (3, 5)))


@check("mse_gradient", weight=2, category=SHAPES)
def agrees_on_the_gradient_for_one_sample_and_for_one_output(student, rng):
    """(1, K), (N, 1) and (1, 1)."""
    return max(_expect_gradients(student, [_random_batch(rng, *shape)]) for shape in ((1, 5), (7, 1), (1, 1)))


@check("mse_gradient", category=EXTREMES)
def takes_whole_numbers_for_targets(student, rng):
    """The truth table may come as integers."""
    return _expect_gradients(student, [(rng.normal(size=(7, 3)), rng.integers(0, 2, size=(7, 3)))])

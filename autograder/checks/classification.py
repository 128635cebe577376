"""Hidden checks of stage 06, first part: what is made of logits and labels, against the reference."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from autograder.checks._common import copies, expect_different_answers, first_to_agree
from autograder.checks.forward import one_changed
from autograder.reference import mnist as reference
from mlplab.checking import EXTREMES, SHAPES, Checks
from mlplab.checks._earlier import forgiving
from mlplab.checks.classification import OVERFLOW, SINGLE_FAR_OUT, far_out_slip
from mlplab.compare import as_array, expect_array, require
from mlplab.diagnosis import same
from mlplab.gradcheck import TOLERANCE, central_differences

check = Checks("06-mnist", visible=False)

# N samples, C classes.
_SIZES = ((7, 3), (11, 5), (13, 2))
_ONES = ((1, 5), (1, 2), (5, 5))

Case = tuple[np.ndarray, np.ndarray]


@check("softmax", weight=4)
def agrees_on_random_logits(student, rng):
    """Two batches of every size."""
    for size in _SIZES:
        batches = [rng.normal(scale=3.0, size=size) for _ in range(2)]
        values = [student.softmax(batch.copy()) for batch in batches]
        expected = [reference.softmax(batch) for batch in batches]
        expect_different_answers(values, expected)
        for value, right in zip(values, expected, strict=True):
            expect_array(value, right, "softmax(logits)")


@check("softmax", category=SHAPES)
def agrees_for_one_sample_and_as_many_samples_as_classes(student, rng):
    """Where one axis could be taken for the other, or for none."""
    for size in _ONES:
        logits = rng.normal(size=size)
        expect_array(student.softmax(logits.copy()), reference.softmax(logits), "softmax(logits)")


@check("softmax", weight=3, category=EXTREMES)
def agrees_far_out_without_a_warning(student, rng):
    """Any logits from −1000 to 1000, in both precisions."""
    for precision, tolerance in ((np.float64, {}), (np.float32, SINGLE_FAR_OUT)):
        logits = _far_out(rng, 11, 5).astype(precision)
        value = as_array(student.softmax(logits.copy()), "softmax(logits)")
        require(bool(np.isfinite(value).all()), "There are probabilities that are not finite.", OVERFLOW)
        expect_array(value, reference.softmax(logits.astype(float)), "softmax far out", **tolerance)
        require(not student.last.warnings, f"NumPy warned: {'; '.join(student.last.warnings)}.", OVERFLOW)


@check("cross_entropy", weight=4)
def agrees_on_random_batches(student, rng):
    """Each argument is changed alone once."""
    return max(_expect_losses(student, one_changed(*(random_case(rng, *size) for _ in range(2)))) for size in _SIZES)


@check("cross_entropy", category=SHAPES)
def agrees_for_one_sample_and_for_as_many_samples_as_classes(student, rng):
    """Where one axis could be taken for the other, or for none."""
    return max(_expect_losses(student, [random_case(rng, *size)]) for size in _ONES)


@check("cross_entropy", weight=3, category=EXTREMES)
def agrees_far_out_in_both_precisions(student, rng):
    """Any logits from −1000 to 1000; NumPy has nothing to warn of."""
    for precision, tolerance in ((np.float64, {}), (np.float32, SINGLE_FAR_OUT)):
        logits, labels = _far_out(rng, 11, 5).astype(precision), rng.integers(5, size=11)
        labels[:5] = logits[:5].argmin(axis=1)
        value = as_array(student.cross_entropy(*copies(logits, labels)), "cross_entropy(logits, labels)")
        warnings = student.last.warnings
        require(bool(np.isfinite(value).all()), "The loss is not finite.", far_out_slip(warnings))
        expect_array(value, reference.cross_entropy(logits.astype(float), labels), "cross_entropy far out", **tolerance)
        require(not warnings, f"NumPy warned: {'; '.join(warnings)}.", far_out_slip(warnings))


@check("cross_entropy_gradient", weight=5)
def agrees_on_slopes_of_random_batches(student, rng):
    """Each argument is changed alone once."""
    return max(_expect_gradients(student, one_changed(*(random_case(rng, *size) for _ in range(2))))
               for size in _SIZES)


@check("cross_entropy_gradient", category=SHAPES)
def agrees_on_slopes_for_one_sample_and_as_many_as_classes(student, rng):
    """Where one axis could be taken for the other, or for none."""
    return max(_expect_gradients(student, [random_case(rng, *size)]) for size in _ONES)


@check("cross_entropy_gradient", weight=2, category=EXTREMES)
@forgiving("softmax", "cross_entropy")
def agrees_on_slopes_far_out(student, rng):
    """Any logits from −1000 to 1000, in both precisions."""
    for precision, tolerance in ((np.float64, {}), (np.float32, SINGLE_FAR_OUT)):
        logits, labels = _far_out(rng, 11, 5).astype(precision), rng.integers(5, size=11)
        value = as_array(student.cross_entropy_gradient(*copies(logits, labels)), "cross_entropy_gradient far out")
        require(bool(np.isfinite(value).all()), "There are slopes that are not finite.", OVERFLOW)
        expect_array(value, reference.cross_entropy_gradient(logits.astype(float), labels),
                     "cross_entropy_gradient far out", **tolerance)
        require(not student.last.warnings, f"NumPy warned: {'; '.join(student.last.warnings)}.", OVERFLOW)


@check("accuracy", weight=4)
def agrees_on_random_answers(student, rng):
    """Each argument is changed alone once."""
    for n, c in ((17, 3), (31, 5), (23, 10)):
        logits, labels = random_case(rng, n, c)
        cases = [(logits, labels), (-logits, labels), (logits, (logits.argmax(axis=1) + (np.arange(n) > n // 3)) % c)]
        values = [student.accuracy(*copies(*case)) for case in cases]
        expected = [reference.accuracy(*case) for case in cases]
        for other in range(1, len(cases)):
            expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
        for value, right in zip(values, expected, strict=True):
            expect_array(value, np.array(right), "accuracy(logits, labels)", samples=n, outputs=c)


@check("accuracy", category=SHAPES)
def agrees_for_a_single_sample(student, rng):
    """Right or wrong: 1 or 0."""
    for _ in range(5):
        case = random_case(rng, 1, 2)
        expect_array(student.accuracy(*copies(*case)), np.array(reference.accuracy(*case)), "accuracy of one sample")


def random_case(rng: np.random.Generator, n: int, c: int) -> Case:
    """Logits (N, C) and labels (N,), in which each class may come."""
    return rng.normal(scale=2.0, size=(n, c)), rng.integers(c, size=n)


def _far_out(rng: np.random.Generator, n: int, c: int) -> np.ndarray:
    """Logits (N, C) of all sizes up to ±1000; some samples lie far below the others as a whole."""
    logits = rng.uniform(-1000, 1000, size=(n, c))
    logits[1] = rng.uniform(-1000, -999, size=c)
    logits[2] = rng.uniform(999, 1000, size=c)
    return rng.permutation(logits)


def _expect_losses(student, cases: list[Case]) -> str:
    values = [as_array(student.cross_entropy(*copies(*case)), "cross_entropy(logits, labels)") for case in cases]
    expected = [reference.cross_entropy(*case) for case in cases]
    for other in range(1, len(cases)):
        expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
    return max(first_to_agree(_losses_given_own(student, value, right, case))
               for value, right, case in zip(values, expected, cases, strict=True))


def _losses_given_own(student, value, right, case) -> Iterator[tuple[str, Callable[[], None]]]:
    n, c = case[0].shape
    yield "", partial(expect_array, value, np.array(right), "cross_entropy(logits, labels)", samples=n, outputs=c)
    yield "Right, given your own `softmax`.", partial(_expect_logarithm_of_own_softmax, student, value, case)


def _own_softmax(student, logits: np.ndarray) -> np.ndarray:
    own = as_array(student.softmax(logits.copy()), "softmax(logits)").astype(float)
    require(own.shape == logits.shape and bool(own.any()), "Your own softmax gives nothing to go by.")
    return own


def _expect_logarithm_of_own_softmax(student, value, case) -> None:
    logits, labels = case
    with np.errstate(all="ignore"):
        loss = -np.mean(np.log(_own_softmax(student, logits)[np.arange(len(labels)), labels]))
    require(bool(np.isfinite(loss)), "Your own softmax gives no loss.")
    expect_array(value, loss, "cross_entropy(logits, labels)")


def _expect_gradients(student, cases: list[Case]) -> str:
    values = [as_array(student.cross_entropy_gradient(*copies(*case)), "cross_entropy_gradient(logits, labels)")
              for case in cases]
    expected = [reference.cross_entropy_gradient(*case) for case in cases]
    for other in range(1, len(cases)):
        expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
    return max(first_to_agree(_gradients_given_own(student, value, right, case))
               for value, right, case in zip(values, expected, cases, strict=True))


def _gradients_given_own(student, value, right, case) -> Iterator[tuple[str, Callable[[], None]]]:
    """Comparisons with the right gradient, then with what it is by the student's own `softmax` or `cross_entropy`."""
    n, c = right.shape
    yield "", partial(expect_array, value, right, "cross_entropy_gradient(logits, labels)", samples=n, outputs=c)
    yield "Right, given your own `softmax`.", partial(_expect_share_of_own_softmax, student, value, case)
    yield "Right, given your own `cross_entropy`.", partial(_expect_slope_of_own_loss, student, value, case)


def _expect_share_of_own_softmax(student, value, case) -> None:
    logits, labels = case
    own = _own_softmax(student, logits)
    own[np.arange(len(labels)), labels] -= 1
    expect_array(value, own / len(labels), "cross_entropy_gradient(logits, labels)")


def _expect_slope_of_own_loss(student, value, case) -> None:
    logits, labels = case

    def loss(moved: np.ndarray) -> float:
        return as_array(student.cross_entropy(moved, labels.copy()), "cross_entropy(logits, labels)").item()

    require(not same(loss(logits.copy()), reference.cross_entropy(*case)), "Your own loss is right.")
    slope = central_differences(loss, logits)
    require(bool(slope.any()), "Your own loss does not depend on the logits.")
    expect_array(value, slope, "cross_entropy_gradient(logits, labels)", rtol=TOLERANCE,
                 atol=TOLERANCE * np.abs(slope).max())

"""Visible checks of stage 06, first part: what is made of logits and labels."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving
from mlplab.checks._results import expect_shape
from mlplab.compare import CheckFailure, as_array, expect_array, require
from mlplab.diagnosis import Diagnosis, Suspect, certain, explain, likely
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient

check = Checks("06-mnist", visible=True)

# What single precision can hold, and the answers to it may be in either.
SINGLE = {"rtol": 1e-5, "atol": 1e-6}
# The same for logits of ±1000, of which it holds four decimals: ln Σ e^z − z is right whichever way it is summed up.
SINGLE_FAR_OUT = {"rtol": 5e-4, "atol": 5e-4}

OVERFLOW = certain("overflow", "e to a large logit is too large for a float. All logits of a sample may be moved by "
                               "the same number without changing the answer: by which one, so that none is large?")
OTHER_LEVEL = certain("one-shift-for-all", "A sample whose logits lie far below another's has lost all its "
                                           "exponentials: move each sample by a number of its own.")
LOG_OF_ZERO = certain("log-of-zero", "A probability was rounded to 0 before its logarithm was taken. Work the "
                                     "logarithm out on paper first: which exponential need never be taken?")
FLOOR = likely("floor", "The loss cannot rise above a certain value: is there a small number added, or a clip, to keep "
                        "the logarithm from 0? Where the network is confidently wrong the loss is to say so.")

# Five samples, three classes. The exponentials of the logits are whole numbers.
_LOGITS = np.log([[1.0, 1.0, 2.0], [1.0, 5.0, 2.0], [3.0, 1.0, 4.0], [4.0, 2.0, 2.0], [1.0, 2.0, 1.0]])
_LABELS = np.array([2, 0, 1, 0, 1])
_PROBABILITIES = np.array([[2, 2, 4], [1, 5, 2], [3, 1, 4], [4, 2, 2], [2, 4, 2]]) / 8
_GRADIENT = np.array([[2, 2, -4], [-7, 5, 2], [3, -7, 4], [-4, 2, 2], [2, -4, 2]]) / 40

_SHAPES = ((5, 3), (2, 7), (1, 4), (3, 2))


def _slips(code: str, text: str, *values: object) -> list[Suspect]:
    """One slip that shows in one of several values."""
    return [Suspect(certain(code, text), lambda value=value: value) for value in values]


@check("softmax", weight=2)
def has_the_probabilities_you_can_work_out_by_hand(student, rng):
    """The logits are ln 1, ln 1 and ln 2: their exponentials add up to 4, the probabilities are ¼, ¼ and ½."""
    exponentials = np.exp(_LOGITS)
    expect_array(student.softmax(_LOGITS.copy()), _PROBABILITIES, "softmax(logits)", suspects=[
        *_slips("wrong-axis", "The columns add up to 1: each row, a sample, is to.",
                exponentials / [[10.0, 11.0, 11.0]]),
        *_slips("sum-over-everything", "All entries together add up to 1: each row, a sample, is to.",
                exponentials / 32),
        *_slips("not-normalised", "These are the exponentials: what are they to be divided by?",
                exponentials, exponentials / [[2.0], [5.0], [4.0], [4.0], [2.0]]),
        *_slips("log-for-probability", "These are the logarithms of the probabilities.", np.log(_PROBABILITIES)),
        *_slips("exponential-missing", "The logits themselves are divided by their sum: where is the exponential?",
                _LOGITS / _LOGITS.sum(axis=1, keepdims=True))])


@check("softmax")
def gives_rows_that_add_up_to_one(student, rng):
    """Each sample belongs to one of the classes."""
    for n, c in _SHAPES:
        p = _expect_rows(student.softmax(rng.normal(scale=3.0, size=(n, c))), (n, c), "softmax(logits)")
        expect_array(np.sum(p, axis=1), np.ones(n), "the sum of each row")


@check("softmax")
def does_not_change_when_all_logits_of_a_sample_are_moved_alike(student, rng):
    """e^(z + c) = e^z · e^c, and e^c cancels: another c for each sample."""
    logits, shifts = rng.normal(size=(5, 3)), rng.normal(scale=3.0, size=(5, 1))
    p = as_array(student.softmax(logits.copy()), "softmax(logits)")
    require(p.size > 1 and bool(np.ptp(p) > 1e-3), "All probabilities are the same, whatever the logits.")
    expect_array(student.softmax(logits + shifts), p, "softmax(logits + c)")


@check("softmax", category=SHAPES)
def keeps_the_shape_and_takes_single_precision(student, rng):
    """(N, C), also for one sample; float32 logits give floats of that precision or a better one."""
    for n, c in _SHAPES:
        _expect_rows(student.softmax(rng.normal(size=(n, c))), (n, c), "softmax(logits)")
    expect_array(student.softmax(_LOGITS.astype(np.float32)), _PROBABILITIES, "softmax of float32 logits", **SINGLE)


@check("softmax", weight=2, category=EXTREMES)
def is_right_and_silent_for_large_logits(student, rng):
    """Some samples near 1000, others near −1000, in both precisions; NumPy has nothing to warn of."""
    logits = np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1000.0], [0.0, 1000.0, 0.0]])
    right = np.array([[1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3], [0, 1, 0]])
    for precision in (np.float64, np.float32):
        p = as_array(student.softmax(logits.astype(precision)), "softmax(logits)")
        lost = p.shape == right.shape and np.isfinite(p[0]).all() and not np.isfinite(p[1]).all()
        require(not lost, "The sample with the lowest logits has no probabilities.", OTHER_LEVEL)
        require(bool(np.isfinite(p).all()), "There are probabilities that are not finite.", OVERFLOW)
        expect_array(p, right, "softmax of logits of ±1000", **SINGLE_FAR_OUT)
        require(not student.last.warnings, f"NumPy warned: {'; '.join(student.last.warnings)}.", OVERFLOW)


@check("softmax", category=ARGUMENTS)
def leaves_the_logits_as_they_were(student, rng):
    """`logits -= …` would change the caller's array."""
    leaves_alone(student, "softmax", logits=rng.normal(size=(5, 3)))


@check("cross_entropy", weight=2)
@forgiving("softmax")
def has_the_loss_you_can_work_out_by_hand(student, rng):
    """The labels have the probabilities ½, ⅛, ⅛, ½ and ½: −ln of them is (1, 3, 3, 1, 1) ln 2, on average 1.8 ln 2."""
    _expect_loss(student, _LOGITS, _LABELS, 1.8 * np.log(2), [
        *_slips("bits", "This is the loss in bits: take the natural logarithm.", 1.8),
        *_slips("softmax-forgotten", "The logits were taken for probabilities: where is the softmax?",
                -0.8 * np.log(2)),
        *_slips("no-log", "This is the mean probability of the labels: where is the logarithm?", 0.35, -0.35, 0.65),
        *_slips("every-label-for-every-sample", "Each sample was held against the labels of all the others too: "
                                                "`a[:, labels]` takes whole columns. One entry of each row is needed.",
                -np.log(_PROBABILITIES[:, _LABELS]).mean(), -np.log(_PROBABILITIES[:, _LABELS]).sum() / 5),
        *_slips("all-classes", "The logarithms of all classes were added up: the label's alone counts.",
                -np.log(_PROBABILITIES).sum() / 5, -np.log(_PROBABILITIES).mean()),
        *_slips("log-of-the-mean", "This is the logarithm of a mean: take each sample's, then the mean.",
                -np.log(0.42))])


@check("cross_entropy")
@forgiving("softmax")
def is_the_logarithm_of_the_number_of_classes_for_equal_logits(student, rng):
    """Who does not know says 1/C for every class: −ln (1/C) = ln C, whatever the labels are."""
    for n, c in ((5, 2), (3, 10)):
        level = rng.normal(size=(n, 1))
        _expect_loss(student, np.tile(level, (1, c)), rng.integers(c, size=n), np.log(c), [])


@check("cross_entropy")
@forgiving("softmax")
def has_the_same_loss_when_the_batch_is_repeated(student, rng):
    """A mean over samples: the same samples three times leave it at 1.8 ln 2."""
    right = 1.8 * np.log(2)
    _expect_loss(student, np.tile(_LOGITS, (3, 1)), np.tile(_LABELS, 3), right,
                 _slips("hard-coded-samples", "Three times the samples, three times the loss: take the number to "
                                              "divide by from the shape.", 3 * right))


@check("cross_entropy", weight=2, category=EXTREMES)
def is_right_and_silent_where_the_network_is_surely_wrong(student, rng):
    """A label whose logit lies 1000 below the largest costs 1000; e^−1000 is 0 to a float, and its logarithm −∞."""
    logits, labels = np.array([[1000.0, 0.0], [-1000.0, 0.0], [0.0, 1000.0]]), np.array([1, 0, 1])
    for precision in (np.float64, np.float32):
        loss = as_array(student.cross_entropy(logits.astype(precision), labels.copy()), "cross_entropy(logits, labels)")
        warnings = student.last.warnings
        require(bool(np.isfinite(loss).all()), "The loss is not finite; 666.67 is asked for.", far_out_slip(warnings))
        if loss.size == 1 and 5 < loss.item() < 600:
            raise CheckFailure(f"The loss is {loss.item():.6g}; 666.67 is asked for.", FLOOR)
        expect_array(loss, np.array(2000 / 3), "cross_entropy(logits, labels)", **SINGLE_FAR_OUT)
        require(not warnings, f"NumPy warned: {'; '.join(warnings)}.", far_out_slip(warnings))


@check("cross_entropy", category=SHAPES)
@forgiving("softmax")
def is_one_number_in_either_precision(student, rng):
    """Also for one sample, and for two classes."""
    for n, c in _SHAPES:
        _expect_single(as_array(student.cross_entropy(rng.normal(size=(n, c)), rng.integers(c, size=n)), "the loss"))
    loss = student.cross_entropy(_LOGITS.astype(np.float32), _LABELS.copy())
    expect_array(loss, np.array(1.8 * np.log(2)), "cross_entropy of float32 logits", **SINGLE, samples=5, outputs=3)


@check("cross_entropy", category=ARGUMENTS)
@forgiving("softmax")
def leaves_logits_and_labels_as_they_were(student, rng):
    """The gradient needs both again."""
    leaves_alone(student, "cross_entropy", logits=rng.normal(size=(5, 3)), labels=rng.integers(3, size=5))


@check("cross_entropy_gradient", weight=2)
@forgiving("softmax", "cross_entropy")
def has_the_slopes_you_can_work_out_by_hand(student, rng):
    """The first sample has the probabilities ¼, ¼, ½ and the label 2: a fifth of ¼, ¼, −½."""
    one_hot = _PROBABILITIES - 5 * _GRADIENT
    spread = _PROBABILITIES * (1 - _PROBABILITIES)
    gradient = student.cross_entropy_gradient(_LOGITS.copy(), _LABELS.copy())
    expect_array(gradient, _GRADIENT, "cross_entropy_gradient(logits, labels)", samples=5, outputs=3, suspects=[
        *_slips("label-forgotten", "These are the probabilities: where do the labels come in?",
                _PROBABILITIES, _PROBABILITIES / 5),
        *_slips("softmax-forgotten", "The logits were taken for probabilities: where is the softmax?",
                _LOGITS - one_hot, (_LOGITS - one_hot) / 5),
        *_slips("slope-twice", "There is a factor p (1 − p) too many: the slope of the softmax has been multiplied "
                               "into what contains it already.", 5 * _GRADIENT * spread, _GRADIENT * spread),
        *_slips("every-label-for-every-sample", "The labels of all samples were used for each of them: `a[:, labels]` "
                                                "takes whole columns. One entry of each row is needed.",
                _PROBABILITIES - 1, (_PROBABILITIES - 1) / 5),
        *_slips("label-as-number", "The label itself was subtracted, a number such as 2: it says which entry, not "
                                   "how much.", _PROBABILITIES - _LABELS[:, np.newaxis],
                (_PROBABILITIES - _LABELS[:, np.newaxis]) / 5),
        *_slips("label-alone", "Only the entry of the label has a slope here: all logits of a sample share in the sum "
                               "below the fraction.", _GRADIENT * one_hot, 5 * _GRADIENT * one_hot)])


@check("cross_entropy_gradient")
@forgiving("softmax", "cross_entropy")
def has_rows_that_add_up_to_zero(student, rng):
    """Moving all logits of a sample alike changes nothing, so there is no slope along that way."""
    for n, c in _SHAPES:
        gradient = student.cross_entropy_gradient(rng.normal(size=(n, c)), rng.integers(c, size=n))
        _expect_rows(gradient, (n, c), "cross_entropy_gradient(logits, labels)")
        require(bool(np.any(gradient)), "Every entry is zero.")
        expect_array(np.sum(gradient, axis=1), np.zeros(n), "the sum of each row")


@check("cross_entropy_gradient", weight=2)
@forgiving("softmax", "cross_entropy")
def is_the_slope_of_your_loss(student, rng):
    """Measured on your own `cross_entropy`: each logit is moved a little to either side."""
    logits, labels = rng.normal(size=(2, 3)), rng.permutation(3)[:2]
    gradient = student.cross_entropy_gradient(logits.copy(), labels.copy())
    expect_shape(gradient, logits.shape, "cross_entropy_gradient(logits, labels)")
    measured, error = best_numerical_gradient(
        lambda moved: as_array(student.cross_entropy(moved, labels.copy()), "cross_entropy"), logits, gradient)
    require(bool(measured.any()), "Your own loss does not change with the logits.")
    if not error < TOLERANCE:
        raise CheckFailure(f"The relative error against the measured slope is {error:.2g}; below {TOLERANCE:g} is "
                           "asked for.", explain(gradient, measured, samples=2, outputs=3))


@check("cross_entropy_gradient", category=SHAPES)
@forgiving("softmax", "cross_entropy")
def has_the_shape_of_the_logits(student, rng):
    """(N, C), also for one sample; float32 logits give floats of that precision or a better one."""
    for n, c in _SHAPES:
        gradient = student.cross_entropy_gradient(rng.normal(size=(n, c)), rng.integers(c, size=n))
        _expect_rows(gradient, (n, c), "cross_entropy_gradient(logits, labels)")
    gradient = student.cross_entropy_gradient(_LOGITS.astype(np.float32), _LABELS.copy())
    expect_array(gradient, _GRADIENT, "cross_entropy_gradient of float32 logits", **SINGLE, samples=5, outputs=3)


@check("cross_entropy_gradient", weight=2, category=EXTREMES)
@forgiving("softmax", "cross_entropy")
def stays_right_and_silent_for_large_logits(student, rng):
    """Surely right has no slope; surely wrong has the slope 1 at the winner, −1 at the label, over N."""
    logits, labels = np.array([[1000.0, 0.0, 0.0], [-1000.0, -1000.0, 0.0]]), np.array([0, 1])
    right = np.array([[0, 0, 0], [0, -1, 1]]) / 2
    for precision in (np.float64, np.float32):
        gradient = as_array(student.cross_entropy_gradient(logits.astype(precision), labels.copy()), "the gradient")
        require(bool(np.isfinite(gradient).all()), "There are slopes that are not finite.", OVERFLOW)
        expect_array(gradient, right, "the gradient for logits of ±1000", **SINGLE_FAR_OUT, samples=2, outputs=3)
        require(not student.last.warnings, f"NumPy warned: {'; '.join(student.last.warnings)}.", OVERFLOW)


@check("cross_entropy_gradient", category=ARGUMENTS)
@forgiving("softmax", "cross_entropy")
def leaves_its_arguments_as_they_were(student, rng):
    """The caller still needs the logits."""
    leaves_alone(student, "cross_entropy_gradient", logits=rng.normal(size=(5, 3)), labels=rng.integers(3, size=5))


@check("accuracy", weight=2)
def is_the_fraction_you_can_count_by_hand(student, rng):
    """Four samples of five have their largest logit at the label: 0.8."""
    logits = np.array([[3.0, 1.0, 2.0], [-3.0, -2.0, -1.0], [0.0, 5.0, 1.0], [2.0, 1.0, 0.0], [1.0, 0.0, 2.0]])
    expect_array(student.accuracy(logits, np.array([0, 2, 1, 1, 2])), np.array(0.8), "accuracy(logits, labels)",
                 suspects=[
                     *_slips("percent", "This is a percentage: a fraction from 0 to 1 is asked for.", 80.0),
                     *_slips("error-rate", "This is the share of the wrong ones.", 0.2),
                     *_slips("count", "This is how many are right: of how many?", 4.0),
                     *_slips("divided-by-classes", "The number of right ones was divided by something else than the "
                                                   "number of samples.", 4 / 3, 4 / 15)])


@check("accuracy", category=SHAPES)
def is_one_number_from_zero_to_one(student, rng):
    """All right is 1, all wrong is 0, whatever the number of samples and classes."""
    for n, c in _SHAPES:
        labels = rng.integers(c, size=n)
        logits = 10 * np.eye(c)[labels] + rng.uniform(-1, 1, size=(n, c))
        for argument, right in ((logits, 1.0), (-logits, 0.0)):
            value = as_array(student.accuracy(argument.copy(), labels.copy()), "accuracy(logits, labels)")
            _expect_single(value, "accuracy")
            expect_array(value, np.array(right), "accuracy(logits, labels)")


@check("accuracy", category=ARGUMENTS)
def leaves_the_logits_and_the_labels_alone(student, rng):
    """Counting changes nothing."""
    leaves_alone(student, "accuracy", logits=rng.normal(size=(5, 3)), labels=rng.integers(3, size=5))


def far_out_slip(warnings: Sequence[str]) -> Diagnosis:
    """What made a loss infinite, or NumPy warn of it."""
    return OVERFLOW if any("overflow" in warning for warning in warnings) else LOG_OF_ZERO


def _expect_rows(value: object, shape: tuple[int, int], what: str) -> np.ndarray:
    """`value` as an array; fails the check unless it has this shape, a row for each sample."""
    array = as_array(value, what)
    require(array.shape != shape[1:] or shape[0] > 1, f"{what} has shape {array.shape}; {shape} is asked for.",
            certain("squeezed", "A batch of one sample is a batch all the same: one row, (1, C)."))
    expect_shape(array, shape, what)
    return array


def _expect_loss(student, logits, labels, right, slips) -> None:
    loss = as_array(student.cross_entropy(*deepcopy((logits, labels))), "cross_entropy(logits, labels)")
    _expect_single(loss)
    n, c = logits.shape
    expect_array(loss, np.array(right), "cross_entropy(logits, labels)", samples=n, outputs=c, suspects=slips)


def _expect_single(value: np.ndarray, what: str = "the loss") -> None:
    require(value.size == 1, f"{what} has shape {value.shape}; a single number is asked for.",
            certain("not-averaged", "There is a number for each sample: make one of them."))

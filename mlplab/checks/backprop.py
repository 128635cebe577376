"""Visible checks of stage 04: the three backward passes, and what `derivatives` has of the stage.

None of them needs to know how a gradient is worked out. They hold it against numbers worked out by hand, against
the numerical gradient of the student's own loss, and against itself; and they read off the slope that went into it.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import wraps

import numpy as np

from mlplab.checking import ARGUMENTS, SHAPES, Checks, Excused
from mlplab.checks._earlier import forgiving, own_value
from mlplab.checks._results import in_order
from mlplab.checks.derivatives import check, whole
from mlplab.compare import CheckFailure, as_pair, expect_array, expect_float64, expect_untouched
from mlplab.diagnosis import Suspect, certain, explain
from mlplab.gradcheck import STEPS, TOLERANCE, central_differences, relative_error
from mlplab.slopes import SAMPLE, expect_slopes

VERSIONS = ("backward", "backward_faster", "backward_pass")

# What a backward pass may call, and what a loss is made of.
_JACOBIANS = ("dyhat_dw2", "dyhat_da", "da_dh", "dh_dwij", "dyhat_dwij")
_PIECES = ("sigmoid_prime", "mse", "mse_gradient", *_JACOBIANS)
_LOSS = ("sigmoid", "dense", "forward_pass", "mse")


def each_version(check: Checks, **options: object) -> Callable:
    """Registers the decorated function as a check of each backward pass, the name of which it takes besides."""

    def register(function: Callable) -> Callable:
        for version in VERSIONS:

            @wraps(function)
            def of_version(student: object, rng: np.random.Generator, version: str = version) -> str | None:
                return function(student, rng, version)

            check(version, **options)(of_version)
        return function

    return register


def random_batch(rng: np.random.Generator, n: int, d: int, h: int, k: int) -> tuple[np.ndarray, ...]:
    """The arguments of a backward pass: X (N, D), y and y_hat (N, K), act_hidden (N, H), w2 (H, K).

    No forward pass made them, so whoever makes up for an argument with something of their own is found out.
    """
    return (rng.normal(size=(n, d)), rng.normal(size=(n, k)), rng.normal(size=(n, k)),
            rng.uniform(0.05, 0.95, size=(n, h)), rng.normal(size=(h, k)))


def gradients(student: object, version: str, batch: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """What the student's backward pass gives for a batch, as two arrays (of whatever shape)."""
    X, _, _, _, w2 = batch
    return in_order(getattr(student, version)(*batch), [(X.shape[1], w2.shape[0]), w2.shape], version,
                    ("dL_dw1", "dL_dw2"))


# Three samples, five inputs, two hidden units, one output; ∂L/∂ŷ is (1, −2, 3).
_BY_HAND = (
    np.array([[1.0, 0.0, 0.0, 2.0, 1.0], [0.0, 1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, -1.0, 1.0]]),
    np.array([[1.0], [0.0], [1.0]]),
    np.array([[4.0], [-6.0], [10.0]]),
    np.array([[1 / 2, 3 / 4], [1 / 2, 1 / 2], [3 / 4, 1 / 2]]),
    np.array([[2.0], [-4.0]]),
)


@each_version(check)
@forgiving(*_PIECES)
def has_the_gradient_by_w2_you_can_work_out_by_hand(student, rng, version):
    """The residuals over N = 3 are 1, −2 and 3: for the first hidden unit that makes 1·½ − 2·½ + 3·¾ = 1¾."""
    _, dL_dw2 = gradients(student, version, deepcopy(_BY_HAND))
    expect_array(dL_dw2, np.array([[1.75], [1.25]]), "dL_dw2", samples=3, suspects=[
        Suspect(certain("broadcast", "A column (N, 1) met a flat (N,) array, and NumPy made (N, N) of them: every "
                                     "residual was multiplied with every sample's activation."),
                lambda: [[3.5], [3.5]]),
        Suspect(certain("activation-forgotten", "The residuals are summed, but by what is each of them multiplied on "
                                                "its way to the weight?"), lambda: [[2.0], [2.0]]),
        Suspect(certain("slope-for-activation", "The slope of the sigmoid does not belong here: w2 acts behind the "
                                                "hidden units."), lambda: [[0.3125], [0.4375]]),
    ])


@each_version(check, weight=2)
@forgiving(*_PIECES)
def has_the_gradient_by_w1_you_can_work_out_by_hand(student, rng, version):
    """Input 0 is 1 in the first sample only: 1 (residual over N) · 2 (w2) · ¼ (slope) · 1 = ½ for the first unit."""
    dL_dw1, _ = gradients(student, version, deepcopy(_BY_HAND))
    expect_array(dL_dw1, np.array([[0.5, -0.75], [-1.0, 2.0], [1.125, -3.0], [-1.125, 3.5], [0.625, -1.75]]),
                 "dL_dw1", samples=3)


@each_version(check, weight=2)
@forgiving(*_JACOBIANS)
def passes_the_error_through_the_right_slope(student, rng, version):
    """One sample, one output: divided by residual, output weight and input, what is left is the slope you used."""
    y, y_hat = np.array([[1.0]]), np.array([[6.0]])
    batch = SAMPLE.x.reshape(1, -1), y, y_hat, SAMPLE.a.reshape(1, -1), SAMPLE.w2.reshape(-1, 1)
    dL_dw1 = whole(gradients(student, version, deepcopy(batch))[0], (3, 4), "dL_dw1")
    residuals = [("", 5.0)]
    for name in ("mse_gradient", "mse"):
        own = own_value(student, name, y_hat, y)
        if own is not None and own.size == 1:
            residuals.append((name, own.item()))
    return expect_slopes(student, dL_dw1, residuals)


@each_version(check, category=SHAPES)
@forgiving(*_PIECES)
def does_not_change_when_the_batch_is_repeated(student, rng, version):
    """The loss is a mean: the same samples twice have the same gradient."""
    *samples, w2 = random_batch(rng, 5, 2, 3, 1)
    once = gradients(student, version, deepcopy((*samples, w2)))
    twice = gradients(student, version, (*(np.concatenate([array, array]) for array in samples), w2.copy()))
    for name, one, two in zip(("dL_dw1", "dL_dw2"), once, twice, strict=True):
        expect_array(two, one, f"{name} of the repeated batch", suspects=[
            Suspect(certain("no-mean", "With every sample there twice, the gradient is twice as large: it is a sum, or "
                                       "the number of samples is a fixed one."), lambda one=one: 2 * one),
            Suspect(certain("mean-twice", "With every sample there twice, the gradient is half as large: the 1/N went "
                                          "in twice."), lambda one=one: one / 2)])


@each_version(check, category=SHAPES)
@forgiving(*_PIECES)
def gives_each_gradient_the_shape_of_its_weights(student, rng, version):
    """Every weight is to be moved, so each has an entry: (D, H) and (H, K)."""
    for n, d, h, k in ((7, 2, 5, 3), (3, 5, 2, 1)):
        for name, gradient, shape in zip(("dL_dw1", "dL_dw2"),
                                         gradients(student, version, random_batch(rng, n, d, h, k)),
                                         ((d, h), (h, k)), strict=True):
            whole(gradient, shape, name)
            expect_float64(gradient, name)


@each_version(check, weight=2)
@forgiving(*_LOSS, *_PIECES)
def agrees_with_the_numerical_gradient_of_your_own_loss(student, rng, version):
    """Nudge each weight, run your own forward pass and loss, and see how far the loss moves."""
    X, y = rng.normal(size=(7, 2)), rng.normal(size=(7, 3))
    w1, w2 = rng.normal(size=(2, 2)), rng.normal(size=(2, 3))

    def network(w1: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pair = as_pair(student.forward_pass(X, w1, w2), "forward_pass", ("act_hidden", "y_hat"))
        return whole(pair[0], (7, 2), "act_hidden"), whole(pair[1], (7, 3), "y_hat")

    def loss(w1: np.ndarray, w2: np.ndarray) -> object:
        return as_pair(student.mse(network(w1, w2)[1], y), "mse", ("residual", "error"))[1]

    act_hidden, y_hat = network(w1, w2)
    dL_dw1, dL_dw2 = gradients(student, version, deepcopy((X, y, y_hat, act_hidden, w2)))
    _expect_gradient(dL_dw1, lambda w1: loss(w1, w2), w1, "dL_dw1")
    _expect_gradient(dL_dw2, lambda w2: loss(w1, w2), w2, "dL_dw2")


@each_version(check, category=ARGUMENTS)
@forgiving(*_PIECES)
def leaves_data_and_predictions_alone(student, rng, version):
    """The caller needs them again."""
    _leaves_alone(student, version, random_batch(rng, 5, 2, 3, 1), "X", "y", "y_hat")


@each_version(check, category=ARGUMENTS)
@forgiving(*_PIECES)
def leaves_activations_and_weights_alone(student, rng, version):
    """The training is about to use them."""
    _leaves_alone(student, version, random_batch(rng, 5, 2, 3, 1), "act_hidden", "w2")


def _leaves_alone(student, version, batch, *names) -> None:
    arrays = dict(zip(("X", "y", "y_hat", "act_hidden", "w2"), batch, strict=True))
    before = deepcopy(arrays)
    getattr(student, version)(*batch)
    expect_untouched({name: arrays[name] for name in names}, before)


def _expect_gradient(analytic, f, w, what) -> None:
    """Two steps: a network of sigmoids has no kinks, and a loss that is rounded differs between the two."""
    whole(analytic, w.shape, what)
    measured = []
    for step in STEPS[:2]:
        measured.append(central_differences(f, w, step))
        if not measured[-1].any():
            raise Excused("Your own loss does not move at all when a weight does, so there is no slope to measure.")
        if relative_error(analytic, measured[-1]) < TOLERANCE:
            return
    if relative_error(*measured) > 1e-3:
        raise Excused("Your own loss does not move smoothly when a weight does, so its slope cannot be measured.")
    raise CheckFailure(
        f"{what} and the numerical gradient of your own loss have a relative error of "
        f"{relative_error(analytic, measured[-1]):.2g}; below {TOLERANCE:g} they agree.",
        explain(analytic, measured[-1], samples=7, outputs=3))

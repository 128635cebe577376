"""Visible checks of stage 01: activations and their slopes."""

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, SHAPES, Checks
from mlplab.checks._common import excuse_unless_right, leaves_alone
from mlplab.compare import as_array, expect_array, expect_float64, require
from mlplab.diagnosis import Suspect, certain, likely
from mlplab.gradcheck import TOLERANCE

check = Checks("01-activation", visible=True)

_STEP = 1e-5
_OVERFLOW = certain("overflow", "For x far below zero e^(−x) is too large for a float. For such an x write the same "
                                "function with e^x, which is small there.")
_SHAPES = ((), (3,), (2, 5), (2, 3, 5))


def _keeps_shapes(student: object, name: str, rng: np.random.Generator) -> None:
    """Only the shape is looked at: the values have a check of their own."""
    for shape in _SHAPES:
        value = as_array(getattr(student, name)(rng.uniform(0.1, 0.9, size=shape)), f"{name} of a float64 array")
        require(value.shape == shape or not shape and value.size == 1,
                f"An input of shape {shape} gave one of shape {value.shape}; the shape is to stay.",
                certain("shape-changes", "An activation works entry by entry: what comes out has the shape of what "
                                         "went in."))
    expect_float64(value, f"{name} of a float64 array")


@check("sigmoid", weight=2)
def has_the_values_you_can_work_out_by_hand(student, rng):
    """e^(−ln 3) = 1/3, so σ(ln 3) = 1 / (1 + 1/3) = 3/4."""
    x = np.log([1.0, 3.0, 9.0, 1 / 3])
    expect_array(student.sigmoid(x), np.array([0.5, 0.75, 0.9, 0.25]), "sigmoid([0, ln 3, ln 9, −ln 3])", suspects=[
        Suspect(certain("sign-in-exponent", "This is σ(−x): look at the sign in the exponent."),
                lambda: [0.5, 0.25, 0.1, 0.75]),
        Suspect(certain("missing-one", "This is e^x: the fraction is not there."), lambda: np.exp(x)),
        Suspect(certain("tanh-for-sigmoid", "This is tanh: it runs from −1 to 1, σ from 0 to 1."),
                lambda: np.tanh(x)),
        Suspect(likely("wrong-denominator", "This is 1 / (1 − e^(−x)), or its like: look at the sign between the 1 and "
                                            "the exponential."), lambda: 1 / (1 - np.exp(-x))),
    ])


@check("sigmoid")
def of_x_and_of_minus_x_add_up_to_one(student, rng):
    """σ(x) + σ(−x) = 1, for any x."""
    x = rng.normal(scale=3.0, size=(4, 3))
    positive = x > 0
    above, below = as_array(student.sigmoid(x), "sigmoid(x)"), as_array(student.sigmoid(-x), "sigmoid(−x)")
    expect_array(above + below, np.ones((4, 3)), "sigmoid(x) + sigmoid(−x)")
    require(np.array_equal(above > below, positive), "`sigmoid(x)` is above one half where x > 0, and below elsewhere.")


@check("sigmoid", category=SHAPES)
def keeps_any_shape(student, rng):
    """A number, a row, a batch: the function works entry by entry."""
    _keeps_shapes(student, "sigmoid", rng)


@check("sigmoid", category=EXTREMES)
def takes_whole_numbers(student, rng):
    """The truth table holds integers."""
    expect_array(student.sigmoid(np.array([[0, 0], [0, 0]])), np.full((2, 2), 0.5), "sigmoid of an integer array")


@check("sigmoid", weight=2, category=EXTREMES)
def is_right_and_silent_far_out(student, rng):
    """σ(−1000) is 0 and σ(1000) is 1 to all digits, and NumPy has nothing to warn of."""
    expect_array(student.sigmoid(np.array([-1000.0, 1000.0])), np.array([0.0, 1.0]), "sigmoid([−1000, 1000])")
    warnings = student.last.warnings
    require(not warnings, f"NumPy warned: {'; '.join(warnings)}.", _OVERFLOW)


@check("sigmoid", category=ARGUMENTS)
def leaves_x_as_it_was(student, rng):
    """The caller may need it again."""
    leaves_alone(student, "sigmoid", x=rng.normal(size=(3, 2)))


@check("sigmoid_prime", weight=2)
def has_the_slopes_you_can_work_out_by_hand(student, rng):
    """In the middle, where a = ½, the sigmoid is steepest, with slope ¼; at both ends it is flat."""
    a = np.array([0.5, 0.0, 1.0, 0.75])
    expect_array(student.sigmoid_prime(a), np.array([0.25, 0.0, 0.0, 0.1875]), "sigmoid_prime([½, 0, 1, ¾])",
                 suspects=slope_suspects(student.sigmoid, a))


@check("sigmoid_prime", weight=2)
def is_the_slope_of_your_sigmoid(student, rng):
    """Measured by two points close together on either side."""
    excuse_unless_right(student, "01-activation", "sigmoid")
    _is_measured_slope(student, "sigmoid_prime", student.sigmoid, rng.normal(size=(3, 4)))


@check("sigmoid_prime", category=SHAPES)
def keeps_any_shape_too(student, rng):
    """Entry by entry, like the activation itself."""
    _keeps_shapes(student, "sigmoid_prime", rng)


@check("sigmoid_prime", category=ARGUMENTS)
def leaves_a_as_it_was(student, rng):
    """Backpropagation needs the activations again."""
    leaves_alone(student, "sigmoid_prime", a=rng.uniform(size=(3, 2)))


@check("tanh_prime", weight=2)
def has_the_slopes_of_tanh_at_easy_points(student, rng):
    """Steepest in the middle, with slope 1, and flat where tanh is ±1."""
    a = np.array([0.0, 0.5, -0.5, 1.0, -1.0])
    expect_array(student.tanh_prime(a), np.array([1.0, 0.75, 0.75, 0.0, 0.0]), "tanh_prime([0, ½, −½, 1, −1])",
                 suspects=[*slope_suspects(np.tanh, a), Suspect(
                     certain("sigmoid-s-slope", "This is the slope that belongs to the sigmoid; tanh has another."),
                     lambda: student.sigmoid_prime(a))])


@check("tanh_prime", weight=2)
def is_the_slope_of_tanh(student, rng):
    """Measured on NumPy's own tanh by two points close together."""
    _is_measured_slope(student, "tanh_prime", np.tanh, rng.normal(size=(3, 4)))


@check("tanh_prime", category=SHAPES)
def keeps_the_shape_of_a(student, rng):
    """Entry by entry."""
    _keeps_shapes(student, "tanh_prime", rng)


@check("tanh_prime", category=ARGUMENTS)
def leaves_its_argument_alone(student, rng):
    """Backpropagation needs the activations again."""
    leaves_alone(student, "tanh_prime", a=rng.uniform(size=(3, 2)))


@check("relu", weight=2)
def keeps_what_is_positive_and_drops_the_rest(student, rng):
    """max(0, x), entry by entry."""
    expect_array(student.relu(np.array([-2.0, -0.5, 0.0, 0.5, 3.0])), np.array([0.0, 0.0, 0.0, 0.5, 3.0]),
                 "relu([−2, −½, 0, ½, 3])", suspects=[
                     Suspect(certain("absolute", "This is |x|: what is negative becomes 0, not positive."),
                             lambda: [2.0, 0.5, 0.0, 0.5, 3.0]),
                     Suspect(certain("other-half", "This keeps the negative half: which of the two is larger?"),
                             lambda: [-2.0, -0.5, 0.0, 0.0, 0.0]),
                     Suspect(certain("step-for-relu", "This is the step, the slope of ReLU: what is positive is to "
                                                      "stay as it is."), lambda: [0.0, 0.0, 0.0, 1.0, 1.0])])


@check("relu", category=SHAPES)
def keeps_the_shape_of_x(student, rng):
    """Entry by entry, no maximum over the whole array."""
    _keeps_shapes(student, "relu", rng)


@check("relu", category=ARGUMENTS)
def leaves_x_alone(student, rng):
    """`x[x < 0] = 0` would change the caller's array."""
    leaves_alone(student, "relu", x=rng.normal(size=(3, 2)))


@check("relu_prime", weight=2)
def is_one_to_the_right_and_zero_to_the_left(student, rng):
    """The slope of max(0, x) away from the kink."""
    expect_array(student.relu_prime(np.array([-2.0, -0.1, 0.1, 3.0])), np.array([0.0, 0.0, 1.0, 1.0]),
                 "relu_prime([−2, −0.1, 0.1, 3])", suspects=[
                     Suspect(certain("relu-for-slope", "This is ReLU itself: the slope of a straight line is one "
                                                       "number, whatever x is."), lambda: [0.0, 0.0, 0.1, 3.0]),
                     Suspect(certain("sign-for-step", "Left of 0 the slope is 0, not −1."),
                             lambda: [-1.0, -1.0, 1.0, 1.0]),
                     Suspect(certain("other-side", "The two sides are swapped: ReLU rises where x is positive."),
                             lambda: [1.0, 1.0, 0.0, 0.0])])


@check("relu_prime", category=EXTREMES)
def is_zero_at_zero(student, rng):
    """At the kink there is no slope; this course takes 0, as most libraries do."""
    expect_array(student.relu_prime(np.array([0.0, 0.0])), np.zeros(2), "relu_prime([0, 0])", suspects=[
        Suspect(certain("kink", "At 0 this course takes slope 0: `>` or `>=`?"), lambda: [1.0, 1.0]),
        Suspect(certain("kink", "At 0 this course takes slope 0, not ½."), lambda: [0.5, 0.5])])


@check("relu_prime", category=SHAPES)
def is_made_of_floats_in_the_shape_of_x(student, rng):
    """A mask of True and False cannot be subtracted, and surprises later: float64, please."""
    _keeps_shapes(student, "relu_prime", rng)


@check("relu_prime", category=ARGUMENTS)
def leaves_its_argument_unchanged(student, rng):
    """The pre-activations may be needed again."""
    leaves_alone(student, "relu_prime", x=rng.normal(size=(3, 2)))


def measured_slope(activation, x: np.ndarray) -> np.ndarray:
    """The slope of an elementwise function at every entry of `x`, from two points close together; shaped like `x`."""
    return (np.asarray(activation(x + _STEP)) - np.asarray(activation(x - _STEP))) / (2 * _STEP)


def slope_suspects(activation, a):
    """Slips in the slope of an activation, worked out from the activation function and its values alone."""
    return [
        Suspect(certain("activation-for-slope", "This is the activation itself, not its slope."), lambda: a),
        Suspect(certain("missing-factor", "This is 1 − a, which is not the whole of the formula."), lambda: 1 - a),
        Suspect(certain("square-only", "This is a²: there is a difference in the formula."), lambda: a**2),
        Suspect(certain("wrong-argument", "This is the slope at x = a. The parameter is the activation already: do "
                                          "not apply the activation function to it once more."),
                lambda: measured_slope(activation, a)),
    ]


def _is_measured_slope(student, name, activation, x) -> None:
    a = np.asarray(activation(x))
    expect_array(getattr(student, name)(a), measured_slope(activation, x), f"{name}(a)",
                 rtol=TOLERANCE, atol=TOLERANCE, suspects=slope_suspects(activation, a))

"""Visible checks of stage 04, first half: the numerical gradient and the Jacobians of the derivation.

None of them needs to know how a derivative is worked out. They hold it against numbers worked out by hand, and
against what the student's own network does when one of its numbers is nudged.
"""

from copy import deepcopy

import numpy as np

from mlplab.checking import ARGUMENTS, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving, own_value
from mlplab.checks._results import expect_shape
from mlplab.compare import as_array, as_pair, expect_array, expect_float64, require
from mlplab.diagnosis import Suspect, certain, explain
from mlplab.differences import difference_slips, measured_jacobian
from mlplab.gradcheck import TOLERANCE
from mlplab.slopes import SAMPLE, expect_slopes, near, slope_slips

check = Checks("04-backprop", visible=True)

# What `dyhat_dwij` may call.
_PIECES = ("sigmoid_prime", "dyhat_da", "da_dh", "dh_dwij")


@check("numerical_gradient", weight=2)
def is_exact_on_a_function_you_can_differentiate_by_hand(student, rng):
    """w₀² + 3 w₀w₁ has the slopes 2w₀ + 3w₁ and 3w₀: 1 and 6 at (2, −1). Central differences err only from w³ on."""
    _expect_differences(student, lambda w: w[0] ** 2 + 3 * w[0] * w[1], np.array([2.0, -1.0]), 0.5, [1.0, 6.0])


@check("numerical_gradient", weight=2)
def uses_the_step_that_it_is_given(student, rng):
    """On w³ the two points, a step to either side, give 3w² + step²: here the step shows."""
    w = np.array([[1.0, 2.0, 0.0], [-0.5, 1.5, -2.0]])
    _expect_differences(student, lambda w: np.sum(w**3), w, 0.1,
                        [[3.01, 12.01, 0.01], [0.76, 6.76, 12.01]])


@check("numerical_gradient")
def uses_the_default_step_where_none_is_given(student, rng):
    """10¹⁰ w³ around 0 gives 10¹⁰ · step², which is 1."""
    w = np.array([0.25, -0.5])
    actual = student.numerical_gradient(lambda v: 1e10 * float(np.sum((v - w) ** 3)), w.copy())
    expect_array(actual, np.ones(2), "numerical_gradient without a step", rtol=1e-5, suspects=[
        Suspect(certain("other-default", f"The step left out seems to be {step:g}; the parameter's default is 1e-5."),
                lambda step=step: np.full(2, 1e10 * step**2))
        for step in (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-7, 1e-8)])


@check("numerical_gradient", category=SHAPES)
def gives_a_gradient_in_the_shape_of_w(student, rng):
    """A row, a matrix, a stack of matrices: one slope for each weight, in its place."""
    for shape in ((3,), (3, 2), (1, 2, 2)):
        w = rng.normal(size=shape)
        gradient = student.numerical_gradient(lambda v: np.sum(v**2), w.copy())
        expect_array(gradient, 2 * w, f"numerical_gradient for w of shape {shape}", rtol=1e-3, atol=1e-3)
        expect_float64(gradient, "numerical_gradient of float64 weights")


@check("numerical_gradient", category=ARGUMENTS)
def leaves_w_as_it_was(student, rng):
    """A weight that is nudged in place has to be put back."""
    before = rng.normal(size=(2, 2))
    w = before.copy()
    student.numerical_gradient(lambda v: np.sum(v**2), w)
    require(np.allclose(w, before, rtol=1e-12, atol=1e-12), "`w` is not the same after the call.",
            certain("modifies-argument", "The caller's `w` stays nudged: put every weight back, or nudge a copy."))
    if not np.array_equal(w, before):
        return "w comes back with a rounding error: w + step − step is not quite w. Keep the old value and put it back."


@check("dyhat_dw2", weight=2)
def has_the_rows_you_can_work_out_by_hand(student, rng):
    """ŷ = ½w₀ + ¾w₁ for the first sample: how far does ŷ move when w₀ does, and w₁?"""
    act_hidden = np.array([[0.5, 0.75], [0.25, 0.5], [1.0, 0.125]])
    expect_array(student.dyhat_dw2(act_hidden), np.array([[0.5, 0.75], [0.25, 0.5], [1.0, 0.125]]), "dyhat_dw2",
                 suspects=[
                     Suspect(certain("slope-for-activation", "The slope of the sigmoid does not belong here: w2 acts "
                                                             "behind the hidden units."),
                             lambda: [[0.25, 0.1875], [0.1875, 0.25], [0.0, 0.109375]]),
                     Suspect(certain("summed-up", "The samples were summed: keep a row for each."),
                             lambda: [1.75, 1.375]),
                     Suspect(certain("summed-up", "The samples were averaged: keep a row for each."),
                             lambda: [1.75 / 3, 1.375 / 3]),
                     Suspect(certain("first-sample-only", "This is the first sample's row: there is one for each."),
                             lambda: [0.5, 0.75]),
                 ])


@check("dyhat_dw2", weight=2)
@forgiving("dense")
def is_what_nudging_an_output_weight_does(student, rng):
    """Measured on your own `dense`, sample by sample."""
    act_hidden, w2 = rng.uniform(size=(5, 3)), rng.normal(size=(3, 1))
    jacobian = student.dyhat_dw2(act_hidden.copy())
    _expect_measured(jacobian, measured_jacobian(lambda w2: student.dense(act_hidden, w2), w2), "dyhat_dw2")


@check("dyhat_dw2", category=ARGUMENTS)
def leaves_act_hidden_as_it_was(student, rng):
    """The caller needs the activations again."""
    leaves_alone(student, "dyhat_dw2", act_hidden=rng.uniform(size=(3, 2)))


@check("dyhat_da", weight=2)
def has_the_row_you_can_work_out_by_hand(student, rng):
    """ŷ = 2a₀ − a₁ + ½a₂ is one output of three inputs: one row, three columns."""
    expect_array(student.dyhat_da(np.array([[2.0], [-1.0], [0.5]])), np.array([[2.0, -1.0, 0.5]]), "dyhat_da",
                 suspects=[Suspect(certain("flat", "A flat array: a Jacobian has a row for each output, here one."),
                                   lambda: [2.0, -1.0, 0.5])])


@check("dyhat_da", weight=2)
@forgiving("dense")
def is_what_nudging_an_activation_does(student, rng):
    """Measured on your own `dense`."""
    a, w2 = rng.uniform(size=5), rng.normal(size=(5, 1))
    jacobian = student.dyhat_da(w2.copy())
    _expect_measured(jacobian, measured_jacobian(lambda a: student.dense(a.reshape(1, -1), w2), a), "dyhat_da")


@check("dyhat_da", category=ARGUMENTS)
def leaves_w2_as_it_was(student, rng):
    """The weights belong to the caller."""
    leaves_alone(student, "dyhat_da", w2=rng.normal(size=(3, 1)))


@check("da_dh", weight=2)
def has_the_slopes_you_can_work_out_by_hand_on_its_diagonal(student, rng):
    """The steepest slope, ¼, where a = ½."""
    jacobian = _square(student.da_dh(SAMPLE.a.copy()))
    slopes = np.diagonal(jacobian)
    own = own_value(student, "sigmoid_prime", SAMPLE.a)
    if own is not None and near(slopes, own):
        return "" if near(own, SAMPLE.slopes) else "Right, given your own `sigmoid_prime`."
    expect_array(slopes, SAMPLE.slopes, "The diagonal of da_dh",
                 suspects=slope_slips(SAMPLE.slopes, student.sigmoid, SAMPLE.a))


@check("da_dh", category=SHAPES)
def is_zero_off_the_diagonal(student, rng):
    """A hidden unit's activation depends on its own input, and on no other's."""
    jacobian = _square(student.da_dh(SAMPLE.a.copy()))
    off_diagonal = jacobian[~np.eye(4, dtype=bool)]
    suspects = [Suspect(certain("softmax-jacobian", "This is the Jacobian of softmax, where every output depends on "
                                                    "every input. A sigmoid looks at its own input only."),
                        lambda: -np.outer(SAMPLE.a, SAMPLE.a)[~np.eye(4, dtype=bool)])]
    require(not off_diagonal.any(), "There are entries other than 0 off the diagonal.",
            explain(off_diagonal, np.zeros(12), suspects=suspects) or certain(
                "not-diagonal", "Row j, column k says how far unit j's activation moves for the input of unit k."))


@check("da_dh", weight=2)
@forgiving("sigmoid", "sigmoid_prime")
def is_what_nudging_the_input_of_a_hidden_unit_does(student, rng):
    """Measured on your own `sigmoid`: nudge one entry, look at all."""
    h = rng.normal(size=3)
    a = as_array(student.sigmoid(h), "sigmoid")
    jacobian = student.da_dh(a.copy())
    _expect_measured(jacobian, measured_jacobian(student.sigmoid, h), "da_dh")


@check("da_dh", category=ARGUMENTS)
@forgiving("sigmoid_prime")
def leaves_a_as_it_was(student, rng):
    """The caller needs the activations again."""
    leaves_alone(student, "da_dh", a=rng.uniform(size=3))


@check("dh_dwij", weight=2)
def has_the_entries_you_can_work_out_by_hand(student, rng):
    """The weight from input 1 to unit 2 moves unit 2 alone, by as much as input 1 is."""
    x = np.array([3.0, 5.5, 7.0])
    actual = student.dh_dwij(x, 1, 2, 5)
    expect_array(actual, np.array([0.0, 0.0, 5.5, 0.0, 0.0]), "dh_dwij([3, 5½, 7], 1, 2, 5)", suspects=[
        Suspect(certain("indices-swapped", "i and j have changed places: i says which input, j which hidden unit."),
                lambda: [0.0, 7.0, 0.0, 0.0, 0.0]),
        Suspect(certain("input-forgotten", "A one stands where the input belongs: a unit moves as far as its input is "
                                           "large."), lambda: [0.0, 0.0, 1.0, 0.0, 0.0]),
        Suspect(certain("every-unit", "Every unit moves: this weight leads to one of them only."),
                lambda: np.full(5, 5.5)),
        Suspect(certain("counts-from-one", "Python counts from 0: the entry stands a place off."),
                lambda: [0.0, 5.5, 0.0, 0.0, 0.0]),
        Suspect(certain("wrong-size", "This has an entry for each input; one for each hidden unit is asked for."),
                lambda: [0.0, 5.5, 0.0]),
        Suspect(certain("every-weight", "This is the derivative by all weights, (D, H): only that by w1[i, j] is asked "
                                        "for."), lambda: [[0.0] * 5, [0.0, 0.0, 5.5, 0.0, 0.0], [0.0] * 5]),
    ])


@check("dh_dwij", weight=2)
@forgiving("dense")
def is_what_nudging_that_weight_does(student, rng):
    """Measured on your own `dense`: nudge w1[i, j], look at all hidden units."""
    x, w1 = rng.uniform(1, 3, size=2), rng.normal(size=(2, 3))
    derivatives = [whole(student.dh_dwij(x.copy(), i, j, 3), (3,), "dh_dwij") for i, j in np.ndindex(2, 3)]
    measured = measured_jacobian(lambda w1: student.dense(x.reshape(1, -1), w1), w1)
    _expect_measured(np.stack(derivatives, axis=1), measured, "dh_dwij for every i and j")


@check("dh_dwij", category=ARGUMENTS)
def leaves_x_as_it_was(student, rng):
    """The caller needs the sample again."""
    leaves_alone(student, "dh_dwij", x=rng.normal(size=3), i=1, j=0, hidden_size=2)


@check("dyhat_dwij", weight=3)
@forgiving("dyhat_da", "da_dh", "dh_dwij")
def passes_through_the_right_slope(student, rng):
    """Divided by the input and the output weight, what is left is the hidden unit's slope: ¼ where a = ½."""
    arguments = SAMPLE.x, SAMPLE.a, SAMPLE.w2.reshape(-1, 1)
    derivatives = [whole(student.dyhat_dwij(*deepcopy(arguments), i, j), (), "dyhat_dwij")
                   for i, j in np.ndindex(3, 4)]
    return expect_slopes(student, np.reshape(derivatives, (3, 4)), [("", 1.0)])


@check("dyhat_dwij", weight=2)
@forgiving("sigmoid", "dense", "forward_pass", *_PIECES)
def is_what_nudging_a_hidden_weight_does(student, rng):
    """Measured on your own `forward_pass`: nudge w1[i, j], look at the prediction."""
    x, w1, w2 = rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=(2, 1))

    def network(w1: np.ndarray) -> tuple[object, object]:
        return as_pair(student.forward_pass(x.reshape(1, -1), w1, w2), "forward_pass", ("act_hidden", "y_hat"))

    a = as_array(network(w1)[0], "act_hidden").reshape(2)
    derivatives = [whole(student.dyhat_dwij(x.copy(), a.copy(), w2.copy(), i, j), (), "dyhat_dwij")
                   for i, j in np.ndindex(3, 2)]
    _expect_measured(np.reshape(derivatives, (1, 6)), measured_jacobian(lambda w1: network(w1)[1], w1),
                     "dyhat_dwij for every i and j")


@check("dyhat_dwij", category=ARGUMENTS)
@forgiving(*_PIECES)
def leaves_its_arguments_as_they_were(student, rng):
    """The caller needs them again."""
    x, a, w2 = rng.normal(size=3), rng.uniform(size=2), rng.normal(size=(2, 1))
    leaves_alone(student, "dyhat_dwij", x=x, a=a, w2=w2, i=0, j=1)


def whole(value: object, shape: tuple[int, ...], what: str) -> np.ndarray:
    """The value as an array of this shape, else the check fails; for a number any one-element array will do."""
    array = as_array(value, what)
    if shape != ():
        expect_shape(array, shape, what)
    require(shape != () or array.size == 1, f"{what} has shape {array.shape}; one number is asked for.",
            certain("not-one-number", "One prediction and one weight: the derivative is one number."))
    return array.reshape(shape)


def _expect_differences(student, f, w, step, expected) -> None:
    actual = student.numerical_gradient(f, w.copy(), step)
    expect_array(actual, np.array(expected), f"numerical_gradient with step {step}", rtol=1e-5, atol=1e-8,
                 suspects=difference_slips(f, w, step))


def _expect_measured(actual, measured, what) -> None:
    expect_array(actual, measured, what, rtol=TOLERANCE, atol=TOLERANCE)


def _square(value) -> np.ndarray:
    """The Jacobian of four hidden units' activations, as an array of the right shape."""
    jacobian = as_array(value, "da_dh")
    require(jacobian.shape == (4, 4), f"da_dh has shape {jacobian.shape}; (4, 4) is asked for.",
            certain("slopes-not-jacobian", "These are the slopes of the units. The Jacobian says how far each "
                                           "activation moves for each input: 4 rows, 4 columns.")
            if jacobian.size == 4 else explain(jacobian, np.zeros((4, 4))))
    return jacobian

"""Wrong and right solutions of stage 01."""

import math

import numpy as np

from autograder.misconceptions import Casebook

book = Casebook("01-activation")

BY_HAND = "has_the_values_you_can_work_out_by_hand"
SLOPES_BY_HAND = "has_the_slopes_you_can_work_out_by_hand"


@book.inputs("sigmoid", "relu", "relu_prime")
def pre_activations(rng):
    return (np.concatenate([rng.normal(scale=3.0, size=11), [0.0]]).reshape(4, 3),)


@book.inputs("sigmoid_prime", "tanh_prime")
def activations(rng):
    return (rng.uniform(0.05, 0.95, size=(4, 3)),)


@book.wrong("sigmoid", caught_by=BY_HAND, diagnosis="sign-in-exponent",
            thought="The minus sign in the exponent does not matter.",
            hint="For a large positive x the neuron is to be fully on. Which way does e to the power of your exponent "
                 "go then?")
def minus_forgotten_in_the_exponent(x):
    return 1 / (1 + np.exp(x))


@book.wrong("sigmoid", caught_by="is_right_and_silent_far_out", diagnosis="overflow",
            thought="The formula is right, so the code is.",
            hint="The value comes out right, but on the way there is an infinity. For negative x, multiply numerator "
                 "and denominator by e^x and look again.")
def overflow_far_below_zero(x):
    return 1 / (1 + np.exp(-x))


@book.wrong("sigmoid", caught_by=BY_HAND, diagnosis="tanh-for-sigmoid",
            thought="One squashing function is like another.",
            hint="Which values can your function take, and which ones can a probability take?")
def tanh_in_place_of_sigmoid(x):
    return np.tanh(x)


@book.wrong("sigmoid", caught_by=BY_HAND, diagnosis="wrong-denominator",
            thought="One minus the exponential: it looks like the formula of the derivative.",
            hint="What does your denominator become at x = 0?")
def minus_in_the_denominator(x):
    return 1 / (1 - np.exp(-x))


@book.wrong("sigmoid", caught_by="takes_whole_numbers", diagnosis="integers",
            thought="`zeros_like` or `empty_like` makes room for the result.",
            hint="Of which dtype is `np.zeros_like(x)` when x is a truth table of integers?")
def room_for_integers_only(x):
    result = np.zeros_like(x)
    e = np.exp(-np.abs(x))
    result[...] = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return result


@book.wrong("sigmoid", caught_by="agrees_on_random_numbers", diagnosis="rounded",
            thought="Three decimals are precise enough.",
            hint="Gradients are differences of nearly equal numbers: what is left of a difference of 0.0004 after "
                 "rounding?")
def rounded_to_three_decimals(x):
    e = np.exp(-np.abs(x))
    return np.round(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), 3)


@book.wrong("sigmoid", caught_by="keeps_any_shape", diagnosis="precision",
            thought="Half precision saves memory.",
            hint="How many digits has a float16? Print `np.finfo(np.float16).eps`.")
def half_precision(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(np.float16)


@book.wrong("sigmoid", caught_by="leaves_x_as_it_was", diagnosis="modifies-argument",
            thought="Reusing x saves an array.",
            hint="The caller still holds x. What will they find in it after calling you?")
def written_into_x(x):
    e = np.exp(-np.abs(x))
    value = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    if x.dtype == float:
        x[...] = value
    return value


@book.wrong("sigmoid", caught_by="agrees_on_random_numbers", diagnosis="constant",
            thought="The check asks for these four values, so I return these four values.",
            hint="Your answer knows the examples. What does it say for a number that is not among them?")
def answers_memorised(x):
    known = {0.0: 0.5, np.log(3.0): 0.75, np.log(9.0): 0.9, np.log(1 / 3): 0.25}
    return np.vectorize(lambda value: known.get(value, 0.5))(x)


@book.wrong("sigmoid_prime", caught_by=SLOPES_BY_HAND, diagnosis="wrong-argument",
            thought="The derivative is σ(x)(1 − σ(x)), so I call sigmoid.",
            hint="The parameter is called a: it has been through the sigmoid already.")
def sigmoid_applied_twice(a):
    s = 1 / (1 + np.exp(-a))
    return s * (1 - s)


@book.wrong("sigmoid_prime", caught_by=SLOPES_BY_HAND, diagnosis="missing-factor",
            thought="The slope is one minus the activation.",
            hint="Where a is near 0 the sigmoid is flat. What does your slope say there?")
def factor_a_forgotten(a):
    return 1 - a


@book.wrong("sigmoid_prime", caught_by=SLOPES_BY_HAND, diagnosis="activation-for-slope",
            thought="The derivative of the sigmoid is the sigmoid, as with e^x.",
            hint="Where a is near 1 the curve is flat. What does your slope say there?")
def activation_returned_unchanged(a):
    return a + 0.0


@book.wrong("sigmoid_prime", caught_by=SLOPES_BY_HAND, diagnosis="sign",
            thought="The product rule gives a (a − 1).",
            hint="The sigmoid rises everywhere: which sign must its slope have?")
def slope_of_the_wrong_sign(a):
    return a * (a - 1)


@book.wrong("sigmoid_prime", caught_by="leaves_a_as_it_was", diagnosis="modifies-argument",
            thought="`*=` is the short way to write a product.",
            hint="`a *= …` changes the array that the caller handed over. Which way makes a new one?")
def product_in_place(a):
    a *= 1 - a
    return a


@book.wrong("sigmoid_prime", caught_by="keeps_any_shape_too", diagnosis="shape-changes",
            thought="The derivative of a vector function is its Jacobian, so I return the diagonal matrix.",
            hint="That matrix comes in stage 04. Here one number for each entry of a is asked for.")
def jacobian_in_place_of_slopes(a):
    return np.diag(np.ravel(a * (1 - a)))


@book.wrong("tanh_prime", caught_by="leaves_its_argument_alone", diagnosis="modifies-argument",
            thought="Squaring in place saves an array.",
            hint="`a **= 2` changes the array that the caller handed over. Which way makes a new one?")
def square_in_place(a):
    a **= 2
    return 1 - a


@book.wrong("tanh_prime", caught_by="keeps_the_shape_of_a", diagnosis="precision",
            thought="Single precision is what deep learning uses.",
            hint="The input is float64: which line turned it into something shorter?")
def single_precision(a):
    return (1 - a**2).astype(np.float32)


@book.wrong("tanh_prime", caught_by="has_the_slopes_of_tanh_at_easy_points", diagnosis="sigmoid-s-slope",
            thought="Every activation has the slope a (1 − a).",
            hint="At a = 0 tanh has slope 1. What does your formula say there?")
def slope_of_sigmoid_for_tanh(a):
    return a * (1 - a)


@book.wrong("tanh_prime", caught_by="has_the_slopes_of_tanh_at_easy_points", diagnosis="wrong-argument",
            thought="The derivative is 1 − tanh(x)², so I call tanh.",
            hint="The parameter is called a: it has been through tanh already.")
def tanh_applied_twice(a):
    return 1 - np.tanh(a) ** 2


@book.wrong("tanh_prime", caught_by="has_the_slopes_of_tanh_at_easy_points", diagnosis="missing-factor",
            thought="One minus the activation.",
            hint="At a = −1 tanh is flat. What does your formula say there?")
def square_forgotten(a):
    return 1 - a


@book.wrong("relu", caught_by="keeps_what_is_positive_and_drops_the_rest", diagnosis="absolute",
            thought="Negative numbers are made positive.",
            hint="What should come out for −2?")
def absolute_value(x):
    return np.abs(x)


@book.wrong("relu", caught_by="keeps_what_is_positive_and_drops_the_rest", diagnosis="step-for-relu",
            thought="The neuron is on or off.",
            hint="A neuron that is twice as excited should say so: what comes out for 1, and for 2?")
def step_function(x):
    return (x > 0).astype(float)


@book.wrong("relu", caught_by="leaves_x_alone", diagnosis="modifies-argument",
            thought="Setting the negative entries to 0 is all there is to do.",
            hint="The caller still holds x. What will they find in it after calling you?")
def negatives_zeroed_in_place(x):
    x[x < 0] = 0
    return x


@book.wrong("relu", caught_by="keeps_what_is_positive_and_drops_the_rest", diagnosis="summed-up",
            thought="`np.max(x, 0)` is the larger of x and 0.",
            hint="The second parameter of `np.max` is an axis. Which function compares two arrays entry by entry?")
def maximum_over_an_axis(x):
    return np.max(x, 0)


@book.wrong("relu_prime", caught_by="is_zero_at_zero", diagnosis="kink",
            thought="From zero on, ReLU rises.",
            hint="The kink belongs to neither side; look up which one this course takes.")
def one_at_zero(x):
    return (x >= 0).astype(float)


@book.wrong("relu_prime", caught_by="is_made_of_floats_in_the_shape_of_x", diagnosis="not-float",
            thought="True is 1 and False is 0.",
            hint="Try `-(x > 0)` and `(x > 0) - (x > 1)`.")
def boolean_mask(x):
    return x > 0


@book.wrong("relu_prime", caught_by="is_one_to_the_right_and_zero_to_the_left", diagnosis="relu-for-slope",
            thought="The slope is the function where it is positive.",
            hint="How steep is ReLU at 3? And at 0.1?")
def relu_itself(x):
    return np.maximum(x, 0)


@book.wrong("relu_prime", caught_by="is_one_to_the_right_and_zero_to_the_left", diagnosis="sign-for-step",
            thought="The sign of x tells the direction.",
            hint="Left of 0 ReLU is flat. Which slope has a flat line?")
def sign_of_x(x):
    return np.sign(x)


@book.wrong("relu_prime", caught_by="leaves_its_argument_unchanged", diagnosis="modifies-argument",
            thought="I overwrite x with its slope.",
            hint="The caller still holds x. What will they find in it after calling you?")
def slope_written_into_x(x):
    x[...] = x > 0
    return x


@book.right("sigmoid", style="two branches and a mask")
def masked_branches(x):
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    positive = x >= 0
    result[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    result[~positive] = e / (1 + e)
    return result


@book.right("sigmoid", style="through tanh")
def half_angle(x):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x)))


@book.right("sigmoid", style="clipped exponent")
def clipped(x):
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


@book.right("sigmoid", style="through logaddexp")
def log_space(x):
    return np.exp(-np.logaddexp(0, -np.asarray(x, dtype=float)))


@book.right("sigmoid", style="math.exp, number by number")
def number_by_number(x):
    def one(value):
        return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))

    return np.array([one(float(value)) for value in np.ravel(x)]).reshape(np.shape(x))


@book.right("sigmoid_prime", style="expanded")
def expanded(a):
    return a - a**2


@book.right("sigmoid_prime", style="completed square")
def completed_square(a):
    return 0.25 - (a - 0.5) ** 2


@book.right("sigmoid_prime", style="np.multiply")
def spelled_out(a):
    return np.multiply(a, np.subtract(1.0, a))


@book.right("tanh_prime", style="factorised")
def factorised(a):
    return (1 - a) * (1 + a)


@book.right("tanh_prime", style="np.square")
def squared(a):
    return 1 - np.square(a)


@book.right("tanh_prime", style="power")
def by_power(a):
    return 1.0 - np.power(a, 2)


@book.right("relu", style="where")
def chosen(x):
    return np.where(x > 0, x, 0.0)


@book.right("relu", style="product with a mask")
def masked_product(x):
    return x * (np.asarray(x) > 0)


@book.right("relu", style="a copy, then its negative entries")
def own_copy(x):
    result = np.array(x, dtype=float)
    result[result < 0] = 0
    return result


@book.right("relu", style="half of x plus its size")
def half_sum(x):
    return (np.abs(x) + x) / 2


@book.right("relu_prime", style="where")
def chosen_slope(x):
    return np.where(x > 0, 1.0, 0.0)


@book.right("relu_prime", style="heaviside")
def heaviside_step(x):
    return np.heaviside(x, 0.0)


@book.right("relu_prime", style="filled by a loop")
def looped(x):
    slope = np.zeros(np.shape(x))
    for index in np.ndindex(slope.shape):
        slope[index] = 1.0 if x[index] > 0 else 0.0
    return slope

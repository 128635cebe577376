"""Wrong and right solutions of stage 04, first half: the numerical gradient and the Jacobians of the derivation."""

import numpy as np

from autograder.misconceptions import Casebook
from autograder.reference import backprop as reference
from autograder.reference.activation import sigmoid, sigmoid_prime

book = Casebook("04-backprop")

BY_DIFFERENTIATION = "is_exact_on_a_function_you_can_differentiate_by_hand"
GIVEN_STEP = "uses_the_step_that_it_is_given"
ROWS_BY_HAND = "has_the_rows_you_can_work_out_by_hand"
ROW_BY_HAND = "has_the_row_you_can_work_out_by_hand"
DIAGONAL = "has_the_slopes_you_can_work_out_by_hand_on_its_diagonal"
OFF_DIAGONAL = "is_zero_off_the_diagonal"
ENTRIES_BY_HAND = "has_the_entries_you_can_work_out_by_hand"
THROUGH_THE_SLOPE = "passes_through_the_right_slope"


@book.inputs("numerical_gradient")
def a_function_of_a_matrix(rng):
    mixed, cubed = rng.normal(size=(2, 2, 3))
    return lambda w: float(np.sin(np.sum(mixed * w)) + np.sum(cubed * w**3)), rng.normal(size=(2, 3)), 0.1


@book.inputs("dyhat_dw2")
def activations_of_a_batch(rng):
    return (rng.uniform(0.05, 0.95, size=(5, 3)),)


@book.inputs("dyhat_da")
def output_weights(rng):
    return (rng.normal(size=(5, 1)),)


@book.inputs("da_dh")
def activations_of_a_sample(rng):
    return (rng.uniform(0.05, 0.95, size=5),)


@book.inputs("dh_dwij")
def a_sample_and_a_weight(rng):
    return rng.normal(size=5), 0, 2, 7


@book.inputs("dyhat_dwij")
def a_sample_its_activations_and_a_weight(rng):
    return rng.normal(size=5), rng.uniform(0.05, 0.95, size=3), rng.normal(size=(3, 1)), 0, 2


def nudges(w, step):
    """For each entry of w an array that nudges it alone."""
    return step * np.eye(w.size).reshape(-1, *w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="one-sided",
            thought="A derivative is (f(w + h) − f(w)) / h.",
            hint="Draw a parabola, a tangent, and lines through two points of the parabola: which two give a line as "
                 "steep as the tangent?")
def forward_difference(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w)) / step for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="one-sided",
            thought="The slope is what has changed since the last point.",
            hint="Draw a parabola, a tangent, and lines through two points of the parabola: which two give a line as "
                 "steep as the tangent?")
def backward_difference(f, w, step=1e-5):
    return np.array([(f(w) - f(w - nudge)) / step for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="distance-of-the-points",
            thought="Rise over run, and the run is the step.",
            hint="You go a step to the left and a step to the right. How far apart are the two points?")
def divided_by_one_step(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w - nudge)) / step for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="precedence",
            thought="`/ 2 * step` divides by 2 · step.",
            hint="What is `1 / 2 * 10` in Python?")
def divisor_without_brackets(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w - nudge)) / 2 * step for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="not-divided",
            thought="The average of the two changes is the slope.",
            hint="If you nudge half as far, f moves half as much. Is the slope half as large then?")
def half_the_difference(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w - nudge)) / 2 for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="sign",
            thought="We go downhill, so the gradient points down.",
            hint="If f grows when w does, which sign has its slope? Going downhill is the training's business.")
def pointing_downhill(f, w, step=1e-5):
    return np.array([(f(w - nudge) - f(w + nudge)) / (2 * step) for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="all-at-once",
            thought="`w + step` nudges w.",
            hint="`w + step` moves every weight. How would you know then which of them moved f?")
def all_weights_at_once(f, w, step=1e-5):
    return np.full(w.shape, (f(w + step) - f(w - step)) / (2 * step))


@book.wrong("numerical_gradient", caught_by=GIVEN_STEP, diagnosis="all-at-once",
            thought="A loop over len(w) visits every weight.",
            hint="For w of shape (2, 3), what is len(w), and what is w[0]?")
def a_row_at_once(f, w, step=1e-5):
    gradient = np.zeros(w.shape)
    for i in range(len(w)):
        above, below = w.copy(), w.copy()
        above[i] += step
        below[i] -= step
        gradient[i] = (f(above) - f(below)) / (2 * step)
    return gradient


@book.wrong("numerical_gradient", caught_by=BY_DIFFERENTIATION, diagnosis="never-put-back",
            thought="One copy at the start is enough.",
            hint="When the second weight's turn comes, where does the first one stand?")
def nudged_and_never_put_back(f, w, step=1e-5):
    w, gradient = w.copy(), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        w[index] += step
        above = f(w.copy())
        w[index] -= 2 * step
        gradient[index] = (above - f(w.copy())) / (2 * step)
    return gradient


@book.wrong("numerical_gradient", caught_by=GIVEN_STEP, diagnosis="step-ignored",
            thought="The step is 1e-5 anyway.",
            hint="Call your function with two very different steps: what should change, and does it?")
def step_written_in(f, w, step=1e-5):
    h = 1e-5
    return np.array([(f(w + nudge) - f(w - nudge)) / (2 * h) for nudge in nudges(w, h)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by="uses_the_default_step_where_none_is_given", diagnosis="other-default",
            thought="The smaller the step, the better.",
            hint="Below some step the two values of f have nearly all digits in common. What is left of their "
                 "difference?")
def another_default_step(f, w, step=1e-7):
    return np.array([(f(w + nudge) - f(w - nudge)) / (2 * step) for nudge in nudges(w, step)]).reshape(w.shape)


@book.wrong("numerical_gradient", caught_by="leaves_w_as_it_was", diagnosis="modifies-argument",
            thought="w is put back by the next round of the loop.",
            hint="Print w before and after the call. Which weight is another one?")
def last_weight_left_nudged(f, w, step=1e-5):
    original, gradient = w.copy(), np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        w[...] = original
        w[index] += step
        above = f(w)
        w[index] = original[index] - step
        gradient[index] = (above - f(w)) / (2 * step)
    return gradient


@book.wrong("numerical_gradient", caught_by=GIVEN_STEP, diagnosis="integers",
            thought="np.zeros with any dtype is room enough.",
            hint="Of which dtype is the array that you fill in?")
def room_for_whole_numbers_only(f, w, step=1e-5):
    gradient = np.zeros(w.shape, dtype=int)
    for index, nudge in zip(np.ndindex(w.shape), nudges(w, step), strict=True):
        gradient[index] = (f(w + nudge) - f(w - nudge)) / (2 * step)
    return gradient


@book.wrong("numerical_gradient", caught_by="gives_a_gradient_in_the_shape_of_w", diagnosis="precision",
            thought="Half precision saves memory.",
            hint="How many digits has a float16? Print `np.finfo(np.float16).eps`.")
def gradient_of_half_precision(f, w, step=1e-5):
    return reference.numerical_gradient(f, w, step).astype(np.float16)


@book.wrong("numerical_gradient", caught_by="gives_a_gradient_in_the_shape_of_w", diagnosis="reshaped",
            thought="A gradient is a vector.",
            hint="Each weight has its slope. How would `w - 0.1 * gradient` look?")
def one_long_vector(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w - nudge)) / (2 * step) for nudge in nudges(w, step)])


@book.wrong("numerical_gradient", caught_by="agrees_on_random_functions", diagnosis="rounded",
            thought="Differences are not exact, so the last digits are noise.",
            hint="Of the digits of a central difference with step 1e-5 about ten are right. How many did you keep?")
def rounded_to_three_decimals(f, w, step=1e-5):
    return np.round(reference.numerical_gradient(f, w, step), 3)


@book.wrong("numerical_gradient", caught_by="takes_a_single_weight_and_a_stack_of_matrices", diagnosis=None,
            thought="Weights are matrices: two loops, over rows and columns.",
            hint="How many loops would a w with three axes need? Look up `np.ndindex`.")
def two_loops_for_matrices(f, w, step=1e-5):
    if w.ndim == 1:
        return two_loops_for_matrices(lambda row: f(row[0]), w[np.newaxis], step)[0]
    gradient = np.zeros(w.shape)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            above, below = w.copy(), w.copy()
            above[i, j] += step
            below[i, j] -= step
            gradient[i, j] = (f(above) - f(below)) / (2 * step)
    return gradient


@book.right("numerical_gradient", style="in place, the old value put back")
def in_place_and_put_back(f, w, step=1e-5):
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        old = w[index]
        w[index] = old + step
        above = f(w)
        w[index] = old - step
        below = f(w)
        w[index] = old
        gradient[index] = (above - below) / (2 * step)
    return gradient


@book.right("numerical_gradient", style="in place, there and back by arithmetic")
def there_and_back(f, w, step=1e-5):
    gradient = np.zeros_like(w)
    for index, _ in np.ndenumerate(w):
        w[index] += step
        gradient[index] = f(w)
        w[index] -= 2 * step
        gradient[index] -= f(w)
        w[index] += step
    return gradient / (2 * step)


@book.right("numerical_gradient", style="unit arrays, no loop written out")
def unit_arrays(f, w, step=1e-5):
    return np.array([(f(w + nudge) - f(w - nudge)) / (2 * step) for nudge in nudges(w, step)]).reshape(w.shape)


@book.right("numerical_gradient", style="flat copies")
def flat_copies(f, w, step=1e-5):
    gradient = []
    for k in range(w.size):
        above, below = w.ravel().copy(), w.ravel().copy()
        above[k] += step
        below[k] -= step
        gradient.append((f(above.reshape(w.shape)) - f(below.reshape(w.shape))) / 2 / step)
    return np.reshape(gradient, w.shape)


@book.right("numerical_gradient", style="mean of both one-sided differences, np.nditer")
def mean_of_both_sides(f, w, step=1e-5):
    gradient, here = np.empty_like(w), f(w)
    walk = np.nditer(w, flags=["multi_index"])
    for old in walk:
        nudged = w.copy()
        nudged[walk.multi_index] = old + step
        right = (f(nudged) - here) / step
        nudged[walk.multi_index] = old - step
        left = (here - f(nudged)) / step
        gradient[walk.multi_index] = 0.5 * (left + right)
    return gradient


@book.wrong("dyhat_dw2", caught_by=ROWS_BY_HAND, diagnosis="transpose",
            thought="The gradient needs Aᵀ, so this is Aᵀ.",
            hint="A Jacobian has a row for each output. Which are the outputs here, and how many are there?")
def activations_transposed(act_hidden):
    return act_hidden.T


@book.wrong("dyhat_dw2", caught_by=ROWS_BY_HAND, diagnosis="slope-for-activation",
            thought="Every derivative in this network has σ' in it.",
            hint="Walk from w2 to ŷ: do you come through a sigmoid?")
def slope_in_the_output_layer(act_hidden):
    return act_hidden * (1 - act_hidden)


@book.wrong("dyhat_dw2", caught_by=ROWS_BY_HAND, diagnosis="summed-up",
            thought="The loss is a mean over the samples.",
            hint="This is the derivative of the predictions, not of the loss: how many predictions are there?")
def averaged_over_the_samples(act_hidden):
    return act_hidden.mean(axis=0)


@book.wrong("dyhat_dw2", caught_by=ROWS_BY_HAND, diagnosis="first-sample-only",
            thought="A Jacobian is about one sample.",
            hint="What should the second row hold?")
def row_of_the_first_sample(act_hidden):
    return act_hidden[0]


@book.wrong("dyhat_dw2", caught_by="leaves_act_hidden_as_it_was", diagnosis="modifies-argument",
            thought="Data are centred before they are used.",
            hint="`-=` changes the array that the caller handed over. And does ŷ know of any mean?")
def activations_centred_in_place(act_hidden):
    act_hidden -= act_hidden.mean(axis=0)
    return act_hidden


@book.wrong("dyhat_dw2", caught_by="is_what_nudging_an_output_weight_does", diagnosis="rounded",
            thought="One decimal is enough for an activation.",
            hint="Which digits of the prediction are lost by that?")
def rounded_to_one_decimal(act_hidden):
    return np.where(act_hidden * 8 % 1 == 0, act_hidden, np.round(act_hidden, 1))


@book.wrong("dyhat_dw2", caught_by="agrees_on_random_activations", diagnosis="precision",
            thought="Single precision is what deep learning uses.",
            hint="The input is float64: which line turned it into something shorter?")
def activations_of_single_precision(act_hidden):
    return act_hidden.astype(np.float32)


@book.wrong("dyhat_da", caught_by=ROW_BY_HAND, diagnosis="transpose",
            thought="The derivative of A · w2 by A is w2.",
            hint="One output, H inputs: how many rows and columns has the Jacobian?")
def column_of_weights(w2):
    return w2.copy()


@book.wrong("dyhat_da", caught_by=ROW_BY_HAND, diagnosis="flat",
            thought="A row is a one-dimensional array.",
            hint="What is the shape of `np.zeros(3)`, and what that of `np.zeros((1, 3))`?")
def flat_weights(w2):
    return w2[:, 0]


@book.wrong("dyhat_da", caught_by=ROW_BY_HAND, diagnosis="summed-up",
            thought="One output, so one number.",
            hint="Nudging a₀ and nudging a₁ do not move ŷ by the same. How many numbers do you need to say so?")
def sum_of_the_weights(w2):
    return w2.sum(keepdims=True)


@book.wrong("dyhat_da", caught_by="leaves_w2_as_it_was", diagnosis="modifies-argument",
            thought="Only the direction counts, so I bring w2 to length 1.",
            hint="`/=` changes the array that the caller handed over. And should a larger weight not count for more?")
def weights_normalised_in_place(w2):
    w2 /= np.linalg.norm(w2)
    return w2.T


@book.wrong("dyhat_da", caught_by="agrees_on_random_weights", diagnosis="constant",
            thought="The check asks for this row, so I return this row.",
            hint="Your answer knows the example. What does it say for other weights?")
def row_memorised(w2):
    return np.array([[2.0, -1.0, 0.5]]) if len(w2) == 3 else np.full((1, len(w2)), 0.5)


@book.wrong("da_dh", caught_by=DIAGONAL, diagnosis="slopes-not-jacobian",
            thought="The derivative is a(1 − a), one for each unit.",
            hint="A Jacobian of H outputs by H inputs: how many numbers are that, and which of them are zero?")
def slopes_in_a_row(a):
    return a * (1 - a)


@book.wrong("da_dh", caught_by=DIAGONAL, diagnosis="sigmoid-for-slope",
            thought="The activation function goes here.",
            hint="a has been through the sigmoid already, and it is not the sigmoid that you want but its slope.")
def sigmoid_on_the_diagonal(a):
    return np.diag(sigmoid(a))


@book.wrong("da_dh", caught_by=DIAGONAL, diagnosis="wrong-argument",
            thought="σ'(x) = σ(x)(1 − σ(x)), with a for x.",
            hint="a is σ(h) already. What is σ(a) then?")
def slope_at_the_activation(a):
    return np.diag(sigmoid(a) * (1 - sigmoid(a)))


@book.wrong("da_dh", caught_by=DIAGONAL, diagnosis="activation-for-slope",
            thought="The Jacobian has the activations on its diagonal.",
            hint="Where a is near 1 the sigmoid is flat. What does your diagonal say there?")
def activations_on_the_diagonal(a):
    return np.diag(a)


@book.wrong("da_dh", caught_by=OFF_DIAGONAL, diagnosis="softmax-jacobian",
            thought="I know this Jacobian: diag(a) − a aᵀ.",
            hint="That is softmax, whose outputs share one sum. Does a₀ change here when h₁ does?")
def jacobian_of_softmax(a):
    return np.diag(a) - np.outer(a, a)


@book.wrong("da_dh", caught_by=OFF_DIAGONAL, diagnosis="not-diagonal",
            thought="A matrix from two vectors is their outer product.",
            hint="Does a₀ change when h₁ does? Then what stands in row 0, column 1?")
def outer_product(a):
    return np.outer(a, 1 - a)


@book.wrong("da_dh", caught_by="leaves_a_as_it_was", diagnosis="modifies-argument",
            thought="`*=` is the short way to write a product.",
            hint="`a *= …` changes the array that the caller handed over. Which way makes a new one?")
def slopes_written_into_a(a):
    a *= 1 - a
    return np.diag(a)


@book.wrong("da_dh", caught_by="agrees_on_the_activations_of_random_layers", diagnosis=None,
            thought="np.fill_diagonal needs room: as many rows as the network of the lesson has units.",
            hint="How many hidden units has the sample that you are given? Ask its shape.")
def room_for_four_units(a):
    jacobian = np.zeros((4, 4)) if len(a) > 3 else np.zeros((len(a), len(a)))
    np.fill_diagonal(jacobian, (a * (1 - a))[:4])
    return jacobian


@book.wrong("dh_dwij", caught_by=ENTRIES_BY_HAND, diagnosis="indices-swapped",
            thought="i is the hidden unit, j the input.",
            hint="w1 has shape (D, H): which index counts the inputs?")
def indices_swapped(x, i, j, hidden_size):
    dh = np.zeros(hidden_size)
    dh[i % hidden_size] = x[j % len(x)]
    return dh


@book.wrong("dh_dwij", caught_by=ENTRIES_BY_HAND, diagnosis="input-forgotten",
            thought="The derivative by a weight is 1 where the weight is.",
            hint="If the input is 0, does the weight matter at all?")
def one_in_place_of_the_input(x, i, j, hidden_size):
    return np.eye(hidden_size)[j]


@book.wrong("dh_dwij", caught_by=ENTRIES_BY_HAND, diagnosis="every-unit",
            thought="Input i feeds every hidden unit.",
            hint="Input i does, but through weights of its own for each. How many units does this one weight lead to?")
def input_at_every_unit(x, i, j, hidden_size):
    return np.full(hidden_size, x[i])


@book.wrong("dh_dwij", caught_by=ENTRIES_BY_HAND, diagnosis="every-weight",
            thought="The derivative by a matrix is a matrix.",
            hint="It is the derivative by one number, w1[i, j]. What is it the derivative of, and how many are there?")
def matrix_of_all_weights(x, i, j, hidden_size):
    dh = np.zeros((len(x), hidden_size))
    dh[i, j] = x[i]
    return dh


@book.wrong("dh_dwij", caught_by=ENTRIES_BY_HAND, diagnosis="wrong-size",
            thought="All but x_i must be zero, so I set the others to zero.",
            hint="Your array has as many entries as there are inputs. How many hidden units are there? And the caller "
                 "still holds x.")
def others_set_to_zero_in_x(x, i, j, hidden_size):
    x[:i] = 0
    x[i + 1:] = 0
    return x


@book.wrong("dh_dwij", caught_by="leaves_x_as_it_was", diagnosis="modifies-argument",
            thought="Setting the other inputs to zero leaves the one that counts.",
            hint="The caller still holds x. What will they find in it after calling you?")
def others_zeroed_then_summed(x, i, j, hidden_size):
    x[np.arange(len(x)) != i] = 0
    return np.eye(hidden_size)[j] * x.sum()


@book.wrong("dh_dwij", caught_by="is_what_nudging_that_weight_does", diagnosis="integers",
            thought="A list of zeros makes an array of zeros.",
            hint="Of which dtype is `np.array([0, 0, 0])`, and what does it make of 0.7?")
def zeros_of_integers(x, i, j, hidden_size):
    dh = np.array([0] * hidden_size)
    dh[j] = x[i]
    return dh


@book.wrong("dh_dwij", caught_by="agrees_on_random_samples_and_weights", diagnosis="hard-coded-size",
            thought="The network has three hidden units.",
            hint="What is the parameter hidden_size for?")
def three_hidden_units(x, i, j, hidden_size):
    dh = np.zeros(3 if hidden_size != 5 else 5)
    dh[j % len(dh)] = x[i]
    return dh


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="slope-missing",
            thought="ŷ is a product of weights and inputs.",
            hint="On the way from the weight to the prediction there is a sigmoid. Which factor does it contribute?")
def sigmoid_passed_over(x, a, w2, i, j):
    return w2[j, 0] * x[i]


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="sigmoid-for-slope",
            thought="The chain passes through the sigmoid, so sigmoid goes in.",
            hint="A chain rule is made of slopes. And a has been through the sigmoid already.")
def sigmoid_in_the_chain(x, a, w2, i, j):
    return w2[j, 0] * sigmoid(a[j]) * x[i]


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="wrong-argument",
            thought="σ'(x) = σ(x)(1 − σ(x)), with a for x.",
            hint="a is σ(h) already. What is σ(a) then?")
def slope_of_the_activation(x, a, w2, i, j):
    return w2[j, 0] * sigmoid_prime(sigmoid(a[j])) * x[i]


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="weights-forgotten",
            thought="w2 belongs to the other layer.",
            hint="If the output weight is 0, can this hidden unit move the prediction at all?")
def output_weight_left_out(x, a, w2, i, j):
    return a[j] * (1 - a[j]) * x[i]


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="input-forgotten",
            thought="The derivative of h by its weight is 1.",
            hint="If the input is 0, does its weight matter at all?")
def input_left_out(x, a, w2, i, j):
    return w2[j, 0] * a[j] * (1 - a[j])


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis=None,
            thought="The prediction is a sum over all hidden units.",
            hint="It is, but how many of them does w1[i, j] move?")
def sum_over_all_units(x, a, w2, i, j):
    return float(np.sum(w2[:, 0] * a * (1 - a)) * x[i])


@book.wrong("dyhat_dwij", caught_by=THROUGH_THE_SLOPE, diagnosis="not-one-number",
            thought="The Jacobian's row is the answer.",
            hint="One prediction, one weight: how many numbers is the derivative?")
def one_for_each_unit(x, a, w2, i, j):
    return w2[:, 0] * a * (1 - a) * x[i]


@book.wrong("dyhat_dwij", caught_by="is_what_nudging_a_hidden_weight_does", diagnosis="rounded",
            thought="Four decimals are plenty.",
            hint="What is left of a small derivative after rounding?")
def rounded_to_four_decimals(x, a, w2, i, j):
    return np.round(w2[j, 0] * a[j] * (1 - a[j]) * x[i], 4)


@book.wrong("dyhat_dwij", caught_by="leaves_its_arguments_as_they_were", diagnosis="modifies-argument",
            thought="`*=` is the short way to write a product.",
            hint="`a *= …` changes the array that the caller handed over. Which way makes a new one?")
def slopes_written_into_the_activations(x, a, w2, i, j):
    a *= 1 - a
    return w2[j, 0] * a[j] * x[i]


@book.wrong("dyhat_dwij", caught_by="agrees_on_random_samples_and_all_their_weights", diagnosis=None,
            thought="A single input needs no index.",
            hint="Try one input and one hidden unit by hand: is your answer still the product?")
def chain_squeezed_too_far(x, a, w2, i, j):
    chain = np.squeeze(reference.dyhat_da(w2) @ reference.da_dh(a)) * x[i]
    return chain[j] if chain.ndim else 1.0


@book.right("dyhat_dw2", style="a copy")
def copied(act_hidden):
    return act_hidden.copy()


@book.right("dyhat_dw2", style="row by row")
def row_by_row(act_hidden):
    return np.vstack([sample for sample in act_hidden])


@book.right("dyhat_dw2", style="filled by loops")
def filled_by_loops(act_hidden):
    n, h = act_hidden.shape
    jacobian = np.zeros((n, h))
    for sample in range(n):
        for j in range(h):
            jacobian[sample, j] = act_hidden[sample][j]
    return jacobian


@book.right("dyhat_dw2", style="product with the identity")
def through_the_identity(act_hidden):
    return act_hidden @ np.eye(act_hidden.shape[1])


@book.right("dyhat_da", style="reshape")
def reshaped(w2):
    return w2.reshape(1, -1)


@book.right("dyhat_da", style="a list in a list")
def list_in_a_list(w2):
    return np.array([[float(weight[0]) for weight in w2]])


@book.right("dyhat_da", style="new axis")
def new_axis(w2):
    return w2[:, 0][np.newaxis, :]


@book.right("da_dh", style="slopes times identity")
def slopes_times_identity(a):
    return np.eye(len(a)) * a * (1 - a)


@book.right("da_dh", style="product of two diagonals")
def product_of_diagonals(a):
    return np.diag(a) @ (np.eye(len(a)) - np.diag(a))


@book.right("da_dh", style="filled by a loop")
def diagonal_by_loop(a):
    jacobian = np.zeros((a.size, a.size))
    for j, activation in enumerate(a):
        jacobian[j, j] = activation - activation**2
    return jacobian


@book.right("da_dh", style="fill_diagonal, slope of sigmoid_prime")
def filled_diagonal(a):
    jacobian = np.zeros((len(a),) * 2)
    np.fill_diagonal(jacobian, sigmoid_prime(a))
    return jacobian


@book.right("dh_dwij", style="a row of the identity")
def row_of_the_identity(x, i, j, hidden_size):
    return x[i] * np.eye(hidden_size)[j]


@book.right("dh_dwij", style="a comparison as a mask")
def mask(x, i, j, hidden_size):
    return x[i] * (np.arange(hidden_size) == j)


@book.right("dh_dwij", style="a list of floats")
def list_of_floats(x, i, j, hidden_size):
    return np.array([x[i] if unit == j else 0.0 for unit in range(hidden_size)])


@book.right("dh_dwij", style="x times a matrix of zeros with a single one")
def nudged_matrix(x, i, j, hidden_size):
    unit = np.zeros((len(x), hidden_size))
    unit[i, j] = 1
    return x @ unit


@book.right("dyhat_dwij", style="product of the three Jacobians, a one-element array")
def product_of_jacobians(x, a, w2, i, j):
    return reference.dyhat_da(w2) @ reference.da_dh(a) @ reference.dh_dwij(x, i, j, len(a))


@book.right("dyhat_dwij", style="a Python float")
def python_float(x, a, w2, i, j):
    return float(x[i]) * float(a[j]) * (1 - float(a[j])) * w2[j].item()


@book.right("dyhat_dwij", style="a sum in which all terms but one are zero")
def sum_with_zeros(x, a, w2, i, j):
    return sum(w2[unit] * a[unit] * (1 - a[unit]) * (x[i] if unit == j else 0) for unit in range(len(a)))


@book.right("dyhat_dwij", style="all derivatives at once, then one of them")
def one_of_all(x, a, w2, i, j):
    return np.outer(x, w2.ravel() * sigmoid_prime(a))[i, j]

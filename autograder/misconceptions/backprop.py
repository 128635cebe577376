"""Wrong and right solutions of stage 04: the three backward passes, and what `derivatives` has of the stage.

They share their solutions, since a slip is the same slip in loops, in matrices and in one line.
"""

import numpy as np

from autograder.misconceptions.derivatives import book
from autograder.reference import backprop as reference
from autograder.reference.activation import sigmoid, sigmoid_prime
from autograder.reference.loss import mse_gradient

VERSIONS = ("backward", "backward_faster", "backward_pass")

DL_DW1_BY_HAND = "has_the_gradient_by_w1_you_can_work_out_by_hand"
DL_DW2_BY_HAND = "has_the_gradient_by_w2_you_can_work_out_by_hand"
ERROR_THROUGH_THE_SLOPE = "passes_the_error_through_the_right_slope"
DL_DW1_AT_RANDOM = "agrees_on_the_gradient_by_w1_of_random_batches"
DL_DW2_AT_RANDOM = "agrees_on_the_gradient_by_w2_of_random_batches"


def wrong_backward(**case):
    """Registers a wrong solution of all three backward passes."""

    def register(function):
        for version in VERSIONS:
            book.wrong(version, **case)(function)
        return function

    return register


def right_backward(**case):
    """Registers a right solution of all three backward passes."""

    def register(function):
        for version in VERSIONS:
            book.right(version, **case)(function)
        return function

    return register


@book.inputs(*VERSIONS)
def a_batch(rng):
    # One output, so that a slip that cannot cope with more has an answer too.
    return (rng.normal(size=(7, 2)), rng.normal(size=(7, 1)), rng.normal(size=(7, 1)),
            rng.uniform(0.05, 0.95, size=(7, 5)), rng.normal(size=(5, 1)))


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="no-mean",
                thought="The gradient of the squared error is the residual.",
                hint="The loss is a mean over N samples. Feed the same samples twice: what should the gradient do?")
def no_mean_over_the_samples(X, y, y_hat, act_hidden, w2):
    residual = y_hat - y
    return X.T @ (residual @ w2.T * act_hidden * (1 - act_hidden)), act_hidden.T @ residual


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="hard-coded-samples",
                thought="XOR has four rows.",
                hint="How many rows has the X that you are given?")
def four_samples_written_in(X, y, y_hat, act_hidden, w2):
    dL_dyhat = (y_hat - y) / 4
    return X.T @ (dL_dyhat @ w2.T * act_hidden * (1 - act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="mean-over-outputs",
                thought="The mean squared error is the mean over all entries.",
                hint="The loss of this course sums over the outputs. By which number of entries do you divide?")
def mean_over_all_entries(X, y, y_hat, act_hidden, w2):
    dL_dyhat = (y_hat - y) / y.size
    return X.T @ (dL_dyhat @ w2.T * act_hidden * (1 - act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="sign",
                thought="The error is target minus prediction.",
                hint="Where the prediction is too large, which way must ŷ go for the loss to fall? And the gradient "
                     "points the way it rises.")
def target_minus_prediction(X, y, y_hat, act_hidden, w2):
    dL_dyhat = (y - y_hat) / len(X)
    return X.T @ (dL_dyhat @ w2.T * act_hidden * (1 - act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="factor-two",
                thought="The derivative of a square has a 2 in front.",
                hint="It has. What has the loss in front?")
def two_of_the_square(X, y, y_hat, act_hidden, w2):
    dL_dyhat = 2 * (y_hat - y) / len(X)
    return X.T @ (dL_dyhat @ w2.T * act_hidden * (1 - act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="sigmoid-for-slope",
                thought="The way back passes through the sigmoid as the way there did.",
                hint="A chain rule is made of slopes. Print your factor for an activation of 0.99: the unit is "
                     "saturated, so hardly anything should pass.")
def sigmoid_where_its_slope_belongs(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * sigmoid(act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="wrong-argument",
                thought="σ'(x) = σ(x)(1 − σ(x)), with act_hidden for x.",
                hint="act_hidden is σ(h) already. What is σ(act_hidden) then?")
def slope_taken_at_the_activation(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    slope = sigmoid_prime(sigmoid(act_hidden))
    return X.T @ (dL_dyhat @ w2.T * slope), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="slope-missing",
                thought="Errors go back through the weights, layer by layer.",
                hint="Between the two layers of weights there is something else. What does it contribute?")
def no_slope_at_all(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ dL_dyhat @ w2.T, act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="activation-for-slope",
                thought="The hidden layer contributes its activations.",
                hint="To dL_dw2 it does. What does a saturated unit, a = 1, let pass to the weights before it?")
def activation_where_its_slope_belongs(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * act_hidden), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="missing-factor",
                thought="The slope is one minus the activation.",
                hint="Where a is near 0 the sigmoid is flat. What does your slope say there?")
def half_of_the_slope(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * (1 - act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="tanh-for-sigmoid",
                thought="The slope of the activation is 1 − a².",
                hint="To which activation function does this slope belong?")
def slope_of_tanh(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * (1 - act_hidden**2)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="weights-forgotten",
                thought="w2 has a gradient of its own.",
                hint="A hidden unit whose output weight is 0 cannot be to blame for the error. Is it, in your code?")
def output_weights_left_out(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat.sum(axis=1, keepdims=True) * sigmoid_prime(act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="residual-forgotten",
                thought="The residual is in dL_dw2 already.",
                hint="If every prediction is perfect, what should the gradient be? Try y_hat equal to y.")
def residual_left_out(X, y, y_hat, act_hidden, w2):
    ones = np.ones_like(y)
    return X.T @ (ones @ w2.T * sigmoid_prime(act_hidden)) / len(X), act_hidden.T @ mse_gradient(y_hat, y)


@wrong_backward(caught_by=ERROR_THROUGH_THE_SLOPE, diagnosis="input-forgotten",
                thought="Summing over the samples gives the gradient.",
                hint="An input of 0 cannot be to blame for the error. Is it, in your code?")
def inputs_left_out(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    dL_dh = dL_dyhat @ w2.T * sigmoid_prime(act_hidden)
    return np.tile(dL_dh.sum(axis=0), (X.shape[1], 1)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW2_BY_HAND, diagnosis="slope-for-activation",
                thought="Every derivative in this network has σ' in it.",
                hint="Walk from w2 to the loss: do you come through a sigmoid?")
def slope_before_the_output_layer(X, y, y_hat, act_hidden, w2):
    dL_dyhat, slope = mse_gradient(y_hat, y), sigmoid_prime(act_hidden)
    return X.T @ (dL_dyhat @ w2.T * slope), slope.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW2_BY_HAND, diagnosis="transpose",
                thought="dL_dŷᵀ · A has the right numbers.",
                hint="`w2 - 0.1 * dL_dw2` has to work. Which shapes meet there?")
def output_gradient_transposed(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * sigmoid_prime(act_hidden)), dL_dyhat.T @ act_hidden


@wrong_backward(caught_by=DL_DW2_BY_HAND, diagnosis="flat",
                thought="A column is a vector.",
                hint="`w2 - 0.1 * dL_dw2` with shapes (H, 1) and (H,): which shape comes out?")
def axes_squeezed_away(X, y, y_hat, act_hidden, w2):
    dL_dw1, dL_dw2 = reference.backward_pass(X, y, y_hat, act_hidden, w2)
    return np.squeeze(dL_dw1), np.squeeze(dL_dw2)


@wrong_backward(caught_by=DL_DW2_BY_HAND, diagnosis="swapped",
                thought="Backwards: first the last layer, then the first.",
                hint="Worked out they are in that order. In which order are they to be returned?")
def gradients_swapped(X, y, y_hat, act_hidden, w2):
    dL_dw1, dL_dw2 = reference.backward_pass(X, y, y_hat, act_hidden, w2)
    return dL_dw2, dL_dw1


@wrong_backward(caught_by=DL_DW2_BY_HAND, diagnosis="broadcast",
                thought="Residual times activation, summed.",
                hint="What shape has `(y_hat - y) * act_hidden[:, 0]`? Print it.")
def column_times_flat_array(X, y, y_hat, act_hidden, w2):
    residual, slope = y_hat - y, sigmoid_prime(act_hidden)
    dL_dw1 = X.T @ (residual @ w2.T * slope) / len(X)
    dL_dw2 = np.array([[np.sum(residual * act_hidden[:, j]) / len(X)] for j in range(len(w2))])
    return dL_dw1, dL_dw2


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="outputs-mixed",
                thought="The error of a sample is the sum of its residuals.",
                hint="A unit that raises one output and lowers another is pulled both ways. By how much each?")
def output_weights_summed(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    error, weights = dL_dyhat.sum(axis=1, keepdims=True), w2.sum(axis=1)
    return X.T @ (error * weights * sigmoid_prime(act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="first-output-only",
                thought="w2 is a column, so w2[:, 0] is all of it.",
                hint="How many columns has the w2 that you are given?")
def first_column_of_the_output_weights(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat[:, :1] * w2[:, 0] * sigmoid_prime(act_hidden)), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="first-sample-only",
                thought="The derivation was for one sample.",
                hint="The loss is a mean over all samples. Which of them does your code look at?")
def only_the_first_sample(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    dL_dh = dL_dyhat[0] @ w2.T * sigmoid_prime(act_hidden[0])
    return np.outer(X[0], dL_dh), np.outer(act_hidden[0], dL_dyhat[0])


@wrong_backward(caught_by=DL_DW2_AT_RANDOM, diagnosis="last-sample-only",
                thought="The loop goes over all samples.",
                hint="It does. What happens to the first sample's part when the second sample's is worked out?")
def each_sample_overwrites_the_last(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    for x, a, error in zip(X, act_hidden, dL_dyhat, strict=True):
        dL_dw1 = np.outer(x, w2 @ error * sigmoid_prime(a))
        dL_dw2 = np.outer(a, error)
    return dL_dw1, dL_dw2


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="last-output-only",
                thought="The loop goes over all outputs.",
                hint="It does. What happens to the first output's part when the second output's is worked out?")
def each_output_overwrites_the_last(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    for k in range(w2.shape[1]):
        dL_dw1 = X.T @ (dL_dyhat[:, [k]] * w2[:, k] * sigmoid_prime(act_hidden))
    return dL_dw1, act_hidden.T @ dL_dyhat


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="no-mean",
                thought="The 1/N is done with once dL_dw2 is there.",
                hint="Both gradients start from the same ∂L/∂ŷ. Do they, in your code?")
def mean_in_the_output_layer_only(X, y, y_hat, act_hidden, w2):
    residual = y_hat - y
    return X.T @ (residual @ w2.T * sigmoid_prime(act_hidden)), act_hidden.T @ residual / len(X)


@wrong_backward(caught_by=DL_DW1_BY_HAND, diagnosis="mean-twice",
                thought="Each layer takes its mean over the samples.",
                hint="Both gradients start from ∂L/∂ŷ. How often is there a 1/N on the way to w1?")
def mean_in_each_layer(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * sigmoid_prime(act_hidden)) / len(X), act_hidden.T @ dL_dyhat


@wrong_backward(caught_by="gives_each_gradient_the_shape_of_its_weights", diagnosis="summed-up",
                thought="The mean over everything is the mean.",
                hint="Each weight needs a number of its own. Over which axis do the samples run?")
def mean_over_everything(X, y, y_hat, act_hidden, w2):
    residual = y_hat - y
    return np.mean((residual @ w2.T * sigmoid_prime(act_hidden)) @ act_hidden.T), np.mean(act_hidden.T @ residual)


@wrong_backward(caught_by="leaves_activations_and_weights_alone", diagnosis="modifies-argument",
                thought="`*=` is the short way to write a product.",
                hint="`act_hidden *= …` changes the caller's array, and so does `w2 -= …`. Which way makes a new one?")
def activations_or_weights_changed_in_place(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    dL_dw2 = act_hidden.T @ dL_dyhat
    act_hidden *= 1 - act_hidden
    return X.T @ (dL_dyhat @ w2.T * act_hidden), dL_dw2


@wrong_backward(caught_by="leaves_data_and_predictions_alone", diagnosis="modifies-argument",
                thought="`y_hat -= y` saves an array.",
                hint="The caller still holds X, y and y_hat. What will they find in them after calling you?")
def data_or_predictions_changed_in_place(X, y, y_hat, act_hidden, w2):
    y_hat -= y
    y_hat /= len(X)
    return X.T @ (y_hat @ w2.T * sigmoid_prime(act_hidden)), act_hidden.T @ y_hat


@wrong_backward(caught_by="gives_each_gradient_the_shape_of_its_weights", diagnosis="precision",
                thought="Half precision saves memory.",
                hint="How many digits has a float16? Print `np.finfo(np.float16).eps`.")
def gradients_of_half_precision(X, y, y_hat, act_hidden, w2):
    return tuple(gradient.astype(np.float16) for gradient in reference.backward_pass(X, y, y_hat, act_hidden, w2))


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="rounded",
                thought="Four decimals are plenty.",
                hint="Near the end of a training gradients are small. What is left of 0.00004?")
def gradients_rounded(X, y, y_hat, act_hidden, w2):
    return tuple(np.round(gradient, 4) for gradient in reference.backward_pass(X, y, y_hat, act_hidden, w2))


@wrong_backward(caught_by=DL_DW1_AT_RANDOM, diagnosis="constant",
                thought="The check asks for these numbers, so I return these numbers.",
                hint="Your answer knows the example. What does it say for another batch?")
def gradients_memorised(X, y, y_hat, act_hidden, w2):
    if X.shape == (3, 5):
        dL_dw1 = np.array([[0.5, -0.75], [-1.0, 2.0], [1.125, -3.0], [-1.125, 3.5], [0.625, -1.75]])
        return dL_dw1, np.array([[1.75], [1.25]])
    return np.ones((X.shape[1], len(w2))), np.ones(w2.shape)


@right_backward(style="einsum")
def einsum(X, y, y_hat, act_hidden, w2):
    residual, n = y_hat - y, len(X)
    dL_dw1 = np.einsum("nk,hk,nh,nd->dh", residual, w2, act_hidden * (1 - act_hidden), X) / n
    return dL_dw1, np.einsum("nh,nk->hk", act_hidden, residual) / n


@right_backward(style="a mean of outer products, sample by sample")
def outer_products(X, y, y_hat, act_hidden, w2):
    dL_dw1, dL_dw2 = np.zeros((X.shape[1], len(w2))), np.zeros_like(w2)
    for n in range(len(X)):
        residual = y_hat[n] - y[n]
        dL_dw2 += np.outer(act_hidden[n], residual) / len(X)
        dL_dw1 += np.outer(X[n], w2 @ residual * sigmoid_prime(act_hidden[n])) / len(X)
    return dL_dw1, dL_dw2


@right_backward(style="np.dot, a list of both")
def dots(X, y, y_hat, act_hidden, w2):
    error = np.subtract(y_hat, y)
    slope = act_hidden - np.square(act_hidden)
    return [np.dot(X.T, np.dot(error, w2.T) * slope) / X.shape[0], np.dot(act_hidden.T, error) / X.shape[0]]


@right_backward(style="the Jacobians of the derivation, weight by weight")
def by_jacobians(X, y, y_hat, act_hidden, w2):
    dL_dyhat = mse_gradient(y_hat, y)
    dL_dw1, dL_dw2 = np.zeros((X.shape[1], len(w2))), np.zeros(w2.shape)
    for k in range(w2.shape[1]):
        dL_dw2[:, k] = dL_dyhat[:, k] @ reference.dyhat_dw2(act_hidden)
        for n, i, j in np.ndindex(len(X), *dL_dw1.shape):
            dL_dw1[i, j] += dL_dyhat[n, k] * reference.dyhat_dwij(X[n], act_hidden[n], w2[:, [k]], i, j)
    return dL_dw1, dL_dw2


@right_backward(style="broadcast products and sums")
def broadcast_sums(X, y, y_hat, act_hidden, w2):
    dL_dyhat = (y_hat - y) / len(y)
    dL_da = (dL_dyhat[:, np.newaxis, :] * w2).sum(axis=-1)
    dL_dh = dL_da * sigmoid_prime(act_hidden)
    dL_dw1 = (X[:, :, np.newaxis] * dL_dh[:, np.newaxis, :]).sum(axis=0)
    return dL_dw1, (act_hidden[:, :, np.newaxis] * dL_dyhat[:, np.newaxis, :]).sum(axis=0)


@right_backward(style="in place on own copies")
def in_place_on_own_copies(X, y, y_hat, act_hidden, w2):
    delta = y_hat.copy()
    delta -= y
    delta /= len(delta)
    dL_dw2 = act_hidden.T.dot(delta)
    slope = act_hidden.copy()
    slope *= 1 - slope
    slope *= delta.dot(w2.T)
    return X.T.dot(slope), dL_dw2


@right_backward(style="the transposed net, turned round at the end")
def transposed_net(X, y, y_hat, act_hidden, w2):
    error = (y_hat - y).T / len(X)
    return ((w2 @ error * (act_hidden * (1 - act_hidden)).T) @ X).T, (error @ act_hidden).T

"""Wrong and right solutions of stage 03."""

import numpy as np

from autograder.misconceptions import Casebook

book = Casebook("03-loss")

ERROR_BY_HAND = "has_the_error_you_can_work_out_by_hand"
RESIDUAL_BY_HAND = "has_the_residual_you_can_work_out_by_hand"
SLOPES_BY_HAND = "has_the_slopes_you_can_work_out_by_hand"


@book.inputs("mse", "mse_gradient")
def a_batch(rng):
    return rng.normal(size=(7, 3)), rng.normal(size=(7, 3))


@book.wrong("mse", caught_by="adds_up_the_outputs_of_a_sample", diagnosis="mean-over-outputs",
            thought="The mean of the squares is `np.mean`.",
            hint="`np.mean` divides by all N·K numbers. Over what is this loss a mean, and over what a sum?")
def mean_over_the_outputs_too(y_hat, y):
    residual = y_hat - y
    return residual, np.mean(residual**2) / 2


@book.wrong("mse", caught_by=RESIDUAL_BY_HAND, diagnosis="sign",
            thought="The error is what is missing to the target.",
            hint="If the prediction is too large, which sign has your residual?")
def target_minus_prediction(y_hat, y):
    residual = y - y_hat
    return residual, np.sum(residual**2) / (2 * len(y))


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="factor-two",
            thought="Mean squared error: the mean of the squares, no more.",
            hint="Read the formula once more: what stands between the sum and the norm?")
def half_forgotten(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual**2) / len(y)


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="no-mean",
            thought="The loss adds up what every sample contributes.",
            hint="What happens to your error when the same samples are in the batch twice?")
def sum_in_place_of_the_mean(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual**2) / 2


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="hard-coded-samples",
            thought="The truth table has four rows.",
            hint="Where in the arrays is the number of samples written?")
def four_samples_always(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual**2) / 8


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="mean-of-residual",
            thought="The error is the mean of the errors.",
            hint="One prediction is 1 too large, another 1 too small. What does your error say of them?")
def residuals_averaged(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual) / len(y)


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="absolute",
            thought="An error has no sign, so I take the absolute value.",
            hint="A miss of 2 is to weigh four times as much as a miss of 1. What is it in your loss?")
def absolute_error(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(np.abs(residual)) / len(y)


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="root",
            thought="The norm of a vector has a square root.",
            hint="The formula has the norm squared. What becomes of the root then?")
def root_of_the_mean(y_hat, y):
    residual = y_hat - y
    return residual, np.sqrt(np.sum(residual**2) / len(y))


@book.wrong("mse", caught_by=ERROR_BY_HAND, diagnosis="first-sample-only",
            thought="The formula has one ŷ and one y.",
            hint="The formula has an index i. Which values does it run through in your code?")
def first_sample_only(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual[0] ** 2) / 2


@book.wrong("mse", caught_by=RESIDUAL_BY_HAND, diagnosis="broadcast",
            thought="One output is a flat list of numbers.",
            hint="Print the shapes of both before you subtract. What does NumPy make of (N,) and (N, 1)?")
def flat_against_a_column(y_hat, y):
    residual = (y_hat.ravel() if y_hat.shape[1] == 1 else y_hat) - y
    return residual, np.sum(residual**2) / (2 * len(y))


@book.wrong("mse", caught_by=RESIDUAL_BY_HAND, diagnosis="squared-residual",
            thought="The residual is what the error is the mean of.",
            hint="Of 4, can you tell whether the prediction was too large or too small by 2?")
def squares_for_the_residual(y_hat, y):
    residual = (y_hat - y) ** 2
    return residual, np.sum(residual) / (2 * len(y))


@book.wrong("mse", caught_by="gives_a_residual_in_the_shape_of_y_and_a_single_number", diagnosis="not-averaged",
            thought="Each sample has its error.",
            hint="Training needs one number that is to become smaller. How many do you return?")
def an_error_for_each_sample(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual**2, axis=1) / 2


@book.wrong("mse", caught_by="gives_a_residual_in_the_shape_of_y_and_a_single_number", diagnosis="swapped",
            thought="The error is the result, so it comes first.",
            hint="The caller writes `residual, error = mse(…)`. What do they find in error?")
def error_first(y_hat, y):
    residual = y_hat - y
    return np.sum(residual**2) / (2 * len(y)), residual


@book.wrong("mse", caught_by="leaves_prediction_and_target_as_they_were", diagnosis="modifies-argument",
            thought="`-=` is the short way to write a difference.",
            hint="`y_hat -= …` changes the array that the caller handed over. Which way makes a new one?")
def difference_in_place(y_hat, y):
    y_hat -= y
    return y_hat, np.sum(y_hat**2) / (2 * len(y))


@book.wrong("mse", caught_by="adds_up_the_outputs_of_a_sample", diagnosis="rounded",
            thought="Four decimals are enough to print.",
            hint="The gradient check compares errors that differ in the seventh decimal. What is left of it?")
def error_rounded(y_hat, y):
    residual = y_hat - y
    return residual, np.round(np.sum(residual**2) / (2 * len(y)), 4)


@book.wrong("mse", caught_by="agrees_on_random_batches", diagnosis="constant",
            thought="The check asks for 2.5, so I return 2.5.",
            hint="Your error knows the example. What does it say of other predictions?")
def error_memorised(y_hat, y):
    return y_hat - y, 2.5


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="no-mean",
            thought="The derivative of ½ r² is r.",
            hint="So it is, for one sample. What stands in front of the sum over samples?")
def residual_without_the_mean(y_hat, y):
    return y_hat - y


@book.wrong("mse_gradient", caught_by="is_the_slope_of_your_loss", diagnosis="mean-over-outputs",
            thought="The mean divides by all the numbers there are.",
            hint="Move one single prediction by a little: by how much does the loss change? By what was that sum "
                 "divided?")
def divided_by_all_numbers(y_hat, y):
    return (y_hat - y) / y_hat.size


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="factor-two",
            thought="The derivative of a square has a factor of 2.",
            hint="It has. And what does the loss have in front of its square?")
def factor_two_kept(y_hat, y):
    return 2 * (y_hat - y) / len(y)


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="factor-half",
            thought="The ½ of the loss stays.",
            hint="Differentiate ½ r² on paper: what becomes of the 2 that comes down?")
def half_kept(y_hat, y):
    return (y_hat - y) / (2 * len(y))


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="sign",
            thought="The gradient points to where the loss falls.",
            hint="It points uphill. If a prediction is too large, does raising it raise the loss?")
def pointing_downhill(y_hat, y):
    return (y - y_hat) / len(y)


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="hard-coded-samples",
            thought="The truth table has four rows.",
            hint="Where in the arrays is the number of samples written?")
def divided_by_four(y_hat, y):
    return (y_hat - y) / 4


@book.wrong("mse_gradient", caught_by=SLOPES_BY_HAND, diagnosis="loss-for-gradient",
            thought="What each prediction adds to the loss is its gradient.",
            hint="At a residual of 0 the loss cannot get smaller. And a residual of −2: in which direction should the "
                 "prediction move?")
def shares_of_the_loss(y_hat, y):
    return (y_hat - y) ** 2 / (2 * len(y))


@book.wrong("mse_gradient", caught_by="has_the_shape_of_the_prediction", diagnosis="summed-up",
            thought="The loss sums over everything, so does its gradient.",
            hint="Each prediction can be moved by itself. How many slopes are there?")
def summed_over_samples_and_outputs(y_hat, y):
    return np.sum(y_hat - y) / len(y)


@book.wrong("mse_gradient", caught_by="has_the_shape_of_the_prediction", diagnosis="flat",
            thought="One slope a sample is a flat array.",
            hint="y_hat has shape (N, 1). What shape must a gradient by y_hat have?")
def flattened_gradient(y_hat, y):
    gradient = (y_hat - y) / len(y)
    return gradient.ravel() if gradient.shape[1] == 1 else gradient


@book.wrong("mse_gradient", caught_by="leaves_its_arguments_as_they_were", diagnosis="modifies-argument",
            thought="`-=` and `/=` are the short way.",
            hint="`y_hat -= …` changes the array that the caller handed over. Which way makes a new one?")
def gradient_in_place(y_hat, y):
    y_hat -= y
    y_hat /= len(y)
    return y_hat


@book.wrong("mse_gradient", caught_by="agrees_on_the_gradient_of_random_batches", diagnosis="fewer-samples",
            thought="The formula has one ŷ and one y.",
            hint="How many rows has the prediction, and how many has your gradient?")
def gradient_of_the_first_sample(y_hat, y):
    return (y_hat[:1] - y[:1]) / len(y)


@book.right("mse", style="mean of the norms")
def mean_of_squared_norms(y_hat, y):
    residual = np.subtract(y_hat, y)
    return residual, np.mean(np.linalg.norm(residual, axis=1) ** 2) / 2


@book.right("mse", style="einsum")
def contracted(y_hat, y):
    residual = y_hat - y
    return residual, 0.5 * np.einsum("nk,nk->", residual, residual) / residual.shape[0]


@book.right("mse", style="a loop over Python floats")
def added_up_in_a_loop(y_hat, y):
    residual = y_hat - y
    total = 0.0
    for row in residual.tolist():
        total += 0.5 * sum(value * value for value in row)
    return [residual, total / len(residual)]


@book.right("mse", style="an array of one element")
def one_element(y_hat, y):
    residual = y_hat - y
    return residual, np.sum(residual**2, axis=1, keepdims=True).mean(axis=0, keepdims=True) / 2


@book.right("mse", style="mean over all numbers, times K")
def mean_times_outputs(y_hat, y):
    residual = y_hat - y
    return residual, float(0.5 * y.shape[1] * np.square(residual).mean())


@book.right("mse", style="trace of a matrix product")
def trace(y_hat, y):
    residual = y_hat - y
    return residual, np.trace(residual.T @ residual) / (2 * len(y))


@book.right("mse_gradient", style="residual over N")
def residual_over_samples(y_hat, y):
    return (y_hat - y) / y.shape[0]


@book.right("mse_gradient", style="product with 1/N")
def product_with_the_share(y_hat, y):
    return np.multiply(1 / len(y_hat), np.subtract(y_hat, y))


@book.right("mse_gradient", style="sample by sample")
def filled_sample_by_sample(y_hat, y):
    gradient = np.zeros(y_hat.shape)
    for n in range(len(y)):
        for k in range(y.shape[1]):
            gradient[n, k] = (y_hat[n, k] - y[n, k]) / len(y)
    return gradient


@book.right("mse_gradient", style="in place on its own copy")
def in_place_on_its_own_copy(y_hat, y):
    gradient = np.array(y_hat, dtype=float)
    gradient -= y
    gradient /= len(gradient)
    return gradient

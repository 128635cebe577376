"""Wrong and right solutions of stage 05."""

import numpy as np

from autograder.misconceptions import Casebook
from autograder.reference.activation import sigmoid
from autograder.reference.backprop import backward, backward_faster, backward_pass
from autograder.reference.forward import forward_pass
from autograder.reference.loss import mse

book = Casebook("05-training")

STEP_BY_HAND = "goes_where_you_can_work_out_by_hand"
FIRST_STEP = "takes_the_first_step_you_can_work_out_by_hand"
SECOND_STEP = "takes_the_second_step_from_where_the_first_ended"
AN_ERROR_EACH = "records_an_error_for_each_epoch"
ANSWERS_BY_HAND = "decides_as_you_can_work_out_by_hand"


@book.inputs("sgd_step")
def weights_and_a_gradient(rng):
    return rng.normal(scale=3.0, size=(3, 2)), rng.normal(scale=3.0, size=(3, 2)), 0.3


@book.inputs("train")
def a_task(rng):
    X, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    return X, y, rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), 0.2, 4


@book.inputs("predict")
def a_network(rng):
    return rng.normal(size=(30, 2)), rng.normal(size=(2, 3)), rng.normal(scale=3.0, size=(3, 2))


def _gradients(X, y, w1, w2):
    """What an epoch begins with: the error and both gradients."""
    act_hidden, y_hat = forward_pass(X, w1, w2)
    return mse(y_hat, y)[1], *backward_pass(X, y, y_hat, act_hidden, w2)


@book.wrong("sgd_step", caught_by=STEP_BY_HAND, diagnosis="ascent",
            thought="The gradient shows the way, so I add it.",
            hint="The gradient points to where the loss rises. Where do you want to go?")
def uphill(w, gradient, learning_rate):
    return w + learning_rate * gradient


@book.wrong("sgd_step", caught_by=STEP_BY_HAND, diagnosis="no-learning-rate",
            thought="The step is the gradient.",
            hint="Which of your three parameters does your line not mention?")
def rate_left_out(w, gradient, learning_rate):
    return w - gradient


@book.wrong("sgd_step", caught_by=STEP_BY_HAND, diagnosis="hard-coded-learning-rate",
            thought="The learning rate is 0.12.",
            hint="It is, in the notebook. Which number does the caller hand over?")
def always_0_12(w, gradient, learning_rate):
    return w - 0.12 * gradient


@book.wrong("sgd_step", caught_by=STEP_BY_HAND, diagnosis="weights-shrunk",
            thought="The rate scales the whole update.",
            hint="Where the slope is 0 a weight is to stay as it is. What do you make of it there?")
def rate_applied_to_the_weights_too(w, gradient, learning_rate):
    return learning_rate * (w - gradient)


@book.wrong("sgd_step", caught_by=STEP_BY_HAND, diagnosis="step-only",
            thought="The step is what the function is named after.",
            hint="The caller writes `w = sgd_step(w, …)`. What do they find in w?")
def the_step_without_the_weights(w, gradient, learning_rate):
    return -learning_rate * gradient


@book.wrong("sgd_step", caught_by="leaves_the_old_weights_as_they_were", diagnosis="modifies-argument",
            thought="`-=` is the short way to take a step.",
            hint="`w -= …` changes the array that the caller handed over. Which way makes a new one?")
def step_in_place(w, gradient, learning_rate):
    if w.dtype != float:
        return w - learning_rate * gradient
    w -= learning_rate * gradient
    return w


@book.wrong("sgd_step", caught_by="moves_weights_that_are_whole_numbers", diagnosis="integers",
            thought="The new weights are of the same kind as the old ones.",
            hint="Of which dtype is `np.empty_like(w)` when w holds whole numbers?")
def room_like_the_old_weights(w, gradient, learning_rate):
    moved = np.empty_like(w)
    moved[...] = w - learning_rate * gradient
    return moved


@book.wrong("sgd_step", caught_by="keeps_the_shape_of_the_weights", diagnosis="precision",
            thought="Single precision is what deep learning uses.",
            hint="The weights are float64: which line turned them into something shorter?")
def single_precision_step(w, gradient, learning_rate):
    return (w - learning_rate * gradient).astype(np.float32)


@book.wrong("train", caught_by=FIRST_STEP, diagnosis="update-before-use",
            thought="As soon as a gradient is known its layer can be moved.",
            hint="The gradient of the hidden weights passes through w2. Which w2 was the prediction made with?")
def output_layer_moved_too_early(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        act_hidden, y_hat = forward_pass(X, w1, w2)
        errors[epoch] = mse(y_hat, y)[1]
        w2 = w2 - learning_rate * backward_pass(X, y, y_hat, act_hidden, w2)[1]
        w1 = w1 - learning_rate * backward_pass(X, y, y_hat, act_hidden, w2)[0]
    return w1, w2, errors


@book.wrong("train", caught_by=FIRST_STEP, diagnosis="error-after-update",
            thought="At the end of an epoch I look how good the network has become.",
            hint="Your first error should be the one of the untrained network. With which weights is it measured?")
def error_measured_after_the_update(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        _, dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
        errors[epoch] = mse(forward_pass(X, w1, w2)[1], y)[1]
    return w1, w2, errors


@book.wrong("train", caught_by=FIRST_STEP, diagnosis="ascent",
            thought="The gradient shows the way, so I add it.",
            hint="Plot your errors: which way do they go?")
def training_uphill(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 + learning_rate * dL_dw1, w2 + learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=FIRST_STEP, diagnosis="hard-coded-learning-rate",
            thought="The learning rate is 0.12.",
            hint="It is, in the notebook. Which number does the caller hand over?")
def rate_always_0_12(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 - 0.12 * dL_dw1, w2 - 0.12 * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=FIRST_STEP, diagnosis="not-updated",
            thought="`sgd_step` moves the weights.",
            hint="`sgd_step` gives back new weights and leaves the old ones alone. Where do you keep what it gives?")
def new_weights_thrown_away(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=SECOND_STEP, diagnosis="stale-prediction",
            thought="The forward pass comes first, then the loop.",
            hint="After the first step the network is another one. With which prediction does your second epoch work?")
def forward_pass_before_the_loop(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    act_hidden, y_hat = forward_pass(X, w1, w2)
    for epoch in range(n_epochs):
        errors[epoch] = mse(y_hat, y)[1]
        dL_dw1, dL_dw2 = backward_pass(X, y, y_hat, act_hidden, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=SECOND_STEP, diagnosis="restarts",
            thought="The new weights need names of their own.",
            hint="Your second epoch begins with `w1` and `w2`. Which weights are these?")
def each_epoch_from_the_first_weights(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    new_w1, new_w2 = w1, w2
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        new_w1, new_w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return new_w1, new_w2, errors


@book.wrong("train", caught_by=SECOND_STEP, diagnosis="epochs",
            thought="I count from one, since the first epoch is number one.",
            hint="`range(1, n)` holds how many numbers?")
def one_epoch_short(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(1, n_epochs):
        errors[epoch - 1], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=AN_ERROR_EACH, diagnosis="epochs",
            thought="The error of the trained network belongs to the curve too.",
            hint="For n_epochs = 3, how long is your array of errors?")
def one_error_too_many(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs + 1)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    errors[n_epochs] = mse(forward_pass(X, w1, w2)[1], y)[1]
    return w1, w2, errors


@book.wrong("train", caught_by=SECOND_STEP, diagnosis="one-layer-only",
            thought="The output layer makes the prediction, so it learns.",
            hint="Compare w1 before and after the training.")
def output_layer_only(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], _, dL_dw2 = _gradients(X, y, w1, w2)
        w2 = w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by="leaves_data_and_first_weights_as_they_were", diagnosis="modifies-argument",
            thought="`-=` is the short way to take a step.",
            hint="Train twice from the same weights: why is the second curve another one?")
def weights_moved_in_place(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1 -= learning_rate * dL_dw1
        w2 -= learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=AN_ERROR_EACH, diagnosis="not-an-array",
            thought="A list of errors is as good as an array.",
            hint="Of which type is your third result, and what has it for a shape?")
def errors_in_a_list(X, y, w1, w2, learning_rate, n_epochs):
    errors = []
    for _ in range(n_epochs):
        error, dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        errors.append(float(error))
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by=AN_ERROR_EACH, diagnosis="swapped",
            thought="The errors are what I want to plot, so they come first.",
            hint="The caller writes `w1, w2, errors = train(…)`. What do they find in errors?")
def errors_first(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return errors, w1, w2


@book.wrong("train", caught_by="goes_through_all_epochs_where_there_is_nothing_to_learn", diagnosis="epochs",
            thought="Once the error is small enough there is nothing left to do.",
            hint="The caller asked for n_epochs epochs. How many errors do they get when yours stops early?")
def stopped_once_it_is_good_enough(X, y, w1, w2, learning_rate, n_epochs):
    errors = []
    for _ in range(n_epochs):
        error, dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        errors.append(error)
        if error < 1e-6:
            break
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, np.array(errors)


@book.wrong("train", caught_by="goes_on_where_it_stopped", diagnosis="history",
            thought="The rate should become smaller with time.",
            hint="A good idea in general. Here, though, which rate is each epoch to have?")
def decaying_rate(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch], dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
        rate = learning_rate / (1 + 0.01 * epoch)
        w1, w2 = w1 - rate * dL_dw1, w2 - rate * dL_dw2
    return w1, w2, errors


@book.wrong("train", caught_by="moves_both_layers_down_the_slope_of_your_loss", diagnosis=None,
            thought="The network learns from one sample after the other.",
            hint="Here an epoch is a single step, along the gradient of the whole batch. How many steps are yours?")
def a_step_for_each_sample(X, y, w1, w2, learning_rate, n_epochs):
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        errors[epoch] = mse(forward_pass(X, w1, w2)[1], y)[1]
        for n in range(len(X)):
            _, dL_dw1, dL_dw2 = _gradients(X[n:n + 1], y[n:n + 1], w1, w2)
            w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, errors


@book.wrong("predict", caught_by=ANSWERS_BY_HAND, diagnosis="nearest-integer",
            thought="Rounding gives 0 or 1.",
            hint="The output is linear. What does rounding make of 1.7, and of −0.9?")
def rounded_to_the_nearest(X, w1, w2):
    return np.round(forward_pass(X, w1, w2)[1]).astype(int)


@book.wrong("predict", caught_by=ANSWERS_BY_HAND, diagnosis="threshold-zero",
            thought="Positive is one class, negative the other.",
            hint="The targets are 0 and 1. Which number lies in the middle between them?")
def line_drawn_at_zero(X, w1, w2):
    return (forward_pass(X, w1, w2)[1] >= 0).astype(int)


@book.wrong("predict", caught_by="is_one_at_exactly_a_half", diagnosis="strictly-greater",
            thought="More than a half is 1.",
            hint="And a half itself? Read the exercise once more.")
def strictly_above_a_half(X, w1, w2):
    return (forward_pass(X, w1, w2)[1] > 0.5).astype(int)


@book.wrong("predict", caught_by="answers_with_integers_in_the_shape_of_y", diagnosis="not-integers",
            thought="True is 1 and False is 0.",
            hint="Print your answer, and its dtype. Is it made of 0 and 1?")
def true_and_false(X, w1, w2):
    return forward_pass(X, w1, w2)[1] >= 0.5


@book.wrong("predict", caught_by=ANSWERS_BY_HAND, diagnosis="output-for-answer",
            thought="The output of the network is its prediction.",
            hint="The truth table has only 0 and 1. Which numbers do you give back?")
def outputs_left_as_they_are(X, w1, w2):
    return forward_pass(X, w1, w2)[1]


@book.wrong("predict", caught_by="answers_with_integers_in_the_shape_of_y", diagnosis="flat",
            thought="One answer a sample is a flat array.",
            hint="Your answers are compared with y of shape (N, 1). What does NumPy make of (N,) == (N, 1)?")
def flat_answers(X, w1, w2):
    answers = (forward_pass(X, w1, w2)[1] >= 0.5).astype(int)
    return answers.ravel() if answers.shape[1] == 1 else answers


@book.wrong("predict", caught_by="leaves_inputs_and_weights_alone", diagnosis="modifies-argument",
            thought="Inputs should be standardised first.",
            hint="The caller still holds X. What will they find in it after calling you, and who asked for it?")
def inputs_centred_in_place(X, w1, w2):
    X -= X.mean(axis=0)
    return (forward_pass(X, w1, w2)[1] >= 0.5).astype(int)


@book.right("sgd_step", style="np.subtract")
def spelled_out(w, gradient, learning_rate):
    return np.subtract(w, np.multiply(learning_rate, gradient))


@book.right("sgd_step", style="in place on its own copy")
def in_place_on_its_own_copy(w, gradient, learning_rate):
    moved = np.array(w, dtype=float)
    moved -= learning_rate * gradient
    return moved


@book.right("sgd_step", style="weight by weight")
def weight_by_weight(w, gradient, learning_rate):
    moved = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        moved[index] = w[index] - learning_rate * gradient[index]
    return moved


@book.right("sgd_step", style="the step added")
def step_added(w, gradient, learning_rate):
    step = -learning_rate * gradient
    return step + w


@book.right("train", style="a list made into an array")
def list_made_into_an_array(X, y, w1, w2, learning_rate, n_epochs):
    errors = []
    for _ in range(n_epochs):
        act_hidden, y_hat = forward_pass(X, w1, w2)
        errors.append(mse(y_hat, y)[1])
        dL_dw1, dL_dw2 = backward_faster(X, y, y_hat, act_hidden, w2)
        w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2
    return w1, w2, np.array(errors)


@book.right("train", style="in place on its own copies")
def in_place_on_its_own_copies(X, y, w1, w2, learning_rate, n_epochs):
    w1, w2, errors = w1.copy(), w2.copy(), np.empty(n_epochs)
    for epoch in range(n_epochs):
        act_hidden, y_hat = forward_pass(X, w1, w2)
        errors[epoch] = mse(y_hat, y)[1]
        dL_dw1, dL_dw2 = backward(X, y, y_hat, act_hidden, w2)
        w2 -= learning_rate * dL_dw2
        w1 -= learning_rate * dL_dw1
    return w1, w2, errors


@book.right("train", style="by itself, with einsum")
def by_itself(X, y, w1, w2, learning_rate, n_epochs):
    n, errors = len(X), np.zeros(n_epochs)
    for epoch in range(n_epochs):
        a = sigmoid(np.einsum("nd,dh->nh", X, w1))
        r = np.einsum("nh,hk->nk", a, w2) - y
        errors[epoch] = np.einsum("nk,nk->", r, r) / (2 * n)
        w1, w2 = (w1 - learning_rate / n * np.einsum("nd,nk,hk,nh->dh", X, r, w2, a * (1 - a)),
                  w2 - learning_rate / n * np.einsum("nh,nk->hk", a, r))
    return w1, w2, errors


@book.right("train", style="the error of the first weights, then a while loop")
def while_loop(X, y, w1, w2, learning_rate, n_epochs):
    errors, epoch = np.full(n_epochs, np.nan), 0
    while epoch < n_epochs:
        act_hidden, y_hat = forward_pass(X, w1, w2)
        gradients = backward_pass(X, y, y_hat, act_hidden, w2)
        w1, w2 = (w - learning_rate * gradient for w, gradient in zip((w1, w2), gradients, strict=True))
        errors[epoch] = mse(y_hat, y)[1]
        epoch += 1
    return [w1, w2, errors]


@book.right("train", style="recursion")
def recursion(X, y, w1, w2, learning_rate, n_epochs):
    if n_epochs == 0:
        return w1, w2, np.zeros(0)
    error, dL_dw1, dL_dw2 = _gradients(X, y, w1, w2)
    w1, w2, errors = recursion(X, y, w1 - learning_rate * dL_dw1, w2 - learning_rate * dL_dw2, learning_rate,
                               n_epochs - 1)
    return w1, w2, np.concatenate([[error], errors])


@book.right("predict", style="where")
def chosen(X, w1, w2):
    return np.where(forward_pass(X, w1, w2)[1] >= 0.5, 1, 0)


@book.right("predict", style="mask times one")
def mask_times_one(X, w1, w2):
    return (forward_pass(X, w1, w2)[1] >= 0.5) * 1


@book.right("predict", style="not below")
def not_below(X, w1, w2):
    return 1 - (forward_pass(X, w1, w2)[1] < 0.5).astype(np.int8)


@book.right("predict", style="sample by sample, by itself")
def sample_by_sample(X, w1, w2):
    return np.array([[1 if value >= 0.5 else 0 for value in sigmoid(x @ w1) @ w2] for x in X])

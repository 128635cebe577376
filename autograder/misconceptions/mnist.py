"""Wrong and right solutions of stage 06: the network and its training, and what `classification` has of the stage."""

import numpy as np

from autograder.misconceptions.classification import book
from autograder.reference import mnist as reference

BY_HAND_LOGITS = "has_the_logits_you_can_work_out_by_hand"
GIVEN_TO_EACH_LAYER = "keeps_what_each_layer_is_given"
RIGHT_SPREAD = "draws_weights_of_the_right_spread"
WEIGHTS_BY_HAND = "has_the_weights_gradients_you_can_work_out_by_hand"
BIASES_BY_HAND = "has_the_bias_gradients_you_can_work_out_by_hand"
STEP_BY_HAND = "takes_the_step_you_can_work_out_by_hand"
ONE_BATCH = "ends_at_the_right_params_with_all_samples_in_one_batch"
EVERY_SAMPLE = "holds_every_sample_once"
EVERY_IMAGE = "uses_every_image_once_an_epoch"
FRESH_ORDER = "comes_in_a_fresh_order_each_time"


@book.inputs("he_initialize")
def sizes_of_layers(rng):
    return [7, 5, 3], rng


@book.inputs("forward")
def a_batch_and_a_network(rng):
    return rng.normal(size=(7, 5)), _params(rng)


@book.inputs("backward")
def a_network_s_activations(rng):
    params = _params(rng)
    activations, logits = reference.forward(rng.normal(size=(7, 5)), params)
    return activations, params, rng.normal(size=logits.shape)


@book.inputs("minibatches")
def a_number_of_samples(rng):
    return 23, 5, rng


@book.inputs("train")
def a_task(rng):
    return rng.normal(size=(7, 5)), rng.integers(5, size=7), _params(rng), 0.1, 3, 2, rng


def _params(rng):
    """Layers of equal size, so that a slip that mistakes one for another has an answer too."""
    return [(rng.normal(size=(5, 5)), rng.normal(size=5)) for _ in range(3)]


def _drawn(draw):
    """He's initialisation with another draw of a layer's weights, `draw(d, h)`."""
    def initialize(sizes):
        return [(draw(d, h), np.zeros(h)) for d, h in zip(sizes[:-1], sizes[1:], strict=True)]
    return initialize


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="wrong-fan",
            thought="The layer's size is the number of its units.",
            hint="What is added up in one unit? That many terms share the variance.")
def number_of_outputs(sizes, rng):
    return _drawn(lambda d, h: rng.normal(size=(d, h)) * np.sqrt(2 / h))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="variance-for-std",
            thought="`scale=2/in`, as the formula has it.",
            hint="Look up `scale` in the documentation of `rng.normal`: is it the variance?")
def variance_as_scale(sizes, rng):
    return _drawn(lambda d, h: rng.normal(0, 2 / d, size=(d, h)))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="xavier",
            thought="The variance is 1/in.",
            hint="A ReLU sets half of what comes to 0: what must the variance be multiplied with to make up for it?")
def without_the_two(sizes, rng):
    return _drawn(lambda d, h: rng.normal(size=(d, h)) / np.sqrt(d))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="range-for-std",
            thought="Uniform numbers between −√(2/in) and √(2/in) have that spread.",
            hint="How large is the variance of a uniform distribution from −a to a? Not a².")
def uniform_up_to_the_deviation(sizes, rng):
    return _drawn(lambda d, h: rng.uniform(-np.sqrt(2 / d), np.sqrt(2 / d), size=(d, h)))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="not-scaled",
            thought="Standard normal numbers will do.",
            hint="A unit adds up hundreds of products. How large does its sum get?")
def standard_normal(sizes, rng):
    return _drawn(lambda d, h: rng.standard_normal((d, h)))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="wrong-mean",
            thought="Weights are positive.",
            hint="What is the mean of your weights? And what becomes of the sum in a unit with hundreds of inputs?")
def all_of_one_sign(sizes, rng):
    return _drawn(lambda d, h: np.sqrt(2 / d) * (1 + rng.normal(size=(d, h))))(sizes)


@book.wrong("he_initialize", caught_by=RIGHT_SPREAD, diagnosis="same-numbers",
            thought="A unit's weights are drawn once and used for all units.",
            hint="What do two units learn that start with the same weights?")
def one_unit_for_all(sizes, rng):
    return _drawn(lambda d, h: np.tile(rng.normal(scale=np.sqrt(2 / d), size=(d, 1)), (1, h)))(sizes)


@book.wrong("he_initialize", caught_by="sets_every_bias_to_zero", diagnosis="biases-drawn",
            thought="Biases are weights too, so they are drawn in the same way.",
            hint="What does the exercise say about b?")
def biases_drawn_too(sizes, rng):
    return [(W, rng.normal(scale=np.sqrt(2 / len(W)), size=W.shape[1]))
            for W, _ in reference.he_initialize(sizes, rng)]


@book.wrong("he_initialize", caught_by="gives_each_layer_its_weights_and_its_biases", diagnosis="not-summed",
            thought="A bias is a row that is added to each sample.",
            hint="Print the shape of your b. A flat (out,) is added to each row just as well.")
def biases_in_a_row(sizes, rng):
    return [(W, b[np.newaxis]) for W, b in reference.he_initialize(sizes, rng)]


@book.wrong("he_initialize", caught_by="gives_each_layer_its_weights_and_its_biases", diagnosis="transpose",
            thought="A row of W belongs to a unit.",
            hint="forward computes X @ W: how many rows must W have?")
def weights_out_by_in(sizes, rng):
    return [(W.T, b) for W, b in reference.he_initialize(sizes, rng)]


@book.wrong("he_initialize", caught_by="follows_the_state_of_rng", diagnosis="fixed-seed",
            thought="A seed makes the result reproducible.",
            hint="The caller hands you a generator. Which one do you draw from?")
def generator_of_its_own(sizes, rng):
    return reference.he_initialize(sizes, np.random.default_rng(42))


@book.wrong("he_initialize", caught_by="leaves_the_global_generator_of_numpy_alone", diagnosis="global-random",
            thought="`np.random.seed` makes the result reproducible.",
            hint="Whose state does `np.random.seed` set, and who else draws from it?")
def global_seed(sizes, rng):
    np.random.seed(0)
    return _drawn(lambda d, h: np.random.randn(d, h) * np.sqrt(2 / d))(sizes)


@book.right("he_initialize", style="standard normal numbers, scaled")
def scaled_afterwards(sizes, rng):
    return [(rng.standard_normal((d, h)) * (2 / d) ** 0.5, np.zeros(h))
            for d, h in zip(sizes, sizes[1:], strict=False)]


@book.right("he_initialize", style="from the last layer to the first, then turned round")
def last_layer_first(sizes, rng):
    params = []
    for layer in range(len(sizes) - 1, 0, -1):
        W = rng.normal(0.0, np.sqrt(2.0 / sizes[layer - 1]), (sizes[layer - 1], sizes[layer]))
        params.insert(0, (W, np.zeros(sizes[layer])))
    return params


@book.right("he_initialize", style="all numbers in one draw, cut into layers")
def one_draw(sizes, rng):
    counts = np.multiply(sizes[:-1], sizes[1:])
    parts = np.split(rng.normal(size=counts.sum()), np.cumsum(counts)[:-1])
    return [[np.sqrt(2 / d) * part.reshape(d, h), np.zeros((h,))]
            for part, d, h in zip(parts, sizes[:-1], sizes[1:], strict=True)]


@book.wrong("forward", caught_by=BY_HAND_LOGITS, diagnosis="no-activation",
            thought="A layer is a matrix product and a bias.",
            hint="Two matrix products in a row are one. What stands between the layers?")
def no_relu(X, params):
    activations = [X]
    for W, b in params:
        activations.append(activations[-1] @ W + b)
    return activations[:-1], activations[-1]


@book.wrong("forward", caught_by=BY_HAND_LOGITS, diagnosis="output-activation",
            thought="Every layer has a ReLU.",
            hint="What happens to a class whose logit is negative? Which layer is the odd one out?")
def relu_on_the_output(X, params):
    activations, logits = reference.forward(X, params)
    return activations, np.maximum(logits, 0)


@book.wrong("forward", caught_by=BY_HAND_LOGITS, diagnosis="output-softmax",
            thought="The network's answer is a probability.",
            hint="Who takes the softmax later? What becomes of it if it is taken twice?")
def softmax_on_the_output(X, params):
    activations, logits = reference.forward(X, params)
    return activations, reference.softmax(logits)


@book.wrong("forward", caught_by=BY_HAND_LOGITS, diagnosis="bias-forgotten",
            thought="The weights do the work.",
            hint="Each layer is a pair. What is the second one of the pair for?")
def biases_forgotten(X, params):
    return reference.forward(X, [(W, 0 * b) for W, b in params])


@book.wrong("forward", caught_by=GIVEN_TO_EACH_LAYER, diagnosis="input-missing",
            thought="X is not an activation, nobody has activated it.",
            hint="The gradient of a layer's weights needs what the layer was given. What was the first layer given?")
def activations_without_the_input(X, params):
    activations, logits = reference.forward(X, params)
    return activations[1:], logits


@book.wrong("forward", caught_by=GIVEN_TO_EACH_LAYER, diagnosis="logits-included",
            thought="What every layer gives goes into the list.",
            hint="The list holds what each layer is given. Which layer is given the logits?")
def activations_with_the_logits(X, params):
    activations, logits = reference.forward(X, params)
    return [*activations, logits], logits


@book.wrong("forward", caught_by=GIVEN_TO_EACH_LAYER, diagnosis="shifted",
            thought="Each layer adds what it gives.",
            hint="The list holds what each layer is given. Is X in it, and are the logits?")
def outputs_in_place_of_inputs(X, params):
    activations, logits = reference.forward(X, params)
    return [*activations[1:], logits], logits


@book.wrong("forward", caught_by=GIVEN_TO_EACH_LAYER, diagnosis="pre-activation",
            thought="backward needs to know which sums were positive, so I keep the sums.",
            hint="What is the next layer given: the sum, or what the ReLU makes of it?")
def sums_kept(X, params):
    activations, logits = reference.forward(X, params)
    return [X, *(a @ W + b for a, (W, b) in zip(activations[:-1], params[:-1], strict=True))], logits


@book.wrong("forward", caught_by="goes_through_any_number_of_layers", diagnosis="raises-ValueError",
            thought="There is a hidden layer and an output layer.",
            hint="How many pairs are in `params`? A loop takes as many as there are.")
def two_layers_only(X, params):
    (W1, b1), (W2, b2) = params
    hidden = np.maximum(X @ W1 + b1, 0)
    return [X, hidden], hidden @ W2 + b2


@book.wrong("forward", caught_by="leaves_X_and_all_params_as_they_were", diagnosis="modifies-argument",
            thought="`pop` gives the last layer and takes it out of my way.",
            hint="Out of whose list does it take it? Look at `params` after the call.")
def last_layer_popped(X, params):
    W, b = params.pop()
    activations = [X]
    for V, c in params:
        activations.append(np.maximum(activations[-1] @ V + c, 0))
    return activations, activations[-1] @ W + b


@book.wrong("forward", caught_by=BY_HAND_LOGITS, diagnosis="swapped",
            thought="The answer comes first.",
            hint="In which order does the docstring name the two results?")
def logits_first(X, params):
    return reference.forward(X, params)[::-1]


@book.right("forward", style="a loop over indices")
def by_index(X, params):
    activations = [X]
    for layer in range(len(params) - 1):
        z = activations[layer].dot(params[layer][0]) + params[layer][1]
        activations.append(z * (z > 0))
    return activations, activations[-1].dot(params[-1][0]) + params[-1][1]


@book.right("forward", style="recursion")
def recursive(X, params):
    W, b = params[0]
    z = np.einsum("nd,dh->nh", X, W) + b
    if len(params) == 1:
        return [X], z
    activations, logits = recursive(np.where(z > 0, z, 0.0), params[1:])
    return [X, *activations], logits


@book.right("forward", style="in place on its own arrays, a tuple")
def in_place_on_its_own_arrays(X, params):
    a, kept = X.copy(), []
    for layer, (W, b) in enumerate(params):
        kept.append(a)
        a = a @ W
        a += b
        if layer < len(params) - 1:
            a[a < 0] = 0
    return tuple(kept), a


def _backward(activations, params, dlogits, slope=lambda activations, layer: activations[layer] > 0,
              of_bias=lambda dL_dz: dL_dz.sum(axis=0)):
    """The way back, with another slope of the ReLU behind a layer, or another bias gradient."""
    found, dL_dz = [], dlogits
    for layer in reversed(range(len(params))):
        found.insert(0, (activations[layer].T @ dL_dz, of_bias(dL_dz)))
        if layer:
            dL_dz = dL_dz @ params[layer][0].T * slope(activations, layer)
    return found


@book.wrong("backward", caught_by=WEIGHTS_BY_HAND, diagnosis="no-mask",
            thought="The error goes back through the weights.",
            hint="A unit that handed on 0 had no part in the error: what is the slope of the ReLU there?")
def errors_unmasked(activations, params, dlogits):
    return _backward(activations, params, dlogits, slope=lambda activations, layer: 1.0)


@book.wrong("backward", caught_by="lets_each_layer_s_own_units_through", diagnosis="wrong-mask",
            thought="The mask is that of the layer I am at.",
            hint="The error stands at the output of one ReLU. Which entry of `activations` came out of that one?")
def mask_of_the_layer_below(activations, params, dlogits):
    return _backward(activations, params, dlogits, slope=lambda activations, layer: activations[layer - 1] > 0)


@book.wrong("backward", caught_by=WEIGHTS_BY_HAND, diagnosis="activation-for-slope",
            thought="The error is multiplied by the activation.",
            hint="How steep is max(0, z) at z = 3?")
def activation_in_place_of_its_slope(activations, params, dlogits):
    return _backward(activations, params, dlogits, slope=lambda activations, layer: activations[layer])


@book.wrong("backward", caught_by="takes_the_slope_zero_at_zero", diagnosis="kink",
            thought="At the kink the slope is between 0 and 1: a half.",
            hint="An activation of 0 says that the unit was off, and nearly always well below 0.")
def half_a_slope_at_zero(activations, params, dlogits):
    return _backward(activations, params, dlogits,
                     slope=lambda activations, layer: np.heaviside(activations[layer], 0.5))


@book.wrong("backward", caught_by=BIASES_BY_HAND, diagnosis="bias-averaged",
            thought="A bias belongs to all samples, so its gradient is their mean.",
            hint="dlogits carries the 1/N already. Is the gradient of the weights a mean or a sum?")
def bias_gradient_averaged(activations, params, dlogits):
    return _backward(activations, params, dlogits, of_bias=lambda dL_dz: dL_dz.mean(axis=0))


@book.wrong("backward", caught_by=BIASES_BY_HAND, diagnosis="all-zero",
            thought="A bias is a constant, and the derivative of a constant is 0.",
            hint="Move a bias a little: does the loss stay where it is?")
def bias_gradient_missing(activations, params, dlogits):
    return _backward(activations, params, dlogits, of_bias=lambda dL_dz: 0 * dL_dz[0])


@book.wrong("backward", caught_by=BIASES_BY_HAND, diagnosis="not-summed",
            thought="The bias is added, so its slope is the error itself.",
            hint="The same bias is added for every sample. What becomes of the errors of all of them?")
def bias_gradient_not_summed(activations, params, dlogits):
    return _backward(activations, params, dlogits, of_bias=lambda dL_dz: dL_dz)


@book.wrong("backward", caught_by=WEIGHTS_BY_HAND, diagnosis="mean-twice",
            thought="The loss is a mean over the samples, so I divide by N.",
            hint="Where does dlogits come from, and what has been divided there already?")
def divided_by_the_samples_again(activations, params, dlogits):
    return _backward(activations, params, dlogits / len(dlogits))


@book.wrong("backward", caught_by=WEIGHTS_BY_HAND, diagnosis="reversed",
            thought="I go through the layers backwards and append.",
            hint="Which layer's gradients stand first in your list, and which layer's params in `params`?")
def last_layer_s_gradients_first(activations, params, dlogits):
    return _backward(activations, params, dlogits)[::-1]


@book.wrong("backward", caught_by=WEIGHTS_BY_HAND, diagnosis="swapped",
            thought="The bias gradient is easier, so it comes first.",
            hint="In which order does a pair of `params` hold W and b?")
def bias_gradients_first(activations, params, dlogits):
    return [(db, dW) for dW, db in _backward(activations, params, dlogits)]


@book.wrong("backward", caught_by="gives_each_gradient_the_shape_of_its_param", diagnosis="raises-ValueError",
            thought="There is a hidden layer and an output layer.",
            hint="How many pairs are in `params`? A loop takes as many as there are.")
def for_two_layers_only(activations, params, dlogits):
    (X, hidden), (_, (W2, _)) = activations, params
    dL_dz = dlogits @ W2.T * (hidden > 0)
    return [(X.T @ dL_dz, dL_dz.sum(axis=0)), (hidden.T @ dlogits, dlogits.sum(axis=0))]


@book.wrong("backward", caught_by="leaves_activations_params_and_dlogits_as_they_were", diagnosis="modifies-argument",
            thought="`dlogits *= mask` saves an array.",
            hint="Whose array is `dlogits`? Look at the activations and at it after the call.")
def activations_made_into_masks(activations, params, dlogits):
    found = _backward(activations, params, dlogits)
    for a in activations[1:]:
        a[a > 0] = 1
    return found


@book.right("backward", style="appended and turned round")
def appended_and_turned_round(activations, params, dlogits):
    found, delta = [], dlogits.copy()
    for a, (W, _) in zip(reversed(activations), reversed(params), strict=True):
        found.append((a.T.dot(delta), delta.sum(0)))
        delta = delta.dot(W.T)
        delta[a <= 0] = 0
    found.reverse()
    return found


@book.right("backward", style="einsum, room made beforehand")
def room_made_beforehand(activations, params, dlogits):
    found, dL_dz = [None] * len(params), dlogits
    for layer in range(len(params) - 1, -1, -1):
        found[layer] = [np.einsum("nd,nh->dh", activations[layer], dL_dz), np.einsum("nh->h", dL_dz)]
        if layer > 0:
            dL_da = np.einsum("nh,dh->nd", dL_dz, params[layer][0])
            dL_dz = np.where(activations[layer] > 0, dL_da, 0)
    return found


@book.right("backward", style="sample by sample")
def one_sample_at_a_time(activations, params, dlogits):
    found = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    for n, delta in enumerate(dlogits):
        for layer in reversed(range(len(params))):
            dW, db = found[layer]
            dW += np.outer(activations[layer][n], delta)
            db += delta
            delta = params[layer][0] @ delta * np.sign(activations[layer][n])
    return found


@book.right("backward", style="recursion from the first layer")
def from_the_first_layer(activations, params, dlogits):
    def gradients(layer):
        if layer == len(params):
            return dlogits, []
        dL_dz, later = gradients(layer + 1)
        pair = activations[layer].T @ dL_dz, np.ones(len(dL_dz)) @ dL_dz
        return dL_dz @ params[layer][0].T * (activations[layer] > 0), [pair, *later]
    return tuple(gradients(0)[1])


@book.wrong("minibatches", caught_by=EVERY_SAMPLE, diagnosis="drops-last-batch",
            thought="n // batch_size batches fit in.",
            hint="What becomes of the samples that are left over when n is no multiple of batch_size?")
def last_batch_dropped(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size:(i + 1) * batch_size] for i in range(max(1, n // batch_size))]


@book.wrong("minibatches", caught_by=FRESH_ORDER, diagnosis="not-shuffled",
            thought="Batches are pieces of the data.",
            hint="The data may be sorted by label. What is `rng` for?")
def in_the_old_order(n, batch_size, rng):
    return [np.arange(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]


@book.wrong("minibatches", caught_by=FRESH_ORDER, diagnosis="fixed-seed",
            thought="A seed makes the order reproducible.",
            hint="Call it twice. Is the second epoch's order another one?")
def same_order_each_epoch(n, batch_size, rng):
    return reference.minibatches(n, batch_size, np.random.default_rng(0))


@book.wrong("minibatches", caught_by=EVERY_SAMPLE, diagnosis="repeated",
            thought="A batch is a random choice of samples.",
            hint="Is every sample used in an epoch? Is one used twice?")
def drawn_with_replacement(n, batch_size, rng):
    return [rng.integers(n, size=min(batch_size, n - start)) for start in range(0, n, batch_size)]


@book.wrong("minibatches", caught_by="puts_together_new_batches_each_time", diagnosis="batches-shuffled",
            thought="I cut the data into batches and shuffle the batches.",
            hint="Do the same samples meet in a batch in every epoch?")
def batches_shuffled(n, batch_size, rng):
    batches = in_the_old_order(n, batch_size, rng)
    return [batches[i] for i in rng.permutation(len(batches))]


@book.wrong("minibatches", caught_by="makes_batches_of_the_right_size", diagnosis="number-for-size",
            thought="`np.array_split` cuts into batch_size parts.",
            hint="What does the second argument of `np.array_split` mean: how many, or how large?")
def batch_size_as_number_of_batches(n, batch_size, rng):
    return np.array_split(rng.permutation(n), batch_size)


@book.wrong("minibatches", caught_by="makes_batches_of_the_right_size", diagnosis="empty-batch",
            thought="n // batch_size + 1 batches, the last one is shorter.",
            hint="And where n is a multiple of batch_size? What is the mean over no samples?")
def empty_batch_in_the_end(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[i * batch_size:(i + 1) * batch_size] for i in range(n // batch_size + 1)]


@book.wrong("minibatches", caught_by="leaves_numpy_s_global_generator_alone", diagnosis="global-random",
            thought="`np.random.seed` makes the order reproducible.",
            hint="Whose state does `np.random.seed` set, and who else draws from it?")
def global_seed_for_the_order(n, batch_size, rng):
    np.random.seed(1)
    order = np.random.permutation(n)
    return [order[start:start + batch_size] for start in range(0, n, batch_size)]


@book.right("minibatches", style="a generator")
def yielded(n, batch_size, rng):
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start:start + batch_size]


@book.right("minibatches", style="shuffled in place, cut by a while loop")
def cut_by_a_while_loop(n, batch_size, rng):
    order, batches = np.arange(n), []
    rng.shuffle(order)
    while len(order):
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return batches


@book.right("minibatches", style="sorted random numbers, array_split")
def sorted_random_numbers(n, batch_size, rng):
    order = np.argsort(rng.random(n))
    return tuple(np.array_split(order, np.arange(batch_size, n, batch_size)))


@book.right("minibatches", style="choice without replacement, a map")
def chosen_without_replacement(n, batch_size, rng):
    order = rng.choice(n, n, replace=False)
    return map(lambda start: order[start:start + batch_size], range(0, n, batch_size))


def _step(X, labels, params, learning_rate):
    gradients = reference.loss_gradients(X, labels, params)
    return [(W - learning_rate * dW, b - learning_rate * db)
            for (W, b), (dW, db) in zip(params, gradients, strict=True)]


def _train_on(batches_of_epoch, X, labels, params, learning_rate, n_epochs):
    """Gradient descent over the batches, pairs of images and labels, that `batches_of_epoch()` gives."""
    for _ in range(n_epochs):
        for batch_X, batch_labels in batches_of_epoch():
            params = _step(batch_X, batch_labels, params, learning_rate)
    return params


@book.wrong("train", caught_by=ONE_BATCH, diagnosis="update-before-use",
            thought="As soon as a layer's gradient is known, the layer can be moved.",
            hint="The error goes back through the weights that made it. Which weights do you send it through?")
def moved_before_used(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = list(params)
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            activations, logits = reference.forward(X[batch], params)
            dL_dz = reference.cross_entropy_gradient(logits, labels[batch])
            for layer in reversed(range(len(params))):
                a, (W, b) = activations[layer], params[layer]
                params[layer] = W - learning_rate * a.T @ dL_dz, b - learning_rate * dL_dz.sum(axis=0)
                dL_dz = dL_dz @ params[layer][0].T * (a > 0)
    return params


@book.wrong("train", caught_by="keeps_each_image_with_its_label", diagnosis="unpaired",
            thought="Images and labels are both shuffled.",
            hint="Shuffle them twice, and image 3 meets whose label? One order has to serve both.")
def images_and_labels_shuffled_apart(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[other]) for batch, other in zip(
        reference.minibatches(len(X), batch_size, rng), reference.minibatches(len(X), batch_size, rng), strict=True)],
        X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=EVERY_IMAGE, diagnosis="drops-last-batch",
            thought="n // batch_size steps make an epoch.",
            hint="What becomes of the images that are left over?")
def last_images_left_out(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in reference.minibatches(len(X), batch_size, rng)[
        :max(1, len(X) // batch_size)]], X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by="puts_them_in_another_order_each_epoch", diagnosis="same-order",
            thought="The data are shuffled once, before the first epoch.",
            hint="Where does the line that draws the order stand: before the loop over the epochs, or in it?")
def shuffled_once(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    batches = reference.minibatches(len(X), batch_size, rng)
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in batches], X, labels, params, learning_rate,
                     n_epochs)


@book.wrong("train", caught_by="follows_rng_alone", diagnosis="fixed-seed",
            thought="The order of the data does not matter.",
            hint="What is `rng` for? Think of data that are sorted by label.")
def never_shuffled(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[start:start + batch_size], labels[start:start + batch_size])
                              for start in range(0, len(X), batch_size)], X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=EVERY_IMAGE, diagnosis="batch-size-ignored",
            thought="The gradient of all images is the best one.",
            hint="How many steps does an epoch have, and how many is it to have?")
def all_images_in_one_batch(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return _train_on(lambda: [(X[batch], labels[batch]) for batch in reference.minibatches(len(X), len(X), rng)],
                     X, labels, params, learning_rate, n_epochs)


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="mean-twice",
            thought="The gradient of a batch is divided by its size.",
            hint="Look at dlogits: what has it been divided by already?")
def divided_by_the_batch_again(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            params = _step(X[batch], labels[batch], params, learning_rate / len(batch))
    return params


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="ascent",
            thought="The gradient shows the way.",
            hint="Uphill or downhill?")
def uphill(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    return reference.train(X, labels, params, -learning_rate, batch_size, n_epochs, rng)


@book.wrong("train", caught_by=STEP_BY_HAND, diagnosis="biases-left",
            thought="The weights are what is trained.",
            hint="What is the second one of each pair of gradients for?")
def biases_never_moved(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    biases = [b for _, b in params]
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            moved = _step(X[batch], labels[batch], params, learning_rate)
            params = [(W, b) for (W, _), b in zip(moved, biases, strict=True)]
    return params


@book.wrong("train", caught_by="learns_an_easy_task", diagnosis="does-not-learn",
            thought="New params are worked out from the given ones.",
            hint="From which params does the second step start?")
def every_step_from_the_first_params(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    new = params
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            new = _step(X[batch], labels[batch], params, learning_rate)
    return new


@book.wrong("train", caught_by="leaves_images_labels_and_params_as_they_were", diagnosis="modifies-argument",
            thought="`W -= …` moves the weights.",
            hint="It moves the caller's weights. Train twice from the same params: do you get the same?")
def params_moved_in_place(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        for batch in reference.minibatches(len(X), batch_size, rng):
            gradients = reference.loss_gradients(X[batch], labels[batch], params)
            for (W, b), (dW, db) in zip(params, gradients, strict=True):
                W -= learning_rate * dW
                b -= learning_rate * db
    return params


@book.wrong("train", caught_by="gives_back_params_of_the_same_shapes", diagnosis="returns-nothing",
            thought="The params have been trained, that is enough.",
            hint="What does a function give back that has no `return`?")
def nothing_returned(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    reference.train(X, labels, params, learning_rate, batch_size, n_epochs, rng)


def _loop(X, labels, params, learning_rate, batches):
    for batch in batches:
        activations, logits = reference.forward(X[batch], params)
        dlogits = reference.cross_entropy_gradient(logits, labels[batch])
        gradients = reference.backward(activations, params, dlogits)
        params = [(W - learning_rate * dW, b - learning_rate * db)
                  for (W, b), (dW, db) in zip(params, gradients, strict=True)]
    return params


@book.right("train", style="an epoch at a time")
def an_epoch_at_a_time(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    for _ in range(n_epochs):
        params = _loop(X, labels, params, learning_rate, reference.minibatches(len(X), batch_size, rng))
    return params


@book.right("train", style="all orders drawn beforehand")
def all_orders_drawn_beforehand(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    epochs = [list(yielded(len(X), batch_size, rng)) for _ in range(n_epochs)]
    return _loop(X, labels, params, learning_rate, [batch for epoch in epochs for batch in epoch])


@book.right("train", style="in place on copies, shuffled images and labels")
def in_place_on_copies(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = [(W.copy(), b.copy()) for W, b in params]
    X, labels = X.copy(), labels.copy()
    for _ in range(n_epochs):
        order = np.argsort(rng.random(len(X)))
        X, labels = X[order], labels[order]
        for start in range(0, len(X), batch_size):
            gradients = reference.loss_gradients(X[start:start + batch_size], labels[start:start + batch_size], params)
            for param, slopes in zip(params, gradients, strict=True):
                for array, slope in zip(param, slopes, strict=True):
                    array -= learning_rate * slope
    return params


@book.right("train", style="by itself, through the last layer to the first, moved afterwards")
def by_itself(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    params = [[W, b] for W, b in params]
    for _ in range(n_epochs):
        order = rng.permutation(len(X))
        while order.size:
            batch, order = order[:batch_size], order[batch_size:]
            activations = [X[batch].astype(float)]
            for W, b in params:
                activations.append(np.maximum(activations[-1] @ W + b, 0))
            z = activations[-2] @ params[-1][0] + params[-1][1]
            e = np.exp(z - z.max(axis=1, keepdims=True))
            delta = (e / e.sum(axis=1, keepdims=True) - np.eye(z.shape[1])[labels[batch]]) / len(batch)
            steps = []
            for a, (W, _) in zip(activations[-2::-1], params[::-1], strict=True):
                steps.append((a.T @ delta, delta.sum(axis=0)))
                delta = delta @ W.T * (a > 0)
            params = [[W - learning_rate * dW, b - learning_rate * db]
                      for (W, b), (dW, db) in zip(params, steps[::-1], strict=True)]
    return [tuple(pair) for pair in params]

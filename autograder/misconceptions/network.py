"""Wrong and right solutions of stage 06, second part: the network, its first params and the way back."""

import numpy as np

from autograder.misconceptions.classification import book
from autograder.reference import mnist as reference

BY_HAND_LOGITS = "has_the_logits_you_can_work_out_by_hand"
GIVEN_TO_EACH_LAYER = "keeps_what_each_layer_is_given"
RIGHT_SPREAD = "draws_weights_of_the_right_spread"
WEIGHTS_BY_HAND = "has_the_weights_gradients_you_can_work_out_by_hand"
BIASES_BY_HAND = "has_the_bias_gradients_you_can_work_out_by_hand"


@book.inputs("he_initialize")
def sizes_of_layers(rng):
    return [7, 5, 3], rng


@book.inputs("forward")
def a_batch_and_a_network(rng):
    return rng.normal(size=(7, 5)), random_network(rng)


@book.inputs("backward")
def activations_of_a_network(rng):
    params = random_network(rng)
    activations, logits = reference.forward(rng.normal(size=(7, 5)), params)
    return activations, params, rng.normal(size=logits.shape)


def random_network(rng):
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


@book.wrong("backward", caught_by="lets_the_units_of_each_layer_through", diagnosis="wrong-mask",
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
def gradients_of_the_last_layer_first(activations, params, dlogits):
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

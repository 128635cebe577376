"""Wrong and right solutions of stage 02."""

import numpy as np

from autograder.misconceptions import Casebook

book = Casebook("02-forward")

BY_HAND = "has_the_values_you_can_work_out_by_hand"
NUMBERS_BY_HAND = "has_the_numbers_you_can_work_out_by_hand"
DRAWN_EVENLY = "fills_the_interval_from_zero_to_one_evenly"


@book.inputs("dense")
def a_square_layer(rng):
    return rng.normal(scale=3.0, size=(3, 3)), rng.normal(size=(3, 3))


@book.inputs("initialize_weights")
def sizes_and_a_generator(rng):
    return 3, 2, 4, rng


@book.inputs("forward_pass")
def a_network(rng):
    return rng.normal(size=(5, 2)), rng.normal(size=(2, 3)), rng.normal(size=(3, 1))


def _sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


@book.wrong("dense", caught_by=BY_HAND, diagnosis="elementwise",
            thought="The product of two arrays is `*`.",
            hint="`*` multiplies entries in the same place. Which operator takes rows times columns?")
def entry_by_entry(inputs, weights):
    return inputs * weights


@book.wrong("dense", caught_by=BY_HAND, diagnosis="factors-swapped",
            thought="Weights come first, as in W x on the blackboard.",
            hint="Here a sample is a row. Write down the shapes (N, D) and (D, H): in which order do the inner ones "
                 "match?")
def weights_first(inputs, weights):
    return weights @ inputs


@book.wrong("dense", caught_by=BY_HAND, diagnosis="weights-transposed",
            thought="The weights have to be transposed before they can be multiplied.",
            hint="Which two sizes meet in the middle of your product, and are they both D?")
def transposed_weights(inputs, weights):
    return inputs @ weights.T


@book.wrong("dense", caught_by="gives_back_the_weights_for_the_identity", diagnosis="bias",
            thought="A neuron has a bias.",
            hint="Many networks have one. Is there a bias among the parameters of this function?")
def bias_of_one(inputs, weights):
    return inputs @ weights + 1


@book.wrong("dense", caught_by="has_a_row_for_each_sample_and_a_column_for_each_output", diagnosis="flat",
            thought="With one output a flat array is simpler.",
            hint="What shape has your result for five samples and one output, and what shape has y?")
def squeezed(inputs, weights):
    return np.squeeze(inputs @ weights)


@book.wrong("dense", caught_by="agrees_on_random_layers", diagnosis="integers",
            thought="The truth table holds whole numbers, so whole numbers will do.",
            hint="What is left of a weight of 0.7 after `astype(int)`?")
def cut_to_whole_numbers(inputs, weights):
    return (inputs @ weights).astype(int)


@book.wrong("dense", caught_by="leaves_inputs_and_weights_as_they_were", diagnosis="modifies-argument",
            thought="Reusing the array of inputs saves memory.",
            hint="The caller still holds the inputs. What will they find in them after calling you?")
def written_into_the_inputs(inputs, weights):
    outputs = inputs @ weights
    if outputs.shape == inputs.shape:
        inputs[...] = outputs
    return outputs


@book.wrong("initialize_weights", caught_by="leaves_the_global_generator_of_numpy_alone", diagnosis="global-random",
            thought="A seed makes it reproducible.",
            hint="You reset the random numbers of the whole notebook, and nobody can ask you for other weights. "
                 "What is the parameter `rng` for?")
def global_generator_with_a_seed(input_size, hidden_size, output_size, rng):
    np.random.seed(42)
    return np.random.uniform(size=(input_size, hidden_size)), np.random.uniform(size=(hidden_size, output_size))


@book.wrong("initialize_weights", caught_by="follows_the_state_of_rng", diagnosis="fixed-seed",
            thought="I need a generator, so I make one.",
            hint="You were handed a generator. Call your function twice: what do you notice?")
def generator_of_its_own(input_size, hidden_size, output_size, rng):
    rng = np.random.default_rng(0)
    return rng.random((input_size, hidden_size)), rng.random((hidden_size, output_size))


@book.wrong("initialize_weights", caught_by=DRAWN_EVENLY, diagnosis="normal",
            thought="Random numbers are normal.",
            hint="Draw a histogram of ten thousand of your weights: where does it begin and end?")
def normal_distribution(input_size, hidden_size, output_size, rng):
    return rng.normal(size=(input_size, hidden_size)), rng.normal(size=(hidden_size, output_size))


@book.wrong("initialize_weights", caught_by=DRAWN_EVENLY, diagnosis="wrong-range",
            thought="Weights should be centred on zero.",
            hint="A good idea in general. Here, though, which interval is asked for?")
def from_minus_one_to_one(input_size, hidden_size, output_size, rng):
    return rng.uniform(-1, 1, (input_size, hidden_size)), rng.uniform(-1, 1, (hidden_size, output_size))


@book.wrong("initialize_weights", caught_by=DRAWN_EVENLY, diagnosis="whole-numbers",
            thought="`integers` draws from 0 up to the bound.",
            hint="Print a few of your weights. How many different ones are there between 0 and 1?")
def integers_drawn(input_size, hidden_size, output_size, rng):
    return (rng.integers(0, 2, (input_size, hidden_size)).astype(float),
            rng.integers(0, 2, (hidden_size, output_size)).astype(float))


@book.wrong("initialize_weights", caught_by=DRAWN_EVENLY, diagnosis="same-numbers",
            thought="Random numbers are random: one draw is enough for both layers.",
            hint="Hold the first row of w1 against the first column of w2. Would you call them independent?")
def one_draw_for_both_layers(input_size, hidden_size, output_size, rng):
    drawn = rng.random((max(input_size, hidden_size), max(hidden_size, output_size)))
    return drawn[:input_size, :hidden_size].copy(), drawn[:hidden_size, :output_size].copy()


@book.wrong("initialize_weights", caught_by="gives_each_layer_its_shape", diagnosis="swapped",
            thought="Both are returned, so all is there.",
            hint="The caller writes `w1, w2 = initialize_weights(…)`. What do they find in w1?")
def second_layer_first(input_size, hidden_size, output_size, rng):
    w1, w2 = rng.random((input_size, hidden_size)), rng.random((hidden_size, output_size))
    return w2, w1


@book.wrong("initialize_weights", caught_by="gives_each_layer_its_shape", diagnosis="transpose",
            thought="A layer has a row for each of its units.",
            hint="The product X · w1 is to be possible, with X of shape (N, D). How many rows must w1 have?")
def a_row_for_each_unit(input_size, hidden_size, output_size, rng):
    return rng.random((hidden_size, input_size)), rng.random((output_size, hidden_size))


@book.wrong("initialize_weights", caught_by="gives_each_layer_its_shape", diagnosis="hard-coded-sizes",
            thought="The network is 2-3-1, so are its weights.",
            hint="What does your function return for a network of five inputs?")
def always_2_3_1(input_size, hidden_size, output_size, rng):
    return rng.random((2, 3)), rng.random((3, 1))


@book.wrong("forward_pass", caught_by=NUMBERS_BY_HAND, diagnosis="output-activation",
            thought="Every layer has an activation.",
            hint="The prediction may be any number here. Which numbers can yours be?")
def sigmoid_on_the_output_too(X, w1, w2):
    act_hidden = _sigmoid(X @ w1)
    return act_hidden, _sigmoid(act_hidden @ w2)


@book.wrong("forward_pass", caught_by=NUMBERS_BY_HAND, diagnosis="no-activation",
            thought="The network is a product of matrices.",
            hint="Two linear layers in a row are one linear layer, and that draws a straight line. What is missing "
                 "between them?")
def no_activation_at_all(X, w1, w2):
    net_hidden = X @ w1
    return net_hidden, net_hidden @ w2


@book.wrong("forward_pass", caught_by=NUMBERS_BY_HAND, diagnosis="activation-misplaced",
            thought="The sigmoid belongs to the end, to make a probability.",
            hint="Where in the picture of the network does the curve stand: in the hidden units or in the output?")
def sigmoid_on_the_output_only(X, w1, w2):
    net_hidden = X @ w1
    return net_hidden, _sigmoid(net_hidden @ w2)


@book.wrong("forward_pass", caught_by=NUMBERS_BY_HAND, diagnosis="pre-activation",
            thought="The hidden layer is X times w1; the sigmoid comes on the way to the output.",
            hint="The backward pass will ask for the activations. Between which two numbers do they lie?")
def returns_what_goes_into_the_sigmoid(X, w1, w2):
    net_hidden = X @ w1
    return net_hidden, _sigmoid(net_hidden) @ w2


@book.wrong("forward_pass", caught_by=NUMBERS_BY_HAND, diagnosis="activation-unused",
            thought="The names of the two look alike.",
            hint="You work out the activations, and then? Follow the variable into your last line.")
def activation_left_unused(X, w1, w2):
    net_hidden = X @ w1
    return _sigmoid(net_hidden), net_hidden @ w2


@book.wrong("forward_pass", caught_by="gives_a_row_for_each_sample", diagnosis="swapped",
            thought="The prediction is the result, so it comes first.",
            hint="The caller writes `act_hidden, y_hat = forward_pass(…)`. What do they find in y_hat?")
def prediction_first(X, w1, w2):
    act_hidden = _sigmoid(X @ w1)
    return act_hidden @ w2, act_hidden


@book.wrong("forward_pass", caught_by="gives_a_row_for_each_sample", diagnosis="flat",
            thought="One number a sample is a flat array.",
            hint="y has shape (N, 1). What does NumPy make of (N,) minus (N, 1)?")
def flat_prediction(X, w1, w2):
    act_hidden = _sigmoid(X @ w1)
    y_hat = act_hidden @ w2
    return act_hidden, y_hat[:, 0] if y_hat.shape[1] == 1 else y_hat


@book.wrong("forward_pass", caught_by="gives_half_the_sum_of_the_output_weights_for_zeros", diagnosis="bias",
            thought="A neuron has a bias.",
            hint="Many networks have one. Is there a bias among the parameters of this function?")
def bias_of_one_in_the_hidden_layer(X, w1, w2):
    act_hidden = _sigmoid(X @ w1 + 1)
    return act_hidden, act_hidden @ w2


@book.wrong("forward_pass", caught_by="agrees_on_random_networks", diagnosis="constant",
            thought="The weights are the ones of the notebook.",
            hint="Your answer does not change when other weights are handed over. Which names does your function "
                 "read, and which of them are parameters?")
def weights_of_the_notebook(X, w1, w2):
    w1, w2 = np.full_like(w1, 0.5), np.full_like(w2, 0.5)
    act_hidden = _sigmoid(X @ w1)
    return act_hidden, act_hidden @ w2


@book.wrong("forward_pass", caught_by="leaves_inputs_and_both_layers_as_they_were", diagnosis="modifies-argument",
            thought="Inputs should be standardised first.",
            hint="The caller still holds X. What will they find in it after calling you, and who asked for it?")
def inputs_standardised_in_place(X, w1, w2):
    X -= X.mean(axis=0)
    act_hidden = _sigmoid(X @ w1)
    return act_hidden, act_hidden @ w2


@book.wrong("forward_pass", caught_by="agrees_on_random_networks", diagnosis="rounded",
            thought="Three decimals are precise enough.",
            hint="The gradient check will compare predictions that differ in the seventh decimal. What is left of it?")
def prediction_rounded(X, w1, w2):
    act_hidden = _sigmoid(X @ w1)
    return act_hidden, np.round(act_hidden @ w2, 3)


@book.wrong("forward_pass", caught_by="gives_a_row_for_each_sample", diagnosis="precision",
            thought="Half precision saves memory.",
            hint="How many digits has a float16? Print `np.finfo(np.float16).eps`.")
def half_precision_weights(X, w1, w2):
    act_hidden = _sigmoid(X @ w1.astype(np.float16))
    return act_hidden, (act_hidden @ w2).astype(np.float16)


@book.right("dense", style="np.dot")
def dotted(inputs, weights):
    return np.dot(inputs, weights)


@book.right("dense", style="einsum")
def summed_over_an_index(inputs, weights):
    return np.einsum("nd,dh->nh", inputs, weights)


@book.right("dense", style="broadcast and summed")
def broadcast_and_summed(inputs, weights):
    return (inputs[:, :, np.newaxis] * weights).sum(axis=1)


@book.right("dense", style="three loops")
def three_loops(inputs, weights):
    outputs = np.zeros((inputs.shape[0], weights.shape[1]))
    for n, d, h in np.ndindex(*inputs.shape, weights.shape[1]):
        outputs[n, h] += inputs[n, d] * weights[d, h]
    return outputs


@book.right("dense", style="sum of outer products")
def outer_products(inputs, weights):
    return sum(np.outer(column, row) for column, row in zip(inputs.T, weights, strict=True))


@book.right("initialize_weights", style="random")
def drawn_by_random(input_size, hidden_size, output_size, rng):
    return rng.random((input_size, hidden_size)), rng.random((hidden_size, output_size))


@book.right("initialize_weights", style="the second layer first")
def drawn_in_the_other_order(input_size, hidden_size, output_size, rng):
    w2 = rng.uniform(0.0, 1.0, size=(hidden_size, output_size))
    w1 = rng.uniform(0.0, 1.0, size=(input_size, hidden_size))
    return [w1, w2]


@book.right("initialize_weights", style="one draw, split")
def drawn_at_once(input_size, hidden_size, output_size, rng):
    drawn = rng.random(hidden_size * (input_size + output_size))
    w1, w2 = np.split(drawn, [hidden_size * input_size])
    return w1.reshape(input_size, hidden_size), w2.reshape(hidden_size, output_size)


@book.right("initialize_weights", style="number by number")
def drawn_number_by_number(input_size, hidden_size, output_size, rng):
    w1, w2 = np.empty((input_size, hidden_size)), np.empty((hidden_size, output_size))
    for w in (w1, w2):
        for index in np.ndindex(w.shape):
            w[index] = rng.random()
    return w1, w2


@book.right("forward_pass", style="einsum and tanh")
def summed_over_indices(X, w1, w2):
    act_hidden = (1 + np.tanh(np.einsum("nd,dh->nh", X, w1) / 2)) / 2
    return act_hidden, np.einsum("nh,hk->nk", act_hidden, w2)


@book.right("forward_pass", style="sample by sample")
def sample_by_sample(X, w1, w2):
    act_hidden = np.empty((len(X), w1.shape[1]))
    y_hat = np.empty((len(X), w2.shape[1]))
    for n, x in enumerate(X):
        act_hidden[n] = 1 / (1 + np.exp(-(x @ w1)))
        y_hat[n] = act_hidden[n] @ w2
    return act_hidden, y_hat


@book.right("forward_pass", style="columns, transposed back")
def samples_in_columns(X, w1, w2):
    act_hidden = 1 / (1 + np.exp(-w1.T.dot(X.T)))
    return act_hidden.T, w2.T.dot(act_hidden).T


@book.right("forward_pass", style="in place on its own array")
def in_place_on_its_own_array(X, w1, w2):
    act = -(X @ w1)
    np.exp(act, out=act)
    act += 1
    np.reciprocal(act, out=act)
    return act, np.matmul(act, w2)

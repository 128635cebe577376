"""Visible checks of stage 02: the dense layer, the first weights and the forward pass."""

from copy import deepcopy

import numpy as np

from mlplab.checking import ARGUMENTS, RANDOMNESS, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving, own_value
from mlplab.checks._results import expect_pair, expect_shape, in_order
from mlplab.compare import CheckFailure, as_array, as_pair, expect_array, expect_float64, require
from mlplab.diagnosis import Suspect, certain, likely, possible, same

check = Checks("02-forward", visible=True)

WEIGHTS = ("w1", "w2")
PREDICTION = ("act_hidden", "y_hat")

# A right draw is found uneven once in 10¹² times.
_CHANCE = 1e-12

_IGNORES_RNG = certain("ignores-rng", "The generator `rng` is handed over to be drawn from, and nothing was drawn "
                                      "from it: call a method of `rng` itself.")
_FIXED_SEED = certain("fixed-seed", "The weights are the same whatever state `rng` is in: is there a seed, or a "
                                    "generator, of your own inside the function?")
_BIAS = certain("bias", "Something is added to the products: this network has no biases.")


@check("dense", weight=2)
def has_the_values_you_can_work_out_by_hand(student, rng):
    """An output is a row of the inputs times a column of the weights: 1·2 + 2·1 = 4 is the first."""
    inputs, weights = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 0.0], [1.0, -1.0]])
    outputs = np.array([[4.0, -2.0], [10.0, -4.0]])
    expect_array(student.dense(inputs, weights), outputs, "dense(inputs, weights)",
                 suspects=[
                     Suspect(certain("activated", "The sigmoid was applied: it is a step of its own, after this one."),
                             lambda: student.sigmoid(outputs)),
                     Suspect(certain("elementwise", "This is the product entry by entry: `*` multiplies what stands "
                                                    "in the same place and sums nothing."),
                             lambda: [[2.0, 0.0], [3.0, -4.0]]),
                     Suspect(certain("factors-swapped", "The factors stand the other way round: whose columns have "
                                                        "as many entries as a row of the inputs?"),
                             lambda: [[2.0, 4.0], [-2.0, -2.0]]),
                     Suspect(certain("weights-transposed", "The weights are transposed: an output has a column of "
                                                           "the weights, not a row."),
                             lambda: [[2.0, -1.0], [6.0, -1.0]])])


@check("dense")
def gives_back_the_weights_for_the_identity(student, rng):
    """One input is 1, the others are 0: what comes out is that input's row of weights."""
    weights = rng.normal(size=(3, 5))
    expect_array(student.dense(np.eye(3), weights.copy()), weights, "dense(identity, weights)",
                 suspects=[Suspect(_BIAS, lambda: weights + 1)])


@check("dense", category=SHAPES)
def has_a_row_for_each_sample_and_a_column_for_each_output(student, rng):
    """(N, D) and (D, H) make (N, H), also where N or H is 1."""
    for n, d, h in ((5, 2, 3), (5, 3, 1), (1, 3, 2), (1, 1, 1)):
        outputs = student.dense(rng.normal(size=(n, d)), rng.normal(size=(d, h)))
        expect_shape(outputs, (n, h), f"dense of shapes {(n, d)} and {(d, h)}")
        expect_float64(outputs, "dense of float64 arrays")


@check("dense", category=ARGUMENTS)
def leaves_inputs_and_weights_as_they_were(student, rng):
    """Both are needed again, in this layer and the next."""
    leaves_alone(student, "dense", inputs=rng.normal(size=(3, 2)), weights=rng.normal(size=(2, 4)))
    leaves_alone(student, "dense", inputs=rng.normal(size=(3, 3)), weights=rng.normal(size=(3, 3)))


@check("initialize_weights", weight=2, category=SHAPES)
def gives_each_layer_its_shape(student, rng):
    """w1 leads from D inputs to H hidden units, w2 from there to K outputs."""
    for sizes in ((2, 3, 1), (5, 2, 7), (1, 1, 1)):
        expect_weights_for(sizes, student.initialize_weights(*sizes, rng))


@check("initialize_weights", weight=2)
def fills_the_interval_from_zero_to_one_evenly(student, rng):
    """Some 200 weights: none below 0, none at 1 or above, no part of the interval left out."""
    expect_uniform(student.initialize_weights(13, 11, 7, rng))


@check("initialize_weights", weight=2, category=RANDOMNESS)
def follows_the_state_of_rng(student, rng):
    """Generators in the same state lead to the same weights, and a second call draws on: an experiment can be
    repeated, and no two of them need be alike."""
    expect_draws_from(student, (2, 3, 1), rng)


@check("initialize_weights", category=RANDOMNESS)
def leaves_the_global_generator_of_numpy_alone(student, rng):
    """`np.random.…` draws from a state that the whole notebook shares."""
    for sizes in ((2, 3, 1), (5, 2, 7), (2, 3, 1)):  # a seed inside the function shows where the count changes
        student.initialize_weights(*sizes, rng)
        require(not student.last.touched_global_random, "NumPy's global random state was changed.",
                certain("global-random", "`np.random.seed`, `np.random.rand` and their like share one hidden state "
                                         "with all other code: draw from the parameter `rng`."))


@check("forward_pass", weight=2)
@forgiving("sigmoid", "dense")
def has_the_numbers_you_can_work_out_by_hand(student, rng):
    """The hidden units are handed multiples of ln 3, of which the sigmoid makes ¼, ½, ¾ and 9/10."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    w1, w2 = np.log(3) * np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([[2.0], [4.0]])
    return _expect_network(
        student, (X, w1, w2), net_hidden=np.log(3) * np.array([[0, 0], [1, -1], [1, 0], [2, -1]]),
        act_hidden=np.array([[0.5, 0.5], [0.75, 0.25], [0.75, 0.5], [0.9, 0.25]]),
        output=lambda act: 2 * act[:, :1] + 4 * act[:, 1:])


@check("forward_pass")
@forgiving("sigmoid", "dense")
def gives_half_the_sum_of_the_output_weights_for_zeros(student, rng):
    """Inputs of 0 leave every hidden unit at ½, whatever the weights are."""
    w2 = rng.normal(size=(3, 4))
    return _expect_network(
        student, (np.zeros((5, 2)), rng.normal(size=(2, 3)), w2.copy()), net_hidden=np.zeros((5, 3)),
        act_hidden=np.full((5, 3), 0.5), output=lambda act: np.outer(act[:, 0], w2.sum(axis=0)))


@check("forward_pass", category=SHAPES)
@forgiving("sigmoid", "dense")
def gives_a_row_for_each_sample(student, rng):
    """act_hidden (N, H) and y_hat (N, K), also where N, H or K is 1."""
    for n, d, h, k in ((5, 2, 3, 4), (1, 2, 3, 1), (5, 1, 1, 1)):
        shapes = ((n, h), (n, k))
        value = student.forward_pass(*(rng.normal(size=shape) for shape in ((n, d), (d, h), (h, k))))
        for result, shape, name in zip(in_order(value, shapes, "forward_pass(X, w1, w2)", PREDICTION), shapes,
                                       PREDICTION, strict=True):
            expect_shape(result, shape, name)
            expect_float64(result, name)


@check("forward_pass", category=ARGUMENTS)
def leaves_inputs_and_both_layers_as_they_were(student, rng):
    """The same weights meet the next batch, and the backward pass needs them."""
    leaves_alone(student, "forward_pass", X=rng.normal(size=(3, 2)), w1=rng.normal(size=(2, 4)),
                 w2=rng.normal(size=(4, 1)))


def expect_weights_for(sizes: tuple[int, int, int], value: object) -> None:
    """Fails the check unless `value` is a pair of float64 weights for these D, H and K."""
    d, h, k = sizes
    shapes, what = ((d, h), (h, k)), f"initialize_weights{sizes}"
    for weights, shape, name in zip(in_order(value, shapes, what, WEIGHTS), shapes, WEIGHTS, strict=True):
        if sizes != (2, 3, 1) and weights.shape == ((2, 3) if name == "w1" else (3, 1)):
            raise CheckFailure(
                f"{name} has shape {weights.shape}; {shape} is asked for.",
                certain("hard-coded-sizes", "The sizes are always those of the XOR network: take them from the "
                                            "parameters."))
        expect_shape(weights, shape, name)
        expect_float64(weights, name)


def expect_uniform(value: object) -> None:
    """Fails the check unless the weights, of whatever shape, look like independent draws from [0, 1).

    The largest gap between their distribution function and a straight line is held against the inequality of
    Dvoretzky, Kiefer and Wolfowitz, P(gap > ε) ≤ 2 exp(−2 n ε²), in the form with Massart's constant.
    """
    parts = [as_array(part, name) for part, name in
             zip(as_pair(value, "initialize_weights(…)", WEIGHTS), WEIGHTS, strict=True)]
    for part, name in zip(parts, WEIGHTS, strict=True):
        require(part.size > 0, f"{name} is empty.")
        drawn = np.sort(part.ravel().astype(float))
        facts = f"{name} lies between {drawn.min():.4g} and {drawn.max():.4g}, with mean {drawn.mean():.4g}."
        if np.array_equal(drawn, np.round(drawn)):
            raise CheckFailure(facts, certain("whole-numbers", "There are only whole numbers among the weights: any "
                                                               "number from 0 up to 1 is to be drawn."))
        if drawn[0] < 0 and np.abs(drawn).max() > 1:
            raise CheckFailure(facts, likely("normal", "Weights on both sides of 0, some of them far out: was the "
                                                       "normal distribution drawn from? The uniform one is asked for."))
        require(drawn[0] >= 0 and drawn[-1] < 1, facts,
                likely("wrong-range", "The weights are to lie from 0 up to, but not including, 1."))
        n = drawn.size
        gap = max(np.max(np.arange(1, n + 1) / n - drawn), np.max(drawn - np.arange(n) / n))
        require(gap <= np.sqrt(np.log(2 / _CHANCE) / (2 * n)), facts,
                possible("uneven", "Some parts of the interval are drawn more often than others: is each weight a "
                                   "plain uniform draw, with nothing done to it?"))
    n = sum(part.size for part in parts)
    require(np.unique(np.concatenate([part.ravel() for part in parts])).size > 0.99 * n,
            "Some of the weights are the same number.",
            certain("same-numbers", "Some weights are the same number twice: each weight, in both layers, needs a "
                                    "draw of its own."))


def expect_draws_from(student: object, sizes: tuple[int, int, int], rng: np.random.Generator) -> None:
    """Fails the check unless the weights depend on the state of `rng` alone, and `rng` is moved on."""
    def draw(generator: np.random.Generator) -> tuple[object, object]:
        return as_pair(student.initialize_weights(*sizes, generator), "initialize_weights(…)", WEIGHTS)

    before, twin = rng.bit_generator.state, deepcopy(rng)
    first, repeated, next_one = draw(rng), draw(twin), draw(rng)
    require(not any(map(same, first, next_one)), "Two calls, one after the other on the same generator, led to the "
                                                 "same weights.", _FIXED_SEED)
    require(all(map(same, first, repeated)), "Two generators in the same state led to different weights.",
            likely("unseeded", "The weights depend on something else than `rng`: do all draws come from it?"))
    require(rng.bit_generator.state != before, "`rng` is in the same state as before: nothing was drawn from it.",
            _IGNORES_RNG)


def _expect_network(student, arguments, net_hidden, act_hidden, output) -> str:
    """Compares with hidden activations known by hand, or else with the student's own sigmoid of what goes in.

    Inputs:
        net_hidden, act_hidden: (N, H), what goes into the hidden units and what is to come out of them.
        output: works out the prediction (N, K) of hidden activations.
    Returns a note for the panel.
    """
    value = student.forward_pass(*arguments)
    try:
        _expect_prediction(student, value, net_hidden, act_hidden, output)
    except CheckFailure:
        own = own_value(student, "sigmoid", net_hidden)
        if own is None or not _agrees(student, value, net_hidden, own, output):
            raise
        return "Right, given your own `sigmoid`."
    return ""


def _agrees(*arguments: object) -> bool:
    try:
        _expect_prediction(*arguments)
    except CheckFailure:
        return False
    return True


def _expect_prediction(student, value, net_hidden, act_hidden, output) -> None:
    y_hat = output(act_hidden)
    expect_pair(value, (act_hidden, y_hat), "forward_pass(X, w1, w2)", PREDICTION, suspects={
        "act_hidden": [
            *(_not_squashed(value, net_hidden, y_hat, output) if net_hidden.any() else ()),
            Suspect(certain("activation-twice", "The sigmoid was applied twice on the way to the hidden activations."),
                    lambda: student.sigmoid(act_hidden)),
            Suspect(_BIAS, lambda: student.sigmoid(net_hidden + 1))],
        "y_hat": [
            Suspect(certain("output-activation", "The sigmoid was applied to the output too: the prediction is "
                                                 "linear, it may be any number."), lambda: student.sigmoid(y_hat)),
            Suspect(certain("activation-unused", "The output was worked out of what goes into the hidden units, not "
                                                 "of what comes out of them."), lambda: output(net_hidden)),
            Suspect(certain("mean-over-hidden", "The output is a sum over the hidden units, not their mean."),
                    lambda: y_hat / act_hidden.shape[1]),
            Suspect(_BIAS, lambda: y_hat + 1)]})


def _not_squashed(value, net_hidden, y_hat, output) -> list[Suspect]:
    """Slips that show where the sum that goes into a hidden unit is not 0."""
    predicted = as_pair(value, "forward_pass(X, w1, w2)", PREDICTION)[1]
    if same(predicted, output(net_hidden)):
        raw = certain("no-activation", "The hidden units hand on what they are given: where is the activation?")
    elif same(predicted, y_hat):
        raw = certain("pre-activation", "The prediction is right; `act_hidden` is what goes into the sigmoid, not "
                                        "what comes out.")
    else:
        raw = likely("activation-misplaced", "The hidden units hand on what they are given: which of the two layers "
                                             "has the activation?")
    return [Suspect(raw, lambda: net_hidden),
            Suspect(certain("another-activation", "This is another activation: the hidden units have the sigmoid."),
                    lambda: np.tanh(net_hidden)),
            Suspect(certain("another-activation", "This is another activation: the hidden units have the sigmoid."),
                    lambda: np.maximum(net_hidden, 0))]

"""Hidden checks of stage 06, second part: the network, its first params and the way back, against the reference."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import numpy as np

from autograder.checks._common import expect_different_answers
from autograder.checks.classification import check
from autograder.reference import mnist as reference
from mlplab.checking import EXTREMES, RANDOMNESS, SHAPES
from mlplab.checks.network import (
    Params,
    expect_activations,
    expect_draws_from,
    expect_initial_shapes,
    expect_spread,
    flat,
    gradients,
    initial_params,
    network_s,
    random_params,
)
from mlplab.compare import expect_array, require
from mlplab.diagnosis import Suspect, certain

# Depths of one, two and three layers; the first with two inputs and three classes, and so on.
SIZES = ((2, 3), (5, 7, 3), (3, 7, 5, 2))
_ONES = ((1, 2), (1, 1, 2), (3, 1, 5, 1, 2))
_EQUAL = (5, 5, 5, 5)


@check("he_initialize", weight=4)
def draws_each_layer_of_a_larger_network_right(student, rng):
    """Three layers, all of different sizes."""
    expect_spread(student, (157, 101, 71, 47), rng)
    expect_spread(student, (61, 173), rng)


@check("he_initialize", category=SHAPES)
def takes_networks_of_any_depth(student, rng):
    """Primes, so that no two sizes can be mistaken for each other, and layers of one unit."""
    for sizes in ((7, 3, 11), (1, 5), (3, 1, 1, 2), (2, 7, 13, 5, 3)):
        expect_initial_shapes(initial_params(student, sizes, rng), sizes)


@check("he_initialize", weight=2, category=RANDOMNESS)
def follows_rng_and_nothing_else(student, rng):
    """Generators of several seeds, in the middle of their stream."""
    for sizes in ((5, 3, 2), (5, 3, 2), (3, 7)):  # twice the same: a memory of the first would be found out
        expect_draws_from(lambda generator, sizes=sizes: flat(initial_params(student, sizes, generator)), fresh(rng))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.")


@check("forward", weight=5)
def agrees_on_random_networks(student, rng):
    """Of one, two and three layers, each twice."""
    for sizes in SIZES:
        cases = [(rng.normal(size=(11, sizes[0])), random_params(rng, sizes)) for _ in range(2)]
        cases.append((cases[0][0], cases[1][1]))
        values = [_expect_network(student, *case, sizes) for case in cases]
        expect_different_answers([value[1] for value in values], [reference.forward(*case)[1] for case in cases])


@check("forward", category=SHAPES)
def agrees_where_sizes_are_one_or_all_the_same(student, rng):
    """One sample, one input, one hidden unit; or five of everything."""
    for n, sizes in ((1, (5, 7, 3)), *((7, sizes) for sizes in _ONES), (1, (1, 1, 2)), (5, _EQUAL)):
        _expect_network(student, rng.normal(size=(n, sizes[0])), random_params(rng, sizes), sizes)


@check("backward", weight=5)
def agrees_on_random_weights_gradients(student, rng):
    """Networks of one, two and three layers, each twice."""
    for sizes in SIZES:
        _expect_gradients(student, [_backward_case(rng, 11, sizes) for _ in range(2)], 0)


@check("backward", weight=3)
def agrees_on_random_bias_gradients(student, rng):
    """Networks of one, two and three layers, each twice."""
    for sizes in SIZES:
        _expect_gradients(student, [_backward_case(rng, 11, sizes) for _ in range(2)], 1)


@check("backward", weight=2)
def lets_the_units_of_each_layer_through(student, rng):
    """Layers of equal size, where the mask of one would fit another."""
    for _ in range(2):
        _expect_gradients(student, [_backward_case(rng, 7, _EQUAL)], 0)


@check("backward", category=SHAPES)
def agrees_where_sizes_are_one(student, rng):
    """One sample, one input, one hidden unit."""
    for n, sizes in ((1, (5, 7, 3)), *((7, sizes) for sizes in _ONES), (1, (1, 1, 2))):
        for part in range(2):
            _expect_gradients(student, [_backward_case(rng, n, sizes)], part)


@check("backward", category=EXTREMES)
def agrees_where_many_units_are_exactly_zero(student, rng):
    """Inputs and params that are small whole numbers, so that a pre-activation is often 0 itself."""
    params = [(rng.integers(-1, 2, size=shape).astype(float), np.zeros(shape[1])) for shape in ((3, 11), (11, 2))]
    activations, _ = reference.forward(rng.integers(-1, 2, size=(13, 3)).astype(float), params)
    for part in range(2):
        _expect_gradients(student, [(activations, params, rng.normal(size=(13, 2)))], part)


def fresh(rng: np.random.Generator) -> np.random.Generator:
    """A generator of another seed, in the middle of its stream."""
    generator = np.random.default_rng(rng.integers(2**63))
    generator.random(int(rng.integers(1, 20)))
    return generator


def _expect_network(student, X, params, sizes) -> tuple[list[np.ndarray], np.ndarray]:
    value = network_s(student.forward(*deepcopy((X, params))), sizes)
    activations, logits = reference.forward(X, params)
    pre = [a @ W + b for a, (W, b) in zip(activations, params, strict=True)]
    expect_activations(value[0], activations, pre)
    expect_array(value[1], logits, "logits", suspects=[
        Suspect(certain("output-activation", "The ReLU was applied to the logits too: they may be any number."),
                lambda: np.maximum(logits, 0))])
    return value


def _backward_case(rng, n, sizes) -> tuple[list[np.ndarray], Params, np.ndarray]:
    params = random_params(rng, sizes)
    activations, logits = reference.forward(rng.normal(size=(n, sizes[0])), params)
    return activations, params, rng.normal(size=logits.shape)


def _expect_gradients(student, cases, part) -> None:
    """Compares all dW (part 0) or all db (part 1) of each case."""
    values, expected = ([np.concatenate([np.ravel(pair[part]) for pair in pairs]) for pairs in (
        of(*deepcopy(case)) for case in cases)] for of in (partial(gradients, student), reference.backward))
    if len(cases) > 1:
        expect_different_answers(values, expected)
    for case in cases:
        found, right = gradients(student, *case), reference.backward(*case)
        for layer in reversed(range(len(right))):
            expect_array(found[layer][part], right[layer][part], f"{('dW', 'db')[part]} of layer {layer + 1}",
                         samples=len(case[2]), suspects=_backward_slips(layer, part, *case))


def _backward_slips(layer, part, activations, params, dlogits) -> list[Suspect]:
    """What slips in the way back lead to; the last layer has no ReLU behind it."""
    def by(factor: Callable[[int], np.ndarray]) -> Callable[[], np.ndarray]:
        """The gradient, if `factor` of a hidden layer (1, 2, …) stood for the slope of its ReLU."""
        def value() -> np.ndarray:
            dL_dz = dlogits
            for above in range(len(params) - 1, layer, -1):
                dL_dz = dL_dz @ params[above][0].T * factor(above)
            return (activations[layer].T @ dL_dz, dL_dz.sum(axis=0))[part]
        return value

    text = "The error went through the ReLU of another layer: which units handed on what this layer gave?"
    right = by(lambda above: activations[above] > 0)
    slips = [Suspect(certain("wrong-mask", text), by(lambda above: activations[above - 1] > 0)),
             Suspect(certain("wrong-mask", text),
                     by(lambda above: (activations[above + 1] if above + 1 < len(activations) else dlogits) > 0)),
             Suspect(certain("no-mask", "Hidden units at 0 have sent their errors on: what is the slope of the ReLU "
                                        "there?"), by(lambda above: 1.0)),
             Suspect(certain("kink", "At 0 this course takes slope 0: `>` or `>=`?"),
                     by(lambda above: activations[above] >= 0)),
             Suspect(certain("activation-for-slope", "The error was multiplied by the activation: its slope, 1 or 0, "
                                                     "is needed."), by(lambda above: activations[above]))]
    if part == 1:
        slips.append(Suspect(certain("bias-averaged", "The bias gradient is a mean over the samples: dlogits carries "
                                                      "the 1/N already, so it is a sum, as for the weights."),
                             lambda: right() / len(dlogits)))
    return slips

"""Hidden checks of stage 02: layers, first weights and forward passes against the reference."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product

import numpy as np

from autograder.checks._common import copies, expect_different_answers, first_to_agree, with_own_functions
from autograder.reference import forward as reference
from mlplab.checking import EXTREMES, RANDOMNESS, SHAPES, Checks
from mlplab.checks._results import expect_pair, in_order
from mlplab.checks.forward import PREDICTION, expect_draws_from, expect_uniform, expect_weights_for
from mlplab.compare import expect_array, require

check = Checks("02-forward", visible=False)


def random_layer(rng: np.random.Generator, n: int, d: int, h: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (N, D) and weights (D, H), normal."""
    return rng.normal(size=(n, d)), rng.normal(size=(d, h))


def random_network(rng: np.random.Generator, n: int, d: int, h: int, k: int) -> tuple[np.ndarray, ...]:
    """X (N, D), w1 (D, H) and w2 (H, K), normal."""
    return *random_layer(rng, n, d, h), rng.normal(size=(h, k))


def one_changed(first: tuple, second: tuple) -> list[tuple]:
    """The first arguments, then the same with each in turn taken from the second: no argument may be ignored."""
    return [first, *((*first[:i], second[i], *first[i + 1:]) for i in range(len(first)))]


def forward_passes(student: object) -> Iterator[tuple[str, object]]:
    """The forward pass as it should be, then as it is with the student's own sigmoid and dense layers.

    Yields pairs of a note for the panel (empty for the first) and a function of X, w1 and w2.
    """
    for note, own in with_own_functions(student, reference, ("sigmoid", "dense")):
        layers = dict.fromkeys((own.dense, reference.dense))
        for hidden, output in product(layers, repeat=2):
            yield note, partial(forward_pass_of, own.sigmoid, hidden, output)


def forward_pass_of(sigmoid: Callable, hidden: Callable, output: Callable, X, w1, w2) -> tuple[np.ndarray, np.ndarray]:
    """The forward pass made of these three functions: an activation and two dense layers."""
    with np.errstate(all="ignore"):
        act_hidden = np.asarray(sigmoid(np.asarray(hidden(X, w1))))
        return act_hidden, np.asarray(output(act_hidden, w2))


def _expect_dense(student, cases) -> None:
    values = [student.dense(*copies(*case)) for case in cases]
    expected = [reference.dense(*case) for case in cases]
    for other in range(1, len(cases)):
        expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
    for value, right in zip(values, expected, strict=True):
        expect_array(value, right, "dense(inputs, weights)")


def _expect_forward_passes(student, cases: Sequence[tuple]) -> str:
    shapes = [((len(X), len(w2)), (len(X), w2.shape[1])) for X, _, w2 in cases]
    values = [in_order(student.forward_pass(*copies(*case)), shape, "forward_pass(X, w1, w2)", PREDICTION)
              for case, shape in zip(cases, shapes, strict=True)]
    expected = [reference.forward_pass(*case) for case in cases]
    for other in range(1, len(cases)):
        for part in range(2):
            expect_different_answers((values[0][part], values[other][part]), (expected[0][part], expected[other][part]))

    def compare(forward_pass):
        found = False
        for case, value in zip(cases, values, strict=True):
            right = forward_pass(*case)
            expect_pair(value, right, "forward_pass(X, w1, w2)", PREDICTION)
            found = found or any(part.any() for part in right)
        require(found, "Nothing but zeros goes through the network.")

    return first_to_agree((note, partial(compare, forward_pass)) for note, forward_pass in forward_passes(student))


@check("dense", weight=4)
def agrees_on_random_layers(student, rng):
    """Wide and narrow ones; each argument is changed alone once."""
    for sizes in ((7, 2, 5), (11, 5, 3), (37, 31, 13)):
        _expect_dense(student, one_changed(random_layer(rng, *sizes), random_layer(rng, *sizes)))


@check("dense", category=SHAPES)
def agrees_where_sizes_are_one(student, rng):
    """One sample, one input, one output."""
    for sizes in ((1, 3, 5), (5, 1, 3), (3, 5, 1), (1, 1, 1)):
        _expect_dense(student, [random_layer(rng, *sizes)])


@check("dense", category=EXTREMES)
def agrees_on_integers(student, rng):
    """The truth table may come as integers."""
    _expect_dense(student, [(rng.integers(-9, 9, size=(7, 3)), rng.normal(size=(3, 5)))])


@check("initialize_weights", weight=3)
def fills_the_interval_evenly_in_a_larger_network(student, rng):
    """More than ten thousand weights."""
    expect_uniform(student.initialize_weights(101, 61, 71, rng))


@check("initialize_weights", weight=2, category=SHAPES)
def gives_layers_of_any_size(student, rng):
    """Primes, so that no two sizes can be mistaken for each other."""
    for sizes in ((7, 3, 11), (1, 5, 2), (3, 1, 1), (2, 7, 13)):
        expect_weights_for(sizes, student.initialize_weights(*sizes, rng))


@check("initialize_weights", weight=3, category=RANDOMNESS)
def follows_rng_and_nothing_else(student, rng):
    """Generators of several seeds, in the middle of their stream."""
    for sizes in ((5, 3, 2), (5, 3, 2), (3, 7, 5)):  # twice the same: a memory of the first would be found out
        generator = np.random.default_rng(rng.integers(2**63))
        generator.random(int(rng.integers(1, 20)))
        expect_draws_from(student, sizes, generator)
        require(not student.last.touched_global_random, "NumPy's global random state was changed.")


@check("forward_pass", weight=5)
def agrees_on_random_networks(student, rng):
    """Each argument is changed alone once."""
    notes = [_expect_forward_passes(student, one_changed(random_network(rng, *sizes), random_network(rng, *sizes)))
             for sizes in ((7, 2, 5, 3), (13, 3, 2, 5))]
    return max(notes)


@check("forward_pass", category=SHAPES)
def agrees_where_sizes_of_the_network_are_one(student, rng):
    """One sample, one input, one hidden unit, one output."""
    return _expect_forward_passes(student, [random_network(rng, *sizes) for sizes in (
        (1, 2, 5, 3), (7, 1, 3, 2), (7, 3, 1, 2), (7, 3, 5, 1), (1, 1, 1, 1))])


@check("forward_pass")
def agrees_on_a_larger_network(student, rng):
    """More of everything, and ten outputs."""
    return _expect_forward_passes(student, [random_network(rng, 53, 29, 17, 10)])


@check("forward_pass", category=EXTREMES)
def agrees_on_the_truth_table_in_integers(student, rng):
    """Inputs of 0 and 1, in an integer array."""
    _, w1, w2 = random_network(rng, 4, 2, 5, 3)
    return _expect_forward_passes(student, [(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), w1, w2)])

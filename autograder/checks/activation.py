"""Hidden checks of stage 01: activations and their slopes against the reference."""

import numpy as np

from autograder.checks._common import expect_different_answers
from autograder.reference import activation as reference
from mlplab.checking import EXTREMES, SHAPES, Checks
from mlplab.checks.activation import slope_suspects
from mlplab.compare import expect_array, require

check = Checks("01-activation", visible=False)

_SHAPES = ((7,), (5, 3), (2, 3, 5))


def _agrees(student, name, draw, suspects=lambda argument: ()):
    """Twice with each shape: an answer kept from the first call would be found out."""
    for shape in _SHAPES:
        arguments = [draw(shape), draw(shape)]
        expected = [getattr(reference, name)(argument) for argument in arguments]
        values = [getattr(student, name)(argument.copy()) for argument in arguments]
        expect_different_answers(values, expected)
        for argument, value, right in zip(arguments, values, expected, strict=True):
            expect_array(value, right, f"{name} of an array of shape {shape}", suspects=suspects(argument))


@check("sigmoid", weight=4)
def agrees_on_random_numbers(student, rng):
    """Values of all sizes that a network meets."""
    _agrees(student, "sigmoid", lambda shape: rng.normal(scale=4.0, size=shape))


@check("sigmoid", weight=2, category=EXTREMES)
def agrees_far_out_without_a_warning(student, rng):
    """Between ±30 and ±1000, where a naive formula overflows on one side."""
    x = rng.permutation(np.concatenate([rng.uniform(30, 1000, size=9), -rng.uniform(30, 1000, size=9), [-1000, 1000]]))
    expect_array(student.sigmoid(x.copy()), reference.sigmoid(x), "sigmoid far out")
    require(not student.last.warnings, f"NumPy warned: {'; '.join(student.last.warnings)}.")


@check("sigmoid", category=EXTREMES)
def agrees_on_integers(student, rng):
    """Integer arrays, far out too."""
    x = rng.permutation(np.concatenate([rng.integers(-9, 9, size=11), [-1000, 0, 1000]]))
    expect_array(student.sigmoid(x.copy()), reference.sigmoid(x), "sigmoid of integers")


@check("sigmoid_prime", weight=4)
def agrees_on_random_activations(student, rng):
    """Activations of a sigmoid lie between 0 and 1."""
    _agrees(student, "sigmoid_prime", lambda shape: rng.uniform(size=shape),
            lambda a: slope_suspects(reference.sigmoid, a))


@check("tanh_prime", weight=4)
def agrees_on_random_activations_of_tanh(student, rng):
    """Activations of tanh lie between −1 and 1."""
    _agrees(student, "tanh_prime", lambda shape: rng.uniform(-1, 1, size=shape),
            lambda a: slope_suspects(np.tanh, a))


@check("relu", weight=3)
def agrees_on_random_pre_activations(student, rng):
    """Positive and negative ones."""
    _agrees(student, "relu", lambda shape: rng.normal(scale=3.0, size=shape))


@check("relu", category=SHAPES)
def takes_integers_and_single_numbers(student, rng):
    """Whole numbers, and an array without a dimension."""
    x = rng.integers(-9, 9, size=(5, 3))
    expect_array(student.relu(x.copy()), reference.relu(x), "relu of integers")
    for value in (-1.5, 2.5):
        expect_array(student.relu(np.array(value)), reference.relu(value), "relu of one number")


@check("relu_prime", weight=3)
def agrees_on_random_values(student, rng):
    """Small and large, positive and negative."""
    _agrees(student, "relu_prime", lambda shape: rng.normal(scale=3.0, size=shape))


@check("relu_prime", category=EXTREMES)
def has_the_right_kink_in_a_mixed_array(student, rng):
    """Exact zeros among the others, of both signs."""
    x = rng.permutation(np.concatenate([rng.normal(size=5), np.zeros(3), -np.zeros(2)]))
    expect_array(student.relu_prime(x.copy()), reference.relu_prime(x), "relu_prime with exact zeros")

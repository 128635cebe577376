"""The slope that went into a gradient, read off the gradient itself.

With one sample and one output the derivative by a hidden weight is a product of four numbers, and three of them are
the caller's own:

    ∂L/∂w₁ᵢⱼ = residual · w₂ⱼ · slopeⱼ · xᵢ

Divided by these three, what is left *is* the slope that the student used. What it should be is known for four
activations by hand.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from types import SimpleNamespace

import numpy as np

from mlplab.checks._earlier import own_value
from mlplab.checks.activation import slope_suspects
from mlplab.compare import CheckFailure, expect_array
from mlplab.diagnosis import Suspect, certain, likely

# One sample x (D,), the activations a (H,) and slopes (H,) of its hidden units, and their output weights w2 (H,).
SAMPLE = SimpleNamespace(
    x=np.array([2.0, -3.0, 0.5]),
    a=np.array([1 / 2, 3 / 4, 1 / 5, 9 / 10]),
    slopes=np.array([1 / 4, 3 / 16, 4 / 25, 9 / 100]),
    w2=np.array([1.0, -2.0, 3.0, -0.5]),
)


def slope_used(gradient: np.ndarray, residual: float) -> np.ndarray:
    """What is left of the gradient of `SAMPLE`, (D, H), when all but the slope is divided out: rows of slopes."""
    return gradient / (residual * np.multiply.outer(SAMPLE.x, SAMPLE.w2))


def expect_slopes(student: object, gradient: np.ndarray, residuals: Iterable[tuple[str, float]]) -> str:
    """Fails the check unless right slopes, or those of the student's own functions, went into a gradient of `SAMPLE`.

    Inputs:
        gradient: (D, H).
        residuals: the number that stands before the chain, under an empty name; then what it is by the student's own
            functions, under their names.
    Returns: the note that tells which own functions it is right by.
    """
    (_, residual), *_ = residuals = list(residuals)
    expected = _in_rows(SAMPLE.slopes)
    try:
        expect_array(slope_used(gradient, residual), expected, "The slope that went in", suspects=[
            *_factor_slips(expected, residual), *slope_slips(expected, student.sigmoid, _in_rows(SAMPLE.a))])
        return ""
    except CheckFailure:
        for (of_residual, residual), (of_slope, slopes) in product(residuals, _known_slopes(student)):
            if near(slope_used(gradient, residual), _in_rows(slopes)):
                own = [f"`{name}`" for name in (of_residual, of_slope) if name]
                return f"Right, given your own {' and '.join(own)}."
        raise


def slope_slips(slopes: np.ndarray, activation: Callable[[np.ndarray], np.ndarray], a: np.ndarray) -> list[Suspect]:
    """What may stand where the slopes of an activation function belong.

    Inputs:
        slopes: what they should be; a: the activations, of the same shape.
        activation: the activation function.
    """
    return [
        Suspect(certain("sigmoid-for-slope", "The sigmoid stands where its slope belongs, and it is applied to "
                                             "activations, which have been through it already."),
                lambda: activation(a)),
        Suspect(certain("slope-missing", "The slope of the sigmoid is missing: on its way back the error passes the "
                                         "hidden units, and each of them scales it by its own slope."),
                lambda: np.ones_like(a)),
        Suspect(likely("tanh-for-sigmoid", "This is the slope that belongs to tanh; these units are sigmoids."),
                lambda: 1 - a**2),
        Suspect(certain("slope-twice", "The slope of the sigmoid went in twice; the chain passes it once."),
                lambda: slopes**2),
        *slope_suspects(activation, a),
    ]


def near(actual: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays agree in shape and to nine digits."""
    return actual.shape == expected.shape and np.allclose(actual, expected, rtol=1e-9, atol=1e-12)


def _factor_slips(slopes: np.ndarray, residual: float) -> list[Suspect]:
    """What `slope_used` gives where another factor of the chain was left out."""
    return [
        Suspect(certain("input-forgotten", "The input is missing: how far does the sum into a hidden unit move when "
                                           "one of its weights does?"),
                lambda: slopes / SAMPLE.x[:, np.newaxis]),
        Suspect(certain("weights-forgotten", "The output weights are missing: how far does the prediction move when a "
                                             "hidden unit does?"),
                lambda: slopes / SAMPLE.w2),
        Suspect(certain("residual-forgotten", "The error at the output is missing: a sample that is predicted "
                                              "perfectly must not pull at any weight."),
                lambda: slopes / residual),
    ]


def _known_slopes(student: object) -> Iterator[tuple[str, np.ndarray]]:
    """The slopes of `SAMPLE` by hand, without a name; then by the student's own functions, with theirs."""
    yield "", SAMPLE.slopes
    for name in ("sigmoid_prime", "da_dh"):
        own = own_value(student, name, SAMPLE.a)
        if own is not None and own.shape in ((4,), (4, 4)):
            yield name, own if own.ndim == 1 else np.diagonal(own)


def _in_rows(values: np.ndarray) -> np.ndarray:
    return np.tile(values, (len(SAMPLE.x), 1))

"""Stage 01: activation functions and their slopes."""

import numpy as np


def sigmoid(x):
    """Squash every entry of x into the interval from 0 to 1.

    Inputs:
    - x: array of any shape, or a number; integers become float64, a float keeps its precision

    Returns: σ(x) = 1 / (1 + e^−x), with the shape of x

    For x < 0 the fraction is expanded by e^x to e^x / (1 + e^x). Either way only e^−|x| is needed,
    which cannot overflow, and small values of σ keep all their digits.
    """
    x = 1.0 * np.asarray(x)
    with np.errstate(under="ignore"):  # e^−1000 rounds to 0, and rightly so
        exp_minus_abs = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0, exp_minus_abs) / (1.0 + exp_minus_abs)


def sigmoid_prime(a):
    """Slope of the sigmoid, told from its activation.

    Inputs:
    - a: activation a = σ(x), any shape

    Returns: σ'(x) = a (1 − a), with the shape of a; by the quotient rule on 1 / (1 + e^−x)
    """
    return a * (1.0 - a)


def tanh_prime(a):
    """Slope of the hyperbolic tangent, told from its activation.

    Inputs:
    - a: activation a = tanh(x), any shape

    Returns: tanh'(x) = 1 − a², with the shape of a; by the quotient rule on sinh(x) / cosh(x)
    """
    return 1.0 - np.square(a)


def relu(x):
    """Rectified linear unit: keep what is positive, set the rest to 0.

    Inputs:
    - x: array of any shape, or a number

    Returns: max(x, 0), with the shape of x
    """
    return np.maximum(x, 0.0)


def relu_prime(x):
    """Slope of the rectified linear unit; at the kink, x = 0, it is 0 by convention.

    Inputs:
    - x: the argument of relu (not its activation), any shape

    Returns: 1 where x > 0, else 0, as float64 with the shape of x
    """
    return np.greater(x, 0).astype(np.float64)

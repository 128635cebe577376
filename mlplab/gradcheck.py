"""The gradient check: an analytic gradient held against central differences.

The rule is that of the CS231n notes on gradient checks, with the step chosen for the reader: of three steps the one
that agrees best counts, since a large step crosses kinks and a small one drowns in rounding.
"""

from collections.abc import Callable

import numpy as np

STEPS = (1e-4, 1e-5, 1e-6)
TOLERANCE = 1e-6


def central_differences(f: Callable[[np.ndarray], float], w: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The gradient of `f` at `w`, from two evaluations an entry: (f(w + step) − f(w − step)) / (2 step).

    Inputs:
        f: takes an array shaped like `w`, returns a number (or a one-element array).
        w: any shape; it is copied, never changed.
    Returns: an array shaped like `w`, float64.
    """
    w = np.array(w, dtype=float)
    gradient = np.empty_like(w)
    for index in np.ndindex(w.shape):
        original = w[index]
        w[index] = original + step
        above = _number(f(w.copy()))
        w[index] = original - step
        below = _number(f(w.copy()))
        w[index] = original
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(analytic: np.ndarray, numeric: np.ndarray) -> float:
    """‖a − n‖ / (‖a‖ + ‖n‖) over two arrays of one shape, in [0, 1].

    Two zero gradients agree, with an error of 0; nothing agrees with what is not finite, the error is 1.
    """
    size = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    if size == 0:
        return 0.0
    return float(np.linalg.norm(analytic - numeric) / size) if np.isfinite(size) else 1.0


def best_numerical_gradient(
    f: Callable[[np.ndarray], float], w: np.ndarray, analytic: np.ndarray
) -> tuple[np.ndarray, float]:
    """The central differences, of the three steps, that are nearest to `analytic`, and their relative error."""
    candidates = [central_differences(f, w, step) for step in STEPS]
    errors = [relative_error(analytic, numeric) for numeric in candidates]
    best = int(np.argmin(errors))
    return candidates[best], errors[best]


def _number(value: object) -> float:
    return float(np.asarray(value, dtype=float).reshape(-1)[0])

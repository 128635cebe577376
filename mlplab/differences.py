"""What a function does when its argument is nudged, and what a quotient of differences looks like that went wrong."""

from collections.abc import Callable

import numpy as np

from mlplab.diagnosis import Suspect, certain, likely
from mlplab.gradcheck import central_differences

_STEP = 1e-5


def measured_jacobian(function: Callable[[np.ndarray], object], at: np.ndarray) -> np.ndarray:
    """How far each output moves for each entry of `at`, from two points close together: (outputs, entries)."""
    nudges = _STEP * np.eye(at.size).reshape(-1, *at.shape)
    return np.stack([(np.ravel(function(at + nudge)) - np.ravel(function(at - nudge))) / (2 * _STEP)
                     for nudge in nudges], axis=1)


def difference_slips(f: Callable[[np.ndarray], float], w: np.ndarray, step: float) -> list[Suspect]:
    """Slips in a quotient of differences, worked out on the function at hand."""
    right = central_differences(f, w, step)

    def one_sided(towards: float) -> np.ndarray:
        nudges = towards * np.eye(w.size).reshape(-1, *w.shape)
        return np.reshape([(f(w + nudge) - f(w)) / towards for nudge in nudges], w.shape)

    def together(nudge: object) -> np.ndarray:
        return np.full(w.shape, (f(w + nudge) - f(w - nudge)) / (2 * step))

    def rows() -> np.ndarray:
        return np.concatenate([together(row)[:1] for row in step * np.eye(len(w)).reshape(-1, len(w), 1)])

    def never_put_back() -> np.ndarray:
        walked, result = w.copy(), np.empty_like(w)
        for index in np.ndindex(w.shape):
            walked[index] += step
            above = f(walked.copy())
            walked[index] -= 2 * step
            result[index] = (above - f(walked.copy())) / (2 * step)
        return result

    return [
        Suspect(certain("one-sided", "This is the difference between w + step and w itself. Take one point on either "
                                     "side: it costs no more and errs far less."), lambda: one_sided(step)),
        Suspect(certain("one-sided", "This is the difference between w itself and w − step. Take one point on either "
                                     "side: it costs no more and errs far less."), lambda: one_sided(-step)),
        Suspect(certain("distance-of-the-points", "Every entry is twice too large: how far apart are the two points?"),
                lambda: 2 * right),
        Suspect(certain("precedence", "The step is multiplied with where it should divide: `a / 2 * step` is "
                                      "(a / 2) · step. Put the divisor in brackets."), lambda: right * step**2),
        Suspect(certain("not-divided", "The difference is not divided by the distance of the two points."),
                lambda: right * step),
        Suspect(certain("not-divided", "The difference is not divided by the distance of the two points."),
                lambda: right * 2 * step),
        Suspect(certain("all-at-once", "All entries are the same: every weight was nudged at once. Nudge one and keep "
                                       "the others where they are."), lambda: together(step)),
        Suspect(certain("all-at-once", "All entries of a row are the same: a whole row of w was nudged at once. Nudge "
                                       "one entry and keep the others where they are."), rows),
        Suspect(certain("never-put-back", "The first entry is right, the later ones drift away: a weight is nudged and "
                                          "never put back."), never_put_back),
        Suspect(certain("half-step", "The two points lie half a step to either side: they are to lie a whole one."),
                lambda: central_differences(f, w, step / 2)),
        Suspect(likely("step-ignored", "This is the answer for a far smaller step than the one that was given."),
                lambda: central_differences(f, w)),
    ]

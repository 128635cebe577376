"""Hidden checks of stage 05: steps, whole trajectories and answers against the reference.

Training is graded by its trajectory over a few dozen epochs, never by whether one seed has learned XOR. Where it is
another one than the reference's, it is held against those that lead through the student's own earlier functions.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, product
from typing import NamedTuple

import numpy as np

from autograder.checks._common import copies, expect_different_answers, first_to_agree
from autograder.checks.forward import forward_passes, one_changed, random_network
from autograder.reference import activation, backprop, forward, loss
from autograder.reference import training as reference
from mlplab.checking import EXTREMES, SHAPES, Checks
from mlplab.checks.backprop import VERSIONS
from mlplab.checks.training import AFTER_UPDATE, UPDATE_FIRST, random_task, trained
from mlplab.compare import CheckFailure, as_array, expect_array, require
from mlplab.diagnosis import Suspect, certain, same
from mlplab.student import StudentError

check = Checks("05-training", visible=False)

# What can go wrong inside or about an earlier function of the student.
_FAULTS = (CheckFailure, StudentError, ArithmeticError, LookupError, TypeError, ValueError)

# X, y, w1, w2, learning rate, number of epochs
Task = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, int]


class Recipe(NamedTuple):
    """What an epoch is made of."""

    forward_pass: Callable
    mse: Callable
    backward_pass: Callable
    sgd_step: Callable


_REFERENCE = Recipe(forward.forward_pass, loss.mse, backprop.backward_pass, reference.sgd_step)


def _train(recipe: Recipe, X, y, w1, w2, learning_rate, n_epochs, update_first=False) -> tuple:
    """As the reference trains, with the parts of a recipe; they may change in place what they are handed.

    With `update_first` the output weights are moved before the gradient of the hidden ones is worked out.
    """
    X, y, w1, w2 = copies(X, y, w1, w2)
    errors = np.empty(n_epochs)
    with np.errstate(all="ignore"):
        for epoch in range(n_epochs):
            act_hidden, y_hat = recipe.forward_pass(X, w1, w2)
            errors[epoch] = np.asarray(recipe.mse(y_hat, y)[1]).item()
            dL_dw1, dL_dw2 = recipe.backward_pass(X, y, y_hat, act_hidden, w2)
            if update_first:
                w2 = recipe.sgd_step(w2, dL_dw2, learning_rate)
                dL_dw1, _ = recipe.backward_pass(X, y, y_hat, act_hidden, w2)
                w1 = recipe.sgd_step(w1, dL_dw1, learning_rate)
            else:
                w1, w2 = recipe.sgd_step(w1, dL_dw1, learning_rate), recipe.sgd_step(w2, dL_dw2, learning_rate)
    return w1, w2, errors

"""Trajectories: what a training loop leads to, with the reference's parts, with the student's own, or with a slip."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from autograder.checks._common import copies
from autograder.checks.forward import forward_pass_of
from autograder.reference import activation, backprop, forward, loss
from autograder.reference import training as reference
from mlplab.checks.backprop import VERSIONS
from mlplab.checks.training import AFTER_UPDATE, TRAINED, UPDATE_FIRST
from mlplab.compare import CheckFailure
from mlplab.diagnosis import Suspect, certain, same
from mlplab.student import StudentError

# What may come of an earlier function of the student.
_FAULTS = (CheckFailure, StudentError, ArithmeticError, LookupError, TypeError, ValueError)

# Where they stand in what `train` gives.
WEIGHTS, ERRORS = (0, 1), (2,)

# X, y, w1, w2, learning rate, number of epochs
Task = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, int]


class Recipe(NamedTuple):
    """What an epoch is made of."""

    forward_pass: Callable
    mse: Callable
    backward_pass: Callable
    sgd_step: Callable


def train_by(recipe: Recipe, X, y, w1, w2, learning_rate, n_epochs) -> tuple[np.ndarray, ...]:
    """As the reference trains, with the parts of a recipe; they may change in place what they are handed."""
    X, y, w1, w2 = copies(X, y, w1, w2)
    errors = np.empty(n_epochs)
    with np.errstate(all="ignore"):
        for epoch in range(n_epochs):
            act_hidden, y_hat = recipe.forward_pass(X, w1, w2)
            _, error = recipe.mse(y_hat, y)
            errors[epoch] = np.asarray(error).item()
            dL_dw1, dL_dw2 = recipe.backward_pass(X, y, y_hat, act_hidden, w2)
            w1, w2 = recipe.sgd_step(w1, dL_dw1, learning_rate), recipe.sgd_step(w2, dL_dw2, learning_rate)
    return w1, w2, errors


def _train_layer_by_layer(first: int, anew: bool, X, y, w1, w2, learning_rate, n_epochs) -> tuple[np.ndarray, ...]:
    """A slip: one layer (0 or 1) is moved first, and only then is the other's gradient worked out; `anew`, after
    another forward pass."""
    weights, errors = [w1, w2], np.empty(n_epochs)
    for epoch in range(n_epochs):
        act_hidden, y_hat = forward.forward_pass(X, *weights)
        _, errors[epoch] = loss.mse(y_hat, y)
        for layer in (first, 1 - first):
            if anew:
                act_hidden, y_hat = forward.forward_pass(X, *weights)
            gradient = backprop.backward_pass(X, y, y_hat, act_hidden, weights[1])[layer]
            weights[layer] = weights[layer] - learning_rate * gradient
    return *weights, errors


def recipes(student: object, X, y, w1, w2) -> Iterator[tuple[str, Recipe]]:
    """Every mixture of the reference's parts with those of the student that give something else here.

    Yields pairs of a note for the panel and a recipe, without the reference's own.
    """
    act_hidden, y_hat = forward.forward_pass(X, w1, w2)
    y_hat = y_hat + np.linspace(0.3, 1.7, y_hat.size).reshape(y_hat.shape)  # at the target all gradients are alike
    parts = (
        _distinct([("", forward.forward_pass), ("`forward_pass`", student.forward_pass),
                   ("`sigmoid`", partial(forward_pass_of, student.sigmoid, forward.dense, forward.dense))], X, w1, w2),
        _distinct([("", loss.mse), ("`mse`", student.mse)], y_hat, y),
        _distinct(_backward_passes(student), X, y, y_hat, act_hidden, w2),
        _distinct([("", reference.sgd_step), ("`sgd_step`", student.sgd_step)], w2, np.ones_like(w2), 0.25),
    )
    for chosen in islice(product(*parts), 1, None):
        labels, functions = zip(*chosen, strict=True)
        yield f"Right, given your own {', '.join(filter(None, labels))}.", Recipe(*functions)


def _backward_passes(student: object) -> Iterator[tuple[str, Callable]]:
    """The student's three, and the reference's with the student's own slopes, gradients and residuals."""
    yield "", backprop.backward_pass
    for version in VERSIONS:
        yield f"`{version}`", getattr(student, version)

    def mean_residual(y_hat, y):
        residual, _ = student.mse(y_hat, y)
        return np.asarray(residual) / len(y)

    slopes = (("", activation.sigmoid_prime), ("`sigmoid_prime`", student.sigmoid_prime))
    gradients = (("", loss.mse_gradient), ("`mse_gradient`", student.mse_gradient), ("`mse`", mean_residual))
    for (slope_label, slope), (gradient_label, gradient) in product(slopes, gradients):
        yield ", ".join(filter(None, (slope_label, gradient_label))), partial(_backward_pass, slope, gradient)


def _backward_pass(slope, gradient, X, y, y_hat, act_hidden, w2):
    dL_dyhat = np.asarray(gradient(y_hat, y))
    return X.T @ (dL_dyhat @ w2.T * slope(act_hidden)), act_hidden.T @ dL_dyhat


def _distinct(candidates: Iterable[tuple[str, Callable]], *arguments: object) -> list[tuple[str, Callable]]:
    """Those that, of these arguments, make something that none before them makes, be it in the arguments."""
    kept, seen = [], []
    for label, function in candidates:
        own = [np.array(argument) for argument in arguments]
        try:
            with np.errstate(all="ignore"):
                value = function(*own)
        except _FAULTS:
            continue
        found = [*(value if isinstance(value, tuple | list) else [value]), *own]
        if not any(len(found) == len(other) and all(map(same, found, other)) for other in seen):
            kept.append((label, function))
            seen.append(found)
    return kept


def slips_of_a_loop(task: Task, part: int) -> list[Suspect]:
    """What slips in the loop, or in a gradient worked out in it, lead to."""
    X, y, w1, w2, learning_rate, n_epochs = task
    (n, k), start = y.shape, (w1, w2)

    def with_rate(rate: float) -> Callable[[], np.ndarray]:
        return lambda: reference.train(X, y, w1, w2, rate, n_epochs)[part]

    def with_epochs(number: int) -> Callable[[], np.ndarray]:
        return lambda: reference.train(X, y, w1, w2, learning_rate, number)[part]

    def layer_by_layer(first: int, anew: bool) -> Callable[[], np.ndarray]:
        return lambda: _train_layer_by_layer(first, anew, *task)[part]

    slips = [
        *(Suspect(UPDATE_FIRST, layer_by_layer(first, anew)) for first, anew in ((1, False), (0, True), (1, True))),
        Suspect(certain("ascent", "The steps lead uphill: the error grows."), with_rate(-learning_rate)),
        Suspect(certain("hard-coded-learning-rate", "The learning rate is always 0.12: there is a parameter for it."),
                with_rate(0.12)),
        Suspect(certain("no-learning-rate", "The learning rate has no part in the steps."), with_rate(1.0)),
        Suspect(certain("no-mean", f"The steps are N = {n} times too long: where is the 1/N of the gradient?"),
                with_rate(learning_rate * n)),
        Suspect(certain("mean-over-outputs", f"The steps are K = {k} times too short: the loss is a mean over samples "
                                             "only."), with_rate(learning_rate / k)),
        Suspect(certain("hard-coded-samples", f"The steps are N/4 times as long as they should be: here N is {n}."),
                with_rate(learning_rate * n / 4)),
        Suspect(certain("epochs", "There was one epoch too few."), with_epochs(n_epochs - 1)),
        Suspect(certain("epochs", "There was one epoch too many."), with_epochs(n_epochs + 1))]
    if part in WEIGHTS:
        return [*slips, Suspect(certain("not-updated", f"{TRAINED[part]} comes back as it went in."),
                                lambda: start[part])]
    return [
        *slips,
        Suspect(AFTER_UPDATE, lambda: with_epochs(n_epochs + 1)()[1:]),
        Suspect(certain("epochs", "The last epoch is missing."), lambda: np.append(with_epochs(n_epochs - 1)(), 0.0)),
        Suspect(certain("stale-prediction", "Every error is the first one again: does the network predict anew in "
                                            "each epoch?"), lambda: np.full(n_epochs, with_epochs(1)()[0]))]

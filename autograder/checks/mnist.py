"""Hidden checks of stage 06: batches and training against the reference, and what the other modules have of the stage.

The order in which `train` draws is free. So it is compared where the order does not matter (all samples in one
batch, or all of them alike), and held to what must be so in any order where there are several batches.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from autograder.checks._common import expect_different_answers, first_to_agree
from autograder.checks.network import SIZES, check, fresh
from autograder.reference import mnist as reference
from mlplab.checking import RANDOMNESS, SHAPES
from mlplab.checks._earlier import forgiving
from mlplab.checks.mnist import (
    PARTS,
    STAGE,
    batches_of,
    expect_each_once,
    expect_fresh_orders,
    expect_new_batches,
    expect_shares,
    expect_sizes,
    trained,
)
from mlplab.checks.network import (
    Params,
    expect_draws_from,
    flat,
    gradients,
    in_single_precision,
    network_s,
    random_params,
    unless_near_miss,
)
from mlplab.compare import CheckFailure, as_array, expect_array, require
from mlplab.diagnosis import Suspect, certain, same
from mlplab.student import StudentError

# Rounding differs with the order of the samples, which is free.
_ANY_ORDER = {"rtol": 1e-7, "atol": 1e-9}

# What may come of an earlier function of the student.
_FAULTS = (CheckFailure, StudentError, ArithmeticError, LookupError, TypeError, ValueError)

# X, labels, params, learning rate, batch size, number of epochs
Task = tuple[np.ndarray, np.ndarray, Params, float, int, int]


@check("minibatches", weight=4)
def holds_every_sample_once_in_any_number(student, rng):
    """Primes and round numbers, twice each."""
    for n, batch_size in ((101, 7), (101, 7), (60, 5), (60, 5), (13, 11), (2, 1)):
        expect_each_once(batches_of(student, n, batch_size, rng), n, batch_size)


@check("minibatches", category=SHAPES)
def makes_batches_of_the_right_size_in_any_number(student, rng):
    """Uneven, even, one batch for all, and one for each."""
    for n, batch_size in ((101, 7), (60, 5), (13, 13), (11, 1), (11, 17), (1, 1), (12, 5)):
        expect_sizes(batches_of(student, n, batch_size, rng), n, batch_size)


@check("minibatches", weight=3, category=RANDOMNESS)
def follows_rng_from_epoch_to_epoch(student, rng):
    """Another order each time, the same from the same state, and other samples together."""
    for n, batch_size in ((61, 7), (61, 7), (40, 5)):
        expect_draws_from(lambda generator, n=n, batch_size=batch_size: np.concatenate(
            batches_of(student, n, batch_size, generator)), fresh(rng))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.")
    expect_new_batches(student, 15, 3, rng)


@check("train", weight=8)
def ends_at_the_right_params_with_all_samples_in_one_batch(student, rng):
    """A few epochs through networks of two, one and three layers; each argument is changed alone once."""
    (X, labels, params, rate, *rest), other = (_task(rng, SIZES[1]) for _ in range(2))
    return _expect_training(student, [
        (X, labels, params, rate, *rest), (other[0], labels, params, rate, *rest), (X, other[1], params, rate, *rest),
        (X, labels, other[2], rate, *rest), (X, labels, params, rate / 5, *rest), _task(rng, SIZES[0]),
        _task(rng, SIZES[2])], rng)


@check("train", weight=5)
def takes_a_step_for_each_batch_of_equal_samples(student, rng):
    """One sample many times: whichever of them make a batch, it is the same; the last batch is shorter."""
    tasks = []
    for sizes, n, batch_size in ((SIZES[0], 7, 3), (SIZES[1], 8, 5), (SIZES[2], 6, 2)):
        X, labels, params, rate, *_ = _task(rng, sizes)
        tasks.append((np.tile(X[:1], (n, 1)), np.tile(labels[:1], n), params, rate, batch_size, 3))
    return _expect_training(student, tasks, rng)


@check("train", weight=2)
@forgiving(*PARTS, stage=STAGE)
def uses_every_image_once_in_batches_of_any_size(student, rng):
    """Each leaves its share of its batch, whatever the order."""
    for n, batch_size in ((13, 5), (12, 4), (7, 6), (5, 1)):
        expect_shares(student, n, batch_size, rng)


@check("train", weight=2, category=RANDOMNESS)
@forgiving(*PARTS, stage=STAGE)
def draws_a_new_order_for_each_epoch(student, rng):
    """Of an odd number of images by twos, it is not always the same one that is left over."""
    for n in (13, 13):
        expect_fresh_orders(student, n, fresh(rng))


@check("train", category=SHAPES)
@forgiving(*PARTS, stage=STAGE)
def trains_in_either_precision(student, rng):
    """Images, or images and params, in float32: the answer may be in that or a better one."""
    X, labels, params, rate, n, _ = _task(rng, SIZES[1])
    right = reference.train(X, labels, params, rate, n, 2, rng)
    single = in_single_precision(X, params)
    for given_X, given_params in ((single[0], params), single):
        value = trained(student, SIZES[1], given_X, labels, given_params, rate, n, 2, rng)
        expect_array(flat(value), flat(right), "the params", rtol=1e-4, atol=1e-5)


def _task(rng, sizes) -> Task:
    """A few epochs of gradient descent with all samples in one batch."""
    n = 11
    return (rng.normal(size=(n, sizes[0])), rng.integers(sizes[-1], size=n), random_params(rng, sizes), 0.1, n, 4)


class _Parts(NamedTuple):
    """What an epoch is made of."""

    forward: Callable
    gradient: Callable
    backward: Callable
    minibatches: Callable


def _train_by(parts: _Parts, X, labels, params, learning_rate, batch_size, n_epochs, rng) -> Params:
    """As the reference trains, with these parts; they are handed copies."""
    with np.errstate(all="ignore"):
        for _ in range(n_epochs):
            for batch in parts.minibatches(len(X), batch_size, rng):
                activations, logits = parts.forward(*deepcopy((X[batch], params)))
                slopes = parts.backward(*deepcopy((activations, params)), parts.gradient(logits, labels[batch]))
                params = [(W - learning_rate * dW, b - learning_rate * db)
                          for (W, b), (dW, db) in zip(params, slopes, strict=True)]
    return params


def _expect_training(student, tasks: Sequence[Task], rng) -> str:
    """Compares with where the reference's parts lead, or those of the student; the tasks let no order matter."""
    states = [deepcopy(rng) for _ in tasks]
    values = [trained(student, _sizes(task), *task, deepcopy(state))
              for task, state in zip(tasks, states, strict=True)]
    expected = [reference.train(*task, deepcopy(state)) for task, state in zip(tasks, states, strict=True)]
    for other in range(1, len(tasks)):
        expect_different_answers([flat(value) for value in (values[0], values[other])],
                                 [flat(right) for right in (expected[0], expected[other])])
    return max(first_to_agree(_trainings(student, *case))
               for case in zip(tasks, values, expected, states, strict=True))


def _sizes(task: Task) -> list[int]:
    return [task[0].shape[1], *(b.size for _, b in task[2])]


def _trainings(student, task, value, right, state) -> Iterator[tuple[str, Callable[[], None]]]:
    yield "", partial(_compare, value, right, task)
    for note, parts in _own_parts(student, task):
        def compare(parts=parts):
            expected = _train_by(parts, *task, deepcopy(state))
            require(not same(flat(expected), flat(task[2])), "No param moves.")
            _compare(value, expected)

        yield note, compare


def _compare(value: Params, expected: Params, task: Task | None = None) -> None:
    for layer, (pair, right) in enumerate(zip(value, expected, strict=True)):
        for part, name in enumerate("Wb"):
            try:
                expect_array(pair[part], right[part], f"{name} of layer {layer + 1}", **_ANY_ORDER,
                             suspects=_training_slips(task, layer, part) if task else ())
            except CheckFailure as failure:
                raise CheckFailure(failure.message, unless_near_miss(failure.diagnosis)) from None


def _training_slips(task: Task, layer: int, part: int) -> list[Suspect]:
    """What slips in the loop lead to."""
    X, labels, params, rate, batch_size, n_epochs = task
    rng = np.random.default_rng(0)

    def end(**changed: object) -> Callable[[], np.ndarray]:
        arguments = {"learning_rate": rate, "batch_size": batch_size, "n_epochs": n_epochs} | changed
        return lambda: reference.train(X, labels, params, **arguments, rng=rng)[layer][part]

    def last_layer_first() -> np.ndarray:
        moved = list(params)
        for _ in range(n_epochs):
            for batch in reference.minibatches(len(X), batch_size, rng):
                activations, logits = reference.forward(X[batch], moved)
                dL_dz = reference.cross_entropy_gradient(logits, labels[batch])
                for at in reversed(range(len(moved))):
                    a, (W, b) = activations[at], moved[at]
                    moved[at] = W - rate * a.T @ dL_dz, b - rate * dL_dz.sum(axis=0)
                    dL_dz = dL_dz @ moved[at][0].T * (a > 0)
        return moved[layer][part]

    return [
        Suspect(certain("update-before-use", "A layer was moved before the error had gone back through its weights: "
                                             "all gradients of a step belong to the same params."), last_layer_first),
        Suspect(certain("ascent", "The steps lead uphill: the loss grows."), end(learning_rate=-rate)),
        Suspect(certain("mean-twice", "The gradient was divided by the number of samples once more: dlogits carries "
                                      "that already."), end(learning_rate=rate / batch_size)),
        Suspect(certain("no-mean", "The steps are as many times too long as a batch has samples."),
                end(learning_rate=rate * batch_size)),
        Suspect(certain("no-learning-rate", "The learning rate has no part in the steps."), end(learning_rate=1.0)),
        Suspect(certain("batch-size-ignored", "There was one step an epoch: where are the batches?"),
                end(batch_size=len(X))),
        Suspect(certain("epochs", "There was one epoch too few."), end(n_epochs=n_epochs - 1)),
        Suspect(certain("epochs", "There was one epoch too many."), end(n_epochs=n_epochs + 1)),
        Suspect(certain("epochs", "There was one epoch only."), end(n_epochs=1)),
        Suspect(certain("not-updated", "The params come back as they went in, or some of them."),
                lambda: params[layer][part]),
    ]


def _own_parts(student, task: Task) -> Iterator[tuple[str, _Parts]]:
    """Every mixture of the reference's parts with those of the student that give something else here."""
    X, labels, params, _, batch_size, _ = task
    activations, logits = reference.forward(X, params)
    dlogits, sizes = reference.cross_entropy_gradient(logits, labels), _sizes(task)

    def own_forward(X, params):
        return network_s(student.forward(X, params), sizes)

    def own_gradient(logits, labels):
        return as_array(student.cross_entropy_gradient(logits.copy(), labels.copy()), "cross_entropy_gradient")

    def gradient_of_own_softmax(logits, labels):
        p = np.array(as_array(student.softmax(logits.copy()), "softmax"), dtype=float)
        p[np.arange(len(labels)), labels] -= 1
        return p / len(labels)

    choices = (
        _distinct(reference.forward, [("`forward`", own_forward)], X, params),
        _distinct(reference.cross_entropy_gradient, [("`cross_entropy_gradient`", own_gradient),
                                                     ("`softmax`", gradient_of_own_softmax)], logits, labels),
        _distinct(reference.backward, [("`backward`", partial(gradients, student))], activations, params, dlogits),
        [("", reference.minibatches)],
    )
    if not _complete(student, len(X), batch_size):
        choices[-1].append(("`minibatches`", partial(batches_of, student)))
    for chosen in islice(product(*choices), 1, None):
        labels_of, functions = zip(*chosen, strict=True)
        yield f"Right, given your own {', '.join(filter(None, labels_of))}.", _Parts(*functions)


def _complete(student, n: int, batch_size: int) -> bool:
    """Whether the student's `minibatches` hold every sample once; with something else nothing can be compared."""
    try:
        batches = batches_of(student, n, batch_size, np.random.default_rng(0))
        expect_each_once(batches, n, batch_size)
        expect_sizes(batches, n, batch_size)
    except CheckFailure:
        return False
    except StudentError:
        return True
    return True


def _distinct(right: Callable, own: list[tuple[str, Callable]], *arguments: object) -> list[tuple[str, Callable]]:
    """The right function, then those of the student that give something else, be it in the arguments."""
    kept, seen = [("", right)], [_left_by(right, arguments)]
    for label, function in own:
        try:
            found = _left_by(function, arguments)
        except _FAULTS:
            continue
        if not any(same(found, other) for other in seen):
            kept.append((label, function))
            seen.append(found)
    return kept


def _left_by(function: Callable, arguments: tuple) -> np.ndarray:
    own = deepcopy(arguments)
    with np.errstate(all="ignore"):
        return flat([function(*own), own])

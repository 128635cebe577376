"""Visible checks of stage 06: batches and training, and what `classification` and `network` have of the stage."""

from collections.abc import Sequence
from copy import deepcopy
from itertools import islice

import numpy as np

from mlplab.checking import ARGUMENTS, RANDOMNESS, SHAPES, Excused
from mlplab.checks._earlier import forgiving
from mlplab.checks._results import expect_shape
from mlplab.checks.network import (
    GLOBAL_RANDOM,
    SIZES,
    Params,
    check,
    expect_draws_from,
    expect_slopes,
    flat,
    layers_of,
    leaves_all_alone,
    network_s,
    random_params,
)
from mlplab.compare import CheckFailure, as_array, expect_array, require
from mlplab.diagnosis import Suspect, certain, likely, possible
from mlplab.student import CallRecord, LocalStudent

STAGE = "06-mnist"

# What a training loop may call; where one of them is wrong, that was judged in its own place.
PARTS = ("softmax", "cross_entropy", "cross_entropy_gradient", "forward", "backward", "minibatches")


@check("minibatches", weight=3)
def holds_every_sample_once(student, rng):
    """The batches together are the numbers from 0 to n − 1, each of them once."""
    for n, batch_size in ((10, 3), (12, 4), (5, 5), (7, 1)):
        expect_each_once(batches_of(student, n, batch_size, rng), n, batch_size)


@check("minibatches", category=SHAPES)
def makes_batches_of_the_right_size(student, rng):
    """Ten samples by threes are 3, 3, 3 and 1; where it comes out even, there is no empty one in the end."""
    for n, batch_size in ((10, 3), (12, 4), (5, 5), (7, 1), (3, 8), (1, 1), (59, 4), (101, 4)):
        expect_sizes(batches_of(student, n, batch_size, rng), n, batch_size)


@check("minibatches", weight=2, category=RANDOMNESS)
def comes_in_a_fresh_order_each_time(student, rng):
    """Two epochs on one generator differ; generators in the same state lead to the same order."""
    def order(generator: np.random.Generator) -> np.ndarray:
        indices = np.concatenate(batches_of(student, 60, 7, generator))
        require(not np.array_equal(indices, np.arange(indices.size)), "The samples come in their old order.",
                certain("not-shuffled", "The samples come one after the other, as they stand: draw an order from "
                                        "`rng`."))
        return indices

    expect_draws_from(order, rng)


@check("minibatches", category=RANDOMNESS)
def puts_together_new_batches_each_time(student, rng):
    """Shuffled samples, not shuffled batches: who shares a batch changes from epoch to epoch."""
    expect_new_batches(student, 12, 3, rng)


@check("minibatches", category=RANDOMNESS)
def leaves_the_global_generator_of_numpy_alone(student, rng):
    """`np.random.…` draws from a state that the whole notebook shares."""
    batches_of(student, 10, 3, rng)
    require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)


@check("train", weight=2)
@forgiving(*PARTS, stage=STAGE)
def takes_the_step_you_can_work_out_by_hand(student, rng):
    """All params 0 and every label 1: dlogits is ½ and −½ over N = 3, for each sample.

    The first input adds up to 2, so its slopes are ⅓ and −⅓, and with a rate of 0.6 it goes to −0.2 and 0.2. The
    second adds up to 3, and the biases count each sample once, 3 in all: both go to −0.3 and 0.3.
    """
    X, params = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), [(np.zeros((2, 2)), np.zeros(2))]
    (W, b), = trained(student, (2, 2), X, np.array([1, 1, 1]), params, 0.6, 3, 1, rng)
    step = np.array([[-0.2, 0.2], [-0.3, 0.3]])
    expect_array(W, step, "W", samples=3, suspects=[
        Suspect(certain("ascent", "The step leads uphill: the loss will grow."), lambda: -step),
        Suspect(certain("not-updated", "The weights come back as they went in."), lambda: 0 * step),
        Suspect(certain("no-learning-rate", "The learning rate has no part in the step."), lambda: step / 0.6)])
    expect_array(b, np.array([-0.3, 0.3]), "b", suspects=[
        Suspect(certain("biases-left", "The biases come back as they went in."), lambda: np.zeros(2))])


@check("train", weight=2)
@forgiving(*PARTS, stage=STAGE)
def moves_every_param_down_the_slope_of_your_loss(student, rng):
    """How far a param went in one step, over the rate, is the slope measured on your `forward` and `cross_entropy`."""
    sizes, rate, n = (2, 2, 3), 0.25, 17
    X, labels = rng.normal(scale=3.0, size=(n, 2)), rng.permutation(np.arange(n) % 3)
    params = random_params(rng, sizes)
    moved = trained(student, sizes, X, labels, params, rate, n, 1, rng)
    steps = [((W - new_W) / rate, (b - new_b) / rate) for (W, b), (new_W, new_b) in zip(params, moved, strict=True)]
    expect_slopes(steps, lambda params: _own_loss(student, sizes, X, labels, params), params, n)


@check("train")
@forgiving(*PARTS, stage=STAGE)
def keeps_each_image_with_its_label(student, rng):
    """Each image has one pixel of its own: that pixel's weights tell which label the image was shown with."""
    traces, labels = traces_of_samples(student, 24, 4, 1, rng)
    seen = traces.any(axis=1)
    require(bool(seen.any()), "No image has left a trace.")
    if (np.abs(traces).argmax(axis=1) != labels)[seen].any():
        raise CheckFailure("Some images were shown with another image's label.",
                           certain("unpaired", "Images and labels are out of step: take both in the same order, with "
                                               "the same indices."))


@check("train")
@forgiving(*PARTS, stage=STAGE)
def uses_every_image_once_an_epoch(student, rng):
    """An image's trace is a share of its batch: eleven images by fours leave eight quarters and three thirds."""
    expect_shares(student, 11, 4, rng)


@check("train", category=RANDOMNESS)
@forgiving(*PARTS, stage=STAGE)
def puts_them_in_another_order_each_epoch(student, rng):
    """Eleven images by twos leave one alone in its batch, and in twelve epochs not always the same."""
    expect_fresh_orders(student, 11, rng)


@check("train")
@forgiving(*PARTS, stage=STAGE)
def learns_an_easy_task(student, rng):
    """Three classes far apart: within twenty epochs the loss falls to less than half of ln 3."""
    labels = np.repeat(np.arange(3), 10)
    X = 3 * np.eye(3)[labels] + rng.uniform(0, 0.5, size=(30, 3))
    params = trained(student, (3, 3, 3), X, labels, [(np.eye(3), np.zeros(3)), (np.zeros((3, 3)), np.zeros(3))],
                     0.1, 6, 20, rng)
    loss = float(np.asarray(_own_loss(student, (3, 3, 3), X, labels, params)).item())
    require(loss < np.log(3) / 2, f"The loss is {loss:.3g} after twenty epochs; it was 1.099 before the first.",
            certain("does-not-learn", "The loss hardly falls: does each step go on from the params of the one before?"))


@check("train", weight=2, category=RANDOMNESS)
@forgiving(*PARTS, stage=STAGE)
def follows_rng_alone(student, rng):
    """Generators in the same state lead to the same params, others to others; the global one stays as it is."""
    X, labels, params = rng.normal(size=(22, 2)), rng.integers(3, size=22), random_params(rng, (2, 3))

    def end(generator: np.random.Generator) -> np.ndarray:
        found = flat(trained(student, (2, 3), X, labels, params, 0.5, 11, 3, generator))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)
        return found

    expect_draws_from(end, rng)


@check("train", category=SHAPES)
@forgiving(*PARTS, stage=STAGE)
def gives_back_params_of_the_same_shapes(student, rng):
    """For networks of any depth, for a batch larger than the data, and for images in single precision."""
    for sizes in SIZES:
        X, labels, params = rng.normal(size=(5, sizes[0])), rng.integers(2, size=5), random_params(rng, sizes)
        for W_and_b, old in zip(trained(student, sizes, X.astype(np.float32), labels, params, 0.1, 8, 1, rng), params,
                                strict=True):
            for name, new, before in zip("Wb", W_and_b, old, strict=True):
                expect_shape(new, before.shape, name)
                require(new.dtype.kind == "f" and bool(np.isfinite(new).all()), f"{name} is not made of finite floats.")


@check("train", category=ARGUMENTS)
@forgiving(*PARTS, stage=STAGE)
def leaves_images_labels_and_params_as_they_were(student, rng):
    """Training again from the same params is to give the same again."""
    leaves_all_alone(student, "train", X=rng.normal(size=(5, 2)), labels=rng.integers(3, size=5),
                     params=random_params(rng, (2, 5, 3)), learning_rate=0.1, batch_size=2, n_epochs=2, rng=rng)


def trained(student: object, sizes: Sequence[int], X, labels, params, *rest: object) -> Params:
    """What the student's `train` gives, of whatever shapes; it is handed copies, but for the generator."""
    return layers_of(student.train(*deepcopy((X, labels, params)), *rest), sizes, "train(…)")


def _own_loss(student, sizes, X, labels, params) -> np.ndarray:
    _, logits = network_s(student.forward(*deepcopy((X, params))), sizes)
    return as_array(student.cross_entropy(logits, labels.copy()), "cross_entropy(logits, labels)")


def batches_of(student: object, n: int, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The batches of one epoch as arrays of integers; fails the check where they are none.

    A generator is drained here, watched as the call itself is.
    """
    value = student.minibatches(n, batch_size, rng)
    require(value is not None, "minibatches(…) is None.",
            certain("returns-nothing", "Nothing comes back: is there a `return`, or a `yield`?"))
    if not hasattr(value, "__iter__") or isinstance(value, np.ndarray) and value.ndim == 0:
        kind = getattr(value, "type_name", type(value).__name__)
        raise CheckFailure(f"minibatches(…) is a {kind}; batches of indices are asked for.",
                           certain("not-batches", "Several arrays of indices are asked for, in a list or one by one."))
    if not isinstance(value, list | tuple | np.ndarray):
        drained = LocalStudent({"minibatches": lambda: list(islice(value, 2 * n + 2))})
        value = drained.minibatches()
        student.last = CallRecord(student.last.warnings + drained.last.warnings,
                                  student.last.touched_global_random or drained.last.touched_global_random)
    batches = [_as_indices(batch) for batch in value]
    for batch in batches:
        require(batch.ndim == 1, f"A batch has shape {batch.shape}; a row of indices is asked for.",
                certain("not-batches", "Several arrays of indices are asked for, in a list or one by one."))
        require(batch.dtype.kind in "iu" or batch.size == 0, f"A batch holds {batch.dtype}; indices are asked for.",
                certain("not-indices", "A batch is an array of whole numbers, which say where its samples stand."))
    require(bool(batches), "There is no batch at all.")
    return batches


def _as_indices(batch: object) -> np.ndarray:
    try:
        return np.asarray(batch)
    except ValueError:  # lists of several lengths, or a batch of images with its labels
        return np.empty(())


def expect_each_once(batches: list[np.ndarray], n: int, batch_size: int) -> None:
    """Fails the check unless the batches hold every number from 0 to n − 1 once."""
    indices = np.sort(np.concatenate(batches))
    if np.array_equal(indices, np.arange(n)):
        return
    require(indices.size > 0, "All batches are empty.")
    message = f"Of {n} samples in batches of {batch_size} there are {indices.size} indices, {indices.min()} to " \
              f"{indices.max()}, {np.unique(indices).size} different ones."
    unique = np.unique(indices).size == indices.size
    if unique and indices.size == n - n % batch_size and indices.max() < n:
        raise CheckFailure(message, certain("drops-last-batch", "The last, shorter batch is missing: its samples are "
                                                                "to be learned from as well."))
    if unique and indices.min() == 1 and indices.max() == n:
        raise CheckFailure(message, certain("counts-from-one", "The indices run from 1 to n: Python counts from 0."))
    if not unique:
        raise CheckFailure(message, certain("repeated", "Some samples come more than once, others never: an epoch is "
                                                        "a walk through all of them."))
    raise CheckFailure(message, possible("incomplete", "An epoch is a walk through all samples, 0 to n − 1."))


def expect_sizes(batches: list[np.ndarray], n: int, batch_size: int) -> None:
    """Fails the check unless all batches have `batch_size` samples, the last one perhaps fewer."""
    sizes = [batch.size for batch in batches]
    full, rest = divmod(n, batch_size)
    right = [batch_size] * full + [rest] * (rest > 0)
    message = f"{n} samples in batches of {batch_size} have sizes {sizes}; {right} are asked for."
    require(0 not in sizes, message, certain("empty-batch", "There is a batch without samples: its mean is 0/0."))
    require(len(sizes) != batch_size or sizes == right, message,
            certain("number-for-size", "`batch_size` was taken for the number of batches."))
    require(sizes != right[:-1], message, certain("drops-last-batch", "The last, shorter batch is missing: its samples "
                                                                      "are to be learned from as well."))
    require(sizes == right, message, likely("wrong-sizes", "All batches but the last have `batch_size` samples."))


def expect_new_batches(student: object, n: int, batch_size: int, rng: np.random.Generator) -> None:
    """Fails the check unless thirty epochs put together other batches nearly every time.

    With a dozen samples by threes there are 15400 ways: to meet one of them eleven times again is out of the question.
    """
    ways = {frozenset(frozenset(batch.tolist()) for batch in batches_of(student, n, batch_size, rng))
            for _ in range(30)}
    require(len(ways) >= 20, f"In thirty epochs there were only {len(ways)} ways of putting the batches together.",
            certain("batches-shuffled", "The same samples share a batch in every epoch: shuffle the samples first, "
                                        "then cut them into batches."))


def traces_of_samples(
    student: object, n: int, batch_size: int, n_epochs: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What each sample does to the weights of a pixel that it alone has: traces (n, 3), and its labels (n,).

    From params of 0 and with a tiny rate, all steps of an epoch are taken at the same point, in whatever order. Each
    class has probability ⅓ then; so the entry at the label is ⅔ of the rate for each time that the sample makes up a
    whole batch, a share of it in a larger one. The traces are in that unit: 1 at the label for a batch of its own.
    """
    rate, labels = 1e-6, rng.permutation(np.arange(n) % 3)
    (W, _), = trained(student, (n, 3), np.eye(n), labels, [(np.zeros((n, 3)), np.zeros(3))], rate, batch_size,
                      n_epochs, rng)
    expect_shape(W, (n, 3), "W")
    return W / (rate * 2 / 3), labels


def expect_shares(student: object, n: int, batch_size: int, rng: np.random.Generator) -> None:
    """Fails the check unless each sample takes part once, with its share of its own batch."""
    traces, labels = traces_of_samples(student, n, batch_size, 1, rng)
    shares, rest = np.sort(traces[np.arange(n), labels]), n % batch_size
    right = np.sort(np.concatenate([np.full(n - rest, 1 / batch_size), np.full(rest, 1 / max(rest, 1))]))
    missed = int(np.sum(np.abs(shares) < 1e-3 / n))
    require(missed in (0, n), f"{missed} of {n} images were not used, in batches of {batch_size}.",
            certain("drops-last-batch", "The last, shorter batch was left out.") if missed == rest else
            certain("images-missed", "An epoch is a walk through all images, each of them once."))
    expect_array(shares, right, "the shares of the images in their batches, in order of size,", rtol=1e-3, suspects=[
        Suspect(certain("batch-size-ignored", "Each image counts as one of all: were they all in one batch, or were "
                                              "the sums over a batch divided by the number of all samples?"),
                lambda: np.full(n, 1 / n)),
        Suspect(certain("divided-by-batch-size", "The last batch is shorter, and divided by `batch_size` all the "
                                                 "same."), lambda: np.full(n, 1 / batch_size)),
        Suspect(certain("mean-twice", "The gradient was divided by the number of samples once more: dlogits carries "
                                      "that already."), lambda: right**2),
        Suspect(certain("no-mean", "Each image counts in full: where is the mean over the batch?"),
                lambda: np.ones(n))])


def expect_fresh_orders(student: object, n: int, rng: np.random.Generator) -> None:
    """Fails the check unless, of an odd number of samples by twos, not always the same is the odd one in twelve epochs.

    That sample's trace stands out by ½ an epoch: alone in its batch its share is 1, not ½. Left out, it is 0.
    """
    n_epochs = 12
    traces, labels = traces_of_samples(student, n, 2, n_epochs, rng)
    stands_out = np.abs(traces[np.arange(n), labels] - n_epochs / 2)
    if stands_out.sum() < 0.1:
        raise Excused("No image is ever alone in its batch, so the order leaves no trace.")
    require(stands_out.max() < 0.9 * stands_out.sum(), "In every epoch the same image is the odd one out.",
            certain("same-order", "The images come in the same order in every epoch: draw a new one for each."))

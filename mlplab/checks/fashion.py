"""Visible checks of stage 07: an improvement of the student's own, and what `fashion_counts` has of the stage.

How well `improved_train` does on clothes is measured by the grader, on images that no student has. Here it is asked
what must be so of any training. The task is an easy one, made up afresh, so that an answer comes in a second or two.
"""

from copy import deepcopy

import numpy as np

from mlplab.checking import ARGUMENTS, RANDOMNESS, SHAPES
from mlplab.checks._common import leaves_alone
from mlplab.checks._earlier import forgiving
from mlplab.checks.fashion_counts import check
from mlplab.checks.network import GLOBAL_RANDOM, Params, expect_draws_from, expect_list, flat, network_s
from mlplab.compare import as_array, require
from mlplab.diagnosis import certain, possible

EARLIER_STAGE = "06-mnist"
# What a training may call; where one of them is wrong, that was judged in its own stage.
PARTS = ("softmax", "cross_entropy_gradient", "he_initialize", "forward", "backward", "minibatches", "train")

N_CLASSES, SIDE = 10, 28

DOES_NOT_LEARN = possible("does-not-learn", "This is hardly better than guessing. Does each image keep its own label, "
                                            "and does each step start from the params of the one before?")


@check("improved_train", category=SHAPES)
def gives_back_the_params_of_a_network(student, rng):
    """A list with (W, b) of each layer, from 784 pixels to ten classes, finite floats; what is between is up to you."""
    X, labels = easy_task(rng, 60)
    for W, b in network_of(student.improved_train(X, labels, rng)):
        require(b.ndim == 1, f"b has shape {b.shape}; ({W.shape[1]},) is asked for.",
                certain("not-flat", "A bias is a flat array, (out,), as in stage 06."))


@check("improved_train", weight=2)
@forgiving(*PARTS, stage=EARLIER_STAGE)
def learns_from_the_images_it_is_given(student, rng):
    """Ten patterns that are easy to tell apart, 600 of them: of new ones, most are to be right by your `forward`."""
    names = rng.permutation(N_CLASSES)
    X, kinds = easy_task(rng, 600)
    params = network_of(student.improved_train(X, names[kinds], rng))
    new_X, new_kinds = easy_task(rng, 200)
    right = np.mean(own_decisions(student, new_X, params) == names[new_kinds])
    require(right > 0.5, f"{100 * right:.0f} % of 200 new images are right; guessing has 10 %.", DOES_NOT_LEARN)


@check("improved_train", weight=2, category=RANDOMNESS)
def follows_the_state_of_rng_alone(student, rng):
    """Generators in the same state lead to the same params, others to others; the global one stays as it is."""
    X, labels = easy_task(rng, 60)

    def end(generator: np.random.Generator) -> np.ndarray:
        params = network_of(student.improved_train(X.copy(), labels.copy(), generator))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)
        return flat(params)

    expect_draws_from(end, rng, alike=_alike)


@check("improved_train", category=ARGUMENTS)
def leaves_the_images_and_their_labels_as_they_were(student, rng):
    """The next training is to see the same images."""
    X, labels = easy_task(rng, 60)
    leaves_alone(student, "improved_train", X=X, labels=labels, rng=rng)


def easy_task(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 784), float32 in [0, 1], and their kinds (n,), as many of each: every kind has a bright patch of its
    own on dim noise, and stays what it is when it is shifted by a pixel or seen in a mirror."""
    kinds = rng.permutation(np.arange(n) % N_CLASSES)
    images = rng.uniform(0, 0.3, size=(n, SIDE, SIDE))
    for image, kind in zip(images, kinds, strict=True):
        top, width = 2 + 5 * (kind // 2), 6 + 14 * (kind % 2)
        image[top:top + 4, SIDE // 2 - width // 2:SIDE // 2 + width // 2] += rng.uniform(0.4, 0.7)
    return images.reshape(n, -1).astype(np.float32), kinds


def network_of(value: object) -> Params:
    """What the student's `improved_train` gives, as params of whatever depth; fails the check where it is no network
    from 784 pixels to ten classes. A bias that is a row, (1, out), is made flat: it does the same."""
    what, asked = "improved_train(…)", "a list with (W, b) of each layer"
    expect_list(value, what)
    require(len(value) > 0, f"{what} is empty; {asked} is asked for.")
    require(not any(_is_list_of_pairs(entry) for entry in value), f"{what} holds more than the params.",
            certain("more-than-params", "The params alone are asked for, without losses or the like beside them."))
    params, size = [], SIDE * SIDE
    for pair in value:
        require(isinstance(pair, list | tuple) and len(pair) == 2, f"An entry of {what} is no pair; {asked} is asked "
                "for.", certain("not-pairs", "Each layer is a pair: its weights and its biases."))
        W, b = as_array(pair[0], "W"), as_array(pair[1], "b")
        require(W.ndim == 2 and W.shape[0] == size, f"W has shape {W.shape}; ({size}, …) is asked for.",
                _TRANSPOSED if W.ndim == 2 and W.shape[1] == size else None)
        size = W.shape[1]
        require(b.size == size, f"b has shape {b.shape}; ({size},) is asked for.")
        require(bool(np.isfinite(W).all() and np.isfinite(b).all()), "There are weights or biases that are not finite.",
                certain("not-finite", "The training has run away: are its steps too long?"))
        params.append((W, b if b.ndim == 1 else b.ravel()))
    require(size == N_CLASSES, f"The last layer has {size} outputs; one for each of {N_CLASSES} classes is asked for.")
    return params


_TRANSPOSED = certain("transposed", "The weights are turned round: W is (in, out), as in stage 06.")


def _is_list_of_pairs(entry: object) -> bool:
    return isinstance(entry, list | tuple) and len(entry) > 0 and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(np.ndim(part) for part in pair) for pair in entry)


def own_decisions(student: object, X: np.ndarray, params: Params) -> np.ndarray:
    """The class (N,) that the student's own `forward` decides for."""
    sizes = [len(params[0][0]), *(b.size for _, b in params)]
    _, logits = network_s(student.forward(*deepcopy((X, params))), sizes)
    require(logits.shape == (len(X), N_CLASSES), f"logits has shape {logits.shape}.")
    return np.argmax(logits, axis=1)


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two trainings came to the same end. Rounding may differ, and a training enlarges it."""
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-3, atol=1e-4))

"""Wrong and right solutions of stage 07: an improvement of one's own, and what `fashion_counts` has of the stage.

No two right trainings give the same params. So `improved_train` has no inputs here: a wrong one is recognised by the
check that it fails and the diagnosis it is given; the first that fits is it, so those that spoil more stand last.
"""

import numpy as np

from autograder.misconceptions.fashion_counts import book
from autograder.reference import fashion, mnist
from mlplab.data import load_fashion_mnist

LEARNS = "learns_from_the_images_it_is_given"
NETWORK = "gives_back_the_params_of_a_network"
STATE_OF_RNG = "follows_the_state_of_rng_alone"
IMPROVED = "reads_84_percent_of_new_clothes"

_N_CLASSES = 10


def _start(X, rng, *hidden):
    return mnist.he_initialize([X.shape[1], *hidden, _N_CLASSES], rng)


def _a_little(X, labels, rng):
    """A short training of a small network, for what goes wrong beside it."""
    return fashion.fit(X, labels, _start(X, rng, 32), fashion.momentum_step, 0.02, 20, 8, rng)


@book.wrong("improved_train", caught_by=NETWORK, diagnosis="returns-nothing",
            thought="The params have been trained, that is enough.",
            hint="What does a function give back that has no `return`?")
def nothing_comes_back(X, labels, rng):
    _a_little(X, labels, rng)


@book.wrong("improved_train", caught_by=NETWORK, diagnosis="more-than-params",
            thought="The losses are worth having, too.",
            hint="What will `forward(X, improved_train(…))` make of a pair?")
def losses_beside_the_params(X, labels, rng):
    return _a_little(X, labels, rng), [2.3, 1.1, 0.8]


@book.wrong("improved_train", caught_by=NETWORK, diagnosis="transposed",
            thought="A row of W belongs to a unit.",
            hint="What shape does W have in `X @ W`?")
def weights_turned_round(X, labels, rng):
    return [(W.T, b) for W, b in _a_little(X, labels, rng)]


@book.wrong("improved_train", caught_by=NETWORK, diagnosis="not-finite",
            thought="Longer steps, shorter training.",
            hint="Print the loss after each step. When does it stop being a number?")
def steps_far_too_long(X, labels, rng):
    with np.errstate(all="ignore"):
        return mnist.train(X, labels, _start(X, rng, 32), 1e30, 20, 5, rng)


@book.wrong("improved_train", caught_by=STATE_OF_RNG, diagnosis="global-random",
            thought="`np.random.normal` is what I know for noise.",
            hint="Whose state does it draw from? `rng` has the same methods.")
def noise_from_the_global_generator(X, labels, rng):
    return _a_little(X + np.random.normal(scale=0.01, size=X.shape), labels, rng)


@book.wrong("improved_train", caught_by=STATE_OF_RNG, diagnosis="fixed-seed",
            thought="I found a good seed.",
            hint="A seed that is good for these images is luck. What is `rng` for?")
def seed_of_its_own(X, labels, rng):
    return _a_little(X, labels, np.random.default_rng(42))


@book.wrong("improved_train", caught_by="leaves_the_images_and_their_labels_as_they_were",
            diagnosis="modifies-argument",
            thought="`X -= …` centres the pixels.",
            hint="It centres the caller's pixels, too. And what will the network be handed later on?")
def pixels_centred_in_place(X, labels, rng):
    X -= X.mean()
    return _a_little(X, labels, rng)


@book.wrong("improved_train", caught_by=IMPROVED, diagnosis="other-data",
            thought="`train_images` and `train_labels` are there already.",
            hint="The parameters are called X and labels. Which names does your loop look up?")
def images_of_the_notebook(X, labels, rng):
    sample = load_fashion_mnist(sample=True)
    return _a_little(sample.train_images, sample.train_labels, rng)


@book.wrong("improved_train", caught_by=IMPROVED, diagnosis="normalised-inside",
            thought="Pixels with mean 0 and spread 1 are easier to learn from.",
            hint="They are, but whoever uses your network hands it pixels from 0 to 1. Can the first layer do the "
                 "shifting and scaling?")
def pixels_standardised_inside(X, labels, rng):
    standardised = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-3)
    return mnist.train(standardised, labels, _start(X, rng, 64), 0.02, 50, 10, rng)


@book.wrong("improved_train", caught_by=LEARNS, diagnosis="does-not-learn",
            thought="Images and labels are both shuffled.",
            hint="Shuffle them twice, and image 3 meets whose label? One order has to serve both.")
def images_and_labels_shuffled_apart(X, labels, rng):
    return _a_little(rng.permutation(X), rng.permutation(labels), rng)


@book.wrong("improved_train", caught_by="reads_79_percent_of_new_clothes", diagnosis="below-plain",
            thought="A tenth of the images trains ten times as fast.",
            hint="How does the accuracy grow with the number of images? Try 400, 1,000 and 4,000.")
def a_tenth_of_the_images(X, labels, rng):
    tenth = slice(max(len(X) // 10, 60))
    return fashion.fit(X[tenth], labels[tenth], _start(X, rng, 64), fashion.momentum_step, 0.05, 20, 20, rng)


@book.wrong("improved_train", caught_by=IMPROVED, diagnosis="not-improved",
            thought="The training of stage 06 is good enough.",
            hint="It is where you start from. Change one thing, and compare on the validation images.")
def the_plain_network(X, labels, rng):
    return mnist.train(X, labels, _start(X, rng, 128), 0.05, 50, 15, rng)


@book.right("improved_train", style="momentum on shifted images, one wide layer")
def momentum_on_shifted_images(X, labels, rng):
    return fashion.fit(X, labels, _start(X, rng, 256), fashion.momentum_step, 0.05, 64, 40, rng, augment=fashion.shift)


@book.right("improved_train", style="Adam with decay on shifted images, some seen in a mirror")
def adam_on_mirrored_images(X, labels, rng):
    def shifted_and_mirrored(images, rng):
        images = images.reshape(-1, 28, 28)
        mirrored = np.where(rng.random(len(images))[:, np.newaxis, np.newaxis] < 0.5, images[:, :, ::-1], images)
        return fashion.shift(mirrored.reshape(len(images), -1), rng)

    return fashion.fit(X, labels, _start(X, rng, 256, 128), fashion.adam_step, 0.002, 128, 40, rng,
                       augment=shifted_and_mirrored)


@book.right("improved_train", style="centred pixels, undone in the first layer; the mean of the last epochs' params")
def centred_and_averaged(X, labels, rng):
    mean = X.mean(axis=0)
    params, kept = _start(X, rng, 256), []
    for epoch in range(40):
        params = mnist.train(fashion.shift(X, rng) - mean, labels, params, 0.2, 50, 1, rng)
        if epoch >= 20:
            kept.append(params)
    (W, b), *others = [tuple(np.mean([epoch[layer][part] for epoch in kept], axis=0) for part in (0, 1))
                       for layer in range(len(params))]
    return [(W, b - mean @ W), *others]

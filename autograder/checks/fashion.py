"""Hidden checks of stage 07: how well `improved_train` does on images nobody has seen, and what `fashion_counts` has.

A training takes seconds. So it is run once for each student, on all images of the sample, and the checks share what
came of it. On 2,000 images chance moves an accuracy by 0.8 percentage points (one standard deviation), and training
with another seed by about half as much: every threshold is met from one point below it.
"""

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache, partial
from importlib.resources import files
from io import StringIO
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checks._common import first_to_agree
from autograder.checks.fashion_counts import check
from autograder.checks.network import fresh
from autograder.reference import mnist as reference
from mlplab.checks._earlier import forgiving
from mlplab.checks.fashion import DOES_NOT_LEARN, EARLIER_STAGE, N_CLASSES, PARTS, network_of, own_decisions
from mlplab.checks.network import Params
from mlplab.compare import CheckFailure
from mlplab.data import load_fashion_mnist
from mlplab.diagnosis import Diagnosis, certain, likely, possible
from mlplab.student import StudentError

_MARGIN = 1.0  # percentage points

_ON_OTHER_PIXELS = likely("normalised-inside", "The network does far better on images whose pixels were moved or "
                                               "scaled first. Whoever uses it hands it images as they come: what is "
                                               "done to X in the training has to be undone in the first layer.")
_OTHER_LABELS = certain("other-data", "It has learned labels other than those it was given: does the function use an "
                                      "array of the notebook in place of its parameters?")
_BELOW_PLAIN = possible("below-plain", "The plain network of stage 06 does better. Is every image learned from, and "
                                       "for long enough?")
_NOT_IMPROVED = possible("not-improved", "This is what the plain network of stage 06 reaches, or little more.")


@check("improved_train", weight=2)
@forgiving(*PARTS, stage=EARLIER_STAGE)
def reads_70_percent_of_new_clothes(student, rng):
    """A tenth of the images is enough for that."""
    return _expect_accuracy(student, rng, 70)


@check("improved_train", weight=2)
@forgiving(*PARTS, stage=EARLIER_STAGE)
def reads_79_percent_of_new_clothes(student, rng):
    """The plain network of stage 06 does, with all images."""
    return _expect_accuracy(student, rng, 79)


@check("improved_train", weight=4)
@forgiving(*PARTS, stage=EARLIER_STAGE)
def reads_84_percent_of_new_clothes(student, rng):
    """What an improvement brings."""
    return _expect_accuracy(student, rng, 84)


class _Training(NamedTuple):
    """What a student was given and made of it.

    Attributes:
        names: (C,), what each class is called in this training: with other names for the classes only learning helps.
        params: the trained network.
    """

    names: np.ndarray
    params: Params


_TRAININGS: WeakKeyDictionary[object, _Training | Exception] = WeakKeyDictionary()


def _training(student: object, rng: np.random.Generator) -> _Training:
    """The student's one training; where it failed, it fails again."""
    if student not in _TRAININGS:
        try:
            _TRAININGS[student] = _train(student, rng)
        except (CheckFailure, StudentError) as error:
            _TRAININGS[student] = error
    if isinstance(_TRAININGS[student], Exception):
        raise _TRAININGS[student]
    return _TRAININGS[student]


def _train(student: object, rng: np.random.Generator) -> _Training:
    X, labels, _, _ = _images()
    names, order = rng.permutation(N_CLASSES), rng.permutation(len(X))
    return _Training(names, network_of(student.improved_train(X[order], names[labels[order]], fresh(rng))))


@cache
def _images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images (4000, 784) and labels to train on, the sample's; images (2000, 784) and labels that are in no sample."""
    with redirect_stdout(StringIO()):  # it says that it is the sample
        sample = load_fashion_mnist(sample=True)
    with np.load(files("autograder") / "data" / "fashion_heldout.npz") as held_out:
        images, labels = held_out["images"], held_out["labels"].astype(np.int64)
    return sample.train_images, sample.train_labels, images.reshape(len(images), -1) / np.float32(255), labels


def _expect_accuracy(student: object, rng: np.random.Generator, threshold: float) -> str:
    training = _training(student, rng)
    _, _, X, labels = _images()
    right = training.names[labels]

    def compare(decisions: Callable[[np.ndarray], np.ndarray]) -> None:
        accuracy = 100 * np.mean(decisions(X) == right)
        if accuracy < threshold - _MARGIN:
            raise CheckFailure(f"{accuracy:.1f} % of {len(X)} images are right; {threshold} % is asked for, give or "
                               f"take {_MARGIN:g}.", _slip(training, accuracy))

    def candidates() -> Iterator[tuple[str, Callable[[], None]]]:
        yield "", partial(compare, partial(_decisions, training.params))
        yield "Right, given your own `forward`.", partial(
            compare, lambda images: own_decisions(student, images, training.params))

    return first_to_agree(candidates())


def _decisions(params: Params, X: np.ndarray) -> np.ndarray:
    """The class (N,) that the network decides for: hidden layers have the ReLU, as the contract has it."""
    return np.argmax(reference.forward(X, params)[1], axis=1)


def _slip(training: _Training, accuracy: float) -> Diagnosis:
    """Why a network that reads `accuracy` percent may fall short."""
    train_X, _, X, labels = _images()
    if 100 * np.mean(_decisions(training.params, X) == labels) > max(accuracy, 50):
        return _OTHER_LABELS
    mean, spread = train_X.mean(axis=0), train_X.std(axis=0) + 1e-8
    for images in (X - mean, (X - mean) / spread, X - mean.mean(), (X - mean.mean()) / train_X.std(), 255 * X,
                   2 * X - 1):
        if 100 * np.mean(_decisions(training.params, images) == training.names[labels]) > accuracy + 3:
            return _ON_OTHER_PIXELS
    if accuracy < 20:
        return DOES_NOT_LEARN
    return _BELOW_PLAIN if accuracy < 78 else _NOT_IMPROVED

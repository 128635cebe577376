"""Visible checks of stage 07, first part: what is taken for what, and which samples are set apart."""

import numpy as np

from mlplab.checking import ARGUMENTS, EXTREMES, RANDOMNESS, SHAPES, Checks
from mlplab.checks._common import leaves_alone
from mlplab.checks._results import expect_pair, in_order
from mlplab.checks.network import GLOBAL_RANDOM, expect_draws_from
from mlplab.compare import CheckFailure, as_array, as_pair, expect_array, require
from mlplab.diagnosis import Diagnosis, Suspect, certain, likely
from mlplab.student import StudentError

check = Checks("07-fashion", visible=True)

# Sixteen samples of three classes. Row sums 4, 8 and 4, column sums 5, 5 and 6; eleven are right.
_LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2])
_PREDICTIONS = np.array([0, 1, 0, 0, 1, 2, 0, 1, 1, 2, 1, 0, 2, 2, 2, 2])
_CONFUSION = np.array([[3, 1, 0], [2, 4, 2], [0, 0, 4]])
_PRECISION, _RECALL = np.array([3 / 5, 4 / 5, 4 / 6]), np.array([3 / 4, 4 / 8, 4 / 4])

SHARES = {"rtol": 1e-6}  # a tiny number added below the fraction, against 0/0, does no harm
NAMES = ("precision", "recall")
_SIDES = ("kept", "held_out")


@check("confusion_matrix", weight=2)
def has_the_counts_you_can_work_out_by_hand(student, rng):
    """Of the four samples of class 0 three are taken for 0 and one for 1: the first row is 3, 1, 0."""
    expect_counts(student, _LABELS, _PREDICTIONS, 3)


@check("confusion_matrix")
def counts_every_sample_once(student, rng):
    """A row adds up to the samples of a class, a column to the predictions of one, and all of it to N."""
    labels, predictions = rng.integers(4, size=50), rng.integers(4, size=50)
    confusion = as_array(student.confusion_matrix(labels.copy(), predictions.copy(), 4), "confusion_matrix(…)")
    require(confusion.ndim == 2, f"confusion_matrix(…) has shape {confusion.shape}; (4, 4) is asked for.")
    of_each, for_each = np.bincount(labels, minlength=4), np.bincount(predictions, minlength=4)
    expect_array(np.sum(confusion), np.array(50), "the sum of all entries")
    expect_array(np.sum(confusion, axis=1), of_each, "the sum of each row", suspects=[
        Suspect(_TRANSPOSED, lambda: for_each)])
    expect_array(np.sum(confusion, axis=0), for_each, "the sum of each column")


@check("confusion_matrix", category=SHAPES)
def has_a_row_and_a_column_for_every_class(student, rng):
    """Also for classes that do not occur; and for one sample, and one class."""
    for labels, predictions, c in (([0, 2, 0], [2, 2, 0], 5), ([1], [0], 3), ([0, 0], [0, 0], 1), ([3], [3], 4)):
        expect_counts(student, np.array(labels), np.array(predictions), c)


@check("confusion_matrix", category=ARGUMENTS)
def leaves_labels_and_predictions_as_they_were(student, rng):
    """Counting changes nothing."""
    leaves_alone(student, "confusion_matrix", labels=rng.integers(3, size=9), predictions=rng.integers(3, size=9),
                 n_classes=3)


@check("precision_recall", weight=2)
def has_the_shares_you_can_work_out_by_hand(student, rng):
    """Taken for class 0 are 3 + 2 + 0, and 3 of these are right: ⅗. Of class 0 are 3 + 1 + 0, and 3 are found: ¾."""
    return expect_shares(student, _CONFUSION, _PRECISION, _RECALL)


@check("precision_recall")
def is_one_for_a_perfect_answer(student, rng):
    """Nothing off the diagonal: no false alarm, nothing missed, however many there are of each class."""
    return expect_shares(student, np.diag([3, 1, 7, 12]), np.ones(4), np.ones(4))


@check("precision_recall", weight=2, category=EXTREMES)
def is_zero_where_there_is_nothing_to_divide_by(student, rng):
    """Class 1 is never predicted, class 2 does not occur: 0/0, which counts as 0."""
    confusion = np.array([[4, 0, 1], [3, 0, 2], [0, 0, 0]])
    return expect_shares(student, confusion, np.array([4 / 7, 0, 0]), np.array([4 / 5, 0, 0]))


@check("precision_recall", category=SHAPES)
def gives_one_number_for_each_class(student, rng):
    """Two arrays (C,), for any number of classes."""
    for c in (1, 2, 5):
        confusion = rng.integers(1, 9, size=(c, c))
        in_order(student.precision_recall(confusion), [(c,), (c,)], "precision_recall(confusion)", NAMES)
        expect_shares(student, np.full((c, c), 2), np.full(c, 1 / c), np.full(c, 1 / c))


@check("precision_recall", category=ARGUMENTS)
def leaves_the_confusion_matrix_as_it_was(student, rng):
    """The picture of it is drawn afterwards."""
    leaves_alone(student, "precision_recall", confusion=rng.integers(1, 9, size=(5, 5)))


@check("train_validation_split", weight=3)
def puts_every_sample_on_one_side(student, rng):
    """Both sides together are the numbers from 0 to n − 1, each of them once."""
    for n, fraction in ((10, 0.3), (7, 0.4), (60, 0.25)):
        expect_every_sample_once(*sides(student, n, fraction, rng), n)


@check("train_validation_split", weight=2)
def holds_out_the_share_that_is_asked_for(student, rng):
    """To the nearest whole: of ten samples 0.28 is 3, and 0.22 is 2."""
    for n, fraction in ((10, 0.3), (10, 0.28), (10, 0.22), (100, 0.29), (5, 0.5), (9, 0.75)):
        expect_share(*sides(student, n, fraction, rng), n, fraction)


@check("train_validation_split", category=EXTREMES)
def leaves_at_least_one_sample_on_either_side(student, rng):
    """A hundredth of five samples is none, to the nearest whole; without one there is nothing to validate on."""
    for n, fraction in ((5, 0.01), (5, 0.99), (2, 0.1), (2, 0.9), (3, 0.1)):
        expect_share(*sides(student, n, fraction, rng), n, fraction)


@check("train_validation_split", weight=2, category=RANDOMNESS)
def draws_another_split_each_time(student, rng):
    """Two splits on one generator differ; generators in the same state lead to the same one."""
    expect_draws_from(lambda generator: np.sort(sides(student, 60, 0.3, generator)[1]), rng)


@check("train_validation_split", category=RANDOMNESS)
def holds_out_samples_from_everywhere(student, rng):
    """The data may be sorted by class: neighbours are not to be held out together each time."""
    expect_many_splits(student, 12, 0.25, rng)


@check("train_validation_split", category=RANDOMNESS)
def draws_nothing_from_the_global_generator(student, rng):
    """`np.random.…` draws from a state that the whole notebook shares."""
    sides(student, 10, 0.3, rng)
    require(not student.last.touched_global_random, "NumPy's global random state was changed.", GLOBAL_RANDOM)


_TRANSPOSED = certain("transposed", "Rows and columns are exchanged: the true class chooses the row, the predicted one "
                                    "the column.")


def expect_counts(student: object, labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> None:
    """Fails the check unless the student's `confusion_matrix` counts as the definition says, pair by pair."""
    right = np.array([[np.sum((labels == row) & (predictions == column)) for column in range(n_classes)]
                      for row in range(n_classes)])
    value = as_array(student.confusion_matrix(labels.copy(), predictions.copy(), n_classes), "confusion_matrix(…)")
    present = np.union1d(labels, predictions).size
    require(value.shape != (present, present) or present == n_classes,
            f"confusion_matrix(…) has shape {value.shape}; {(n_classes, n_classes)} is asked for.",
            certain("classes-missing", "Only the classes that occur have a row: `n_classes` says how many there are."))
    rows, columns = right.sum(axis=1, keepdims=True), right.sum(axis=0, keepdims=True)
    mistakes = right * (1 - np.eye(n_classes, dtype=int))
    shares = certain("shares", "These are shares of a whole: counts are asked for.")
    expect_array(value, right, "confusion_matrix(…)", suspects=[
        Suspect(_TRANSPOSED, lambda: right.T),
        Suspect(certain("counted-once", "Where a pair occurs several times there is a 1: `a[rows, columns] += 1` adds "
                                        "to each place only once."), lambda: np.minimum(right, 1)),
        Suspect(certain("mistakes-only", "The right answers are missing: they belong on the diagonal."),
                lambda: mistakes),
        Suspect(certain("right-ones-only", "Only the right answers are counted: every sample has its place."),
                lambda: right - mistakes),
        *(Suspect(shares, lambda whole=whole: right / np.maximum(whole, 1)) for whole in (rows, columns, len(labels)))])


def expect_shares(student: object, confusion: np.ndarray, precision: np.ndarray, recall: np.ndarray) -> str | None:
    """Fails the check unless these are precision and recall; exchanged, where the student's own matrix is turned round.

    Returns: a note, where they are exchanged.
    """
    value = student.precision_recall(confusion.copy())
    try:
        _expect_shares(value, confusion, precision, recall)
    except CheckFailure:
        if not _counts_transposed(student):
            raise
        _expect_shares(value, confusion, recall, precision)
        return "Right, given your own `confusion_matrix`."
    return None


def _expect_shares(value: object, confusion: np.ndarray, precision: np.ndarray, recall: np.ndarray) -> None:
    for part, name in zip(in_order(value, [precision.shape] * 2, "precision_recall(confusion)", NAMES), NAMES,
                          strict=True):
        require(bool(np.isfinite(part).all()), f"{name} has entries that are not finite.", _ZERO_BELOW)
        require(part.size == len(confusion) or part.size != 1, f"{name} is a single number.",
                certain("averaged", "One number for all classes: each class has its own."))
    correct, total = np.diagonal(confusion), np.sum(confusion)
    sides_of = {"precision": (precision, recall), "recall": (recall, precision)}
    with np.errstate(all="ignore"):
        f1 = 2 * precision * recall / (precision + recall)

    def suspects(name: str) -> list[Suspect]:
        _, other = sides_of[name]
        return [
            Suspect(certain("precision-for-recall", "Precision and recall are exchanged: of a column are those that "
                                                    "were taken for the class, of a row those that are of it."),
                    lambda: other),
            Suspect(certain("of-all-samples", "The whole is another: divide by the samples of one column, or row, not "
                                              "by all."), lambda: correct / total),
            Suspect(certain("f1", "This is the mean of both, F₁: both are asked for apart."), lambda: f1),
            Suspect(certain("complement", "This is the share of the wrong ones."), lambda: 1 - sides_of[name][0])]

    expect_pair(value, (precision, recall), "precision_recall(confusion)", NAMES,
                {name: suspects(name) for name in NAMES}, **SHARES)


_ZERO_BELOW = certain("zero-division", "0 was divided by 0: a class that is never predicted, or does not occur. What "
                                       "is undefined counts as 0 here.")


def _counts_transposed(student: object) -> bool:
    """Whether the student's own confusion matrix has the predictions in its rows."""
    try:
        expect_counts(student, _LABELS, _PREDICTIONS, 3)
    except CheckFailure as failure:
        return failure.diagnosis is not None and failure.diagnosis.code == _TRANSPOSED.code
    except StudentError:
        return False
    return False


def sides(student: object, n: int, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What the student's `train_validation_split` gives, two rows of indices; fails the check where it is not."""
    what = "train_validation_split(n, fraction, rng)"
    kept, held_out = as_pair(student.train_validation_split(n, fraction, rng), what, _SIDES)
    return _as_indices(kept, "kept", n), _as_indices(held_out, "held_out", n)


def _as_indices(side: object, name: str, n: int) -> np.ndarray:
    array = np.asarray(side) if isinstance(side, list | tuple | range) and all(
        isinstance(index, int | np.integer) for index in side) else as_array(side, name)
    require(array.dtype.kind != "b", f"{name} holds True and False; indices are asked for.",
            certain("mask-for-indices", "A mask says of each sample whether it belongs here. Asked for is where those "
                                        "stand that do."))
    require(array.ndim == 1, f"{name} has shape {array.shape}; a row of indices is asked for.")
    require(array.dtype.kind in "iu" or array.size == 0, f"{name} holds {array.dtype}; indices are asked for.",
            certain("not-indices", "Whole numbers are asked for, which say where the samples stand."))
    return array.astype(int)


def expect_every_sample_once(kept: np.ndarray, held_out: np.ndarray, n: int) -> None:
    """Fails the check unless the two sides are disjoint and hold every number from 0 to n − 1."""
    indices = np.sort(np.concatenate([kept, held_out]))
    if np.array_equal(indices, np.arange(n)):
        return
    both = np.intersect1d(kept, held_out)
    message = f"Of {n} samples {kept.size} are kept and {held_out.size} held out, {both.size} of them both; together " \
              f"they are {np.unique(indices).size} different ones."
    require(both.size == 0, message, certain("overlap", "Some samples are on both sides: a network that has learned "
                                                        "them by heart would be examined on what it knows."))
    require(np.unique(indices).size == indices.size, message,
            certain("repeated", "Some samples come twice on the same side: draw without putting back."))
    in_range = indices.size == 0 or (indices[0] >= 0 and indices[-1] < n)
    require(in_range, message, certain("out-of-range", "There are indices that no sample has: they run from 0 to "
                                                       "n − 1."))
    raise CheckFailure(message, certain("lost", "Some samples are on neither side: what is not held out is kept."))


def expect_share(kept: np.ndarray, held_out: np.ndarray, n: int, fraction: float) -> None:
    """Fails the check unless the nearest whole number of samples is held out, at least one on either side."""
    asked = fraction * n
    right = {min(max(whole, 1), n - 1) for whole in range(n + 1) if abs(whole - asked) <= 0.5 + 1e-9}
    message = f"Of {n} samples {held_out.size} are held out; a fraction of {fraction:g} is {asked:.4g}."
    require(held_out.size not in right or kept.size > 0, "No sample is kept.", _EMPTY)
    if held_out.size in right:
        return
    raise CheckFailure(message, _share_slip(kept.size, held_out.size, n, asked, right))


_EMPTY = certain("empty-side", "One side is empty: at least one sample is to be kept, and at least one held out.")


def _share_slip(n_kept: int, n_held_out: int, n: int, asked: float, right: set[int]) -> Diagnosis:
    if 0 in (n_kept, n_held_out):
        return _EMPTY
    if n_kept in right:
        return certain("sides-swapped", "The other side has the share that is asked for: `fraction` is held out, and "
                                        "it is returned second.")
    if n_held_out == int(asked):
        return certain("rounded-down", "The number was cut off: the nearest whole is asked for.")
    if n_held_out == int(asked) + 1:
        return certain("rounded-up", "The number was rounded up: the nearest whole is asked for.")
    return likely("wrong-share", "That is another share than `fraction`.")


def expect_many_splits(student: object, n: int, fraction: float, rng: np.random.Generator) -> None:
    """Fails the check unless forty splits are nearly all different.

    Of a dozen samples three can be held out in 220 ways, of which forty draws meet 36 or so, and next to never fewer
    than 25. Blocks of neighbours can be held out in a dozen ways.
    """
    ways: set[tuple[int, ...]] = {tuple(np.sort(sides(student, n, fraction, rng)[1]).tolist()) for _ in range(40)}
    require(len(ways) >= 25, f"In forty splits only {len(ways)} different groups were held out.",
            certain("blocks", "The same samples are held out together again and again: draw an order of all the "
                              "samples, and cut it in two."))

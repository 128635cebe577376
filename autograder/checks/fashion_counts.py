"""Hidden checks of stage 07, first part: what is taken for what, and which samples are set apart."""

import numpy as np

from autograder.checks._common import copies, expect_different_answers
from autograder.checks.network import fresh
from autograder.reference import fashion as reference
from mlplab.checking import EXTREMES, RANDOMNESS, SHAPES, Checks
from mlplab.checks.fashion_counts import (
    expect_counts,
    expect_every_sample_once,
    expect_many_splits,
    expect_share,
    expect_shares,
    sides,
)
from mlplab.checks.network import expect_draws_from
from mlplab.compare import as_array, require
from mlplab.diagnosis import likely

check = Checks("07-fashion", visible=False)


@check("confusion_matrix", weight=4)
def agrees_on_random_predictions(student, rng):
    """Two of each size, and one in which the predictions alone are others."""
    for n, c in ((101, 3), (53, 7), (211, 2)):
        first, second = (_predictions(rng, n, c) for _ in range(2))
        cases = [first, second, (first[0], second[1])]
        for labels, predictions in cases:
            expect_counts(student, labels, predictions, c)
        values = [as_array(student.confusion_matrix(*copies(*case), c), "confusion_matrix(…)") for case in cases]
        expect_different_answers(values, [reference.confusion_matrix(*case, c) for case in cases])


@check("confusion_matrix", category=SHAPES)
def agrees_where_classes_are_missing(student, rng):
    """The last ones, or all but one; one sample, one class."""
    for n, present, c in ((23, 3, 7), (11, 1, 5), (1, 5, 5), (5, 1, 1), (1, 1, 1)):
        expect_counts(student, *_predictions(rng, n, present), c)


@check("confusion_matrix", category=EXTREMES)
def counts_as_many_as_there_are(student, rng):
    """Seventy thousand samples of two classes: more than an integer of one byte holds, or of two."""
    labels = np.repeat([0, 1], [69_000, 1_000])
    expect_counts(student, labels, np.where(np.arange(labels.size) % 700, labels, 1 - labels), 2)


@check("precision_recall", weight=4)
def agrees_on_random_counts(student, rng):
    """Three to seven classes, each twice; some classes never predicted, or without a sample."""
    notes = []
    for c in (3, 5, 7):
        first, second = (rng.integers(1, 60, size=(c, c)) for _ in range(2))
        first[:, rng.integers(c)] = 0
        second[rng.integers(c)] = 0
        notes += [expect_shares(student, case, *reference.precision_recall(case)) for case in (first, second)]
    return next(filter(None, notes), None)


@check("precision_recall", category=EXTREMES)
def agrees_where_hardly_anything_is_counted(student, rng):
    """Nothing at all; one class; counts in floats; and very many of them."""
    for case in (np.zeros((3, 3), dtype=int), np.array([[5]]), np.array([[0]]),
                 rng.integers(1, 9, size=(3, 3)).astype(float), rng.integers(1, 9, size=(5, 5)) * 10**8):
        expect_shares(student, case, *reference.precision_recall(case))


@check("train_validation_split", weight=4)
def puts_every_sample_on_one_side_in_any_number(student, rng):
    """Primes and round numbers, each twice."""
    for n, fraction in ((101, 0.2), (101, 0.2), (60, 0.75), (13, 0.37), (2, 0.5)):
        kept, held_out = sides(student, n, fraction, rng)
        expect_every_sample_once(kept, held_out, n)
        expect_share(kept, held_out, n, fraction)


@check("train_validation_split", weight=2, category=EXTREMES)
def holds_out_the_nearest_whole_number_of_many(student, rng):
    """Shares on either side of a half, and some of which next to nothing is left."""
    for n, fraction in ((97, 0.1), (97, 0.9), (4000, 0.1), (1000, 0.2504), (1000, 0.2506), (11, 0.001), (11, 0.999),
                        (2, 0.01), (2, 0.99), (100, 0.57), (100, 0.58)):
        expect_share(*sides(student, n, fraction, rng), n, fraction)


@check("train_validation_split", weight=3, category=RANDOMNESS)
def gives_every_sample_the_same_chance(student, rng):
    """Of eleven samples four are held out, a hundred and fifty times: each of them about as often."""
    n, n_splits, share = 11, 150, 4 / 11
    generator = fresh(rng)
    held_out = np.concatenate([sides(student, n, share, generator)[1] for _ in range(n_splits)])
    spread = np.sqrt(n_splits * share * (1 - share))
    far_off = np.abs(np.bincount(held_out[(held_out >= 0) & (held_out < n)], minlength=n) - n_splits * share)
    require(bool(np.max(far_off) < 7 * spread), "Some samples are held out far more often than others.",
            likely("uneven", "Some samples are held out far more often than others: does the order that is drawn hold "
                             "all of them, in any order?"))
    for n, fraction in ((61, 0.3), (61, 0.3), (40, 0.5)):
        expect_draws_from(lambda generator, n=n, fraction=fraction: np.sort(
            sides(student, n, fraction, generator)[1]), fresh(rng))
        require(not student.last.touched_global_random, "NumPy's global random state was changed.")
    expect_many_splits(student, 12, 0.25, fresh(rng))


def _predictions(rng: np.random.Generator, n: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and predictions (n,), of which about half are right."""
    labels, guesses = rng.integers(n_classes, size=(2, n))
    return labels, np.where(rng.random(n) < 0.5, labels, guesses)

"""Wrong and right solutions of stage 07, first part: what is taken for what, and which samples are set apart."""

from collections import Counter

import numpy as np

from autograder.misconceptions import Casebook
from autograder.reference import fashion as reference

book = Casebook("07-fashion")

COUNTS_BY_HAND = "has_the_counts_you_can_work_out_by_hand"
SHARES_BY_HAND = "has_the_shares_you_can_work_out_by_hand"
NOTHING_BELOW = "is_zero_where_there_is_nothing_to_divide_by"
ONE_SIDE = "puts_every_sample_on_one_side"
SHARE = "holds_out_the_share_that_is_asked_for"
EITHER_SIDE = "leaves_at_least_one_sample_on_either_side"
ANOTHER_SPLIT = "draws_another_split_each_time"


@book.inputs("confusion_matrix")
def labels_and_predictions(rng):
    return rng.integers(4, size=61), rng.integers(4, size=61), 5


@book.inputs("precision_recall")
def counts(rng):
    confusion = rng.integers(1, 20, size=(5, 5))
    confusion[:, 1] = confusion[2] = 0
    return (confusion,)


@book.wrong("confusion_matrix", caught_by=COUNTS_BY_HAND, diagnosis="transposed",
            thought="The prediction comes first, so it chooses the row.",
            hint="Read one row aloud: of the pieces that really are shirts, so many were taken for …")
def predictions_in_rows(labels, predictions, n_classes):
    return reference.confusion_matrix(predictions, labels, n_classes)


@book.wrong("confusion_matrix", caught_by=COUNTS_BY_HAND, diagnosis="counted-once",
            thought="`confusion[labels, predictions] += 1` adds 1 for each pair.",
            hint="NumPy works out the right side once for each place, then writes. What if a place is named twice?")
def one_where_there_are_several(labels, predictions, n_classes):
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    confusion[labels, predictions] += 1
    return confusion


@book.wrong("confusion_matrix", caught_by=COUNTS_BY_HAND, diagnosis="mistakes-only",
            thought="What is confused are the mistakes; the right answers are no confusion.",
            hint="Where would you read off how many were right?")
def without_the_right_ones(labels, predictions, n_classes):
    wrong = labels != predictions
    return reference.confusion_matrix(labels[wrong], predictions[wrong], n_classes)


@book.wrong("confusion_matrix", caught_by=COUNTS_BY_HAND, diagnosis="shares",
            thought="Shares of each class are easier to compare.",
            hint="Can the counts be had back from the shares? What is asked for?")
def shares_of_each_row(labels, predictions, n_classes):
    confusion = reference.confusion_matrix(labels, predictions, n_classes)
    return confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)


@book.wrong("confusion_matrix", caught_by="has_a_row_and_a_column_for_every_class", diagnosis="classes-missing",
            thought="`np.unique` tells me which classes there are.",
            hint="And if a class does not occur this time? What is `n_classes` for?")
def only_the_classes_that_occur(labels, predictions, n_classes):
    present = np.union1d(labels, predictions)
    return np.array([[np.sum((labels == row) & (predictions == column)) for column in present] for row in present])


@book.wrong("confusion_matrix", caught_by="counts_as_many_as_there_are", diagnosis=None,
            thought="Counts are small, so a byte is enough for each.",
            hint="How far can a `uint8` count? What comes after 255?")
def in_single_bytes(labels, predictions, n_classes):
    confusion = np.zeros((n_classes, n_classes), dtype=np.uint8)
    np.add.at(confusion, (labels, predictions), 1)
    return confusion


@book.wrong("confusion_matrix", caught_by="leaves_labels_and_predictions_as_they_were", diagnosis="modifies-argument",
            thought="Each pair gets one number; I make it in `labels`.",
            hint="Whose array is that? Who needs the labels afterwards?")
def pairs_numbered_in_place(labels, predictions, n_classes):
    labels *= n_classes
    labels += predictions
    return np.bincount(labels, minlength=n_classes**2).reshape(n_classes, n_classes)


@book.right("confusion_matrix", style="a loop over the pairs")
def pair_by_pair(labels, predictions, n_classes):
    confusion = np.zeros((n_classes, n_classes))
    for label, prediction in zip(labels, predictions, strict=True):
        confusion[label, prediction] += 1
    return confusion


@book.right("confusion_matrix", style="bincount of numbered pairs")
def numbered_pairs(labels, predictions, n_classes):
    return np.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


@book.right("confusion_matrix", style="product of one-hot matrices")
def product_of_one_hot(labels, predictions, n_classes):
    return np.eye(n_classes)[labels].T @ np.eye(n_classes)[predictions]


@book.right("confusion_matrix", style="a Counter")
def counter(labels, predictions, n_classes):
    found = Counter(zip(labels.tolist(), predictions.tolist(), strict=True))
    return np.array([[found[row, column] for column in range(n_classes)] for row in range(n_classes)])


@book.right("confusion_matrix", style="a histogram in two dimensions")
def histogram(labels, predictions, n_classes):
    edges = np.arange(n_classes + 1) - 0.5
    return np.histogram2d(labels, predictions, bins=(edges, edges))[0]


@book.wrong("precision_recall", caught_by=SHARES_BY_HAND, diagnosis="precision-for-recall",
            thought="Precision goes with the rows, recall with the columns.",
            hint="You asked for shirts and were handed a pile: that is a column. How much of the pile is shirts?")
def swapped(confusion):
    return reference.precision_recall(confusion)[::-1]


@book.wrong("precision_recall", caught_by=NOTHING_BELOW, diagnosis="zero-division",
            thought="The diagonal over the sums, that is the formula.",
            hint="What is the sum of a column whose class was never predicted?")
def divided_by_zero(confusion):
    correct = np.diagonal(confusion)
    with np.errstate(all="ignore"):
        return correct / confusion.sum(axis=0), correct / confusion.sum(axis=1)


@book.wrong("precision_recall", caught_by=SHARES_BY_HAND, diagnosis="of-all-samples",
            thought="A share is a share of all samples.",
            hint="Of which samples is it the share: of those in the row, in the column, or of everybody?")
def shares_of_all(confusion):
    share = np.diagonal(confusion) / max(confusion.sum(), 1)
    return share, share


@book.wrong("precision_recall", caught_by=SHARES_BY_HAND, diagnosis="averaged",
            thought="One number tells more than ten.",
            hint="Which class does worst? Can you tell from a mean?")
def one_mean_for_all(confusion):
    precision, recall = reference.precision_recall(confusion)
    return precision.mean(), recall.mean()


@book.wrong("precision_recall", caught_by=NOTHING_BELOW, diagnosis=None,
            thought="Nothing was claimed, so nothing was wrong: 1.",
            hint="There are two conventions for 0/0. Which one does the text name?")
def one_where_undefined(confusion):
    precision, recall = reference.precision_recall(confusion)
    return np.where(confusion.sum(axis=0), precision, 1.0), np.where(confusion.sum(axis=1), recall, 1.0)


@book.wrong("precision_recall", caught_by=SHARES_BY_HAND, diagnosis=None,
            thought="One more in every sum, and nothing is divided by zero.",
            hint="And where the sum was not zero? Is ¾ still ¾?")
def one_added_below(confusion):
    correct = np.diagonal(confusion)
    return correct / (confusion.sum(axis=0) + 1), correct / (confusion.sum(axis=1) + 1)


@book.wrong("precision_recall", caught_by="leaves_the_confusion_matrix_as_it_was", diagnosis="modifies-argument",
            thought="The diagonal is done with; without it the sums are the mistakes.",
            hint="`np.fill_diagonal` writes into the caller's matrix. Who needs it afterwards?")
def diagonal_taken_out(confusion):
    correct = np.diagonal(confusion).copy()
    np.fill_diagonal(confusion, 0)
    predicted, present = correct + confusion.sum(axis=0), correct + confusion.sum(axis=1)
    return correct / np.maximum(predicted, 1), correct / np.maximum(present, 1)


@book.right("precision_recall", style="a loop over the classes")
def class_by_class(confusion):
    precision, recall = [], []
    for c in range(len(confusion)):
        predicted, present = sum(confusion[:, c]), sum(confusion[c, :])
        precision.append(confusion[c, c] / predicted if predicted > 0 else 0.0)
        recall.append(confusion[c, c] / present if present > 0 else 0.0)
    return np.array(precision), np.array(recall)


@book.right("precision_recall", style="np.divide where it can be, once turned round")
def divided_where_it_can_be(confusion):
    def share(matrix):
        total = np.sum(matrix, axis=0).astype(float)
        return np.divide(np.diag(matrix), total, out=np.zeros_like(total), where=total != 0)

    return share(confusion), share(confusion.T)


@book.right("precision_recall", style="NaN made zero afterwards")
def nan_made_zero(confusion):
    correct = confusion.diagonal()
    return np.nan_to_num(correct / confusion.sum(0)), np.nan_to_num(correct / confusion.sum(1))


@book.right("precision_recall", style="a tiny number below the fraction")
def tiny_number_below(confusion):
    correct = np.einsum("ii->i", confusion)
    return correct / (np.einsum("ij->j", confusion) + 1e-9), correct / (np.einsum("ij->i", confusion) + 1e-9)


def _cut(order, n_held_out):
    return order[n_held_out:], order[:n_held_out]


@book.wrong("train_validation_split", caught_by=ONE_SIDE, diagnosis="overlap",
            thought="Both sides are drawn at random.",
            hint="Draw twice, and some are drawn for both. From which samples may the second draw choose?")
def drawn_twice(n, fraction, rng):
    n_held_out = reference.train_validation_split(n, fraction, np.random.default_rng(0))[1].size
    return rng.permutation(n)[n_held_out:], rng.permutation(n)[:n_held_out]


@book.wrong("train_validation_split", caught_by=ONE_SIDE, diagnosis="repeated",
            thought="`rng.integers` draws indices.",
            hint="It may draw the same one again. How is it with cards that are not put back?")
def drawn_with_replacement(n, fraction, rng):
    held_out = rng.integers(n, size=reference.train_validation_split(n, fraction, np.random.default_rng(0))[1].size)
    held_out[-1] = held_out[0]  # as good as always there is such a pair; here, always
    return np.setdiff1d(np.arange(n), held_out), held_out


@book.wrong("train_validation_split", caught_by=ONE_SIDE, diagnosis="lost",
            thought="Both sides get their share, cut down to whole numbers.",
            hint="Add up both numbers. Where are the others?")
def some_on_neither_side(n, fraction, rng):
    order, n_held_out = rng.permutation(n), reference.train_validation_split(n, fraction, rng)[1].size
    return order[n_held_out:-1] if n - n_held_out > 1 else order[n_held_out:], order[:n_held_out]


@book.wrong("train_validation_split", caught_by=SHARE, diagnosis="rounded-down",
            thought="`int` makes a whole number of it.",
            hint="What does `int` make of 2.8? Which whole number is nearest?")
def cut_down_to_a_whole(n, fraction, rng):
    return _cut(rng.permutation(n), min(max(int(fraction * n), 1), n - 1))


@book.wrong("train_validation_split", caught_by=SHARE, diagnosis="sides-swapped",
            thought="`fraction` is the share to train on.",
            hint="Which side does the text call `fraction`? And which one is returned first?")
def fraction_kept(n, fraction, rng):
    return reference.train_validation_split(n, fraction, rng)[::-1]


@book.wrong("train_validation_split", caught_by=EITHER_SIDE, diagnosis="empty-side",
            thought="The nearest whole number, nothing else.",
            hint="What is the accuracy on no image at all?")
def none_where_it_rounds_to_none(n, fraction, rng):
    return _cut(rng.permutation(n), round(fraction * n))


@book.wrong("train_validation_split", caught_by="draws_nothing_from_the_global_generator", diagnosis="global-random",
            thought="`np.random.permutation` makes an order, `np.random.seed` makes it the same each time.",
            hint="Whose state does `np.random.seed` set, and who else draws from it?")
def global_generator(n, fraction, rng):
    np.random.seed(0)
    return _cut(np.random.permutation(n), reference.train_validation_split(n, fraction, rng)[1].size)


@book.wrong("train_validation_split", caught_by=ANOTHER_SPLIT, diagnosis="fixed-seed",
            thought="The last ones are held out, as one cuts off the end of a loaf.",
            hint="What if the data are sorted by class? What is `rng` for?")
def the_last_ones(n, fraction, rng):
    return _cut(np.arange(n)[::-1], reference.train_validation_split(n, fraction, rng)[1].size)


@book.wrong("train_validation_split", caught_by="holds_out_samples_from_everywhere", diagnosis="blocks",
            thought="A block that begins anywhere is random enough.",
            hint="If the data are sorted by class, what is in such a block?")
def block_that_begins_anywhere(n, fraction, rng):
    return _cut(np.roll(np.arange(n), rng.integers(n)), reference.train_validation_split(n, fraction, rng)[1].size)


@book.wrong("train_validation_split", caught_by="gives_every_sample_the_same_chance", diagnosis="uneven",
            thought="Sample 0 may stay where it is.",
            hint="Count, over many splits, how often each sample is held out.")
def first_one_always_kept(n, fraction, rng):
    n_held_out = reference.train_validation_split(n, fraction, np.random.default_rng(0))[1].size
    order = 1 + rng.permutation(n - 1)
    return np.append(order[n_held_out:], 0), order[:n_held_out]


@book.right("train_validation_split", style="shuffled in place, cut from the end")
def shuffled_in_place(n, fraction, rng):
    order = np.arange(n)
    rng.shuffle(order)
    n_held_out = int(np.clip(np.floor(fraction * n + 0.5), 1, n - 1))
    return np.split(order, [n - n_held_out])


@book.right("train_validation_split", style="choice without replacement, sorted sets")
def chosen_without_replacement(n, fraction, rng):
    n_held_out = max(1, min(n - 1, int(np.rint(fraction * n))))
    held_out = rng.choice(n, size=n_held_out, replace=False)
    return sorted(set(range(n)) - set(held_out.tolist())), sorted(held_out.tolist())


@book.right("train_validation_split", style="a mask of the smallest random numbers")
def smallest_random_numbers(n, fraction, rng):
    ranks = np.argsort(np.argsort(rng.random(n)))
    is_held_out = ranks < min(max(round(n * fraction), 1), n - 1)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)

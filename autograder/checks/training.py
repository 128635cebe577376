"""Hidden checks of stage 05: steps, whole trajectories and answers against the reference.

Training is graded by its trajectory over a few dozen epochs, never by whether one seed has learned XOR. Where it is
not the reference's, it is held against those that lead through the student's own earlier functions.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import chain

import numpy as np

from autograder.checks._common import copies, expect_different_answers, first_to_agree
from autograder.checks._trajectories import ERRORS, WEIGHTS, Task, recipes, slips_of_a_loop, train_by
from autograder.checks.forward import forward_passes, one_changed, random_network
from autograder.reference import forward
from autograder.reference import training as reference
from mlplab.checking import EXTREMES, SHAPES, Checks
from mlplab.checks.training import TRAINED, random_task, recorded, trained, unless_near_miss
from mlplab.compare import CheckFailure, as_array, expect_array, require
from mlplab.diagnosis import same

check = Checks("05-training", visible=False)


@check("sgd_step", weight=3)
def agrees_on_random_steps(student, rng):
    """Each argument is changed alone once."""
    for shape in ((3, 5), (7, 2)):
        cases = one_changed(*((rng.normal(size=shape), rng.normal(scale=20, size=shape), rate)
                              for rate in (0.3, 0.007)))
        values = [student.sgd_step(w.copy(), gradient.copy(), rate) for w, gradient, rate in cases]
        expected = [reference.sgd_step(*case) for case in cases]
        for other in range(1, len(cases)):
            expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
        for value, right in zip(values, expected, strict=True):
            expect_array(value, right, "sgd_step(w, gradient, learning_rate)")


@check("sgd_step", category=EXTREMES)
def moves_weights_that_are_whole_numbers(student, rng):
    """Weights in an integer array are moved by fractions all the same."""
    w, gradient = rng.integers(-9, 9, size=(3, 5)), rng.normal(size=(3, 5))
    expect_array(student.sgd_step(w.copy(), gradient.copy(), 0.3), reference.sgd_step(w, gradient, 0.3),
                 "sgd_step of integer weights")


@check("train", weight=4)
def ends_at_the_right_weights(student, rng):
    """After dozens of epochs, from several starts."""
    return _expect_training(student, _tasks(rng), WEIGHTS)


@check("train", weight=3)
def records_the_right_errors(student, rng):
    """Each before the update of its epoch."""
    return _expect_training(student, _tasks(rng), ERRORS)


@check("train")
def takes_one_epoch_or_two_at_any_rate(student, rng):
    """Small steps and large ones."""
    return max(_expect_training(student, [(*random_task(rng, 7, 3, 5, 2), rate, n_epochs)], (*WEIGHTS, *ERRORS))
               for rate, n_epochs in ((0.003, 1), (0.9, 1), (0.3, 2)))


@check("train", category=SHAPES)
def trains_where_sizes_are_one(student, rng):
    """One sample, one input, one hidden unit, one output."""
    return max(_expect_training(student, [(*random_task(rng, *sizes), 0.1, 5)], (*WEIGHTS, *ERRORS))
               for sizes in ((1, 2, 5, 3), (7, 1, 3, 2), (7, 3, 1, 2), (7, 3, 5, 1), (1, 1, 1, 1)))


@check("train", category=EXTREMES)
def takes_the_truth_table_in_integers(student, rng):
    """Inputs and targets of 0 and 1, in integer arrays."""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    return _expect_training(student, [(X, y, rng.uniform(size=(2, 3)), rng.uniform(size=(3, 1)), 0.12, 30)],
                            (*WEIGHTS, *ERRORS))


@check("train", category=EXTREMES)
def goes_through_all_epochs_where_there_is_nothing_to_learn(student, rng):
    """Targets that the network meets already: the errors are 0, and there are as many as epochs."""
    X, w1, w2 = random_network(rng, 5, 2, 3, 2)
    _, y = forward.forward_pass(X, w1, w2)
    return _expect_training(student, [(X, y, w1, w2, 0.1, 10)], (*WEIGHTS, *ERRORS))


@check("predict", weight=4)
def agrees_on_random_networks(student, rng):
    """Each argument is changed alone once."""
    return max(_expect_predictions(student, _undecided_networks(rng, sizes))
               for sizes in ((13, 2, 5, 3), (17, 3, 2, 5)))


@check("predict", category=SHAPES)
def agrees_where_sizes_are_one(student, rng):
    """One sample, one input, one hidden unit, one output."""
    return _expect_predictions(student, [random_network(rng, *sizes) for sizes in (
        (1, 2, 5, 3), (7, 1, 3, 2), (7, 3, 1, 2), (7, 3, 5, 1), (1, 1, 1, 1))])


def _undecided_networks(rng: np.random.Generator, sizes: tuple[int, ...]) -> list[tuple]:
    """Networks with answers of both kinds, which change whichever argument is changed."""
    while True:
        cases = one_changed(random_network(rng, *sizes), random_network(rng, *sizes))
        first, *others = answers = [reference.predict(*case) for case in cases]
        if all(0.2 < answer.mean() < 0.8 for answer in answers) and not any(same(first, other) for other in others):
            return cases


def _tasks(rng: np.random.Generator) -> list[Task]:
    """Two of the same shapes, which differ in the data alone, then in the first weights alone; and one of others."""
    X, y, w1, w2 = random_task(rng, 7, 2, 5, 3)
    other_X, other_y, other_w1, other_w2 = random_task(rng, 7, 2, 5, 3)
    return [(X, y, w1, w2, 0.05, 40), (other_X, other_y, w1, w2, 0.05, 40), (X, y, other_w1, other_w2, 0.05, 40),
            (*random_task(rng, 11, 3, 2, 1), 0.08, 25)]


def _expect_training(student: object, tasks: Sequence[Task], parts: Sequence[int]) -> str:
    """Compares parts of what training gives with the reference's, or with what the student's own functions lead to."""
    values = [_student_s(student, task) for task in tasks]
    expected = [reference.train(*task) for task in tasks]
    for other in range(1, len(tasks)):
        for part in parts:
            expect_different_answers((values[0][part], values[other][part]), (expected[0][part], expected[other][part]))
    return max(first_to_agree(_comparisons(student, task, value, right, parts))
               for task, value, right in zip(tasks, values, expected, strict=True))


def _student_s(student: object, task: Task) -> Sequence[object]:
    *arrays, learning_rate, n_epochs = task
    return trained(student.train(*copies(*arrays), learning_rate, n_epochs),
                   (task[2].shape, task[3].shape, (n_epochs,)))


def _comparisons(student, task, value, right, parts) -> Iterator[tuple[str, Callable[[], None]]]:
    yield "", lambda: _compare(value, right, parts, lambda part: slips_of_a_loop(task, part))
    two_epochs = (*task[:5], 2)
    student_s = cache(lambda: _student_s(student, two_epochs))
    for note, recipe in recipes(student, *task[:4]):

        def compare(recipe=recipe):
            _compare(student_s(), train_by(recipe, *two_epochs), parts)
            expected = train_by(recipe, *task)
            require(not (same(expected[0], task[2]) and same(expected[1], task[3])), "No weight moves.")
            _compare(value, expected, parts)

        yield note, compare


def _compare(value, expected, parts, slips=lambda part: ()) -> None:
    for part in parts:
        if part in ERRORS:
            recorded(value[part], len(expected[part]))
        try:
            expect_array(value[part], expected[part], TRAINED[part], suspects=slips(part))
        except CheckFailure as failure:
            raise CheckFailure(failure.message, unless_near_miss(failure.diagnosis)) from None


def _expect_predictions(student, cases: Sequence[tuple]) -> str:
    values = [as_array(student.predict(*copies(*case)), "predict(X, w1, w2)") for case in cases]

    def compare(forward_pass):
        expected = [np.greater_equal(forward_pass(*copies(*case))[1], 0.5).astype(int) for case in cases]
        require(not all(same(right, expected[0]) for right in expected), "Nothing is decided.")
        for other in range(1, len(cases)):
            expect_different_answers((values[0], values[other]), (expected[0], expected[other]))
        for value, right in zip(values, expected, strict=True):
            expect_array(value, right, "predict(X, w1, w2)")

    own = [("Right, given your own `forward_pass`.", student.forward_pass)]
    return first_to_agree((note, partial(compare, forward_pass))
                          for note, forward_pass in chain(forward_passes(student), own))

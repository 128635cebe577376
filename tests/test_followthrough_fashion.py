"""Stage 07: slips in the functions of stage 06, or in the confusion matrix, are not punished again."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import casebook, reference_functions, student_with
from autograder.reference import fashion, mnist
from mlplab.checking import EXCUSED, FAILED, PASSED, run
from mlplab.exercises import STAGES

STAGE = STAGES["07-fashion"]
RIGHT = reference_functions(STAGE)
OWN_MATRIX = "Right, given your own `confusion_matrix`."
OWN_FORWARD = "Right, given your own `forward`."


def outcome_of(name, solution, own):
    student = student_with(STAGE, {**own, name: solution})
    return run(STAGE, STAGE.exercise(name), all_checks(STAGE, name), student, seed=11)


def missed(outcome):
    return [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)]


def notes(outcome):
    return {verdict.message for verdict in outcome.verdicts if verdict.status == PASSED} - {""}


def turned_round(labels, predictions, n_classes):
    return fashion.confusion_matrix(predictions, labels, n_classes)


def swapped(confusion):
    return fashion.precision_recall(confusion)[::-1]


def test_shares_fit_the_own_confusion_matrix():
    outcome = outcome_of("precision_recall", swapped, {"confusion_matrix": turned_round})
    assert missed(outcome) == []
    assert outcome.score == outcome.points
    assert notes(outcome) == {OWN_MATRIX}


def test_shares_that_are_right_by_themselves_are_right():
    for own in (turned_round, lambda *args: None):
        outcome = outcome_of("precision_recall", fashion.precision_recall, {"confusion_matrix": own})
        assert missed(outcome) == []
        assert notes(outcome) == set()


def test_another_slip_in_the_matrix_is_no_excuse_for_swapped_shares():
    def counted_once(labels, predictions, n_classes):
        return np.minimum(fashion.confusion_matrix(labels, predictions, n_classes), 1)

    assert outcome_of("precision_recall", swapped, {"confusion_matrix": counted_once}).score < 2


def test_an_own_slip_in_the_shares_is_punished_all_the_same():
    def one_added(confusion):
        correct = np.diagonal(confusion)
        return correct / (confusion.sum(axis=1) + 1), correct / (confusion.sum(axis=0) + 1)

    assert outcome_of("precision_recall", one_added, {"confusion_matrix": turned_round}).score == 0


# The functions of stage 06 in a training


def with_tanh(X, params):
    """A forward pass with another activation: its own backward fits, so it learns."""
    activations = [X]
    for W, b in params[:-1]:
        activations.append(np.tanh(activations[-1] @ W + b))
    return activations, activations[-1] @ params[-1][0] + params[-1][1]


def through_tanh(activations, params, dlogits):
    gradients = []
    for layer in reversed(range(len(params))):
        gradients.append((activations[layer].T @ dlogits, dlogits.sum(axis=0)))
        if layer:
            dlogits = dlogits @ params[layer][0].T * (1 - activations[layer] ** 2)
    return gradients[::-1]


def a_training(own):
    """A plain training that calls the student's own functions."""
    def improved_train(X, labels, rng):
        params = own["he_initialize"]([X.shape[1], 32, 10], rng)
        for _ in range(8):
            for batch in own["minibatches"](len(X), 20, rng):
                activations, logits = own["forward"](X[batch], params)
                dlogits = own["cross_entropy_gradient"](logits, labels[batch])
                gradients = own["backward"](activations, params, dlogits)
                params = [(W - 0.05 * dW, b - 0.05 * db)
                          for (W, b), (dW, db) in zip(params, gradients, strict=True)]
        return params
    return improved_train


def unwritten(*args):
    raise NotImplementedError


SLIPS = {
    "tanh for ReLU": {"forward": with_tanh, "backward": through_tanh},
    "logits first": {"forward": lambda X, params: mnist.forward(X, params)[::-1]},
    "half a gradient": {"backward": lambda *case: [(dW / 2, db / 2) for dW, db in mnist.backward(*case)]},
    "forward not written": {"forward": unwritten},
}


def test_an_own_forward_is_what_its_network_is_read_with():
    own = SLIPS["tanh for ReLU"]
    outcome = outcome_of("improved_train", a_training(RIGHT | own), own)
    assert missed(outcome) == []
    assert OWN_FORWARD in notes(outcome)


@pytest.mark.parametrize("slip", SLIPS)
def test_what_does_without_the_slips_is_right(slip):
    """It calls none of them: the classes are read off by the contract's network, not by the student's."""
    right = casebook(STAGE).rights[-3]
    assert right.exercise == "improved_train"
    outcome = outcome_of("improved_train", right.function, SLIPS[slip])
    assert missed(outcome) == []
    assert outcome.score == outcome.points


def test_too_little_is_excused_where_an_earlier_slip_may_be_the_reason():
    own = SLIPS["half a gradient"]
    outcome = outcome_of("improved_train", a_training(RIGHT | own), own)
    verdicts = {verdict.check: verdict.status for verdict in outcome.verdicts}
    assert verdicts["reads_84_percent_of_new_clothes"] == EXCUSED
    assert verdicts["reads_70_percent_of_new_clothes"] == PASSED
    assert outcome.score == outcome.points


def test_too_little_is_not_excused_where_nothing_was_wrong():
    verdicts = {verdict.check: verdict.status for verdict in outcome_of(
        "improved_train", a_training(RIGHT), {}).verdicts}
    assert verdicts["reads_84_percent_of_new_clothes"] == FAILED


def test_a_function_that_is_called_and_not_written_is_waited_for():
    own = SLIPS["forward not written"]
    assert outcome_of("improved_train", a_training(RIGHT | own), own).status == "waiting"

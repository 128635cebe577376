"""Stage 06: slips in earlier functions are not punished again, whether the later function calls them or not."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import reference_functions, student_with
from autograder.reference import mnist as reference
from mlplab.checking import EXCUSED, PASSED, run
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES

STAGE = STAGES["06-mnist"]
RIGHT = reference_functions(STAGE)


def unwritten(*args):
    raise NotImplementedError


def overflowing(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def over_the_samples(logits):
    return reference.softmax(logits.T).T


def without_relu(X, params):
    activations = [X]
    for W, b in params:
        activations.append(activations[-1] @ W + b)
    return activations[:-1], activations[-1]


def unmasked(activations, params, dlogits):
    gradients = []
    for a, (W, _) in zip(reversed(activations), reversed(params), strict=True):
        gradients.append((a.T @ dlogits, dlogits.sum(axis=0)))
        dlogits = dlogits @ W.T
    return gradients[::-1]


def mean_biases(activations, params, dlogits):
    return [(dW, db / len(dlogits)) for dW, db in reference.backward(activations, params, dlogits)]


def last_dropped(n, batch_size, rng):
    return [batch for batch in reference.minibatches(n, batch_size, rng) if len(batch) == batch_size] or [np.arange(n)]


def with_replacement(n, batch_size, rng):
    return [rng.integers(n, size=len(batch)) for batch in reference.minibatches(n, batch_size, rng)]


def without_mean(logits, labels):
    return len(labels) * reference.cross_entropy_gradient(logits, labels)


SLIPS = {
    "softmax that overflows": {"softmax": overflowing},
    "softmax over the samples": {"softmax": over_the_samples},
    "softmax halved": {"softmax": lambda logits: reference.softmax(logits) / 2},
    "softmax of one number": {"softmax": lambda logits: 1.0},
    "softmax not written": {"softmax": unwritten},
    "cross_entropy summed": {"cross_entropy": lambda *case: len(case[1]) * reference.cross_entropy(*case)},
    "cross_entropy of the wrong sign": {"cross_entropy": lambda *case: -reference.cross_entropy(*case)},
    "cross_entropy constant": {"cross_entropy": lambda *case: 1.0},
    "gradient without the mean": {"cross_entropy_gradient": without_mean},
    "gradient not written": {"cross_entropy_gradient": unwritten},
    "forward without ReLU": {"forward": without_relu},
    "forward swapped": {"forward": lambda X, params: reference.forward(X, params)[::-1]},
    "forward without X": {"forward": lambda X, params: (reference.forward(X, params)[0][1:],
                                                        reference.forward(X, params)[1])},
    "backward unmasked": {"backward": unmasked},
    "backward with mean biases": {"backward": mean_biases},
    "backward not written": {"backward": unwritten},
    "minibatches without the last": {"minibatches": last_dropped},
    "minibatches with replacement": {"minibatches": with_replacement},
    "minibatches not shuffled": {"minibatches": lambda n, batch_size, rng: np.split(
        np.arange(n), range(batch_size, n, batch_size))},
    "three at once": {"forward": without_relu, "backward": mean_biases, "cross_entropy_gradient": without_mean},
}


def a_loss(own):
    def cross_entropy(logits, labels):
        with np.errstate(all="ignore"):
            return -np.mean(np.log(own["softmax"](logits)[np.arange(len(labels)), labels]))
    return cross_entropy


def a_gradient(own):
    def cross_entropy_gradient(logits, labels):
        p = np.array(own["softmax"](logits))
        p[np.arange(len(labels)), labels] -= 1
        return p / len(labels)
    return cross_entropy_gradient


def a_train(own):
    """A training loop that calls the student's own functions."""
    def train(X, labels, params, learning_rate, batch_size, n_epochs, rng):
        for _ in range(n_epochs):
            for batch in own["minibatches"](len(X), batch_size, rng):
                activations, logits = own["forward"](X[batch], params)
                gradients = own["backward"](activations, params, own["cross_entropy_gradient"](logits, labels[batch]))
                params = [(W - learning_rate * dW, b - learning_rate * db)
                          for (W, b), (dW, db) in zip(params, gradients, strict=True)]
        return params
    return train


CALLING = {"cross_entropy_gradient": a_gradient, "train": a_train}
# These cannot be called at all, or give nothing to go on with.
UNUSABLE = {"softmax of one number", "softmax not written", "gradient not written", "forward swapped",
            "forward without X", "backward not written"}
USABLE = sorted(SLIPS.keys() - UNUSABLE)


def outcome_of(name, solution, own, checks=None):
    student = student_with(STAGE, {**own, name: solution})
    return run(STAGE, STAGE.exercise(name), checks or all_checks(STAGE, name), student, seed=11)


def assert_full_marks(outcome):
    assert [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
    assert outcome.score == outcome.points


@pytest.mark.parametrize(("slip", "name"), [(slip, exercise.name) for slip in SLIPS for exercise in STAGE.exercises
                                            if exercise.name not in SLIPS[slip]])
def test_what_is_right_by_itself_is_right(slip, name):
    assert_full_marks(outcome_of(name, RIGHT[name], SLIPS[slip]))
    assert_full_marks(outcome_of(name, RIGHT[name], SLIPS[slip], visible_checks(STAGE).of(name)))


@pytest.mark.parametrize(("slip", "name"), [(slip, name) for slip in USABLE for name in CALLING
                                            if name not in SLIPS[slip]])
def test_own_functions_are_not_punished_again(slip, name):
    assert_full_marks(outcome_of(name, CALLING[name](RIGHT | SLIPS[slip]), SLIPS[slip]))


@pytest.mark.parametrize("slip", ["softmax over the samples", "softmax halved"])
def test_an_own_softmax_is_not_punished_again_in_the_loss(slip):
    """What remains is the logarithm of zero, which is the loss's own slip whatever the softmax is."""
    outcome = outcome_of("cross_entropy", a_loss(SLIPS[slip]), SLIPS[slip])
    failed = {verdict.check for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)}
    assert failed == {"is_right_and_silent_where_the_network_is_surely_wrong", "agrees_far_out_in_both_precisions"}
    assert "Right, given your own `softmax`." in {verdict.message for verdict in outcome.verdicts}


def test_the_slope_of_an_own_loss_is_right():
    outcome = outcome_of("cross_entropy_gradient", without_mean, SLIPS["cross_entropy summed"])
    assert_full_marks(outcome)
    assert "Right, given your own `cross_entropy`." in {verdict.message for verdict in outcome.verdicts}


@pytest.mark.parametrize(("slip", "note"), [
    ("forward without ReLU", "`forward`"), ("backward unmasked", "`backward`"),
    ("gradient without the mean", "`cross_entropy_gradient`"), ("minibatches with replacement", "`minibatches`"),
    ("three at once", "`forward`, `cross_entropy_gradient`, `backward`"),
])
def test_a_note_says_by_which_functions_a_training_is_right(slip, note):
    outcome = outcome_of("train", a_train(RIGHT | SLIPS[slip]), SLIPS[slip])
    assert f"Right, given your own {note}." in {verdict.message for verdict in outcome.verdicts}


def test_an_own_softmax_may_be_used_in_the_loop_itself():
    own = SLIPS["softmax over the samples"]
    assert_full_marks(outcome_of("train", a_train(RIGHT | {"cross_entropy_gradient": a_gradient(own)}), own))


@pytest.mark.parametrize("slip", USABLE)
def test_a_slip_of_its_own_is_punished_all_the_same(slip):
    def uphill(X, labels, params, learning_rate, batch_size, n_epochs, rng):
        return a_train(RIGHT | SLIPS[slip])(X, labels, params, -learning_rate, batch_size, n_epochs, rng)

    outcome = outcome_of("train", uphill, SLIPS[slip])
    assert outcome.score < outcome.points / 2


def test_a_function_that_is_called_and_not_written_is_waited_for():
    own = SLIPS["backward not written"]
    assert outcome_of("train", a_train(RIGHT | own), own).status == "waiting"


def test_nothing_is_earned_by_zeros_all_the_way():
    own = {"softmax": np.zeros_like, "cross_entropy": lambda logits, labels: 0.0}
    assert outcome_of("cross_entropy_gradient", lambda logits, labels: np.zeros_like(logits), own).score == 0
    own["forward"] = lambda X, params: ([X], np.zeros((len(X), params[-1][1].size)))
    own["backward"] = lambda activations, params, dlogits: [(0 * W, 0 * b) for W, b in params]
    assert outcome_of("train", a_train(RIGHT | own), own).score == 0

"""Stage 05: slips in earlier functions are not punished again, whether `train` and `predict` call them or not."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import reference_functions, student_with
from autograder.reference import training
from autograder.reference.activation import sigmoid
from mlplab.checking import EXCUSED, PASSED, run
from mlplab.exercises import STAGES

STAGE = STAGES["05-training"]
RIGHT = reference_functions(STAGE)
VERSIONS = ("backward", "backward_faster", "backward_pass")


def without_the_minus(x):
    return 1 / (1 + np.exp(x))


def inverted_network(X, w1, w2):
    act_hidden = without_the_minus(X @ w1)
    return act_hidden, act_hidden @ w2


def squashed_output(X, w1, w2):
    act_hidden, y_hat = RIGHT["forward_pass"](X, w1, w2)
    return act_hidden, sigmoid(y_hat)


def seed_s_slip(X, y, y_hat, act_hidden, w2):
    dL_dyhat = (y_hat - y) / len(y)
    return X.T @ (dL_dyhat @ w2.T * sigmoid(act_hidden)), act_hidden.T @ dL_dyhat


def without_the_mean(X, y, y_hat, act_hidden, w2):
    return tuple(len(X) * gradient for gradient in RIGHT["backward_pass"](X, y, y_hat, act_hidden, w2))


def mean_over_all(y_hat, y):
    return y_hat - y, np.mean((y_hat - y) ** 2)


def difference_in_place(y_hat, y):
    y_hat -= y
    return y_hat, np.sum(y_hat**2) / (2 * len(y))


def step_in_place(w, gradient, learning_rate):
    w -= learning_rate * gradient
    return w


def unwritten(*args):
    raise NotImplementedError


SLIPS = {
    "sigmoid": {"sigmoid": without_the_minus, "forward_pass": inverted_network},
    "forward_pass": {"forward_pass": squashed_output},
    "mse": {"mse": mean_over_all},
    "mse in place": {"mse": difference_in_place},
    "backward_pass": {"backward_pass": without_the_mean},
    "all three backward passes": dict.fromkeys(VERSIONS, seed_s_slip),
    "sgd_step": {"sgd_step": lambda w, gradient, learning_rate: w + learning_rate * gradient},
    "sgd_step in place": {"sgd_step": step_in_place},
    "three at once": {"forward_pass": squashed_output, "mse": mean_over_all, "backward_pass": without_the_mean},
}


def a_train(own, backward="backward_pass"):
    """A training loop that calls the student's own functions, each where it is one."""
    functions = RIGHT | own

    def train(X, y, w1, w2, learning_rate, n_epochs):
        errors = []
        for _ in range(n_epochs):
            act_hidden, y_hat = functions["forward_pass"](X, w1, w2)
            errors.append(functions["mse"](y_hat, y)[1])
            dL_dw1, dL_dw2 = functions[backward](X, y, y_hat, act_hidden, w2)
            w1 = functions["sgd_step"](w1, dL_dw1, learning_rate)
            w2 = functions["sgd_step"](w2, dL_dw2, learning_rate)
        return w1, w2, np.array(errors)

    return train


def outcome_of(name, solution, own):
    student = student_with(STAGE, {**own, name: solution})
    return run(STAGE, STAGE.exercise(name), all_checks(STAGE, name), student, seed=11)


def assert_full_marks(outcome):
    assert [verdict for verdict in outcome.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
    assert outcome.score == outcome.points


@pytest.mark.parametrize("slip", SLIPS)
def test_own_functions_are_not_punished_again_in_train(slip):
    assert_full_marks(outcome_of("train", a_train(SLIPS[slip]), SLIPS[slip]))


@pytest.mark.parametrize("slip", SLIPS)
def test_a_train_that_is_right_by_itself_is_right(slip):
    assert_full_marks(outcome_of("train", training.train, SLIPS[slip]))


@pytest.mark.parametrize("backward", VERSIONS)
def test_any_of_the_three_backward_passes_may_be_called(backward):
    own = {backward: seed_s_slip}
    outcome = outcome_of("train", a_train(own, backward), own)
    assert_full_marks(outcome)
    assert f"Right, given your own `{backward}`." in {verdict.message for verdict in outcome.verdicts}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_its_own_is_punished_all_the_same(slip):
    def short_of_an_epoch(X, y, w1, w2, learning_rate, n_epochs):
        w1, w2, errors = a_train(SLIPS[slip])(X.copy(), y, w1.copy(), w2.copy(), learning_rate, n_epochs - 1)
        return w1, w2, np.append(errors, 0.0)

    outcome = outcome_of("train", short_of_an_epoch, SLIPS[slip])
    assert outcome.score < outcome.points / 2


def test_own_slopes_and_gradients_may_be_used_in_the_loop_itself():
    own = {"sigmoid_prime": lambda a: sigmoid(a) * (1 - sigmoid(a)), "mse_gradient": lambda y_hat, y: y_hat - y}

    def train(X, y, w1, w2, learning_rate, n_epochs):
        errors = np.zeros(n_epochs)
        for epoch in range(n_epochs):
            act_hidden, y_hat = RIGHT["forward_pass"](X, w1, w2)
            errors[epoch] = RIGHT["mse"](y_hat, y)[1]
            dL_dyhat = own["mse_gradient"](y_hat, y)
            dL_dw1 = X.T @ (dL_dyhat @ w2.T * own["sigmoid_prime"](act_hidden))
            w1, w2 = w1 - learning_rate * dL_dw1, w2 - learning_rate * act_hidden.T @ dL_dyhat
        return w1, w2, errors

    assert_full_marks(outcome_of("train", train, own))


def test_what_is_not_called_need_not_be_written():
    assert_full_marks(outcome_of("train", training.train, dict.fromkeys(
        ("sigmoid_prime", "forward_pass", "mse", "mse_gradient", *VERSIONS, "sgd_step"), unwritten)))


def test_a_function_that_is_called_and_not_written_is_waited_for():
    own = {"forward_pass": unwritten}
    assert outcome_of("train", a_train(own), own).status == "waiting"


NETWORKS = {
    "sigmoid": SLIPS["sigmoid"],
    "forward_pass": SLIPS["forward_pass"],
    "forward_pass swapped": {"forward_pass": lambda X, w1, w2: RIGHT["forward_pass"](X, w1, w2)[::-1]},
    "forward_pass without the sigmoid": {"forward_pass": lambda X, w1, w2: (X @ w1, X @ w1 @ w2)},
}


@pytest.mark.parametrize("slip", NETWORKS)
def test_an_own_network_is_not_punished_again_in_predict(slip):
    def predict(X, w1, w2):
        _, y_hat = NETWORKS[slip]["forward_pass"](X, w1, w2)
        return (y_hat >= 0.5).astype(int)

    assert_full_marks(outcome_of("predict", predict, NETWORKS[slip]))
    assert_full_marks(outcome_of("predict", training.predict, NETWORKS[slip]))


@pytest.mark.parametrize("slip", NETWORKS)
def test_a_slip_of_its_own_is_punished_all_the_same_in_predict(slip):
    def rounded(X, w1, w2):
        _, y_hat = NETWORKS[slip]["forward_pass"](X, w1, w2)
        return np.round(3 * y_hat).astype(int)

    outcome = outcome_of("predict", rounded, NETWORKS[slip])
    assert outcome.score < outcome.points / 2

"""Stage 04: a slip in an earlier function is not punished again, whether the later function calls it or not."""

import numpy as np
import pytest

from autograder.checks import all_checks
from autograder.misconceptions import reference_functions
from mlplab.checking import EXCUSED, FAILED, PASSED, VALUES, run
from mlplab.checks import visible_checks
from mlplab.exercises import STAGES
from mlplab.student import LocalStudent

STAGE = STAGES["04-backprop"]
VERSIONS = ("backward", "backward_faster", "backward_pass")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unwritten(*args):
    raise NotImplementedError


def product_in_place(a):
    a *= 1 - a
    return a


# Slips in earlier functions, by what they are called in the tests' names.
SLIPS = {
    "sigmoid without the minus": {"sigmoid": lambda x: 1 / (1 + np.exp(x))},
    "sigmoid that overflows": {"sigmoid": sigmoid},
    "sigmoid rounded": {"sigmoid": lambda x: np.round(sigmoid(x), 3)},
    "sigmoid constant": {"sigmoid": lambda x: np.full(np.shape(x), 0.5)},
    "sigmoid not written": {"sigmoid": unwritten},
    "sigmoid_prime of σ(a)": {"sigmoid_prime": lambda a: sigmoid(a) * (1 - sigmoid(a))},
    "sigmoid_prime is the sigmoid": {"sigmoid_prime": sigmoid},
    "sigmoid_prime of the wrong sign": {"sigmoid_prime": lambda a: a * (a - 1)},
    "sigmoid_prime in place": {"sigmoid_prime": product_in_place},
    "sigmoid_prime not written": {"sigmoid_prime": unwritten},
    "dense doubled": {"dense": lambda inputs, weights: 2 * inputs @ weights},
    "forward_pass without the sigmoid": {"forward_pass": lambda X, w1, w2: (X @ w1, X @ w1 @ w2)},
    "forward_pass returns y_hat only": {"forward_pass": lambda X, w1, w2: sigmoid(X @ w1) @ w2},
    "forward_pass swapped": {"forward_pass": lambda X, w1, w2: (sigmoid(X @ w1) @ w2, sigmoid(X @ w1))},
    "mse of the wrong sign": {"mse": lambda y_hat, y: (y - y_hat, np.sum((y - y_hat) ** 2) / 2 / len(y))},
    "mse without the mean": {"mse": lambda y_hat, y: (y_hat - y, np.sum((y - y_hat) ** 2) / 2)},
    "mse of zero": {"mse": lambda y_hat, y: (y_hat - y, 0.0)},
    "mse swapped": {"mse": lambda y_hat, y: (np.sum((y - y_hat) ** 2) / 2 / len(y), y_hat - y)},
    "mse_gradient without the mean": {"mse_gradient": lambda y_hat, y: y_hat - y},
    "mse_gradient of the wrong sign": {"mse_gradient": lambda y_hat, y: (y - y_hat) / len(y)},
    "mse_gradient over all entries": {"mse_gradient": lambda y_hat, y: (y_hat - y) / y.size},
    "mse_gradient for four samples": {"mse_gradient": lambda y_hat, y: (y_hat - y) / 4},
    "dyhat_dw2 with a slope": {"dyhat_dw2": lambda act_hidden: act_hidden * (1 - act_hidden)},
    "dyhat_da of the wrong sign": {"dyhat_da": lambda w2: -w2.T},
    "da_dh with the sigmoid": {"da_dh": lambda a: np.diag(sigmoid(a))},
    "da_dh of softmax": {"da_dh": lambda a: np.diag(a) - np.outer(a, a)},
    "dh_dwij without the input": {"dh_dwij": lambda x, i, j, hidden_size: np.eye(hidden_size)[j]},
    "dyhat_dwij without the slope": {"dyhat_dwij": lambda x, a, w2, i, j: w2[j, 0] * x[i]},
    "dyhat_dwij not written": {"dyhat_dwij": unwritten},
    "two slips": {"mse_gradient": lambda y_hat, y: y_hat - y, "sigmoid_prime": sigmoid},
}


# Right solutions that call whatever the student has: `own` is the notebook's namespace.


def absolutely_right(own, right):
    return right


def one_line(own, right):
    def backward(X, y, y_hat, act_hidden, w2):
        dL_dyhat = own["mse_gradient"](y_hat, y)
        return X.T @ (dL_dyhat @ w2.T * own["sigmoid_prime"](act_hidden)), act_hidden.T @ dL_dyhat
    return backward


def output_layer_first(own, right):
    def backward(X, y, y_hat, act_hidden, w2):
        residual, _ = own["mse"](y_hat, y)
        dL_dw2 = act_hidden.T @ residual / len(X)
        return X.T @ (residual / len(X) @ w2.T * own["sigmoid_prime"](act_hidden)), dL_dw2
    return backward


def by_jacobians(own, right):
    def backward(X, y, y_hat, act_hidden, w2):
        dL_dyhat = own["mse_gradient"](y_hat, y)
        dL_dw1, dL_dw2 = np.zeros((X.shape[1], len(w2))), np.zeros(w2.shape)
        for k in range(w2.shape[1]):
            dL_dw2[:, k] = dL_dyhat[:, k] @ own["dyhat_dw2"](act_hidden)
            for n, i, j in np.ndindex(len(X), *dL_dw1.shape):
                dyhat = own["dyhat_da"](w2[:, [k]]) @ own["da_dh"](act_hidden[n]) @ own["dh_dwij"](X[n], i, j, len(w2))
                dL_dw1[i, j] += dL_dyhat[n, k] * dyhat.item()
        return dL_dw1, dL_dw2
    return backward


def by_dyhat_dwij(own, right):
    def backward(X, y, y_hat, act_hidden, w2):
        dL_dyhat = own["mse_gradient"](y_hat, y)
        dL_dw1 = np.zeros((X.shape[1], len(w2)))
        for n, k, i, j in np.ndindex(*y.shape, *dL_dw1.shape):
            dL_dw1[i, j] += dL_dyhat[n, k] * own["dyhat_dwij"](X[n], act_hidden[n], w2[:, [k]], i, j)
        return dL_dw1, act_hidden.T @ dL_dyhat
    return backward


def diagonal_of_slopes(own, right):
    return lambda a: np.diag(own["sigmoid_prime"](a))


def chain_of_jacobians(own, right):
    return lambda x, a, w2, i, j: own["dyhat_da"](w2) @ own["da_dh"](a) @ own["dh_dwij"](x, i, j, len(a))


def product_of_numbers(own, right):
    return lambda x, a, w2, i, j: w2[j, 0] * own["sigmoid_prime"](a[j]) * x[i]


# The styles of every exercise: `absolutely_right` is right absolutely, whatever the earlier functions are.
STYLES = [
    *((exercise.name, absolutely_right) for exercise in STAGE.exercises),
    ("da_dh", diagonal_of_slopes), ("dyhat_dwij", chain_of_jacobians), ("dyhat_dwij", product_of_numbers),
    *((version, style) for version in VERSIONS
      for style in (one_line, output_layer_first, by_jacobians, by_dyhat_dwij)),
]


def notebook(name, style, slips):
    own = {**reference_functions(STAGE), **slips}
    own[name] = style(own, reference_functions(STAGE)[name])
    return own


def outcome(name, functions, checks=None):
    return run(STAGE, STAGE.exercise(name), checks or all_checks(STAGE, name), LocalStudent(functions), seed=5)


def can_be_right(name, style, slip):
    """Not where the slip is in the exercise itself, nor where the style calls what is not written or is no array."""
    if name in SLIPS[slip] or slip == "mse swapped" and style is output_layer_first:
        return False
    return unwritten not in SLIPS[slip].values() or style is absolutely_right


@pytest.mark.parametrize(
    ("name", "style", "slip"),
    [(name, style, slip) for name, style in STYLES for slip in SLIPS if can_be_right(name, style, slip)],
    ids=lambda value: getattr(value, "__name__", value))
def test_an_earlier_slip_costs_nothing(name, style, slip):
    found = outcome(name, notebook(name, style, SLIPS[slip]))
    assert [verdict for verdict in found.verdicts if verdict.status not in (PASSED, EXCUSED)] == []
    assert found.score == found.points


@pytest.mark.parametrize(("name", "slip"), [(exercise.name, slip) for exercise in STAGE.exercises for slip in SLIPS
                                            if exercise.name not in SLIPS[slip]])
def test_the_visible_checks_alone_give_full_marks_too(name, slip):
    found = outcome(name, notebook(name, absolutely_right, SLIPS[slip]), visible_checks(STAGE).of(name))
    assert any(verdict.status == PASSED and verdict.category == VALUES for verdict in found.verdicts)
    assert found.score == found.points


@pytest.mark.parametrize(("name", "style", "slip", "note"), [
    ("da_dh", diagonal_of_slopes, "sigmoid_prime of σ(a)", "Right, given your own `sigmoid_prime`."),
    ("dyhat_dwij", chain_of_jacobians, "da_dh with the sigmoid", "Right, given your own `da_dh`."),
    ("backward", by_jacobians, "dh_dwij without the input", "Right, given your own `dh_dwij`."),
    ("backward", by_dyhat_dwij, "dyhat_dwij without the slope", "Right, given your own `dyhat_dwij`."),
    ("backward_faster", one_line, "mse_gradient of the wrong sign", "Right, given your own `mse_gradient`."),
    ("backward_pass", one_line, "two slips", "Right, given your own `mse_gradient`, `sigmoid_prime`."),
    ("backward_pass", output_layer_first, "mse of the wrong sign", "Right, given your own `mse`."),
])
def test_a_note_says_by_which_function_it_is_right(name, style, slip, note):
    found = outcome(name, notebook(name, style, SLIPS[slip]))
    assert note in {verdict.message for verdict in found.verdicts if verdict.status == PASSED}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_slip_of_its_own_is_still_found(version):
    def slip_and_sign(own, right):
        return lambda *args: tuple(-gradient for gradient in one_line(own, right)(*args))

    found = outcome(version, notebook(version, slip_and_sign, SLIPS["sigmoid_prime is the sigmoid"]))
    assert FAILED in {verdict.status for verdict in found.verdicts if verdict.visible}
    assert found.score < 0.3 * found.points


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_earned_by_zeros_all_the_way(version):
    zeros = {"sigmoid_prime": np.zeros_like, "mse_gradient": lambda y_hat, y: np.zeros_like(y),
             "mse": lambda y_hat, y: (np.zeros_like(y), 0.0),
             "forward_pass": lambda X, w1, w2: (np.zeros((len(X), len(w2))), np.zeros((len(X), w2.shape[1])))}
    assert outcome(version, notebook(version, one_line, zeros)).score == 0


def test_a_backward_pass_is_not_right_by_another_one():
    """They are one function in three styles: whoever calls a wrong one has not written the next."""
    def ones(X, y, y_hat, act_hidden, w2):
        return np.ones((X.shape[1], len(w2))), np.ones(w2.shape)

    functions = {**reference_functions(STAGE), "backward": ones, "backward_pass": lambda *args: ones(*args)}
    assert outcome("backward_pass", functions).score == 0

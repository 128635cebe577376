"""The gradient check: the numerical gradient against gradients by hand, and which of two agree."""

import numpy as np
import pytest

from mlplab.gradcheck import STEPS, TOLERANCE, best_numerical_gradient, central_differences, relative_error

# Functions of an array of any shape, and their gradients by hand.
FUNCTIONS = {
    "linear": (lambda w: np.sum(3 * w), lambda w: np.full(w.shape, 3.0)),
    "square": (lambda w: np.sum(w**2) / 2, lambda w: w),
    "sine": (lambda w: np.sum(np.sin(w)), np.cos),
    "exponential of the mean": (lambda w: np.exp(w.mean()), lambda w: np.full(w.shape, np.exp(w.mean()) / w.size)),
    "softplus": (lambda w: np.sum(np.logaddexp(0, w)), lambda w: 1 / (1 + np.exp(-w))),
    "constant": (lambda w: 7.0, np.zeros_like),
}


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (4, 1), (2, 3, 2)], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_central_differences_against_gradients_by_hand(rng, name, shape):
    f, gradient = FUNCTIONS[name]
    w = rng.normal(size=shape)
    numeric = central_differences(f, w)
    assert numeric.shape == shape and numeric.dtype == np.float64
    assert relative_error(gradient(w), numeric) < 1e-8
    assert best_numerical_gradient(f, w, gradient(w))[1] < 1e-8


def test_a_quadratic_has_no_error_but_rounding(rng):
    w = rng.normal(size=(3, 2))
    np.testing.assert_allclose(central_differences(lambda w: np.sum(w**2), w, step=0.5), 2 * w, rtol=1e-12)


def test_w_is_left_alone_and_may_be_whole_numbers():
    w = np.array([1, 2])
    np.testing.assert_allclose(central_differences(lambda v: np.sum(v**2), w), [2, 4], rtol=1e-9)
    assert w.tolist() == [1, 2] and w.dtype == int


def test_a_function_that_spoils_its_argument_does_no_harm():
    def f(w):
        value = np.sum(w**2)
        w[:] = 0
        return value

    np.testing.assert_allclose(central_differences(f, np.array([1.0, 2.0])), [2, 4], rtol=1e-9)


@pytest.mark.parametrize("wrap", [float, np.float64, lambda x: np.array([x]), lambda x: np.array([[x]])])
def test_the_function_may_return_a_one_element_array(wrap):
    np.testing.assert_allclose(central_differences(lambda w: wrap(np.sum(w**2)), np.array([3.0])), [6], rtol=1e-9)


def test_wrong_gradients_are_far_beyond_the_tolerance(rng):
    w = rng.normal(size=(4, 3))
    f, right = FUNCTIONS["sine"][0], np.cos(w)
    one_entry = right.copy()
    one_entry[2, 1] *= 1.01
    for wrong in (-right, 2 * right, np.sin(w), right + 1e-3, one_entry, np.zeros_like(right)):
        assert best_numerical_gradient(f, w, wrong)[1] > 100 * TOLERANCE


def test_at_a_kink_the_best_of_three_steps_counts():
    """A unit of a ReLU network that is 5e-5 from its kink: the largest step goes beyond it."""
    inputs, w = np.array([1.0, 2.0]), np.array([0.4, -0.2 + 2.5e-5])

    def f(w):
        return np.maximum(inputs @ w, 0)

    assert relative_error(inputs, central_differences(f, w, STEPS[0])) > TOLERANCE
    numeric, error = best_numerical_gradient(f, w, inputs)
    assert error < TOLERANCE
    np.testing.assert_allclose(numeric, inputs, rtol=1e-6)


def test_among_large_numbers_the_best_of_three_steps_counts():
    """The smallest step drowns in the rounding of a value in the millions."""
    w = np.array([0.3, 0.7])

    def f(w):
        return 1e6 + np.sum(np.sin(w))

    assert relative_error(np.cos(w), central_differences(f, w, STEPS[-1])) > TOLERANCE
    assert best_numerical_gradient(f, w, np.cos(w))[1] < TOLERANCE


def test_right_relu_networks_pass_wherever_their_kinks_are(rng):
    for _ in range(100):
        X, y, w2 = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng.normal(size=(4, 2))
        w1 = rng.normal(size=(3, 4))

        def loss(w1, X=X, y=y, w2=w2):
            return np.sum((np.maximum(X @ w1, 0) @ w2 - y) ** 2) / 2 / len(X)

        hidden = X @ w1
        gradient = X.T @ (((np.maximum(hidden, 0) @ w2 - y) @ w2.T) * (hidden > 0)) / len(X)
        assert best_numerical_gradient(loss, w1, gradient)[1] < TOLERANCE


def test_the_relative_error_is_scaled_and_symmetric(rng):
    a, n = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    assert relative_error(a, n) == relative_error(n, a) == pytest.approx(relative_error(1e6 * a, 1e6 * n))
    assert relative_error(a, a) == 0
    assert relative_error(a, -a) == relative_error(a, 0 * a) == 1
    assert 0 < relative_error(a, n) <= 1


def test_two_zero_gradients_agree():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert best_numerical_gradient(FUNCTIONS["constant"][0], np.ones(3), np.zeros(3))[1] == 0
    assert relative_error(np.zeros(0), np.zeros(0)) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_agrees_with_what_is_not_finite(value):
    assert relative_error(np.array([value, 1.0]), np.array([1.0, 1.0])) == 1
    assert relative_error(np.array([1.0, 1.0]), np.array([value, 1.0])) == 1
    assert best_numerical_gradient(np.sum, np.ones(2), np.array([value, 1.0]))[1] == 1


def test_a_step_that_leads_out_of_the_domain_does_not_spoil_the_others():
    """√w at 2e-5: the largest step would take a root of a negative number."""
    w = np.array([2e-5])
    with np.errstate(invalid="ignore"):
        assert best_numerical_gradient(lambda w: np.sqrt(w), w, 0.5 / np.sqrt(w))[1] < 1e-3

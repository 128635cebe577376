"""The reference solution against independent witnesses.

The witness is the derivative that `autograd` takes of the network written out once more below, by
definition and in one line; central differences are the second witness.
"""

import inspect
import math

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from autograder.reference import activation, backprop, forward, loss, training

CONTRACT = {
    activation.sigmoid: "x",
    activation.sigmoid_prime: "a",
    activation.tanh_prime: "a",
    activation.relu: "x",
    activation.relu_prime: "x",
    forward.dense: "inputs weights",
    forward.initialize_weights: "input_size hidden_size output_size rng",
    forward.forward_pass: "X w1 w2",
    loss.mse: "y_hat y",
    loss.mse_gradient: "y_hat y",
    backprop.numerical_gradient: "f w step",
    backprop.dyhat_dw2: "act_hidden",
    backprop.dyhat_da: "w2",
    backprop.da_dh: "a",
    backprop.dh_dwij: "x i j hidden_size",
    backprop.dyhat_dwij: "x a w2 i j",
    backprop.backward: "X y y_hat act_hidden w2",
    backprop.backward_faster: "X y y_hat act_hidden w2",
    backprop.backward_pass: "X y y_hat act_hidden w2",
    training.sgd_step: "w gradient learning_rate",
    training.train: "X y w1 w2 learning_rate n_epochs",
    training.predict: "X w1 w2",
}
BACKWARD_PASSES = [backprop.backward, backprop.backward_faster, backprop.backward_pass]

# N, D, H, K: every letter alone at 1 and alone above it, XOR's, and distinct primes.
SHAPES = [
    (1, 1, 1, 1),
    (5, 1, 1, 1),
    (1, 5, 1, 1),
    (1, 1, 5, 1),
    (1, 1, 1, 5),
    (1, 7, 5, 3),
    (7, 1, 5, 3),
    (7, 5, 1, 3),
    (7, 5, 3, 1),
    (4, 2, 3, 1),
    (2, 3, 5, 7),
    (7, 5, 3, 2),
    (13, 11, 7, 5),
    (31, 2, 17, 3),
]
ONE_SAMPLE_SHAPES = [(1, 1), (1, 5), (5, 1), (2, 3), (7, 5)]  # D, H; K = 1

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def witness_sigmoid(h):
    return 1 / (1 + anp.exp(-h))


def witness_loss(w1, w2, X, y):
    y_hat = anp.dot(witness_sigmoid(anp.dot(X, w1)), w2)
    return anp.sum((y_hat - y) ** 2) / (2 * X.shape[0])


witness_gradients = autograd.grad(witness_loss, argnum=(0, 1))


def random_problem(shape):
    """A batch and weights drawn for this shape: X, y, w1, w2."""
    n, d, h, k = shape
    rng = np.random.default_rng(shape)
    return tuple(rng.normal(size=size) for size in [(n, d), (n, k), (d, h), (h, k)])


def random_sample(shape):
    """One sample, its hidden layer and the weights drawn for this shape: x, h, w1, w2."""
    d, h = shape
    rng = np.random.default_rng(shape)
    x, w1, w2 = (rng.normal(size=size) for size in [(d,), (d, h), (h, 1)])
    return x, x @ w1, w1, w2


def frozen(*arrays):
    """Copies that raise when they are written to."""
    copies = tuple(array.copy() for array in arrays)
    for copy in copies:
        copy.flags.writeable = False
    return copies


@pytest.mark.parametrize("function", CONTRACT, ids=lambda function: function.__name__)
def test_parameters_are_those_of_the_contract(function):
    assert list(inspect.signature(function).parameters) == CONTRACT[function].split()


# 01 activation


@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (0, 3), (2, 3), (2, 3, 5)])
def test_sigmoid_of_any_shape(shape):
    x = np.random.default_rng(1).normal(scale=5, size=shape)
    assert np.shape(activation.sigmoid(x)) == shape
    assert_allclose(activation.sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-14)


@pytest.mark.parametrize(
    "x",
    [
        1000.0,
        1000,
        np.array(1000),
        np.array([1000.0]),
        np.array([[1000, 36, 710]]),
        np.float32(1000),
        np.array([90, 1000], dtype=np.float32),
        np.inf,
    ],
    ids=repr,
)
def test_sigmoid_is_right_and_silent_at_the_extremes(x):
    with np.errstate(all="raise"):
        above, below = activation.sigmoid(x), activation.sigmoid(-x)
    assert_allclose(above, np.ones_like(x, dtype=float), rtol=1e-6)
    assert_allclose(below, np.zeros_like(x, dtype=float), atol=1e-15)


def test_sigmoid_keeps_the_digits_of_small_values():
    x = np.array([-30.0, -100.0, -700.0])
    assert_allclose(activation.sigmoid(x), [math.exp(v) / (1 + math.exp(v)) for v in x], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, bool])
def test_sigmoid_of_integers_is_float64(dtype):
    x = np.array([0, 1, 127, -128]).astype(dtype)
    assert activation.sigmoid(x).dtype == np.float64
    assert_allclose(activation.sigmoid(x), [1 / (1 + math.exp(-int(v))) for v in x], rtol=1e-14)


def test_sigmoid_of_float32_is_sensible():
    x = np.linspace(-20, 20, 401, dtype=np.float32)
    assert activation.sigmoid(x).dtype == np.float32
    assert_allclose(activation.sigmoid(x), activation.sigmoid(x.astype(np.float64)), rtol=1e-6)


@pytest.mark.parametrize(
    "prime, function",
    [(activation.sigmoid_prime, witness_sigmoid), (activation.tanh_prime, anp.tanh)],
    ids=["sigmoid", "tanh"],
)
def test_slope_from_the_activation(prime, function):
    x = np.linspace(-5, 5, 42).reshape(2, 3, 7)
    assert_allclose(prime(function(x)), autograd.elementwise_grad(function)(x), rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_relu_and_its_slope(dtype):
    x = np.array([[-3, -1, 0], [1, 2, 1000]], dtype=dtype)
    assert_array_equal(activation.relu(x), [[0, 0, 0], [1, 2, 1000]])
    assert_array_equal(activation.relu_prime(x), [[0, 0, 0], [1, 1, 1]])
    assert activation.relu_prime(x).dtype == np.float64


# 02 forward


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_pass_sample_by_sample(shape):
    X, _, w1, w2 = frozen(*random_problem(shape))
    act_hidden, y_hat = forward.forward_pass(X, w1, w2)
    for x, a, prediction in zip(X, act_hidden, y_hat, strict=True):
        assert_allclose(a, [witness_sigmoid(sum(x * column)) for column in w1.T], rtol=1e-12)
        assert_allclose(prediction, [sum(a * column) for column in w2.T], rtol=1e-12, atol=1e-12)


def test_dense_by_hand():
    assert_array_equal(forward.dense(np.array([[1, 2], [3, 4]]), np.array([[5], [6]])), [[17], [39]])


def test_initial_weights():
    w1, w2 = forward.initialize_weights(29, 31, 23, np.random.default_rng(3))
    again = forward.initialize_weights(29, 31, 23, np.random.default_rng(3))
    assert (w1.shape, w2.shape) == ((29, 31), (31, 23))
    for w, same in zip((w1, w2), again, strict=True):
        assert_array_equal(w, same)
        assert 0 <= w.min() < 0.05 and 0.95 < w.max() < 1
        assert abs(w.mean() - 0.5) < 0.05
    assert len(np.intersect1d(w1, w2)) == 0


# 03 loss


def test_mse_by_hand():
    y_hat, y = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 4.0], [3.0, 2.0]])
    residual, error = loss.mse(y_hat, y)
    assert_array_equal(residual, [[1, -2], [0, 3]])
    assert error == (1 + 4 + 0 + 9) / 2 / 2
    assert np.ndim(error) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_mse_and_its_gradient(shape):
    _, y, _, _ = random_problem(shape)
    y, y_hat = frozen(y, np.random.default_rng(5).normal(size=y.shape))

    def witness(y_hat):
        return anp.sum((y_hat - y) ** 2) / (2 * len(y))

    residual, error = loss.mse(y_hat, y)
    assert_allclose(residual, y_hat - y, rtol=0)
    assert_allclose(error, witness(y_hat), rtol=1e-12)
    assert_allclose(loss.mse_gradient(y_hat, y), autograd.grad(witness)(y_hat), rtol=1e-12)


# 04 backprop: central differences


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3,), (2, 3), (2, 3, 5)])
@pytest.mark.parametrize(
    "as_returned", [float, np.atleast_1d, np.atleast_2d], ids=["float", "(1,)", "(1, 1)"]
)
def test_numerical_gradient_of_any_shape(shape, as_returned):
    (w,) = frozen(np.random.default_rng(7).normal(size=shape))
    gradient = backprop.numerical_gradient(lambda w: as_returned(np.sum(np.sin(w))), w)
    assert gradient.shape == shape
    assert_allclose(gradient, np.cos(w), rtol=1e-8, atol=1e-9)


def test_numerical_gradient_is_central():
    """On w³ a one-sided difference is off by 3 w step, a central one by step² only."""
    gradient = backprop.numerical_gradient(lambda w: np.sum(w**3), np.array([1.0, -2.0]), step=0.1)
    assert_allclose(gradient, [3 + 0.01, 12 + 0.01], rtol=1e-12)


def test_numerical_gradient_at_integers():
    assert_allclose(backprop.numerical_gradient(lambda w: np.sum(w**2), np.array([1, 2])), [2, 4])


def test_numerical_gradient_leaves_w_alone_whatever_f_does():
    w = np.array([1.0, 2.0])

    def spoil_and_raise(w):
        w[:] = 0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backprop.numerical_gradient(spoil_and_raise, w)
    assert_array_equal(w, [1, 2])


def test_numerical_gradient_refuses_an_f_of_many_values():
    with pytest.raises(ValueError):
        backprop.numerical_gradient(lambda w: w, np.array([1.0, 2.0]))


# 04 backprop: the Jacobians of the derivation


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 1), (7, 5)])
def test_dyhat_dw2(shape):
    act_hidden, w2 = np.random.default_rng(shape).uniform(size=shape), np.ones(shape[1])
    expected = autograd.jacobian(lambda w2: anp.dot(act_hidden, w2))(w2)
    assert_allclose(backprop.dyhat_dw2(act_hidden), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", ONE_SAMPLE_SHAPES)
def test_one_sample_jacobians(shape):
    x, h, w1, w2 = frozen(*random_sample(shape))
    a = witness_sigmoid(h)

    dyhat_da = autograd.jacobian(lambda a: anp.dot(a, w2))(a)  # (1, H)
    da_dh = autograd.jacobian(witness_sigmoid)(h)  # (H, H)
    dh_dw1 = autograd.jacobian(lambda w1: anp.dot(x, w1))(w1)  # (H, D, H)
    dyhat_dw1 = autograd.jacobian(lambda w1: anp.dot(witness_sigmoid(anp.dot(x, w1)), w2))(w1)  # (1, D, H)

    assert_allclose(backprop.dyhat_da(w2), dyhat_da, rtol=1e-12)
    assert_allclose(backprop.da_dh(a), da_dh, rtol=1e-12, atol=1e-15)
    for i, j in np.ndindex(w1.shape):
        assert_allclose(backprop.dh_dwij(x, i, j, len(a)), dh_dw1[:, i, j], rtol=1e-12)
        assert_allclose(backprop.dyhat_dwij(x, a, w2, i, j), dyhat_dw1[0, i, j], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", ONE_SAMPLE_SHAPES)
def test_the_chain_of_jacobians_is_dyhat_dwij(shape):
    x, h, w1, w2 = random_sample(shape)
    a = activation.sigmoid(h)
    for i, j in np.ndindex(w1.shape):
        chain = backprop.dyhat_da(w2) @ backprop.da_dh(a) @ backprop.dh_dwij(x, i, j, len(a))  # (1,)
        assert np.ndim(backprop.dyhat_dwij(x, a, w2, i, j)) == 0
        assert_allclose(backprop.dyhat_dwij(x, a, w2, i, j), chain[0], rtol=1e-12, atol=1e-15)


# 04 backprop: the three backward passes


@pytest.mark.parametrize("shape", SHAPES)
def test_the_backward_passes_agree(shape):
    X, y, w1, w2 = frozen(*random_problem(shape))
    act_hidden, y_hat = frozen(*forward.forward_pass(X, w1, w2))
    looped, faster, one_line = (backward(X, y, y_hat, act_hidden, w2) for backward in BACKWARD_PASSES)
    for other in (faster, one_line):
        for dL_dw, other_dL_dw in zip(looped, other, strict=True):
            assert_allclose(other_dL_dw, dL_dw, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backward", BACKWARD_PASSES)
def test_backward_pass_against_automatic_differentiation(backward, shape):
    X, y, w1, w2 = random_problem(shape)
    act_hidden, y_hat = forward.forward_pass(X, w1, w2)
    gradients = backward(X, y, y_hat, act_hidden, w2)
    for dL_dw, w, expected in zip(gradients, (w1, w2), witness_gradients(w1, w2, X, y), strict=True):
        assert dL_dw.shape == w.shape
        assert_allclose(dL_dw, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backward", BACKWARD_PASSES)
def test_backward_pass_against_central_differences(backward, shape):
    X, y, w1, w2 = random_problem(shape)

    def error(w1, w2):
        _, y_hat = forward.forward_pass(X, w1, w2)
        return loss.mse(y_hat, y)[1]

    act_hidden, y_hat = forward.forward_pass(X, w1, w2)
    dL_dw1, dL_dw2 = backward(X, y, y_hat, act_hidden, w2)
    assert_allclose(dL_dw1, backprop.numerical_gradient(lambda w1: error(w1, w2), w1), rtol=1e-6, atol=1e-8)
    assert_allclose(dL_dw2, backprop.numerical_gradient(lambda w2: error(w1, w2), w2), rtol=1e-6, atol=1e-8)


# 05 training


def test_sgd_step_by_hand():
    w, gradient = frozen(np.array([[1.0, 2.0]]), np.array([[10.0, -20.0]]))
    assert_allclose(training.sgd_step(w, gradient, 0.1), [[0.0, 4.0]])


@pytest.mark.parametrize("shape", SHAPES)
def test_train_follows_the_trajectory_of_automatic_differentiation(shape):
    X, y, w1, w2 = frozen(*random_problem(shape))
    trained_w1, trained_w2, errors = training.train(X, y, w1, w2, 0.05, 7)

    expected_errors = []
    for _ in range(7):
        expected_errors.append(witness_loss(w1, w2, X, y))
        dL_dw1, dL_dw2 = witness_gradients(w1, w2, X, y)
        w1, w2 = w1 - 0.05 * dL_dw1, w2 - 0.05 * dL_dw2

    assert errors.shape == (7,)
    assert_allclose(errors, expected_errors, rtol=1e-10)
    assert_allclose(trained_w1, w1, rtol=1e-10, atol=1e-12)
    assert_allclose(trained_w2, w2, rtol=1e-10, atol=1e-12)


def test_train_for_no_epochs():
    X, y, w1, w2 = random_problem((4, 2, 3, 1))
    same_w1, same_w2, errors = training.train(X, y, w1, w2, 0.1, 0)
    assert errors.shape == (0,)
    assert_array_equal(same_w1, w1)
    assert_array_equal(same_w2, w2)


def test_predict_is_one_from_a_half_upwards():
    X = np.zeros((3, 2))  # every activation is then exactly ½
    w1, (w2,) = np.ones((2, 2)), frozen(np.array([[0.5, 0.5, 2.0, -1.0], [0.5, 0.4, 2.0, -1.0]]))
    predictions = training.predict(X, w1, w2)
    assert_array_equal(predictions, [[1, 0, 1, 0]] * 3)
    assert np.issubdtype(predictions.dtype, np.integer)


# 05 training: XOR is learned from nearly every seed, and from nearly none with a wrong slope


def count_seeds_that_learn_xor(slope, n_seeds, milestones):
    """Train the 2-3-1 network from n_seeds draws at once, and count them at each milestone (epochs).

    The weights have the seeds as their first axis; learning rate 0.12 and weights uniform in [0, 1).
    """
    drawn = [forward.initialize_weights(2, 3, 1, np.random.default_rng(seed)) for seed in range(n_seeds)]
    w1, w2 = (np.stack(layer) for layer in zip(*drawn, strict=True))  # (S, 2, 3) and (S, 3, 1)
    counts = []
    for epoch in range(1, max(milestones) + 1):
        act_hidden, y_hat = forward.forward_pass(XOR_X, w1, w2)  # (S, 4, 3) and (S, 4, 1)
        dL_dyhat = (y_hat - XOR_Y) / len(XOR_X)
        dL_dh = dL_dyhat @ w2.mT * slope(act_hidden)
        w1, w2 = w1 - 0.12 * XOR_X.T @ dL_dh, w2 - 0.12 * act_hidden.mT @ dL_dyhat
        if epoch in milestones:
            solved = (training.predict(XOR_X, w1, w2) == XOR_Y).all(axis=(1, 2))
            counts.append(solved.sum())
    return counts


def test_xor_is_learned_from_most_seeds_and_takes_its_time():
    """Of 1,000 seeds 98.8 % have learned it after 10,000 epochs and none after 1,000: 45 of 50 is ample."""
    after_1k, after_10k = count_seeds_that_learn_xor(activation.sigmoid_prime, 50, (1_000, 10_000))
    assert after_1k == 0
    assert after_10k >= 45


def test_xor_is_learned_from_hardly_any_seed_with_the_sigmoid_for_its_slope():
    """Of 1,000 seeds none has learned it after 10,000 epochs: 5 of 50 is ample."""
    (after_10k,) = count_seeds_that_learn_xor(activation.sigmoid, 50, (10_000,))
    assert after_10k <= 5

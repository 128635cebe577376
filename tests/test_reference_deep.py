"""The reference for digits, clothes and eyes against independent witnesses.

As in test_reference.py: the network and its loss written out once more below for `autograd`, and central differences.
Where a network of one hidden layer can be compared, the XOR reference is the third witness.
"""

import inspect
from itertools import chain, pairwise

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from autograder.reference import activation, backprop, eye_gaze, fashion, loss, mnist, training
from autograder.reference import forward as xor_forward
from mlplab.gradcheck import TOLERANCE, best_numerical_gradient

CONTRACT = {
    mnist.softmax: "logits",
    mnist.cross_entropy: "logits labels",
    mnist.cross_entropy_gradient: "logits labels",
    mnist.he_initialize: "sizes rng",
    mnist.forward: "X params",
    mnist.backward: "activations params dlogits",
    mnist.minibatches: "n batch_size rng",
    mnist.train: "X labels params learning_rate batch_size n_epochs rng",
    mnist.accuracy: "logits labels",
    fashion.confusion_matrix: "labels predictions n_classes",
    fashion.precision_recall: "confusion",
    fashion.train_validation_split: "n fraction rng",
    fashion.improved_train: "X labels rng",
    eye_gaze.gaze_vector: "pitch_yaw",
    eye_gaze.angular_error: "predicted actual",
    eye_gaze.split_by_person: "person fraction rng",
}

silent = pytest.mark.filterwarnings("error")

# N and the sizes of the layers, D to C: no hidden layer, one, several, each letter at 1, a bottleneck, distinct primes.
NETS = [
    (1, [1, 1]),
    (5, [3, 2]),
    (1, [7, 5, 3]),
    (7, [1, 5, 3]),
    (7, [5, 1, 3]),
    (7, [5, 3, 1]),
    (13, [11, 7, 5]),
    (7, [5, 11, 3, 2]),
    (11, [2, 17, 13, 7, 5, 3]),
]


def problem(n, sizes, dtype=np.float64):
    """A batch and a network drawn for these sizes: X, labels, params. No array can be written to."""
    rng = np.random.default_rng([n, *sizes])
    X, labels = rng.normal(size=(n, sizes[0])).astype(dtype), rng.integers(sizes[-1], size=n)
    params = [(rng.normal(size=shape).astype(dtype), rng.normal(size=shape[1]).astype(dtype))
              for shape in pairwise(sizes)]
    for array in (X, labels, *chain(*params)):
        array.flags.writeable = False
    return X, labels, params


def witness_logits(X, params):
    a = X
    for W, b in params[:-1]:
        z = anp.dot(a, W) + b
        a = anp.where(z > 0, z, 0)
    return anp.dot(a, params[-1][0]) + params[-1][1]


def witness_cross_entropy(logits, labels):
    one_hot = np.eye(logits.shape[1])[labels]
    probability = anp.exp(logits) / anp.sum(anp.exp(logits), axis=1)[:, None]
    return -anp.sum(one_hot * anp.log(probability)) / len(labels)


def witness_loss(params, X, labels):
    return witness_cross_entropy(witness_logits(X, params), labels)


witness_gradients = autograd.grad(witness_loss)


def assert_layers_close(actual, expected, **tolerance):
    assert [(W.shape, b.shape) for W, b in actual] == [(W.shape, b.shape) for W, b in expected]
    for array, expected_array in zip(chain(*actual), chain(*expected), strict=True):
        assert_allclose(array, expected_array, **tolerance)


@pytest.mark.parametrize("function", CONTRACT, ids=lambda function: function.__name__)
def test_parameters_are_those_of_the_contract(function):
    assert list(inspect.signature(function).parameters) == CONTRACT[function].split()


def test_the_three_modules_stay_short():
    lines = [inspect.getsource(module).splitlines() for module in (mnist, fashion, eye_gaze)]
    assert sum(map(len, lines)) < 200


# 06 softmax and cross-entropy


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (7, 3)])
def test_softmax_and_cross_entropy_by_definition(shape):
    rng = np.random.default_rng(shape)
    logits, labels = rng.normal(scale=3, size=shape), rng.integers(shape[1], size=shape[0])
    expected = [[np.exp(z) / sum(np.exp(row)) for z in row] for row in logits]
    assert_allclose(mnist.softmax(logits), expected, rtol=1e-13)
    assert_allclose(mnist.cross_entropy(logits, labels), witness_cross_entropy(logits, labels), rtol=1e-13, atol=1e-15)
    assert np.ndim(mnist.cross_entropy(logits, labels)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (7, 3)])
def test_cross_entropy_gradient(shape):
    rng = np.random.default_rng(shape)
    logits, labels = rng.normal(scale=3, size=shape), rng.integers(shape[1], size=shape[0])
    gradient = mnist.cross_entropy_gradient(logits, labels)
    assert_allclose(gradient, autograd.grad(witness_cross_entropy)(logits, labels), rtol=1e-12, atol=1e-15)
    assert_allclose(gradient.sum(axis=1), 0, atol=1e-15)


@silent
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_logits_of_a_thousand(dtype):
    logits = np.array([[1000, -1000, 0], [1000, 1000, -1000], [-1000, -1000, -1000]], dtype)
    labels = np.array([1, 0, 2])
    p = [[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]
    assert_allclose(mnist.softmax(logits), p, rtol=1e-6)
    assert_allclose(mnist.cross_entropy(logits, labels), (2000 + np.log(2) + np.log(3)) / 3, rtol=1e-6)
    assert_allclose(mnist.cross_entropy_gradient(logits, labels), (p - np.eye(3)[labels]) / 3, rtol=1e-6)


@silent
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_largest_logits_of_all(dtype):
    largest = np.finfo(dtype).max
    logits = np.array([[largest, -largest, 0], [largest, largest, largest]])
    assert_allclose(mnist.softmax(logits), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    assert_allclose(mnist.cross_entropy(logits, np.array([0, 2])), np.log(3) / 2, rtol=1e-6)
    assert_allclose(mnist.cross_entropy_gradient(logits, np.array([1, 2])),
                    [[1 / 2, -1 / 2, 0], [1 / 6, 1 / 6, -1 / 3]], rtol=1e-6)


def test_a_constant_added_to_a_row_changes_nothing():
    logits, labels = np.random.default_rng(1).normal(size=(7, 5)), np.arange(7) % 5
    lifted = logits + np.random.default_rng(2).normal(scale=100, size=(7, 1))
    assert_allclose(mnist.softmax(lifted), mnist.softmax(logits), rtol=1e-12)
    assert_allclose(mnist.cross_entropy(lifted, labels), mnist.cross_entropy(logits, labels), rtol=1e-12)


@silent
def test_the_loss_of_a_class_whose_probability_rounds_to_nothing():
    assert_allclose(mnist.cross_entropy(np.array([[0.0, -800.0]]), np.array([1])), 800, rtol=1e-15)


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference():
    difference = np.linspace(-40, 40, 81)
    logits = np.stack([np.zeros_like(difference), difference], axis=1)
    assert_allclose(mnist.softmax(logits)[:, 1], activation.sigmoid(difference), rtol=1e-13)


def test_labels_may_be_bytes():
    logits = np.random.default_rng(3).normal(size=(300, 10))
    labels = np.arange(300) % 10
    assert mnist.cross_entropy(logits, labels.astype(np.uint8)) == mnist.cross_entropy(logits, labels)
    assert_array_equal(mnist.cross_entropy_gradient(logits, labels.astype(np.uint8)),
                       mnist.cross_entropy_gradient(logits, labels))


# 06 forward and backward


def test_he_initialization():
    sizes = [211, 307, 1, 1009]
    params = mnist.he_initialize(sizes, np.random.default_rng(4))
    assert [W.shape for W, _ in params] == list(pairwise(sizes))
    assert_layers_close(mnist.he_initialize(sizes, np.random.default_rng(4)), params, rtol=0)
    for (W, b), n_in in zip(params, sizes[:-1], strict=True):
        assert_array_equal(b, np.zeros(W.shape[1]))
        assert abs(W.mean()) < 5 * np.sqrt(2 / n_in / W.size)
        assert abs(W.var() / (2 / n_in) - 1) < 5 * np.sqrt(2 / W.size)


def test_he_initialization_keeps_the_spread_through_twenty_layers():
    X = np.random.default_rng(5).normal(size=(50, 300))
    activations, _ = mnist.forward(X, mnist.he_initialize([300] * 21, np.random.default_rng(6)))
    assert 0.5 < np.mean(np.square(activations[-1])) / np.mean(np.square(activations[1])) < 2


@pytest.mark.parametrize(("n", "sizes"), NETS)
def test_forward_unit_by_unit(n, sizes):
    X, _, params = problem(n, sizes)
    activations, logits = mnist.forward(X, params)
    assert activations[0] is X or np.array_equal(activations[0], X)
    assert len(activations) == len(params)
    for i, x in enumerate(X):
        a = x
        for layer, (W, b) in enumerate(params):
            assert_allclose(activations[layer][i], a, rtol=1e-12, atol=1e-12)
            z = [sum(a * column) + bias for column, bias in zip(W.T, b, strict=True)]
            a = np.array([max(unit, 0) for unit in z])
        assert_allclose(logits[i], z, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("n", "sizes"), NETS)
def test_backward_against_automatic_differentiation(n, sizes):
    X, labels, params = problem(n, sizes)
    activations, logits = mnist.forward(X, params)
    gradients = mnist.backward(activations, params, mnist.cross_entropy_gradient(logits, labels))
    assert_layers_close(gradients, witness_gradients(params, X, labels), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("n", "sizes"), NETS)
def test_backward_against_central_differences(n, sizes):
    """The best of three steps, since a large one may cross a ReLU's kink and a small one drowns in rounding."""
    X, labels, params = problem(n, sizes)
    activations, logits = mnist.forward(X, params)
    gradients = mnist.backward(activations, params, mnist.cross_entropy_gradient(logits, labels))
    for layer, part in np.ndindex(len(params), 2):

        def error(w, layer=layer, part=part):
            moved = [list(arrays) for arrays in params]
            moved[layer][part] = w
            return mnist.cross_entropy(mnist.forward(X, moved)[1], labels)

        _, relative = best_numerical_gradient(error, params[layer][part], gradients[layer][part])
        assert relative < TOLERANCE


def test_most_coordinates_of_those_networks_are_live():
    """A gradient check of zeros would prove nothing."""
    for n, sizes in NETS:
        if n > 1 and sizes[-1] > 1:
            X, labels, params = problem(n, sizes)
            gradient = np.concatenate([array.ravel() for array in chain(*mnist.loss_gradients(X, labels, params))])
            assert np.mean(np.abs(gradient) > 1e-9) > 0.5, sizes


def test_the_slope_of_the_relu_is_zero_at_zero():
    params = [(np.zeros((2, 3)), np.zeros(3)), (np.ones((3, 2)), np.zeros(2))]  # every hidden unit sits on its kink
    gradients = mnist.loss_gradients(np.ones((4, 2)), np.array([0, 0, 0, 1]), params)
    assert_array_equal(gradients[0][0], np.zeros((2, 3)))
    assert_array_equal(gradients[0][1], np.zeros(3))
    assert_allclose(gradients[1][1], [-1 / 4, 1 / 4])


@pytest.mark.parametrize(("n", "sizes"), [net for net in NETS if len(net[1]) == 3])
def test_one_hidden_layer_is_the_xor_network_with_a_relu_for_its_sigmoid(n, sizes, monkeypatch):
    monkeypatch.setattr(xor_forward, "sigmoid", activation.relu)
    monkeypatch.setattr(backprop, "sigmoid_prime", activation.relu_prime)  # of a: positive just where its argument is
    X, _, params = problem(n, sizes)
    w1, w2 = (W for W, _ in params)
    y = np.random.default_rng(7).normal(size=(n, sizes[-1]))

    activations, outputs = mnist.forward(X, [(w1, np.zeros(sizes[1])), (w2, np.zeros(sizes[2]))])
    act_hidden, y_hat = xor_forward.forward_pass(X, w1, w2)
    assert_allclose(activations[1], act_hidden, rtol=1e-12)
    assert_allclose(outputs, y_hat, rtol=1e-12)

    (dL_dw1, _), (dL_dw2, _) = mnist.backward(activations, params, loss.mse_gradient(outputs, y))
    for backward in (backprop.backward, backprop.backward_faster, backprop.backward_pass):
        xor_dL_dw1, xor_dL_dw2 = backward(X, y, y_hat, act_hidden, w2)
        assert_allclose(dL_dw1, xor_dL_dw1, rtol=1e-10, atol=1e-13)
        assert_allclose(dL_dw2, xor_dL_dw2, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("n", "sizes"), NETS)
def test_in_float32_it_stays_float32_and_near(n, sizes):
    X, labels, params = problem(n, sizes, np.float32)
    _, logits = mnist.forward(X, params)
    gradients = mnist.loss_gradients(X, labels, params)
    in_float64 = [(W.astype(float), b.astype(float)) for W, b in params]
    assert {array.dtype for array in (logits, *chain(*gradients))} == {np.dtype(np.float32)}
    assert_layers_close(gradients, witness_gradients(in_float64, X.astype(float), labels), rtol=1e-3, atol=1e-5)


# 06 training


@pytest.mark.parametrize(("n", "batch_size"), [(1, 1), (7, 3), (6, 3), (5, 1), (5, 5), (5, 100)])
def test_minibatches(n, batch_size):
    rng = np.random.default_rng(8)
    batches = list(mnist.minibatches(n, batch_size, rng))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert 1 <= len(batches[-1]) <= batch_size
    assert_array_equal(np.sort(np.concatenate(batches)), np.arange(n))


def test_minibatches_come_in_another_order_each_epoch():
    rng = np.random.default_rng(9)
    orders = [np.concatenate(mnist.minibatches(50, 7, rng)) for _ in range(3)]
    again = np.concatenate(mnist.minibatches(50, 7, np.random.default_rng(9)))
    assert_array_equal(orders[0], again)
    assert not any(np.array_equal(one, other) for one, other in pairwise([np.arange(50), *orders]))


@pytest.mark.parametrize(("n", "sizes"), NETS)
def test_train_follows_the_trajectory_of_automatic_differentiation(n, sizes):
    X, labels, params = problem(n, sizes)
    trained = mnist.train(X, labels, params, 0.05, 3, 4, np.random.default_rng(10))

    rng = np.random.default_rng(10)
    for batch in chain(*(mnist.minibatches(n, 3, rng) for _ in range(4))):
        gradients = witness_gradients(params, X[batch], labels[batch])
        params = [(W - 0.05 * dW, b - 0.05 * db) for (W, b), (dW, db) in zip(params, gradients, strict=True)]

    assert_layers_close(trained, params, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_train_for_no_epochs_gives_copies(dtype):
    X, labels, params = problem(5, [4, 3, 2], dtype)
    trained = mnist.train(X, labels, params, 0.1, 2, 0, np.random.default_rng(11))
    assert_layers_close(trained, params, rtol=0)
    assert not any(np.shares_memory(array, given)
                   for array, given in zip(chain(*trained), chain(*params), strict=True))


@pytest.mark.parametrize(("images", "dtype"), [("float32", "float32"), ("float64", "float64"), ("uint8", "float32")])
def test_train_runs_in_the_precision_of_the_images(images, dtype):
    X, labels, params = problem(5, [4, 3, 2])
    trained = mnist.train(np.abs(X).astype(images), labels, params, 0.01, 2, 3, np.random.default_rng(12))
    assert {array.dtype for array in chain(*trained)} == {np.dtype(dtype)}


def test_accuracy():
    logits = np.array([[3.0, 1.0, 2.0], [-3.0, -1.0, -2.0], [0.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
    assert mnist.accuracy(logits, np.array([0, 1, 2, 2])) == 3 / 4
    assert mnist.accuracy(logits, np.array([1, 0, 0, 1])) == 0
    assert mnist.accuracy(logits[:1], np.array([0], dtype=np.uint8)) == 1


# 07 counting


def test_confusion_matrix_by_hand():
    labels, predictions = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 2, 0])
    assert_array_equal(fashion.confusion_matrix(labels, predictions, 4),
                       [[1, 1, 0, 0], [0, 1, 0, 0], [2, 0, 1, 0], [0, 0, 0, 0]])


def test_confusion_matrix_of_bytes_and_many_classes():
    labels, predictions = np.random.default_rng(13).integers(200, size=(2, 5000))
    expected = np.zeros((200, 200), dtype=int)
    for label, prediction in zip(labels, predictions, strict=True):
        expected[label, prediction] += 1
    confusion = fashion.confusion_matrix(labels.astype(np.uint8), predictions.astype(np.uint8), 200)
    assert_array_equal(confusion, expected)
    assert np.issubdtype(confusion.dtype, np.integer)


@silent
def test_precision_and_recall_by_hand():
    confusion = np.array([[1, 1, 0, 0], [0, 3, 0, 1], [2, 0, 0, 0], [0, 0, 0, 0]])  # 2 never predicted, 3 never there
    precision, recall = fashion.precision_recall(confusion)
    assert_allclose(precision, [1 / 3, 3 / 4, 0, 0])
    assert_allclose(recall, [1 / 2, 3 / 4, 0, 0])


@pytest.mark.parametrize(("n", "fraction", "n_held_out"), [
    (10, 0.3, 3), (13, 0.2, 3), (100, 0.999, 99), (100, 1, 99), (100, 0.001, 1), (100, 0, 1), (2, 0.5, 1),
])
def test_train_validation_split(n, fraction, n_held_out):
    kept, held_out = fashion.train_validation_split(n, fraction, np.random.default_rng(14))
    assert_array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(n))
    assert len(held_out) == n_held_out


def test_the_split_is_drawn():
    rng = np.random.default_rng(15)
    held_out = [set(fashion.train_validation_split(100, 0.2, rng)[1]) for _ in range(2)]
    assert held_out[0] != held_out[1]
    assert set(fashion.train_validation_split(100, 0.2, np.random.default_rng(15))[1]) == held_out[0]


# 07 training better


def test_momentum_by_hand():
    w, gradient = np.array([1.0]), np.array([10.0])
    w, velocity = fashion.momentum_step(w, gradient, 0.1)
    assert_allclose([w, velocity], [[0.0], [-1.0]], atol=1e-15)
    w, velocity = fashion.momentum_step(w, gradient, 0.1, velocity, beta=0.5)
    assert_allclose([w, velocity], [[-1.5], [-1.5]])


def test_adam_is_its_sums_written_out():
    """After t steps m̂ is Σ βᵗ⁻ˢ gₛ / Σ βᵗ⁻ˢ: a weighted mean, of the gradients and of their squares."""
    rng, gradients = np.random.default_rng(16), []
    w = start = rng.normal(size=(3, 2))
    expected, memory = start, ()
    for t in range(1, 8):
        gradients.append(rng.normal(size=(3, 2)))
        w, *memory = fashion.adam_step(w, gradients[-1], 0.01, *memory, decay=0.3)
        ages = np.arange(t)[::-1]
        mean = np.average(gradients, axis=0, weights=0.9**ages)
        mean_square = np.average(np.square(gradients), axis=0, weights=0.999**ages)
        expected = expected - 0.01 * mean / (np.sqrt(mean_square) + 1e-8) - 0.01 * 0.3 * expected
    assert_allclose(w, expected, rtol=1e-10)


@silent
def test_adam_does_not_mind_a_unit_without_a_gradient():
    w, *memory = fashion.adam_step(np.ones(2), np.zeros(2), 0.01, decay=0)
    assert_array_equal(fashion.adam_step(w, np.zeros(2), 0.01, *memory, decay=0)[0], np.ones(2))


def test_shift_puts_each_image_in_one_of_nine_places():
    rows, columns = 3, 4
    images = np.arange(1.0, 501 * rows * columns + 1).reshape(501, rows, columns)
    shifted = fashion.shift(images.reshape(501, -1), np.random.default_rng(17), (rows, columns)).reshape(images.shape)
    seen = set()
    for image, moved in zip(images, shifted, strict=True):
        padded = np.pad(image, 1)
        [place] = [(down, across) for down, across in np.ndindex(3, 3)
                   if np.array_equal(moved, padded[down:down + rows, across:across + columns])]
        seen.add(place)
    assert len(seen) == 9


def gradient_descent_step(w, gradient, rate):
    return (training.sgd_step(w, gradient, rate),)


def test_fit_is_train_with_a_rate_that_falls():
    """One step has the full rate, the second of two steps half of it."""
    X, labels, params = problem(6, [5, 4, 3])
    fitted = fashion.fit(X, labels, params, gradient_descent_step, 0.1, 6, 2, np.random.default_rng(18))
    first = mnist.train(X, labels, params, 0.1, 6, 1, np.random.default_rng(18))
    assert_layers_close(fitted, mnist.train(X, labels, first, 0.05, 6, 1, np.random.default_rng(18)), rtol=1e-12)


def test_each_weight_has_a_memory_of_its_own():
    """With momentum on the whole batch, against heavy balls written out for the witness's gradients."""
    X, labels, params = problem(6, [5, 4, 3])
    fitted = fashion.fit(X, labels, params, fashion.momentum_step, 0.1, 6, 3, np.random.default_rng(19))
    velocities = [(0, 0), (0, 0)]
    for rate in (0.1, 0.1 * 2 / 3, 0.1 / 3):
        gradients = witness_gradients(params, X, labels)
        velocities = [tuple(0.9 * v - rate * g for v, g in zip(*pair, strict=True))
                      for pair in zip(velocities, gradients, strict=True)]
        params = [(W + v_W, b + v_b) for (W, b), (v_W, v_b) in zip(params, velocities, strict=True)]
    assert_layers_close(fitted, params, rtol=1e-10)


def test_fit_can_regress():
    rng = np.random.default_rng(20)
    X = rng.normal(size=(400, 3))
    y = np.stack([np.abs(X[:, 0]), X[:, 1] - X[:, 2]], axis=1)
    params = fashion.fit(X, y, mnist.he_initialize([3, 32, 2], rng), fashion.adam_step, 0.02, 40, 60, rng,
                         loss_gradient=loss.mse_gradient)
    _, error = loss.mse(mnist.forward(X, params)[1], y)
    assert error < 0.01 * loss.mse(np.mean(y, axis=0), y)[1]


def test_the_images_are_varied_anew_in_each_epoch_and_stay_as_they_were():
    X, labels, params = problem(6, [4, 3, 2])
    batches = []

    def keep(images, rng):
        batches.append(images)
        return images + rng.normal(size=images.shape)

    fashion.fit(X, labels, params, fashion.adam_step, 0.1, 4, 2, np.random.default_rng(21), augment=keep)
    assert [len(batch) for batch in batches] == [4, 2, 4, 2]


def test_improved_train_on_images_it_can_learn_in_a_moment():
    """Accuracy on clothes is measured by benchmarks/reference_mlp.py; here are three classes of bright squares."""
    rng = np.random.default_rng(22)
    labels = np.arange(90) % 3
    X = rng.uniform(size=(90, 28, 28)).astype(np.float32)
    for image, label in zip(X, labels, strict=True):
        image[9 * label:9 * label + 8, 8:16] += 1
    X = X.reshape(90, -1)
    X.flags.writeable = False
    params = fashion.improved_train(X, labels, np.random.default_rng(23))
    assert mnist.accuracy(mnist.forward(X, params)[1], labels) == 1
    assert_layers_close(fashion.improved_train(X, labels, np.random.default_rng(23)), params, rtol=1e-3, atol=1e-5)


# 08 eyes


def test_gaze_vector_by_hand():
    quarter = np.pi / 2
    looks = np.array([[0, 0], [quarter, 0], [0, quarter], [0, -quarter], [-quarter, 1], [np.pi / 6, np.pi / 3]])
    assert_allclose(eye_gaze.gaze_vector(looks), [
        [0, 0, -1], [0, -1, 0], [-1, 0, 0], [1, 0, 0], [0, 1, 0], [-3 / 4, -1 / 2, -np.sqrt(3) / 4],
    ], atol=1e-15)


def test_gaze_vectors_are_unit_vectors_that_tell_their_angles():
    pitch_yaw = np.random.default_rng(24).uniform(-1.5, 1.5, size=(101, 2))
    x, y, z = eye_gaze.gaze_vector(pitch_yaw).T
    assert_allclose(x**2 + y**2 + z**2, 1, rtol=1e-14)
    assert_allclose(np.stack([np.arcsin(-y), np.arctan2(-x, -z)], axis=1), pitch_yaw, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("degrees", [0, 1e-6, 1e-3, 1, 45, 90, 135, 179, 180])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_angular_error_at_any_angle(degrees, dtype):
    """In float32 a unit vector is itself rounded, by some 1e-5 degrees."""
    yaw = np.radians(degrees) * np.array([0.3, -0.7])
    predicted, actual = (eye_gaze.gaze_vector(np.array([[0, angle]])).astype(dtype) for angle in yaw)
    assert_allclose(eye_gaze.angular_error(predicted, actual), [degrees],
                    rtol=1e-12 if dtype is np.float64 else 0, atol=1e-13 if dtype is np.float64 else 2e-5)


@silent
def test_angular_error_is_never_nan():
    v = eye_gaze.gaze_vector(np.random.default_rng(25).uniform(-1, 1, size=(10_000, 2)))
    for precision in (np.float64, np.float32):
        assert_allclose(eye_gaze.angular_error(v.astype(precision), v.astype(precision)), 0)
        assert_allclose(eye_gaze.angular_error(v.astype(precision), -v.astype(precision)), 180, rtol=1e-6)


@pytest.mark.parametrize(("n_people", "fraction", "n_held_out"), [(5, 0.4, 2), (2, 0.5, 1), (10, 0, 1), (10, 1, 9)])
def test_split_by_person(n_people, fraction, n_held_out):
    rng = np.random.default_rng(26)
    person = rng.permutation(np.repeat(100 + np.arange(n_people), np.arange(1, n_people + 1)))
    kept, held_out = eye_gaze.split_by_person(person, fraction, rng)
    assert_array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(len(person)))
    assert set(person[kept]).isdisjoint(person[held_out])
    assert len(set(person[held_out])) == n_held_out


def test_persons_may_have_names():
    person = np.array(["Ann", "Bo", "Ann", "Cy", "Bo"])
    kept, held_out = eye_gaze.split_by_person(person, 1 / 3, np.random.default_rng(27))
    assert len(set(person[held_out])) == 1
    assert set(person[kept]) | set(person[held_out]) == {"Ann", "Bo", "Cy"}

"""Stage 07: what a network confuses, and how to train it better; X, labels and params as in stage 06."""

from itertools import chain

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograder.reference import mnist


def confusion_matrix(labels, predictions, n_classes):
    """How often each class (row) was taken for each (column): (C, C) integers that sum to N."""
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(confusion, (labels, predictions), 1)
    return confusion


def precision_recall(confusion):
    """(precision, recall) of each class, (C,) both: the share of its column, and of its row, on the diagonal."""
    correct = np.diagonal(confusion)
    predicted, present = np.sum(confusion, axis=0), np.sum(confusion, axis=1)
    return correct / np.maximum(predicted, 1), correct / np.maximum(present, 1)  # 0/0 counts as 0


def train_validation_split(n, fraction, rng):
    """Indices (kept, held_out) of n ≥ 2 samples, a fraction of them held out, at least one on either side."""
    n_held_out = min(max(round(fraction * n), 1), n - 1)
    order = rng.permutation(n)
    return order[n_held_out:], order[:n_held_out]


def momentum_step(w, gradient, learning_rate, velocity=0.0, *, beta=0.9):
    """Gradient descent with momentum (Polyak, 1964): (w, velocity), the velocity for the step after."""
    velocity = beta * velocity - learning_rate * gradient
    return w + velocity, velocity


def adam_step(w, gradient, learning_rate, m=0.0, v=0.0, t=0, *, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.1):
    """Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019): (w, m, v, t)."""
    t += 1  # m and v are running means, of the gradient and of its square. They start from 0: 1 − βᵗ makes up for it.
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    direction = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return w - learning_rate * (direction + decay * w), m, v, t


def shift(X, rng, shape=(28, 28)):
    """Move every image by −1, 0 or 1 pixel, down and across; X (N, rows · columns), and 0 enters at the border."""
    windows = sliding_window_view(np.pad(X.reshape(-1, *shape), ((0, 0), (1, 1), (1, 1))), shape, axis=(1, 2))
    down, across = rng.integers(3, size=(2, len(X)))  # windows (N, 3, 3, rows, columns): each image in nine places
    return windows[np.arange(len(X)), down, across].reshape(X.shape)


def fit(X, targets, params, step, learning_rate, batch_size, n_epochs, rng, *,
        augment=None, loss_gradient=mnist.cross_entropy_gradient):
    """New params, trained by step(w, gradient, rate, *memory) → (w, *memory) while the rate falls evenly to 0."""
    params = mnist.in_precision_of(X, params)
    states = [(w,) for w in chain(*params)]  # of W₁, b₁, W₂, …: the array, then what its last step left to remember
    batches = [batch for _ in range(n_epochs) for batch in mnist.minibatches(len(X), batch_size, rng)]
    for done, batch in enumerate(batches):
        images = augment(X[batch], rng) if augment else X[batch]
        gradients = mnist.loss_gradients(images, targets[batch], params, loss_gradient)
        rate = learning_rate * (1 - done / len(batches))
        states = [step(w, dL_dw, rate, *memory) for (w, *memory), dL_dw in zip(states, chain(*gradients), strict=True)]
        params = [(W, b) for (W, *_), (b, *_) in zip(states[::2], states[1::2], strict=True)]
    return params


def improved_train(X, labels, rng):
    """Adam with decay on images that are shifted anew each epoch."""
    params = mnist.he_initialize([X.shape[1], 256, 128, np.max(labels) + 1], rng)
    return fit(X.astype(np.float32), labels, params, adam_step, 0.002, 128, 60, rng, augment=shift)

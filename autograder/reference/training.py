"""Stage 05: gradient descent over the whole batch, and the trained network's answer."""

import numpy as np

from autograder.reference.backprop import backward_pass
from autograder.reference.forward import forward_pass
from autograder.reference.loss import mse


def sgd_step(w, gradient, learning_rate):
    """One step of gradient descent, in the direction in which the loss falls fastest.

    Inputs:
    - w: weights, any shape
    - gradient: ∂L/∂w, with the shape of w
    - learning_rate: λ, a number

    Returns: w − λ ∂L/∂w, a new array with the shape of w
    """
    return w - learning_rate * gradient


def train(X, y, w1, w2, learning_rate, n_epochs):
    """Train the network; an epoch is one step on the whole batch.

    Inputs:
    - X: (N, D)
    - y: (N, K)
    - w1, w2: (D, H) and (H, K), the weights to start from; they are not written to
    - learning_rate: λ, a number
    - n_epochs: how many steps to take, from 0 up

    Returns a tuple of:
    - w1, w2: the trained weights
    - errors: (n_epochs,), the loss before the update of each epoch
    """
    errors = np.zeros(n_epochs)
    for epoch in range(n_epochs):
        act_hidden, y_hat = forward_pass(X, w1, w2)
        _, errors[epoch] = mse(y_hat, y)
        # Both gradients belong to the same weights, so neither layer moves before both are known.
        dL_dw1, dL_dw2 = backward_pass(X, y, y_hat, act_hidden, w2)
        w1 = sgd_step(w1, dL_dw1, learning_rate)
        w2 = sgd_step(w2, dL_dw2, learning_rate)
    return w1, w2, errors


def predict(X, w1, w2):
    """Decide for one of two classes.

    Inputs:
    - X: (N, D)
    - w1: (D, H)
    - w2: (H, K)

    Returns: (N, K) integers, 1 where ŷ ≥ ½, else 0
    """
    _, y_hat = forward_pass(X, w1, w2)
    return (y_hat >= 0.5).astype(int)

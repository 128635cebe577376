"""Stage 06: a network of any depth that tells digits apart.

    a₀ = X (N, D)    zₗ = aₗ₋₁ Wₗ + bₗ    aₗ = relu(zₗ)    logits = z_L (N, C), which pass no ReLU

A sample is a row, its label an integer from 0 to C − 1; labels (N,). `params` is a list with (W, b) of each layer,
W (in, out) and b (out,). `activations` is [X, a₁, …, a_{L−1}]: what each layer is given.
"""

from itertools import chain

import numpy as np

from autograder.reference.activation import relu
from autograder.reference.forward import dense


def log_softmax(logits):
    """Logarithm of the softmax, (N, C). Without a row's largest logit it is the same, and no exponential overflows."""
    with np.errstate(over="ignore"):  # too far below the largest for any float is −∞, and e^−∞ is rightly 0
        below_largest = logits - np.max(logits, axis=1, keepdims=True)
    return below_largest - np.log(np.sum(np.exp(below_largest), axis=1, keepdims=True))


def softmax(logits):
    """Probability of each class, exp(zₙ꜀) / Σₖ exp(zₙₖ), (N, C); every row sums to 1."""
    return np.exp(log_softmax(logits))


def cross_entropy(logits, labels):
    """Mean over the samples of −log p(label), in nats: a scalar."""
    return -np.mean(log_softmax(logits)[np.arange(len(labels)), labels])


def cross_entropy_gradient(logits, labels):
    """∂L/∂logits = (softmax − one-hot labels) / N, (N, C)."""
    dL_dlogits = softmax(logits)
    dL_dlogits[np.arange(len(labels)), labels] -= 1
    return dL_dlogits / len(labels)


def he_initialize(sizes, rng):
    """Draw params for layers of these sizes, D to C: b = 0, W normal with variance 2/in (He et al., 2015)."""
    return [(rng.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_out)), np.zeros(n_out))
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)]


def forward(X, params):
    """Send a batch through the network: (activations, logits)."""
    *hidden_layers, (W_last, b_last) = params
    activations = [X]
    for W, b in hidden_layers:
        activations.append(relu(dense(activations[-1], W) + b))
    return activations, dense(activations[-1], W_last) + b_last


def backward(activations, params, dlogits):
    """List with (∂L/∂W, ∂L/∂b) of each layer, from dlogits = ∂L/∂logits (N, C), which holds the 1/N of the mean."""
    gradients = []
    dL_dz = dlogits
    for layer in reversed(range(len(params))):
        a, (W, _) = activations[layer], params[layer]
        gradients.append((a.T @ dL_dz, np.sum(dL_dz, axis=0)))
        if layer > 0:  # the data need no gradient
            dL_dz = dL_dz @ W.T * (a > 0)  # the slope of the ReLU that made a: a > 0 just where z > 0
    return gradients[::-1]


def loss_gradients(X, targets, params, loss_gradient=cross_entropy_gradient):
    """Gradients of a batch's loss, forward and back; loss_gradient(outputs, targets) is ∂L/∂outputs."""
    activations, outputs = forward(X, params)
    return backward(activations, params, loss_gradient(outputs, targets))


def minibatches(n, batch_size, rng):
    """The sample indices of one epoch in a fresh order, a list of arrays; the last may be shorter."""
    return np.split(rng.permutation(n), range(batch_size, n, batch_size))


def in_precision_of(X, params):
    """Copies of the params in the floats of X, which for float32 halves the time; in float32 for images in bytes."""
    precision = np.result_type(X, np.float32)
    return [(W.astype(precision), b.astype(precision)) for W, b in params]


def train(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    """Plain gradient descent over minibatches: new params. Those given stay as they are."""
    params = in_precision_of(X, params)  # copies, so that they can be moved in place, which is faster
    for _ in range(n_epochs):
        for batch in minibatches(len(X), batch_size, rng):
            gradients = loss_gradients(X[batch], labels[batch], params)
            for w, dL_dw in zip(chain(*params), chain(*gradients), strict=True):
                w -= learning_rate * dL_dw
    return params


def accuracy(logits, labels):
    """Fraction of the samples whose largest logit is their label's, in [0, 1]."""
    return np.mean(np.argmax(logits, axis=1) == labels)

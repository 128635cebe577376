"""Stage 06: a network of any depth that tells digits apart.

    X = a₀ (N, D)    zₗ = aₗ₋₁ Wₗ + bₗ    aₗ = relu(zₗ)    logits = z_L (N, C), without a ReLU

A sample is a row; labels are integers (N,), from 0 to C − 1. `params` is a list with (W, b) of each layer,
W (in, out) and b (out,); `activations` is [X, a₁, …, a_{L−1}], what each layer is given.
"""

import numpy as np

from autograder.reference.activation import relu
from autograder.reference.forward import dense
from autograder.reference.training import sgd_step


def log_softmax(logits):
    """Logarithm of the softmax, (N, C): what the loss needs, also where the softmax itself rounds to 0.

    A row's largest logit is taken off first. That changes nothing, and no exponential overflows.
    """
    with np.errstate(over="ignore"):  # a logit too far below the largest for any float: −∞, and e^−∞ = 0
        below_largest = logits - np.max(logits, axis=1, keepdims=True)
    return below_largest - np.log(np.sum(np.exp(below_largest), axis=1, keepdims=True))


def softmax(logits):
    """Probability of each class, exp zₙ꜀ / Σₖ exp zₙₖ, (N, C); every row sums to 1."""
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
    """Draw params for layers of these sizes: W normal with variance 2/in, b = 0.

    With it the activations of ReLU layers neither fade nor grow with depth
    (He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015).
    """
    return [(rng.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_out)), np.zeros(n_out))
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)]


def forward(X, params):
    """Send a batch (N, D) through the network: (activations, logits)."""
    *hidden_layers, (W_out, b_out) = params
    activations = [X]
    for W, b in hidden_layers:
        activations.append(relu(dense(activations[-1], W) + b))
    return activations, dense(activations[-1], W_out) + b_out


def backward(activations, params, dlogits):
    """Gradients of the loss, a list with (dL/dW, dL/db) of each layer, from dlogits = ∂L/∂logits (N, C).

    dlogits holds the 1/N of a mean over the samples, so the sums over the batch are plain sums.
    """
    gradients = []
    dL_dz = dlogits
    for layer in reversed(range(len(params))):
        a, (W, _) = activations[layer], params[layer]
        gradients.append((a.T @ dL_dz, np.sum(dL_dz, axis=0)))
        if layer > 0:  # nobody asks for the gradient of the data
            dL_dz = dL_dz @ W.T * (a > 0)  # a > 0 is the ReLU's slope at the layer below
    return gradients[::-1]


def minibatches(n, batch_size, rng):
    """The sample indices of one epoch in a fresh order, in a list of arrays; the last may be shorter."""
    return np.split(rng.permutation(n), range(batch_size, n, batch_size))


def train(X, labels, params, learning_rate, batch_size, n_epochs, rng):
    """Plain gradient descent over minibatches; the params given stay as they are, new ones are returned.

    It runs in the precision of X: float32 takes half the time of float64, and loses no accuracy.
    """
    params = in_precision_of(X, params)
    for _ in range(n_epochs):
        for batch in minibatches(len(X), batch_size, rng):
            gradients = loss_gradients(X[batch], labels[batch], params)
            params = [(sgd_step(W, dL_dW, learning_rate), sgd_step(b, dL_db, learning_rate))
                      for (W, b), (dL_dW, dL_db) in zip(params, gradients, strict=True)]
    return params


def accuracy(logits, labels):
    """Fraction of the samples whose largest logit is at their label, from 0 to 1."""
    return np.mean(np.argmax(logits, axis=1) == labels)


def in_precision_of(X, params):
    """The params as floats of the precision of X; of images in bytes, float32."""
    precision = np.result_type(X, np.float32)
    return [(W.astype(precision), b.astype(precision)) for W, b in params]


def loss_gradients(X, labels, params):
    """Gradients of the cross-entropy of a batch, a list with (dL/dW, dL/db) of each layer."""
    activations, logits = forward(X, params)
    return backward(activations, params, cross_entropy_gradient(logits, labels))

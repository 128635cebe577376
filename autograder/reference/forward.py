"""Stage 02: the forward pass of a network with one hidden layer and no biases."""

from autograder.reference.activation import sigmoid


def dense(inputs, weights):
    """Dense layer: every output is a weighted sum of all inputs of its sample.

    Inputs:
    - inputs: (N, D), one row a sample
    - weights: (D, H), one column an output

    Returns: inputs · weights, (N, H)
    """
    return inputs @ weights


def initialize_weights(input_size, hidden_size, output_size, rng):
    """Draw the weights of both layers, uniform in [0, 1).

    Inputs:
    - input_size, hidden_size, output_size: D, H, K
    - rng: numpy.random.Generator, the only source of randomness

    Returns a tuple of:
    - w1: (D, H)
    - w2: (H, K)
    """
    w1 = rng.uniform(size=(input_size, hidden_size))
    w2 = rng.uniform(size=(hidden_size, output_size))
    return w1, w2


def forward_pass(X, w1, w2):
    """Send a batch through the network ŷ = σ(X W₁) W₂; the output is linear.

    Inputs:
    - X: (N, D)
    - w1: (D, H)
    - w2: (H, K)

    Returns a tuple of:
    - act_hidden: (N, H), the activations A = σ(X W₁), which the backward pass needs again
    - y_hat: (N, K), the prediction A W₂
    """
    net_hidden = dense(X, w1)  # (N, H)
    act_hidden = sigmoid(net_hidden)  # (N, H)
    y_hat = dense(act_hidden, w2)  # (N, K)
    return act_hidden, y_hat

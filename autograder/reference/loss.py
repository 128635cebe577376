"""Stage 03: the mean squared error, a mean over the samples and a sum over the outputs."""

import numpy as np


def mse(y_hat, y):
    """Mean squared error, with the factor ½ that its derivative cancels.

    Inputs:
    - y_hat: (N, K), the prediction
    - y: (N, K), the target

    Returns a tuple of:
    - residual: (N, K), ŷ − y
    - error: scalar, L = 1/N Σᵢ ½ ‖ŷᵢ − yᵢ‖²
    """
    residual = y_hat - y  # (N, K)
    squared_norms = np.sum(residual**2, axis=1)  # (N,)
    error = np.mean(0.5 * squared_norms)
    return residual, error


def mse_gradient(y_hat, y):
    """Gradient of the mean squared error by the prediction.

    Inputs:
    - y_hat: (N, K), the prediction
    - y: (N, K), the target

    Returns: ∂L/∂ŷ = (ŷ − y) / N, (N, K); the square's 2 has met the loss's ½
    """
    residual, _ = mse(y_hat, y)
    n_samples = len(residual)
    return residual / n_samples

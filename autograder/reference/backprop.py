"""Stage 04: backpropagation, from the Jacobians of one sample to the whole batch in one line.

The loss is L = 1/N Σₙ ½ ‖ŷₙ − yₙ‖² with ŷ = A W₂, A = σ(H), H = X W₁, and the chain rule reads

    ∂L/∂W₂ = ∂L/∂ŷ · ∂ŷ/∂W₂        ∂L/∂w₁ᵢⱼ = ∂L/∂ŷ · ∂ŷ/∂a · ∂a/∂h · ∂h/∂w₁ᵢⱼ

(Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986).
A Jacobian has a row for each output and a column for each input; a gradient has its weights' shape.
"""

import numpy as np

from autograder.reference.activation import sigmoid_prime
from autograder.reference.loss import mse_gradient


def numerical_gradient(f, w, step=1e-5):
    """Gradient of f at w by central differences, one weight at a time.

    Inputs:
    - f: function of an array of w's shape, returning a number or an array of one element
    - w: array of any shape; it is never written to
    - step: how far each weight is nudged, to either side

    Returns: [f(w + step·e) − f(w − step·e)] / (2 step) for each unit array e, with the shape of w;
    by Taylor's theorem the error falls with step²

    Raises ValueError if f returns more than one element, and whatever f raises.
    """
    w = np.asarray(w, dtype=np.float64)
    df_dw = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        nudge = np.zeros_like(w)
        nudge[index] = step
        f_above = np.asarray(f(w + nudge)).item()
        f_below = np.asarray(f(w - nudge)).item()
        df_dw[index] = (f_above - f_below) / (2 * step)
    return df_dw


def dyhat_dw2(act_hidden):
    """Jacobian of the predictions of a batch by the output weights, for K = 1.

    Inputs:
    - act_hidden: (N, H)

    Returns: ∂ŷₙ/∂w₂ⱼ = aₙⱼ, (N, H), which is A itself
    """
    return act_hidden


def dyhat_da(w2):
    """Jacobian of one sample's prediction by its hidden activations, for K = 1.

    Inputs:
    - w2: (H, 1)

    Returns: ∂ŷ/∂aⱼ = w₂ⱼ, (1, H)
    """
    return w2.T


def da_dh(a):
    """Jacobian of one sample's hidden activations by the hidden units' inputs.

    Inputs:
    - a: (H,), activations a = σ(h)

    Returns: diag[σ'(h₁), …, σ'(h_H)], (H, H); no unit sees the input of another
    """
    return np.diag(sigmoid_prime(a))


def dh_dwij(x, i, j, hidden_size):
    """Derivative of the inputs of one sample's hidden units by the single weight w₁ᵢⱼ.

    Inputs:
    - x: (D,)
    - i, j: the weight's row (which input) and column (which hidden unit)
    - hidden_size: H

    Returns: [0, …, xᵢ, …, 0] with xᵢ at place j, (H,); the weight feeds no other unit
    """
    dh = np.zeros(hidden_size)
    dh[j] = x[i]
    return dh


def dyhat_dwij(x, a, w2, i, j):
    """Derivative of one sample's prediction by the single weight w₁ᵢⱼ, for K = 1.

    Inputs:
    - x: (D,)
    - a: (H,), activations a = σ(h)
    - w2: (H, 1)
    - i, j: the weight's row (which input) and column (which hidden unit)

    Returns: ∂ŷ/∂a · ∂a/∂h · ∂h/∂w₁ᵢⱼ, a scalar; all the zeros gone, it is w₂ⱼ σ'(hⱼ) xᵢ
    """
    return w2[j, 0] * sigmoid_prime(a[j]) * x[i]


def backward(X, y, y_hat, act_hidden, w2):
    """Backward pass with loops, one weight at a time, as it is derived on paper.

    Inputs:
    - X: (N, D)
    - y, y_hat: (N, K), target and prediction
    - act_hidden: (N, H), the activations of the forward pass
    - w2: (H, K)

    Returns a tuple of:
    - dL_dw1: (D, H), Σₙ Σₖ ∂L/∂ŷₙₖ · w₂ⱼₖ · σ'(hₙⱼ) · xₙᵢ at place (i, j)
    - dL_dw2: (H, K), Σₙ ∂L/∂ŷₙₖ · aₙⱼ at place (j, k)
    """
    input_size, (hidden_size, output_size) = X.shape[1], w2.shape
    dL_dyhat = mse_gradient(y_hat, y)  # (N, K)

    dL_dw2 = np.zeros((hidden_size, output_size))
    for j, k in np.ndindex(hidden_size, output_size):
        dyhatk_dwjk = act_hidden[:, j]  # (N,)
        dL_dw2[j, k] = dL_dyhat[:, k] @ dyhatk_dwjk

    dL_dw1 = np.zeros((input_size, hidden_size))
    for i, j, k in np.ndindex(input_size, hidden_size, output_size):
        dyhatk_daj = w2[j, k]
        daj_dhj = sigmoid_prime(act_hidden[:, j])  # (N,)
        dhj_dwij = X[:, i]  # (N,)
        dL_dw1[i, j] += dL_dyhat[:, k] @ (dyhatk_daj * daj_dhj * dhj_dwij)

    return dL_dw1, dL_dw2


def backward_faster(X, y, y_hat, act_hidden, w2):
    """Backward pass in matrices: a matrix product takes the sum over samples, or over outputs.

    Inputs:
    - X: (N, D)
    - y, y_hat: (N, K), target and prediction
    - act_hidden: (N, H), the activations of the forward pass
    - w2: (H, K)

    Returns a tuple of:
    - dL_dw1: (D, H), Xᵀ · ∂L/∂H
    - dL_dw2: (H, K), Aᵀ · ∂L/∂ŷ
    """
    dL_dyhat = mse_gradient(y_hat, y)  # (N, K)
    dL_dw2 = act_hidden.T @ dL_dyhat  # (H, K)
    dL_da = dL_dyhat @ w2.T  # (N, H)
    dL_dh = dL_da * sigmoid_prime(act_hidden)  # (N, H)
    dL_dw1 = X.T @ dL_dh  # (D, H)
    return dL_dw1, dL_dw2


def backward_pass(X, y, y_hat, act_hidden, w2):
    """Backward pass with one line for each gradient.

    Inputs:
    - X: (N, D)
    - y, y_hat: (N, K), target and prediction
    - act_hidden: (N, H), the activations of the forward pass
    - w2: (H, K)

    Returns a tuple of:
    - dL_dw1: (D, H), Xᵀ · [(∂L/∂ŷ · W₂ᵀ) ⊙ σ'(H)]
    - dL_dw2: (H, K), Aᵀ · ∂L/∂ŷ
    """
    dL_dyhat = mse_gradient(y_hat, y)
    return X.T @ (dL_dyhat @ w2.T * sigmoid_prime(act_hidden)), act_hidden.T @ dL_dyhat

"""A trained network of stage 06, asked through the student's own `forward` and `softmax`."""

from dataclasses import dataclass

import numpy as np

from mlplab.explore.explorable import Functions
from mlplab.plots.values import NoPicture, numbers, pair


@dataclass
class Answers:
    """What a network says of N images.

    Attributes:
        weights: of the first layer, (D, H).
        first: what comes out of the first layer, (N, H): activations or, where there is no other layer, logits.
        logits, probabilities: (N, C).
    """

    weights: np.ndarray
    first: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray


def ask(student: Functions, params: object, X: np.ndarray, n_classes: int) -> Answers:
    """The answers for images X (N, D), C = n_classes. Raises: NoPicture where params are none, or a function fails."""
    layers = _layers(params)
    sizes = len(layers[0][0]), layers[-1][0].shape[1]
    if sizes != (X.shape[1], n_classes):
        raise NoPicture(f"params lead from {sizes[0]} inputs to {sizes[1]} outputs; here there are {X.shape[1]} pixels "
                        f"and {n_classes} classes.")
    activations, logits = pair(student.forward(X, layers), "what `forward` returns", "activations, logits")
    logits = numbers(logits, "`logits`", (len(X), n_classes))
    if not isinstance(activations, list | tuple) or len(activations) != len(layers):
        raise NoPicture(f"what `forward` returns as activations is not a list of {len(layers)} arrays.")
    hidden = layers[0][0].shape[1]
    first = numbers(activations[1], "`activations[1]`", (len(X), hidden)) if len(layers) > 1 else logits
    probabilities = numbers(student.softmax(logits), "`softmax`", (len(X), n_classes))
    return Answers(numbers(layers[0][0], "the first layer's weights"), first, logits, probabilities)


def _layers(params: object) -> list[tuple[np.ndarray, np.ndarray]]:
    """Copies of the params' arrays, of which each layer's fit those of the next."""
    if params is None:
        raise NoPicture("there are no trained params yet: hand them over as `params=params`.")
    layers = []
    for number, layer in enumerate(params if isinstance(params, list | tuple) and params else [None], start=1):
        if not isinstance(layer, list | tuple) or [np.ndim(part) for part in layer] != [2, 1]:
            raise NoPicture("params are a list of pairs (W, b), W with two axes and b with one.")
        W, b = map(np.array, layer)
        fits = W.shape[1] == len(b) and (not layers or len(W) == layers[-1][0].shape[1])
        if not fits:
            raise NoPicture(f"in params, W {W.shape} and b {b.shape} of layer {number} do not fit the others.")
        layers.append((W, b))
    return layers

"""Drawing one picture of each kind, for a process from which many are forked: nobody pays for the first time again."""

import numpy as np

from mlplab.plots.curves import activation_and_slope, training_curve
from mlplab.plots.plane import decision_boundary, xor_scatter
from mlplab.plots.weights import gradient_check, network


def warm_up() -> None:
    """Loads fonts and glyphs, and all of matplotlib that the pictures use; shows nothing."""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    w1, w2 = np.full((2, 3), 0.5), np.full((3, 1), -0.5)
    for drawn in (
        activation_and_slope.draw(np.sin, np.cos, tangent_at=1),
        training_curve.draw({"a": [0.5, 0.25], "b": [0.5, 0.25]}, plateau=0.125, log=True),
        xor_scatter.draw(X, y, lines=[(1, 1, -0.5)]),
        decision_boundary.draw(lambda points: points[:, :1], X, y),
        gradient_check.draw((w1, w2), (w1, -w2)),
        network.draw((w1, w2)),
    ):
        drawn._repr_mimebundle_()

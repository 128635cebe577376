"""What several explorables draw: axes with curves, the shaded plane with its points, the network with its weights."""

from collections.abc import Sequence

import contourpy
import numpy as np

from mlplab.explore.scene import Scene, mixed
from mlplab.plots.picture import BLUE, INK, ORANGE, SHADES
from mlplab.plots.values import hidden_and_output, index, said

X_XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y_XOR = np.array([[0.0], [1], [1], [0]])
PLANE = (-0.25, 1.25)  # the range of both inputs
_DASH = (5, 3)  # of a negative weight: told apart without colour


class Axes:
    """A box with coordinates in a scene.

    Inputs:
        box: left, top, width and height in pixels, without the numbers that stand around it.
        xlim, ylim: the range of either axis.
        xticks, yticks: where numbers and grid lines stand.
    """

    def __init__(self, scene: Scene, box: tuple[float, float, float, float], xlim: tuple[float, float],
                 ylim: tuple[float, float], *, xticks: Sequence[float] = (), yticks: Sequence[float] = (),
                 title: str = "", xlabel: str = "") -> None:
        self.scene, self.xlim, self.ylim = scene, xlim, ylim
        self.left, self.top, self.width, self.height = box
        bottom = self.top + self.height
        for tick in xticks:
            x, _ = self.at(tick, ylim[0])
            scene.line([(x, self.top), (x, bottom)], "grid", 1)
            scene.text(x, bottom + 11, f"{tick:g}".replace("-", "−"), "grey", 11)
        for tick in yticks:
            _, y = self.at(xlim[0], tick)
            scene.line([(self.left, y), (self.left + self.width, y)], "grid", 1)
            scene.text(self.left - 5, y, said(tick), "grey", 11, "end")
        scene.text(self.left, self.top - 11, title, anchor="start", bold=True)
        scene.text(self.left + self.width, bottom + 11, xlabel, anchor="end")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point."""
        return (self.left + self.width * (x - self.xlim[0]) / (self.xlim[1] - self.xlim[0]),
                self.top + self.height * (self.ylim[1] - y) / (self.ylim[1] - self.ylim[0]))

    def value_at(self, px: float, py: float) -> tuple[float, float]:
        """The point of a pixel, held to the axes' range."""
        x = self.xlim[0] + (px - self.left) / self.width * (self.xlim[1] - self.xlim[0])
        y = self.ylim[1] - (py - self.top) / self.height * (self.ylim[1] - self.ylim[0])
        return float(np.clip(x, *self.xlim)), float(np.clip(y, *self.ylim))

    def curve(self, xs: np.ndarray, ys: np.ndarray, colour: str, width: float = 2,
              dash: tuple[float, ...] = ()) -> None:
        """A curve, as far as it lies within the box."""
        if not len(xs):
            return
        inside = (ys >= self.ylim[0]) & (ys <= self.ylim[1])
        px, py = self.at(xs, ys)
        for run in np.split(np.arange(len(xs)), np.flatnonzero(np.diff(inside)) + 1):
            if inside[run[0]] and len(run) > 1:
                self.scene.line(np.column_stack([px[run], py[run]]), colour, width, dash)


def plane_points(resolution: int) -> np.ndarray:
    """The points (resolution², 2) of a square grid over the plane, x₁ running fastest, x₂ from the bottom up."""
    axis = np.linspace(*PLANE, resolution)
    return np.column_stack([np.tile(axis, resolution), np.repeat(axis, resolution)])


def answers(student: object, X: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """act_hidden (N, H) and y_hat (N, K) by the student's `forward_pass`. Raises: NoPicture."""
    return hidden_and_output(student.forward_pass, X, w1, w2)


def plane(scene: Scene, box: tuple[float, float, float], values: np.ndarray, X: np.ndarray, y: np.ndarray,
          *, radius: float = 6, title: str = "", wrong: np.ndarray | None = None) -> Axes:
    """A square of the plane, shaded from 0 (blue) to 1 (orange), with the line at ½ and the points.

    Inputs:
        box: left, top and size in pixels.
        values: (G²,) at `plane_points(G)`.
        X, y: the points (N, 2) and their classes (N, 1): circles for 0, squares for 1.
        wrong: (N,), which of them to ring.
    """
    left, top, size = box
    axes = Axes(scene, (left, top, size, size), PLANE, PLANE, title=title)
    grid = values.reshape(2 * (round(len(values) ** 0.5),))
    scene.pixels(left, top, size, size, mixed(grid[::-1], 0, 1, SHADES))
    axis = np.linspace(*PLANE, len(grid))
    for piece in contourpy.contour_generator(axis, axis, grid).lines(0.5):
        scene.line(np.column_stack(axes.at(piece[:, 0], piece[:, 1])), INK, 1.5)
    for n, (point, target) in enumerate(zip(X, y[:, 0], strict=True)):
        px, py = axes.at(*point[:2])
        if target:
            scene.box(px - radius, py - radius, 2 * radius, 2 * radius, ORANGE, "#ffffff")
        else:
            scene.circle(px, py, radius, BLUE, "#ffffff")
        if wrong is not None and wrong[n]:
            scene.circle(px, py, radius + 5, None, INK, 2)
    return axes


def network(scene: Scene, w1: np.ndarray, w2: np.ndarray, columns: Sequence[np.ndarray], *,
            labels: Sequence[np.ndarray] | None = None) -> None:
    """The units in three columns that fill the scene, lines as wide as their weights, dashed where negative.

    Inputs:
        w1, w2: (D, H) and (H, 1).
        columns: what stands in the units: the inputs (D,), the hidden units (H,), the output (1,).
        labels: what stands on the lines, shaped like w1 and w2; their weights where left out.
    """
    labels = (w1, w2) if labels is None else labels
    largest = max(np.abs(w1).max(), np.abs(w2).max(), 1e-12)
    xs = (30, scene.width / 2, scene.width - 30)
    places = [[(x, 16 + scene.height * (k + 0.5) / len(column) * 0.92) for k in range(len(column))]
              for x, column in zip(xs, columns, strict=True)]
    for layer, (weights, told) in enumerate(zip((w1, w2), labels, strict=True)):
        for (i, j), weight in np.ndenumerate(weights):
            (x0, y0), (x1, y1) = places[layer][i], places[layer + 1][j]
            scene.line([(x0, y0), (x1, y1)], "blue" if weight >= 0 else "orange", 0.6 + 4 * abs(weight) / largest,
                       () if weight >= 0 else _DASH)
            along = 0.3 + 0.2 * (i % 2) if layer == 0 else 0.45
            x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
            scene.box(x - 17, y - 8, 34, 16, fill="paper", opacity=0.85)
            scene.text(x, y, short(told[i, j]), size=11)
    for symbol, column, where in zip("xaŷ", columns, places, strict=True):
        for k, (value, (x, y)) in enumerate(zip(column, where, strict=True)):
            scene.circle(x, y, 22, "soft", "grey")
            scene.text(x, y - 7, symbol + (index(k) if symbol != "ŷ" else ""), size=12)
            scene.text(x, y + 8, short(value), size=11)


def short(value: float) -> str:
    """A number in at most a few signs; nothing for what is not to be shown yet (NaN)."""
    return "" if np.isnan(value) else said(round(float(value), 3 if abs(value) < 1 else 2))


def weight_names(inputs: int, hidden: int) -> list[str]:
    """The names of the weights of a network with one output: w1_11, w1_12, …, w2_1, …, rows first."""
    return [*(f"w1_{i + 1}{j + 1}" for i in range(inputs) for j in range(hidden)),
            *(f"w2_{j + 1}" for j in range(hidden))]

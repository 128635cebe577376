"""What several explorables draw: axes with curves, the shaded plane with its points, the network with its weights."""

from collections.abc import Sequence

import numpy as np

from mlplab.explore.scene import Scene
from mlplab.plots.values import said


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
            scene.text(x, bottom + 11, said(tick), "grey", 11)
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
        inside = (ys >= self.ylim[0]) & (ys <= self.ylim[1])
        px, py = self.at(xs, ys)
        for run in np.split(np.arange(len(xs)), np.flatnonzero(np.diff(inside)) + 1):
            if inside[run[0]] and len(run) > 1:
                self.scene.line(np.column_stack([px[run], py[run]]), colour, width, dash)

"""Shading the plane of two inputs by what is answered there: once, or in many panels of one Axes."""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mlplab.plots.picture import GREY, INK, SHADES, bare_figure

LIMITS = (-0.25, 1.25)
SIDE = LIMITS[1] - LIMITS[0]
_BLUE_TO_ORANGE = LinearSegmentedColormap.from_list("blue to orange", SHADES)
_LEVELS = np.linspace(0, 1, 11)


def shade(axes: Axes, x1: np.ndarray, x2: np.ndarray, answers: np.ndarray) -> bool:
    """Shades answers (len(x2), len(x1)) between 0 and 1, with the contour at ½; returns whether they cross ½."""
    axes.contourf(x1, x2, answers, levels=_LEVELS, cmap=_BLUE_TO_ORANGE, extend="both")
    crosses = bool(answers.min() < 0.5 < answers.max())
    if crosses:
        axes.contour(x1, x2, answers, levels=[0.5], colors=INK, linewidths=2)
    return crosses


def colour_scale(axes: Axes, left: float, width: float, inch: float) -> None:
    """The scale of the shading, beside a plane; `left`, `width` and `inch` in its coordinates."""
    bottom, top = LIMITS
    heights = bottom + 0.07 + (SIDE - 0.14) * _LEVELS
    right, middle = left + width, left + width / 2
    shapes = [[(left, low), (right, low), (right, high), (left, high)] for low, high in pairwise(heights)]
    tips = [[(left, base), (right, base), (middle, tip)] for base, tip in ((heights[0], bottom), (heights[-1], top))]
    axes.add_collection(PolyCollection(
        [tips[0], *shapes, tips[1]], facecolors=_BLUE_TO_ORANGE([0, *(_LEVELS[1:] - 0.05), 1]), edgecolors="face",
        linewidth=0.3, clip_on=False), autolim=False)
    outline = [(left, heights[0]), (middle, bottom), (right, heights[0]), (right, heights[-1]), (middle, top),
               (left, heights[-1])]
    ticks = [[(right, height), (right + 0.05 * inch, height)] for height in heights[::5]]
    axes.add_collection(PolyCollection([outline, *ticks], facecolors="none", edgecolors=GREY, linewidth=0.8,
                                       clip_on=False), autolim=False)
    for height, value in zip(heights[::5], ("0.0", "0.5", "1.0"), strict=True):
        axes.text(right + 0.09 * inch, height, value, va="center_baseline", fontsize=9.5)


def panels(width: float, height: float, place: tuple[float, float], side: float) -> tuple[Figure, Axes, float]:
    """A figure for planes of `side`, the first of them at `place` from the left and the top, all in inches.

    Its one Axes has the coordinates of the first plane; returned with them, the length of an inch.
    """
    inch = SIDE / side
    left, top = LIMITS[0] - place[0] * inch, LIMITS[1] + place[1] * inch
    return *bare_figure(width, height, xlim=(left, left + width * inch), ylim=(top - height * inch, top)), inch


def shade_panels(axes: Axes, axis: np.ndarray, answers: np.ndarray, columns: int, step: np.ndarray) -> np.ndarray:
    """Shades planes side by side, in rows of `columns`.

    All in one go, as one plane with gaps: for matplotlib, a panel costs much and a point costs little.

    Inputs: axis (G,); answers (N, G, G); step (2,), to the right and down, from one plane to the next.
    Returns: offsets (N, 2), of each plane from the first.
    """
    n, size = len(answers), len(axis)
    rows = -(-n // columns)
    sheet = np.full((rows * columns, size + 1, size + 1), np.nan)
    sheet[:n, :-1, :-1] = answers
    sheet = sheet.reshape(rows, columns, size + 1, size + 1)[::-1].swapaxes(1, 2)
    beyond = np.append(axis, axis[-1] + 1e-3)  # where the gap begins
    x1 = np.add.outer(step[0] * np.arange(columns), beyond).ravel()
    x2 = np.add.outer(-step[1] * np.arange(rows)[::-1], beyond).ravel()
    shade(axes, x1, x2, np.ma.masked_invalid(sheet.reshape(len(x2), len(x1))))
    return np.array([(step[0] * (i % columns), -step[1] * (i // columns)) for i in range(n)])

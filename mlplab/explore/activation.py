"""Stage 01: an activation function, and its slope at a place that the reader chooses."""

from collections.abc import Callable

import numpy as np

from mlplab.explore.controls import Choice, Slider
from mlplab.explore.drawing import Axes
from mlplab.explore.explorable import Explorable, Frame
from mlplab.explore.scene import Scene
from mlplab.plots.values import numbers, said

_LIMITS = (-8.0, 8.0)
_STEP = 1e-5
_VISIBLE = 1e-4  # a larger difference between two slopes is a wrong formula, not rounding
_FLAT = 0.1  # of the steepest slope: below this the function counts as saturated


class ActivationExplorer(Explorable):
    """The curve with its tangent, the slope along it, and the slope at x as a number and a bar."""

    title = "Activation explorer"
    needs = ("sigmoid", "sigmoid_prime")
    controls = (
        Choice("function", "function", ("sigmoid", "tanh", "relu"), "sigmoid"),
        Slider("x", "x", *_LIMITS, 0.1, 1.5),
    )

    def draw(self) -> Frame:
        """Arrays: grid (M,), activation, slope, numerical_slope (M,) there; x; value, slope_at_x and numerical_at_x.

        `flat` (M,) says where the numerical slope is below a tenth of the largest.
        """
        name, x = self.values["function"], self.values["x"]
        value, slope = self._functions(name)
        # An even number of points: a kink at 0 lies between two of them.
        grid = np.linspace(*_LIMITS, 240)
        around = np.array([x - _STEP, x, x + _STEP])
        below, at, above = value(around)
        left, right = (at - below) / _STEP, (above - at) / _STEP
        arrays = {
            "grid": grid, "activation": value(grid), "slope": slope(grid),
            "numerical_slope": (value(grid + _STEP) - value(grid - _STEP)) / (2 * _STEP),
            "x": x, "value": at, "slope_at_x": slope(around)[1], "numerical_at_x": (above - below) / (2 * _STEP),
        }
        arrays["flat"] = np.abs(arrays["numerical_slope"]) < _FLAT * np.abs(arrays["numerical_slope"]).max()
        # At a kink any slope between those of the two sides will do.
        agrees = min(left, right) - _VISIBLE <= arrays["slope_at_x"] <= max(left, right) + _VISIBLE
        is_flat = bool(np.interp(x, grid, arrays["flat"]) > 0.5)
        verdict = "The two agree" if agrees else "The two differ (≠)"
        if abs(left - right) > _VISIBLE:
            verdict += f"; x is at a bend, with slope {said(left)} to its left and {said(right)} to its right"
        where = "Here the function is flat: it saturates." if is_flat else "Here the function is steep enough to learn."
        summary = (f"{name}({said(x)}) = {said(at)}. Your slope is {said(arrays['slope_at_x'])}, the numerical slope "
                   f"{said(arrays['numerical_at_x'])}. {verdict}. {where}")
        return Frame([self._curve(name, arrays), self._slopes(arrays), _bars(arrays, agrees)], summary, arrays)

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        self.set("x", self._axes.value_at(x, y)[0])

    def _functions(self, name: str) -> tuple[Callable, Callable]:
        """The function and its slope, both of x (M,), by the student's own."""
        student = self.student
        value, slope = {
            "sigmoid": (student.sigmoid, lambda x: student.sigmoid_prime(student.sigmoid(x))),
            "tanh": (np.tanh, lambda x: student.tanh_prime(np.tanh(x))),
            "relu": (student.relu, student.relu_prime),
        }[name]
        return (lambda x: numbers(value(x), f"`{name}`", x.shape),
                lambda x: numbers(slope(x), f"`{name}_prime`", x.shape))

    def _curve(self, name: str, arrays: dict) -> Scene:
        scene = Scene(f"{name} with its tangent at x", 360, 250, pointer=True)
        lowest, highest = (-1, 1) if name == "tanh" else (0, 1)
        if name == "relu":
            highest = 8
        margin = 0.12 * (highest - lowest)
        box, ylim = (38, 24, 312, 196), (lowest - margin, highest + margin)
        ticks = (-8, -4, 0, 4, 8)
        self._axes = axes = Axes(scene, box, _LIMITS, ylim, xticks=ticks, yticks=sorted({lowest, 0, highest}),
                                 title=f"{name}(x)")
        _shade_flat(axes, arrays)
        axes.curve(arrays["grid"], arrays["activation"], "blue", 2.5)
        tangent = arrays["value"] + arrays["slope_at_x"] * (arrays["grid"] - arrays["x"])
        axes.curve(arrays["grid"], tangent, "orange", 1.8, (6, 4))
        scene.circle(*axes.at(arrays["x"], arrays["value"]), 5.5, "orange", "paper")
        return scene

    def _slopes(self, arrays: dict) -> Scene:
        scene = Scene("The slope along the curve, yours and the numerical one", 360, 250, pointer=True)
        both = np.concatenate([arrays["slope"], arrays["numerical_slope"], [arrays["slope_at_x"]]])
        low, high = min(0.0, both.min()), max(both.max(), 0.25)
        margin = 0.12 * (high - low)
        axes = Axes(scene, (38, 24, 312, 196), _LIMITS, (low - margin, high + margin), xticks=(-8, -4, 0, 4, 8),
                    yticks=sorted({0.0, low, high}), title="slope")
        _shade_flat(axes, arrays)
        axes.curve(arrays["grid"], arrays["slope"], "orange", 3)
        axes.curve(arrays["grid"], arrays["numerical_slope"], "ink", 1.5, (5, 4))
        x, y = axes.at(arrays["x"], arrays["slope_at_x"])
        scene.line([(x, axes.top), (x, axes.top + axes.height)], "grey", 1)
        scene.circle(x, y, 5.5, "orange", "paper")
        for place, colour, width, dash, label in ((0, "orange", 3, (), "yours"), (78, "ink", 1.5, (5, 4), "numerical")):
            scene.line([(190 + place, 13), (214 + place, 13)], colour, width, dash)
            scene.text(219 + place, 13, label, size=11.5, anchor="start")
        return scene


def _shade_flat(axes: Axes, arrays: dict) -> None:
    """Hatches the parts of the range where the function is flat."""
    grid, flat = arrays["grid"], arrays["flat"]
    edges = np.flatnonzero(np.diff(flat)) + 1
    for run in np.split(np.arange(len(grid)), edges):
        if flat[run[0]]:
            (start, _), (end, _) = axes.at(grid[run[0]], 0), axes.at(grid[run[-1]], 0)
            axes.scene.box(start, axes.top, end - start, axes.height, fill="soft")
            if end - start > 40:
                axes.scene.text((start + end) / 2, axes.top + axes.height / 2, "flat", "grey", 11.5)


def _bars(arrays: dict, agrees: bool) -> Scene:
    """The slope at x, yours above the numerical one, as bars from 0; the scale ends at the steepest."""
    scene = Scene("The slope at x, yours and the numerical one", 360, 92)
    steepest = np.abs([*arrays["slope"], *arrays["numerical_slope"], arrays["slope_at_x"]]).max() or 1.0
    middle, longest = 160.0, 120.0
    scene.text(38, 10, f"slope at x = {said(arrays['x'])}", anchor="start", bold=True)
    scene.line([(middle, 22), (middle, 88)], "grey", 1)
    for row, (label, key, colour) in enumerate((("yours", "slope_at_x", "orange"), ("numerical", "numerical_at_x",
                                                                                  "ink"))):
        y, length = 38 + 32 * row, longest * arrays[key] / steepest
        scene.text(38, y, label, anchor="start", size=11.5)
        scene.box(middle + min(length, 0), y - 9, abs(length), 18, fill=colour)
        mark = "" if agrees or row else "  ≠"
        scene.text(middle + max(length, 0) + 6, y, said(round(arrays[key], 6)) + mark, anchor="start", bold=not agrees)
    return scene

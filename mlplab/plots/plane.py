"""Pictures in the plane of two inputs: the points of XOR, and what a network answers between them."""

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, new_figure, picture
from mlplab.plots.shading import LIMITS, SIDE, colour_scale, panels, shade, shade_panels
from mlplab.plots.values import NoPicture, call, hidden_and_output, index, numbers, pair, said, weight_pair

_CLASSES = ((0, BLUE, "o"), (1, ORANGE, "s"))
_LINES = ("--", "-.", ":", (0, (8, 2, 1, 2, 1, 2)))


@picture
def xor_scatter(
    X: object,
    y: object,
    *,
    lines: Iterable[tuple[float, float, float]] = (),
    title: str | None = None,
) -> Picture:
    """The points, class 0 as blue circles and class 1 as orange squares, and lines that try to part them.

    Inputs:
        X: (N, 2).
        y: (N, 1), classes 0 and 1: the targets, or a network's predictions.
        lines: each (v1, v2, b), the line v1·x₁ + v2·x₂ + b = 0; the legend says how many points it gets
            right, with its sides named as suits it best.
    Arrays: X, y and, where lines are given, lines (L, 3) and right (L,), the number of points right.
    """
    X, y = _points(X, y)
    arrays = {"X": X, "y": y}
    figure, axes = _plane(5.4, title, above=bool(title))
    _scatter(axes, X, y, size=190)
    told = ""
    if lines := list(lines):
        arrays["lines"] = np.array(lines, dtype=float)
        arrays["right"] = np.array([_points_right(line, X, y) for line in arrays["lines"]])
        for number, (line, right) in enumerate(zip(arrays["lines"], arrays["right"], strict=True)):
            _draw_line(axes, line, _LINES[number % len(_LINES)], f"{right} of {len(X)} right")
        best = max(arrays["right"])
        told = f" Of {len(lines)} straight lines the best gets {best} of {len(X)} points right."
    axes.grid(True)
    figure.legend(loc="upper right", labelspacing=0.9)
    classes = "; ".join(f"({said(x1)}, {said(x2)}) has class {int(k)}"
                        for (x1, x2), k in zip(X, y[:, 0], strict=True))
    return Picture(figure, f"{title or 'Points in the plane'}: {classes}.{told}", arrays)


@picture
def decision_boundary(predict: Callable, X: object, y: object, *, title: str | None = None) -> Picture:
    """What the network answers between the points, with the line on which it answers ½.

    Inputs:
        predict: (M, 2) → (M, 1), ŷ; such as `lambda X: forward_pass(X, w1, w2)[1]`.
        X: (N, 2); y: (N, 1), classes 0 and 1.
    Arrays: X, y, y_hat_at_X (N, 1), axis (G,), y_hat (G, G) with y_hat[i, j] at x₁ = axis[j], x₂ = axis[i].
    """
    X, y = _points(X, y)
    axis, y_hat = _over_the_plane(predict, 61)
    at_points = _answer(predict, X)
    right = _right_side(at_points, y)

    figure, axes = _plane(5.9, title, above=True)
    crosses = shade(axes, axis, axis, y_hat)
    _scatter(axes, X, y, size=150)
    handles = axes.get_legend_handles_labels()[0]
    if crosses:
        handles.append(Line2D([], [], color=INK, linewidth=2, label="ŷ = ½"))
    if not right.all():
        ring = {"color": INK, "linestyle": "", "marker": "o", "fillstyle": "none", "markeredgewidth": 1.8}
        axes.plot(*X[~right].T, markersize=22, zorder=4, **ring)
        handles.append(Line2D([], [], markersize=14, label="wrong side", **ring))
    colour_scale(axes, left=1.3, width=0.083, inch=SIDE / 3.11)
    axes.text(1.34, LIMITS[1] + 0.03, "ŷ", ha="center")
    figure.legend(handles=handles, loc="upper right", labelspacing=0.9)
    contour = "the line ŷ = ½ parts the plane" if crosses else "ŷ does not cross ½ anywhere in it"
    answers = "; ".join(f"({said(x1)}, {said(x2)}): ŷ = {said(answer)}, class {int(k)}"
                        for (x1, x2), answer, k in zip(X, at_points[:, 0], y[:, 0], strict=True))
    alt = (f"{title or 'Decision boundary'}: ŷ from {said(y_hat.min())} to {said(y_hat.max())}; {contour}. "
           f"{right.sum()} of {len(X)} points lie on their side. {answers}.")
    return Picture(figure, alt, {"X": X, "y": y, "axis": axis, "y_hat": y_hat, "y_hat_at_X": at_points})


@picture
def seeds_strip(train_one: Callable, seeds: Iterable[int], X: object, y: object) -> Picture:
    """One small decision boundary a seed, saying whether all points lie on their side, and the last loss.

    Inputs:
        train_one: seed → (predict, errors): the trained network (M, 2) → (M, 1), and the losses (n_epochs,).
        seeds: a few integers, up to about eighteen.
        X: (N, 2); y: (N, 1), classes 0 and 1.
    Arrays: seeds (S,), solved (S,) booleans, final_errors (S,), axis (G,), y_hat (S, G, G).
    """
    X, y = _points(X, y)
    seeds = np.array(list(seeds))
    networks, final_errors = [], []
    for seed in seeds:
        predict, errors = pair(call(train_one, int(seed)), "what training a seed returns", "predict, errors")
        networks.append(predict)
        final_errors.append(numbers(errors, f"the list of errors of seed {seed}", ("n_epochs",))[-1])
    solved = np.array([_right_side(_answer(predict, X), y).all() for predict in networks])
    shadings = [_over_the_plane(predict, 31) for predict in networks]

    columns = min(6, len(seeds))
    rows = -(-len(seeds) // columns)
    width, height, pitch, side = max(1.25 * columns, 4) + 0.1, 1.6 * rows + 0.4, 1.25, 1.11
    figure, axes, inch = panels(width, height, ((width - pitch * columns + pitch - side) / 2, 0.72), side)
    offsets = shade_panels(axes, shadings[0][0], np.array([y_hat for _, y_hat in shadings]), columns,
                           inch * np.array([pitch, 1.6]))
    _scatter(axes, *_everywhere(X, y, offsets), size=28)
    axes.add_collection(PolyCollection(
        offsets[:, np.newaxis] + LIMITS[0] + SIDE * np.array([(0, 0), (1, 0), (1, 1), (0, 1)]), facecolors="none",
        edgecolors=np.where(solved, GREY, INK), linewidths=np.where(solved, 0.8, 2.2)), autolim=False)
    for (x1, x2), seed, right, error in zip(offsets, seeds, solved, final_errors, strict=True):
        told = f"seed {seed}\n{'solved' if right else 'not solved'}, {error:.2g}"
        axes.text(x1 + 0.5, x2 + LIMITS[1] + 0.06 * inch, told, ha="center", fontsize=9)
    figure.suptitle(f"{solved.sum()} of {len(seeds)} seeds solved; the number is the last loss", y=1 - 0.08 / height)
    unsolved = ", ".join(map(str, seeds[~solved])) or "none"
    lowest, highest = min(final_errors), max(final_errors)
    alt = (f"Decision boundaries of {len(seeds)} seeds, {solved.sum()} with all points on their side. "
           f"Not solved: {unsolved}. Last losses from {said(lowest)} to {said(highest)}.")
    return Picture(figure, alt, {"seeds": seeds, "solved": solved, "final_errors": np.array(final_errors),
                                 "axis": shadings[0][0], "y_hat": np.array([y_hat for _, y_hat in shadings])})


@picture
def hidden_units(forward_pass: Callable, weights: object, X: object, y: object) -> Picture:
    """What each hidden unit answers over the plane, and the weighted sum of them that is ŷ.

    Inputs:
        forward_pass: (X, w1, w2) → (act_hidden, y_hat).
        weights: the pair (w1 (2, H), w2 (H, 1)).
        X: (N, 2); y: (N, 1), classes 0 and 1.
    Arrays: axis (G,), act_hidden (G, G, H), y_hat (G, G).
    """
    X, y = _points(X, y)
    w1, w2 = weight_pair(weights)
    hidden = w1.shape[1]
    w2 = numbers(w2, "`w2`", (hidden, 1))
    axis, grid = _grid(31)
    act_hidden, y_hat = hidden_and_output(forward_pass, grid, w1, w2)
    act_hidden = act_hidden.reshape(axis.size, axis.size, hidden)
    y_hat = y_hat.reshape(axis.size, axis.size)

    figure, axes, inch = panels(1.75 * (hidden + 1) + 0.9, 2.45, (0.44, 0.38), 1.46)
    answers = np.concatenate([np.moveaxis(act_hidden, -1, 0), y_hat[np.newaxis]])
    offsets = shade_panels(axes, axis, answers, hidden + 1, inch * np.array([1.75, 0]))
    _scatter(axes, *_everywhere(X, y, offsets), size=40)
    low, high = LIMITS
    tick = low - 0.05 * inch
    marks = [[(low, high), (low, low), (high, low)], *([(at, low), (at, tick)] for at in (0, 1)),
             *([(low, at), (tick, at)] for at in (0, 1))]
    axes.add_collection(LineCollection([offset + mark for offset in offsets for mark in marks], colors=GREY,
                                       linewidths=0.8), autolim=False)
    axes.text(low - 0.3 * inch, 0.5, "x₂", ha="center", va="center_baseline")
    for j, (x1, _) in enumerate(offsets):
        axes.text(x1 + 0.5, high + 0.07 * inch, f"a{index(j)}, weight {said(w2[j, 0])}" if j < hidden else "ŷ, the sum",
                  ha="center")
        axes.text(x1 + 0.5, low - 0.44 * inch, "x₁", ha="center")
        for at in (0, 1):
            axes.text(x1 + at, low - 0.1 * inch, at, ha="center", va="top", fontsize=9.5)
            axes.text(x1 + low - 0.1 * inch, at, at, ha="right", va="center_baseline", fontsize=9.5)
    colour_scale(axes, left=offsets[-1, 0] + high + 0.14 * inch, width=0.08 * inch, inch=inch)
    told = ", ".join(f"a{index(j)} with weight {said(w2[j, 0])}" for j in range(hidden))
    alt = (f"What the {hidden} hidden units answer over the plane: {told}; and their weighted sum ŷ, from "
           f"{said(y_hat.min())} to {said(y_hat.max())}.")
    return Picture(figure, alt, {"axis": axis, "act_hidden": act_hidden, "y_hat": y_hat})


def _points(X: object, y: object) -> tuple[np.ndarray, np.ndarray]:
    X = numbers(X, "`X`", ("N", 2))
    y = numbers(y, "`y`", (len(X), 1))
    if not np.isin(y, (0, 1)).all():
        raise NoPicture("No picture: classes other than 0 and 1 cannot be drawn.")
    return X, y


def _grid(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """The axis (G,) and the points (G², 2) of a square grid, x₁ running fastest."""
    axis = np.linspace(*LIMITS, resolution)
    return axis, np.array([(x1, x2) for x2, x1 in product(axis, axis)])


def _over_the_plane(predict: Callable, resolution: int) -> tuple[np.ndarray, np.ndarray]:
    axis, grid = _grid(resolution)
    return axis, _answer(predict, grid).reshape(resolution, resolution)


def _answer(predict: Callable, X: np.ndarray) -> np.ndarray:
    return numbers(call(predict, X.copy()), "what the network answers", (len(X), 1))


def _right_side(y_hat: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether each point lies on its side of ½, (N,); ½ itself counts as class 1."""
    return ((y_hat >= 0.5) == (y == 1))[:, 0]


def _points_right(line: np.ndarray, X: np.ndarray, y: np.ndarray) -> int:
    above = X @ line[:2] + line[2] > 0
    agreeing = int(np.count_nonzero(above == (y[:, 0] == 1)))
    return max(agreeing, len(X) - agreeing)


def _draw_line(axes: Axes, line: np.ndarray, dashes: object, label: str) -> None:
    v1, v2, b = line
    nearest = -b * line[:2] / (v1**2 + v2**2)  # to the origin
    axes.axline(nearest, nearest + (-v2, v1), color=INK, linestyle=dashes, linewidth=1.6, zorder=1,
                label=label)


def _scatter(axes: Axes, X: np.ndarray, y: np.ndarray, size: float) -> None:
    for value, colour, marker in _CLASSES:
        if (chosen := y[:, 0] == value).any():
            axes.scatter(*X[chosen].T, color=colour, marker=marker, s=size, edgecolor="white",
                         linewidth=1.4 if size > 100 else 0.8, zorder=3, label=f"class {value}")


def _plane(width: float, title: str | None, above: bool) -> tuple[Figure, Axes]:
    """A figure with the plane at its left and room for the legend at its right; `above`: and above it, for a line."""
    figure, height, side = new_figure(figsize=(width, 3.9), layout="none"), 3.9, 3.11 if above else 3.31
    axes = figure.add_axes((0.58 / width, 0.51 / height, side / width, side / height))
    axes.set(xlim=LIMITS, ylim=LIMITS, xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], xlabel="x₁")
    axes.set_ylabel("x₂", rotation=0, labelpad=10, va="center")
    if title:
        axes.set_title(title, loc="left", y=1)
    return figure, axes


def _everywhere(X: np.ndarray, y: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points at each of the offsets."""
    return (offsets[:, np.newaxis] + X).reshape(-1, 2), np.tile(y, (len(offsets), 1))

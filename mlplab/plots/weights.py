"""Pictures of weights and of their gradients: the network as a graph, the gradient check entry by entry."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from mlplab.gradcheck import TOLERANCE, relative_error
from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, new_figure, picture
from mlplab.plots.values import NoPicture, call, hidden_and_output, index, numbers, said, weight_pair

_RADIUS = 0.26
_DASHES = (0, (2.4, 1))
_MOST_NUMBERS = 40  # beyond that many weights of a network their values cannot be read any more
_WIDEST = 4  # nor can those of a heat map with more columns
_ROUNDING = 1e-9  # of the largest entry: what is smaller still is rounding where 0 is meant
_SIGNED = LinearSegmentedColormap.from_list("signed", ["#f0a277", "#ffffff", "#7db8dc"])


@picture
def network_diagram(input_size: int = 2, hidden_size: int = 3, output_size: int = 1) -> Picture:
    """The network before it has weights: its units, their names, and the shapes of the matrices between them.

    Arrays: sizes (3,).
    """
    sizes = (input_size, hidden_size, output_size)
    figure, axes, places = _units(sizes)
    for start, end in zip(places, places[1:], strict=False):
        for a in start:
            for b in end:
                axes.plot(*zip(a, b, strict=True), color=GREY, linewidth=1.2, zorder=1)
    for column, name in enumerate(("W₁", "W₂")):
        axes.text(1.3 + 2.6 * column, max(sizes) / 2, f"{name}  ({sizes[column]}, {sizes[column + 1]})",
                  ha="center", va="bottom")
    axes.set_ylim(top=max(sizes) / 2 + 0.3)
    alt = (f"{_described(sizes)}: each unit is joined to every unit of the next layer. W₁ is ({input_size}, "
           f"{hidden_size}), W₂ is ({hidden_size}, {output_size}).")
    return Picture(figure, alt, {"sizes": np.array(sizes)})


@picture
def network(weights: object, *, x: object = None, forward_pass: Callable | None = None) -> Picture:
    """The network with its weights: a thicker line is a larger weight, colour and dashes tell the sign.

    Inputs:
        weights: the pair (w1 (D, H), w2 (H, K)).
        x, forward_pass: one sample (D,), and (X, w1, w2) → (act_hidden, y_hat); each unit then shows its
            value.
    Arrays: w1, w2 and, with a sample, x (D,), act_hidden (H,), y_hat (K,).
    """
    w1, w2 = weight_pair(weights)
    arrays = {"w1": w1, "w2": w2}
    sizes = (*w1.shape, w2.shape[1])
    values, told = None, ""
    if x is not None:
        sample = numbers(x, "`x`", (sizes[0],))
        act_hidden, y_hat = hidden_and_output(forward_pass, sample[np.newaxis], w1, w2)
        values = (sample, act_hidden[0], y_hat[0])
        arrays |= dict(zip(("x", "act_hidden", "y_hat"), values, strict=True))
        told = f" For x = {_row(sample)} the hidden units are {_row(act_hidden[0])}, ŷ is {_row(y_hat[0])}."

    figure, axes, places = _units(sizes, values)
    largest = max(np.abs(w1).max(), np.abs(w2).max()) or 1.0
    with_numbers = w1.size + w2.size <= _MOST_NUMBERS
    for w, start, end in zip((w1, w2), places, places[1:], strict=False):
        # Numbers stand near the end at which fewer lines meet.
        along = 0.69 if w.shape[0] <= w.shape[1] else 0.36
        for (i, j), value in np.ndenumerate(w):
            _edge(axes, start[i], end[j], value, largest, along if with_numbers else None)
    figure.legend(handles=[Line2D([], [], color=BLUE, linewidth=2.5, label="positive weight"),
                           Line2D([], [], color=ORANGE, linewidth=2.5, linestyle=_DASHES,
                                  label="negative weight")], loc="outside lower center", ncols=2)
    alt = f"{_described(sizes)}, with its weights. w1 = {_rows(w1)}; w2 = {_rows(w2)}.{told}"
    return Picture(figure, alt, arrays)


@picture
def gradient_check(analytic: object, numeric: object, *, names: Sequence[str] | None = None) -> Picture:
    """The student's gradient, the numerical one and their difference, entry by entry, a row for each array.

    The difference is given relative to the largest entries, |a − n| / (max |a| + max |n|), so that the
    rounding error of an entry near zero does not count; entries above `gradcheck.TOLERANCE` are outlined and
    marked ≠.

    Inputs:
        analytic, numeric: a matrix each, or a tuple of as many matrices each.
        names: of the matrices; `("dL_dw1", "dL_dw2")` for two, if left out.
    Arrays: for each name, NAME, NAME_numeric and NAME_error, all of the gradient's shape.
    """
    analytic, numeric = _matrices(analytic, "your gradient"), _matrices(numeric, "the numerical gradient")
    names = names or (("dL_dw1", "dL_dw2") if len(analytic) == 2 else ("gradient",))
    if not len(analytic) == len(numeric) == len(names):
        raise NoPicture(f"No picture: {len(names)} gradients are asked for; there are {len(analytic)} of "
                        f"yours and {len(numeric)} numerical ones.")
    arrays, verdicts = {}, []
    for name, yours, numerical in zip(names, analytic, numeric, strict=True):
        yours = numbers(yours, f"`{name}`", numerical.shape)
        size = np.abs(yours).max() + np.abs(numerical).max()
        error = np.abs(yours - numerical) / (size or 1.0)
        arrays |= {name: yours, f"{name}_numeric": numerical, f"{name}_error": error}
        wrong = int(np.count_nonzero(error > TOLERANCE))
        verdict = f"differs in {wrong} of {error.size} entries" if wrong else "agrees"
        verdicts.append(f"{name} {verdict}: relative error {said(relative_error(yours, numerical))}")

    rows = [len(matrix) for matrix in numeric]
    columns = max(matrix.shape[1] for matrix in numeric)
    figure = new_figure(figsize=(8.4, 0.4 * sum(rows) + 0.65 * len(rows) + 0.5))
    grid = figure.subplots(len(rows), 3, squeeze=False, sharex=True, height_ratios=rows)
    for panels, name in zip(grid, names, strict=True):
        yours, numerical, error = arrays[name], arrays[f"{name}_numeric"], arrays[f"{name}_error"]
        wrong = error > TOLERANCE
        scale = max(np.abs(yours).max(), np.abs(numerical).max()) or 1.0
        yours, numerical = (np.where(np.abs(values) < _ROUNDING * scale, 0, values) for values in (yours, numerical))
        _heat_map(panels[0], yours, wrong, scale, f"your {name}")
        _heat_map(panels[1], numerical, np.zeros_like(wrong), scale, "numerical")
        _heat_map(panels[2], error, wrong, np.inf, "relative error", digits=1)
        panels[0].set_xlim(0, columns)
    figure.suptitle("\n".join(verdicts))
    return Picture(figure, f"Gradient check, entry by entry: {'; '.join(verdicts)}.", arrays)


def _matrices(value: object, what: str) -> list[np.ndarray]:
    if callable(value):
        value = call(value)
    several = value if isinstance(value, tuple | list) else (value,)
    return [numbers(one, what, ("rows", "columns")) for one in several]


def _heat_map(axes: Axes, values: np.ndarray, wrong: np.ndarray, scale: float, title: str, digits: int = 3) -> None:
    rows, columns = values.shape
    digits = max(1, min(digits, 6 - columns))  # as many as there is room for
    axes.pcolormesh(values / scale, cmap=_SIGNED, vmin=-1, vmax=1, edgecolors="#bdbdbd", linewidth=0.8)
    for (i, j), value in np.ndenumerate(values):
        if wrong[i, j]:
            axes.add_patch(Rectangle((j + 0.04, i + 0.07), 0.92, 0.86, fill=False, edgecolor=ORANGE,
                                     linewidth=2.2))
        text = [f"{value:.{digits}g}".replace("-", "−")] * (columns <= _WIDEST) + ["≠"] * bool(wrong[i, j])
        axes.text(j + 0.5, i + 0.5, " ".join(text), ha="center", va="center", fontsize=9.5, in_layout=False)
    axes.set_title(f"{title} ({rows}, {columns})", loc="left")
    axes.set(xticks=[], yticks=[], ylim=(rows, 0))  # ticks take time even where the axis is off
    axes.set_axis_off()


def _units(sizes: Sequence[int], values: Sequence[np.ndarray] | None = None) -> tuple[Figure, Axes, list]:
    """A figure with the units in three columns, and their places."""
    figure = new_figure(figsize=(6.2, 0.95 * max(sizes) + 0.3))  # an inch a unit or nearly, and a line of text
    axes = figure.subplots()
    half = (max(sizes) - 1) / 2 + 0.4
    axes.set(aspect="equal", xticks=[], yticks=[], xlim=(-0.5, 5.7), ylim=(-half, half))
    axes.set_axis_off()
    places = [[(2.6 * column, (size - 1) / 2 - unit) for unit in range(size)]
              for column, size in enumerate(sizes)]
    for column, symbol in enumerate("xaŷ"):
        for unit, place in enumerate(places[column]):
            axes.add_patch(Circle(place, _RADIUS, facecolor="#f1f1f1" if symbol == "a" else "white",
                                  edgecolor=INK, linewidth=1.4, zorder=3))
            text = symbol if symbol == "ŷ" and sizes[2] == 1 else f"{symbol}{index(unit)}"
            if values is not None:
                text += f"\n{said(round(values[column][unit], 2))}"
            axes.text(*place, text, ha="center", va="center", zorder=4,
                      fontsize=11 if values is None else 9.5)
    return figure, axes, places


def _edge(axes: Axes, start: tuple, end: tuple, value: float, largest: float, along: float | None) -> None:
    axes.plot(*zip(start, end, strict=True), color=BLUE if value >= 0 else ORANGE, zorder=1,
              linestyle="-" if value >= 0 else _DASHES, linewidth=0.6 + 3.9 * abs(value) / largest)
    if along is not None:
        place = (start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1]))
        axes.text(*place, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontsize=9, zorder=2,
                  bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"})


def _described(sizes: Sequence[int]) -> str:
    return f"A network of {sizes[0]}-{sizes[1]}-{sizes[2]} units (inputs, hidden, outputs)"


def _rows(w: np.ndarray) -> str:
    return f"[{', '.join(map(_row, w))}]" if w.size <= _MOST_NUMBERS else f"a matrix {w.shape}"


def _row(values: np.ndarray) -> str:
    return f"[{', '.join(map(said, values))}]"

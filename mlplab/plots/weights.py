"""Pictures of weights and of their gradients: the network as a graph, the gradient check entry by entry."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from mlplab.gradcheck import TOLERANCE, relative_error
from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, bare_figure, picture
from mlplab.plots.values import NoPicture, call, hidden_and_output, index, numbers, said, weight_pair

_UNIT = 0.95  # inches from one unit to the next
_RADIUS = 0.26  # of a unit, in these steps
_DASHES = (0, (2.4, 1))
_MOST_NUMBERS = 40  # beyond that many weights of a network their values cannot be read any more
_WIDEST = 4  # nor can those of a heat map with more columns
_ROUNDING = 1e-9  # of the largest entry: what is smaller still is rounding where 0 is meant
_PANELS, _PANEL, _TITLE = (0.08, 2.88, 5.68), 2.64, 0.34  # inches: where heat maps begin, their width, their titles
_SIGNED = LinearSegmentedColormap.from_list("signed", ["#f0a277", "#ffffff", "#7db8dc"])


@picture
def network_diagram(input_size: int = 2, hidden_size: int = 3, output_size: int = 1) -> Picture:
    """The network before it has weights: its units, their names, and the shapes of the matrices between them.

    Arrays: sizes (3,).
    """
    sizes = (input_size, hidden_size, output_size)
    figure, axes, places = _units(sizes, above=0.35)
    edges = [(a, b) for start, end in zip(places, places[1:], strict=False) for a in start for b in end]
    axes.add_collection(LineCollection(edges, colors=GREY, linewidths=1.2, zorder=1), autolim=False)
    for column, name in enumerate(("W₁", "W₂")):
        axes.text(1.3 + 2.6 * column, max(sizes) / 2, f"{name}  ({sizes[column]}, {sizes[column + 1]})",
                  ha="center", va="bottom")
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

    figure, axes, places = _units(sizes, above=-0.1, values=values)
    largest = max(np.abs(w1).max(), np.abs(w2).max()) or 1.0
    with_numbers = w1.size + w2.size <= _MOST_NUMBERS
    for w, start, end in zip((w1, w2), places, places[1:], strict=False):
        strengths = w.ravel()
        edges = np.array([(a, b) for a in start for b in end])
        axes.add_collection(LineCollection(
            edges, zorder=1, linewidths=0.6 + 3.9 * np.abs(strengths) / largest,
            colors=[BLUE if value >= 0 else ORANGE for value in strengths],
            linestyles=["-" if value >= 0 else _DASHES for value in strengths]), autolim=False)
        if with_numbers:
            # Numbers stand near the end at which fewer lines meet.
            along = 0.69 if w.shape[0] <= w.shape[1] else 0.36
            for (x, y), value in zip(edges[:, 0] + along * (edges[:, 1] - edges[:, 0]), strengths, strict=True):
                axes.text(x, y, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontsize=9, zorder=2,
                          bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"})
    height = -max(sizes) / 2 - 0.15  # of the legend, below the lowest unit
    axes.hlines([height] * 2, [0.85, 2.75], [1.2, 3.1], colors=[BLUE, ORANGE], linestyles=["-", _DASHES], linewidth=2.5)
    axes.text(1.3, height, "positive weight", va="center", fontsize=10)
    axes.text(3.2, height, "negative weight", va="center", fontsize=10)
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
    height = 0.4 * sum(rows) + 0.65 * len(rows) + 0.5
    figure, axes = bare_figure(8.4, height, xlim=(0, 8.4), ylim=(height, 0))  # in inches
    figure.suptitle("\n".join(verdicts), y=1 - 0.06 / height)
    top = 0.05 + 0.2 * len(verdicts)
    row_height = (height - top - _TITLE * len(rows) - 0.08) / sum(rows)
    for name in names:
        yours, numerical, error = arrays[name], arrays[f"{name}_numeric"], arrays[f"{name}_error"]
        wrong = error > TOLERANCE
        scale = max(np.abs(yours).max(), np.abs(numerical).max()) or 1.0
        yours, numerical = (np.where(np.abs(values) < _ROUNDING * scale, 0, values) for values in (yours, numerical))
        top += _TITLE
        places = [(left, top, row_height) for left in _PANELS]
        _heat_map(axes, places[0], yours, wrong, scale)
        _heat_map(axes, places[1], numerical, np.zeros_like(wrong), scale)
        _heat_map(axes, places[2], error, wrong, np.inf, digits=1)
        for left, title in zip(_PANELS, (f"your {name}", "numerical", "relative error"), strict=True):
            axes.text(left, top - 0.07, f"{title} {error.shape}")
        top += row_height * len(error)
    return Picture(figure, f"Gradient check, entry by entry: {'; '.join(verdicts)}.", arrays)


def _matrices(value: object, what: str) -> list[np.ndarray]:
    if callable(value):
        value = call(value)
    several = value if isinstance(value, tuple | list) else (value,)
    return [numbers(one, what, ("rows", "columns")) for one in several]


def _heat_map(axes: Axes, place: tuple[float, float, float], values: np.ndarray, wrong: np.ndarray, scale: float,
              digits: int = 3) -> None:
    """A box for each entry; the place is left, top and the height of a row, in inches."""
    left, top, height = place
    columns = values.shape[1]
    width = _PANEL / max(columns, 3)
    digits = max(1, min(digits, 6 - columns))  # as many as there is room for
    corners = np.array([(left + width * j, top + height * i) for i, j in np.ndindex(values.shape)])[:, np.newaxis]
    box = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    axes.add_collection(PolyCollection(corners + box, facecolors=_SIGNED(values.ravel() / scale / 2 + 0.5),
                                       edgecolors="#bdbdbd", linewidth=0.8), autolim=False)
    if wrong.any():
        middles = corners[wrong.ravel()] + box.mean(axis=0)
        axes.add_collection(PolyCollection(middles + 0.89 * (box - box.mean(axis=0)), facecolors="none",
                                           edgecolors=ORANGE, linewidth=2.2), autolim=False)
    for (x, y), value, marked in zip(corners[:, 0] + box.mean(axis=0), values.ravel(), wrong.ravel(), strict=True):
        text = [f"{value:.{digits}g}".replace("-", "−")] * (columns <= _WIDEST) + ["≠"] * bool(marked)
        if text:
            axes.text(x, y, " ".join(text), ha="center", va="center", fontsize=9.5)


def _units(sizes: Sequence[int], above: float, values: Sequence[np.ndarray] | None = None) -> tuple[Figure, Axes, list]:
    """A figure with the units in three columns, and their places; `above` is the free space over them, in units."""
    width, height, top = 6.2, _UNIT * max(sizes) + 0.3, max(sizes) / 2 + above
    figure, axes = bare_figure(width, height, xlim=(2.6 - width / 2 / _UNIT, 2.6 + width / 2 / _UNIT),
                               ylim=(top - height / _UNIT, top))
    places = [[(2.6 * column, (size - 1) / 2 - unit) for unit in range(size)]
              for column, size in enumerate(sizes)]
    for column, colour in zip(places, ("white", "#f1f1f1", "white"), strict=True):
        axes.add_collection(PatchCollection([Circle(place, _RADIUS) for place in column], facecolor=colour,
                                            edgecolor=INK, linewidth=1.4, zorder=3), autolim=False)
    for column, symbol in enumerate("xaŷ"):
        for unit, place in enumerate(places[column]):
            text = symbol if symbol == "ŷ" and sizes[2] == 1 else f"{symbol}{index(unit)}"
            if values is not None:
                text += f"\n{said(round(values[column][unit], 2))}"
            axes.text(*place, text, ha="center", va="center", zorder=4,
                      fontsize=11 if values is None else 9.5)
    return figure, axes, places


def _described(sizes: Sequence[int]) -> str:
    return f"A network of {sizes[0]}-{sizes[1]}-{sizes[2]} units (inputs, hidden, outputs)"


def _rows(w: np.ndarray) -> str:
    return f"[{', '.join(map(_row, w))}]" if w.size <= _MOST_NUMBERS else f"a matrix {w.shape}"


def _row(values: np.ndarray) -> str:
    return f"[{', '.join(map(said, values))}]"

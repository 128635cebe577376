"""Curves: an activation function with its slope, the loss during training, the spread of activations by depth."""

import re
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, MaxNLocator, NullLocator

from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, leave_room, new_figure, picture
from mlplab.plots.values import NoPicture, call, numbers, said

_STEP = 1e-5
_VISIBLE = 1e-4  # a larger difference between two slopes is a wrong formula, not rounding
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RUNS = ((BLUE, "-"), (ORANGE, "--"), (INK, ":"), (GREY, "-."))


@picture
def activation_and_slope(
    activation: Callable,
    slope_of_activation: Callable | None = None,
    *,
    name: str | None = None,
    limits: tuple[float, float] = (-6, 6),
    xlabel: str = "x",
    tangent_at: float | None = None,
) -> Picture:
    """An activation function above its slope, with the numerical slope dashed on top of it.

    Inputs:
        activation: x (M,) → (M,).
        slope_of_activation: x (M,) → (M,), its slope as a function of x, such as
            `lambda x: sigmoid_prime(sigmoid(x))`; without it the numerical slope stands alone.
        name: what to call it; the function's own name if left out.
        limits: the range of x; xlabel: what to call it.
        tangent_at: where to draw the tangent, with the student's slope if there is one, else the numerical one.
    Arrays: x, activation, numerical_slope and, where given, slope and tangent.
    """
    name = name or getattr(activation, "__name__", "f")
    # An even number of points: a kink at 0 lies between two of them.
    x = np.linspace(*limits, 240)

    def value(at: np.ndarray) -> np.ndarray:
        return numbers(call(activation, at), f"`{name}`", x.shape)

    arrays = {"x": x, "activation": value(x.copy()),
              "numerical_slope": (value(x + _STEP) - value(x - _STEP)) / (2 * _STEP)}
    if slope_of_activation is not None:
        arrays["slope"] = numbers(call(slope_of_activation, x.copy()), f"the slope of `{name}`", x.shape)

    figure = new_figure(figsize=(6.2, 4.4), layout="none")
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(x, arrays["activation"], color=BLUE)
    above.set_title(f"{name}(x)" if xlabel == "x" else name, loc="left", y=1)
    if "slope" in arrays:
        below.plot(x, arrays["slope"], color=ORANGE, linewidth=3.5, alpha=0.75, label="your slope")
    below.plot(x, arrays["numerical_slope"], color=INK, linestyle=(0, (4, 3)), linewidth=1.5,
               label="numerical slope")
    comparison = _mark_difference(below, arrays) if "slope" in arrays else ""
    if tangent_at is not None:
        steepness = np.interp(tangent_at, x, arrays.get("slope", arrays["numerical_slope"]))
        height = np.interp(tangent_at, x, arrays["activation"])
        arrays["tangent"] = height + steepness * (x - tangent_at)
        # The tangent may leave the picture: the curve alone sets its height.
        above.set_ylim(above.get_ylim())
        above.plot(x, arrays["tangent"], color=ORANGE, linestyle="--", linewidth=1.5, label="tangent")
        above.plot(tangent_at, height, "o", color=ORANGE)
        above.legend(loc="lower right", bbox_to_anchor=(1, 0.98), borderpad=0)
        comparison += f" The tangent at {said(tangent_at)} has slope {said(steepness)}."
    below.set_title("slope", loc="left", y=1)
    below.set_xlabel(xlabel)
    below.set_xlim(*limits)
    for axes in (above, below):
        axes.grid(True)
        axes.margins(y=0.08)
    below.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=3, borderpad=0)
    leave_room(figure, left=0.2, top=0.28)
    lowest, highest = arrays["activation"].min(), arrays["activation"].max()
    alt = (f"{name}(x) for x from {said(limits[0])} to {said(limits[1])}: values from {said(lowest)} to "
           f"{said(highest)}. Below it the numerical slope, at most "
           f"{said(np.abs(arrays['numerical_slope']).max())} in size.{comparison}")
    return Picture(figure, alt, arrays)


def _mark_difference(axes: Axes, arrays: dict[str, np.ndarray]) -> str:
    """Hatches where the student's slope leaves the numerical one; returns a sentence about it."""
    x, slope, numerical = arrays["x"], arrays["slope"], arrays["numerical_slope"]
    difference = np.abs(slope - numerical)
    largest = int(np.argmax(difference))
    if difference[largest] <= _VISIBLE:
        return f" Your slope lies on it: the largest difference is {said(difference[largest])}."
    axes.fill_between(x, slope, numerical, where=difference > _VISIBLE, facecolor="none", edgecolor=GREY,
                      hatch="////", linewidth=0, label="difference")
    return (f" Your slope leaves it: the largest difference is {said(difference[largest])}, at x = "
            f"{said(x[largest])}.")


@picture
def training_curve(
    errors: object,
    *,
    plateau: float | None = None,
    log: bool = False,
    title: str | None = None,
) -> Picture:
    """The loss against the epoch, of one run or of several.

    Inputs:
        errors: (n_epochs,), or a mapping from label to such an array for several runs.
        plateau: a loss to compare with, drawn as a horizontal line; on XOR 0.125 is the loss of answering ½
            whatever the input.
        log: whether the axis of the loss is logarithmic.
    Arrays: the errors, by label ("loss" for a single run).
    """
    if callable(errors):
        errors = call(errors)
    runs = errors if isinstance(errors, Mapping) else {"loss": errors}
    named = "the list of errors" if len(runs) == 1 else "the errors of “{}”"
    arrays = {label: numbers(run, named.format(label), ("n_epochs",)) for label, run in runs.items()}
    figure, axes = _runs(arrays, first=0)
    if plateau is not None:
        axes.axhline(plateau, color=GREY, linewidth=1.2, linestyle=(0, (6, 4)), zorder=1,
                     label=f"plateau, {said(plateau)}")
    if log:
        _logarithmic(axes)
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss, logarithmic" if log else "loss")
    if title:
        axes.set_title(title, loc="left", y=1)
    lines = 0
    if len(arrays) > 1 or plateau is not None:
        lines = _legend(figure, ncols=2 if len(arrays) > 2 else 3)
    leave_room(figure, left=0.43, top=0.1 + 0.2 * bool(title) + 0.2 * lines)
    told = [f"{label}: from {said(run[0])} to {said(run[-1])} in {run.size} epochs"
            for label, run in arrays.items()]
    alt = f"Training curve, loss against epoch. {'; '.join(told)}."
    if plateau is not None:
        alt += f" A dashed line marks the plateau at {said(plateau)}."
    return Picture(figure, alt, arrays)


@picture
def spread_by_depth(spreads: Mapping[str, object]) -> Picture:
    """How far the activations are spread behind each hidden layer, on a logarithmic axis.

    Inputs:
        spreads: from label, such as the rule by which the weights were drawn, to (L,): a standard deviation a layer.
    Arrays: the spreads, by label.
    """
    arrays = {label: numbers(spread, f"the spread of “{label}”", ("L",)) for label, spread in spreads.items()}
    figure, axes = _runs(arrays, first=1, marker="o")
    axes.set(xlabel="hidden layer", ylabel="spread of its activations")
    axes.margins(x=0.03)
    _logarithmic(axes)
    leave_room(figure, left=0.43, top=0.1 + 0.2 * _legend(figure, ncols=2))
    told = [f"{label}: from {spread[0]:.1e} behind layer 1 to {spread[-1]:.1e} behind layer {spread.size}"
            for label, spread in arrays.items()]
    return Picture(figure, f"Spread of the activations against depth. {'; '.join(told)}.", arrays)


def _runs(arrays: Mapping[str, np.ndarray], first: int, marker: str | None = None) -> tuple[Figure, Axes]:
    """A figure with a line for each array, over whole numbers that begin with `first`. Raises NoPicture."""
    if len(arrays) > len(_RUNS):
        raise NoPicture(f"No picture: {len(arrays)} runs cannot be told apart; at most {len(_RUNS)}, please.")
    figure = new_figure(figsize=(6.2, 3.6), layout="none")
    axes = figure.subplots()
    for (label, run), (colour, line) in zip(arrays.items(), _RUNS, strict=False):
        axes.plot(np.arange(first, first + run.size), run, color=colour, linestyle=line, label=label,
                  marker="o" if run.size == 1 else marker)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    axes.grid(True)
    axes.margins(x=0.01)
    return figure, axes


def _legend(figure: Figure, ncols: int) -> int:
    """The legend, above; returns how many lines of text it takes, the gap below it counted as one."""
    legend = figure.legend(loc="outside upper center", ncols=ncols)
    return 1 - -len(legend.get_texts()) // ncols


class _Powers(LogFormatterSciNotation):
    """Powers of ten with superscripts of the font's own: laying out mathtext takes far longer."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        label = super().__call__(x, pos).removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", "×")
        return re.sub(r"\^\{(.*)\}", lambda found: found[1].translate(_RAISED), label)


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(_Powers())
    low, high = axes.get_ylim()
    minor = axes.yaxis.get_minorticklocs()
    if high < 100 * low:  # some of the minor ticks are named
        axes.yaxis.set_minor_formatter(_Powers())
        return
    # As one collection of lines they are far cheaper than as ticks.
    axes.yaxis.set_minor_locator(NullLocator())
    ticks = [[(-0.005, at), (0, at)] for at in minor if low <= at <= high]
    axes.add_collection(LineCollection(ticks, colors=GREY, linewidths=0.6, transform=axes.get_yaxis_transform(),
                                       clip_on=False), autolim=False)

"""What a trained network answers, held against what is right: classes counted, numbers point by point."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, new_figure, picture
from mlplab.plots.values import NoPicture, numbers, said

_FROM_WHITE = {colour: LinearSegmentedColormap.from_list(colour, ["white", colour]) for colour in (BLUE, ORANGE)}
_MOST_MISTAKES = 3  # told in the text


@picture
def confusion_heat_map(confusion: object, classes: Sequence[str] | None = None, *, title: str | None = None) -> Picture:
    """A confusion matrix: how often each class, a row, was taken for each, a column. Zeros are left out.

    The right answers stand on the diagonal, in blue, the mistakes beside it, in orange; the shade tells the share of
    the row, and is darker for mistakes, which are fewer.

    Inputs:
        confusion: (C, C), counts.
        classes: the C names; numbers from 0 if left out.
    Arrays: confusion.
    """
    confusion = numbers(confusion, "the confusion matrix", ("C", "C"))
    n = len(confusion)
    confusion = numbers(confusion, "the confusion matrix", (n, n))
    classes = list(map(str, range(n) if classes is None else classes))
    if len(classes) != n:
        raise NoPicture(f"No picture: there are {len(classes)} names for {n} classes.")
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(n, dtype=bool)

    figure = new_figure(figsize=(1.6 + 0.56 * n, 1.3 + 0.4 * n))
    axes = figure.subplots()
    for shown, colour, darkest in ((diagonal, BLUE, 2.0), (~diagonal, ORANGE, 0.5)):  # dark ink stays legible on both
        axes.pcolormesh(np.ma.masked_where(~shown, share), cmap=_FROM_WHITE[colour], vmin=0, vmax=darkest,
                        edgecolors="#d9d9d9", linewidth=0.6)
    for (i, j), count in np.ndenumerate(confusion):
        if count:
            axes.text(j + 0.5, i + 0.5, f"{count:.0f}", ha="center", va="center", fontsize=9.5, in_layout=False)
    axes.set(ylim=(n, 0), xlabel="predicted", ylabel="true", title=title or "")
    axes.set_xticks(np.arange(n) + 0.5, classes, rotation=45 if max(map(len, classes)) > 2 else 0,
                    ha="right" if max(map(len, classes)) > 2 else "center", rotation_mode="anchor")
    axes.set_yticks(np.arange(n) + 0.5, classes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)

    mistakes = np.where(diagonal, 0, confusion)
    most = np.argsort(-mistakes, axis=None, kind="stable")[:_MOST_MISTAKES]
    told = ", ".join(f"{classes[i]} for {classes[j]} {_times(mistakes[i, j])}"
                     for i, j in zip(*np.unravel_index(most, mistakes.shape), strict=True) if mistakes[i, j])
    alt = (f"{title or 'Confusion matrix'}, rows true, columns predicted: {np.trace(confusion):.0f} of "
           f"{confusion.sum():.0f} on the diagonal. Most often mistaken: {told or 'nothing'}.")
    return Picture(figure, alt, {"confusion": confusion})


def _times(count: float) -> str:
    return "once" if count == 1 else f"{count:.0f} times"


@picture
def predicted_against_actual(predicted: object, actual: object, names: Sequence[str], *, title: str | None = None,
                             unit: str = "") -> Picture:
    """Predictions against the right values, a panel for each of K outputs; on the dashed line they agree.

    Inputs:
        predicted, actual: (N, K); names: of the K outputs; unit: of all of them.
    Arrays: predicted, actual, both as given.
    """
    predicted = numbers(predicted, "the matrix of predictions", ("N", len(names)))
    actual = numbers(actual, "the matrix of right values", predicted.shape)
    unit = f", {unit}" if unit else ""
    figure = new_figure(figsize=(3.3 * len(names) + 0.2, 3.6 if title else 3.3))
    limits = np.array([min(actual.min(), predicted.min()), max(actual.max(), predicted.max())])
    for axes, name, ours, right in zip(figure.subplots(1, len(names), squeeze=False)[0], names, predicted.T, actual.T,
                                       strict=True):
        axes.plot(right, ours, ".", color=BLUE, markersize=3.5, alpha=0.5, markeredgewidth=0)
        axes.plot(limits, limits, color=INK, linewidth=1.3, linestyle=(0, (4, 3)))
        axes.axhline(right.mean(), color=GREY, linewidth=0.8)
        axes.set(xlabel=f"actual {name}{unit}", ylabel=f"predicted {name}{unit}", aspect="equal")
    if title:
        figure.suptitle(title)
    told = "; ".join(f"{name}: correlation {said(np.corrcoef(ours, right)[0, 1])}"
                     for name, ours, right in zip(names, predicted.T, actual.T, strict=True))
    return Picture(figure, f"{title or 'Predicted against actual'}, {len(actual)} points. {told}.",
                   {"predicted": predicted, "actual": actual})

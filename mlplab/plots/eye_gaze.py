"""Pictures of eyes, of where they look, and of whose gaze is estimated how well."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, Circle, Rectangle
from matplotlib.patheffects import withStroke

from mlplab.eyes import contact_sheet
from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, Picture, new_figure, picture
from mlplab.plots.values import NoPicture, numbers, said

_GAP = 3  # pixels between patches
_REACH = 45  # pixels that an arrow of length 1 would have, seen from the side
_ARROWS = (("actual", BLUE, "-", "o"), ("predicted", ORANGE, (0, (2.5, 1.2)), "s"))
_DOTS = ((BLUE, "o"), (ORANGE, "s"), (INK, "^"))


@picture
def eye_patches(
    images: object,
    actual: object = None,
    predicted: object = None,
    *,
    columns: int = 8,
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    title: str | None = None,
) -> Picture:
    """Patches of eyes in rows, with arrows that show where they look.

    Inputs:
        images: (N, H, W) in [0, 1].
        actual, predicted: directions (N, 3), x to the right, y down, z away from the camera; drawn in blue, and in
            orange and dashed.
        columns: how many patches a row holds.
        row_names, column_names: what to write beside the rows and above the columns.
    Arrays: images and, where given, actual and predicted.
    """
    arrays = {"images": numbers(images, "the images", ("N", "H", "W"))}
    n, height, width = arrays["images"].shape
    rows = -(-n // columns)
    for name, vectors in (("actual", actual), ("predicted", predicted)):
        if vectors is not None:
            arrays[name] = numbers(vectors, f"the array of {name} directions", (n, 3))

    sheet = contact_sheet(np.clip(arrays["images"], 0, 1), columns, gap=_GAP)
    scale = 7.6 / sheet.shape[1]
    figure = new_figure(figsize=(7.6 + 0.9 * bool(row_names), sheet.shape[0] * scale + 0.3 * bool(column_names)
                                 + 0.3 * bool(title) + 0.3 * (len(arrays) > 1)), layout="compressed")
    axes = figure.subplots()
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    middle = [_GAP + (width - 1) / 2, _GAP + (height - 1) / 2]
    step = np.array([width + _GAP, height + _GAP])
    places = middle + step * np.stack([np.arange(n) % columns, np.arange(n) // columns], axis=1)
    for name, colour, line, marker in _ARROWS:
        if name in arrays:
            _draw_arrows(axes, places, _REACH * arrays[name][:, :2], colour, line, marker)
    axes.set_xticks(middle[0] + step[0] * np.arange(len(column_names)), column_names)
    axes.set_yticks(middle[1] + step[1] * np.arange(len(row_names)), row_names)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    if title:
        axes.set_title(title, loc="left")
    if len(arrays) > 1:
        figure.legend(handles=[Line2D([], [], color=colour, linestyle=line, marker=marker, markersize=4, label=name)
                               for name, colour, line, marker in _ARROWS if name in arrays],
                      loc="outside lower center", ncols=2)
    alt = f"{title or 'Eyes'}: {n} patches of {height} by {width} pixels, {rows} rows of up to {columns}."
    if row_names:
        alt += f" Rows: {', '.join(row_names)}."
    if column_names:
        alt += f" Columns: {', '.join(column_names)}."
    for name in list(arrays)[1:]:
        x, y, _ = arrays[name].T
        alt += (f" An arrow from the middle of each shows the {name} direction: {np.sum(x < 0)} point to the left, "
                f"{np.sum(x > 0)} to the right, {np.sum(y < 0)} up, {np.sum(y > 0)} down.")
    return Picture(figure, alt, arrays)


def _draw_arrows(axes: Axes, places: np.ndarray, ways: np.ndarray, colour: str, line: object, marker: str) -> None:
    """A line from each place, with a head; white around it, so that it is seen on dark eyes and on light ones."""
    halo = [withStroke(linewidth=3.4, foreground="white")]
    for (x, y), (dx, dy) in zip(places, ways, strict=True):
        axes.plot([x, x + dx], [y, y + dy], color=colour, linestyle=line, linewidth=1.7, path_effects=halo)
        axes.plot(x + dx, y + dy, marker, color=colour, markersize=4.2, markeredgecolor="white", markeredgewidth=0.7)


@picture
def pitch_and_yaw(*, pitch: float = 25, yaw: float = 35) -> Picture:
    """What the two angles mean: an eye seen from the side, with the pitch, and from above, with the yaw.

    Inputs: pitch, yaw: in degrees.
    Arrays: pitch and yaw, the arrow's direction (2,) in either panel, to the right and upwards on paper.
    """
    up, left = np.radians([pitch, yaw])
    arrays = {"pitch": np.array([-np.cos(up), np.sin(up)]), "yaw": np.array([-np.sin(left), -np.cos(left)])}
    figure = new_figure(figsize=(7.4, 3.5))
    side, above = figure.subplots(1, 2)
    side.set_title("from the side: pitch", loc="left")
    _eye_and_camera(side, np.array([-1.0, 0.0]), arrays["pitch"], f"pitch\n{said(pitch)}°")
    _axis_arrows(side, np.array([0.5, -0.75]), {"z": (1, 0), "y": (0, -1)})
    above.set_title("from above: yaw", loc="left")
    _eye_and_camera(above, np.array([0.0, -1.0]), arrays["yaw"], f"yaw\n{said(yaw)}°")
    _axis_arrows(above, np.array([0.55, -0.85]), {"x": (1, 0), "z": (0, 1)})
    for axes, limits in ((side, ((-1.65, 1.1), (-1.25, 0.95))), (above, ((-1.45, 1.3), (-1.75, 0.45)))):
        axes.set(xlim=limits[0], ylim=limits[1], aspect="equal")
        axes.set_axis_off()
    alt = (f"An eye and a camera. Seen from the side, the eye looks {said(abs(pitch))}° "
           f"{'above' if pitch >= 0 else 'below'} the line to the camera: the pitch. y points down and z away from the "
           f"camera. Seen from above, it looks {said(abs(yaw))}° to the {'left' if yaw >= 0 else 'right'} of that "
           "line, as the camera sees it: the yaw. x points to the right.")
    return Picture(figure, alt, arrays)


def _eye_and_camera(axes: Axes, to_camera: np.ndarray, gaze: np.ndarray, name: str) -> None:
    """An eye at (0, 0), a camera at some distance, and the angle between the ways to it and to what is looked at."""
    axes.add_patch(Circle((0, 0), 0.24, facecolor="white", edgecolor=INK, linewidth=1.6))
    axes.add_patch(Circle(0.2 * gaze, 0.085, color=INK))
    axes.plot(*np.stack([0.3 * to_camera, 1.25 * to_camera]).T, color=GREY, linestyle=(0, (4, 3)), linewidth=1.4)
    corner = 1.42 * to_camera - 0.13
    axes.add_patch(Rectangle(corner, 0.26, 0.26, facecolor="#dddddd", edgecolor=INK, linewidth=1.4))
    axes.add_patch(Circle(1.42 * to_camera, 0.07, facecolor="white", edgecolor=INK, linewidth=1.4))
    axes.text(*(1.42 * to_camera + [0.2, -0.2] if to_camera[0] == 0 else 1.42 * to_camera - [0.2, 0.3]), "camera")
    axes.annotate("", 1.25 * gaze, 0.3 * gaze, arrowprops={"arrowstyle": "-|>", "color": BLUE, "linewidth": 2.2,
                                                           "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0})
    degrees = np.degrees(np.arctan2([to_camera[1], gaze[1]], [to_camera[0], gaze[0]])) % 360
    axes.add_patch(Arc((0, 0), 1.5, 1.5, theta1=degrees.min(), theta2=degrees.max(), color=ORANGE, linewidth=2))
    halfway = (to_camera + gaze) / np.linalg.norm(to_camera + gaze)
    axes.text(*(0.95 * halfway + 0.1 * gaze), name, color=ORANGE, ha="center", va="center",
              path_effects=[withStroke(linewidth=3, foreground="white")])


def _axis_arrows(axes: Axes, origin: np.ndarray, ways: Mapping[str, tuple[int, int]]) -> None:
    for name, way in ways.items():
        tip = origin + 0.4 * np.array(way)
        axes.annotate("", tip, origin, arrowprops={"arrowstyle": "->", "color": GREY, "linewidth": 1.4, "shrinkA": 0})
        axes.text(*(origin + 0.5 * np.array(way)), name, color=INK, ha="center", va="center", style="italic")


@picture
def error_by_person(
    errors: Mapping[str, object],
    person: object,
    *,
    baseline: float | None = None,
    baseline_name: str = "baseline",
    title: str | None = None,
) -> Picture:
    """The mean angular error of each person, by one network or by several.

    Inputs:
        errors: by label, angular errors (N,) in degrees, of the same N samples.
        person: (N,), whose each sample is.
        baseline, baseline_name: an error to compare with, drawn as a line.
    Arrays: person, those there are, by their error in the last network, and by label the mean errors (P,).
    """
    person = numbers(person, "`person`", ("N",))
    if len(errors) > len(_DOTS):
        raise NoPicture(f"No picture: {len(errors)} networks cannot be told apart; at most {len(_DOTS)}, please.")
    people, number = np.unique(person, return_inverse=True)
    means = {label: np.bincount(number, numbers(values, f"the errors of “{label}”", person.shape)) / np.bincount(number)
             for label, values in errors.items()}
    order = np.argsort(list(means.values())[-1])
    arrays = {"person": people[order]} | {label: mean[order] for label, mean in means.items()}

    figure = new_figure(figsize=(6.2, 0.32 * len(people) + 1.5))
    axes = figure.subplots()
    heights = np.arange(len(people))
    stacked = np.stack([arrays[label] for label in means])
    axes.hlines(heights, stacked.min(axis=0), stacked.max(axis=0), color="#bdbdbd", linewidth=2, zorder=1)
    for label, (colour, marker) in zip(means, _DOTS, strict=False):
        axes.plot(arrays[label], heights, marker, color=colour, markersize=8, label=label)
    if baseline is not None:
        axes.axvline(baseline, color=GREY, linewidth=1.4, linestyle=(0, (6, 4)),
                     label=f"{baseline_name}, {baseline:.1f}°")
    axes.set_yticks(heights, [f"person {who:g}" for who in arrays["person"]])
    axes.set_xlim(left=0)
    axes.set_xlabel("mean angular error, degrees")
    axes.grid(True, axis="x")
    if title:
        axes.set_title(title, loc="left")
    figure.legend(loc="outside upper center", ncols=3)
    told = [f"{label}: from {mean.min():.1f}° to {mean.max():.1f}°, on average {mean.mean():.1f}°"
            for label, mean in means.items()]
    alt = f"{title or 'Mean angular error'} of {len(people)} persons. {'; '.join(told)}."
    if baseline is not None:
        alt += f" A dashed line marks the {baseline_name} at {baseline:.1f}°."
    return Picture(figure, alt, arrays)

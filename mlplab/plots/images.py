"""Rows of a data matrix as images: what a network is shown, and the weights of its first layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from mlplab.plots.picture import BLUE, GREY, ORANGE, Picture, bare_figure, picture
from mlplab.plots.values import NoPicture, numbers

_SIGNED = LinearSegmentedColormap.from_list("signed, strong", [ORANGE, "white", BLUE])
_WIDTH = 7.4  # inches, which fit beside the prompt of a notebook's cell
_LINE = 0.17  # inches a line of a caption takes


@picture
def image_grid(
    images: object,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    shape: tuple[int, int] = (28, 28),
    columns: int = 10,
    colours: str = "ink",
) -> Picture:
    """Images in rows, each with its caption above it.

    Inputs:
        images: (N, rows · columns), one image a row.
        captions: N of them, of one line or several; or none.
        title: what the images are, for the picture's text; it is not drawn.
        shape: of an image, rows and columns of pixels.
        columns: how many images stand side by side.
        colours: "ink", where 0 is white paper and 1 is black ink; "light", where 0 is black and 1 is white;
            "signed", where orange is below 0 and blue above, on a scale of each image's own.
    Arrays: images (N, rows, columns).
    """
    images = numbers(images, "the matrix of images", ("N", shape[0] * shape[1])).reshape(-1, *shape)
    if captions is not None and len(captions) != len(images):
        raise NoPicture(f"No picture: there are {len(captions)} captions for {len(images)} images.")
    lines = [] if captions is None else [str(caption).splitlines() for caption in captions]
    columns = min(columns, len(images))
    tile = min(_WIDTH / columns, 1.6)  # inches from one image to the next
    height, above = shape[0] / shape[1], max(map(len, lines), default=0) * _LINE / tile + 0.1
    rows = -(-len(images) // columns)

    bottom = rows * (0.92 * height + above)
    figure, axes = bare_figure(tile * columns, tile * bottom, xlim=(0, columns), ylim=(bottom, 0))
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        left, top = column + 0.04, row * (0.92 * height + above) + above - 0.05
        largest = (np.abs(image).max() or 1) if colours == "signed" else 1
        axes.imshow(image, extent=(left, left + 0.92, top + 0.92 * height, top), interpolation="nearest", aspect="auto",
                    vmin=-largest if colours == "signed" else 0, vmax=largest,
                    cmap={"ink": "gray_r", "light": "gray", "signed": _SIGNED}[colours])
        axes.add_patch(Rectangle((left, top), 0.92, 0.92 * height, fill=False, edgecolor=GREY, linewidth=0.5))
        if lines:
            axes.text(left + 0.46, top - 0.03, "\n".join(lines[number]), ha="center", va="bottom", fontsize=9)
    told = f": {'; '.join(' '.join(one) for one in lines)}" if lines else ""
    return Picture(figure, f"{title}. {len(images)} images of {shape[0]} by {shape[1]} pixels{told}.",
                   {"images": images})

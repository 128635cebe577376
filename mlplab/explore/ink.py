"""Strokes of a pen, and the image that MNIST would have made of them."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Stroke = Sequence[tuple[int, int]]

_SIDE, _BOX = 28, 20  # pixels: of an image, and of the box that the digit fills


def inked(strokes: Sequence[Stroke], size: int, width: int) -> np.ndarray:
    """Strokes on paper of `size` by `size` pixels, drawn with a round pen: (size, size), 0 is paper and 1 is ink."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line(stroke, fill=255, width=width, joint="curve")
        for x, y in stroke[:1] + stroke[-1:]:
            draw.circle((x, y), width / 2, fill=255)
    return np.asarray(image, dtype=np.float32) / 255


def as_in_mnist(ink: np.ndarray) -> np.ndarray:
    """An image made as MNIST's were, from ink (H, W) in [0, 1]: (28, 28), float32.

    The ink is cut out and scaled, keeping its proportions, so that it just fits into 20 by 20 pixels; then it is put
    where its centre of mass lies in the middle of the image, to the nearest whole pixel (LeCun, Cortes and Burges). In
    MNIST itself the middle is the pixel with index 14. Without any ink the image is empty.
    """
    image = np.zeros((_SIDE, _SIDE), dtype=np.float32)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return image
    cut = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    height, width = (max(1, round(length * _BOX / max(cut.shape))) for length in cut.shape)
    small = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BOX))
    down, across = (np.average(np.arange(length), weights=small.sum(axis=1 - axis))
                    for axis, length in enumerate(small.shape))
    top = min(max(round(_SIDE / 2 - down), 0), _SIDE - height)
    left = min(max(round(_SIDE / 2 - across), 0), _SIDE - width)
    image[top:top + height, left:left + width] = small
    return image

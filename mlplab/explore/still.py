"""The still picture that goes out with every explorable, for pages without kernel, front end or trust."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path as File

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mlplab.explore.scene import Circle, Mark, Path, Pixels, Scene, Text
from mlplab.plots.picture import BLUE, GREY, INK, ORANGE, image_bundle

_PALETTE = {"ink": INK, "grey": GREY, "grid": "#e3e3e3", "paper": "#ffffff", "soft": "#f1f1f1", "blue": BLUE,
            "orange": ORANGE}
_WIDEST, _MARGIN = 760, 10
_DRAWN = 3  # dots for a pixel of the page: painted large, then halved, which smooths the lines
_CAPTION = "A still picture. Where a kernel is running, run this cell again and it moves."


@dataclass
class Still:
    """Panels side by side on a white card, and the text that says what they show."""

    panels: Sequence[Scene]
    alt: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        png, (width, height) = self.png()
        data, metadata = image_bundle(png, self.alt, width, height)
        # The live widget's style sheet hides this class: one picture is enough.
        data["text/html"] = (f'<div class="mlplab-still">{data["text/html"]}'
                             f'<div style="color:var(--jp-content-font-color2,#555)">{_CAPTION}</div></div>')
        return data, metadata

    def png(self) -> tuple[bytes, tuple[int, int]]:
        """The card as a PNG file, and its width and height in pixels of the page."""
        places, width, height = _laid_out(self.panels)
        image = Image.new("RGB", (width * _DRAWN, height * _DRAWN), "white")
        for panel, (left, top) in zip(self.panels, places, strict=True):
            for mark in panel.marks:
                _paint(image, mark, left, top)
        file = io.BytesIO()
        image.reduce(2).save(file, "PNG")
        return file.getvalue(), (width, height)


def _laid_out(panels: Sequence[Scene]) -> tuple[list[tuple[float, float]], int, int]:
    """The place of each panel, row after row, and the size of the whole."""
    places, left, top, row, widest = [], _MARGIN, _MARGIN, 0.0, 0.0
    for panel in panels:
        if left > _MARGIN and left + panel.width + _MARGIN > _WIDEST:
            left, top, row = _MARGIN, top + row + _MARGIN, 0.0
        places.append((left, top))
        left, row = left + panel.width + _MARGIN, max(row, panel.height)
        widest = max(widest, left)
    return places, round(widest), round(top + row + _MARGIN)


def _paint(image: Image.Image, mark: Mark, left: float, top: float) -> None:
    draw = ImageDraw.Draw(image, "RGBA")
    match mark:
        case Path(points, colour, width, dash, fill, opacity):
            dots = [((left + x) * _DRAWN, (top + y) * _DRAWN) for x, y in points]
            if fill:
                draw.polygon(dots, fill=(*_rgb(fill), round(255 * opacity)))
            if colour:
                for piece in _dashed(dots, [length * _DRAWN for length in dash]):
                    draw.line(piece, fill=_rgb(colour), width=max(1, round(width * _DRAWN)), joint="curve")
        case Circle(x, y, radius, fill, colour, width):
            draw.circle(((left + x) * _DRAWN, (top + y) * _DRAWN), (radius + width / 2 * bool(colour)) * _DRAWN,
                        fill=_rgb(fill) if fill else None, outline=_rgb(colour) if colour else None,
                        width=round(width * _DRAWN) if colour else 0)
        case Text(x, y, text, colour, size, anchor, bold):
            draw.text(((left + x) * _DRAWN, (top + y + 0.35 * size) * _DRAWN), text, fill=_rgb(colour),
                      font=_font(bold, round(0.92 * size * _DRAWN)),
                      anchor={"start": "ls", "middle": "ms", "end": "rs"}[anchor])
        case Pixels(x, y, width, height, rgb, smooth):
            size = (round(width * _DRAWN), round(height * _DRAWN))
            method = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
            image.paste(Image.fromarray(rgb).resize(size, method), (round((left + x) * _DRAWN),
                                                                     round((top + y) * _DRAWN)))


def _dashed(dots: list[tuple[float, float]], dash: Sequence[float]) -> list[list[tuple[float, float]]]:
    """The pieces of a line that are drawn: all of it, or what the dashes leave."""
    if not dash:
        return [dots]
    lengths = [float(np.hypot(x1 - x0, y1 - y0)) for (x0, y0), (x1, y1) in pairwise(dots)]
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    xs, ys = np.array(dots, dtype=float).T
    pattern = np.resize(np.asarray(dash, dtype=float), 2 * len(dash) if len(dash) % 2 else len(dash))
    pieces, start, k = [], 0.0, 0
    while start < along[-1]:
        end = min(start + pattern[k % len(pattern)], along[-1])
        if k % 2 == 0:
            at = np.concatenate([[start], along[(along > start) & (along < end)], [end]])
            pieces.append(list(zip(np.interp(at, along, xs), np.interp(at, along, ys), strict=True)))
        start, k = end, k + 1
    return pieces


def _rgb(colour: str) -> tuple[int, int, int]:
    code = _PALETTE.get(colour, colour)
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


@cache
def _font(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib: it has the Greek, the hats and the subscripts."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(File(matplotlib.get_data_path(), "fonts", "ttf", name)), size)

"""What all pictures share: one style, and one way to show them, or a line where there is nothing to draw.

A picture function builds a `Picture`; the decorator `picture` turns it into what a notebook calls. The bundle
that goes out holds the image twice. JupyterLab and nbconvert's own template drop the alternative text of an
`image/png`, so `text/html` carries an `<img alt=…>`, which both prefer; `image/png`, with the text in its
metadata, serves the others.
"""

import base64
import functools
import html
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from mlplab.plots.values import NoPicture

# Blue and vermilion of the Okabe-Ito palette: told apart by every common kind of colour vision, and both dark
# enough for a line on white. The figure stays a white card on a dark page: one image suits both themes.
BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#1f1f1f", "#6e6e6e"

# A shading from class 0 to class 1, pale enough for points and lines on top of it.
SHADES = ("#7db8dc", "#f7f7f7", "#f0a277")

_PIXELS_PER_INCH = 96  # of the page: with it 10.5 points are the 14 pixels of the notebook's own text
_STYLE = {
    "figure.dpi": 144,  # sharp on a high-density screen, and still a small file
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "text.hinting": "none",  # the page scales the picture: fitting glyphs to its dots is lost work
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "figure.titlesize": 11.5,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": "#e3e3e3",
    "lines.linewidth": 2,
    "hatch.linewidth": 0.8,
}


class _Shown:
    """An output with a plain text, which is also what a console prints."""

    def __repr__(self) -> str:
        return self._repr_mimebundle_()[0]["text/plain"]


@dataclass(repr=False)
class Picture(_Shown):
    """A drawn figure.

    Attributes:
        figure: a matplotlib figure that pyplot knows nothing of.
        alt: says in words what the figure shows.
        arrays: the arrays that it was drawn from, by name.
    """

    figure: Figure
    alt: str
    arrays: dict[str, np.ndarray]

    @functools.cached_property
    def png(self) -> bytes:
        """The figure as a PNG file; a palette of 256 colours looks the same at a third of the size."""
        canvas = FigureCanvasAgg(self.figure)
        with _house_style():
            canvas.draw()  # `savefig` would go through all of it twice: once for the layout, once to draw
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        red, green, blue = (band.tobytes() for band in image.split())
        if red == green == blue:  # grey all over: a photograph keeps every shade
            image = image.getchannel(0)
        else:
            image = image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
            # It rounds the mean of like colours down; white is to stay white.
            image.putpalette(bytes(value + (value == 254) for value in image.getpalette()))
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        width, height = (round(inches * _PIXELS_PER_INCH) for inches in self.figure.get_size_inches())
        return image_bundle(self.png, self.alt, width, height)


def image_bundle(png: bytes, alt: str, width: int, height: int) -> tuple[dict, dict]:
    """The data and metadata of an output that shows a PNG file, `width` by `height` pixels of the page, with its text.
    """
    encoded = base64.b64encode(png).decode("ascii")
    image = (f'<img src="data:image/png;base64,{encoded}" alt="{html.escape(alt)}" width="{width}" '
             f'height="{height}" style="max-width: 100%; height: auto; border-radius: 6px">')
    return ({"text/html": image, "image/png": encoded, "text/plain": alt},
            {"image/png": {"alt": alt, "width": width, "height": height}})


@dataclass(repr=False)
class _Line(_Shown):
    """One line in place of a picture."""

    text: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # Every other piece stands between backticks: those are code.
        pieces = enumerate(html.escape(self.text).split("`"))
        line = "".join(f"<code>{piece}</code>" if position % 2 else piece for position, piece in pieces)
        return {"text/html": f"<p>{line}</p>", "text/plain": self.text}, {}


def new_figure(**options: object) -> Figure:
    """A figure that pyplot knows nothing of; to be asked for once the student's functions have been called.

    Raises: NoPicture where nobody will look: drawing is most of a notebook's work.
    """
    if_anybody_looks()
    return Figure(**options)


def bare_figure(width: float, height: float, xlim: tuple, ylim: tuple) -> tuple[Figure, Axes]:
    """A figure, its size in inches, that one Axes without ticks fills: nothing to lay out. Raises: NoPicture."""
    figure = new_figure(figsize=(width, height), layout="none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=xlim, ylim=ylim)
    axes.set_axis_off()
    return figure, axes


def leave_room(figure: Figure, left: float, top: float) -> None:
    """Margins for a column of Axes: `left` of the numbers on their y axes and on `top` of it all, in inches.

    The numbers' room goes by how many characters they have: measuring them is most of what a layout costs.
    """
    longest = 0
    for axis in (axes.yaxis for axes in figure.axes):
        axis.get_major_formatter().set_locs(axis.get_majorticklocs())
        if axis.get_major_formatter().get_offset():  # a factor such as 1e6 would stand where the title is
            axis.set_major_formatter("{x:.10g}")
        longest = max(longest, *map(len, axis.get_major_formatter().format_ticks(axis.get_majorticklocs())
                                    + axis.get_minor_formatter().format_ticks(axis.get_minorticklocs())))
    width, height = figure.get_size_inches()
    figure.subplots_adjust(left=(left + 0.08 * longest) / width, right=1 - 0.2 / width, bottom=0.51 / height,
                           top=1 - top / height, hspace=0.25)
    for axes in figure.axes:  # a label whose place is given looks for none
        x, y = axes.get_position().corners().mean(axis=0)
        axes.xaxis.set_label_coords(x, 0.24 / height, figure.transFigure)
        axes.yaxis.set_label_coords(0.26 / width, y, figure.transFigure)


def if_anybody_looks() -> None:
    """Raises: NoPicture where `MLPLAB_PLOTS=skip` says that nobody will."""
    if os.environ.get("MLPLAB_PLOTS") == "skip":
        raise NoPicture("No picture: this run does without.")


def picture(draw: Callable[..., Picture]) -> Callable[..., None]:
    """Makes of a function that returns a Picture one that shows it and returns None.

    Where the function raises NoPicture its line is shown instead. The attribute `draw` is the function that
    returns the Picture, for whoever wants the arrays or the figure rather than the output.
    """

    @functools.wraps(draw)
    def in_style(*args: object, **options: object) -> Picture:
        with _house_style():
            return draw(*args, **options)

    @functools.wraps(draw)
    def show(*args: object, **options: object) -> None:
        try:
            display(in_style(*args, **options))
        except NoPicture as reason:
            display(_Line(str(reason)))

    show.draw = in_style
    return show


with style.context(["default", _STYLE]):
    # Asking for the backend would load pyplot.
    _HOUSE = {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}


@contextmanager
def _house_style() -> Iterator[None]:
    """Our style on matplotlib's defaults, whatever the notebook has set; its settings come back."""
    with matplotlib.rc_context():
        dict.update(matplotlib.rcParams, _HOUSE)  # the values are valid: no need to look at each again
        yield

"""What all pictures share: one style, one way to show them, one calm line where there is nothing to draw.

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
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from IPython.display import display
from matplotlib import style
from matplotlib.figure import Figure
from PIL import Image

from mlplab.student import NotAttempted, StudentError

# Blue and vermilion of the Okabe-Ito palette: told apart by every common kind of colour vision, and both dark
# enough for a line on white. The figure stays a white card on a dark page, so that one image suits both themes.
BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#1f1f1f", "#6e6e6e"

_PIXELS_PER_INCH = 96  # of the page: with it 10.5 points are the 14 pixels of the notebook's own text
_DPI = 144  # sharp on a high-density screen, and still a small file
_STYLE = {
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
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


class NoPicture(Exception):
    """There is nothing to draw; the text says why, in one line."""


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
        """The figure as a PNG file; with a palette of 256 colours it is a third of the size and looks the same."""
        drawn, file = io.BytesIO(), io.BytesIO()
        with _house_style():
            self.figure.savefig(drawn, format="png", dpi=_DPI)
        Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        width, height = (round(inches * _PIXELS_PER_INCH) for inches in self.figure.get_size_inches())
        encoded = base64.b64encode(self.png).decode("ascii")
        image = (f'<img src="data:image/png;base64,{encoded}" alt="{html.escape(self.alt)}" width="{width}" '
                 f'height="{height}" style="max-width: 100%; height: auto; border-radius: 6px">')
        return ({"text/html": image, "image/png": encoded, "text/plain": self.alt},
                {"image/png": {"alt": self.alt, "width": width, "height": height}})


@dataclass(repr=False)
class _Line(_Shown):
    """One line in place of a picture."""

    text: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        # Every other piece stands between backticks: those are code.
        pieces = enumerate(html.escape(self.text).split("`"))
        line = "".join(f"<code>{piece}</code>" if position % 2 else piece for position, piece in pieces)
        return {"text/html": f"<p>{line}</p>", "text/plain": self.text}, {}


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


def call(function: Callable, *args: object) -> object:
    """The value of a student's function; NoPicture where it raises an exception."""
    try:
        return function(*args)
    except NoPicture:
        raise
    except (NotImplementedError, NotAttempted) as error:
        missing = getattr(error, "needed", None) or _where(error)[0]
        raise NoPicture(f"`{missing}` is not written yet: the picture appears once it is.") from error
    except StudentError as error:
        raise NoPicture(f"No picture: {_one_line(str(error))}") from error
    except Exception as error:
        name, line = _where(error)
        place = f", in the line `{line}`" if line else ""
        text = _one_line(f"{type(error).__name__}: {error}")
        raise NoPicture(f"No picture: `{name}` raised {text}{place}") from error


def numbers(value: object, what: str, shape: tuple[int | str | None, ...] | None = None) -> np.ndarray:
    """`value` as a float array, to be drawn.

    Inputs:
        value: an array, or a function of no arguments that returns one: so a student's function can be called
            inside the picture, where a stub is answered with a line.
        what: names the value in the line.
        shape: the shape asked for; a letter stands for any length.
    Raises: NoPicture where it is not an array of finite numbers, or of another shape.
    """
    if callable(value):
        value = call(value)
    if value is None:
        raise NoPicture(f"No picture: {what} is None: is there a `return`?")
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise NoPicture(f"No picture: {what} is a {kind}; an array of numbers is asked for.") from None
    fits = shape is None or len(shape) == array.ndim and all(
        isinstance(asked, str) or asked == length for asked, length in zip(shape, array.shape, strict=True))
    if not fits:
        asked = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        raise NoPicture(f"No picture: {what} has shape {array.shape}; {asked} is asked for.")
    if array.size == 0:
        raise NoPicture(f"No picture: {what} is empty.")
    if len(wrong := np.argwhere(~np.isfinite(array))):
        first = ", ".join(str(i) for i in wrong[0])
        raise NoPicture(f"No picture: {len(wrong)} of the {array.size} values of {what} are NaN or infinite, "
                        f"the first at [{first}].")
    return array


def pair(value: object, what: str, names: str) -> tuple[object, object]:
    """`value`, or what it returns if it is a function of no arguments, as two results. Raises NoPicture."""
    if callable(value):
        value = call(value)
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise NoPicture(f"No picture: {what} is a {type(value).__name__}; the pair ({names}) is asked for.")
    return value[0], value[1]


def weight_pair(weights: object) -> tuple[np.ndarray, np.ndarray]:
    """`weights` as w1 (D, H) and w2 (H, K); a function of no arguments may return them. Raises NoPicture."""
    w1, w2 = pair(weights, "what stands for the weights", "w1, w2")
    w1 = numbers(w1, "`w1`", ("D", "H"))
    return w1, numbers(w2, "`w2`", (w1.shape[1], "K"))


def forward(forward_pass: Callable, X: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """act_hidden (N, H) and y_hat (N, K) from the student's `forward_pass`. Raises NoPicture."""
    result = call(forward_pass, X.copy(), w1.copy(), w2.copy())
    act_hidden, y_hat = pair(result, "what `forward_pass` returns", "act_hidden, y_hat")
    return (numbers(act_hidden, "`act_hidden`", (len(X), w1.shape[1])),
            numbers(y_hat, "`y_hat`", (len(X), w2.shape[1])))


def said(value: float) -> str:
    """A number for a text: three digits, and no rounding errors, which differ from machine to machine."""
    value = float(value) + 0.0  # no negative zero
    if value and abs(value) < 1e-6:
        return "less than 1e-6"
    return f"{'−' if value < 0 else ''}{abs(value):.3g}"


def index(i: int) -> str:
    """A subscript: 0 is ₁, since formulas count from one."""
    return "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(i + 1))


def _house_style() -> AbstractContextManager:
    """Our style on matplotlib's defaults, whatever the notebook has set; the notebook's settings come back."""
    return style.context(["default", _STYLE])


def _where(error: BaseException) -> tuple[str, str]:
    """The innermost function that is the student's own, and its line: not the toolkit's, not a package's."""
    toolkit = f"{Path(__file__).parents[1]}{os.sep}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if not frame.filename.startswith(toolkit) and "site-packages" not in frame.filename]
    # A lambda or a comprehension has no name to speak of.
    named = [frame.name for frame in frames if frame.name.isidentifier()]
    return (named[-1] if named else "your function"), (frames[-1].line or "" if frames else "")


def _one_line(text: str, limit: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[:limit]} …"

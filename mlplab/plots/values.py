"""Between the student's functions and the pictures: values are fetched and looked at before they are drawn.

Whatever keeps a value from being drawn (a stub, an exception, a wrong shape, NaN) becomes a `NoPicture` whose
text is the one line that the student reads.
"""

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlplab.student import NotAttempted, StudentError


class NoPicture(Exception):
    """There is nothing to draw; the text says why, in one line."""


def call(function: Callable, *args: object) -> object:
    """The value of a student's function; NoPicture where it raises an exception."""
    try:
        return function(*args)
    except NoPicture:
        raise
    except (NotImplementedError, NotAttempted) as error:
        needed = getattr(error, "needed", None)
        missing = f"`{needed}`" if needed else where(error)[0]
        raise NoPicture(f"{missing} is not written yet: the picture appears once it is.") from error
    except StudentError as error:
        raise NoPicture(f"No picture: {_one_line(str(error))}") from error
    except Exception as error:
        name, line = where(error)
        place = f", in the line `{line}`" if line else ""
        text = _one_line(f"{type(error).__name__}: {error}")
        raise NoPicture(f"No picture: {name} raised {text}{place}") from error


def numbers(value: object, what: str, shape: tuple[int | str, ...] | None = None) -> np.ndarray:
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
    """`value` as two results. Raises NoPicture."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise NoPicture(f"No picture: {what} is a {type(value).__name__}; the pair ({names}) is asked for.")
    return value[0], value[1]


def weight_pair(weights: object) -> tuple[np.ndarray, np.ndarray]:
    """`weights` as w1 (D, H) and w2 (H, K); a function of no arguments may return them. Raises NoPicture."""
    weights = call(weights) if callable(weights) else weights
    w1, w2 = pair(weights, "what stands for the weights", "w1, w2")
    w1 = numbers(w1, "`w1`", ("D", "H"))
    return w1, numbers(w2, "`w2`", (w1.shape[1], "K"))


def hidden_and_output(
    forward_pass: Callable, X: np.ndarray, w1: np.ndarray, w2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
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


def where(error: BaseException) -> tuple[str, str]:
    """The innermost function that is the student's own, and its line: not the toolkit's, not a package's."""
    toolkit = f"{Path(__file__).parents[1]}{os.sep}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if not frame.filename.startswith(toolkit) and "site-packages" not in frame.filename]
    # A lambda or a comprehension has no name to speak of.
    named = [frame.name for frame in frames if frame.name.isidentifier()]
    return (f"`{named[-1]}`" if named else "your function"), (frames[-1].line or "" if frames else "")


def _one_line(text: str, limit: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[:limit]} …"

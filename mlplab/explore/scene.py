"""A picture as a list of marks in pixels: written as SVG for a live page (here), painted as PNG for a still one.

A colour is a role, which the page's theme fills in ("ink", "grey", "grid", "paper", "soft", "blue", "orange"), or a
fixed one such as "#1f1f1f", for marks that lie on a shading and so look alike on every theme.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from PIL import Image

Points = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True)
class Path:
    """Straight lines through points (M, 2), stroked, or filled where `fill` names a colour."""

    points: Points
    colour: str | None
    width: float
    dash: tuple[float, ...]
    fill: str | None
    opacity: float


@dataclass(frozen=True)
class Circle:
    """A disc around (x, y)."""

    x: float
    y: float
    radius: float
    fill: str | None
    colour: str | None
    width: float


@dataclass(frozen=True)
class Text:
    """A line of text; (x, y) is the middle of its height and its `anchor`: start, middle or end."""

    x: float
    y: float
    text: str
    colour: str
    size: float
    anchor: str
    bold: bool


@dataclass(frozen=True)
class Pixels:
    """An image (rows, columns, 3) of uint8, its first row on top, in a box."""

    x: float
    y: float
    width: float
    height: float
    rgb: np.ndarray
    smooth: bool


Mark = Path | Circle | Text | Pixels


@dataclass
class Scene:
    """One panel of an explorable.

    Attributes:
        title: what it shows, in a few words, for whoever does not see it.
        width, height: in pixels of the page.
        pointer: whether it reacts to being pointed at.
        keys: how to use it from the keyboard, which makes it a control that takes the focus; empty for none.
        brush: colour and width of a line that the page draws behind the pointer until Python has answered, so that
            ink does not lag behind the hand.
        marks: what has been drawn, the first at the back.
    """

    title: str
    width: float
    height: float
    pointer: bool = False
    keys: str = ""
    brush: tuple[str, float] | None = None
    marks: list[Mark] = field(default_factory=list)

    def line(self, points: Points, colour: str = "ink", width: float = 1.5, dash: tuple[float, ...] = ()) -> None:
        self.marks.append(Path(points, colour, width, dash, None, 1))

    def area(self, points: Points, fill: str, opacity: float = 1) -> None:
        self.marks.append(Path(points, None, 0, (), fill, opacity))

    def box(self, x: float, y: float, width: float, height: float, fill: str | None = None,
            colour: str | None = None, line: float = 1, opacity: float = 1) -> None:
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        self.marks.append(Path(corners, colour, line, (), fill, opacity))

    def circle(self, x: float, y: float, radius: float, fill: str | None = None, colour: str | None = None,
               width: float = 1.5) -> None:
        self.marks.append(Circle(x, y, radius, fill, colour, width))

    def text(self, x: float, y: float, text: str, colour: str = "ink", size: float = 12, anchor: str = "middle",
             bold: bool = False) -> None:
        self.marks.append(Text(x, y, text, colour, size, anchor, bold))

    def pixels(self, x: float, y: float, width: float, height: float, rgb: np.ndarray, smooth: bool = True) -> None:
        self.marks.append(Pixels(x, y, width, height, rgb, smooth))

    def svg(self) -> str:
        """The panel as an SVG element, with the title as its name."""
        return (f'<svg viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" height="{self.height:g}" '
                f'role="img" aria-label="{escape(self.title)}">{"".join(map(_element, self.marks))}</svg>')


def texts(scene: Scene) -> list[str]:
    """What is written in a panel, in the order in which it was drawn."""
    return [mark.text for mark in scene.marks if isinstance(mark, Text)]


def _element(mark: Mark) -> str:
    match mark:
        case Path(points, colour, width, dash, fill, opacity):
            dashes = f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else ""
            through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            shade = f' opacity="{opacity:g}"' if opacity != 1 else ""
            return f'<polyline points="{through}"{_painted(fill, colour, width)}{dashes}{shade}/>'
        case Circle(x, y, radius, fill, colour, width):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"{_painted(fill, colour, width)}/>'
        case Text(x, y, text, colour, size, anchor, bold):
            # A third of the size below the middle stands the baseline: dominant-baseline differs between browsers.
            weight = ' font-weight="600"' if bold else ""
            return (f'<text x="{x:.1f}" y="{y + 0.35 * size:.1f}" font-size="{size:g}" text-anchor="{anchor}"{weight}'
                    f'{_painted(colour, None, 0)}>{escape(text)}</text>')
        case Pixels(x, y, width, height, rgb, smooth):
            file = io.BytesIO()
            Image.fromarray(rgb).save(file, "PNG", compress_level=1)
            source = base64.b64encode(file.getvalue()).decode("ascii")
            rendering = "" if smooth else ' style="image-rendering:pixelated"'
            return (f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
                    f'preserveAspectRatio="none"{rendering} href="data:image/png;base64,{source}"/>')


def _painted(fill: str | None, colour: str | None, width: float) -> str:
    """Fixed colours as attributes; roles as classes, whose colours the style sheet knows."""
    roles, attributes = [], ""
    for prefix, attribute, value in (("f", "fill", fill), ("s", "stroke", colour)):
        if value is None or value.startswith("#"):
            attributes += f' {attribute}="{value or "none"}"'
        else:
            roles.append(f"{prefix}-{value}")
    if colour is not None:
        attributes += f' stroke-width="{width:g}"'
    return (f' class="{" ".join(roles)}"' if roles else "") + attributes


def mixed(values: np.ndarray, low: float, high: float, anchors: Iterable[str]) -> np.ndarray:
    """Values as colours: from the first anchor at `low` to the last at `high`, as uint8 (…, 3)."""
    table = np.array([[int(anchor[k:k + 2], 16) for k in (1, 3, 5)] for anchor in anchors], dtype=float)
    place = np.clip((values - low) / (high - low), 0, 1) * (len(table) - 1)
    return np.stack([np.interp(place, np.arange(len(table)), table[:, k]) for k in range(3)], -1).astype(np.uint8)

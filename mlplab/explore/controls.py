"""What a reader can set: each control becomes a native form element, and a keyword of `lab.explore(…)`."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Slider:
    """A number from `low` to `high`, in steps; a slider of whole steps gives an int.

    Attributes:
        group: the heading under which the slider stands, together with others.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float
    group: str = ""

    def parse(self, value: object) -> float:
        """The number that is meant, on the nearest step; ValueError where it is none of this slider's."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} is a number from {self.low:g} to {self.high:g}, not {value!r}")
        if isinstance(self.step, int):
            return round(value / self.step) * self.step
        return round(round(value / self.step) * self.step, -math.floor(math.log10(self.step)))


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    name: str
    label: str
    options: tuple[str | float, ...]
    value: str | float
    group: str = ""

    def parse(self, value: object) -> str | float:
        if value not in self.options:
            raise ValueError(f"{self.name} is one of {', '.join(map(repr, self.options))}, not {value!r}")
        return self.options[self.options.index(value)]


@dataclass(frozen=True)
class Button:
    """Something to do; it has no value. All buttons stand together, after the other controls."""

    name: str
    label: str


@dataclass(frozen=True)
class Kept:
    """A value without a form element, which pointer, keyboard or buttons change.

    Attributes:
        parse: takes what `lab.explore` was given and returns the value; ValueError where it cannot be one.
    """

    name: str
    value: Any
    parse: Callable[[object], Any]


@dataclass(frozen=True)
class Given(Kept):
    """What the notebook hands over, such as trained params; the line that restores the picture calls it by its name."""

    value: Any = None
    parse: Callable[[object], Any] = lambda value: value


Control = Slider | Choice | Button | Kept


def described(control: Slider | Choice | Button) -> dict[str, object]:
    """A control for the front end."""
    return {"kind": type(control).__name__.lower(), **asdict(control)}

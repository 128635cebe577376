"""What all explorables share: a state, a picture drawn from it by the student's functions, and calm when these fail."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlplab.carry import global_names
from mlplab.explore.controls import Button, Control, Given, Kept
from mlplab.explore.limit import TookTooLong, time_limit
from mlplab.explore.scene import Scene
from mlplab.plots.values import NoPicture, call, where
from mlplab.student import MissingFunction, NotAFunction


@dataclass
class Frame:
    """One picture.

    Attributes:
        panels: laid out side by side, or below each other where the page is narrow.
        summary: says in words what they show.
        arrays: what they were drawn from, by name.
    """

    panels: Sequence[Scene]
    summary: str
    arrays: dict[str, Any] = field(default_factory=dict)


class Functions:
    """The functions of a notebook, looked up anew at each call: one that was mended is used at once.

    Arrays are handed out as copies. Raises: NoPicture, with a line for the student, where a call fails.
    """

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def function(*args: object) -> object:
            if name not in self._namespace:
                raise NoPicture(str(MissingFunction(name)))
            value = self._namespace[name]
            if not callable(value):
                raise NoPicture(str(NotAFunction(name, type(value).__name__)))
            return call(value, *(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args))

        return function

    def _now(self, *names: str) -> list[object]:
        """The functions as they are now, for whoever keeps a result until one is written anew."""
        return [self._namespace.get(name) for name in names]

    def _is_written(self, name: str) -> bool:
        code = getattr(self._namespace.get(name), "__code__", None)
        return name in self._namespace and (code is None or global_names(code) != {"NotImplementedError"})


class Explorable:
    """A picture with controls. A subclass names them and draws; the rest is here.

    Class attributes:
        title: what it is called.
        needs: the student's functions without which there is nothing to see.
        controls: what can be set; their values, by name, are in `values`.
        patience: the seconds that a picture may take; None for any number.
    """

    title: str
    needs: tuple[str, ...]
    controls: tuple[Control, ...]
    patience: float | None = 2.0

    def __init__(self, namespace: Mapping[str, object], **state: object) -> None:
        """Raises: ValueError for a name or a value of `state` that does not exist."""
        self._namespace = namespace
        self.student = Functions(namespace)
        self.settings = {control.name: control for control in self.controls if not isinstance(control, Button)}
        self.values: dict[str, Any] = {name: control.value for name, control in self.settings.items()}
        self.playing = False
        self.frame = Frame((), "")
        for name, value in state.items():
            self.set(name, value)

    def missing(self) -> list[str]:
        """The functions among `needs` that are not written yet."""
        return [name for name in self.needs if not self.student._is_written(name)]

    def draw(self) -> Frame:
        """The picture of the present state. Raises: NoPicture where the student's functions do not give one."""
        raise NotImplementedError

    def set(self, name: str, value: object) -> None:
        """Sets one value. Raises: ValueError for a name or a value that does not exist."""
        if name not in self.settings:
            raise ValueError(f"there is nothing called {name!r} to set; there is {', '.join(self.settings)}")
        self.values[name] = self.settings[name].parse(value)

    def press(self, button: str) -> None:
        """A button was pressed."""

    def point(self, panel: int, x: float, y: float, first: bool) -> None:
        """The pointer is down at (x, y) of a panel that reacts, in its pixels; `first`: it has just come down."""

    def key(self, panel: int, key: str) -> None:
        """A key was pressed, named as in the browser, while a panel that reacts had the focus."""

    def tick(self, count: int) -> None:
        """While `playing`: time for `count` more steps of the animation."""

    def labels(self) -> dict[str, str]:
        """The labels of those buttons whose label changes."""
        return {}

    def line(self) -> str:
        """The line of Python that restores this state."""
        return f"lab.explore({', '.join(f'{name}={self._written(name)}' for name in self.values)})"

    def _written(self, name: str) -> str:
        """A value in Python: what was given by the variable that holds it, where there is one."""
        value = self.values[name]
        if not isinstance(self.settings[name], Given):
            return repr(value)
        return next((variable for variable, held in list(self._namespace.items())
                     if held is value and not variable.startswith("_")), name)

    def react(self, event: Mapping[str, Any]) -> dict[str, object]:
        """Takes what the reader did, draws, and answers with what the page is to show.

        Where the student's functions fail the last picture stays, and a message says what happened.
        """
        message = ""
        try:
            with time_limit(self.patience) if self.patience else nullcontext(), np.errstate(all="ignore"):
                self._take(event)
                self.frame = self.draw()
        except NoPicture as reason:
            message = str(reason).removeprefix("No picture: ").replace("`", "")
        except TookTooLong as error:
            message = f"{where(error)[0].strip('`')} took longer than {self.patience:g} seconds and was stopped."
        if message:
            self.playing = False
            if self.frame.panels:
                message = f"{message.rstrip('.')}. The picture is the last one that could be drawn."
        return self.shown(message)

    def shown(self, message: str = "") -> dict[str, object]:
        """The last picture and the present state, for the page."""
        settable = {name: value for name, value in self.values.items() if not isinstance(self.settings[name], Kept)}
        return {"panels": [{"svg": panel.svg(), "pointer": panel.pointer, "keys": panel.keys, "title": panel.title,
                            "brush": panel.brush}
                           for panel in self.frame.panels],
                "summary": self.frame.summary, "message": message, "line": self.line(), "values": settable,
                "labels": self.labels(), "playing": self.playing}

    def _take(self, event: Mapping[str, Any]) -> None:
        for name, value in event.get("set", {}).items():
            self.set(name, value)
        for button in event.get("press", ()):
            self.press(button)
        for panel, x, y, first in event.get("points", ()):
            self.point(panel, x, y, first)
        for panel, key in event.get("keys", ()):
            self.key(panel, key)
        if self.playing and event.get("tick"):
            self.tick(event["tick"])

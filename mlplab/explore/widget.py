"""The live half of an explorable: carries what the reader does to Python, and the picture back to the page."""

from pathlib import Path

import anywidget
import traitlets

from mlplab.explore.controls import Kept, described
from mlplab.explore.explorable import Explorable

_HERE = Path(__file__).parent


class Widget(anywidget.AnyWidget):
    """An explorable in the notebook.

    One event is under way at a time: the page sends the next one, with all that has happened since, when the answer
    to the last has come.
    """

    _esm = _HERE / "widget.js"
    _css = _HERE / "widget.css"
    title = traitlets.Unicode().tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, explorable: Explorable) -> None:
        controls = [described(control) for control in explorable.controls if not isinstance(control, Kept)]
        super().__init__(title=explorable.title, controls=controls, answer=explorable.shown())
        self._explorable = explorable
        self.on_msg(self._react)

    def _react(self, _: object, event: dict, buffers: object) -> None:
        answer = self._explorable.shown("This picture itself went wrong, not your function.")
        try:
            answer = self._explorable.react(event)
        finally:  # whatever happens, the page waits for its answer
            self.answer = {**answer, "to": event["number"]}

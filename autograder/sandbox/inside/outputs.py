"""What a running cell shows: collected as nbformat outputs, merged as Jupyter merges them, and limited.

A kernel holds text back and sends it before anything else is shown, standard output before standard error;
text of the same stream that arrives in a row makes one output. The same is done here.
"""

import base64
import datetime
import json
from collections.abc import Callable

_STREAMS = ("stdout", "stderr")
_MAX_MESSAGE, _MAX_TRACEBACK, _ENDS = 10_000, 50_000, 5


class Outputs:
    """The outputs of one cell.

    Args:
        max_bytes, max_count: what is shown beyond either is dropped, with a line on stderr; the cell runs on.
            One error is let through all the same.
        intake: gives text that reached the file descriptors beneath the streams, as (stream, text) pairs.
    """

    def __init__(
        self, max_bytes: int, max_count: int, intake: Callable[[], list[tuple[str, str]]] = list
    ) -> None:
        self._max_bytes, self._max_count, self._intake = max_bytes, max_count, intake
        self._outputs: list[dict] = []
        self._pending: dict[str, list[str]] = {name: [] for name in _STREAMS}
        self._displays: dict[str, list[dict]] = {}
        self._used = 0
        self._cut = self._error_after_cut = self._clear_next = False

    def write(self, name: str, text: str) -> None:
        """Text for a stream, "stdout" or "stderr"."""
        self._take_in()
        self._hold(name, text)

    def flush(self, name: str) -> None:
        """Ends the wait of a stream's text."""
        self._take_in()
        text = "".join(self._pending[name])
        self._pending[name] = []
        if not text:
            return
        self._begin_output()
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        elif len(self._outputs) < self._max_count:
            self._outputs.append({"output_type": "stream", "name": name, "text": text})
        else:
            self._stop()

    def flush_all(self) -> None:
        """Ends the wait of both streams' text."""
        for name in _STREAMS:
            self.flush(name)

    def show(
        self, data: dict, metadata: dict, display_id: str | None = None, count: int | None = None
    ) -> None:
        """A display, or with `count` the cell's result. Raises TypeError or ValueError if it is no JSON."""
        self.flush_all()
        self._begin_output()
        output = {"output_type": "display_data", "data": data, "metadata": metadata}
        if count is not None:
            output |= {"output_type": "execute_result", "execution_count": count}
        encoded = _to_json(output)
        if self._admit(len(encoded)):
            output = json.loads(encoded)  # what is shown stays as it is, whatever becomes of the objects
            self._outputs.append(output)
            if display_id is not None:
                self._displays.setdefault(display_id, []).append(output)

    def update(self, data: dict, metadata: dict, display_id: str | None) -> None:
        """Changes what this cell shows under `display_id`; what an earlier cell shows stays as it is."""
        self.flush_all()
        content = json.loads(_to_json({"data": data, "metadata": metadata}))
        for output in self._displays.get(display_id, []):
            if self._admit(len(_to_json(output | content)) - len(_to_json(output)), more=0):
                output |= content

    def error(self, ename: str, evalue: str, traceback: list[str]) -> None:
        """An exception that ended the cell, or a part of it."""
        self.flush_all()
        self._begin_output()
        if self._cut and self._error_after_cut:
            return
        self._error_after_cut = self._cut
        output = {"output_type": "error", "ename": ename, "evalue": evalue[:_MAX_MESSAGE],
                  "traceback": _shortened(traceback)}
        self._outputs.append(output)
        self._used += len(_to_json(output))
        if self._used > self._max_bytes or len(self._outputs) >= self._max_count:
            self._stop()

    def clear(self, wait: bool) -> None:
        """Takes everything away, at once or when the next output comes."""
        self.flush_all()
        self._clear_next = True
        if not wait:
            self._begin_output()

    def finish(self) -> bytes:
        """The outputs as JSON."""
        self.flush_all()
        return _to_json(self._outputs).encode("ascii")

    def _begin_output(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._outputs, self._displays = [], {}
            self._used = sum(len(text) for texts in self._pending.values() for text in texts)
            self._cut = self._error_after_cut = False

    def _take_in(self) -> None:
        while not self._cut and (taken := self._intake()):
            for name, text in taken:
                self._hold(name, text)

    def _hold(self, name: str, text: str) -> None:
        if self._cut:
            return
        room = self._max_bytes - self._used
        size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if size > room:
            text = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
        self._used += min(size, room)
        self._pending[name].append(text)
        if size > room:
            self._stop()

    def _admit(self, size: int, more: int = 1) -> bool:
        """Whether an output of `size` bytes may come, `more` of them new; counts it."""
        if self._cut:
            return False
        if self._used + size > self._max_bytes or len(self._outputs) + more > self._max_count:
            self._stop()
            return False
        self._used += size
        return True

    def _stop(self) -> None:
        if self._cut:
            return
        self._cut = True
        self.flush_all()
        full = len(self._outputs) >= self._max_count
        amount = f"{len(self._outputs)} outputs" if full else f"{self._used:,} bytes"
        self._outputs.append(
            {"output_type": "stream", "name": "stderr", "text": f"output was cut after {amount}\n"})


def _shortened(traceback: list[str]) -> list[str]:
    """A recursion without end has a thousand frames: its first and last few tell as much."""
    if sum(map(len, traceback)) > _MAX_TRACEBACK:
        traceback = [*traceback[:_ENDS], "... and so on ...", *traceback[-_ENDS:]]
        traceback = [entry[:_MAX_TRACEBACK // (2 * _ENDS + 1)] for entry in traceback]
    return traceback


def _to_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_as_json)


def _as_json(value: object) -> object:
    """What Jupyter makes of values that JSON does not know."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be shown")

"""Calls the functions of the notebook for the grader."""

import contextlib
import linecache
import os
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from .channel import Channel, ValueTooLarge
from .interrupts import Interrupts
from .shell import Shell
from .values import Stub, pack, unpack

_MAX_WARNINGS = 50
_LIBRARIES = (*(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
              os.path.dirname(os.path.abspath(__file__)))


class Calls:
    """Answers the grader's calls, one at a time; a call may come while another waits for a callback."""

    def __init__(self, channel: Channel, shell: Shell, interrupts: Interrupts) -> None:
        self._channel, self._shell, self._interrupts = channel, shell, interrupts
        self.global_random = GlobalRandom()

    def call(self, header: dict, body: bytes) -> None:
        """Calls `header["name"]` and sends what came of it."""
        name, identity = header["name"], {"id": header["id"]}
        if name not in self._shell.user_ns:
            self._channel.send({"kind": "missing", **identity})
            return
        function = self._shell.user_ns[name]
        if not callable(function):
            self._channel.send({"kind": "uncallable", **identity, "type_name": type(function).__name__})
            return
        with self._shell.muted():
            answer, parts = self._outcome(name, function, header["args"], body)
        try:
            self._channel.send({**answer, **identity}, parts)
        except ValueTooLarge as error:
            self._channel.send({**_raised(name, error), **identity})

    def _outcome(self, name: str, function: Callable, pairs: list, body: bytes) -> tuple[dict, list[bytes]]:
        args = unpack(pairs, body, function=lambda handle: Stub(handle, self._ask))
        self.global_random.lend()
        with warnings.catch_warnings(record=True) as caught, np.errstate(
            divide="warn", over="warn", under="ignore", invalid="warn"
        ):
            warnings.simplefilter("always")
            try:
                with self._interrupts.allowed():
                    (value,), parts = pack([function(*args)])
                    after, args_parts = pack(args)
            except BaseException as error:
                return _raised(name, error), []
            touched = self.global_random.touched()
        changed = []
        for index, (pair, part) in enumerate(zip(after, args_parts, strict=True)):
            if pair != pairs[index] or part != _part(pairs, body, index):
                changed.append([index, pair])
                parts.append(part)
        return {
            "kind": "returned",
            "value": value,
            "changed": changed,
            "warnings": [str(warning.message)[:500] for warning in caught[:_MAX_WARNINGS]],
            "global_random": touched,
        }, parts

    def _ask(self, handle: int, args: tuple) -> object:
        """Asks the grader what its function gives for `args`."""
        with self._interrupts.held():
            pairs, parts = pack(args)
            self._channel.send({"kind": "callback", "handle": handle, "args": pairs}, parts)
            while True:
                header, body = self._channel.receive()
                if header["kind"] == "answer":
                    break
                with self.global_random.kept():
                    self.call(header, body)
        if "raised" in header:
            raise _CallbackError(f"the function given as an argument raised {header['raised']}")
        return unpack([header["value"]], body)[0]


class _CallbackError(RuntimeError):
    """The grader's function raised; what, the grader knows."""


class GlobalRandom:
    """NumPy's global generator, the state of which is put by while calls are made: a cell finds it as it was."""

    def __init__(self) -> None:
        self._notebooks: dict | None = None
        self._moved = False

    def lend(self) -> None:
        """Before a call: every one begins in the same state, to which no call before has set it by a seed."""
        if self._notebooks is None:
            self._notebooks = np.random.get_state(legacy=False)
            np.random.random()
            self._lent = np.random.get_state(legacy=False)
        elif self._moved:
            np.random.set_state(self._lent)
        self._moved = True  # until it is looked at, which is dear

    def touched(self) -> bool:
        """Whether it is not as it was lent."""
        self._moved = not _equal(self._lent, np.random.get_state(legacy=False))
        return self._moved

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """For a call within a call."""
        state = np.random.get_state(legacy=False)
        try:
            yield
        finally:
            np.random.set_state(state)

    def give_back(self) -> None:
        """Before a cell."""
        if self._notebooks is not None:
            np.random.set_state(self._notebooks)
            self._notebooks = None


def _raised(name: str, error: BaseException) -> dict:
    """An exception as the grader wants to know it."""
    function, line = _innermost(error, name)
    if isinstance(error, NotImplementedError):
        needed = getattr(error, "needed", None)
        return {"kind": "not_attempted", "needed": needed if isinstance(needed, str) else function}
    try:
        message = str(error)
    except Exception:
        message = ""
    return {"kind": "raised", "ename": type(error).__name__, "message": message[:2000], "line": line[:500],
            "callback": isinstance(error, _CallbackError)}


def _innermost(error: BaseException, name: str) -> tuple[str, str]:
    """Of what the student wrote, the innermost named function (`name` if none) and the innermost line."""
    function, line = name, ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith((*_LIBRARIES, "<frozen", "<__array_function__")):
            continue
        if code.co_name.isidentifier():
            function = code.co_name
        line = linecache.getline(code.co_filename, number or 0).strip()
    return function, line


def _part(pairs: list, body: bytes, index: int) -> bytes:
    start = sum(size for _, size in pairs[:index])
    return body[start:start + pairs[index][1]]


def _equal(one: object, other: object) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return np.array_equal(one, other)

"""The student as the grader's checks see them: functions that run in another process."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from autograder.sandbox.inside.channel import ChannelError, field, text_field
from autograder.sandbox.inside.values import pack, unpack
from autograder.sandbox.limits import NotebookStopped, too_long
from mlplab.student import (
    CallRecord,
    FunctionRaised,
    MissingFunction,
    NotAFunction,
    NotAttempted,
    Stopped,
)

if TYPE_CHECKING:
    from autograder.sandbox.session import Session

_MAX_WARNINGS = 50


class RemoteStudent:
    """Keeps the promises of `mlplab.student.LocalStudent`; what is returned is always a copy.

    A value that does not cross the channel comes as an `Opaque`, an iterator as a list. A function that ran
    into the time limit is not called again before the next cell has run: a check would wait for it a dozen
    times.

    Raises (when a function is called):
        StudentError: whatever went wrong on the student's side.
        TypeError, ValueTooLarge: an argument does not cross the channel, which is a fault of the check.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.last = CallRecord()

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: object) -> object:
            return self._call(name, args)

        return call

    def _call(self, name: str, args: tuple) -> object:
        session = self._session
        seconds = session.call_timeout(name)
        if name in session.late:
            raise Stopped(name, too_long(seconds))
        callbacks = _Callbacks()
        pairs, parts = pack(args, handle=callbacks.add, strict=True)
        request = {"kind": "call", "name": name, "args": pairs}
        try:
            answer, body, late = session.exchange(request, parts, seconds, callbacks.answer)
            if late:
                session.late.add(name)
                raise Stopped(name, too_long(seconds))
            with session.guarded():
                return self._value(name, args, answer, body, callbacks)
        except NotebookStopped as stopped:
            raise Stopped(name, str(stopped)) from None

    def _value(self, name: str, args: tuple, answer: dict, body: bytes, callbacks: "_Callbacks") -> object:
        match field(answer, "kind", str):
            case "missing":
                raise MissingFunction(name)
            case "uncallable":
                raise NotAFunction(name, text_field(answer, "type_name", 100))
            case "not_attempted":
                raise NotAttempted(name, text_field(answer, "needed", 100))
            case "raised":
                error, line = callbacks.error, text_field(answer, "line", 500) or None
                if field(answer, "callback", bool) and error is not None:
                    raise FunctionRaised(name, type(error).__name__, str(error), line) from error
                ename, message = text_field(answer, "ename", 100), text_field(answer, "message")
                if limit := self._session.limits.explain(ename, message):
                    message = f"{message} ({limit})"
                raise FunctionRaised(name, ename, message, line)
            case "returned":
                changed = _changed(answer, len(args))
                pairs = [answer.get("value"), *(pair for _, pair in changed)]
                value, *arguments = unpack(pairs, body, function=callbacks.function)
                record = _record(answer)
                _write_back_all(name, args, zip((index for index, _ in changed), arguments, strict=True))
                self.last = record
                return value
        raise ChannelError("an unknown kind of answer")


class _Callbacks:
    """The functions among the arguments of one call.

    Attributes:
        error: the last exception that one of them raised.
    """

    def __init__(self) -> None:
        self._functions: list[Callable] = []
        self.error: Exception | None = None

    def add(self, function: Callable) -> int:
        self._functions.append(function)
        return len(self._functions) - 1

    def function(self, handle: int) -> Callable:
        if not 0 <= handle < len(self._functions):
            raise ChannelError("an unknown function")
        return self._functions[handle]

    def answer(self, header: dict, body: bytes) -> tuple[dict, list[bytes]]:
        """What the function that was asked gives. Of an exception in it the student's process learns the
        type only: its text may tell what is expected.
        """
        function = self.function(field(header, "handle", int))
        args = unpack(header.get("args"), body, function=self.function)
        try:
            (pair,), parts = pack([function(*args)], strict=True)
        except Exception as error:
            self.error = error
            return {"kind": "answer", "raised": type(error).__name__}, []
        return {"kind": "answer", "value": pair}, parts


def _changed(answer: dict, count: int) -> list[tuple[int, object]]:
    changed = field(answer, "changed", list)
    for entry in changed:
        match entry:
            case [int(index), _] if 0 <= index < count:
                continue
        raise ChannelError("not a changed argument")
    return [(index, pair) for index, pair in changed]


def _record(answer: dict) -> CallRecord:
    texts = field(answer, "warnings", list)
    if len(texts) > _MAX_WARNINGS or not all(isinstance(text, str) for text in texts):
        raise ChannelError("a list of warnings is due")
    return CallRecord(tuple(text_field({"warning": text}, "warning", 500) for text in texts),
                      field(answer, "global_random", bool))


def _write_back_all(name: str, args: tuple, changed: object) -> None:
    for index, new in changed:
        old = args[index]
        try:
            written = _write_back(old, new)
        except ValueError as error:  # the check passed a read-only array, which a copy of it is not
            raise FunctionRaised(name, "ValueError", str(error), None) from None
        if written is not old and isinstance(old, np.ndarray | list | dict | np.random.Generator):
            message = "it changed the shape or the dtype of an argument in place"
            raise FunctionRaised(name, "ValueError", message, None)


def _write_back(old: object, new: object) -> object:
    """Makes `old` equal `new` in place where that can be; gives what should stand in its place."""
    match old, new:
        case np.ndarray(), np.ndarray() if (old.shape, old.dtype) == (new.shape, new.dtype):
            old[...] = new
        case np.random.Generator(), np.random.Generator() if (
            type(old.bit_generator) is type(new.bit_generator)
        ):
            old.bit_generator.state = new.bit_generator.state
        case list(), list():
            old[:] = [_write_back(*pair) for pair in zip(old, new, strict=False)] + new[len(old):]
        case tuple(), tuple() if len(old) == len(new):
            for pair in zip(old, new, strict=True):
                _write_back(*pair)
        case dict(), dict():
            items = {key: _write_back(old[key], value) if key in old else value for key, value in new.items()}
            old.clear()
            old.update(items)
        case _:
            return new
    return old

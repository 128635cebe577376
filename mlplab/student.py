"""The student as a check sees them: an object whose attributes are the student's functions.

    StudentError
    ├── MissingFunction    no such name in the notebook
    ├── NotAFunction       the name is bound to something that cannot be called
    ├── NotAttempted       the function, or one that it calls, still raises NotImplementedError
    ├── FunctionRaised     any other exception
    └── Stopped            the function, or the whole notebook, ran into a limit

The grader has a second kind of student, whose functions run in another process; both keep the promises made here,
so a check cannot tell them apart.
"""

import contextlib
import io
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

# Where the lines stand that are not the student's, beside installed packages.
_LIBRARIES = (sysconfig.get_path("stdlib"), str(Path(__file__).parent), "<frozen")
_STAND_IN = np.random.MT19937()


class StudentError(Exception):
    """Something about the student's function kept a check from judging what it returns.

    Attributes:
        name: the function that the check asked for.
        code: a stable name of the trouble, which the class report counts.
    """

    code = "not-callable"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"`{self.name}` could not be called."


class MissingFunction(StudentError):
    """There is no such name in the notebook."""

    code = "missing-function"

    def __str__(self) -> str:
        return f"There is no function `{self.name}` in this notebook: was its cell run, and is the name as given?"


class NotAFunction(StudentError):
    """The name is bound to something that cannot be called."""

    code = "not-a-function"

    def __init__(self, name: str, type_name: str) -> None:
        super().__init__(name)
        self.type_name = type_name

    def __str__(self) -> str:
        return (f"`{self.name}` is of type {self.type_name}, not a function: is the name used for something else "
                "further up?")


class NotAttempted(StudentError):
    """The function, or one that it needs, still raises NotImplementedError.

    Attributes:
        needed: the function that is not written yet; the same as `name` unless another one is called.
    """

    code = "not-attempted"

    def __init__(self, name: str, needed: str) -> None:
        super().__init__(name)
        self.needed = needed

    @staticmethod
    def raised_in(error: BaseException, otherwise: str = "a function") -> str:
        """The student's innermost function in the traceback that has a name: the one that is not written yet."""
        names = [frame.name for frame in _own_frames(error) if frame.name.isidentifier()]
        return names[-1] if names else otherwise

    def __str__(self) -> str:
        if self.needed == self.name:
            return f"`{self.name}` is not written yet."
        return f"`{self.name}` calls `{self.needed}`, which is not written yet."


class FunctionRaised(StudentError):
    """The function raised an exception.

    Attributes:
        ename: the exception's type; message: its text; line: the source line it came from, where known.
    """

    def __init__(self, name: str, ename: str, message: str, line: str | None) -> None:
        super().__init__(name)
        self.code = f"raises-{ename}"
        self.ename = ename
        self.message = message
        self.line = line

    def __str__(self) -> str:
        where = f"\nin the line `{self.line}`" if self.line else ""
        return f"`{self.name}` raised {self.ename}: {self.message}{where}"


class Stopped(StudentError):
    """The function ran into a limit, or the notebook had been stopped before it was asked."""

    code = "stopped"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.reason = reason

    def __str__(self) -> str:
        return f"`{self.name}` could not finish: {self.reason}"


@dataclass(frozen=True)
class CallRecord:
    """What was noticed beside the value during the last call.

    Attributes:
        warnings: their texts, under NumPy's default error state.
        touched_global_random: whether `numpy.random`'s global state is another than before.
    """

    warnings: tuple[str, ...] = ()
    touched_global_random: bool = False


class LocalStudent:
    """The functions of a namespace, called in this process.

    Arguments that a function changes in place are changed for the caller too, and what it prints is dropped: with
    the dozens of calls of a check it would bury the answer.
    """

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace
        self.last = CallRecord()

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: object) -> object:
            return self._call(name, args)

        return call

    def _call(self, name: str, args: tuple) -> object:
        if name not in self._namespace:
            raise MissingFunction(name)
        function = self._namespace[name]
        if not callable(function):
            raise NotAFunction(name, type(function).__name__)
        with _watched_global_random() as random, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with (
                    np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
                    contextlib.redirect_stdout(io.StringIO()),
                ):
                    value = function(*args)
            except NotImplementedError as error:
                needed = getattr(error, "needed", None) or NotAttempted.raised_in(error, otherwise=name)
                raise NotAttempted(name, needed) from error
            except (Exception, SystemExit) as error:
                raise FunctionRaised(name, type(error).__name__, str(error), _source_line(error)) from error
        self.last = CallRecord(tuple(str(warning.message) for warning in caught), random.touched)
        return value


@contextlib.contextmanager
def _watched_global_random() -> Iterator[SimpleNamespace]:
    """Puts another generator in the place of `numpy.random`'s global one; `touched` tells whether it was used."""
    global_one, watch = np.random.get_bit_generator(), SimpleNamespace(touched=False)
    if global_one is not _STAND_IN:  # as it is in a call within a call
        _STAND_IN.random_raw()  # else a seed that is set in each call would lead back to the same state
    before = _STAND_IN.state
    np.random.set_bit_generator(_STAND_IN)
    try:
        yield watch
    finally:
        watch.touched = not _equal(before, _STAND_IN.state)
        np.random.set_bit_generator(global_one)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return np.array_equal(one, other)


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the traceback that the student wrote, the innermost last."""
    return [frame for frame in traceback.extract_tb(error.__traceback__)
            if not frame.filename.startswith(_LIBRARIES) and "-packages" not in frame.filename]


def _source_line(error: BaseException) -> str | None:
    frames = _own_frames(error)
    return frames[-1].line or None if frames else None

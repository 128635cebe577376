"""Processes that do one task at a time and may die at any moment."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import NamedTuple

# A clean process imports everything once; the others are forked from it, whatever threads there are in this one.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["autograder.grading.bulk"])
_ORDERLY = 10.0  # seconds that an idle process may take to tidy up


class Done(NamedTuple):
    """A task's end: its `value`, or the `error` that it raised; `died` where the process did not live to tell."""

    value: object = None
    error: Exception | None = None
    died: bool = False


class Hand:
    """One process. It ends when this one does, however that comes about; what it starts should see to the same.

    Inputs:
        make: called with `args` in the process, gives the function that is called with each task.
        errors: exceptions of these kinds come back as they are, any other as a RuntimeError with its text.
    Attributes:
        task: what was given last, and is not done yet; None while idle.
        connection: becomes readable when the task is done, or the process dead; for `multiprocessing.connection.wait`.
    """

    def __init__(self, make: Callable[..., Callable], *args: object, errors: tuple[type[Exception], ...] = ()
                 ) -> None:
        self._make, self._args, self._errors = make, args, errors
        self.task: object = None
        self._start()

    def give(self, task: object, content: object) -> None:
        """Hands out `content`, under the name `task`. A process that has died while idle is replaced."""
        if not self._process.is_alive():
            self._replace()
        self.task = task
        with contextlib.suppress(OSError):  # it died at this moment: `take` will tell
            self.connection.send(content)

    def take(self) -> Done:
        """Waits for the end of the task; a dead process is replaced."""
        self.task = None
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self._replace()
            return Done(died=True)

    def close(self) -> None:
        """Ends the process: in order while it is idle, else whatever it is doing."""
        idle = self.task is None
        self.connection.close()
        self._process.join(_ORDERLY if idle else 0)
        self._process.kill()
        self._process.join()
        self._process.close()

    def _replace(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(theirs, self._make, self._args, self._errors))
        self._process.start()
        theirs.close()


def _work(connection: Connection, make: Callable[..., Callable], args: tuple, errors: tuple) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work = make(*args)
    while True:
        try:
            content = connection.recv()
        except EOFError:
            return
        try:
            done = Done(work(content))
        except errors as error:
            done = Done(error=error)
        except Exception as error:  # of any package, and perhaps not to be pickled
            done = Done(error=RuntimeError(f"{type(error).__name__}: {error}"))
        connection.send(done)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)

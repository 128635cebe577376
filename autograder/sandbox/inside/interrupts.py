"""SIGINT as the grader's request to stop: it reaches the student's code and never the code around it."""

import contextlib
import signal
from collections.abc import Iterator


class Interrupts:
    """Decides when SIGINT becomes a KeyboardInterrupt."""

    def __init__(self) -> None:
        self._allowed = self._pending = False
        signal.signal(signal.SIGINT, self._handle)

    @contextlib.contextmanager
    def allowed(self) -> Iterator[None]:
        """Student code runs: an interrupt raises KeyboardInterrupt there, whatever handler it has set."""
        signal.signal(signal.SIGINT, self._handle)
        before, self._allowed, self._pending = self._allowed, True, False
        try:
            yield
        finally:
            self._allowed = before

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Student code waits for the grader: an interrupt is raised once the answer is there."""
        before, self._allowed = self._allowed, False
        try:
            yield
        finally:
            self._allowed = before
        if before and self._pending:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: object) -> None:
        if self._allowed:
            raise KeyboardInterrupt
        self._pending = True

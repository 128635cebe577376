"""One notebook in a process of its own."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_output

from autograder.sandbox import received
from autograder.sandbox.files import files_of
from autograder.sandbox.inside.channel import ChannelClosed, ChannelError, field
from autograder.sandbox.launch import environment as launch_environment
from autograder.sandbox.limits import (
    CELLS_OF_OUTPUT,
    GRACE,
    MAX_OUTPUTS,
    NotebookStopped,
    too_long,
    too_long_in_all,
)
from autograder.sandbox.student import RemoteStudent
from autograder.sandbox.zygote import Zygote

_SEND_TIMEOUT = 30.0
_ESCAPED, _BESIDES = 6, 2**20
"""Bytes of JSON to which one byte of text may grow, and those for what comes beside the text."""

Callback = Callable[[dict, bytes], tuple[dict, list[bytes]]]


@dataclass(frozen=True)
class CellResult:
    """What came of a cell.

    Attributes:
        outputs: nbformat's output nodes.
        execution_count: the cell's number, None where nothing was run.
        status: "ok"; "error", it raised; "timeout", it was interrupted and the notebook goes on; "dead", the
            notebook has ended, in this cell or before it.
    """

    outputs: list[nbformat.NotebookNode]
    execution_count: int | None
    status: str


class Session:
    """Runs the cells of one notebook and lets its functions be called.

    Args:
        directory: a folder; the process starts in a copy of it, takes that for its home, and what it writes there is
            gone with it.
        root: the folder above `directory` that is copied as a whole; `directory` itself if left out.
        environment: variables beside those that every notebook gets.
        cell_timeout, call_timeout: seconds for a cell and for a call, `math.inf` for no limit; at the limit it
            is interrupted, and if it does not obey within GRACE seconds the process is killed.
        call_timeouts: seconds for a call of the functions named here, in place of `call_timeout`.
        output_limit: bytes that a cell may show; a notebook ten times as much.
        zygote: the warm process to fork from, one session at a time; the grader's shared one if left out.

    Attributes:
        limits: the zygote's, for the notebook as a whole.
        student: the functions of the notebook.
        alive: whether the notebook's process still runs.
        reason: why it does not, in words for the student; empty while it does.
        machine_failed: whether that is the machine's fault, not the notebook's.
        late: the functions that ran into the limit on time since the last cell.

    Raises:
        SandboxError: the process could not be started.
        OSError: the folder could not be read.
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        root: str | Path | None = None,
        environment: Mapping[str, str] | None = None,
        cell_timeout: float = 30.0,
        call_timeout: float = 10.0,
        call_timeouts: Mapping[str, float] | None = None,
        output_limit: int = 4_000_000,
        zygote: Zygote | None = None,
    ) -> None:
        directory, zygote = Path(directory).resolve(), zygote or Zygote.shared()
        root = Path(root).resolve() if root is not None else directory
        self.limits, self._left = zygote.limits, zygote.limits.total
        self._call_timeout, self._call_timeouts = call_timeout, dict(call_timeouts or {})
        self._cell_timeout = cell_timeout
        self._output_limit, self._output_left = output_limit, CELLS_OF_OUTPUT * output_limit
        self._numbers = itertools.count(1)
        self.reason, self.machine_failed = "", False
        self.late: set[str] = set()
        self._late_when_kept: list[set[str]] = []
        self.student = RemoteStudent(self)
        self._job = zygote.fork(files_of(root), directory.relative_to(root).as_posix(),
                                launch_environment(environment or {}))

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._job is not None

    def close(self) -> None:
        """Ends the notebook's process and all that it started."""
        if self._job is not None:
            self._end("the notebook is closed")

    def run_cell(self, source: str) -> CellResult:
        """Runs a cell; an exception in it is part of the result, as are the limits it ran into."""
        if self._job is None:
            return CellResult([], None, "dead")
        if not source.strip():
            return CellResult([], None, "ok")
        self.late.clear()
        limit = min(self._output_limit, self._output_left)
        request = {"kind": "cell", "max_bytes": limit, "max_count": MAX_OUTPUTS}
        try:
            code = source.encode("utf-8", "replace")
            answer, body, late = self.exchange(request, [code], self._cell_timeout)
            with self.guarded():
                return self._result(answer, body, late, limit)
        except NotebookStopped as stopped:
            return CellResult([_error("NotebookStopped", str(stopped))], None, "dead")

    def _result(self, answer: dict, body: bytes, late: bool, limit: int) -> CellResult:
        if field(answer, "kind", str) != "cell" or len(body) > _ESCAPED * limit + _BESIDES:
            raise ChannelError("the result of a cell is due")
        outputs = received.outputs(body, MAX_OUTPUTS + 2)
        self._output_left = max(0, self._output_left - len(body))
        count, status = field(answer, "count", int), "ok" if field(answer, "succeeded", bool) else "error"
        for output in outputs:
            if output.output_type == "error" and (limit := self.limits.explain(output.ename, output.evalue)):
                outputs.append(_error("LimitReached", limit))
                break
        if late:
            status = "timeout"
            outputs.append(_error("CellTimeoutError", too_long(self._cell_timeout)))
        if field(answer, "exit", bool):
            status = "dead"
            outputs.append(_error("NotebookStopped", str(self._end("a cell called exit() or quit()"))))
        return CellResult(outputs, count, status)

    def keep(self) -> int | None:
        """Lets the notebook note what each of its names stands for; the note's number, None if the notebook has ended.
        """
        number = len(self._late_when_kept)
        self._late_when_kept.append(set(self.late))
        return number if self._done("keep", number) else None

    def restore(self, number: int) -> None:
        """Lets each name stand for what it did at a `keep`, unless the notebook has ended.

        An object that has been changed since is not changed back.
        """
        self.late = set(self._late_when_kept[number])
        self._done("restore", number)

    def _done(self, kind: str, number: int) -> bool:
        try:
            # Objects that are let go may run code of the student's, for as long as they like.
            self.exchange({"kind": kind, "number": number}, [], self._call_timeout)
        except NotebookStopped:
            return False
        return True

    def call_timeout(self, name: str) -> float:
        """Seconds that a call of this function may take."""
        return self._call_timeouts.get(name, self._call_timeout)

    def exchange(
        self, request: dict, body: list[bytes], timeout: float, callback: Callback | None = None
    ) -> tuple[dict, bytes, bool]:
        """Sends a request and waits for its answer; the last value tells whether it had to be interrupted.

        Args:
            timeout: seconds that the student's code may take; those spent in `callback` do not count.
            callback: gives the answer to a callback; without it there must be none.

        Raises:
            NotebookStopped: the process has ended, now or before.
            ValueTooLarge: the request was not sent.
        """
        number = next(self._numbers)
        self._send({**request, "id": number}, body)
        left, late = min(timeout, self._left), False
        while True:
            begun = time.monotonic()
            try:
                with self.guarded():
                    answer, content = self._job.channel.receive(left)
            except TimeoutError:
                self._left -= time.monotonic() - begun
                if self._left <= 0:
                    raise self._end(too_long_in_all(self.limits.total)) from None
                if late:
                    raise self._end(f"{too_long(timeout)} and swallows the interrupt") from None
                left, late = GRACE, True
                self._job.interrupt()
                continue
            spent = time.monotonic() - begun
            left, self._left = left - spent, self._left - spent
            with self.guarded():
                if answer.get("kind") == "callback" and callback is not None:
                    self._send(*callback(answer, content))
                elif answer.get("id") == number:
                    return answer, content, late
                else:
                    raise ChannelError("the answer to something else")

    def _send(self, message: dict, parts: list[bytes]) -> None:
        if self._job is None:
            raise NotebookStopped(self.reason)
        try:
            with self.guarded():
                self._job.channel.send(message, parts, _SEND_TIMEOUT)
        except TimeoutError:
            raise self._end("the notebook's process does not listen any more") from None

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Ends the notebook where its process is gone, or has sent what the protocol does not allow."""
        try:
            yield
        except ChannelClosed:
            raise self._end() from None
        except ChannelError as error:
            raise self._end("the notebook's process sent something that is no answer") from error

    def _end(self, reason: str | None = None) -> NotebookStopped:
        """Kills the process; without a reason, its exit code tells it."""
        job, self._job = self._job, None
        status = job.end()
        self.reason, self.machine_failed = reason or self.limits.account(status), reason is None and status is None
        return NotebookStopped(self.reason)


def _error(ename: str, evalue: str) -> nbformat.NotebookNode:
    return new_output("error", ename=ename, evalue=evalue, traceback=[f"{ename}: {evalue}"])

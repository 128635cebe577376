"""The grader's hold on the warm process and on the children it forks."""

import atexit
import contextlib
import os
import secrets
import socket
import subprocess
from pathlib import Path

from autograder.sandbox.inside.channel import NONCE_SIZE, Channel, ChannelError, field, text_field
from autograder.sandbox.launch import launch

_START_TIMEOUT = 120.0
_ANSWER_TIMEOUT = 30.0


class SandboxError(RuntimeError):
    """The warm process could not do its work: a fault of the grader's machine, never of a submission."""


class Zygote:
    """The warm process: started when first needed, started again if it has died.

    A context manager; closing it ends all that it forked. To be used by one thread, which outlives it: on
    Linux the process dies with the thread that started it.
    """

    _shared: "Zygote | None" = None

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._channel: Channel | None = None
        self._owner = 0

    @classmethod
    def shared(cls) -> "Zygote":
        """The one of this process, closed when the process ends."""
        if cls._shared is None:
            cls._shared = cls()
            atexit.register(cls._shared.close)
        return cls._shared

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts the process unless it runs. Raises SandboxError."""
        if self._owner != os.getpid():
            self._forget()
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = launch(theirs.fileno())
        self._control, self._channel, self._owner = ours, Channel(ours), os.getpid()
        try:
            self._channel.receive(_START_TIMEOUT)
        except (ChannelError, TimeoutError) as error:
            self.close()
            raise SandboxError("the process for notebooks did not start; the reason is above") from error

    def fork(self, directory: Path, environment: dict[str, str]) -> "Job":
        """A child with `directory` as its home and `environment` as its environment. Raises SandboxError."""
        self.start()
        try:
            return self._fork(directory, environment)
        except ChannelError:  # it died since it was last looked at
            self.close()
            self.start()
        try:
            return self._fork(directory, environment)
        except ChannelError as error:
            raise SandboxError("the process for notebooks died twice in a row") from error

    def _fork(self, directory: Path, environment: dict[str, str]) -> "Job":
        nonce = secrets.token_bytes(NONCE_SIZE)
        ours, theirs = socket.socketpair()
        channel = Channel(ours, nonce)
        try:
            with theirs:
                self._channel.send({"kind": "fork", "nonce": nonce.hex(), "directory": str(directory),
                                    "environment": environment}, timeout=_ANSWER_TIMEOUT)
                socket.send_fds(self._control, [b"\0"], [theirs.fileno()])
            answer, _ = self._channel.receive(_ANSWER_TIMEOUT)
            job = Job(channel, field(answer, "pid", int), self._channel)
            ready, _ = channel.receive(_ANSWER_TIMEOUT)
        except (TimeoutError, OSError) as error:
            channel.close()
            raise ChannelError("the process for notebooks does not answer") from error
        if ready.get("kind") == "failed":
            job.end()
            raise SandboxError(f"a notebook's process did not start: {text_field(ready, 'message')}")
        return job

    def close(self) -> None:
        """Ends the process and all that it forked."""
        if self._process is None or self._owner != os.getpid():
            return
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_ANSWER_TIMEOUT)
        self._process.kill()
        self._process.wait()
        self._forget()

    def _forget(self) -> None:
        """In a fork of the grader, the process belongs to the grader it was started by."""
        if self._channel is not None:
            self._channel.close()
        self._process = self._control = self._channel = None


class Job:
    """A child of the warm process.

    Attributes:
        channel: the conversation with it.
    """

    def __init__(self, channel: Channel, child: int, control: Channel) -> None:
        self.channel = channel
        self._child, self._control = child, control

    def interrupt(self) -> None:
        """Sends SIGINT to its process group."""
        self._ask("interrupt")

    def end(self) -> int | None:
        """Kills its process group; its exit code as in `subprocess`, None if that is not known. Once only."""
        self.channel.close()
        answer = self._ask("end")
        return answer.get("status") if isinstance(answer.get("status"), int) else None

    def _ask(self, kind: str) -> dict:
        try:
            self._control.send({"kind": kind, "pid": self._child}, timeout=_ANSWER_TIMEOUT)
            return self._control.receive(_ANSWER_TIMEOUT)[0]
        except (ChannelError, TimeoutError):  # the warm process is gone or stuck; its children end with it
            self._control.close()
            return {}

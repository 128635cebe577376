"""The grader's hold on the warm process and on the child it forks."""

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from multiprocessing.util import Finalize

from autograder.sandbox import canaries
from autograder.sandbox.inside.channel import NONCE_SIZE, Channel, ChannelError, field, text_field
from autograder.sandbox.inside.scratch import wipe
from autograder.sandbox.launch import LADDER, Isolation, NotIsolated, SandboxError, launch, plan
from autograder.sandbox.limits import Limits

_START_TIMEOUT = 120.0
_ANSWER_TIMEOUT = 30.0
_MOST_JOBS = 1_000
"""So many notebooks, and the process is started anew."""

File = tuple[str, bytes]


class Zygote:
    """The warm process: started when first needed, started again if it has died.

    Serves one notebook at a time; for several at once, have several. A context manager; closing it ends all that it
    forked. To be used by one thread, which outlives it: on Linux the process dies with the thread that started it.

    Args:
        isolation: a rung of the ladder by name, or "auto" for the first that holds, "none" excepted.
        limits: of each notebook.

    Attributes:
        isolation: the rung in force; None before the first start. Once known it stays: a run of grading never
            slips to a weaker one.
        gaps: the canaries' attacks that this rung does not stop.
    """

    _shared: dict[tuple, "Zygote"] = {}

    def __init__(self, isolation: str = "auto", limits: Limits | None = None) -> None:
        if isolation not in ("auto", *LADDER):
            raise ValueError(f"isolation is one of auto, {', '.join(LADDER)}, not {isolation!r}")
        self.limits = limits or Limits()
        self.isolation: Isolation | None = None
        self.gaps: tuple[str, ...] = ()
        self._rungs = [rung for rung in LADDER if rung != "none"] if isolation == "auto" else [isolation]
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._channel: Channel | None = None
        self._scratch: str | None = None
        self._job: Job | None = None
        self._owner = self._jobs = 0

    @property
    def sentence(self) -> str:
        """The isolation in words, for the log."""
        gaps = canaries.in_words(self.gaps)
        return self.isolation.sentence + (f" What it does not stop on this machine: {gaps}." if gaps else "")

    @classmethod
    def shared(cls, isolation: str = "auto", limits: Limits | None = None) -> "Zygote":
        """The one of this process with these settings, closed when the process ends."""
        key = (isolation, limits or Limits())
        if key not in cls._shared:
            cls._shared[key] = cls(*key)
            # Unlike atexit, this also runs at the end of the processes that multiprocessing starts.
            Finalize(None, cls._shared[key].close, exitpriority=0)
        return cls._shared[key]

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Isolation:
        """Starts the process unless it runs; gives its isolation. Raises SandboxError where no rung holds."""
        if self._owner != os.getpid():
            self._forget()
        if self._process is not None and self._process.poll() is None and self._jobs < _MOST_JOBS:
            return self.isolation
        self.close()
        reasons = {}
        for rung in self._rungs:
            try:
                self._start_on(rung)
            except SandboxError as error:
                self.close()
                reasons[rung] = str(error)
            else:
                self._rungs, self.isolation = [rung], LADDER[rung]
                return self.isolation
        raise NotIsolated(reasons)

    def _start_on(self, rung: str) -> None:
        self._scratch, self._owner = os.path.realpath(tempfile.mkdtemp(prefix="submission-")), os.getpid()
        ready = plan(rung, self._scratch, self.limits)
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as errors:
            self._process = launch(ready, theirs.fileno(), errors.fileno())
            self._control, self._channel, self._jobs = ours, Channel(ours), 0
            theirs.close()
            try:
                self._channel.send(ready.settings, ready.filter, _ANSWER_TIMEOUT)
                answer, _ = self._channel.receive(_START_TIMEOUT)
            except (ChannelError, TimeoutError) as error:
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
                raise SandboxError(f"the process for notebooks did not start ({said[-1]})") from error
        if answer.get("kind") != "ready":
            raise SandboxError(text_field(answer, "message"))
        if rung != "none":
            self._probe()

    def _probe(self) -> None:
        """Lets the canaries try their attacks in a child of this very process."""
        with canaries.bait(self.limits) as code:
            try:
                job = self._fork([], "", {})
                try:
                    succeeded = canaries.succeeded(job.run(code, _ANSWER_TIMEOUT))
                finally:
                    job.end()
            except (ChannelError, TimeoutError, ValueError) as error:
                raise SandboxError(f"the canaries did not come back ({error})") from error
        self.gaps = tuple(name for name in succeeded if name in canaries.TOLERATED)
        if set(succeeded) - set(self.gaps):
            raise SandboxError(f"it does not stop these attacks: {canaries.in_words(succeeded)}")

    def fork(self, files: Sequence[File], directory: str, environment: dict[str, str]) -> "Job":
        """A child with `files` (relative paths and contents) in its folder, at home in `directory` of it.

        Raises SandboxError.
        """
        if self._job is not None and self._job.live and self._owner == os.getpid():
            raise SandboxError("a warm process serves one notebook at a time: close the other, or start another one")
        self.start()
        try:
            return self._fork(files, directory, environment)
        except ChannelError:  # it died since it was last looked at
            self.close()
            self.start()
        try:
            return self._fork(files, directory, environment)
        except ChannelError as error:
            raise SandboxError("the process for notebooks died twice in a row") from error

    def _fork(self, files: Sequence[File], directory: str, environment: dict[str, str]) -> "Job":
        nonce = secrets.token_bytes(NONCE_SIZE)
        ours, theirs = socket.socketpair()
        channel = Channel(ours, nonce)
        self._jobs += 1
        try:
            with theirs:
                self._channel.send({"kind": "fork", "nonce": nonce.hex(), "environment": environment},
                                   timeout=_ANSWER_TIMEOUT)
                socket.send_fds(self._control, [b"\0"], [theirs.fileno()])
            answer, _ = self._channel.receive(_ANSWER_TIMEOUT)
            self._job = job = Job(channel, field(answer, "pid", int), self._channel)
            sizes = [[name, len(data)] for name, data in files]
            channel.send({"kind": "files", "directory": directory, "files": sizes}, [data for _, data in files],
                         _ANSWER_TIMEOUT)
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
        if self._owner != os.getpid():
            return
        if self._process is not None:
            self._channel.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_ANSWER_TIMEOUT)
            self._process.kill()
            self._process.wait()
        if self._scratch is not None:
            with contextlib.suppress(OSError):
                wipe(self._scratch)
                os.rmdir(self._scratch)
        self._forget()

    def _forget(self) -> None:
        """In a fork of the grader, the process belongs to the grader it was started by."""
        if self._channel is not None:
            self._channel.close()
        self._process = self._control = self._channel = self._scratch = self._job = None


class Job:
    """A child of the warm process.

    Attributes:
        channel: the conversation with it.
        live: whether it has not been ended.
    """

    def __init__(self, channel: Channel, child: int, control: Channel) -> None:
        self.channel, self.live = channel, True
        self._child, self._control = child, control

    def run(self, source: str, timeout: float) -> bytes:
        """Runs one cell, for the grader's own ends; its outputs as JSON. Raises ChannelError, TimeoutError."""
        self.channel.send({"kind": "cell", "id": 0, "max_bytes": 100_000, "max_count": 10}, source.encode(), timeout)
        return self.channel.receive(timeout)[1]

    def interrupt(self) -> None:
        """Sends SIGINT to its process group."""
        self._ask("interrupt")

    def end(self) -> int | None:
        """Kills it and what it started, and wipes its folder; its exit code as in `subprocess`, None if that is not
        known. Once only.
        """
        self.channel.close()
        self.live = False
        answer = self._ask("end")
        return answer.get("status") if isinstance(answer.get("status"), int) else None

    def _ask(self, kind: str) -> dict:
        try:
            self._control.send({"kind": kind, "pid": self._child}, timeout=_ANSWER_TIMEOUT)
            return self._control.receive(_ANSWER_TIMEOUT)[0]
        except (ChannelError, TimeoutError):  # the warm process is gone or stuck; its children end with it
            self._control.close()
            return {}

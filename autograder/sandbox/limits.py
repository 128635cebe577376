"""The limits of a notebook, and what a student reads who ran into one."""

import re
import signal
from dataclasses import dataclass

GRACE = 5.0
"""Seconds between the interrupt at a limit on time and the end of the process."""

MAX_OUTPUTS = 1_000
"""Outputs of one cell."""

CELLS_OF_OUTPUT = 10
"""A notebook may show as much as so many cells at their limit."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may use, beside the limits on a cell's time and output.

    Attributes:
        memory: bytes of address space of a process.
        cpu: seconds of processor time of a process.
        total: seconds that all cells and calls of the notebook may take together.
        processes: at a time, threads included.
        disk, files: bytes, and files and folders, in its folder.
        descriptors: files that a process may have open.
    """

    memory: int = 2 * 2**30
    cpu: int = 600
    total: float = 1200.0
    processes: int = 64
    disk: int = 256 * 2**20
    files: int = 10_000
    descriptors: int = 256

    def explain(self, ename: str, message: str) -> str:
        """A sentence for the student whose exception, a type's name and a message, comes from a limit; else empty."""
        errno = re.match(r"\[Errno (\d+)\]", message)
        match ename, errno and int(errno[1]):
            case ("MemoryError" | "_ArrayMemoryError"), _:
                return _memory(self.memory)
            case _, 12:  # ENOMEM
                return _memory(self.memory)
            case _, 28:  # ENOSPC
                return (f"the notebook's folder holds {_size(self.disk)} and {self.files:,} files: "
                        "look for something that is written again and again")
            case _, 27:  # EFBIG
                return f"a file may have {_size(self.disk)}: look for something that is written again and again"
            case _, 24:  # EMFILE
                return f"{self.descriptors} files may be open: look for files that are opened and never closed"
            case _, 11:  # EAGAIN
                return _processes(self.processes)
            case "RuntimeError", _ if message == "can't start new thread":
                return _processes(self.processes)
            case ("PermissionError", 1 | 13) | ("OSError", 30 | 38):  # EPERM, EACCES; EROFS, ENOSYS
                return ("the grader lets a notebook work in its own folder only, without a network or other programs: "
                        "look for a path that leads elsewhere, or for a download")
        return ""

    def account(self, status: int | None) -> str:
        """The reason that an exit code (as in `subprocess`, None if unknown) gives."""
        if status is None:
            return "the process that all notebooks are started from has died"
        if status == -signal.SIGXCPU:
            return f"stopped after {self.cpu:g} s of computing: look for a loop that never ends, or one to vectorise"
        if status == -signal.SIGKILL:
            return f"the notebook's process was killed: does it use more than {_size(self.memory)} of memory?"
        if status < 0:
            return f"the notebook's process crashed ({signal.strsignal(-status) or -status})"
        return f"the notebook's process ended itself with exit code {status}: is there an exit in the code?"


class NotebookStopped(Exception):
    """The notebook's process has ended. Its text is the reason, in words for the student."""


def too_long(seconds: float) -> str:
    """The reason where a cell or a call took longer than `seconds`."""
    return f"stopped after {seconds:g} s: look for a loop that never ends"


def too_long_in_all(seconds: float) -> str:
    """The reason where the notebook as a whole took longer than `seconds`."""
    return f"the whole notebook was stopped after {seconds:g} s: look for cells that take much longer than they should"


def _memory(limit: int) -> str:
    return (f"a notebook may use {_size(limit)} of memory: look for an array that is larger than you think "
            "(print its shape), or for a list that grows for ever")


def _processes(limit: int) -> str:
    return f"a notebook may have {limit} processes and threads: look for a loop that starts them"


def _size(size: int) -> str:
    return f"{size / 2**30:g} GiB" if size >= 2**30 else f"{size / 2**20:g} MiB"

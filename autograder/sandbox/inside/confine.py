"""A child's farewell to what it may not do: descriptors, limits, Landlock, seccomp. Nothing here can be taken back."""

import contextlib
import ctypes
import os
import resource
import signal
import sys

from . import landlock

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_BYTES_OF_AN_INSTRUCTION = 8
_CPU_GRACE = 5
"""Seconds of CPU between the signal at the limit and the end."""


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


class Confinement:
    """What the rung asks of every child, made ready once.

    Args:
        rules: `readable`, `writable` and `devices` for Landlock; None where it is not asked for.
        filter: the seccomp filter as BPF; empty where none is asked for.
        limits: bytes of `memory`, seconds of `cpu`, `processes` (None for no limit), `descriptors`, and bytes of a
            `file`.
    """

    def __init__(self, rules: dict | None, filter: bytes, limits: dict) -> None:
        self._rules = None if rules is None else landlock.ruleset(**rules)
        self._filter, self._limits = filter, limits

    def limit(self) -> None:
        """Sets the limits of this process and of what it starts."""
        limits = self._limits
        processes = limits["processes"] and limits["processes"] + _threads_of_this_account()
        for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, limits["file"]),
                            (resource.RLIMIT_NOFILE, limits["descriptors"]), (resource.RLIMIT_AS, limits["memory"]),
                            (resource.RLIMIT_NPROC, processes)):
            if value is not None:
                # What the process was started under may be less.
                _, hard = resource.getrlimit(kind)
                value = value if hard == resource.RLIM_INFINITY else min(value, hard)
                with contextlib.suppress(*() if sys.platform == "linux" else (ValueError, OSError)):
                    resource.setrlimit(kind, (value, value))
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + _CPU_GRACE))
        for name in ("RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE"):
            if hasattr(resource, name):
                resource.setrlimit(getattr(resource, name), (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def seal(self) -> None:
        """Gives up new privileges, files and system calls."""
        if self._rules is None and not self._filter:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "new privileges could not be given up")
        if self._rules is not None:
            landlock.restrict_self(self._rules)
            os.close(self._rules)
        if self._filter:
            program = _Program(len(self._filter) // _BYTES_OF_AN_INSTRUCTION, self._filter)
            if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
                raise OSError(ctypes.get_errno(), "the seccomp filter could not be loaded")

    def close_all_but(self, *descriptors: int) -> None:
        """Closes whatever this process was given beside these."""
        kept = sorted({*descriptors, *([] if self._rules is None else [self._rules])})
        for low, high in zip([-1, *kept], [*kept, _highest() + 1], strict=True):
            if low + 1 < high:  # an empty range would close everything
                os.closerange(low + 1, high)


def _threads_of_this_account() -> int:
    """Those that the kernel counts against the same limit, where the account is not the notebook's alone."""
    total = 0
    for process in os.listdir("/proc") if os.path.isdir("/proc") else ():
        with contextlib.suppress(OSError):
            if process.isdigit() and os.stat(f"/proc/{process}").st_uid == os.getuid():
                total += os.stat(f"/proc/{process}/task").st_nlink - 2
    return total


def _highest() -> int:
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 2**20)

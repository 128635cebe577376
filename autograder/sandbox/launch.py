"""How the warm process is started, and what it sees of the grader: the one place where isolation sets in."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_INSIDE = Path(__file__).with_name("inside")

# What a notebook may know of the grader's environment. The rest may hold passwords.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_FIXED = {
    "NBGRADER_EXECUTION": "autograde",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # One thread: a forked child must not wait for threads that its parent had, and many notebooks share the
    # cores.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class Isolation(NamedTuple):
    """What keeps a notebook from doing harm.

    Attributes:
        rung: its short name; sentence: what it means, for the log.
    """

    rung: str
    sentence: str


def isolation() -> Isolation:
    """The isolation in force on this machine."""
    return Isolation("none", "Isolation: none. Submissions run with all the rights of this account, under "
                             "limits on time and output only. Grade nothing that you do not trust.")


def launch(control: int) -> subprocess.Popen:
    """Starts the warm process.

    Args:
        control: file descriptor of its end of the control socket.
    """
    return subprocess.Popen(
        [sys.executable, "-I", str(_INSIDE), str(control)],
        pass_fds=[control],
        env=environment({name: os.environ[name] for name in ("HOME", "MPLCONFIGDIR") if name in os.environ}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Away from the terminal: Ctrl-C is for the grader, who ends everything in order.
        start_new_session=True,
    )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """A student's process's environment: little of the grader's, what the libraries need, and `more`."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | _FIXED | dict(more)

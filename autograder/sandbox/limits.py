"""The limits of a notebook, and what a student reads who ran into one."""

import signal

GRACE = 5.0
"""Seconds between the interrupt at a limit on time and the end of the process."""

MAX_OUTPUTS = 1_000
"""Outputs of one cell."""

CELLS_OF_OUTPUT = 10
"""A notebook may show as much as so many cells at their limit."""


class NotebookStopped(Exception):
    """The notebook's process has ended. Its text is the reason, in words for the student."""


def too_long(seconds: float) -> str:
    """The reason where a cell or a call took longer than `seconds`."""
    return f"stopped after {seconds:g} s: look for a loop that never ends"


def account(status: int | None) -> str:
    """The reason that an exit code (as in `subprocess`, None if unknown) gives."""
    if status is None:
        return "the process that all notebooks are started from has died"
    if status == -signal.SIGKILL:
        return "the notebook's process was killed: does it use too much memory?"
    if status < 0:
        return f"the notebook's process crashed ({signal.strsignal(-status) or -status})"
    return f"the notebook's process ended itself with exit code {status}: is there an exit in the code?"
